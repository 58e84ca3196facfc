"""What the features of the people at accounts, and of accounts that are alike, are, said as tables."""

from tests.support.spec import spec

CONTACTS = {
    "contacts": """
        account_id | role     | created_at | left_at
        A          | champion | 2025-01-01 | 2026-01-15 00:00
        A          | champion | 2025-01-01 | 2026-02-15 00:00
        A          | user     | 2025-01-01 | 2026-01-15 00:00
        A          | user     | 2026-02-01 |
        B          | champion | 2025-01-01 |
    """
}


def test_champions_who_left():
    """Known from the day they leave, for 180 days; others do not count."""
    spec(CONTACTS, feature="champions_left_last_180d", as_of="2026-01-31", gives={"A": 1, "B": 0})
    spec(CONTACTS, feature="champions_left_last_180d", as_of="2026-01-13", gives={"A": 0, "B": 0})
    spec(CONTACTS, feature="champions_left_last_180d", as_of="2026-07-12", gives={"A": 2, "B": 0})
    spec(CONTACTS, feature="champions_left_last_180d", as_of="2026-07-13", gives={"A": 1, "B": 0})


def test_champions_who_left_in_90_days():
    """The first one left in the night to 15 January: within 90 days until 13 April."""
    spec(CONTACTS, feature="champions_left_last_90d", as_of="2026-04-13", gives={"A": 2, "B": 0})
    spec(CONTACTS, feature="champions_left_last_90d", as_of="2026-04-14", gives={"A": 1, "B": 0})


def test_people_who_left_whatever_they_were_to_us():
    spec(CONTACTS, feature="contacts_left_last_180d", as_of="2026-01-31", gives={"A": 2, "B": 0})
    spec(CONTACTS, feature="contacts_left_last_180d", as_of="2026-02-14", gives={"A": 3, "B": 0})
    spec(CONTACTS, feature="contacts_left_last_180d", as_of="2026-07-13", gives={"A": 1, "B": 0})


def test_champions_are_those_who_are_still_there():
    spec(CONTACTS, feature="champions", as_of="2026-01-13", gives={"A": 2, "B": 1})
    spec(CONTACTS, feature="champions", as_of="2026-01-14", gives={"A": 1, "B": 1})
    spec(CONTACTS, feature="champions", as_of="2026-02-14", gives={"A": 0, "B": 1})


def test_contacts_are_the_people_we_know_there():
    """From the day we know of them: one more in the night to 1 February."""
    spec(CONTACTS, feature="contacts", as_of="2026-01-13", gives={"A": 3, "B": 1})
    spec(CONTACTS, feature="contacts", as_of="2026-01-30", gives={"A": 1, "B": 1})
    spec(CONTACTS, feature="contacts", as_of="2026-01-31", gives={"A": 2, "B": 1})
    spec(CONTACTS, feature="contacts", as_of="2024-12-30", gives={"A": 0, "B": 0})


ALIKE = {
    "accounts": """
        account_id | segment | industry | created_at
        A          | smb     | retail   | 2025-01-01
        B          | smb     | retail   | 2025-01-01
        C          | smb     | farming  | 2025-01-01
        D          | smb     | farming  | 2025-01-01
        E          | big     | farming  | 2025-01-01
        F          |         |          | 2025-01-01
        G          |         | farming  | 2025-01-01
    """,
    "subscriptions": """
        account_id | subscription_id | started_at | ended_at
        A          | 1               | 2025-01-01 |
        B          | 2               | 2025-01-01 | 2025-12-01 12:00
        C          | 3               | 2025-01-01 | 2025-12-01 12:00
        C          | 4               | 2025-01-01 |
        D          | 5               | 2025-01-01 |
    """,
    "churn_events": """
        account_id | at
        D          | 2026-01-20 12:00
        E          | 2026-02-01 12:00
        F          | 2026-01-20 12:00
    """,
}


def test_churn_in_a_segment_is_the_share_of_its_accounts_that_left():
    """B's only contract ended and D cancelled: two of four. C keeps one of its two, and E leaves tomorrow."""
    gives = {"A": 2 / 4, "B": 2 / 4, "C": 2 / 4, "D": 2 / 4, "E": 0, "F": None}
    spec(ALIKE, feature="churn_in_segment_last_180d", as_of="2026-01-31", gives=gives)


def test_churn_in_a_segment_is_that_of_the_last_180_days():
    """B left on 1 December, the 180th day before 29 May and the 181st before 30 May: then three are left to count."""
    spec(ALIKE, feature="churn_in_segment_last_180d", as_of="2025-11-30", gives={"A": 0, "E": 0})
    spec(ALIKE, feature="churn_in_segment_last_180d", as_of="2026-05-29", gives={"A": 2 / 4, "E": 1})
    spec(ALIKE, feature="churn_in_segment_last_180d", as_of="2026-05-30", gives={"A": 0.3333, "E": 1})


def test_churn_in_an_industry_is_the_share_of_its_accounts_that_left():
    """In retail B of two, in farming D of four."""
    gives = {"A": 1 / 2, "C": 1 / 4, "E": 1 / 4, "F": None}
    spec(ALIKE, feature="churn_in_industry_last_180d", as_of="2026-01-31", gives=gives)
    spec(ALIKE, feature="churn_in_industry_last_180d", as_of="2026-02-01", gives=gives | {"C": 2 / 4, "E": 2 / 4})
