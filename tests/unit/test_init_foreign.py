"""What other people's exports do: columns that drift, links by e-mail and domain, months side by side, logs."""

import json
import tomllib
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest

from churnrisk.extract.landing import extract
from churnrisk.extract.proposal import propose
from churnrisk.extract.proposal.periods import period_of
from churnrisk.extract.proposal.weights import MOST, numbered, weight
from churnrisk.history import connect
from churnrisk.jobs import init
from churnrisk.settings import Settings

BEGIN = datetime(2024, 1, 1)
ACCOUNTS = 60


def day(number: int, written: str = "%Y-%m-%d") -> str:
    return (BEGIN + timedelta(days=number)).strftime(written)


def table(folder: Path, name: str, header: str, rows: list[str]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text("\n".join([header, *rows, ""]), encoding="utf-8")


@pytest.fixture
def export(tmp_path) -> Path:
    """A folder with a list of accounts."""
    folder = tmp_path / "export"
    rows = [f"{5000 + 37 * n},Customer {n} Ltd,https://www.site{n}.example/,{day(n)}" for n in range(ACCOUNTS)]
    table(folder, "customers.csv", "customer_id,name,website,signup_date", rows)
    return folder


def mapped(export: Path) -> list[dict]:
    files = propose(export, export.parent / "project", lambda _done, _of: None).files
    return tomllib.loads(files["churnrisk.toml"])["mapping"]


def landed(export: Path, query: str) -> list[tuple]:
    """What a query gives over the canonical tables, after `init` and `extract`."""
    project = export.parent / "project"
    init(export, project, force=True)
    extract(Settings.read(project / "churnrisk.toml"), datetime(2026, 11, 22))
    connection = connect()
    for file in sorted((project / "churnrisk-data" / "history").rglob("*.parquet")):
        connection.execute(f"create or replace view {file.stem} as from '{file}'")
    return connection.execute(query).fetchall()


def test_parts_of_one_table_whose_columns_drift_are_one_table(export):
    for year, header in ((2023, "invoice_no,customer_no,invoice_date,amount"), (2024, "doc,debtor,posted,net worth")):
        for half in (1, 2):
            rows = [
                f"{year}{half}{n:03d},{5000 + 37 * (n % ACCOUNTS)},{year}-0{n % 9 + 1}-15,{n}.50" for n in range(80)
            ]
            table(export, f"invoices_{year}_{half}.csv", header, rows)
    assert [block["table"] for block in mapped(export)].count("invoices") == 2
    reached = "select count(*), sum(amount) from invoices semi join accounts using (account_id)"
    assert landed(export, reached) == [(320, 4 * (79 * 40 + 40))]


def test_rows_that_know_an_email_find_the_account_through_its_people_or_its_site(export):
    table(
        export, "users.csv", "user_id,email,account_id,created_at",
        [f"U{n},Person{n}@Mail.example,{5000 + 37 * n},{day(n)}" for n in range(ACCOUNTS - 20)],
    )  # fmt: skip
    table(
        export, "tickets.csv", "ticket_id,requester,created_at,priority",
        [f"{n}, person{n % ACCOUNTS}@mail.example,{day(90 + n)} 10:00,high" for n in range(120)]
        + [f"{200 + n},someone@site{n}.example,{day(90 + n)} 10:00,low" for n in range(50, 60)],
    )  # fmt: skip
    found = "select count(*) from tickets semi join accounts using (account_id)"
    assert landed(export, found) == [(80 + 10,)]


def test_rows_that_know_only_a_domain_find_the_account(export):
    table(
        export, "invoices.csv", "invoice_id,customer_domain,issue_date,amount",
        [f"{n},SITE{n % ACCOUNTS}.example,{day(n)},10.00" for n in range(200)],
    )  # fmt: skip
    assert landed(export, "select count(*) from invoices semi join accounts using (account_id)") == [(200,)]


def test_an_identifier_meets_its_own_beginning(tmp_path):
    export = tmp_path / "export"
    keys = [f"0015f00000{chr(65 + n % 26)}{n:04d}" for n in range(ACCOUNTS)]
    table(
        export, "accounts.csv", "Account ID,Account Name,Created Date",
        [f"{key}AAX,Firm {n},{day(n)}" for n, key in enumerate(keys)],
    )  # fmt: skip
    table(
        export, "cases.csv", "Case Number,Account ID,Opened At",
        [f"{n},{keys[n % ACCOUNTS]},{day(60 + n)} 09:00" for n in range(150)],
    )  # fmt: skip
    assert landed(export, "select count(*) from tickets semi join accounts using (account_id)") == [(150,)]


@pytest.mark.parametrize(
    ("title", "ends"),
    [("Mrz 24", date(2024, 3, 31)), ("2024-02", date(2024, 2, 29)), ("2024Q1", date(2024, 3, 31)),
     ("Q4 2023", date(2023, 12, 31)), ("2024-W12", date(2024, 3, 24)), ("maj 2025", date(2025, 5, 31)),
     ("sty 24", date(2024, 1, 31)), ("12/2024", date(2024, 12, 31))],
)  # fmt: skip
def test_a_column_that_is_called_like_a_period_has_its_last_day(title, ends):
    told = period_of(title)
    assert told is not None
    assert told[1] == ends


@pytest.mark.parametrize("title", ["Plan 9", "Total", "Customer", "W12", "13/2024", "id"])
def test_other_columns_are_no_periods(title):
    assert period_of(title) is None


def test_months_side_by_side_become_days_of_use(export):
    table(
        export, "nutzung.csv", "Kunde;Messgröße;Jan 24;Feb 24;Mrz 24;Gesamt",
        [f"{5000 + 37 * n};{what};1,5;#NV;2.000,5;2.002,0" for n in range(ACCOUNTS) for what in ("Traffic", "Besuche")],
    )  # fmt: skip
    found = landed(
        export, "select day, metric, sum(value) from usage where value is not null group by all order by all"
    )
    assert found == [
        (date(2024, 1, 31), "Besuche", 90.0), (date(2024, 1, 31), "Traffic", 90.0),
        (date(2024, 3, 31), "Besuche", 120030.0), (date(2024, 3, 31), "Traffic", 120030.0),
    ]  # fmt: skip


def test_events_with_older_fields_and_mixed_clocks_are_counted_by_day(export):
    rows = []
    for n in range(600):
        at = int((BEGIN + timedelta(days=n // 6, hours=10)).timestamp())
        email = f"a@site{n % ACCOUNTS}.example"
        who = {"user": {"email": email}} if n % 2 else {"user_email": email}
        rows.append(json.dumps({"event": "login", "ts": at if n % 50 == 0 else at * 1000, **who}))
    (export / "product_events.jsonl").write_text("\n".join(rows), encoding="utf-8")
    found = "select sum(value), min(day), max(day) from usage semi join accounts using (account_id)"
    assert landed(export, found) == [(600, date(2024, 1, 1), date(2024, 4, 9))]


def test_activity_of_any_name_is_use(export):
    table(
        export, "zaladunki.csv", "kiedy,odbiorca,palety,waga_kg",
        [f"{day(n % 100)},{5000 + 37 * (n % ACCOUNTS)},{n % 5},{n}" for n in range(900)],
    )  # fmt: skip
    found = "select metric, count(*) > 0, sum(value) from usage semi join accounts using (account_id) group by 1"
    assert set(landed(export, found)) == {("palety", True, 1800.0), ("waga_kg", True, 404550.0)}


def test_a_log_of_changes_becomes_events_in_our_words(export):
    table(
        export, "sager.csv", "sagsnr,kundenr,oprettet,prioritet",
        [f"K{n},{5000 + 37 * (n % ACCOUNTS)},{day(60 + n)} 10:00,Høj" for n in range(100)],
    )  # fmt: skip
    changes = [("status", "", "Ny"), ("status", "Ny", "Under behandling"), ("ansvarlig", "", "anna"),
               ("status", "Under behandling", "Afventer kunde"), ("status", "Afventer kunde", "Løst"),
               ("status", "Løst", "Genåbnet"), ("status", "Genåbnet", "Zamknięta")]  # fmt: skip
    table(
        export, "sagslog.csv", "sagsnr;tidspunkt;felt;fra;til;bruger",
        [f"K{n};{day(60 + n)} {10 + i}:00;{field};{old};{new};ops" for n in range(100)
         for i, (field, old, new) in enumerate(changes)],
    )  # fmt: skip
    order = "select list(value order by \"at\") from ticket_events where field = 'status' and ticket_id = 'K7'"
    assert landed(export, order) == [(["new", "open", "pending", "solved", "open", "closed"],)]


def test_a_cancellation_that_was_taken_back_is_none(export):
    table(
        export, "cancellations.csv", "customer,request_date,outcome,reason",
        [f"Customer {n} Ltd,{day(100 + n)},{('Churned', 'Saved', 'Downgrade')[n % 3]},price" for n in range(ACCOUNTS)],
    )  # fmt: skip
    cases = [f"{n},{5000 + 37 * (n % ACCOUNTS)},{day(n)} 10:00" for n in range(100)]
    table(export, "tickets.csv", "ticket_id,customer_id,created_at", cases)
    assert landed(export, "select count(*) from churn_events semi join accounts using (account_id)") == [(20,)]


def test_of_rows_of_one_account_one_is_taken_and_sums_are_left_out(tmp_path):
    export = tmp_path / "export"
    rows = [f"C{n},Customer {n},DE,{day(n)}" for n in range(ACCOUNTS)]
    table(export, "customers.csv", "customer_id,name,country,signup_date", [*rows, f"C3,,,{day(3)}", "Total,60,,"])
    cases = [f"{n},C{n % ACCOUNTS},{day(n)} 10:00" for n in range(100)]
    table(export, "tickets.csv", "ticket_id,customer_id,created_at", cases)
    assert landed(export, "select count(*), count(name) from accounts") == [(ACCOUNTS, ACCOUNTS)]


def test_names_that_sql_has_taken_are_names_all_the_same(export):
    table(
        export, "order.csv", "ticket_id,customer_id,at,by,select,group,from",
        [f"{n},{5000 + 37 * (n % ACCOUNTS)},{day(n)} 10:00,a,b,c,d" for n in range(100)],
    )  # fmt: skip
    table(
        export, "cases.csv", "case_number,customer_id,created,by,group,end",
        [f"{n},{5000 + 37 * (n % ACCOUNTS)},{day(n)} 10:00,anna,tier {n % 2},{day(n + 1)} 10:00" for n in range(100)],
    )  # fmt: skip
    assert landed(export, "select count(*), min(queue) from tickets") == [(100, "tier 0")]


def test_what_would_change_the_verdict_is_doubted_first_and_trifles_are_comments():
    lost = "900 of 1,000 rows lack one of account_id, at and are held back"
    zone = "no time says its zone: UTC is taken"
    trifle = "priority: 1 is taken for the most urgent"
    assert numbered([trifle, zone, lost]) == {2: 1, 1: 2}
    assert weight(lost) > weight(zone) > 0 > weight(trifle)
    assert len(numbered([lost] * 40)) == MOST
