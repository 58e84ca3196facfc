"""FAULTS 8, 9, 14: strange cells are landed, or held back with the reason; there is never a traceback.

The exports are real files, read by the real mapping, judged by the real rules, and looked at by every feature.
"""

from datetime import datetime
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from churnrisk.errors import InputError
from churnrisk.extract.landing import extract, history_folder
from churnrisk.features import CATALOGUE, matrix
from churnrisk.history import History
from churnrisk.settings import Settings
from churnrisk.validate import Verdicts, validate, verdicts_file
from tests.support.history import moment

NOW = datetime(2026, 6, 1)
TIMES = ["2026-01-05 10:00", "2026-01-06 10:00", "2026-01-07 10:00"]
RTL, EMOJI, NUL = "\u202eחברה\u200f", "👩‍👩‍👧 🇩🇰", "a\x00b"


def write(folder: Path, ending: str = "parquet", **tables: dict[str, object]) -> Settings:
    """An export of canonical tables; cells of CSV are written as text."""
    export = folder / "export"
    export.mkdir(exist_ok=True)
    for name, columns in tables.items():
        table = pa.table(
            {column: cells if isinstance(cells, pa.Array) else pa.array(cells) for column, cells in columns.items()}
        )
        if ending == "parquet":
            pq.write_table(table, export / f"{name}.parquet")
        else:
            table.to_pandas().to_csv(export / f"{name}.csv", index=False)
    return Settings.model_validate({"export": {"folder": export, "canonical": True}, "folder": folder})


def looked_at(settings: Settings) -> tuple[Verdicts, dict[str, list[dict]]]:
    """Land, judge and look: the verdicts, the rows of every table, and all features of all accounts."""
    landed = extract(settings, NOW)
    folder = history_folder(settings)
    verdicts = validate(folder)
    assert verdicts.landed == {table: rows for table, rows in landed.new.items() if rows}
    history = History(folder, "UTC", verdicts_file(folder))
    past = history.upto(moment("2026-01-31"))
    seen = {table: past.arrow(f"select * from {table} order by all").to_pylist() for table in verdicts.landed}
    accounts = [row["account_id"] for row in seen["accounts"]]
    numbers = matrix(history, CATALOGUE, moment("2026-01-31"), accounts)[list(CATALOGUE.names)].to_numpy()
    assert not np.isinf(numbers).any()
    return verdicts, seen


def accounts(ids: object = ("A", "B", "C"), **columns: object) -> dict[str, object]:
    return {"account_id": ids if isinstance(ids, pa.Array) else list(ids), "created_at": TIMES, **columns}


def tickets(ids: object = ("1", "2", "3"), of: object = ("A", "B", "C"), **columns: object) -> dict[str, object]:
    return {
        "ticket_id": list(ids),
        "account_id": of if isinstance(of, pa.Array) else list(of),
        "created_at": TIMES,
        **columns,
    }


both_formats = pytest.mark.parametrize("ending", ["parquet", "csv"])


@both_formats
def test_a_column_that_is_all_empty_is_empty(tmp_path, ending):
    settings = write(
        tmp_path,
        ending,
        accounts=accounts(name=pa.nulls(3), segment=pa.nulls(3, pa.string())),
        tickets=tickets(priority=pa.nulls(3, pa.float64())),
        subscriptions={
            "subscription_id": ["1", "2", "3"],
            "account_id": ["A", "B", "C"],
            "started_at": TIMES,
            **{name: pa.nulls(3) for name in ("mrr", "seats", "ended_at", "renewal_at", "notice_at", "auto_renew")},
        },
    )
    verdicts, seen = looked_at(settings)
    assert verdicts.broken == {}
    assert {row["name"] for row in seen["accounts"]} == {None}
    assert {row["mrr"] for row in seen["subscriptions"]} == {None}


@both_formats
def test_a_key_that_is_all_empty_holds_every_row_back(tmp_path, ending):
    settings = write(tmp_path, ending, accounts=accounts(), tickets=tickets(ids=[None] * 3))
    verdicts, seen = looked_at(settings)
    assert verdicts.broken == {"tickets.has_what_it_needs": 3}
    assert seen["tickets"] == []


@both_formats
def test_a_constant_column_is_a_constant_column(tmp_path, ending):
    usage = {
        "account_id": ["A", "B", "C"],
        "day": ["2026-01-10"] * 3,
        "metric": ["m"] * 3,
        "value": [0.0] * 3,
        "active_users": [0] * 3,
    }
    verdicts, seen = looked_at(write(tmp_path, ending, accounts=accounts(segment=["x"] * 3), usage=usage))
    assert verdicts.broken == {}
    assert [row["value"] for row in seen["usage"]] == [0, 0, 0]


@both_formats
def test_infinity_and_numbers_beyond_all_quantities_are_held_back(tmp_path, ending):
    """One such row must not keep the others from being summed."""
    values = [float("inf"), 1.7e308, 1e12] if ending == "parquet" else ["inf", "1.7e308", "1e12"]
    invoices = {"invoice_id": ["1", "2", "3"], "account_id": ["A", "B", "C"], "issued_at": TIMES, "amount": values}
    verdicts, seen = looked_at(write(tmp_path, ending, accounts=accounts(), invoices=invoices))
    assert verdicts.broken == {"invoices.is_readable": 1, "invoices.has_a_possible_amount": 1}
    assert verdicts.says["invoices.is_readable"] == "a cell could not be read as its type"
    assert [row["amount"] for row in seen["invoices"]] == [1e12]


def test_what_rules_have_not_judged_yet_does_not_break_a_feature(tmp_path):
    amounts = [1.7e308, -1.7e308, 5.0]
    invoices = {"invoice_id": ["1", "2", "3"], "account_id": ["A", "A", "A"], "issued_at": TIMES, "amount": amounts}
    settings = write(tmp_path, accounts=accounts(), invoices=invoices)
    extract(settings, NOW)
    history = History(history_folder(settings), "UTC")
    assert matrix(history, CATALOGUE, moment("2026-01-31"), ["A"])["invoiced_last_90d"].tolist() == [5]


def test_nan_in_a_column_of_numbers_is_held_back_with_its_name(tmp_path):
    usage = {
        "account_id": ["A", "B", "C"],
        "day": ["2026-01-10"] * 3,
        "metric": ["m"] * 3,
        "value": pa.array([1.0, float("nan"), 2.0]),
    }
    verdicts, seen = looked_at(write(tmp_path, accounts=accounts(), usage=usage))
    assert verdicts.broken == {"usage.is_readable": 1}
    assert [row["account_id"] for row in seen["usage"]] == ["A", "C"]


@both_formats
def test_texts_in_every_script_come_out_as_they_went_in(tmp_path, ending):
    """Emoji of several signs, right-to-left marks, a text that looks like SQL or a formula, quotes and line breaks."""
    names = [RTL, EMOJI, '\'; drop table accounts; --\n"=1+1"']
    settings = write(tmp_path, ending, accounts=accounts(name=names), tickets=tickets(subject=names))
    verdicts, seen = looked_at(settings)
    assert verdicts.broken == {}
    assert [row["name"] for row in seen["accounts"]] == names
    assert [row["subject"] for row in seen["tickets"]] == names


@both_formats
def test_ids_in_every_script_belong_together(tmp_path, ending):
    ids = [RTL, EMOJI, 'o\'Brien "x"; --']
    verdicts, seen = looked_at(write(tmp_path, ending, accounts=accounts(ids), tickets=tickets(of=ids)))
    assert verdicts.broken == {}
    assert {row["account_id"] for row in seen["tickets"]} == set(ids)


def test_a_nul_in_a_text_is_kept_or_held_back_and_hides_nothing_after_it(tmp_path):
    settings = write(tmp_path, accounts=accounts(name=[NUL, "a\x00c", "a"]), tickets=tickets(subject=[NUL, "", "x"]))
    verdicts, seen = looked_at(settings)
    assert verdicts.broken == {}
    assert [row["name"] for row in seen["accounts"]] == [NUL, "a\x00c", "a"]
    assert extract(settings, NOW).load == 0


def test_a_nul_in_a_csv_is_no_traceback(tmp_path):
    settings = write(tmp_path, "csv", accounts=accounts(), tickets=tickets())
    path = tmp_path / "export" / "tickets.csv"
    path.write_bytes(path.read_bytes().replace(b"2026-01-06 10:00", b"2026-01-\x0006 10:00"))
    verdicts, seen = looked_at(settings)
    assert verdicts.good["tickets"] == len(seen["tickets"]) == 2
    assert "tickets.is_readable" in verdicts.broken


@both_formats
def test_a_text_of_five_megabytes_is_landed_whole(tmp_path, ending):
    long = "å" * 2_500_000
    messages = {
        "message_id": ["1", "2", "3"],
        "ticket_id": ["1", "2", "3"],
        "created_at": TIMES,
        "body": ["x", long, None],
    }
    settings = write(tmp_path, ending, accounts=accounts(), tickets=tickets(), messages=messages)
    verdicts, seen = looked_at(settings)
    assert verdicts.broken == {}
    assert [len(row["body"] or "") for row in seen["messages"]] == [1, 2_500_000, 0]


def test_a_huge_cell_that_cannot_be_read_is_quoted_in_short(tmp_path):
    invoices = {"invoice_id": ["1"], "account_id": ["A"], "issued_at": TIMES[:1], "amount": ["9" * 100_000]}
    settings = write(tmp_path, accounts=accounts(), invoices=invoices)
    verdicts, _ = looked_at(settings)
    assert verdicts.broken == {"invoices.is_readable": 1}
    landed = pq.read_table(history_folder(settings) / "loads" / "000001" / "invoices.parquet")
    [problem] = landed["problem"].to_pylist()
    assert len(problem) < 200


@pytest.mark.parametrize("kind", [pa.int64(), pa.float64(), pa.string(), pa.decimal128(20, 0), pa.int8()])
def test_ids_that_are_numbers_in_one_file_are_the_same_as_text_in_another(tmp_path, kind):
    ids = pa.array([1, 2, 3]).cast(kind)
    verdicts, seen = looked_at(write(tmp_path, accounts=accounts(ids), tickets=tickets(of=["1", "2", "3"])))
    assert verdicts.broken == {}
    assert [row["account_id"] for row in seen["accounts"]] == ["1", "2", "3"]


def test_an_id_that_becomes_text_in_a_later_export_is_the_same_account(tmp_path):
    settings = write(tmp_path, accounts=accounts(pa.array([1, 2, 3])), tickets=tickets(of=["1", "2", "3"]))
    extract(settings, NOW)
    write(tmp_path, accounts=accounts(["1", "2", "3"]), tickets=tickets(of=pa.array([1.0, 2.0, 3.0])))
    assert extract(settings, NOW).load == 0


@pytest.mark.parametrize(
    "times",
    [
        ["0001-01-01 00:00", "9999-12-31 23:59", "290000-01-01"],
        ["infinity", "-infinity", "now"],
        ["2026-02-30", "", "24.12.2025"],
        [" ", "0", "1e9"],
    ],
)
def test_impossible_times_are_held_back_and_move_nothing(tmp_path, times):
    given = tickets() | {"created_at": [*times[1:], "2026-01-07 10:00"]}
    settings = write(tmp_path, accounts=accounts(), tickets=given)
    verdicts, seen = looked_at(settings)
    assert verdicts.held["tickets"] == 2
    assert [row["ticket_id"] for row in seen["tickets"]] == ["3"]
    folder = history_folder(settings)
    assert History(folder, "UTC", verdicts_file(folder)).known_until == moment("2026-01-06")


@pytest.mark.parametrize("day", ["0001-01-01", "9999-12-31", "290000-01-01", "1969-12-31"])
def test_an_impossible_usage_day_is_no_traceback(tmp_path, day):
    usage = {
        "account_id": ["A", "A", "A"],
        "day": [day, "2026-01-10", "never"],
        "metric": ["m"] * 3,
        "value": [1.0] * 3,
    }
    verdicts, seen = looked_at(write(tmp_path, accounts=accounts(), usage=usage))
    assert verdicts.broken["usage.is_readable"] == 1
    assert len(seen["usage"]) == verdicts.good["usage"] in (1, 2)


def test_values_that_no_list_knows_are_held_back_by_the_name_of_the_column(tmp_path):
    """An enumeration that grew (FAULTS 14), in another case, or with a look-alike letter."""
    settings = write(tmp_path, accounts=accounts(), tickets=tickets(priority=["urgent", "URGENT", "urgеnt"]))
    verdicts, seen = looked_at(settings)
    assert verdicts.broken == {"tickets.has_a_known_priority": 2}
    assert "low, normal, high, urgent" in verdicts.says["tickets.has_a_known_priority"]
    assert [row["ticket_id"] for row in seen["tickets"]] == ["1"]


@both_formats
def test_an_empty_table_is_an_empty_table(tmp_path, ending):
    empty = {name: pa.array([], pa.string()) for name in ("ticket_id", "account_id", "created_at")}
    verdicts, _ = looked_at(write(tmp_path, ending, accounts=accounts(), tickets=empty))
    assert verdicts.landed == {"accounts": 3}


def test_a_file_without_a_byte_is_told(tmp_path):
    for ending in ("csv", "parquet", "jsonl"):
        folder = tmp_path / ending
        folder.mkdir()
        settings = write(folder, accounts=accounts())
        (folder / "export" / f"tickets.{ending}").write_bytes(b"")
        with pytest.raises(InputError, match="tickets"):
            extract(settings, NOW)


def test_bytes_that_are_no_text_are_told(tmp_path):
    settings = write(tmp_path, "csv", accounts=accounts(), tickets=tickets(subject=["x", "y", "z"]))
    path = tmp_path / "export" / "tickets.csv"
    path.write_bytes(path.read_bytes().replace(b",y\n", b",\xff\xfe\n"))
    with pytest.raises(InputError, match=r"tickets|utf-8|unicode"):
        extract(settings, NOW)


def test_columns_that_nobody_asked_for_change_nothing_and_a_column_that_left_is_empty(tmp_path):
    """Added: ignored. Dropped and not required: empty from then on."""
    settings = write(
        tmp_path, accounts=accounts(name=["a", "b", "c"]), tickets=tickets(mood=[1, 2, 3], problem=["p"] * 3)
    )
    verdicts, _ = looked_at(settings)
    assert verdicts.broken == {}
    write(tmp_path, accounts=accounts(), tickets=tickets())
    assert extract(settings, NOW).new == {"accounts": 3, "tickets": 0}


def test_a_column_that_changed_its_type_holds_back_what_cannot_be_read(tmp_path):
    usage = {"account_id": ["A"], "day": ["2026-01-10"], "metric": ["m"], "value": pa.array([[1, 2]])}
    verdicts, seen = looked_at(write(tmp_path, accounts=accounts(), usage=usage))
    assert verdicts.broken == {"usage.is_readable": 1}
    assert seen["usage"] == []
