"""What the features of tickets are, said as tables: how many, of which kind, who asks, about what."""

from tests.spec.series import at_noon, days
from tests.support.spec import spec

KINDS = {
    "tickets": """
        account_id | contact_id | priority | category | created_at
        A          | ann        | urgent   | billing  | 2026-01-30 12:00
        A          | ann        | high     | login    | 2026-01-29 12:00
        A          | bob        | normal   | login    | 2026-01-02 12:00
        A          | bob        | low      |          | 2026-01-01 12:00
        A          | cid        | urgent   | billing  | 2025-11-04 12:00
        A          | dan        | urgent   | setup    | 2025-11-02 12:00
        A          |            |          | login    | 2026-01-30 12:00
        B          | eve        | urgent   | billing  | 2025-01-31 12:00
        B          | fay        | normal   | billing  | 2025-02-01 12:00
        C          | gus        | urgent   | billing  | 2026-02-01 00:01
    """
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


def test_tickets_of_a_week():
    """Seven days: 25 January is the first, and its own midnight still belongs to the day before."""
    spec(
        {"tickets": "account_id | created_at\n A | 2026-01-31 09:00\n A | 2026-01-25 00:00\n A | 2026-01-25 00:01"},
        feature="tickets_last_7d",
        as_of="2026-01-31",
        gives={"A": 2},
    )


def test_tickets_of_90_days():
    spec(
        {"tickets": "account_id | created_at\n A | 2026-01-31 09:00\n A | 2025-11-03 00:00\n A | 2025-11-03 00:01"},
        feature="tickets_last_90d",
        as_of="2026-01-31",
        gives={"A": 2},
    )


def test_tickets_of_180_days():
    spec(
        {"tickets": "account_id | created_at\n A | 2026-01-31 09:00\n A | 2025-08-05 00:00\n A | 2025-08-05 00:01"},
        feature="tickets_last_180d",
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


def test_urgent_tickets_were_opened_with_high_or_urgent_priority():
    """A ticket without a priority is not urgent, and one of tomorrow is not there yet."""
    spec(KINDS, feature="urgent_tickets_last_30d", as_of="2026-01-31", gives={"A": 2, "B": 0, "C": 0})
    spec(KINDS, feature="urgent_tickets_last_90d", as_of="2026-01-31", gives={"A": 3, "B": 0, "C": 0})


def test_contacts_asking_are_different_people():
    """Ann, Bob and Cid; Dan asked 91 days ago, and who asked the ticket without a name nobody knows."""
    spec(KINDS, feature="contacts_asking_last_90d", as_of="2026-01-31", gives={"A": 3, "B": 0, "C": 0})
    spec(KINDS, feature="contacts_asking_last_365d", as_of="2026-01-31", gives={"A": 4, "B": 1, "C": 0})


def test_a_person_who_asks_again_is_counted_from_the_last_time():
    """Bob asked on 1 and 2 January: 90 days later he is still there, a day later he is gone."""
    spec(KINDS, feature="contacts_asking_last_90d", as_of="2026-04-01", gives={"A": 2})
    spec(KINDS, feature="contacts_asking_last_90d", as_of="2026-04-02", gives={"A": 1})


def test_ticket_topics_are_different_categories():
    """Billing and login; setup was 91 days ago, and a ticket without a category is about nothing we know."""
    spec(KINDS, feature="ticket_topics_last_90d", as_of="2026-01-31", gives={"A": 2, "B": 0, "C": 0})


def test_three_times_as_many_tickets_are_a_change_of_two():
    """One in each 30 days before, three in the last 30 days."""
    tickets = at_noon(["2025-10-04", "2025-11-10", "2025-12-10", "2026-01-02", "2026-01-10", "2026-01-31"])
    spec({"tickets": tickets}, feature="tickets_change_30d", as_of="2026-01-31", gives={"A": 2})


def test_a_change_of_tickets_over_90_days_is_by_the_day():
    """Nine in 270 days, one in the last 90: a third of what was, and so a fall by two thirds."""
    tickets = at_noon([*days("2025-02-06", "2025-10-04", 30), "2026-01-15"])
    spec({"tickets": tickets}, feature="tickets_change_90d", as_of="2026-01-31", gives={"A": -2 / 3})


def test_a_change_needs_tickets_before():
    """None before: nothing to say. None now: a fall by all of it."""
    tickets = at_noon(["2026-01-20"], "A") + at_noon(["2025-12-20"], "B") + at_noon(["2025-09-01"], "C")
    spec({"tickets": tickets}, feature="tickets_change_30d", as_of="2026-01-31", gives={"A": None, "B": -1, "C": None})


def test_days_since_the_last_ticket_are_whole_days():
    """Midnight ends the day before: 22 January 00:00 is 10 days ago, 1 February 00:00 is today."""
    spec(
        {
            "tickets": "account_id | created_at\n A | 2025-12-01 00:00\n A | 2026-01-22 00:00\n B | 2026-02-01 00:00",
            "accounts": "account_id | created_at\n A | 2025-01-01\n B | 2025-01-01\n C | 2025-01-01",
        },
        feature="days_since_ticket",
        as_of="2026-01-31",
        gives={"A": 10, "B": 0, "C": None},
    )


def test_tickets_weekly_are_an_average_in_which_the_newest_week_weighs_most():
    """A asks twice a week all the time. B asked once this week, C once in the week before: 30 % less."""
    tickets = at_noon(sorted(days("2025-10-01", "2026-01-31", 7) * 2), "A")
    tickets += at_noon(["2026-01-28"], "B") + at_noon(["2026-01-21"], "C") + at_noon(["2025-01-01"], "D")
    newest = 0.3 / (1 - 0.7**12)
    spec(
        {"tickets": tickets},
        feature="tickets_weekly",
        as_of="2026-01-31",
        gives={"A": 2, "B": newest, "C": newest * 0.7, "D": 0},
    )


def test_the_gap_is_the_silence_against_the_usual_time_between_two_tickets():
    """Every 15 days, and now 30 days nothing: twice as long as usual."""
    tickets = at_noon(["2026-01-01", "2026-01-11", "2026-01-31"], "A") + at_noon(["2026-01-01", "2026-01-31"], "B")
    spec({"tickets": tickets}, feature="ticket_gap_last_365d", as_of="2026-03-02", gives={"A": 2, "B": None})
