"""The past stays as it was: later rows, other orders and repetitions change nothing (FAULTS 4).

Histories are on disk and landed for real; what is looked at is every canonical table and every feature.
"""

import shutil
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from churnrisk.features import CATALOGUE, matrix
from churnrisk.history import History
from churnrisk.tables import ALWAYS, CURRENT_ONLY, ROW, TABLES, Column, Table
from tests.support.history import land_rows, moment

AS_OF = moment("2026-01-31", "Europe/Copenhagen")
BEGIN = datetime(2025, 6, 1)
#: Hours from the beginning to as_of, and to the end of what is told.
NOW, END = 5879, 9000
ACCOUNTS = ("A", "B", "C")
few = settings(max_examples=8)

Row = dict[str, str | None]
Batch = dict[str, list[Row]]


def at(hours: int) -> str:
    return f"{BEGIN + timedelta(hours=hours)}Z"


def cell(column: Column, happened: int) -> st.SearchStrategy[str | None]:
    """A cell that fits the column; other times are the row's or later."""
    if column.values:
        return st.sampled_from(column.values)
    if column.name == "value" and column.kind == "text":
        return st.sampled_from(["new", "open", "pending", "solved", "closed"])
    kinds = {
        "text": st.sampled_from(ACCOUNTS if column.references.startswith("accounts.") else ("1", "2", "3")),
        "integer": st.integers(0, 20).map(str),
        "number": st.one_of(st.none(), st.integers(-5, 100).map(str)),
        "boolean": st.sampled_from(["true", "false"]),
        "timestamp": st.one_of(st.none(), st.integers(0, 4000).map(lambda later: at(happened + later))),
        "date": st.just(str((BEGIN + timedelta(hours=happened)).date())),
    }
    return kinds[column.kind]


@st.composite
def row_of(draw: st.DrawFn, table: Table, earliest_known: int = 0) -> Row:
    """A row of that table with its own clock, known at `earliest_known` or later."""
    happened = draw(st.integers(0, END))
    columns = [column for column in table.columns if column.name != table.happened_at]
    row = {column.name: draw(cell(column, happened)) for column in columns}
    if table.happened_at != ALWAYS:
        is_day = table.column(table.happened_at).kind == "date"
        row[table.happened_at] = at(happened)[:10] if is_day else at(happened)
    # In whole months or so: two versions of one fact are often known at the same moment.
    row["known_at"] = at((max(happened, earliest_known) // 700 + 1 + draw(st.integers(0, 2))) * 700)
    return row


@st.composite
def batches(draw: st.DrawFn, tables: Iterable[str] = TABLES, earliest_known: int = 0) -> Batch:
    """Rows of some of the tables."""
    some = draw(st.lists(st.sampled_from(sorted(tables)), min_size=1, max_size=4, unique=True))
    return {name: draw(st.lists(row_of(TABLES[name], earliest_known), min_size=1, max_size=5)) for name in some}


def base() -> Batch:
    """A history in which every table tells something of the past, and keys that later rows meet again."""
    accounts = [{"account_id": account, "created_at": at(0), "known_at": at(0)} for account in ACCOUNTS]
    tickets = [
        {"ticket_id": key, "account_id": account, "created_at": at(5600 + 20 * place), "known_at": at(5700)}
        for place, (key, account) in enumerate(zip("123", ACCOUNTS, strict=True))
    ]
    usage = [
        {"account_id": account, "day": str(date(2025, 9, 1) + timedelta(days=n)), "metric": "1", "value": str(n % 7)}
        | {"active_users": str(n % 3)}
        for account in ACCOUNTS
        for n in range(150)
    ]
    surveys = [
        {"survey_id": key, "account_id": account, "kind": kind, "score": "4"}
        | {"sent_at": at(5000), "responded_at": at(then)}
        for key, account, kind, then in (("1", "A", "csat", 5010), ("2", "A", "nps", 5500), ("3", "B", "csat", 7000))
    ]
    events = [
        {"ticket_id": key, "at": at(5650 + 10 * seq), "seq": str(seq), "field": "status", "value": value}
        for key in "12"
        for seq, value in enumerate(("new", "solved", "open", "solved"))
    ]
    invoices = [
        {"invoice_id": str(n), "account_id": account, "amount": "10"}
        | {"issued_at": at(700 * n), "due_at": at(700 * n + 400), "paid_at": at(900 * n)}
        for n, account in enumerate((*ACCOUNTS, *ACCOUNTS, "A", "B"), start=1)
    ]
    return {
        "accounts": accounts,
        "tickets": tickets,
        "usage": usage,
        "surveys": surveys,
        "ticket_events": events,
        "messages": [
            {"message_id": key, "ticket_id": key, "author_role": "agent", "public": "true", "created_at": at(5700)}
            for key in "12"
        ],
        "invoices": invoices,
        "subscriptions": [
            {"subscription_id": "1", "account_id": "A", "seats": "10", "mrr": "100"}
            | {"started_at": at(0), "ended_at": at(5000)},
            {"subscription_id": "2", "account_id": "A", "seats": "9", "mrr": "120"}
            | {"started_at": at(5000), "renewal_at": at(9000), "notice_at": at(6500)},
        ],
        "contacts": [
            {"contact_id": "1", "account_id": "A", "role": "champion", "created_at": at(0), "left_at": at(5500)},
            {"contact_id": "2", "account_id": "B", "role": "champion", "created_at": at(0), "left_at": at(6500)},
        ],
    }


def land(folder: Path, *loads: Batch) -> None:
    for load in loads:
        land_rows(folder, load, time_zone=AS_OF.time_zone)


@contextmanager
def followed_by(folder: Path, later: Batch) -> Iterator[Path]:
    """A copy of a history with one more load."""
    with tempfile.TemporaryDirectory() as name:
        copy = Path(name) / "history"
        shutil.copytree(folder, copy)
        land(copy, later)
        yield copy


def seen(folder: Path) -> dict[str, pd.DataFrame]:
    """Every table and every feature at as_of."""
    past = History(folder, AS_OF.time_zone).upto(AS_OF)
    return {table: past.table(table) for table in TABLES} | {"matrix": matrix(past, CATALOGUE, list(ACCOUNTS))}


def assert_same(one: dict[str, pd.DataFrame], other: dict[str, pd.DataFrame]) -> None:
    """To the last bit."""
    for name, frame in one.items():
        pd.testing.assert_frame_equal(frame, other[name], check_exact=True, obj=name)


@pytest.fixture(scope="module")
def history(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("base")
    land(folder, base())
    return folder


@pytest.fixture(scope="module")
def before(history) -> dict[str, pd.DataFrame]:
    return seen(history)


def test_the_base_tells_something_of_every_feature(before):
    """Otherwise the claims below would be empty."""
    told = before["matrix"][list(CATALOGUE.names)]
    assert told.columns[told.isna().all() | (told == 0).all()].tolist() == []


@few
@given(later=batches(earliest_known=NOW + 1))
def test_rows_known_later_change_nothing(history, before, later):
    """New facts, new versions of old facts, and facts that happened long ago: none of them is seen before its time."""
    with followed_by(history, later) as folder:
        assert_same(before, seen(folder))


@few
@given(later=batches(base()))
def test_rows_that_arrive_later_without_a_clock_change_nothing(history, before, later):
    """They are known from their arrival, whatever they tell."""
    undated = {table: [row | {"known_at": None} for row in rows] for table, rows in later.items()}
    with followed_by(history, undated) as folder:
        assert_same(before, seen(folder))


@settings(max_examples=5)
@given(data=st.data())
def test_the_same_batches_in_any_order_and_repeated_give_the_same_tables(data):
    """Late, out of order, duplicated: the rows say when they were known."""
    loads = data.draw(st.lists(batches(("accounts", "tickets", "usage", "surveys")), min_size=2, max_size=3))
    again = data.draw(st.permutations([*loads, *data.draw(st.lists(st.sampled_from(loads), max_size=2))]))
    with tempfile.TemporaryDirectory() as one, tempfile.TemporaryDirectory() as other:
        land(Path(one), *loads)
        land(Path(other), *again)
        assert_same(seen(Path(one)), seen(Path(other)))
        histories = [History(Path(folder), AS_OF.time_zone) for folder in (one, other)]
        assert histories[0].content_hash == histories[1].content_hash
        assert histories[0].known_until == histories[1].known_until


@few
@given(load=batches(), declared=st.booleans())
def test_an_identical_second_load_writes_no_row(load, declared):
    if not declared:
        load = {table: [row | {"known_at": None} for row in rows] for table, rows in load.items()}
    with tempfile.TemporaryDirectory() as folder:
        land(Path(folder), load)
        second = land_rows(Path(folder), load, time_zone=AS_OF.time_zone)
        assert (second.load, sum(second.new.values())) == (0, 0)


@few
@given(load=batches())
def test_a_column_is_empty_before_its_clock_and_there_after_it(load):
    """And no row is seen before it is known, and no column without a clock at all."""
    with tempfile.TemporaryDirectory() as folder:
        land(Path(folder), load)
        past = History(Path(folder), AS_OF.time_zone).upto(AS_OF)
        for table in (TABLES[name] for name in load):
            found = past.table(table.name)
            assert not {column.name for column in table.columns if column.clock == CURRENT_ONLY} & set(found.columns)
            for column in (column for column in table.columns if column.clock not in (ROW, CURRENT_ONLY)):
                hidden = found[column.clock].isna()
                assert found.loc[hidden, column.name].isna().all()
                assert (found.loc[~hidden, column.clock] <= AS_OF.instant).all()
            wanted = {row["known_at"] for row in load[table.name] if row["known_at"] <= f"{AS_OF.instant}Z"}
            assert found.empty == (not wanted)
