"""What the features of use are, said as tables."""

from datetime import date, timedelta

import pytest

from tests.support.spec import spec


def every_day(first: str, last: str, value: float, account: str = "A") -> list[dict[str, str | None]]:
    """Usage of that much on each day of a stretch, both ends included."""
    begin, end = date.fromisoformat(first), date.fromisoformat(last)
    days = [begin + timedelta(days=n) for n in range((end - begin).days + 1)]
    return [{"account_id": account, "day": day.isoformat(), "metric": "events", "value": str(value)} for day in days]


def test_days_with_use_are_counted_once_and_days_without_are_not():
    spec(
        {
            "usage": """
                account_id | day        | metric | value
                A          | 2026-01-31 | logins | 3
                A          | 2026-01-31 | clicks | 9
                A          | 2026-01-30 | logins | 0
                A          | 2026-01-02 | logins | 1
                A          | 2026-01-01 | logins | 1
                A          | 2026-02-01 | logins | 1
                B          | 2026-01-01 | logins | 1
            """
        },
        feature="active_days_last_30d",
        as_of="2026-01-31",
        gives={"A": 2, "B": 0},
    )


@pytest.mark.parametrize("as_of", ["2026-03-28", "2026-03-29", "2026-03-30", "2026-10-24", "2026-10-25", "2026-10-26"])
@pytest.mark.parametrize("time_zone", ["Europe/Copenhagen", "Asia/Jerusalem", "America/New_York"])
def test_a_window_of_30_days_holds_30_usage_days_across_a_change_of_the_clocks(as_of, time_zone):
    usage = every_day("2026-01-01", "2026-12-31", 1)
    spec({"usage": usage}, feature="active_days_last_30d", as_of=as_of, gives={"A": 30}, time_zone=time_zone)


def test_days_since_use_count_from_the_end_of_the_day():
    spec(
        {
            "usage": """
                account_id | day        | value
                A          | 2026-01-31 | 1
                B          | 2026-01-24 | 1
                B          | 2026-01-30 | 0
            """,
            "accounts": "account_id | created_at\n A | 2025-01-01\n B | 2025-01-01\n C | 2025-01-01",
        },
        feature="days_since_usage",
        as_of="2026-01-31",
        gives={"A": 0, "B": 7, "C": None},
    )


def test_use_that_halves_is_a_change_of_minus_a_half():
    usage = every_day("2025-10-04", "2026-01-01", 10) + every_day("2026-01-02", "2026-01-31", 5)
    spec({"usage": usage}, feature="usage_change_30d", as_of="2026-01-31", gives={"A": -0.5})


def test_use_that_stays_the_same_across_a_change_of_the_clocks_is_no_change():
    usage = every_day("2025-01-01", "2026-12-31", 4)
    for as_of in ("2026-03-31", "2026-04-15", "2026-10-31"):
        spec({"usage": usage}, feature="usage_change_30d", as_of=as_of, gives={"A": 0}, time_zone="Europe/Copenhagen")


def test_use_that_stops_is_a_change_of_minus_one_and_a_new_account_has_none():
    usage = every_day("2025-10-04", "2026-01-01", 10) + every_day("2026-01-10", "2026-01-31", 7, account="B")
    spec({"usage": usage}, feature="usage_change_30d", as_of="2026-01-31", gives={"A": -1, "B": None})


def test_a_short_past_is_compared_by_the_day():
    """Twenty days at 6 before, thirty at 9 now: up by a half, though there were never 90 days before."""
    usage = every_day("2025-12-13", "2026-01-01", 6) + every_day("2026-01-02", "2026-01-31", 9)
    spec({"usage": usage}, feature="usage_change_30d", as_of="2026-01-31", gives={"A": 0.5})


def test_use_of_90_days_is_compared_with_the_270_before():
    usage = every_day("2025-01-01", "2025-11-02", 10) + every_day("2025-11-03", "2026-01-31", 2)
    spec({"usage": usage}, feature="usage_change_90d", as_of="2026-01-31", gives={"A": -0.8})


def test_active_users_are_a_mean_over_the_days_with_use():
    spec(
        {
            "usage": """
                account_id | day        | metric | value | active_users
                A          | 2026-01-31 | logins | 3     | 4
                A          | 2026-01-31 | clicks | 9     | 6
                A          | 2026-01-30 | logins | 1     | 2
                A          | 2026-01-29 | logins | 0     | 0
                A          | 2026-01-01 | logins | 1     | 50
                B          | 2026-01-01 | logins | 1     | 50
            """
        },
        feature="active_users_last_30d",
        as_of="2026-01-31",
        gives={"A": 4, "B": None},
    )
