"""What the features of the support staff are, said as tables: who serves an account, who left, load, engagement."""

from tests.support.spec import spec

SERVED = {
    "tickets": """
        account_id | ticket_id | created_at
        A          | 1         | 2025-12-01 08:00
        A          | 2         | 2026-01-20 08:00
        B          | 3         | 2026-01-20 08:00
        C          | 4         | 2026-01-20 08:00
    """,
    "ticket_events": """
        ticket_id | at               | field    | value
        1         | 2025-12-01 09:00 | assignee | ida
        1         | 2025-12-02 09:00 | status   | open
        2         | 2026-01-20 09:00 | assignee | jon
        2         | 2026-01-21 09:00 | assignee | ida
        2         | 2026-01-22 09:00 | assignee |
        2         | 2026-02-01 09:00 | assignee | kim
        3         | 2026-01-20 09:00 | assignee | ida
    """,
    "agents": """
        agent_id | joined_at  | left_at
        ida      | 2024-01-01 | 2026-01-25 12:00
        jon      | 2024-01-01 |
        kim      | 2024-01-01 |
    """,
    "agent_surveys": """
        agent_id | at               | kind  | score
        ida      | 2025-12-01 12:00 | pulse | 2
        ida      | 2026-01-10 12:00 | pulse | 6
        jon      | 2026-01-10 12:00 | pulse | 9
        jon      | 2026-02-10 12:00 | pulse | 1
    """,
}


def test_agents_are_the_different_people_who_were_given_the_account_s_tickets():
    """Ida twice and Jon; Kim comes tomorrow, and nobody is nobody."""
    spec(SERVED, feature="agents_last_90d", as_of="2026-01-31", gives={"A": 2, "B": 1, "C": 0})
    spec(SERVED, feature="agents_last_90d", as_of="2026-02-01", gives={"A": 3, "B": 1, "C": 0})
    spec(SERVED, feature="agents_last_90d", as_of="2026-04-20", gives={"A": 2, "B": 0, "C": 0})
    spec(SERVED, feature="agents_last_365d", as_of="2027-01-20", gives={"A": 2, "B": 0, "C": 0})


def test_agents_who_left_had_served_the_account():
    """Ida leaves on 25 January: not known before, and told for 180 days."""
    spec(SERVED, feature="agents_left_last_180d", as_of="2026-01-24", gives={"A": 0, "B": 0, "C": 0})
    spec(SERVED, feature="agents_left_last_180d", as_of="2026-01-25", gives={"A": 1, "B": 1, "C": 0})
    spec(SERVED, feature="agents_left_last_180d", as_of="2026-07-23", gives={"A": 1, "B": 1, "C": 0})
    spec(SERVED, feature="agents_left_last_180d", as_of="2026-07-24", gives={"A": 0, "B": 0, "C": 0})


def test_an_agent_who_served_the_account_long_before_leaving_is_not_missed():
    """More than 180 days lie between the last ticket and the leaving of Lea, and 179 for Mia."""
    gone = {
        "tickets": "account_id | ticket_id | created_at\n A | 1 | 2025-06-01 08:00\n B | 2 | 2025-06-01 08:00",
        "ticket_events": """
            ticket_id | at               | field    | value
            1         | 2025-07-01 09:00 | assignee | lea
            2         | 2025-07-01 09:00 | assignee | mia
        """,
        "agents": """
            agent_id | joined_at  | left_at
            lea      | 2024-01-01 | 2025-12-28 12:00
            mia      | 2024-01-01 | 2025-12-27 12:00
        """,
    }
    spec(gone, feature="agents_left_last_180d", as_of="2026-01-31", gives={"A": 0, "B": 1})


def test_the_load_is_what_the_agents_of_the_account_were_given_in_30_days():
    """Ida was given one of A's tickets and one of B's: two. Jon one. A is served by both, B by Ida, C by nobody."""
    spec(SERVED, feature="agent_load_last_30d", as_of="2026-01-31", gives={"A": (2 + 1) / 2, "B": 2, "C": None})
    spec(SERVED, feature="agent_load_last_30d", as_of="2026-02-19", gives={"A": 1, "B": None, "C": None})


def test_the_engagement_is_the_last_answer_of_each_agent_of_the_account():
    """Ida's 6 and Jon's 9; his 1 comes later."""
    spec(SERVED, feature="agent_engagement_last_30d", as_of="2026-01-31", gives={"A": 7.5, "B": 6, "C": None})
    spec(SERVED, feature="agent_engagement_last_30d", as_of="2026-02-10", gives={"A": (6 + 1) / 2, "B": 6, "C": None})
    spec(SERVED, feature="agent_engagement_last_30d", as_of="2025-12-02", gives={"A": 2, "B": None, "C": None})
    spec(SERVED, feature="agent_engagement_last_30d", as_of="2026-03-31", gives={"A": None, "B": None, "C": None})
