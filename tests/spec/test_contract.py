"""What the features of contracts, invoices and contacts are, said as tables."""

from churnrisk.features import CATALOGUE
from tests.conftest import ROOT
from tests.support.spec import spec
from tests.support.specified import specified_features

SUBSCRIPTIONS = {
    "subscriptions": """
        account_id | subscription_id | started_at | ended_at   | renewal_at | notice_at  | seats | mrr
        A          | 1               | 2025-01-01 | 2026-01-01 | 2026-01-01 |            | 10    | 100
        A          | 2               | 2026-01-01 |            | 2027-01-01 |            | 12    | 150
        B          | 3               | 2025-03-01 |            | 2026-03-01 |            | 10    | 100
        B          | 4               | 2025-03-01 |            | 2026-06-01 |            | 5     | 50
        C          | 5               | 2025-03-01 |            | 2026-03-01 | 2026-01-15 | 10    | 100
    """
}
INVOICES = {
    "invoices": """
        account_id | amount | issued_at  | due_at     | paid_at
        A          | 100    | 2025-12-01 | 2025-12-31 | 2025-12-30
        A          | 100    | 2026-01-01 | 2026-01-31 | 2026-02-10
        A          | -40    | 2026-01-20 |            |
        B          | 200    | 2025-11-01 | 2025-12-01 |
        B          | 50     | 2026-01-02 | 2026-03-01 |
    """
}


def test_every_feature_of_the_catalogue_is_said_as_a_table():
    """A new feature needs a `spec` in tests/spec: this is how a CSM can check it."""
    assert specified_features(ROOT / "tests" / "spec") == set(CATALOGUE.names)


def test_the_age_of_an_account():
    accounts = "account_id | created_at\n A | 2026-01-22 00:00\n B | 2026-02-01 00:00\n C | 2026-02-02 00:00"
    spec({"accounts": accounts}, feature="account_age_days", as_of="2026-01-31", gives={"A": 10, "B": 0, "C": None})


def test_days_to_the_next_renewal_of_a_contract_without_notice():
    """The earliest one still to come. After notice there is none, and notice is not known before it is given."""
    spec(SUBSCRIPTIONS, feature="days_to_renewal", as_of="2026-01-31", gives={"A": 334, "B": 28, "C": None})
    spec(SUBSCRIPTIONS, feature="days_to_renewal", as_of="2026-01-13", gives={"A": 352, "B": 46, "C": 46})


def test_a_renewal_at_this_moment_is_not_still_to_come():
    spec(SUBSCRIPTIONS, feature="days_to_renewal", as_of="2026-02-28", gives={"B": 92})


def test_a_price_rise_is_what_goes_beyond_the_seats():
    """MRR rose by 50 % and seats by 20 %: 30 %. After 180 days it is no news."""
    spec(SUBSCRIPTIONS, feature="price_rise_last_180d", as_of="2026-01-31", gives={"A": 0.3, "B": 0})
    spec(SUBSCRIPTIONS, feature="price_rise_last_180d", as_of="2025-12-30", gives={"A": 0, "B": 0})
    spec(SUBSCRIPTIONS, feature="price_rise_last_180d", as_of="2026-06-28", gives={"A": 0.3})
    spec(SUBSCRIPTIONS, feature="price_rise_last_180d", as_of="2026-06-29", gives={"A": 0})


def test_fewer_seats_for_the_same_price_are_a_rise_and_no_seats_at_all_say_nothing_of_them():
    subscriptions = """
        account_id | subscription_id | started_at | ended_at   | seats | mrr
        A          | 1               | 2025-01-01 | 2026-01-01 | 10    | 100
        A          | 2               | 2026-01-01 |            | 8     | 110
        B          | 3               | 2025-01-01 | 2026-01-01 |       | 100
        B          | 4               | 2026-01-01 |            |       | 120
    """
    given = {"subscriptions": subscriptions}
    spec(given, feature="price_rise_last_180d", as_of="2026-01-31", gives={"A": 0.1, "B": 0.2})
    spec(given, feature="seats_growth_last_180d", as_of="2026-01-31", gives={"A": -0.2, "B": 0})


def test_seats_grow_with_the_contract_that_follows():
    """Two contracts side by side do not follow each other."""
    spec(SUBSCRIPTIONS, feature="seats_growth_last_180d", as_of="2026-01-31", gives={"A": 0.2, "B": 0})


def test_an_invoice_is_overdue_from_the_moment_it_is_due_until_it_is_paid():
    """A's invoice of January is due as the last minute of 30 January ends, and paid in the night to 10 February."""
    spec(INVOICES, feature="overdue_invoices", as_of="2026-01-29", gives={"A": 0, "B": 1})
    spec(INVOICES, feature="overdue_invoices", as_of="2026-01-30", gives={"A": 1, "B": 1})
    spec(INVOICES, feature="overdue_invoices", as_of="2026-02-08", gives={"A": 1, "B": 1})
    spec(INVOICES, feature="overdue_invoices", as_of="2026-02-09", gives={"A": 0, "B": 1})


def test_late_payments_are_a_share_of_the_invoices_that_were_due():
    spec(INVOICES, feature="late_payments_share_last_180d", as_of="2026-01-29", gives={"A": 0, "B": 1})
    spec(INVOICES, feature="late_payments_share_last_180d", as_of="2026-02-28", gives={"A": 0.5, "B": 1})
    spec(INVOICES, feature="late_payments_share_last_180d", as_of="2025-11-30", gives={"A": None, "B": 1})


def test_invoices_are_counted_without_credit_notes():
    """2 January 00:00 is 30 days before the end of 31 January, and so outside."""
    spec(INVOICES, feature="invoices_last_30d", as_of="2026-01-31", gives={"A": 0, "B": 0})
    spec(INVOICES, feature="invoices_last_30d", as_of="2026-01-30", gives={"A": 0, "B": 1})
    spec(INVOICES, feature="invoices_last_90d", as_of="2026-01-31", gives={"A": 2, "B": 1})
    spec(INVOICES, feature="invoices_last_365d", as_of="2026-01-31", gives={"A": 2, "B": 2})


def test_what_was_invoiced_is_less_what_was_credited():
    spec(INVOICES, feature="invoiced_last_90d", as_of="2026-01-31", gives={"A": 160, "B": 50})
    spec(INVOICES, feature="invoiced_last_90d", as_of="2025-10-01", gives={"A": 0, "B": 0})


def test_a_change_of_what_is_invoiced_is_by_the_day():
    """100 a month for nine months, then 50."""
    months = [f"2025-{month:02d}-15" for month in range(3, 13)] + ["2026-01-15"]
    lines = [f"A | {50 if day >= '2025-11-03' else 100} | {day}" for day in months]
    spec(
        {"invoices": "\n".join(["account_id | amount | issued_at", "A | 100 | 2025-02-07", *lines])},
        feature="invoiced_change_90d",
        as_of="2026-01-31",
        gives={"A": (150 / 90) / (900 / 270) - 1},
    )


def test_days_since_the_last_invoice():
    """A credit note is no order."""
    spec(INVOICES, feature="days_since_invoice", as_of="2026-01-31", gives={"A": 31, "B": 30})


def test_champions_who_left():
    """Known from the day they leave, for 180 days; others do not count."""
    contacts = """
        account_id | role     | created_at | left_at
        A          | champion | 2025-01-01 | 2026-01-15 00:00
        A          | champion | 2025-01-01 | 2026-02-15 00:00
        A          | user     | 2025-01-01 | 2026-01-15 00:00
        B          | champion | 2025-01-01 |
    """
    given = {"contacts": contacts}
    spec(given, feature="champions_left_last_180d", as_of="2026-01-31", gives={"A": 1, "B": 0})
    spec(given, feature="champions_left_last_180d", as_of="2026-01-13", gives={"A": 0, "B": 0})
    spec(given, feature="champions_left_last_180d", as_of="2026-07-12", gives={"A": 2, "B": 0})
    spec(given, feature="champions_left_last_180d", as_of="2026-07-13", gives={"A": 1, "B": 0})
