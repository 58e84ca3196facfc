"""The rows behind the verdicts: for whoever has to mend them at the source."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import duckdb

from churnrisk.history import connect, name, quoted, read_manifests
from churnrisk.history.landing import UNREADABLE, compare_checksums, files_of, relation_of
from churnrisk.settings import Settings
from churnrisk.tables import TABLES
from churnrisk.validate.landed import open_landed
from churnrisk.validate.verdicts import read_verdicts, verdicts_file


@dataclass(frozen=True)
class HeldRow:
    """A row that one rule holds back, or a line that could not be read.

    Attributes:
        table: the canonical table; `line` for a line that could not be read.
        key: its key, as `account_id=17, day=2026-03-01`; for a line its file and number.
        rule: what it breaks.
        says: what that means.
        problem: the cells that could not be read, or the line itself.
        source: the source it comes from.
    """

    table: str
    key: str
    rule: str
    says: str
    problem: str
    source: str


def held_rows(history: Path, settings: Settings, most: int = 100_000) -> list[HeldRow]:
    """The rows that are held back, once for each rule they break, and the lines that could not be read."""
    manifests = read_manifests(history)
    compare_checksums(history, manifests)
    verdicts = read_verdicts(history, settings)
    connection = connect()
    try:
        open_landed(connection, history, manifests)
        broken = f"read_parquet({quoted(str(verdicts_file(history, settings)))})"
        connection.execute(f"create view broken as from {broken}")
        tables = [table for table, rows in verdicts.held.items() if rows]
        found = [row for table in tables for row in _of_table(connection, table, verdicts.says, most)]
        return [*found, *_lines(connection, files_of(history, manifests, UNREADABLE), most)][:most]
    finally:
        connection.close()


def _of_table(connection: duckdb.DuckDBPyConnection, table: str, says: dict[str, str], most: int) -> list[HeldRow]:
    key = ", ".join(f"{quoted(column + '=')} || coalesce({name(column)}::varchar, '?')" for column in TABLES[table].key)
    rows = connection.execute(
        f"select concat_ws(', ', {key}), b.rule, case b.rule when 'is_readable' then r.problem else '' end, r.source"
        f" from {name(table)} r join broken b using (row_hash, landed_at)"
        f" where b.table_name = {quoted(table)} order by all limit {most}"
    ).fetchall()
    return [
        HeldRow(table, key, rule, says.get(f"{table}.{rule}", ""), problem, source)
        for key, rule, problem, source in rows
    ]


def _lines(connection: duckdb.DuckDBPyConnection, files: list[Path], most: int) -> list[HeldRow]:
    if not files:
        return []
    rows = connection.execute(
        f"select file || ', line ' || line, reason, text, source from {relation_of(files)}"
        f" order by source, file, line limit {most}"
    ).fetchall()
    return [HeldRow("line", key, "is_a_whole_line", reason, text, source) for key, reason, text, source in rows]
