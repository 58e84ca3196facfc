"""Looking at the past: `History.upto(as_of)` is the only way.

Reads the loads that `landing` wrote, after comparing their checksums. Of every key the view at a moment holds the
latest version that was known then, without rows that validation holds back; columns whose clock is later than the
moment are empty, and columns without a clock are not there at all.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import pyarrow as pa

from churnrisk.errors import InputError
from churnrisk.history.days import FOREVER, day_columns, day_number, day_of
from churnrisk.history.duck import DuckEngine
from churnrisk.history.engine import connect, cursor_of, name, one_row, quoted
from churnrisk.history.landing import BEGINNING, compare_checksums, files_of, read_manifests, relation_of
from churnrisk.settings import digest
from churnrisk.tables import ALWAYS, CURRENT_ONLY, ROW, TABLES, Table
from churnrisk.timeline import AsOf

#: Rows that come in day by day, as things happen.
EVENT_TABLES = ("tickets", "ticket_events", "messages", "surveys", "usage", "invoices")
#: So many rows of a table, at most, are strays where they are so many days behind all others ...
STRAY_ROWS, STRAY_DAYS = 5, 30
#: ... of a table with at least so many rows.
STRAY_OF = 200


class Past:
    """What was known at a moment: the canonical tables as views.

    `happened_at` is there beside the canonical columns. Tables that were never landed are empty.
    """

    def __init__(self, cursor: duckdb.DuckDBPyConnection, as_of: AsOf) -> None:
        self._cursor = cursor
        self.as_of = as_of

    def beside(self) -> Past:
        """The same past for another thread: answers of two threads must not meet on one cursor."""
        cursor = cursor_of(self._cursor)
        cursor.execute(f"use {_schema(self.as_of)}")
        return Past(cursor, self.as_of)

    def arrow(self, sql: str, parameters: dict[str, Any] | None = None) -> pa.Table:
        """The answer of a SELECT over the canonical tables, as an Arrow table."""
        return self._cursor.sql(sql, params=parameters).to_arrow_table()

    def frame(self, sql: str, parameters: dict[str, Any] | None = None) -> pd.DataFrame:
        """The answer of a SELECT over the canonical tables, as a pandas frame."""
        return self._cursor.execute(sql, parameters).df()

    def frame_for(self, asked: pa.Table, sql: str) -> pd.DataFrame:
        """The answer of a SELECT over the canonical tables and `asked`, a small table of the caller's."""
        self._cursor.register("asked", asked)
        try:
            return self.frame(sql)
        finally:
            self._cursor.unregister("asked")

    def table(self, table: str) -> pd.DataFrame:
        """One whole canonical table."""
        return self.frame(f"select * from {name(table)} order by all")


class History:
    """The landed rows of one company, opened for reading."""

    def __init__(self, folder: Path, time_zone: str, held: Path | None = None, text_version: str = "") -> None:
        """Open the history in a folder.

        Args:
            folder: where `landing` wrote it.
            time_zone: the company's.
            held: the Parquet file of validation's verdicts (`table_name`, `row_hash`, `landed_at`); rows named there
                are left out.
            text_version: the one whose message scores are seen; all of them where it is empty.

        Raises:
            InputError: nothing was landed yet.
            CorruptError: a file does not match its checksum.
        """
        self.folder = folder
        self.time_zone = time_zone
        self.manifests = read_manifests(folder)
        if not self.manifests:
            raise InputError(f"There is no history in {folder}", "Run `churnrisk extract` first", folder=str(folder))
        compare_checksums(folder, self.manifests)
        self.text_version = text_version
        self.held = held if held is not None and held.is_file() else None
        self._connection = connect(spill=folder / ".spill")
        self._connection.execute("create schema landed")
        for table in TABLES.values():
            self._materialise(table)

    def upto(self, as_of: AsOf) -> Past:
        """What was known at that moment."""
        schema = _schema(as_of)
        cursor = cursor_of(self._connection)
        cursor.execute(f"create schema if not exists {schema}")
        for table in TABLES.values():
            cursor.execute(f"create or replace view {schema}.{table.name} as {_view(table, as_of)}")
        cursor.execute(f"use {schema}")
        return Past(cursor, as_of)

    def engine(self) -> DuckEngine:
        """An engine whose relations are the canonical tables with all their versions, each with its days: d, k, x."""
        cursor = cursor_of(self._connection)
        cursor.execute("use landed")
        return DuckEngine(cursor)

    def day_of(self, instant: str) -> str:
        """From SQL of an instant in microseconds to SQL of its day number.

        Exact from the first fact of the history until two years after the last one.
        """
        first, last = self.first_day.shift(-1), self.known_until.shift(730)
        return day_of(instant, self.time_zone, first.instant, last.instant)

    @cached_property
    def present(self) -> tuple[str, ...]:
        """The canonical tables that have rows."""
        return tuple(table for table in TABLES if self._rows(table))

    @cached_property
    def known_until(self) -> AsOf:
        """The last day that is known to its end: the latest one whose end is not after what came in last.

        What comes in day by day tells it (EVENT_TABLES). Contracts, cancellations and accounts may be told ahead of
        time; they count only where there is nothing else. So do a few rows far behind all others: a wrong year.
        """
        latest = max(self._newest(table) for table in self._telling_time)
        day = AsOf(latest.date(), self.time_zone).shift(1)
        while day.instant > latest:
            day = day.shift(-1)
        return day

    @cached_property
    def first_day(self) -> AsOf:
        """The day on which the first fact happened, of what comes in day by day."""
        tables = ", ".join(f"(select min(happened_at) from landed.{table})" for table in self._telling_time)
        return AsOf(self._one(f"select least({tables})")[0].date(), self.time_zone)

    @cached_property
    def _telling_time(self) -> tuple[str, ...]:
        """The tables that tell from when until when the history is known."""
        placed = tuple(table for table in self.present if TABLES[table].happened_at != ALWAYS)
        if not placed:
            raise InputError(
                f"The history in {self.folder} has no row that can be used",
                "Look at what was held back with `churnrisk quarantine list`",
            )
        return tuple(table for table in placed if table in EVENT_TABLES) or placed

    def _newest(self, table: str) -> datetime:
        """When the last row of a table became known, but for a few rows far behind all others."""
        rows, newest = self._one(f"select count(*), max(known_at, {STRAY_ROWS + 1}) from landed.{table}")
        far = newest[0] - newest[-1] > timedelta(days=STRAY_DAYS)
        last: datetime = newest[-1] if far and rows >= STRAY_OF else newest[0]
        return last

    @cached_property
    def content_hash(self) -> str:
        """The digest of all rows that can be seen, whatever the order in which they were landed."""
        totals = {}
        for table in self.present:
            totals[table] = self._one(
                f"select count(*), (sum(row_hash) % 18446744073709551616)::varchar from landed.{table}"
            )
        return digest(totals)

    def known_hash(self, as_of: AsOf) -> str:
        """The digest of all rows that were known at that moment; what comes in later does not change it."""
        day = day_number(as_of)
        known = {
            table: [(rows, hashes) for k, rows, hashes in days if k <= day]
            for table, days in self._known_by_day.items()
        }
        return digest(
            {table: [sum(rows for rows, _ in days), sum(hashes for _, hashes in days)] for table, days in known.items()}
        )

    @cached_property
    def _known_by_day(self) -> dict[str, list[tuple[int, int, int]]]:
        """Of each table: a day, the rows that became known on it, and the sum of their hashes."""
        return {
            table: cursor_of(self._connection)
            .execute(f"select k, count(*), sum(row_hash) from landed.{table} group by k order by k")
            .fetchall()
            for table in self.present
        }

    def changes_of(self, tables: Iterable[str]) -> list[int]:
        """The day numbers on which something else became known of these tables, rising."""
        days = " union ".join(f"select unnest([k, x]) as day from landed.{table}" for table in tables)
        rows = cursor_of(self._connection).execute(f"select distinct day from ({days}) order by day").fetchall()
        return [day for (day,) in rows]

    def arrivals(self, as_of: AsOf) -> pd.DataFrame:
        """The rows of each table by the sources they came from, without those that are held back.

        Returns:
            table_name, source (several names joined by "+"), rows (all that ever came), and newest: the latest moment
            that a row known at `as_of` tells of, empty where none does. What a row told of days to come, such as the
            end of a contract, is no news after it was landed.
        """
        parts = []
        for table in (TABLES[table] for table in self.present):
            clocks = [
                "happened_at",
                *dict.fromkeys(c.clock for c in table.columns if c.clock not in (ROW, CURRENT_ONLY)),
            ]
            told = ", ".join(
                f"case when {name(clock)} <= timestamp '{as_of.instant}' then {name(clock)} end" for clock in clocks
            )
            newest = "null::timestamp" if table.happened_at == ALWAYS else f"least(greatest({told}), landed_at)"
            parts.append(
                f"select {quoted(table.name)} as table_name, source, count(*) as rows,"
                f" max({newest}) filter (known_at <= timestamp '{as_of.instant}') as newest"
                f" from ({self._usable(table, ('*',))}) group by all"
            )
        return cursor_of(self._connection).execute(f"{' union all '.join(parts)} order by all").df()

    def _rows(self, table: str) -> int:
        return int(self._one(f"select count(*) from landed.{table}")[0])

    def _one(self, sql: str) -> tuple[Any, ...]:
        return one_row(self._connection, sql)

    def _usable(self, table: Table, columns: tuple[str, ...]) -> str:
        """The SQL of the landed rows of a table that has some, without those that are held back."""
        wanted = []
        if table.name == "message_scores" and self.text_version:
            wanted.append(f"model_version = {quoted(self.text_version)}")
        if self.held is not None:
            wanted.append(
                "(row_hash, landed_at) not in (select (row_hash, landed_at) from"
                f" read_parquet({quoted(str(self.held))}) where table_name = {quoted(table.name)})"
            )
        rows = f"select {', '.join(columns)} from {relation_of(files_of(self.folder, self.manifests, table.name))}"
        return f"{rows} where {' and '.join(wanted)}" if wanted else rows

    def _materialise(self, table: Table) -> None:
        """Give each version its days: happened (d), known from (k), gone from (x), so that the past is a comparison."""
        files = files_of(self.folder, self.manifests, table.name)
        if not files:
            columns = ", ".join(f"null::{column.sql_type} as {name(column.name)}" for column in table.columns)
            clocks = "null::timestamp as happened_at, null::timestamp as known_at, null::ubigint as row_hash"
            rows = f"select {columns}, {clocks} where false"
        else:
            rows = self._usable(table, (*map(name, table.column_names), "happened_at", "known_at", "row_hash"))
        first, last = self._one(f"select {span(table)} from ({rows})")
        key = ", ".join(name(column) for column in table.key)
        # Most keys have one version; only the others are sorted.
        known = with_days(rows, table, self.time_zone, first, last)
        self._connection.execute(
            f"create table landed.{table.name} as with known as ({known}),"
            f" several as (select {key} from known group by all having count(*) > 1)"
            f" select *, {FOREVER} as x from known anti join several using ({key}) union all"
            f" select *, {gone_from(table)} from known semi join several using ({key})"
        )


def span(table: Table) -> str:
    """The SQL of the first and the last moment that rows of a table tell of; both are empty where there is no row."""
    moments = ["happened_at", "known_at", *map(name, day_columns(table))]
    firsts, lasts = (", ".join(f"{bound}({moment})" for moment in moments) for bound in ("min", "max"))
    return f"least({firsts}), greatest({lasts})"


def with_days(rows: str, table: Table, time_zone: str, first: datetime | None, last: datetime | None) -> str:
    """The SQL that adds day numbers to landed rows: d happened, k known, and one for each other moment of the row.

    Args:
        rows: SQL of landed rows.
        table: whose they are.
        time_zone: the company's.
        first: the first moment that they tell of.
        last: the last one.
    """

    def day(column: str) -> str:
        return day_of(f"epoch_us({name(column)})", time_zone, first or BEGINNING, last or BEGINNING)

    days = {"d": day("happened_at"), "k": day("known_at")}
    days |= {number: day(column) for column, number in day_columns(table).items()}
    return f"select r.*, {', '.join(f'{sql} as {number}' for number, sql in days.items())} from ({rows}) r"


def gone_from(table: Table) -> str:
    """The SQL of the day on which a row is gone, because a later version of its key is known.

    Of two versions known at the same moment the hash decides, so that the order of landing does not.
    """
    key = ", ".join(name(column) for column in table.key)
    return f"coalesce(lead(k) over (partition by {key} order by known_at, row_hash), {FOREVER})"


def _schema(as_of: AsOf) -> str:
    return f"past_{as_of.day:%Y%m%d}"


def _view(table: Table, as_of: AsOf) -> str:
    instant, day = f"timestamp '{as_of.instant}'", day_number(as_of)
    columns = [
        name(column.name)
        if column.clock == ROW
        else f"case when {name(column.clock)} <= {instant} then {name(column.name)} end as {name(column.name)}"
        for column in table.columns
        if column.clock != CURRENT_ONLY
    ]
    return f"select {', '.join(columns)}, happened_at from landed.{table.name} where k <= {day} and x > {day}"
