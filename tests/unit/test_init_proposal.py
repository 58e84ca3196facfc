"""From files nobody has seen to a configuration that runs: what a proposal maps, joins, and doubts."""

import json
import random
import tomllib
from datetime import datetime, timedelta
from pathlib import Path

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from churnrisk.errors import InputError
from churnrisk.extract.landing import extract
from churnrisk.extract.proposal import Proposal, propose
from churnrisk.history import connect
from churnrisk.jobs import init
from churnrisk.parameters import Parameters
from churnrisk.settings import Settings

BEGIN = datetime(2024, 1, 1)
ACCOUNTS = 60


def lines(folder: Path, name: str, header: str, rows: list[str], encoding: str = "utf-8") -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes("\n".join([header, *rows, ""]).encode(encoding))


def day(number: int, written: str = "%Y-%m-%d") -> str:
    return (BEGIN + timedelta(days=number)).strftime(written)


def customers(folder: Path, written: str = "{}") -> None:
    rows = [f"{written.format(n)},Customer {n},DE,{day(n)}" for n in range(1, ACCOUNTS + 1)]
    lines(folder, "customers.csv", "customer_id,name,country,signup_date", rows)


def cases(folder: Path, customer: str = "{}", count: int = 200) -> None:
    priorities = ["P1", "P2", "P3"]
    rows = [
        f"{n},{customer.format(n % ACCOUNTS + 1)},{day(70 + n)} 10:00,{day(71 + n)} 12:00,{priorities[n % 3]},90"
        for n in range(count)
    ]
    lines(folder, "cases.csv", "case_number,customer,opened_at,closed_at,priority,first_response_minutes", rows)


def proposed(folder: Path) -> Proposal:
    return propose(folder, folder.parent / "project", lambda _done, _of: None)


def mapping(proposal: Proposal) -> dict[str, dict]:
    """The [[mapping]] by canonical table."""
    return {block["table"]: block for block in tomllib.loads(proposal.files["churnrisk.toml"])["mapping"]}


def landed(tmp_path: Path, folder: Path, query: str) -> list[tuple]:
    """What a query gives over the canonical tables, after `init` and `extract`."""
    init(folder, tmp_path / "project")
    settings = Settings.read(tmp_path / "project" / "churnrisk.toml")
    extract(settings, datetime(2026, 11, 22))
    return landed_again(tmp_path, query)


def landed_again(tmp_path: Path, query: str) -> list[tuple]:
    """What another query gives over them."""
    connection = connect()
    for file in sorted((tmp_path / "project" / "churnrisk-data" / "history").rglob("*.parquet")):
        connection.execute(f"create or replace view {file.stem} as from '{file}'")
    return connection.execute(query).fetchall()


@pytest.fixture
def export(tmp_path) -> Path:
    return tmp_path / "export"


def test_accounts_and_tickets_come_through_without_an_edit(tmp_path, export):
    customers(export)
    cases(export)
    assert landed(tmp_path, export, "select count(*), count(problem) from tickets") == [(200, 0)]
    assert landed_again(tmp_path, "select distinct priority from tickets order by 1") == [
        ("high",),
        ("normal",),
        ("urgent",),
    ]


def test_moments_on_a_tickets_row_become_events_and_the_first_reply(tmp_path, export):
    customers(export)
    cases(export)
    counted = "select value, count(*) from ticket_events group by 1 order by 1"
    assert landed(tmp_path, export, counted) == [("new", 200), ("solved", 200)]
    reply = "select m.created_at - t.created_at, author_role, public from messages m join tickets t using (ticket_id)"
    assert set(landed_again(tmp_path, reply)) == {(timedelta(minutes=90), "agent", True)}


@pytest.mark.parametrize("customer", ["C-{:04d}", "{:06d}", "c{}", "Customer {}"])
def test_identifiers_that_are_written_in_two_ways_meet(tmp_path, export, customer):
    customers(export, "C{}" if customer == "c{}" else "{}")
    cases(export, customer)
    assert landed(tmp_path, export, "select count(*) from tickets t semi join accounts a using (account_id)") == [
        (200,)
    ]
    assert "is compared with" in proposed(export).files["churnrisk.toml"]


def test_use_finds_its_account_through_its_subscription_and_gets_a_rule(tmp_path, export):
    customers(export)
    lines(
        export, "subscriptions.csv", "subscription_id,customer_id,start_date,end_date,mrr",
        [f"S{n},{n},{day(n)},{day(300 + n) if n % 2 else ''},100" for n in range(1, ACCOUNTS + 1)],
    )  # fmt: skip
    lines(
        export, "feature_usage.csv", "usage_id,subscription_id,usage_date,feature,usage_count",
        [f"U{n},S{n % ACCOUNTS + 1},{day(n % 300)},login,{n % 9}" for n in range(600)],
    )  # fmt: skip
    assert landed(tmp_path, export, "select sum(value) from usage semi join accounts using (account_id)") == [(2391,)]
    [rule] = Settings.read(tmp_path / "project" / "churnrisk.toml").rule
    assert (rule.table, rule.hold) == ("usage", False)
    bad = rule.bad.replace("r.subscription_started_at", "r.current_only['subscription_started_at']")
    assert landed_again(tmp_path, f"select count(*) > 0 from usage r where {bad}") == [(True,)]


def contracts(folder: Path, days: int, accounts: int = 240) -> None:
    """Contracts of which every second one ends, spread over that many days, and a ticket a week."""
    ends = [day(30 + n * days // accounts) if n % 2 else "" for n in range(accounts)]
    rows = [f"S{n},A{n},{day(n % 20)},{end},100" for n, end in enumerate(ends)]
    lines(folder, "subscriptions.csv", "subscription_id,account_id,start_date,end_date,mrr", rows)
    rows = [f"{n},A{n % accounts},{day(n)} 10:00,high" for n in range(days)]
    lines(folder, "tickets.csv", "ticket_id,account_id,created_at,priority", rows)


def test_leaving_is_the_end_of_the_contract_where_enough_contracts_end(export):
    contracts(export, days=900)
    label = tomllib.loads(proposed(export).files["parameters.toml"])["label"]
    assert (label["kind"], label["lead"], label["horizon"]) == ("contract_end", 14, 90)


def test_a_short_history_gets_a_shorter_horizon_and_says_why(export):
    contracts(export, days=260)
    told = proposed(export).files["parameters.toml"]
    assert tomllib.loads(told)["label"]["horizon"] < 90
    assert "the history is short" in told


def test_too_few_leavers_are_told(export):
    contracts(export, days=90, accounts=40)
    assert any("training will refuse" in doubt.says for doubt in proposed(export).doubts)


def test_wide_use_becomes_one_metric_for_each_number_and_months_stand_on_their_last_day(tmp_path, export):
    customers(export)
    rows = [f"{n},2024-{m:02d},{n},{m}" for n in range(1, ACCOUNTS + 1) for m in range(1, 13)]
    lines(export, "monthly_usage.csv", "customer_id,month,logins,api_calls", rows)
    found = landed(tmp_path, export, "select metric, count(*), max(day) from usage group by 1 order by 1")
    assert found == [("api_calls", 720, datetime(2024, 12, 31).date()), ("logins", 720, datetime(2024, 12, 31).date())]


def test_orders_alone_give_accounts_and_silence(tmp_path, export):
    generator = random.Random(1)
    rows = [
        f"{5000 + n // 2},{n % ACCOUNTS // 2 + 1},{day(generator.randrange(500))},{n % 4 + 1},2.50" for n in range(3000)
    ]
    lines(export, "orders.csv", "InvoiceNo,CustomerID,InvoiceDate,Quantity,UnitPrice", rows)
    assert landed(tmp_path, export, "select count(*) from accounts") == [(ACCOUNTS // 2,)]
    label = Parameters.read(tmp_path / "project").label
    assert (label.kind, label.activity, label.lead) == ("silence", "invoices", 0)


def test_a_log_of_steps_gives_its_tickets_and_accounts(tmp_path, export):
    steps = ["Insert ticket", "Take in charge", "Resolve ticket", "Closed"]
    rows = [f"Case {n},{step},{day(n)} 1{place}:00:00,K{n % 9}" for n in range(90) for place, step in enumerate(steps)]
    lines(export, "log.csv", "Case ID,Activity,Complete Timestamp,customer", rows)
    assert landed(tmp_path, export, "select count(*), count(distinct account_id) from tickets") == [(90, 9)]
    assert landed_again(tmp_path, "select count(*) from ticket_events where value = 'solved'") == [(90,)]


def test_german_semicolons_old_letters_and_lines_above_the_header_are_read(tmp_path, export):
    lines(
        export, "Kunden.csv", "Kundennummer;Firmenname;Kunde seit;Gekündigt",
        [f"{n};Müller {n};{day(n, '%d.%m.%Y')};{'ja' if n % 4 else 'nein'}" for n in range(1, ACCOUNTS + 1)], "cp1252",
    )  # fmt: skip
    lines(
        export, "Verträge.csv", "Liste\nVertragsnr;Kundennummer;Monatsbetrag;Vertragsbeginn;Vertragsende",
        [f"V{n};{n};1.234,50 €;{day(n, '%d.%m.%Y')};-" for n in range(1, ACCOUNTS + 1)], "cp1252",
    )  # fmt: skip
    found = landed(tmp_path, export, "select min(mrr), count(ended_at), count(*) from subscriptions")
    assert found == [(1234.5, 0, ACCOUNTS)]
    assert landed_again(tmp_path, "select count(*) from accounts where churned") == [(45,)]
    assert Settings.read(tmp_path / "project" / "churnrisk.toml").company.currency == "EUR"


def test_sheets_of_a_workbook_and_a_merged_header_are_read(tmp_path, export):
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "Kunder"
    sheet.append(["Kundeliste"])
    sheet.append([])
    sheet.append(["Kundenr", "Navn", "Oprettet"])
    for n in range(1, ACCOUNTS + 1):
        sheet.append([n, f"Firma {n}", BEGIN + timedelta(days=n)])
    sheet = book.create_sheet("Aftaler")
    sheet.append(["Aftale", None, "Periode", None])
    sheet.merge_cells("A1:B1")
    sheet.append(["Aftalenr", "Kundenr", "Startdato", "Slutdato"])
    for n in range(1, ACCOUNTS + 1):
        sheet.append([f"A{n}", n, BEGIN + timedelta(days=n), None])
    export.mkdir()
    book.save(export / "udtræk.xlsx")
    assert landed(tmp_path, export, "select count(*), count(distinct account_id) from subscriptions") == [(60, 60)]


def test_records_inside_records_and_lists_of_records_are_read(tmp_path, export):
    export.mkdir()
    orgs = [{"id": f"o{n}", "profile": {"name": f"O{n}"}, "createdAt": 1_704_067_200_000} for n in range(ACCOUNTS)]
    said = [
        {"id": f"m{n}", "author": {"type": "agent"}, "createdAt": f"{day(n)}T10:00:00Z", "text": "Hello"}
        for n in range(9)
    ]
    tickets = [
        {"id": n, "company": {"id": f"o{n % ACCOUNTS}"}, "createdAt": f"{day(n)}T09:00:00Z", "subject": "S",
         "priority": "high", "comments": [{**said[n % 9], "id": f"m{n}"}]}
        for n in range(200)
    ]  # fmt: skip
    for name, rows in (("organizations", orgs), ("tickets", tickets)):
        (export / f"{name}.jsonl").write_text("\n".join(json.dumps(row) for row in rows))
    assert landed(tmp_path, export, "select count(*) from tickets t semi join accounts using (account_id)") == [(200,)]
    assert landed_again(tmp_path, "select count(*), any_value(author_role) from messages") == [(200, "agent")]
    assert landed_again(tmp_path, "select min(created_at) from accounts") == [(datetime(2024, 1, 1),)]


def test_numbered_files_with_the_same_columns_are_one_source(export):
    customers(export)
    for year in (2023, 2024):
        lines(
            export, f"tickets_{year}.csv", "ticket_id,customer_id,created_at,subject", [f"{year}1,1,{year}-05-01,S"] * 3
        )
    sources = tomllib.loads(proposed(export).files["churnrisk.toml"])["sources"]
    assert sources["tickets"]["path"] == "tickets_*.csv"


def test_what_holds_a_current_value_is_seen_by_rules_only(export):
    lines(
        export, "accounts.csv", "account_id,name,created_at,churn_flag,health_score,last_login_date,status",
        [f"A{n},N{n},{day(n)},{'TRUE' if n % 3 else 'FALSE'},{n},{day(n + 9)},active" for n in range(ACCOUNTS)],
    )  # fmt: skip
    cases(export, "A{}")
    accounts = mapping(proposed(export))["accounts"]
    assert accounts["columns"]["churned"] == "churn_flag"
    assert {"health_score", "last_login_date", "status"} <= set(accounts["current_only"])


def test_a_change_of_a_row_is_not_when_it_became_known(export):
    customers(export)
    rows = [f"{n},{n % 60 + 1},{day(n)},high,{day(n + 200)},{day(n + 1)}" for n in range(200)]
    lines(export, "tickets.csv", "ticket_id,customer_id,created_at,priority,updated_at,synced_at", rows)
    proposal = proposed(export)
    assert mapping(proposal)["tickets"]["known_at"] == "synced_at"
    assert "updated_at is when a row was last changed" in proposal.files["churnrisk.toml"]


def test_every_doubt_stands_on_the_line_that_is_told(export):
    customers(export)
    cases(export, "C-{:04d}")
    proposal = proposed(export)
    for number, doubt in enumerate(proposal.doubts, start=1):
        line = proposal.files[doubt.file].splitlines()[doubt.line - 1]
        assert line.startswith(f"# DOUBT {number}: {doubt.says[:40]}")


def test_no_text_of_a_customer_is_told(export):
    customers(export)
    rows = [f"{n},{n % 60 + 1},{day(n)},high,Secret complaint number {n}" for n in range(200)]
    lines(export, "tickets.csv", "ticket_id,customer_id,created_at,priority,description", rows)
    told = json.dumps(proposed(export).files)
    assert "Secret" not in told
    assert "Customer 7" not in told


def test_files_that_are_shaped_like_canonical_tables_need_no_mapping(export):
    export.mkdir()
    accounts = {"account_id": ["A", "B"], "created_at": [BEGIN, BEGIN]}
    tickets = {"ticket_id": ["1"], "account_id": ["A"], "created_at": [BEGIN]}
    pq.write_table(pa.table(accounts), export / "accounts.parquet")
    pq.write_table(pa.table(tickets), export / "tickets.parquet")
    settings = tomllib.loads(proposed(export).files["churnrisk.toml"])
    assert settings["export"]["canonical"] is True
    assert "mapping" not in settings


def test_nothing_is_written_where_nothing_can_be_read(tmp_path, export):
    with pytest.raises(InputError, match="There is no folder"):
        init(export, tmp_path / "project")
    export.mkdir()
    (export / "report.pdf").write_bytes(b"%PDF")
    with pytest.raises(InputError, match="holds nothing that can be read"):
        init(export, tmp_path / "project")
    assert not (tmp_path / "project").exists()


def test_configuration_that_is_there_is_replaced_only_by_force(tmp_path, export):
    customers(export)
    cases(export)
    init(export, tmp_path)
    with pytest.raises(InputError, match="is there already"):
        init(export, tmp_path)
    assert init(export, tmp_path, force=True).written


def test_a_file_of_another_kind_is_listed_and_hidden_ones_are_not(export):
    customers(export)
    cases(export)
    for name in ("notes.pdf", ".hidden.csv", "~$open.xlsx"):
        (export / name).write_bytes(b"x")
    assert list(proposed(export).unread) == ["notes.pdf"]


def test_records_in_one_object_are_a_table(tmp_path, export):
    export.mkdir()
    companies = [{"company_id": n, "name": f"Firm {n}", "created": day(n)} for n in range(1, ACCOUNTS + 1)]
    (export / "companies.json").write_text(json.dumps({"exported": "2026-01-01", "companies": companies}))
    cases(export)
    assert landed(tmp_path, export, "select count(*) from tickets t semi join accounts using (account_id)") == [(200,)]


def test_a_last_day_of_a_contract_is_told_from_its_end(tmp_path, export):
    customers(export)
    rows = [
        f"{n}-{year},{n},{year}-01-01,{year}-12-31,50" for n in range(1, ACCOUNTS + 1) for year in (2023, 2024, 2025)
    ]
    lines(export, "contracts.csv", "contract_no,customer_id,valid_from,valid_to,monthly_fee", rows)
    assert landed(tmp_path, export, "select min(ended_at) from subscriptions") == [(datetime(2024, 1, 1),)]


def test_a_row_of_sums_is_no_account(tmp_path, export):
    customers(export)
    with (export / "customers.csv").open("a") as file:
        file.write("Total,,,\n")
    cases(export)
    assert landed(tmp_path, export, "select count(*) from accounts") == [(ACCOUNTS,)]


def test_tables_that_share_a_key_of_an_unknown_name_meet(tmp_path, export):
    lines(export, "master.csv", "zx,title", [f"{n},T{n}" for n in range(1, ACCOUNTS + 1)])
    rows = [f"{n},{n % ACCOUNTS + 1},{day(n)},high" for n in range(200)]
    lines(export, "tickets.csv", "ticket_id,zx,created_at,priority", rows)
    rows = [f"{n},{n % ACCOUNTS + 1},{day(n)},10.5" for n in range(300)]
    lines(export, "invoices.csv", "invoice_id,zx,invoice_date,amount", rows)
    assert landed(tmp_path, export, "select count(*) from tickets t semi join accounts using (account_id)") == [(200,)]


def test_tables_that_are_called_as_ours_but_write_days_otherwise_are_mapped(tmp_path, export):
    """Half of the tickets tell day, month, year, the others ISO: canonical names alone would hold them back."""
    export.mkdir()
    (export / "accounts.csv").write_text(
        "account_id,name,created_at\n" + "".join(f"A{n},N{n},2024-01-01\n" for n in range(50))
    )
    days = [f"2025-{1 + n % 12:02}-{1 + n % 28:02}" for n in range(200)]
    told = ["/".join(reversed(day.split("-"))) if n % 2 else day for n, day in enumerate(days)]
    rows = "".join(f"T{n},A{n % 50},{day}\n" for n, day in enumerate(told))
    (export / "tickets.csv").write_text(f"ticket_id,account_id,created_at\n{rows}")
    counted = "select count(*), count(problem), count(distinct created_at) from tickets"
    assert landed(tmp_path, export, counted) == [(200, 0, len(set(days)))]
    assert "canonical" not in proposed(export).files["churnrisk.toml"]
