"""What an account is used to, and what its peers do, said as tables: the edges of the aggregates behind."""

from collections.abc import Iterable

import pytest

from tests.spec.series import at_noon, days, tickets_in_blocks, used
from tests.support.history import Row
from tests.support.spec import spec


def against_own(numbers: Iterable[int], gives: float | None) -> None:
    """Claim it for so many tickets in each 30 days, newest first."""
    spec(
        {"tickets": tickets_in_blocks("2026-06-30", 30, numbers)},
        feature="tickets_against_own_last_30d",
        as_of="2026-06-30",
        gives={"A": gives},
    )


def test_against_own_is_the_distance_off_the_median_in_usual_deviations():
    """2, 4, 3, 5, 4 before: the median is 4, the deviations are 2, 0, 1, 1, 0 and their median is 1."""
    against_own([7, 2, 4, 3, 5, 4], 0.674491 * 3)
    against_own([4, 2, 4, 3, 5, 4], 0)
    against_own([0, 2, 4, 3, 5, 4], -0.674491 * 4)


def test_against_own_needs_four_months_before():
    """2, 4, 3 and 5: the median is 3.5 and the usual deviation 1. Three months are no habit."""
    against_own([9, 2, 4, 3, 5], 0.674491 * 5.5)
    against_own([9, 2, 4, 3], None)


def test_a_month_that_is_not_there_in_full_is_no_month():
    """The first ticket is 150 days old, that is four months before the last one; or 149, and that is three."""
    tickets, feature = tickets_in_blocks("2026-06-30", 30, [9, 2, 4, 3]), "tickets_against_own_last_30d"
    four, three = tickets + at_noon(["2026-02-01"]), tickets + at_noon(["2026-02-02"])
    spec({"tickets": four}, feature=feature, as_of="2026-06-30", gives={"A": 0.674491 * 6.5})
    spec({"tickets": three}, feature=feature, as_of="2026-06-30", gives={"A": None})


def test_months_without_a_ticket_are_months_like_others():
    """4, 0, 0, 0, 2 before: the median is 0, and the mean deviation 6 in 5 months."""
    against_own([3, 4, 0, 0, 0, 2], 3 / (1.253314 * 6 / 5))


def test_where_most_months_are_equal_the_mean_deviation_tells():
    """4, 4, 4, 8, 4 before: the median of the deviations is 0, their mean 0.8."""
    against_own([6, 4, 4, 4, 8, 4], 2 / (1.253314 * 0.8))


def test_off_a_constant_habit_is_as_far_off_as_can_be():
    against_own([4, 4, 4, 4, 4], 0)
    against_own([5, 4, 4, 4, 4], 10)
    against_own([3, 4, 4, 4, 4], -10)


def test_ten_deviations_are_the_most_that_is_told():
    against_own([60, 2, 4, 3, 5], 10)


def test_what_was_more_than_twelve_months_before_is_no_habit():
    """Twelve months of 3 and 5 in turn, and 40 in each of three before."""
    against_own([6, *[3, 5] * 6, 40, 40, 40], 0.674491 * 2)


def among_peers(numbers: dict[str, int], segments: dict[str, str | None], gives: dict[str, float | None]) -> None:
    """Claim it for accounts with so many tickets on one day."""
    tickets = [row for account, number in numbers.items() for row in at_noon(["2026-01-20"] * number, account)]
    accounts: list[Row] = [
        {"account_id": account, "segment": segments[account], "created_at": "2025-01-01"} for account in numbers
    ]
    spec(
        {"tickets": tickets, "accounts": accounts},
        feature="tickets_against_peers_last_90d",
        as_of="2026-01-31",
        gives=gives,
    )


TEN = dict(zip("ABCDEFGHIJ", range(10), strict=True))


def test_against_peers_is_the_share_of_the_segment_with_less():
    """Ten accounts with 0 to 9 tickets; Z of another segment is none of theirs."""
    segments = dict.fromkeys(TEN, "smb") | {"Z": "big"}
    among_peers(TEN | {"Z": 0}, segments, {name: n / 9 for name, n in TEN.items()} | {"Z": 0})


def test_an_account_of_a_small_segment_is_compared_with_all():
    """Z has 5 tickets like F: of the ten others five have fewer. For the ten, Z is still none of theirs."""
    segments = dict.fromkeys(TEN, "smb") | {"Z": "big"}
    among_peers(TEN | {"Z": 5}, segments, {name: n / 9 for name, n in TEN.items()} | {"Z": 5 / 10})


def test_nine_accounts_are_too_few_for_a_segment():
    """With nine in the one and two in the other each is compared with the ten others."""
    numbers = {name: TEN[name] for name in "ABCDEFGHI"} | {"Y": 4, "Z": 20}
    segments = dict.fromkeys("ABCDEFGHI", "smb") | {"Y": "big", "Z": "big"}
    gives: dict[str, float | None] = {name: n / 10 for name, n in TEN.items() if n <= 4}
    gives |= {name: (n + 1) / 10 for name, n in TEN.items() if 4 < n < 9} | {"Y": 4 / 10, "Z": 1}
    among_peers(numbers, segments, gives)


def test_peers_with_the_same_number_do_not_have_less():
    """Nobody asked but J: nobody has less than the nine, and all nine have less than J."""
    numbers = dict.fromkeys(TEN, 0) | {"J": 1}
    among_peers(numbers, dict.fromkeys(TEN, "smb"), dict.fromkeys(TEN, 0.0) | {"J": 1.0})


def test_an_account_without_a_peer_is_compared_with_nobody():
    among_peers({"A": 3}, {"A": None}, {"A": None})


def test_the_segment_is_the_one_known_then():
    """Z joins the segment on 1 February: until then it is alone in its own, and compared with all."""
    accounts: list[Row] = [
        {"account_id": name, "segment": "smb", "created_at": "2025-01-01", "known_at": "2025-01-01 12:00"}
        for name in TEN
    ]
    accounts += [
        {"account_id": "Z", "segment": "big", "created_at": "2025-01-01", "known_at": "2025-01-01 12:00"},
        {"account_id": "Z", "segment": "smb", "created_at": "2025-01-01", "known_at": "2026-02-01 12:00"},
    ]
    tickets = [row for account, n in (TEN | {"Z": 20}).items() for row in at_noon(["2026-01-20"] * n, account)]
    given = {"accounts": accounts, "tickets": tickets}
    nine: dict[str, float | None] = {name: n / 9 for name, n in TEN.items()}
    ten: dict[str, float | None] = {name: n / 10 for name, n in TEN.items()}
    spec(given, feature="tickets_against_peers_last_90d", as_of="2026-01-31", gives=nine | {"Z": 1})
    spec(given, feature="tickets_against_peers_last_90d", as_of="2026-02-01", gives=ten | {"Z": 1})


@pytest.mark.parametrize("week", range(12))
def test_each_week_weighs_seven_tenths_of_the_one_after_it(week):
    """One ticket, so many weeks ago: the weights of twelve weeks add up to one."""
    weight = 0.3 * 0.7**week / sum(0.3 * 0.7**k for k in range(12))
    day = days("2025-11-09", "2026-01-25", 7)[11 - week]
    tickets = at_noon([day]) + at_noon(["2025-11-08"])
    spec({"tickets": tickets}, feature="tickets_weekly", as_of="2026-01-31", gives={"A": weight})


def test_a_gap_needs_three_facts_in_the_window_and_two_different_days():
    """A's third ticket is 366 days old at the end; B's three are of one day; C has one today."""
    tickets = at_noon(["2025-01-30", "2025-11-01", "2026-01-01"], "A")
    tickets += at_noon(["2026-01-01"] * 3, "B")
    tickets += at_noon(["2025-12-12", "2026-01-01", "2026-01-31"], "C")
    given = {"tickets": tickets}
    spec(given, feature="ticket_gap_last_365d", as_of="2026-01-31", gives={"A": None, "B": None, "C": 0})
    spec(given, feature="ticket_gap_last_365d", as_of="2026-01-29", gives={"A": 28 / (336 / 2)})


def test_a_slope_is_of_the_days_of_the_window_alone():
    """On one day 90 apart from the middle by 44.5 days: 44.5 x 90 over the spread of 90 days. Before it was 1,000."""
    usage = used(["2026-01-31"], 90) + used(["2025-11-02"], 1000)
    spread = 90 * (90**2 - 1) / 12
    spec({"usage": usage}, feature="usage_slope_last_90d", as_of="2026-01-31", gives={"A": 44.5 * 90 / spread})


def test_use_that_falls_has_a_slope_below_nought():
    usage = [row for n, day in enumerate(days("2025-11-03", "2026-01-31")) for row in used([day], 300 - 3 * n)]
    spec({"usage": usage}, feature="usage_slope_last_90d", as_of="2026-01-31", gives={"A": -3})
