"""Small histories for tests: text tables in, a real history on disk out.

The way is the product's own: the rows become a Parquet source, a mapping reads them, landing appends them.
"""

from __future__ import annotations

import tempfile
from collections.abc import Mapping as Mappings
from datetime import date, datetime
from functools import cache
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from churnrisk.extract.mapping import map_export
from churnrisk.history import History, Incoming, Landed, connect, land
from churnrisk.settings import Settings
from churnrisk.tables import ALWAYS, TABLES, Table
from churnrisk.timeline import AsOf

#: When rows land where a test does not say: after everything that any test tells of.
LATER = datetime(2030, 1, 1)
#: Since when accounts exist that a test does not make.
LONG_AGO = "2020-01-01 00:00"

Row = dict[str, str | None]
Tables = Mappings[str, str | list[Row]]


def rows_of(text: str) -> list[Row]:
    """The rows of a text table: a header, then one row a line, cells between `|`; an empty cell is empty."""
    lines = [line for line in text.splitlines() if line.strip()]
    header, *body = ([cell.strip() or None for cell in line.split("|")] for line in lines)
    return [dict(zip(header, cells, strict=True)) for cells in body]


def completed(tables: Tables) -> dict[str, list[Row]]:
    """The rows of each table, with what a test need not say: numbers as keys, and the accounts that rows name."""
    given = {name: rows_of(rows) if isinstance(rows, str) else list(rows) for name, rows in tables.items()}
    full = {name: _with_keys(TABLES[name], rows) for name, rows in given.items()}
    if "accounts" not in full:
        named = sorted({row["account_id"] for rows in full.values() for row in rows if row.get("account_id")})
        full["accounts"] = [{"account_id": account, "created_at": LONG_AGO} for account in named]
    return full


def _with_keys(table: Table, rows: list[Row]) -> list[Row]:
    columns = {column for row in rows for column in row}
    placed = None if table.happened_at == ALWAYS else table.happened_at
    absent = [column for column in table.key if column not in columns and column != placed]
    return [{**dict.fromkeys(absent, str(number)), **row} for number, row in enumerate(rows, start=1)]


def land_rows(
    folder: Path,
    tables: Tables,
    landed_at: datetime = LATER,
    time_zone: str = "UTC",
    delay_days: int = 0,
    mapping_hash: str = "",
) -> Landed:
    """Land text tables (or rows) as they are given; a column `known_at` is the declared clock.

    Args:
        folder: of the history.
        tables: by canonical name.
        landed_at: when they arrive, in UTC.
        time_zone: the company's; times without an offset are local to it.
        delay_days: how long after it happened a fact is known.
        mapping_hash: as `land` compares it.
    """
    with tempfile.TemporaryDirectory() as export:
        sources, mappings = {}, []
        for name, given in tables.items():
            rows = rows_of(given) if isinstance(given, str) else given
            columns = list(dict.fromkeys(column for row in rows for column in row))
            cells = {column: pa.array([row.get(column) for row in rows], pa.string()) for column in columns}
            pq.write_table(pa.table(cells), Path(export) / f"{name}.parquet")
            sources[f"given_{name}"] = {"path": f"{name}.parquet"}
            mapping = {"table": name, "from": f"given_{name}", "delay_days": delay_days}
            mapping["columns"] = {column: f'"{column}"' for column in columns if column != "known_at"}
            mappings.append(mapping | ({"known_at": "known_at"} if "known_at" in columns else {}))
        settings = Settings.model_validate(
            {
                "company": {"time_zone": time_zone},
                "export": {"folder": export},
                "sources": sources,
                "mapping": mappings,
            }
        )
        return land(_workbench(), folder, map_export(_workbench(), settings), landed_at, time_zone, mapping_hash)


@cache
def _workbench() -> duckdb.DuckDBPyConnection:
    # One for all landings of a process: opening one takes longer than a small landing.
    return connect()


def moment(day: str, time_zone: str = "UTC") -> AsOf:
    """The end of that ISO day."""
    return AsOf(date.fromisoformat(day), time_zone)


def seen(folder: Path, table: str, as_of: str, columns: str = "*", time_zone: str = "UTC") -> list[tuple[object, ...]]:
    """The rows of a table as they were known at the end of that day, ordered."""
    history = History(folder, time_zone)
    frame = history.upto(moment(as_of, time_zone)).arrow(f"select {columns} from {table} order by all")
    return [tuple(row.values()) for row in frame.to_pylist()]


def incoming(
    connection: duckdb.DuckDBPyConnection, table: str, columns: dict[str, str], rows: str = "range(1) r(i)"
) -> Incoming:
    """Rows ready to land that no file tells of: SQL expressions over `rows`, null for the columns not given."""
    given = {"known_at": "null::timestamp", "problem": "null::varchar", "source": "'test'"} | columns
    given |= {"current_only": "null::map(varchar, varchar)"}
    declared = {column.name: f"null::{column.sql_type}" for column in TABLES[table].columns}
    selected = ", ".join(f'{expression} as "{column}"' for column, expression in (declared | given).items())
    connection.execute(f"create view incoming_{table} as select {selected} from {rows}")
    return Incoming(table, f"incoming_{table}")
