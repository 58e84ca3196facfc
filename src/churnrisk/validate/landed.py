"""Every landed row, whatever its verdict, as rules see it: one view a table, current-only values as columns."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb

from churnrisk.history import name, one_row, quoted
from churnrisk.history.landing import files_of, relation_of
from churnrisk.tables import TABLES, Table


def open_landed(
    connection: duckdb.DuckDBPyConnection, history: Path, manifests: list[dict[str, Any]]
) -> dict[str, int]:
    """Make every landed table a view, with the values that have no clock as columns; gives rows by table."""
    landed = {}
    for table in TABLES.values():
        files = files_of(history, manifests, table.name)
        if not files:
            # Rules of other tables ask whether their rows are in this one.
            columns = ", ".join(f"null::{column.sql_type} as {name(column.name)}" for column in table.columns)
            connection.execute(f"create view {name(table.name)} as select {columns} where false")
            continue
        own = sorted({key for manifest in manifests for key in manifest["current_only"].get(table.name, ())})
        connection.execute(
            f"create view {name(table.name)} as select * {_with_current_only(table, own)} from {relation_of(files)}"
        )
        landed[table.name] = int(one_row(connection, f"select count(*) from {name(table.name)}")[0])
    return landed


def _with_current_only(table: Table, keys: list[str]) -> str:
    """The values that have no clock, as columns: those called like a canonical column in its place and type."""
    canonical = [key for key in keys if key in table.column_names]
    replaced = ", ".join(
        f"coalesce({name(key)}, try_cast(current_only[{quoted(key)}] as {table.column(key).sql_type})) as {name(key)}"
        for key in canonical
    )
    more = "".join(f", current_only[{quoted(key)}] as {name(key)}" for key in keys if key not in canonical)
    return f"{f'replace ({replaced})' if replaced else ''}{more}"


def newest_only(connection: duckdb.DuckDBPyConnection, landed: dict[str, int]) -> None:
    """From here on, tables hold the newest version of each key, of rows that nothing holds back.

    An older version, and a row that nobody will see, contradict nothing. All of them stay readable as `main.<table>`.
    """
    connection.execute("create schema newest")
    for table in landed:
        key = ", ".join(name(column) for column in TABLES[table].key)
        held = f"select row_hash, landed_at from main.verdicts where table_name = {quoted(table)}"
        good = f"select * from main.{name(table)} anti join ({held}) using (row_hash, landed_at)"
        several = f"select {key} from ({good}) group by all having count(*) > 1"
        if not one_row(connection, f"select count(*) from ({several})")[0]:  # as most tables are
            connection.execute(f"create view newest.{name(table)} as {good}")
            continue
        last = f"qualify row_number() over (partition by {key} order by known_at desc, row_hash) = 1"
        connection.execute(
            f"create table newest.{name(table)} as select * from ({good}) anti join ({several}) using ({key})"
            f" union all by name (select * from ({good}) semi join ({several}) using ({key}) {last})"
        )
    connection.execute("set search_path = 'newest,main'")
