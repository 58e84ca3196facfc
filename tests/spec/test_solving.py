"""What the features of solving are, said as tables: how long it takes, reopens, hands, and what is still open."""

from tests.support.spec import spec

EVENTS = {
    "tickets": """
        account_id | ticket_id | created_at
        A          | 1         | 2026-01-10 08:00
        A          | 2         | 2026-01-20 08:00
        B          | 3         | 2026-01-20 08:00
    """,
    "ticket_events": """
        ticket_id | at               | field    | value
        1         | 2026-01-10 08:00 | status   | new
        1         | 2026-01-10 09:00 | assignee | solved
        1         | 2026-01-11 08:00 | status   | solved
        1         | 2026-01-15 08:00 | status   | open
        1         | 2026-01-18 08:00 | status   | solved
        1         | 2026-01-25 08:00 | status   | closed
        2         | 2026-01-20 08:00 | status   | new
        2         | 2026-01-20 20:00 | status   | solved
        2         | 2026-02-03 08:00 | status   | open
    """,
}


def test_a_ticket_takes_until_it_is_first_solved():
    """24 and 12 hours, whatever comes after."""
    spec(EVENTS, feature="resolution_hours_last_90d", as_of="2026-01-31", gives={"A": 18})
    spec(EVENTS, feature="resolution_hours_last_90d", as_of="2026-02-28", gives={"A": 18})


def test_a_ticket_that_is_not_solved_counts_as_long_as_it_is_open():
    """Ticket 3 is open for 16 hours at the end of its day; ticket 1 is not known to be solved before it is."""
    spec(EVENTS, feature="resolution_hours_last_90d", as_of="2026-01-20", gives={"B": 16})
    spec(EVENTS, feature="resolution_hours_last_90d", as_of="2026-01-10", gives={"A": 16})


def test_a_resolution_counts_with_the_day_the_ticket_was_opened():
    spec(EVENTS, feature="resolution_hours_last_90d", as_of="2026-04-09", gives={"A": 18})
    spec(EVENTS, feature="resolution_hours_last_90d", as_of="2026-04-10", gives={"A": 12})
    spec(EVENTS, feature="resolution_hours_last_365d", as_of="2027-01-09", gives={"A": 18})
    spec(EVENTS, feature="resolution_hours_last_365d", as_of="2027-01-10", gives={"A": 12})
    spec(EVENTS, feature="resolution_hours_last_365d", as_of="2026-01-09", gives={"A": None, "B": None})


def test_a_ticket_that_is_closed_without_being_solved_is_solved_then():
    closed = {
        "tickets": "account_id | ticket_id | created_at\n A | 1 | 2026-01-10 08:00",
        "ticket_events": "ticket_id | at | field | value\n 1 | 2026-01-10 18:00 | status | closed",
    }
    spec(closed, feature="resolution_hours_last_90d", as_of="2026-01-31", gives={"A": 10})


def test_a_deleted_ticket_takes_no_time_once_it_is_deleted():
    """Spam: from 12 January on it was no ticket."""
    spam = {
        "tickets": "account_id | ticket_id | created_at\n A | 1 | 2026-01-10 08:00",
        "ticket_events": "ticket_id | at | field | value\n 1 | 2026-01-12 08:00 | status | deleted",
    }
    spec(spam, feature="resolution_hours_last_90d", as_of="2026-01-11", gives={"A": 40})
    spec(spam, feature="resolution_hours_last_90d", as_of="2026-01-12", gives={"A": None})
    spec(spam, feature="unsolved_share_last_90d", as_of="2026-01-12", gives={"A": None})


def test_the_unsolved_share_is_of_the_tickets_opened():
    """A solved ticket that is taken up again has been solved."""
    spec(EVENTS, feature="unsolved_share_last_90d", as_of="2026-01-20", gives={"A": 0, "B": 1})
    spec(EVENTS, feature="unsolved_share_last_90d", as_of="2026-01-10", gives={"A": 1, "B": None})
    spec(EVENTS, feature="unsolved_share_last_90d", as_of="2026-04-20", gives={"A": None, "B": None})


def test_solved_within_three_days_is_a_share_of_the_tickets():
    """Of four, two were solved within three days, one to the hour after it, one later."""
    spec(
        {
            "tickets": """
                account_id | ticket_id | created_at
                A          | 1         | 2026-01-10 08:00
                A          | 2         | 2026-01-10 08:00
                A          | 3         | 2026-01-10 08:00
                A          | 4         | 2026-01-10 08:00
            """,
            "ticket_events": """
                ticket_id | at               | field  | value
                1         | 2026-01-10 09:00 | status | solved
                2         | 2026-01-13 07:00 | status | solved
                3         | 2026-01-13 09:00 | status | solved
                4         | 2026-01-20 08:00 | status | solved
            """,
        },
        feature="solved_within_3_days_last_90d",
        as_of="2026-01-31",
        gives={"A": 0.5},
    )


WORK = {
    "tickets": """
        account_id | ticket_id | created_at
        A          | 1         | 2026-01-10 00:00
        A          | 2         | 2026-01-20 00:00
        B          | 3         | 2026-01-20 00:00
    """,
    "ticket_events": """
        ticket_id | at               | field  | value
        1         | 2026-01-10 01:00 | status | open
        1         | 2026-01-10 03:00 | status | pending
        1         | 2026-01-10 08:00 | status | open
        1         | 2026-01-10 10:00 | status | hold
        1         | 2026-01-10 13:00 | status | solved
        2         | 2026-01-20 01:00 | status | solved
        3         | 2026-01-20 01:00 | status | pending
    """,
    "messages": """
        ticket_id | author_role | public | created_at
        1         | agent       | true   | 2026-01-10 02:00
        1         | customer    | true   | 2026-01-10 02:30
        1         | agent       | false  | 2026-01-10 02:40
        1         | agent       | true   | 2026-01-10 03:00
        1         | agent       | true   | 2026-01-10 13:00
        1         | agent       | true   | 2026-01-10 14:00
        2         | agent       | true   | 2026-01-20 00:30
        3         | agent       | true   | 2026-01-20 00:30
    """,
}


def test_the_requester_waits_while_a_ticket_is_new_open_or_on_hold():
    """Ticket 1: 13 hours less the 5 for the customer; ticket 2: 1 hour. Ticket 3 is not solved."""
    spec(WORK, feature="requester_wait_hours_last_90d", as_of="2026-01-31", gives={"A": (8 + 1) / 2, "B": None})
    spec(WORK, feature="requester_wait_hours_last_90d", as_of="2026-01-10", gives={"A": 8, "B": None})


def test_the_agent_waits_while_a_ticket_is_pending():
    """5 hours of ticket 1, none of ticket 2."""
    spec(WORK, feature="agent_wait_hours_last_90d", as_of="2026-01-31", gives={"A": 5 / 2, "B": None})


def test_a_ticket_on_hold_waits_for_somebody_else():
    """3 hours of ticket 1, none of ticket 2."""
    spec(WORK, feature="on_hold_hours_last_90d", as_of="2026-01-31", gives={"A": 3 / 2, "B": None})


def test_a_ticket_is_with_an_agent_while_it_is_new_or_open():
    """Ticket 1: 3 hours until the customer was asked, and 2 after; ticket 2: 1 hour."""
    spec(WORK, feature="agent_work_hours_last_90d", as_of="2026-01-31", gives={"A": (5 + 1) / 2, "B": None})


def test_touches_are_public_replies_of_agents_until_the_solution():
    """Three and one; a note and thanks after the solution are none."""
    spec(WORK, feature="touches_last_90d", as_of="2026-01-31", gives={"A": (3 + 1) / 2, "B": None})
    spec(WORK, feature="touches_last_90d", as_of="2026-04-10", gives={"A": 1, "B": None})


def test_a_handoff_is_from_one_agent_to_another():
    """The first assignment is none, nor is one to nobody, nor back to the one who had it before nobody did."""
    given = {
        "tickets": "account_id | ticket_id | created_at\n A | 1 | 2026-01-10 08:00\n B | 2 | 2026-01-10 08:00",
        "ticket_events": """
            ticket_id | at               | field    | value
            1         | 2026-01-10 09:00 | assignee | ida
            1         | 2026-01-11 09:00 | assignee | jon
            1         | 2026-01-12 09:00 | assignee |
            1         | 2026-01-13 09:00 | assignee | jon
            1         | 2026-01-14 09:00 | assignee | ida
            1         | 2026-01-14 10:00 | queue    | sales
            2         | 2026-01-10 09:00 | assignee | ida
        """,
    }
    spec(given, feature="handoffs_last_90d", as_of="2026-01-31", gives={"A": 2, "B": 0})
    spec(given, feature="handoffs_last_90d", as_of="2026-01-13", gives={"A": 1, "B": 0})
    spec(given, feature="handoffs_last_90d", as_of="2026-04-11", gives={"A": 1, "B": 0})


def test_a_reopen_is_a_solved_ticket_that_is_taken_up_again():
    """Closing a solved ticket is none. Ticket 2 is taken up again after 31 January."""
    spec(EVENTS, feature="reopens_last_90d", as_of="2026-01-31", gives={"A": 1, "B": 0})
    spec(EVENTS, feature="reopens_last_90d", as_of="2026-02-03", gives={"A": 2, "B": 0})
    spec(EVENTS, feature="reopens_last_90d", as_of="2026-04-15", gives={"A": 1, "B": 0})


def test_reopens_of_30_and_180_days():
    """The one of 15 January is within 30 days until 13 February, and within 180 until 13 July."""
    spec(EVENTS, feature="reopens_last_30d", as_of="2026-02-13", gives={"A": 2, "B": 0})
    spec(EVENTS, feature="reopens_last_30d", as_of="2026-02-14", gives={"A": 1, "B": 0})
    spec(EVENTS, feature="reopens_last_180d", as_of="2026-07-13", gives={"A": 2, "B": 0})
    spec(EVENTS, feature="reopens_last_180d", as_of="2026-07-14", gives={"A": 1, "B": 0})


def test_a_ticket_is_open_until_its_latest_status_says_otherwise():
    """Ticket 2 is solved on 31 January and open again on 3 February; ticket 3 has no event and is open."""
    spec(EVENTS, feature="open_tickets", as_of="2026-01-31", gives={"A": 0, "B": 1})
    spec(EVENTS, feature="open_tickets", as_of="2026-02-03", gives={"A": 1, "B": 1})


def test_of_two_changes_at_once_the_later_in_order_counts():
    spec(
        {
            "tickets": "account_id | ticket_id | created_at\n A | 1 | 2026-01-10 08:00",
            "ticket_events": """
                ticket_id | at               | seq | field  | value
                1         | 2026-01-10 08:00 | 2   | status | solved
                1         | 2026-01-10 08:00 | 10  | status | open
            """,
        },
        feature="open_tickets",
        as_of="2026-01-31",
        gives={"A": 1},
    )


def test_a_deleted_ticket_is_not_open_and_no_ticket_is_none_open():
    spec(
        {
            "tickets": "account_id | ticket_id | created_at\n A | 1 | 2026-01-10 08:00",
            "ticket_events": "ticket_id | at | field | value\n 1 | 2026-01-10 08:00 | status | deleted",
            "accounts": "account_id | created_at\n A | 2025-01-01\n B | 2025-01-01",
        },
        feature="open_tickets",
        as_of="2026-01-31",
        gives={"A": 0, "B": 0},
    )


def test_a_ticket_that_waits_for_the_customer_is_open():
    """Pending and on hold are not solved."""
    spec(WORK, feature="open_tickets", as_of="2026-01-31", gives={"A": 0, "B": 1})


BACKLOG = {
    "tickets": """
        account_id | ticket_id | priority | created_at
        A          | 1         | urgent   | 2026-01-10 00:00
        A          | 2         | high     | 2026-01-20 12:00
        A          | 3         | normal   | 2026-01-01 12:00
        B          | 4         | low      | 2026-01-30 12:00
    """,
    "ticket_events": """
        ticket_id | at               | field  | value
        1         | 2026-01-26 00:01 | status | solved
        3         | 2026-01-05 12:00 | status | solved
        3         | 2026-01-31 12:00 | status | open
    """,
}


def test_urgent_open_tickets_were_opened_with_high_or_urgent_priority():
    """Ticket 1 is solved in the first minute of 26 January."""
    spec(BACKLOG, feature="urgent_open_tickets", as_of="2026-01-25", gives={"A": 2, "B": 0})
    spec(BACKLOG, feature="urgent_open_tickets", as_of="2026-01-26", gives={"A": 1, "B": 0})


def test_the_oldest_open_ticket_ages_until_the_end_of_the_day():
    """Ticket 1 is 16 days old at the end of 25 January; then ticket 2 is the oldest; then 3, open again, is."""
    spec(BACKLOG, feature="oldest_open_ticket_days", as_of="2026-01-25", gives={"A": 16, "B": None})
    spec(BACKLOG, feature="oldest_open_ticket_days", as_of="2026-01-26", gives={"A": 6.5, "B": None})
    spec(BACKLOG, feature="oldest_open_ticket_days", as_of="2026-01-31", gives={"A": 30.5, "B": 1.5})
