"""What the features of use are, said as tables."""

import pytest

from tests.spec.series import blocks, days, used
from tests.support.history import Row
from tests.support.spec import spec

MIXED = {
    "usage": """
        account_id | day        | metric | value | active_users
        A          | 2026-01-31 | logins | 3     | 4
        A          | 2026-01-31 | clicks | 9     | 6
        A          | 2026-01-30 | logins | 1     | 2
        A          | 2026-01-29 | logins | 0     | 0
        A          | 2026-01-02 | videos | 5     | 3
        A          | 2026-01-01 | logins | 1     | 50
        A          | 2025-11-03 | orders | 7     | 8
        A          | 2025-11-02 | logins | 100   | 50
        A          | 2026-02-01 | logins | 1000  | 500
        B          | 2026-01-01 | logins | 1     | 50
    """
}


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


def test_days_with_use_of_a_week_and_of_90_days():
    spec(MIXED, feature="active_days_last_7d", as_of="2026-01-31", gives={"A": 2, "B": 0})
    spec(MIXED, feature="active_days_last_7d", as_of="2026-02-06", gives={"A": 2, "B": 0})
    spec(MIXED, feature="active_days_last_90d", as_of="2026-01-31", gives={"A": 5, "B": 1})


@pytest.mark.parametrize("as_of", ["2026-03-28", "2026-03-29", "2026-03-30", "2026-10-24", "2026-10-25", "2026-10-26"])
@pytest.mark.parametrize("time_zone", ["Europe/Copenhagen", "Asia/Jerusalem", "America/New_York"])
def test_a_window_of_30_days_holds_30_usage_days_across_a_change_of_the_clocks(as_of, time_zone):
    usage = used(days("2026-01-01", "2026-12-31"), 1)
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
    usage = used(days("2025-10-04", "2026-01-01"), 10) + used(days("2026-01-02", "2026-01-31"), 5)
    spec({"usage": usage}, feature="usage_change_30d", as_of="2026-01-31", gives={"A": -0.5})


def test_use_that_stays_the_same_across_a_change_of_the_clocks_is_no_change():
    usage = used(days("2025-01-01", "2026-12-31"), 4)
    for as_of in ("2026-03-31", "2026-04-15", "2026-10-31"):
        spec({"usage": usage}, feature="usage_change_30d", as_of=as_of, gives={"A": 0}, time_zone="Europe/Copenhagen")


def test_use_that_stops_is_a_change_of_minus_one_and_a_new_account_has_none():
    usage = used(days("2025-10-04", "2026-01-01"), 10) + used(days("2026-01-10", "2026-01-31"), 7, account="B")
    spec({"usage": usage}, feature="usage_change_30d", as_of="2026-01-31", gives={"A": -1, "B": None})


def test_a_short_past_is_compared_by_the_day():
    """Twenty days at 6 before, thirty at 9 now: up by a half, though there were never 90 days before."""
    usage = used(days("2025-12-13", "2026-01-01"), 6) + used(days("2026-01-02", "2026-01-31"), 9)
    spec({"usage": usage}, feature="usage_change_30d", as_of="2026-01-31", gives={"A": 0.5})


def test_a_past_of_less_than_a_week_is_taken_for_a_week():
    """One day of 70 before is 10 a day; 20 a day are twice as much, not a fall from 70."""
    usage = used(["2026-01-01"], 70) + used(days("2026-01-02", "2026-01-31"), 20)
    spec({"usage": usage}, feature="usage_change_30d", as_of="2026-01-31", gives={"A": 1})


def test_use_of_a_week_is_compared_with_the_three_weeks_before():
    usage = used(days("2026-01-04", "2026-01-24"), 4) + used(days("2026-01-25", "2026-01-31"), 6)
    usage += used(["2026-01-03"], 1000)
    spec({"usage": usage}, feature="usage_change_7d", as_of="2026-01-31", gives={"A": 0.5})


def test_use_of_90_days_is_compared_with_the_270_before():
    usage = used(days("2025-01-01", "2025-11-02"), 10) + used(days("2025-11-03", "2026-01-31"), 2)
    spec({"usage": usage}, feature="usage_change_90d", as_of="2026-01-31", gives={"A": -0.8})


def test_use_against_own_is_deviations_off_the_months_before():
    """200, 400, 300, 500 in the months before: 350 is usual and 100 the usual deviation; 150 is two of these below."""
    usage = [row for day, amount in blocks("2026-06-30", 30, [150, 200, 400, 300, 500]) for row in used([day], amount)]
    gives = {"A": 0.674491 * (150 - 350) / 100}
    spec({"usage": usage}, feature="usage_against_own_last_30d", as_of="2026-06-30", gives=gives)


def test_use_against_peers_is_the_share_of_the_segment_that_used_less():
    """Of ten accounts that used 0 to 9, the one with 4 has four below; the tenth used nothing lately."""
    usage = [row for n, name in enumerate("ABCDEFGHIJ") for row in used(["2026-01-20"], n, account=name)]
    accounts: list[Row] = [{"account_id": n, "segment": "smb", "created_at": "2025-01-01"} for n in "ABCDEFGHIJ"]
    spec(
        {"usage": usage, "accounts": accounts},
        feature="usage_against_peers_last_90d",
        as_of="2026-01-31",
        gives={name: n / 9 for n, name in enumerate("ABCDEFGHIJ")},
    )


def test_the_slope_is_how_much_more_is_used_from_day_to_day():
    """Use that rises by 2 each day has the slope 2; that of every day the same is level, a third too.

    Without any use in the 90 days there is nothing to say.
    """
    rising = [row for n, day in enumerate(days("2025-11-03", "2026-01-31")) for row in used([day], 100 + 2 * n)]
    level = used(days("2025-08-01", "2026-01-31"), 7, account="B") + used(["2025-08-01"], 7, account="C")
    level += used(days("2025-08-01", "2026-01-31"), 1 / 3, account="D")
    gives = {"A": 2, "B": 0, "C": None, "D": 0}
    spec({"usage": rising + level}, feature="usage_slope_last_90d", as_of="2026-01-31", gives=gives)


def test_the_gap_of_use_is_the_silence_against_the_usual_time_between_two_days_with_use():
    """Every second day, and now ten days nothing: five times as long. A day with a nought is a day without use."""
    usage = used(days("2026-01-01", "2026-01-21", 2), 3) + used(["2026-01-30"], 0)
    usage += used(["2026-01-01", "2026-01-21"], 3, account="B")
    spec({"usage": usage}, feature="usage_gap_last_365d", as_of="2026-01-31", gives={"A": 5, "B": None})


def test_active_users_are_a_mean_over_the_days_with_use():
    """6 on the last day (the most of what was counted), 2 and 3 on the others; 50 is out of the window."""
    spec(MIXED, feature="active_users_last_30d", as_of="2026-01-31", gives={"A": (6 + 2 + 3) / 3, "B": None})
    spec(MIXED, feature="active_users_last_90d", as_of="2026-01-31", gives={"A": (6 + 2 + 3 + 50 + 8) / 5, "B": 50})


def test_a_change_of_active_users_is_the_last_30_days_over_the_last_90():
    """60 days with 8 people and 30 with 2: 2 over 6. Without use lately there is nothing to say."""
    usage: list[Row] = [row | {"active_users": "8"} for row in used(days("2025-11-03", "2026-01-01"), 1)]
    usage += [row | {"active_users": "2"} for row in used(days("2026-01-02", "2026-01-31"), 1)]
    spec({"usage": usage}, feature="active_users_change_30d", as_of="2026-01-31", gives={"A": 2 / 6})
    spec({"usage": usage}, feature="active_users_change_30d", as_of="2026-03-02", gives={"A": None})


def test_products_are_different_things_that_were_used():
    """Logins, clicks and videos; orders were used 90 days ago. A nought is no use."""
    spec(MIXED, feature="products_used_last_30d", as_of="2026-01-31", gives={"A": 3, "B": 0})
    spec(MIXED, feature="products_used_last_90d", as_of="2026-01-31", gives={"A": 4, "B": 1})
    spec(MIXED, feature="products_used_last_90d", as_of="2026-02-01", gives={"A": 3, "B": 1})


def test_where_only_one_thing_is_counted_it_is_one_product_whatever_is_counted_later():
    usage = used(days("2026-01-01", "2026-01-31"), 3)
    spec({"usage": usage}, feature="products_used_last_30d", as_of="2026-01-31", gives={"A": 1})
    later = "account_id | day | metric | value\n A | 2026-03-10 | clicks | 1\n A | 2026-01-10 | logins | 3"
    spec({"usage": later}, feature="products_used_last_30d", as_of="2026-01-31", gives={"A": 1})


def test_use_is_what_was_counted_in_the_window():
    """Three a day; 1 January is the 31st day before the end of the month."""
    usage = used(days("2026-01-01", "2026-01-31"), 3)
    spec({"usage": usage}, feature="usage_last_30d", as_of="2026-01-31", gives={"A": 90})
    spec({"usage": usage}, feature="usage_last_90d", as_of="2026-01-31", gives={"A": 93})


def test_use_that_is_known_late_counts_on_its_day_once_it_is_known():
    """The logins of 20 January come in on 25 January; the clicks of that day were there at once."""
    late = {
        "usage": """
            account_id | day        | metric | value | active_users | known_at
            A          | 2026-01-20 | clicks | 2     | 1            | 2026-01-20 12:00
            A          | 2026-01-20 | logins | 3     | 5            | 2026-01-25 12:00
        """
    }
    spec(late, feature="active_users_last_30d", as_of="2026-01-24", gives={"A": 1})
    spec(late, feature="active_users_last_30d", as_of="2026-01-25", gives={"A": 5})
    spec(late, feature="products_used_last_30d", as_of="2026-01-24", gives={"A": 1})
    spec(late, feature="products_used_last_30d", as_of="2026-01-25", gives={"A": 2})
    spec(late, feature="products_used_last_30d", as_of="2026-02-19", gives={"A": 0})


def test_use_too_small_to_count_is_none_whatever_else_is_counted_later():
    """A ten-thousandth is the least that is added; another metric of March changes nothing."""
    little = [{"account_id": "A", "day": "2026-01-10", "metric": "gb", "value": "0.00003"}]
    more = [{"account_id": "A", "day": "2026-03-10", "metric": "logins", "value": "3"}]
    for usage in (little, little + more):
        spec({"usage": usage}, feature="active_days_last_30d", as_of="2026-01-31", gives={"A": 0})


def test_use_is_counted_up_to_what_validation_lets_through():
    """10^12 a day, rising by as much as there is room for."""
    large = used(days("2025-11-03", "2026-01-31"), 10**12)
    spec({"usage": large}, feature="usage_last_90d", as_of="2026-01-31", gives={"A": 90 * 10**12})
    spec({"usage": large}, feature="usage_slope_last_90d", as_of="2026-01-31", gives={"A": 0})
