"""What the features of support's answers are, said as tables: first replies, later replies, promises, after hours."""

from tests.spec.series import at_noon
from tests.support.history import Row
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
#: Monday to Friday, 9 to 17 o'clock.
WEEKDAYS = "\n".join(
    ["schedule_id | weekday | opens | closes | time_zone"] + [f"S | {d} | 540 | 1020 | UTC" for d in range(1, 6)]
)


def test_the_first_response_is_the_first_public_reply_of_an_agent():
    """2 and 4 hours: an internal note, the system and the customer are no response."""
    spec(FIRST_REPLY, feature="first_response_hours_last_30d", as_of="2026-01-31", gives={"A": 3})


def test_a_ticket_without_a_reply_counts_as_long_as_it_has_waited():
    """Ticket 3 has waited from 20 January 08:00: 16 hours at the end of the day, 24 more with each day."""
    spec(FIRST_REPLY, feature="first_response_hours_last_30d", as_of="2026-01-20", gives={"B": 16})
    spec(FIRST_REPLY, feature="first_response_hours_last_30d", as_of="2026-01-31", gives={"B": 16 + 11 * 24})


def test_a_first_response_counts_with_the_day_the_ticket_was_opened():
    """The ticket of 10 January is within 30 days until 8 February."""
    spec(FIRST_REPLY, feature="first_response_hours_last_30d", as_of="2026-02-08", gives={"A": 3})
    spec(FIRST_REPLY, feature="first_response_hours_last_30d", as_of="2026-02-09", gives={"A": 4})
    spec(FIRST_REPLY, feature="first_response_hours_last_30d", as_of="2026-02-19", gives={"A": None, "B": None})


def test_first_response_of_90_days():
    spec(FIRST_REPLY, feature="first_response_hours_last_90d", as_of="2026-04-09", gives={"A": 3})
    spec(FIRST_REPLY, feature="first_response_hours_last_90d", as_of="2026-04-10", gives={"A": 4})


def test_first_response_of_a_year():
    spec(FIRST_REPLY, feature="first_response_hours_last_365d", as_of="2027-01-09", gives={"A": 3})
    spec(FIRST_REPLY, feature="first_response_hours_last_365d", as_of="2027-01-10", gives={"A": 4})


def test_a_reply_of_tomorrow_is_not_seen_today():
    """Until it comes, the ticket has waited 14 hours; then it took 24."""
    asked = {
        "tickets": "account_id | ticket_id | created_at\n A | 1 | 2026-01-10 10:00",
        "messages": "ticket_id | author_role | public | created_at\n 1 | agent | true | 2026-01-11 10:00",
    }
    spec(asked, feature="first_response_hours_last_30d", as_of="2026-01-10", gives={"A": 14})
    spec(asked, feature="first_response_hours_last_30d", as_of="2026-01-11", gives={"A": 24})


def test_a_reply_before_the_ticket_is_no_negative_wait_and_no_reply():
    """The ticket still waits: 16 hours of the first day."""
    spec(
        {
            "tickets": "account_id | ticket_id | created_at\n A | 1 | 2026-01-10 08:00",
            "messages": """
                ticket_id | author_role | public | created_at
                1         | agent       | true   | 2026-01-10 07:00
            """,
        },
        feature="first_response_hours_last_30d",
        as_of="2026-01-10",
        gives={"A": 16},
    )


def test_a_ticket_that_was_solved_without_a_reply_waits_for_none():
    """Solved on 11 January by a phone call: from then on it counts neither as answered nor as waiting."""
    called = {
        "tickets": "account_id | ticket_id | created_at\n A | 1 | 2026-01-10 08:00",
        "messages": "ticket_id | author_role | public | created_at\n 1 | customer | true | 2026-01-10 08:00",
        "ticket_events": "ticket_id | at | field | value\n 1 | 2026-01-11 08:00 | status | solved",
    }
    spec(called, feature="first_response_hours_last_30d", as_of="2026-01-10", gives={"A": 16})
    spec(called, feature="first_response_hours_last_30d", as_of="2026-01-11", gives={"A": None})
    spec(called, feature="unanswered_tickets_last_30d", as_of="2026-01-10", gives={"A": 1})
    spec(called, feature="unanswered_tickets_last_30d", as_of="2026-01-11", gives={"A": 0})


def test_unanswered_tickets_have_no_reply_and_no_solution():
    """Ticket 2 is answered on the day it was opened, ticket 3 never; after 30 days it is no longer of the window."""
    spec(FIRST_REPLY, feature="unanswered_tickets_last_30d", as_of="2026-01-31", gives={"A": 0, "B": 1})
    spec(FIRST_REPLY, feature="unanswered_tickets_last_30d", as_of="2026-02-19", gives={"A": 0, "B": 0})


def _answered_after(hours: dict[str, tuple[str, int]]) -> dict[str, list[Row]]:
    """One ticket each: by its number the day, opened at noon, and the hours until the reply."""
    tickets = [row for number, (day, _) in hours.items() for row in at_noon([day], ticket_id=number)]
    messages: list[Row] = [
        {"ticket_id": number, "author_role": "agent", "public": "true", "created_at": f"{day} {12 + wait}:00"}
        for number, (day, wait) in hours.items()
    ]
    return {"tickets": tickets, "messages": messages}


def test_a_change_of_the_first_response_is_the_last_30_days_over_the_last_90():
    """8 hours lately; 8, 2 and 2 are 4 on average: twice as long. Without a ticket lately there is nothing to say."""
    given = _answered_after({"1": ("2026-01-20", 8), "2": ("2025-12-20", 2), "3": ("2025-11-20", 2)})
    spec(given, feature="first_response_change_30d", as_of="2026-01-31", gives={"A": 2})
    spec(given, feature="first_response_change_30d", as_of="2026-02-28", gives={"A": None})


def test_first_response_against_peers_is_the_share_of_the_segment_that_was_answered_sooner():
    """Of ten accounts, answered after 1 to 10 hours, the fifth has four before it. One that asked nothing has none."""
    names = "ABCDEFGHIJ"
    given = _answered_after({name: ("2026-01-20", wait) for wait, name in enumerate(names, start=1)})
    tickets = [row | {"account_id": row["ticket_id"]} for row in given["tickets"]]
    accounts: list[Row] = [{"account_id": n, "segment": "smb", "created_at": "2025-01-01"} for n in [*names, "K"]]
    spec(
        given | {"tickets": tickets, "accounts": accounts},
        feature="first_response_against_peers_last_90d",
        as_of="2026-01-31",
        gives={name: place / 9 for place, name in enumerate(names)} | {"K": None},
    )


def test_nine_of_ten_first_replies_came_within_this_time():
    """Of eleven replies after 1 to 11 hours nine tenths of the way is 10; in between it is in proportion."""
    eleven = _answered_after({str(n): (f"2026-01-{n + 10}", n) for n in range(1, 12)})
    spec(eleven, feature="first_response_p90_hours_last_90d", as_of="2026-01-31", gives={"A": 10})
    two = _answered_after({"1": ("2026-01-10", 1), "2": ("2026-01-11", 11)})
    spec(two, feature="first_response_p90_hours_last_90d", as_of="2026-01-31", gives={"A": 10})
    spec(two, feature="first_response_p90_hours_last_90d", as_of="2026-04-11", gives={"A": None})


BUSINESS = {
    "schedules": WEEKDAYS,
    "holidays": "schedule_id | day\n S | 2026-01-19",
    "tickets": """
        account_id | ticket_id | schedule_id | created_at
        A          | 1         | S           | 2026-01-09 16:00
        B          | 2         | S           | 2026-01-16 16:00
        C          | 3         |             | 2026-01-09 16:00
    """,
    "messages": """
        ticket_id | author_role | public | created_at
        1         | agent       | true   | 2026-01-12 10:00
        2         | agent       | true   | 2026-01-20 10:00
        3         | agent       | true   | 2026-01-12 10:00
    """,
}


def test_business_hours_leave_out_the_night_the_weekend_and_holidays():
    """Friday 16:00 to Monday 10:00 is 2 hours; so is it to Tuesday 10:00 where Monday is a holiday.

    A ticket without a schedule has no business time.
    """
    spec(
        BUSINESS,
        feature="first_response_business_hours_last_90d",
        as_of="2026-01-31",
        gives={"A": 2, "B": 2, "C": None},
    )


def test_business_hours_are_told_in_the_time_zone_of_the_schedule():
    """In New York 9 o'clock is 14:00 UTC: from then to 16:00 UTC are 2 hours."""
    spec(
        {
            "schedules": "schedule_id | weekday | opens | closes | time_zone\n S | 1 | 540 | 1020 | America/New_York",
            "tickets": "account_id | ticket_id | schedule_id | created_at\n A | 1 | S | 2026-01-12 08:00",
            "messages": "ticket_id | author_role | public | created_at\n 1 | agent | true | 2026-01-12 16:00",
        },
        feature="first_response_business_hours_last_90d",
        as_of="2026-01-31",
        gives={"A": 2},
    )


TALK = {
    "tickets": "account_id | ticket_id | created_at\n A | 1 | 2026-01-10 08:00",
    "messages": """
        ticket_id | author_role | public | created_at
        1         | customer    | true   | 2026-01-10 08:00
        1         | agent       | true   | 2026-01-10 09:00
        1         | customer    | true   | 2026-01-10 10:00
        1         | customer    | true   | 2026-01-10 11:00
        1         | agent       | false  | 2026-01-10 12:00
        1         | agent       | true   | 2026-01-10 14:00
        1         | agent       | true   | 2026-01-10 15:00
        1         | customer    | true   | 2026-01-20 08:00
        1         | agent       | true   | 2026-01-20 10:00
    """,
}


def test_the_next_response_counts_from_the_customer_s_first_message_after_a_reply():
    """From 10:00 to 14:00, not from the second message, not to the note; and then 2 hours. The first reply is apart."""
    spec(TALK, feature="next_response_hours_last_30d", as_of="2026-01-31", gives={"A": 3})
    spec(TALK, feature="next_response_hours_last_30d", as_of="2026-01-15", gives={"A": 4})
    spec(TALK, feature="next_response_hours_last_30d", as_of="2026-01-09", gives={"A": None})


def test_the_next_response_is_placed_by_the_day_on_which_the_customer_wrote():
    spec(TALK, feature="next_response_hours_last_30d", as_of="2026-02-09", gives={"A": 2})
    spec(TALK, feature="next_response_hours_last_90d", as_of="2026-04-09", gives={"A": 3})
    spec(TALK, feature="next_response_hours_last_90d", as_of="2026-04-10", gives={"A": 2})


UNANSWERED = {
    "tickets": "account_id | ticket_id | created_at\n A | 1 | 2026-01-10 08:00",
    "messages": """
        ticket_id | author_role | public | created_at
        1         | agent       | true   | 2026-01-10 09:00
        1         | customer    | true   | 2026-01-30 00:00
    """,
    "ticket_events": "ticket_id | at | field | value\n 1 | 2026-02-03 00:00 | status | solved",
}


def test_a_customer_who_writes_again_waits_until_there_is_a_reply_or_the_ticket_is_solved():
    """Two days by the end of January; nobody waits any more once the ticket is solved."""
    spec(UNANSWERED, feature="next_response_hours_last_30d", as_of="2026-01-31", gives={"A": 48})
    spec(UNANSWERED, feature="customers_waiting", as_of="2026-01-31", gives={"A": 1})
    spec(UNANSWERED, feature="customers_waiting", as_of="2026-02-02", gives={"A": 0})
    spec(TALK, feature="customers_waiting", as_of="2026-01-31", gives={"A": 0})


PROMISES = {
    "accounts": """
        account_id | support_plan | created_at
        A          | gold         | 2025-01-01
        B          | gold         | 2025-01-01
        C          |              | 2025-01-01
    """,
    "sla_targets": """
        support_plan | priority | first_response_minutes | resolution_minutes | business_hours
        gold         | normal   | 120                    | 2880               | false
    """,
    "tickets": """
        account_id | ticket_id | priority | created_at
        A          | 1         | normal   | 2026-01-10 08:00
        A          | 2         | normal   | 2026-01-20 08:00
        B          | 3         | low      | 2026-01-20 08:00
        C          | 4         | normal   | 2026-01-20 08:00
    """,
    "messages": """
        ticket_id | author_role | public | created_at
        1         | agent       | true   | 2026-01-10 10:00
        2         | agent       | true   | 2026-01-20 10:01
    """,
    "ticket_events": """
        ticket_id | at               | field  | value
        1         | 2026-01-12 08:00 | status | solved
        2         | 2026-01-22 09:00 | status | solved
    """,
}


def test_a_promise_is_broken_when_its_time_is_over_and_it_is_not_kept():
    """Ticket 1 was answered and solved to the minute; ticket 2 a minute and an hour late.

    Nothing is promised without a plan, or for another priority.
    """
    spec(
        PROMISES,
        feature="promises_broken_share_last_90d",
        as_of="2026-01-31",
        gives={"A": 2 / 4, "B": None, "C": None},
    )


def test_a_promise_counts_from_the_day_it_falls_due():
    """On 20 January the first reply to ticket 2 is late; its solution is due on 22 January and not yet broken."""
    spec(PROMISES, feature="promises_broken_share_last_90d", as_of="2026-01-10", gives={"A": 0})
    spec(PROMISES, feature="promises_broken_share_last_90d", as_of="2026-01-20", gives={"A": 1 / 3})
    spec(PROMISES, feature="promises_broken_share_last_90d", as_of="2026-04-10", gives={"A": 2 / 3})


def test_a_promise_in_business_hours_falls_due_in_business_hours():
    """Two hours from Friday 16:00 end on Monday 10:00, in the minute of the reply: kept; 10:01 would be late."""
    promised = BUSINESS | {
        "accounts": "account_id | support_plan | created_at\n A | gold | 2025-01-01\n B | gold | 2025-01-01",
        "sla_targets": """
            support_plan | priority | first_response_minutes | business_hours
            gold         | normal   | 120                    | true
        """,
        "tickets": """
            account_id | ticket_id | schedule_id | priority | created_at
            A          | 1         | S           | normal   | 2026-01-09 16:00
            B          | 2         | S           | normal   | 2026-01-09 15:59
        """,
        "messages": """
            ticket_id | author_role | public | created_at
            1         | agent       | true   | 2026-01-12 10:00
            2         | agent       | true   | 2026-01-12 10:00
        """,
    }
    spec(promised, feature="promises_broken_share_last_90d", as_of="2026-01-11", gives={"A": None, "B": None})
    spec(promised, feature="promises_broken_share_last_90d", as_of="2026-01-12", gives={"A": 0, "B": 1})


def test_after_hours_is_what_agents_wrote_outside_business_hours():
    """Of four messages one came at 17:00, when they close, and one on a Saturday; the customer's do not count."""
    spec(
        {
            "schedules": WEEKDAYS,
            "tickets": """
                account_id | ticket_id | schedule_id | created_at
                A          | 1         | S           | 2026-01-09 08:00
                B          | 2         |             | 2026-01-09 08:00
            """,
            "messages": """
                ticket_id | author_role | public | created_at
                1         | customer    | true   | 2026-01-09 03:00
                1         | agent       | true   | 2026-01-09 09:00
                1         | agent       | false  | 2026-01-09 16:59
                1         | agent       | true   | 2026-01-09 17:00
                1         | agent       | true   | 2026-01-10 12:00
                2         | agent       | true   | 2026-01-10 12:00
            """,
        },
        feature="after_hours_share_last_90d",
        as_of="2026-01-31",
        gives={"A": 0.5, "B": None},
    )
