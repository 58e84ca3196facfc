"""DuckDB as the history uses it: in memory, in UTC, within a memory bound, with nothing fetched from outside."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb

#: Where DuckDB starts to spill to disk.
MEMORY_LIMIT = "2GB"


def connect(spill: Path | None = None, threads: int = 2) -> duckdb.DuckDBPyConnection:
    """A new in-memory database; `spill` is the folder for what does not fit."""
    connection = _silent(duckdb.connect(":memory:"))
    connection.execute(f"set memory_limit = '{MEMORY_LIMIT}'")
    connection.execute(f"set threads = {threads}")
    connection.execute("set global TimeZone = 'UTC'")  # for its cursors too, whatever the zone of the machine
    connection.execute("set autoinstall_known_extensions = false")
    connection.execute("set preserve_insertion_order = false")
    if spill is not None:
        spill.mkdir(parents=True, exist_ok=True)
        connection.execute(f"set temp_directory = {quoted(str(spill))}")
    return connection


def cursor_of(connection: duckdb.DuckDBPyConnection) -> duckdb.DuckDBPyConnection:
    """A cursor on the same database, for answers that must not meet others."""
    return _silent(connection.cursor())


def _silent(connection: duckdb.DuckDBPyConnection) -> duckdb.DuckDBPyConnection:
    """Without the progress bar that DuckDB draws on stdout, into our answers, where Python seems to be interactive."""
    connection.execute("set enable_progress_bar = false")
    return connection


def quoted(text: str) -> str:
    """A SQL string literal."""
    return "'" + text.replace("'", "''") + "'"


def name(identifier: str) -> str:
    """A quoted SQL identifier."""
    return '"' + identifier.replace('"', '""') + '"'


def first_line(error: Exception) -> str:
    """What DuckDB said, without the lines that point into the SQL."""
    return str(error).strip().splitlines()[0].rstrip(".")


def one_row(connection: duckdb.DuckDBPyConnection, sql: str) -> tuple[Any, ...]:
    """The only row of an answer, fetched to its end: DuckDB keeps a connection busy with an answer that is not."""
    (row,) = connection.execute(sql).fetchall()
    return tuple(row)
