"""The past stays as it was: later rows, other orders and repetitions change nothing (FAULTS 4).

Histories are on disk and landed for real; what is looked at is every canonical table and every feature.
"""

import shutil
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import Phase, example, given, settings
from hypothesis import strategies as st

from churnrisk.features import CATALOGUE, Matrices, matrix
from churnrisk.history import History
from churnrisk.tables import ALWAYS, CURRENT_ONLY, ROW, TABLES, Column, Table
from churnrisk.timeline import AsOf
from tests.properties.worlds import LAST, Knobs, knobs, world_of
from tests.support.history import land_rows, moment

AS_OF = moment("2026-01-31", "Europe/Copenhagen")
BEGIN = datetime(2025, 6, 1)
#: Hours from the beginning to as_of, and to the end of what is told.
NOW, END = 5879, 9000
#: What is true at AS_OF is told in a world like that of the engine's reference, whose keys later rows meet again.
BASE = Knobs(seed=5, accounts=30, tickets=200, late=0.1, corrected=0.1, zone=AS_OF.time_zone, metrics=2, segments=1)
# Looking for a simpler example takes many times as long as finding one, and each is a history on disk.
as_drawn = [Phase.explicit, Phase.generate]
few = settings(max_examples=5, phases=as_drawn)

Row = dict[str, str | None]
Batch = dict[str, list[Row]]


def base() -> Batch:
    """A history in which every table tells something of the past, and one contract follows a cheaper one."""
    told = {table: list(rows) for table, rows in world_of(BASE).items()}
    told["accounts"].append({"account_id": "dearer", "created_at": at(0)})
    contract = {"account_id": "dearer", "currency": "EUR"}
    told["subscriptions"] += [
        contract | {"subscription_id": "first", "seats": "9", "mrr": "90", "started_at": at(0), "ended_at": at(4000)},
        contract | {"subscription_id": "second", "seats": "9", "mrr": "99", "started_at": at(4000)},
    ]
    return told


def at(hours: int) -> str:
    return f"{BEGIN + timedelta(hours=hours)}Z"


TOLD = base()
ACCOUNTS = sorted({row["account_id"] for row in TOLD["accounts"]})


def cell(table: Table, column: Column, happened: int) -> st.SearchStrategy[str | None]:
    """A cell that fits the column, often one of the base; other times are the row's or later."""
    told = sorted({row[column.name] for row in TOLD.get(table.name, []) if row.get(column.name) is not None})
    if column.kind in ("text", "integer") and told:
        return st.sampled_from(told)
    if column.values:
        return st.sampled_from(column.values)
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
    row = {column.name: draw(cell(table, column, happened)) for column in columns}
    if table.happened_at != ALWAYS:
        is_day = table.column(table.happened_at).kind == "date"
        row[table.happened_at] = at(happened)[:10] if is_day else at(happened)
    # In whole months or so: two versions of one fact are often known at the same moment.
    row["known_at"] = at((max(happened, earliest_known) // 700 + 1 + draw(st.integers(0, 2))) * 700)
    return row


@st.composite
def batches(draw: st.DrawFn, tables: Iterable[str] = TABLES, earliest_known: int = 0, most: int = 4) -> Batch:
    """Rows of some of the tables."""
    some = draw(st.lists(st.sampled_from(sorted(tables)), min_size=1, max_size=most, unique=True))
    return {name: draw(st.lists(row_of(TABLES[name], earliest_known), min_size=1, max_size=5)) for name in some}


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
    history = History(folder, AS_OF.time_zone)
    past = history.upto(AS_OF)
    return {table: past.table(table) for table in TABLES} | {"matrix": matrix(history, CATALOGUE, AS_OF, ACCOUNTS)}


def assert_same(one: dict[str, pd.DataFrame], other: dict[str, pd.DataFrame]) -> None:
    """To the last bit."""
    for name, frame in one.items():
        pd.testing.assert_frame_equal(frame, other[name], check_exact=True, obj=name)


@pytest.fixture(scope="module")
def history(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("base")
    land(folder, TOLD)
    return folder


@pytest.fixture(scope="module")
def before(history) -> dict[str, pd.DataFrame]:
    return seen(history)


def test_the_base_tells_something_of_every_feature(before):
    """Otherwise the claims below would be empty."""
    told = before["matrix"][list(CATALOGUE.names)]
    assert told.columns[told.isna().all() | (told == 0).all()].tolist() == []


@settings(max_examples=10, phases=as_drawn)
@given(later=batches(earliest_known=NOW + 1, most=len(TABLES)))
def test_rows_known_later_change_nothing(history, before, later):
    """New facts, new versions of old facts, and facts that happened long ago: none of them is seen before its time."""
    with followed_by(history, later) as folder:
        assert_same(before, seen(folder))


@few
@given(later=batches(TOLD))
def test_rows_that_arrive_later_without_a_clock_change_nothing(history, before, later):
    """They are known from their arrival, whatever they tell."""
    undated = {table: [row | {"known_at": None} for row in rows] for table, rows in later.items()}
    with followed_by(history, undated) as folder:
        assert_same(before, seen(folder))


def known_at(rows: Batch, as_of: AsOf) -> Batch:
    """What was known at a moment: without later rows, and with no cell whose own clock is later."""
    end = f"{as_of.instant}Z"
    cut: Batch = {}
    for name, told in rows.items():
        known = [dict(row) for row in told if row["known_at"] is None or row["known_at"] <= end]
        for row in known:
            hidden = [column.clock for column in TABLES[name].columns if (row.get(column.clock) or "") > end]
            row.update({column.name: None for column in TABLES[name].columns if column.clock in hidden})
        cut |= {name: known} if known else {}
    return cut


@few
@example(knobs=BASE, ago=100)
@given(knobs=knobs, ago=st.integers(0, 300))
def test_without_everything_known_later_every_feature_is_the_same(knobs, ago):
    """A world, asked at a moment and at its end; and what of it had been told by that moment."""
    rows, as_of = world_of(knobs), AsOf(LAST - timedelta(days=ago), knobs.zone)
    accounts = sorted({row["account_id"] for row in rows["accounts"]})
    told = {}
    for name, some, as_ofs in (
        ("whole", rows, {as_of, AsOf(LAST, knobs.zone)}),
        ("cut", known_at(rows, as_of), {as_of}),
    ):
        with tempfile.TemporaryDirectory() as folder:
            land_rows(Path(folder), some, time_zone=knobs.zone)
            matrices = Matrices(History(Path(folder), knobs.zone), CATALOGUE, Path(folder) / "matrices")
            told[name] = dict(matrices.over(dict.fromkeys(as_ofs, accounts)))[as_of]
    assert_same({"matrix": told["whole"]}, {"matrix": told["cut"]})


@few
@given(data=st.data())
def test_one_as_of_alone_is_the_same_as_among_six(history, tmp_path_factory, data):
    agos = data.draw(st.lists(st.integers(-10, 300), min_size=6, max_size=6, unique=True))
    opened = History(history, AS_OF.time_zone)
    populations = dict.fromkeys((AS_OF.shift(-ago) for ago in agos), ACCOUNTS)
    together = dict(Matrices(opened, CATALOGUE, tmp_path_factory.mktemp("matrices")).over(populations))
    alone = data.draw(st.sampled_from(sorted(populations)))
    assert_same({"matrix": together[alone]}, {"matrix": matrix(opened, CATALOGUE, alone, ACCOUNTS)})


@few
@given(account=st.sampled_from(ACCOUNTS))
def test_one_account_alone_is_the_same_as_among_all(history, before, account):
    """But for its place among its peers, for which all are needed."""
    alone = matrix(History(history, AS_OF.time_zone), CATALOGUE, AS_OF, [account])
    among = before["matrix"].loc[before["matrix"]["account_id"] == account].reset_index(drop=True)
    peers = [feature.name for feature in CATALOGUE.features if feature.aggregate == "against_peers"]
    assert_same({"matrix": among.drop(columns=peers)}, {"matrix": alone.drop(columns=peers)})


@settings(max_examples=4, phases=as_drawn)
@given(data=st.data())
def test_the_same_batches_in_any_order_and_repeated_give_the_same_tables(data):
    """Late, out of order, duplicated: the rows say when they were known."""
    tables = ("accounts", "tickets", "ticket_events", "messages", "usage", "surveys")
    loads = data.draw(st.lists(batches(tables), min_size=2, max_size=3))
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
