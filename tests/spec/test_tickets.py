"""What the features of support are, said as tables."""

from tests.support.spec import spec

FIRST_REPLY = {
    "tickets": """
        account_id | ticket_id | created_at
        A          | 1         | 2026-01-10 08:00
        A          | 2         | 2026-01-20 08:00
        B          | 3         | 2026-01-20 08:00
    """,
    "messages": """
        ticket_id | author_role | public | created_at
        1         | customer    | true   | 2026-01-10 08:00
        1         | agent       | false  | 2026-01-10 08:30
        1         | agent       | true   | 2026-01-10 10:00
        1         | agent       | true   | 2026-01-10 20:00
        2         | system      | true   | 2026-01-20 08:01
        2         | agent       | true   | 2026-01-20 12:00
        3         | customer    | true   | 2026-01-20 09:00
    """,
}


def test_tickets_are_counted_in_the_window_that_ends_now():
    """At the end of 31 January, midnight is part of the window and midnight 30 days before is not."""
    spec(
        {
            "tickets": """
                account_id | created_at
                A          | 2026-02-01 00:00
                A          | 2026-02-01 00:01
                A          | 2026-01-20 12:00
                B          | 2026-01-02 00:00
                B          | 2026-01-02 00:01
            """,
            "accounts": """
                account_id | created_at
                A          | 2025-01-01
                B          | 2025-01-01
                C          | 2025-01-01
            """,
        },
        feature="tickets_last_30d",
        as_of="2026-01-31",
        gives={"A": 2, "B": 1, "C": 0},
    )


def test_tickets_of_90_days():
    spec(
        {"tickets": "account_id | created_at\n A | 2026-01-31 09:00\n A | 2025-11-03 00:00\n A | 2025-11-03 00:01"},
        feature="tickets_last_90d",
        as_of="2026-01-31",
        gives={"A": 2},
    )


def test_tickets_of_a_year_that_holds_29_february():
    """365 days before the end of 28 February 2025 is the end of 29 February 2024, a day that exists."""
    spec(
        {"tickets": "account_id | created_at\n A | 2024-03-01 00:00\n A | 2024-03-01 00:01\n A | 2024-02-29 12:00"},
        feature="tickets_last_365d",
        as_of="2025-02-28",
        gives={"A": 1},
    )


def test_a_window_begins_at_the_company_s_midnight():
    """In Copenhagen 2 January begins an hour before it does in UTC."""
    spec(
        {"tickets": "account_id | created_at\n A | 2026-01-02 00:00\n A | 2026-01-02 00:30\n A | 2026-02-01 00:00"},
        feature="tickets_last_30d",
        as_of="2026-01-31",
        gives={"A": 2},
        time_zone="Europe/Copenhagen",
    )


def test_days_since_the_last_ticket():
    spec(
        {
            "tickets": "account_id | created_at\n A | 2025-12-01 00:00\n A | 2026-01-22 00:00\n B | 2026-02-01 00:00",
            "accounts": "account_id | created_at\n A | 2025-01-01\n B | 2025-01-01\n C | 2025-01-01",
        },
        feature="days_since_ticket",
        as_of="2026-01-31",
        gives={"A": 10, "B": 0, "C": None},
    )


def test_the_first_response_is_the_first_public_reply_of_an_agent():
    """2 and 4 hours: an internal note, the system and the customer are no response; without one nothing is said."""
    spec(FIRST_REPLY, feature="first_response_hours_last_30d", as_of="2026-01-31", gives={"A": 3, "B": None})


def test_a_first_response_counts_when_it_is_given():
    """The reply of 10 January is within 30 days until 8 February."""
    spec(FIRST_REPLY, feature="first_response_hours_last_30d", as_of="2026-02-08", gives={"A": 3, "B": None})
    spec(FIRST_REPLY, feature="first_response_hours_last_30d", as_of="2026-02-09", gives={"A": 4, "B": None})


def test_first_response_of_90_days():
    spec(FIRST_REPLY, feature="first_response_hours_last_90d", as_of="2026-04-09", gives={"A": 3, "B": None})
    spec(FIRST_REPLY, feature="first_response_hours_last_90d", as_of="2026-04-10", gives={"A": 4, "B": None})


def test_a_reply_before_the_ticket_is_no_negative_wait():
    spec(
        {
            "tickets": "account_id | ticket_id | created_at\n A | 1 | 2026-01-10 08:00",
            "messages": """
                ticket_id | author_role | public | created_at
                1         | agent       | true   | 2026-01-10 07:00
            """,
        },
        feature="first_response_hours_last_30d",
        as_of="2026-01-31",
        gives={"A": None},
    )


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
    """24 and 12 hours; a ticket that is not solved says nothing."""
    spec(EVENTS, feature="resolution_hours_last_90d", as_of="2026-01-31", gives={"A": 18, "B": None})


def test_a_ticket_solved_before_it_was_opened_took_no_negative_time():
    spec(
        {
            "tickets": "account_id | ticket_id | created_at\n A | 1 | 2026-01-10 08:00",
            "ticket_events": "ticket_id | at | field | value\n 1 | 2026-01-09 08:00 | status | solved",
        },
        feature="resolution_hours_last_90d",
        as_of="2026-01-31",
        gives={"A": None},
    )


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


def test_a_reopen_is_a_solved_ticket_that_is_taken_up_again():
    """Closing a solved ticket is none. Ticket 2 is taken up again after 31 January."""
    spec(EVENTS, feature="reopens_last_90d", as_of="2026-01-31", gives={"A": 1, "B": 0})
    spec(EVENTS, feature="reopens_last_90d", as_of="2026-02-03", gives={"A": 2, "B": 0})
    spec(EVENTS, feature="reopens_last_90d", as_of="2026-04-15", gives={"A": 1, "B": 0})
