"""From a source's cells to canonical cells: what is read, what is a problem, and what is told in one sentence."""

import gzip
from datetime import UTC, date, datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from churnrisk.errors import ChurnriskError, InputError, SettingsError
from churnrisk.extract.files import format_of
from churnrisk.extract.landing import extract, history_folder
from churnrisk.extract.mapping import map_export
from churnrisk.history import connect, read_manifests
from churnrisk.settings import Settings
from tests.support.history import seen
from tests.support.projects import line_of, read_settings, toml, unreadable

LANDED_AT = datetime(2026, 6, 1)
ACCOUNTS = {"table": "accounts", "from": "accounts", "columns": {"account_id": "id", "created_at": "made"}}
TICKETS = {
    "table": "tickets",
    "from": "tickets",
    "columns": {"ticket_id": "no", "account_id": "id", "created_at": "made"},
}
SOURCES = {"accounts": {"path": "accounts.csv"}, "tickets": {"path": "tickets.csv"}}


def project(folder: Path, *mappings: dict, sources: dict | None = None, time_zone: str = "UTC", **export) -> Settings:
    content = {
        "company": {"time_zone": time_zone},
        "export": {"folder": folder / "export", **export},
        "sources": SOURCES if sources is None else sources,
        "mapping": mappings or (ACCOUNTS, TICKETS),
    }
    return read_settings(folder, toml(content))


@pytest.fixture
def export(tmp_path) -> Path:
    folder = tmp_path / "export"
    folder.mkdir()
    (folder / "accounts.csv").write_text("id,made\nA,2026-01-01\n")
    (folder / "tickets.csv").write_text("no,id,made\n1,A,2026-01-02 10:00\n")
    return folder


def mapped(table: str, columns: dict[str, pa.Array], company_zone: str = "UTC", **options) -> list[dict]:
    """The mapped rows of a small source whose columns are called like the canonical ones."""
    connection = connect()
    connection.register("given", pa.table(columns))
    connection.execute("create table given_rows as from given")
    mapping = {"table": table, "from": "select * from given_rows", "columns": {name: name for name in columns}}
    company = {"time_zone": company_zone}
    settings = Settings.model_validate({"company": company, "mapping": [mapping | options]})
    try:
        [item] = map_export(connection, settings)
        return connection.sql(f"from {item.relation}").to_arrow_table().to_pylist()
    finally:
        connection.close()


def account(created_at: object, company_zone: str = "UTC", **options) -> dict:
    columns = {"account_id": pa.array(["A"]), "created_at": pa.array([created_at])}
    [row] = mapped("accounts", columns, company_zone, **options)
    return row


# --- Times


@pytest.mark.parametrize(
    ("written", "utc"),
    [
        ("2026-01-30 10:00:00", "2026-01-30 09:00"),
        ("2026-01-30T10:00", "2026-01-30 09:00"),
        ("2026-07-30 10:00:00.250", "2026-07-30 08:00:00.250"),
        (" 2026-01-30 10:00 ", "2026-01-30 09:00"),
        ("2026-01-30", "2026-01-29 23:00"),
        ("2026/01/30", "2026-01-29 23:00"),
        ("2026-01-30 10:00:00Z", "2026-01-30 10:00"),
        ("2026-01-30T10:00:00.5Z ", "2026-01-30 10:00:00.500"),
        ("2026-01-30 10:00:00 UTC", "2026-01-30 10:00"),
        ("2026-01-30T10:00:00+02:00", "2026-01-30 08:00"),
        ("2026-01-30T10:00:00+0200", "2026-01-30 08:00"),
        ("2026-01-30 10:00:00 +02:00", "2026-01-30 08:00"),
        ("2026-01-30 10:00-05", "2026-01-30 15:00"),
        ("2026-01-30 10:00:00 Asia/Jerusalem", "2026-01-30 08:00"),
        ("2024-02-29 00:00", "2024-02-28 23:00"),
    ],
)
def test_a_time_without_an_offset_is_local_and_one_with_an_offset_is_not(written, utc):
    assert account(written, "Europe/Copenhagen")["created_at"] == datetime.fromisoformat(utc)


@pytest.mark.parametrize(
    "written",
    ["2026-02-29", "30.01.2026", "soon", "now", "today", "epoch", "infinity", "-infinity", "2026-01-30 25:00"],
)
def test_what_is_no_time_is_a_problem_that_quotes_it(written):
    row = account(written, "Europe/Copenhagen")
    assert row["created_at"] is None
    assert row["problem"] == f"created_at cannot be read as timestamp: {written}"


def test_a_mapping_can_have_a_time_zone_of_its_own():
    row = account("2026-01-30 10:00", "Europe/Copenhagen", time_zone="America/New_York")
    assert row["created_at"] == datetime(2026, 1, 30, 15)


@pytest.mark.parametrize(
    ("typed", "utc"),
    [
        (datetime(2026, 1, 30, 10), datetime(2026, 1, 30, 9)),
        (datetime(2026, 1, 30, 10, tzinfo=UTC), datetime(2026, 1, 30, 10)),
        (date(2026, 1, 30), datetime(2026, 1, 29, 23)),
    ],
)
def test_typed_times_are_read_by_the_same_rule(typed, utc):
    assert account(typed, "Europe/Copenhagen") == account(typed, "Europe/Copenhagen") | {
        "created_at": utc,
        "problem": None,
    }


def test_a_number_of_seconds_is_no_time_until_the_mapping_says_so():
    assert account(1767258000)["problem"] == "created_at cannot be read as timestamp: 1767258000"


@pytest.mark.parametrize(("hour", "utc"), [("01:59", "00:59"), ("03:00", "01:00")])
def test_the_hours_around_the_spring_change_of_the_clocks(hour, utc):
    assert account(f"2026-03-29 {hour}", "Europe/Copenhagen")["created_at"] == datetime.fromisoformat(
        f"2026-03-29 {utc}"
    )


def test_a_usage_day_is_a_day_of_the_company():
    """An hour before midnight in UTC it is tomorrow in Copenhagen; a plain date is the day it says."""
    for day in (datetime(2026, 1, 29, 23, 30, tzinfo=UTC), date(2026, 1, 30), "2026-01-30", "2026-01-30 12:00"):
        columns = {"account_id": pa.array(["A"]), "day": pa.array([day]), "metric": pa.array(["m"])}
        assert mapped("usage", columns, "Europe/Copenhagen", time_zone="UTC")[0]["day"] == date(2026, 1, 30)


# --- Other types


@pytest.mark.parametrize(
    ("column", "written", "value"),
    [
        ("seats", "12", 12),
        ("seats", " 12 ", 12),
        ("seats", "12.0", 12),
        ("seats", "9007199254740993", 9007199254740993),
        ("mrr", "1e3", 1000.0),
        ("mrr", "-0.5", -0.5),
        ("auto_renew", "yes", True),
        ("auto_renew", "0", False),
        ("plan", "  pro ", "pro"),
        ("plan", "  ", None),
        ("seats", "", None),
        ("mrr", None, None),
    ],
)
def test_a_cell_is_read_as_its_type(column, written, value):
    columns = {"subscription_id": ["1"], "account_id": ["A"], "started_at": ["2026-01-01"], column: [written]}
    [row] = mapped("subscriptions", {name: pa.array(cells, pa.string()) for name, cells in columns.items()})
    assert (row[column], row["problem"]) == (value, None)


@pytest.mark.parametrize(
    ("column", "written", "kind"),
    [
        ("seats", "3.7", "integer"),
        ("seats", "many", "integer"),
        ("seats", "99999999999999999999", "integer"),
        ("mrr", "1,5", "number"),
        ("mrr", "1e400", "number"),
        ("mrr", "inf", "number"),
        ("mrr", "NaN", "number"),
        ("auto_renew", "maybe", "boolean"),
        ("renewal_at", "2026-13-01", "timestamp"),
    ],
)
def test_a_cell_that_cannot_be_read_is_a_problem_and_the_other_cells_stay(column, written, kind):
    columns = {"subscription_id": ["1"], "account_id": ["A"], "started_at": ["2026-01-01"], column: [written]}
    [row] = mapped("subscriptions", {name: pa.array(cells) for name, cells in columns.items()})
    assert row["problem"] == f"{column} cannot be read as {kind}: {written}"
    assert (row[column], row["account_id"]) == (None, "A")


def test_two_problems_of_a_row_are_both_told():
    columns = {"subscription_id": ["1"], "account_id": ["A"], "started_at": ["x"], "seats": ["y"]}
    [row] = mapped("subscriptions", {name: pa.array(cells) for name, cells in columns.items()})
    assert row["problem"] == "seats cannot be read as integer: y; started_at cannot be read as timestamp: x"


@pytest.mark.parametrize(
    ("ids", "read"),
    [
        ([17, 4], ["17", "4"]),
        ([17.0, 4.5], ["17", "4.5"]),
        (["17", "017"], ["17", "017"]),
    ],
)
def test_a_number_that_is_an_id_is_the_same_id_as_text(ids, read):
    """17 in one file, 17.0 in another that lacks one somewhere, "17" in a third: one account."""
    created = pa.array(["2026-01-01", "2026-01-01"])
    assert [
        row["account_id"] for row in mapped("accounts", {"account_id": pa.array(ids), "created_at": created})
    ] == read


# --- One sentence each


def refused(settings: Settings, error: type[ChurnriskError] = InputError) -> str:
    with pytest.raises(error) as raised:
        extract(settings, LANDED_AT)
    said = str(raised.value)
    assert "\n" not in said
    assert said.endswith(".")
    assert int(raised.value.exit_code) == 30
    assert read_manifests(history_folder(settings)) == []
    return said


def test_an_unknown_table_is_named(export):
    settings = project(export.parent, ACCOUNTS | {"table": "clients"})
    said = refused(settings, SettingsError)
    where = line_of(settings, "table = ")
    assert said.startswith(f"{where}: no canonical table is called clients. Use one of csms, accounts,")


def test_an_unknown_canonical_column_is_named(export):
    columns = ACCOUNTS["columns"] | {"mood": "id"}
    settings = project(export.parent, ACCOUNTS | {"columns": columns})
    said = refused(settings, SettingsError)
    assert said.startswith(
        f"{line_of(settings, 'mood = ')}: accounts has no column mood. Use some of account_id, name,"
    )


def test_a_required_column_that_is_not_mapped_is_named(export):
    settings = project(export.parent, TICKETS, ACCOUNTS | {"columns": {"account_id": "id"}})
    said = refused(settings, SettingsError)
    assert said.startswith(f"{line_of(settings, '[[mapping]]', 2)}: accounts cannot do without created_at.")


def test_a_source_column_that_is_not_there_is_named_with_the_canonical_one(export):
    columns = ACCOUNTS["columns"] | {"name": "title"}
    settings = project(export.parent, TICKETS, ACCOUNTS | {"columns": columns})
    said = refused(settings)
    assert said.startswith(f"{line_of(settings, 'name = ')}: accounts.name does not fit its source:")
    assert '"title"' in said
    assert "; its source has id, made." in said


def test_a_where_that_does_not_fit_is_told(export):
    settings = project(export.parent, ACCOUNTS | {"where": "status = 'live'"})
    said = refused(settings)
    assert said.startswith(f"{line_of(settings, 'where = ')}: accounts.where does not fit its source:")
    assert "status" in said


def test_a_source_that_is_not_declared_is_named(export):
    settings = project(export.parent, ACCOUNTS | {"from": "nowhere"})
    said = refused(settings, SettingsError)
    where = line_of(settings, "from = ")
    assert said.startswith(f"{where}: there is no source called nowhere. Use one of accounts, tickets,")


def test_a_select_over_a_source_that_is_not_declared_is_named_with_its_line(export):
    settings = project(export.parent, ACCOUNTS, TICKETS | {"from": "select * from nowhere"})
    said = refused(settings)
    assert said.startswith(f"{line_of(settings, 'from = ', 2)}: tickets.from does not fit its source:")
    assert "nowhere" in said


@pytest.mark.parametrize("path", ["gone.csv", "gone-*.csv", "", ".", "/gone/accounts.csv", "/gone/*.csv"])
def test_a_missing_file_is_named(export, path):
    said = refused(project(export.parent, sources=SOURCES | {"accounts": {"path": path}}))
    assert said.startswith("The source accounts has no file ")
    assert path in said


def test_a_file_that_is_not_what_its_name_says_is_named(export):
    (export / "accounts.parquet").write_text("id,made\nA,2026-01-01\n")
    said = refused(project(export.parent, sources=SOURCES | {"accounts": {"path": "accounts.parquet"}}))
    assert "The source accounts (" in said
    assert "accounts.parquet) cannot be read:" in said


def test_an_ending_that_nobody_reads_is_told_with_those_that_are(export):
    (export / "accounts.docx").write_text("x")
    said = refused(project(export.parent, sources=SOURCES | {"accounts": {"path": "accounts.docx"}}))
    assert said.startswith("accounts.docx ends in nothing that can be read. Use one of csv, tsv,")
    with pytest.raises(
        SettingsError, match=r"churnrisk\.toml, line \d+: sources\.accounts\.format is wrong: .*'excel'"
    ):
        project(export.parent, sources=SOURCES | {"accounts": {"path": "accounts.docx", "format": "word"}})


def test_accounts_without_a_row_are_told_and_nothing_is_landed(export):
    (export / "accounts.csv").write_text("id,made\n")
    assert refused(project(export.parent)).startswith("The source of accounts has no row.")


def test_without_accounts_or_without_any_activity_nothing_is_landed(export):
    assert refused(project(export.parent, TICKETS)).startswith("No source is mapped to accounts.")
    assert refused(project(export.parent, ACCOUNTS)).startswith("Accounts alone cannot tell who will leave.")
    empty = Settings.model_validate({"folder": export.parent, "export": {"folder": export}})
    assert refused(empty).startswith("No source is mapped to a canonical table.")


def test_a_broken_line_is_kept_with_its_place_and_the_others_are_landed(export):
    """A cell too many far down, and an open quotation mark at the end, are found while reading."""
    lines = "".join(f"{n},A,2026-01-02\n" for n in range(50_000))
    (export / "tickets.csv").write_text("no,id,made\n" + lines + '9,A,2026-01-02,x,y\n"')
    settings = project(export.parent)
    landed = extract(settings, LANDED_AT)
    assert (landed.new["tickets"], landed.unreadable) == (50_000, 2)
    assert [(file, line) for _, file, line, *_ in unreadable(settings)] == [
        ("tickets.csv", 50_002),
        ("tickets.csv", 50_003),
    ]


# --- Files


def test_several_files_of_one_source_are_one(export, tmp_path):
    """Also where a column is in one of them only."""
    (export / "accounts-2.csv").write_text("made,id,extra\n2026-01-02,B,x\n")
    with gzip.open(export / "accounts-3.csv.gz", "wt") as file:
        file.write("id,made\nC,2026-01-03\n")
    settings = project(tmp_path, sources=SOURCES | {"accounts": {"path": "accounts*.csv*"}})
    assert extract(settings, LANDED_AT).new == {"accounts": 3, "tickets": 1}


def test_a_name_with_brackets_is_a_name_before_it_is_a_pattern(export, tmp_path):
    (export / "accounts [1].csv").write_text("id,made\nZ,2026-01-02\n")
    settings = project(tmp_path, sources=SOURCES | {"accounts": {"path": "accounts [1].csv"}})
    extract(settings, LANDED_AT)
    assert seen(history_folder(settings), "accounts", "2026-05-01", "account_id") == [("Z",)]


def test_the_same_rows_come_from_every_format(export, tmp_path):
    wanted = {"id": ["A", "Bø"], "made": ["2026-01-01", "2026-01-02"]}
    pq.write_table(pa.table(wanted), export / "a.parquet")
    (export / "a.jsonl").write_text('{"id": "A", "made": "2026-01-01"}\n{"id": "Bø", "made": "2026-01-02"}\n')
    (export / "a.tsv").write_text("id\tmade\nA\t2026-01-01\nBø\t2026-01-02\n")
    (export / "latin.csv").write_bytes("id;made\nA;2026-01-01\nBø;2026-01-02\n".encode("latin-1"))
    sources = [{"path": name} for name in ("a.parquet", "a.jsonl", "a.tsv")]
    sources.append({"path": "latin.csv", "options": {"encoding": "latin-1", "delim": ";"}})
    for place, source in enumerate(sources):
        settings = project(tmp_path, sources=SOURCES | {"accounts": source}).model_copy(update={"data": f"data{place}"})
        extract(settings, LANDED_AT)
        found = seen(history_folder(settings), "accounts", "2026-05-01", "account_id, created_at")
        assert found == [("A", datetime(2026, 1, 1)), ("Bø", datetime(2026, 1, 2))], source


@pytest.mark.parametrize("name", ["a.csv", "A.CSV", "a.csv.gz", "a.v2.csv", "folder.x/a.txt", "*.csv"])
def test_the_last_known_ending_tells_the_format(name):
    assert format_of(name) == "csv"


def test_a_canonical_export_needs_no_mapping_and_its_times_are_utc(tmp_path):
    export = tmp_path / "export"
    export.mkdir()
    (export / "accounts.csv").write_text("account_id,created_at,known_at\nA,2026-01-01 10:00,2026-02-01 00:00\n")
    pq.write_table(
        pa.table({"account_id": ["A"], "day": [date(2026, 1, 30)], "metric": ["m"]}), export / "usage.parquet"
    )
    settings = project(tmp_path, sources={}, time_zone="Europe/Copenhagen", canonical=True)
    settings = settings.model_copy(update={"mapping": ()})
    assert extract(settings, LANDED_AT).new == {"accounts": 1, "usage": 1}
    zone = "Europe/Copenhagen"
    assert seen(history_folder(settings), "accounts", "2026-01-30", "created_at", zone) == []
    assert seen(history_folder(settings), "accounts", "2026-02-01", "created_at", zone) == [(datetime(2026, 1, 1, 10),)]
    assert seen(history_folder(settings), "usage", "2026-01-30", "happened_at", zone) == [(datetime(2026, 1, 30, 23),)]
    (export / "accounts.csv").write_text("account_id\nA\n")
    with pytest.raises(InputError, match=r"accounts\.csv has no column created_at\. Export it;"):
        extract(settings, LANDED_AT)


def test_a_folder_without_a_canonical_file_is_told(tmp_path):
    (tmp_path / "export").mkdir()
    settings = project(tmp_path, canonical=True)
    assert "has no file called like a canonical table" in refused(settings)


# --- A rebuild


def test_a_rebuild_reads_everything_again_and_sets_the_old_history_aside(export, tmp_path):
    settings = project(tmp_path)
    extract(settings, LANDED_AT)
    other = project(tmp_path, ACCOUNTS | {"where": "id <> 'B'"}, TICKETS)
    with pytest.raises(InputError, match="The mapping has changed"):
        extract(other, LANDED_AT)
    assert extract(other, LANDED_AT, rebuild=True).load == 1
    assert (tmp_path / "churnrisk-data" / "history.old-001" / "loads" / "000001").is_dir()


def test_a_rebuild_that_fails_leaves_the_history_where_it_is(export, tmp_path):
    settings = project(tmp_path)
    extract(settings, LANDED_AT)
    (export / "tickets.csv").unlink()
    with pytest.raises(InputError):
        extract(settings, LANDED_AT, rebuild=True)
    assert seen(history_folder(settings), "tickets", "2026-05-01", "ticket_id") == [("1",)]
