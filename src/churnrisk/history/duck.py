"""DuckDB as an engine: stages are tables in a schema of their own, spilling to disk where memory ends."""

from __future__ import annotations

import weakref
from collections.abc import Iterable
from contextlib import suppress
from itertools import count
from pathlib import Path

import duckdb
import pandas as pd
import pyarrow as pa

from churnrisk.history.dialect import render
from churnrisk.history.engine import cursor_of, one_row, quoted
from churnrisk.history.engine import name as identifier
from churnrisk.history.stage import WRITTEN, Stage, staged


class DuckEngine:
    """Stages in DuckDB.

    Attributes:
        name: `duckdb`.
    """

    name = "duckdb"

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        """Run stages on a connection that has the relations they read; they go with the engine."""
        own, there = f"engine_{next(_NUMBERS)}", one_row(connection, "select current_schema()")[0]
        connection.execute(f"create schema {own}")
        #: Writing has a cursor of its own, so that it can go on beside the next stages.
        self._connection, self._writer = connection, cursor_of(connection)
        for cursor in (connection, self._writer):
            cursor.execute(f"set search_path = '{own},{there}'")
        self._schema = own
        weakref.finalize(self, _forget, cursor_of(connection), own)

    def give(self, name: str, table: pa.Table) -> None:
        """Make a relation of a small Arrow table."""
        self._connection.register("given", table)
        self._connection.execute(f"create or replace table {identifier(name)} as from given")
        self._connection.unregister("given")

    def files(self, name: str, paths: list[Path]) -> None:
        """Make a relation of Parquet files; a column that some of them lack is null there."""
        listed = ", ".join(quoted(str(path)) for path in paths)
        # Names of folders are no columns.
        rows = f"read_parquet([{listed}], union_by_name = true, hive_partitioning = false)"
        self._connection.execute(f"create or replace view {identifier(name)} as from {rows}")

    def view(self, name: str, sql: str) -> None:
        """Give a SELECT a name without computing it."""
        self._connection.execute(f"create or replace view {identifier(name)} as {render(sql, self.name)}")

    def stage(self, stage: Stage) -> None:
        """Compute a stage, so that later SQL finds it by its name."""
        order = f" order by {', '.join(stage.cluster_by)}" if stage.cluster_by else ""
        rows = f"from ({render(stage.sql, self.name)}) rows{order}" if order else render(stage.sql, self.name)
        self._connection.execute(f"create or replace table {identifier(stage.name)} as {rows}")

    def write(self, sql: str, path: Path) -> None:
        """Write the rows of a SELECT as one Parquet file, in the order it asks for, there whole or not at all.

        Raises:
            ValueError: a column is not a double, bigint, varchar or date.
        """
        text = render(sql, self.name)
        for column, kind, *_ in self._writer.execute(f"describe {text}").fetchall():
            if kind not in WRITTEN:
                raise ValueError(f"{column} is {kind.lower()}; cast it to one of {', '.join(WRITTEN).lower()}")
        with staged(path) as staging:
            self._writer.execute(f"copy ({text}) to {quoted(str(staging))} (format parquet, compression zstd)")

    def frame(self, sql: str) -> pd.DataFrame:
        """The rows of a SELECT as a frame, for small answers."""
        return self._connection.execute(render(sql, self.name)).df()

    def drop(self, names: Iterable[str]) -> None:
        """Forget relations and free what they hold; an unknown name is nothing to forget."""
        kinds = dict(self._connection.execute(_OWN.format(schema=self._schema)).fetchall())
        for each in names:
            if each in kinds:
                self._connection.execute(f"drop {kinds[each]} {self._schema}.{identifier(each)}")


_NUMBERS = count(1)
_OWN = (
    "select table_name, 'table' from duckdb_tables() where schema_name = '{schema}'"
    " union all select view_name, 'view' from duckdb_views() where schema_name = '{schema}'"
)


def _forget(cursor: duckdb.DuckDBPyConnection, schema: str) -> None:
    """Drop what an engine made; a database that is closed has nothing left to drop."""
    with suppress(duckdb.Error):
        cursor.execute(f"drop schema {schema} cascade")
