"""What becomes known late, or was corrected, said as tables: the column `known_at` tells from when a row is known."""

from tests.support.spec import spec


def test_a_ticket_that_comes_in_late_is_counted_on_its_own_day_once_it_is_known():
    """Opened on 20 January and known on 5 February: one of the last 30 days until 18 February."""
    late = {"tickets": "account_id | created_at | known_at\n A | 2026-01-20 12:00 | 2026-02-05 12:00"}
    spec(late, feature="tickets_last_30d", as_of="2026-02-04", gives={"A": 0})
    spec(late, feature="tickets_last_30d", as_of="2026-02-05", gives={"A": 1})
    spec(late, feature="tickets_last_30d", as_of="2026-02-18", gives={"A": 1})
    spec(late, feature="tickets_last_30d", as_of="2026-02-19", gives={"A": 0})
    spec(late, feature="days_since_ticket", as_of="2026-02-05", gives={"A": 16})


def test_a_row_known_at_midnight_is_known_at_the_end_of_the_day_before():
    """The end of a day belongs to it."""
    known = {"tickets": "account_id | created_at | known_at\n A | 2026-01-20 12:00 | 2026-02-05 00:00"}
    spec(known, feature="tickets_last_30d", as_of="2026-02-03", gives={"A": 0})
    spec(known, feature="tickets_last_30d", as_of="2026-02-04", gives={"A": 1})


def test_a_person_whose_later_ticket_comes_in_first_is_one_person():
    """Ann's ticket of 10 January comes in on 5 February, after that of 1 February; Bob's was there in time."""
    late = {
        "tickets": """
            account_id | contact_id | created_at       | known_at
            A          | ann        | 2026-01-10 12:00 | 2026-02-05 12:00
            A          | ann        | 2026-02-01 12:00 | 2026-02-01 12:00
            A          | bob        | 2026-01-15 12:00 | 2026-01-15 12:00
        """
    }
    for as_of, people in (("2026-01-14", 0), ("2026-01-31", 1), ("2026-02-01", 2), ("2026-02-05", 2)):
        spec(late, feature="contacts_asking_last_90d", as_of=as_of, gives={"A": people})
    for as_of, people in (("2026-04-14", 2), ("2026-04-15", 1), ("2026-05-01", 1), ("2026-05-02", 0)):
        spec(late, feature="contacts_asking_last_90d", as_of=as_of, gives={"A": people})


def test_a_person_whose_last_ticket_comes_in_late_is_gone_until_it_is_there():
    """Ann asked on 1 January and on 30 March; the second ticket comes in on 10 April. 1 April is 90 days after."""
    late = {
        "tickets": """
            account_id | contact_id | created_at       | known_at
            A          | ann        | 2026-01-01 12:00 | 2026-01-01 12:00
            A          | ann        | 2026-03-30 12:00 | 2026-04-10 12:00
        """
    }
    for as_of, people in (("2026-03-31", 1), ("2026-04-01", 0), ("2026-04-09", 0), ("2026-04-10", 1)):
        spec(late, feature="contacts_asking_last_90d", as_of=as_of, gives={"A": people})


CORRECTED = {
    "tickets": """
        account_id | ticket_id | priority | category | created_at       | known_at
        A          | 1         | low      | login    | 2026-01-10 12:00 | 2026-01-10 12:00
        A          | 1         | urgent   | billing  | 2026-01-10 12:00 | 2026-02-05 12:00
        A          | 2         | low      | billing  | 2026-01-10 12:00 | 2026-01-10 12:00
    """,
    "accounts": "account_id | created_at\n A | 2025-01-01\n B | 2025-01-01",
}


def test_a_corrected_row_counts_as_it_was_known_until_the_correction_is():
    """Ticket 1 was low and about login; from 5 February on it always was urgent and about billing."""
    spec(CORRECTED, feature="tickets_last_30d", as_of="2026-02-04", gives={"A": 2})
    spec(CORRECTED, feature="tickets_last_30d", as_of="2026-02-05", gives={"A": 2})
    spec(CORRECTED, feature="urgent_tickets_last_30d", as_of="2026-02-04", gives={"A": 0})
    spec(CORRECTED, feature="urgent_tickets_last_30d", as_of="2026-02-05", gives={"A": 1})
    spec(CORRECTED, feature="ticket_topics_last_90d", as_of="2026-02-04", gives={"A": 2})
    spec(CORRECTED, feature="ticket_topics_last_90d", as_of="2026-02-05", gives={"A": 1})
    spec(CORRECTED, feature="urgent_open_tickets", as_of="2026-02-04", gives={"A": 0})
    spec(CORRECTED, feature="urgent_open_tickets", as_of="2026-02-05", gives={"A": 1})


def test_a_ticket_that_was_given_to_the_wrong_account_moves_when_that_is_known():
    """With its reply: B had one answered in 2 hours, A has it from 5 February on."""
    moved = {
        "tickets": """
            account_id | ticket_id | created_at       | known_at
            B          | 1         | 2026-01-20 12:00 | 2026-01-20 12:00
            A          | 1         | 2026-01-20 12:00 | 2026-02-05 12:00
        """,
        "messages": "ticket_id | author_role | public | created_at\n 1 | agent | true | 2026-01-20 14:00",
    }
    spec(moved, feature="tickets_last_30d", as_of="2026-02-04", gives={"A": 0, "B": 1})
    spec(moved, feature="tickets_last_30d", as_of="2026-02-05", gives={"A": 1, "B": 0})
    spec(moved, feature="first_response_hours_last_30d", as_of="2026-02-04", gives={"A": None, "B": 2})
    spec(moved, feature="first_response_hours_last_30d", as_of="2026-02-05", gives={"A": 2, "B": None})


def test_a_corrected_amount_counts_until_the_correction_is_known():
    corrected = {
        "invoices": """
            account_id | invoice_id | amount | issued_at        | known_at
            A          | 1          | 100    | 2026-01-10 12:00 | 2026-01-10 12:00
            A          | 1          | 70     | 2026-01-10 12:00 | 2026-01-20 12:00
        """
    }
    spec(corrected, feature="invoiced_last_90d", as_of="2026-01-19", gives={"A": 100})
    spec(corrected, feature="invoiced_last_90d", as_of="2026-01-20", gives={"A": 70})


def test_a_corrected_day_of_use_counts_until_the_correction_is_known():
    corrected = {
        "usage": """
            account_id | day        | metric | value | active_users | known_at
            A          | 2026-01-10 | logins | 0     | 0            | 2026-01-10 12:00
            A          | 2026-01-10 | logins | 5     | 3            | 2026-01-20 12:00
        """
    }
    spec(corrected, feature="active_days_last_30d", as_of="2026-01-19", gives={"A": 0})
    spec(corrected, feature="active_days_last_30d", as_of="2026-01-20", gives={"A": 1})
    spec(corrected, feature="days_since_usage", as_of="2026-01-20", gives={"A": 10})
    spec(corrected, feature="active_users_last_30d", as_of="2026-01-20", gives={"A": 3})


#: The reply of 12:00 comes in on 25 January, after that of 20:00.
DISORDERLY = {
    "tickets": "account_id | ticket_id | created_at\n A | 1 | 2026-01-20 08:00",
    "messages": """
        ticket_id | author_role | public | created_at       | known_at
        1         | customer    | true   | 2026-01-20 08:00 | 2026-01-20 08:00
        1         | agent       | true   | 2026-01-20 12:00 | 2026-01-25 12:00
        1         | agent       | true   | 2026-01-21 08:00 | 2026-01-21 08:00
    """,
}


def test_a_reply_that_becomes_known_late_changes_the_first_response_when_it_is_known():
    """At first nobody answered; then the reply of 21 January was the first, after 24 hours; then that after 4."""
    for as_of, hours in (("2026-01-20", 16), ("2026-01-21", 24), ("2026-01-24", 24), ("2026-01-25", 4)):
        spec(DISORDERLY, feature="first_response_hours_last_30d", as_of=as_of, gives={"A": hours})
    spec(DISORDERLY, feature="unanswered_tickets_last_30d", as_of="2026-01-20", gives={"A": 1})
    spec(DISORDERLY, feature="unanswered_tickets_last_30d", as_of="2026-01-21", gives={"A": 0})


def test_a_reply_that_becomes_known_late_breaks_no_promise_once_it_is_known():
    """Eight hours were promised: broken on 20 January, as it was known then, and kept as it is known on the 25th."""
    promised = DISORDERLY | {
        "accounts": "account_id | support_plan | created_at\n A | gold | 2025-01-01",
        "sla_targets": "support_plan | priority | first_response_minutes\n gold | normal | 480",
        "tickets": "account_id | ticket_id | priority | created_at\n A | 1 | normal | 2026-01-20 08:00",
    }
    spec(promised, feature="promises_broken_share_last_90d", as_of="2026-01-24", gives={"A": 1})
    spec(promised, feature="promises_broken_share_last_90d", as_of="2026-01-25", gives={"A": 0})


LATE_EVENTS = {
    "tickets": "account_id | ticket_id | created_at\n A | 1 | 2026-01-20 08:00",
    "ticket_events": """
        ticket_id | at               | field    | value  | known_at
        1         | 2026-01-20 09:00 | assignee | ida    | 2026-01-20 09:00
        1         | 2026-01-20 12:00 | status   | solved | 2026-01-28 12:00
        1         | 2026-01-22 08:00 | status   | open   | 2026-01-22 08:00
        1         | 2026-01-24 08:00 | status   | solved | 2026-01-24 08:00
        1         | 2026-01-23 08:00 | assignee | jon    | 2026-01-28 12:00
    """,
}


def test_a_solution_that_becomes_known_late_changes_the_story_when_it_is_known():
    """Solved on 24 January after 96 hours; on 28 January it is known that 4 hours had been enough for a first time."""
    spec(LATE_EVENTS, feature="resolution_hours_last_90d", as_of="2026-01-27", gives={"A": 96})
    spec(LATE_EVENTS, feature="resolution_hours_last_90d", as_of="2026-01-28", gives={"A": 4})
    spec(LATE_EVENTS, feature="reopens_last_30d", as_of="2026-01-27", gives={"A": 0})
    spec(LATE_EVENTS, feature="reopens_last_30d", as_of="2026-01-28", gives={"A": 1})
    spec(LATE_EVENTS, feature="handoffs_last_90d", as_of="2026-01-27", gives={"A": 0})
    spec(LATE_EVENTS, feature="handoffs_last_90d", as_of="2026-01-28", gives={"A": 1})
    spec(LATE_EVENTS, feature="agents_last_90d", as_of="2026-01-27", gives={"A": 1})
    spec(LATE_EVENTS, feature="agents_last_90d", as_of="2026-01-28", gives={"A": 2})
    spec(LATE_EVENTS, feature="open_tickets", as_of="2026-01-23", gives={"A": 1})
    spec(LATE_EVENTS, feature="open_tickets", as_of="2026-01-28", gives={"A": 0})


def test_an_answer_that_is_known_late_is_no_answer_before():
    """Answered on 12 January, the whole row comes in on 5 February."""
    late = {
        "surveys": """
            account_id | kind | sent_at          | responded_at     | score | known_at
            A          | csat | 2026-01-10 12:00 | 2026-01-12 12:00 | 4     | 2026-02-05 12:00
        """
    }
    spec(late, feature="csat_last_90d", as_of="2026-02-04", gives={"A": None})
    spec(late, feature="csat_last_90d", as_of="2026-02-05", gives={"A": 4})
    spec(late, feature="survey_answers_share_last_180d", as_of="2026-02-04", gives={"A": None})
    spec(late, feature="survey_answers_share_last_180d", as_of="2026-02-05", gives={"A": 1})
    spec(late, feature="days_since_answer", as_of="2026-02-05", gives={"A": 24})


def test_a_contract_that_was_corrected_is_worth_what_was_known():
    """Twenty seats at 200, as it was known until 20 January; then ten at 100 from the beginning."""
    corrected = {
        "subscriptions": """
            account_id | subscription_id | started_at | seats | mrr | known_at
            A          | 1               | 2025-03-01 | 20    | 200 | 2025-03-01
            A          | 1               | 2025-03-01 | 10    | 100 | 2026-01-20 12:00
        """
    }
    spec(corrected, feature="mrr", as_of="2026-01-19", gives={"A": 200})
    spec(corrected, feature="mrr", as_of="2026-01-20", gives={"A": 100})
    spec(corrected, feature="seats", as_of="2026-01-20", gives={"A": 10})


def test_nothing_was_promised_to_an_account_that_is_not_known_yet():
    """Its plan is known with it, on 1 February: from then on the promise of January is one that was broken."""
    promised = DISORDERLY | {
        "accounts": "account_id | support_plan | created_at | known_at\n A | gold | 2025-01-01 | 2026-02-01 12:00",
        "sla_targets": "support_plan | priority | first_response_minutes\n gold | normal | 60",
        "tickets": "account_id | ticket_id | priority | created_at\n A | 1 | normal | 2026-01-20 08:00",
    }
    spec(promised, feature="promises_broken_share_last_90d", as_of="2026-01-31", gives={"A": None})
    spec(promised, feature="promises_broken_share_last_90d", as_of="2026-02-01", gives={"A": 1})


def test_a_ticket_is_judged_by_the_plan_that_its_account_is_known_to_have():
    """A moves to gold, which promises an hour, and B moves away from it, on 1 February; nothing else is promised."""
    promised = {
        "accounts": """
            account_id | support_plan | created_at | known_at
            A          | silver       | 2025-01-01 | 2025-01-01
            A          | gold         | 2025-01-01 | 2026-02-01 12:00
            B          | gold         | 2025-01-01 | 2025-01-01
            B          | basic        | 2025-01-01 | 2026-02-01 12:00
        """,
        "sla_targets": "support_plan | priority | first_response_minutes\n gold | normal | 60",
        "tickets": """
            account_id | ticket_id | priority | created_at
            A          | 1         | normal   | 2026-01-20 08:00
            B          | 2         | normal   | 2026-01-20 08:00
        """,
        "messages": "ticket_id | author_role | public | created_at\n 1 | agent | true | 2026-01-20 12:00",
        "ticket_events": "ticket_id | at | field | value\n 1 | 2026-01-20 12:00 | status | solved",
    }
    spec(promised, feature="promises_broken_share_last_90d", as_of="2026-01-31", gives={"A": None, "B": 1})
    spec(promised, feature="promises_broken_share_last_90d", as_of="2026-02-01", gives={"A": 1, "B": None})


def test_a_message_that_is_read_by_a_later_version_counts_as_that_one_reads_it():
    """The first version's reading is corrected on the day on which it came in; the second reads it on 1 February."""
    read = {
        "tickets": "account_id | ticket_id | created_at\n A | 1 | 2026-01-20 08:00",
        "messages": "ticket_id | message_id | author_role | created_at\n 1 | m | customer | 2026-01-20 08:00",
        "message_scores": """
            message_id | model_version | created_at       | sentiment | known_at
            m          | 1             | 2026-01-20 08:00 | -1        | 2026-01-20 08:00
            m          | 1             | 2026-01-20 08:00 | 0.5       | 2026-01-20 18:00
            m          | 2             | 2026-01-20 08:00 | 0.25      | 2026-02-01 08:00
            m          | 1             | 2026-01-20 08:00 | -0.5      | 2026-02-10 08:00
        """,
    }
    for as_of, tone in (("2026-01-20", 0.5), ("2026-01-31", 0.5), ("2026-02-01", 0.25), ("2026-02-10", 0.25)):
        spec(read, feature="sentiment_last_30d", as_of=as_of, gives={"A": tone})
