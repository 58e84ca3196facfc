"""What the features of invoices are, said as tables: what is due, and what accounts without a contract order."""

from tests.spec.series import blocks
from tests.support.history import Row
from tests.support.spec import spec

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


def test_what_is_invoiced_is_exact_to_the_cent():
    cents = "\n".join(
        ["account_id | amount | issued_at", *["A | 0.10 | 2026-01-20"] * 3, "A | 1234567.89 | 2026-01-21"]
    )
    spec({"invoices": cents}, feature="invoiced_last_90d", as_of="2026-01-31", gives={"A": 1234568.19})


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


def test_the_gap_of_invoices_is_the_silence_against_the_usual_time_between_two():
    """Every 30 days, and now 90 days nothing: three times as long. A credit note breaks no silence."""
    invoices = """
        account_id | amount | issued_at
        A          | 100    | 2025-09-04 12:00
        A          | 100    | 2025-09-24 12:00
        A          | 100    | 2025-11-03 12:00
        A          | -20    | 2026-01-20 12:00
        B          | 100    | 2025-11-03 12:00
        B          | 100    | 2025-09-04 12:00
    """
    spec({"invoices": invoices}, feature="invoice_gap_last_365d", as_of="2026-02-01", gives={"A": 3, "B": None})


def test_invoiced_against_own_is_deviations_off_the_quarters_before():
    """300, 500, 400 and 600 in the quarters before: 450 is usual and 100 the usual deviation; 250 is two below."""
    invoices: list[Row] = [
        {"account_id": "A", "issued_at": f"{day} 12:00", "amount": str(amount)}
        for day, amount in blocks("2026-01-31", 90, [250, 300, 500, 400, 600])
    ]
    gives = {"A": 0.674491 * (250 - 450) / 100}
    spec({"invoices": invoices}, feature="invoiced_against_own_last_90d", as_of="2026-01-31", gives=gives)


def test_orders_are_of_accounts_without_a_subscription():
    """From its contract on, what A is invoiced follows the calendar and tells nothing about what it wants."""
    given = INVOICES | {"subscriptions": "account_id | started_at\n A | 2026-01-15 12:00"}
    spec(given, feature="days_since_invoice", as_of="2026-01-14", gives={"A": 14, "B": 13})
    spec(given, feature="days_since_invoice", as_of="2026-01-15", gives={"A": None, "B": 14})
