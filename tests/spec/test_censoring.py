"""Waits that last are not left out, said as tables: where the mean of what ended is misled, and ours is not."""

from datetime import datetime, timedelta

from tests.support.history import Row, Tables
from tests.support.spec import spec

OPENED = datetime(2026, 1, 21)


def solved_after(hours: dict[str, list[int | None]]) -> dict[str, list[Row]]:
    """Tickets opened as 21 January begins plus a minute, by account, with the hours until solved; None is not yet."""
    tickets: list[Row] = []
    events: list[Row] = []
    for account, waits in hours.items():
        for wait in waits:
            number = str(len(tickets) + 1)
            opened = OPENED + timedelta(minutes=1)
            tickets.append({"account_id": account, "ticket_id": number, "created_at": str(opened)})
            if wait is not None:
                solved = str(opened + timedelta(hours=wait))
                events.append({"ticket_id": number, "at": solved, "field": "status", "value": "solved"})
    return {"tickets": tickets, **({"ticket_events": events} if events else {})}


#: Minutes are told as parts of an hour: at the end of 30 January ten days have passed, less a minute.
TEN_DAYS = 240 - 1 / 60


def test_slow_support_does_not_look_fast_because_its_slow_tickets_are_not_solved_yet():
    """Both solved two tickets in 2 and 4 hours; for eight others A took 300 hours, of which 240 have passed.

    The mean of the solved ones is 3 hours for A, as fast as B. Ours tells them apart before A's slow ones are solved,
    and is the naive mean again when nothing waits any more.
    """
    given = solved_after({"A": [2, 4, *[300] * 8], "B": [2, 4]})
    slow = (2 + 4 + 8 * TEN_DAYS) / 2
    spec(given, feature="resolution_hours_last_90d", as_of="2026-01-30", gives={"A": slow, "B": 3})
    spec(given, feature="resolution_hours_last_90d", as_of="2026-02-28", gives={"A": (2 + 4 + 8 * 300) / 10, "B": 3})


def test_replies_that_have_not_come_are_not_left_out_either():
    """One of A's two tickets was answered after 1 hour, the other has waited for ten days."""
    given = solved_after({"A": [None, None], "B": [None]})
    messages = """
        ticket_id | author_role | public | created_at
        1         | agent       | true   | 2026-01-21 01:01
        3         | agent       | true   | 2026-01-21 01:01
    """
    spec(
        {"tickets": given["tickets"], "messages": messages},
        feature="first_response_hours_last_30d",
        as_of="2026-01-30",
        gives={"A": 1 + TEN_DAYS, "B": 1},
    )


def test_a_wait_lasts_until_the_end_of_the_company_s_day_whatever_the_clocks_do():
    """Opened at 1:00 in Copenhagen on the day that has 23 hours: 22 of them are left. The day after it has 24."""
    asked: Tables = {
        "tickets": "account_id | ticket_id | created_at\n A | 1 | 2026-03-29 01:00",
        "messages": "ticket_id | author_role | created_at\n 1 | customer | 2026-03-29 01:00",
    }
    for as_of, hours in (("2026-03-29", 22), ("2026-03-30", 46)):
        spec(
            asked,
            feature="first_response_hours_last_30d",
            as_of=as_of,
            gives={"A": hours},
            time_zone="Europe/Copenhagen",
        )


def test_where_no_wait_has_ended_the_time_waited_so_far_is_told():
    """Three tickets of ten days each: the time until the first solution is at least their sum."""
    given = solved_after({"A": [None, None, None]})
    spec(given, feature="resolution_hours_last_90d", as_of="2026-01-30", gives={"A": 3 * TEN_DAYS})


def within(hours: list[int | None], as_of: str, gives: float | None) -> None:
    """Claim the share that is solved within three days."""
    spec(solved_after({"A": hours}), feature="solved_within_3_days_last_90d", as_of=as_of, gives={"A": gives})


def test_within_is_the_plain_share_where_all_are_old_enough():
    """Ten days later all are known to be solved within three days or not; 72 hours are not within 72."""
    within([1, 71, 72, None], "2026-01-30", 2 / 4)
    within([1, 5], "2026-01-30", 1)
    within([None], "2026-01-30", 0)


def test_a_ticket_too_young_to_tell_is_no_failure():
    """At the end of the first day it is open for just under 24 hours, in the last interval that it was seen in.

    Of four, one was solved in the first hour: a quarter. The three that are open say nothing about what comes later.
    """
    within([0, None, None, None], "2026-01-21", 1 / 4)


def test_a_ticket_counts_half_in_the_interval_in_which_it_was_last_seen():
    """Ticket 4 was opened a day after the others. At the end of the second day its first 24 hours are nearly over.

    At 16 to 24 hours one of the four is solved, and ticket 4 is last seen there: 1 of 3.5. Of the two that are left
    one is solved at 24 to 48 hours, where the other is last seen: 1 of 1.5.
    """
    tickets = """
        account_id | ticket_id | created_at
        A          | 1         | 2026-01-21 00:01
        A          | 2         | 2026-01-21 00:01
        A          | 3         | 2026-01-21 00:01
        A          | 4         | 2026-01-22 00:01
    """
    events = """
        ticket_id | at               | field  | value
        1         | 2026-01-21 20:01 | status | solved
        2         | 2026-01-22 06:01 | status | solved
    """
    given: Tables = {"tickets": tickets, "ticket_events": events}
    survive = (1 - 1 / 3.5) * (1 - 1 / 1.5)
    spec(given, feature="solved_within_3_days_last_90d", as_of="2026-01-22", gives={"A": 1 - survive})


def test_where_no_ticket_was_solved_or_seen_for_three_days_nothing_is_told():
    """On the second evening a ticket is 48 hours old; on the fourth it is known not to be solved within three days."""
    within([None], "2026-01-22", None)
    within([None], "2026-01-24", 0)
