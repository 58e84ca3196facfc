"""Landing: append rows to the history, each with its three clocks and the hash of its content.

Reads relations that `extract` prepared: the canonical columns, a declared `known_at` (or null), `problem` (what could
not be read, or null) and `source`. Gives a new load: one Parquet file a table and a manifest with checksums, which
appears whole or not at all. Nothing that was landed is ever changed.

- `happened_at` places a fact in a window.
- `known_at` decides whether it is visible: the declared one; else, on a table's first load, `happened_at` plus the
  declared delay, never the arrival; on later loads the arrival.
- `landed_at` identifies a snapshot and is never read by features.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb

from churnrisk.errors import CorruptError, InputError
from churnrisk.history.engine import name, quoted
from churnrisk.store import atomic_folder, sha256_of
from churnrisk.tables import ALWAYS, TABLES, Table

#: The columns that landing adds to the canonical ones.
LANDED_COLUMNS = ("happened_at", "known_at", "landed_at", "source", "problem", "row_hash")
#: `known_at` of tables that describe the company itself.
BEGINNING = datetime(1970, 1, 1)


@dataclass(frozen=True)
class Incoming:
    """Rows of one canonical table, ready to land.

    Attributes:
        table: the canonical table.
        relation: the name of a view or table in the connection with the canonical columns, `known_at`, `problem`
            and `source`.
        delay_days: how long after it happened a fact is known, where it has no declared `known_at`.
    """

    table: str
    relation: str
    delay_days: int = 0


@dataclass(frozen=True)
class Landed:
    """What one load brought.

    Attributes:
        load: its number, from 1; 0 where nothing was new and nothing was written.
        read: rows read, by table.
        new: rows that were new and are now in the history, by table.
    """

    load: int
    read: dict[str, int]
    new: dict[str, int]


def land(
    connection: duckdb.DuckDBPyConnection,
    folder: Path,
    incoming: list[Incoming],
    landed_at: datetime,
    time_zone: str,
    mapping_hash: str = "",
) -> Landed:
    """Append what is new; an identical second load writes nothing.

    Args:
        connection: where the incoming relations are.
        folder: of the history.
        incoming: the relations; a table may occur more than once.
        landed_at: now, in UTC without offset.
        time_zone: the company's, in which a day ends.
        mapping_hash: of the settings that made the relations; a history keeps to one.
    """
    manifests = read_manifests(folder)
    _refuse_other_mapping(folder, manifests, mapping_hash)
    read = {item.table: 0 for item in incoming}
    staged: dict[str, str] = {}
    for position, item in enumerate(incoming):
        relation = f"landing_{position}"
        read[item.table] += _stage(connection, relation, item, manifests, folder, landed_at, time_zone)
        staged[relation] = item.table
    new = _distinct_new(connection, staged, read)
    if not any(new.values()):
        return Landed(0, read, new)
    load = len(manifests) + 1
    with atomic_folder(folder / "loads" / f"{load:06d}") as staging:
        files = {table: _write(connection, table, staging) for table, rows in new.items() if rows}
        manifest = {
            "load": load,
            "landed_at": landed_at.isoformat(),
            "mapping_hash": mapping_hash,
            "tables": files,
        }
        (staging / "manifest.json").write_text(json.dumps(manifest, indent=1), encoding="utf-8")
    return Landed(load, read, new)


def read_manifests(folder: Path) -> list[dict[str, Any]]:
    """The manifests of all loads, in order."""
    manifests = []
    for path in sorted((folder / "loads").glob("[0-9]*/manifest.json")):
        try:
            manifests.append(json.loads(path.read_text(encoding="utf-8")))
        except ValueError as error:
            raise CorruptError(
                f"{path} is damaged", "Restore it from a backup, or move the history away and extract again"
            ) from error
    return manifests


def files_of(folder: Path, manifests: list[dict[str, Any]], table: str) -> list[Path]:
    """The Parquet files of one table, in the order of their loads."""
    return [
        folder / "loads" / f"{manifest['load']:06d}" / f"{table}.parquet"
        for manifest in manifests
        if table in manifest["tables"]
    ]


def relation_of(files: list[Path]) -> str:
    """The SQL that reads these Parquet files."""
    return f"read_parquet([{', '.join(quoted(str(file)) for file in files)}])"


def _refuse_other_mapping(folder: Path, manifests: list[dict[str, Any]], mapping_hash: str) -> None:
    if manifests and manifests[-1]["mapping_hash"] != mapping_hash:
        raise InputError(
            f"The mapping has changed since load {manifests[-1]['load']} of {folder}",
            "Run `churnrisk extract --rebuild`, which sets the old history aside and reads the sources again",
        )


def _stage(
    connection: duckdb.DuckDBPyConnection,
    relation: str,
    item: Incoming,
    manifests: list[dict[str, Any]],
    folder: Path,
    landed_at: datetime,
    time_zone: str,
) -> int:
    """Make a table of the incoming rows that are not in the history; gives the number of rows read."""
    table = TABLES[item.table]
    files = files_of(folder, manifests, item.table)
    connection.execute(
        f"create or replace temp table {relation} as select *, {_row_hash(table)} as row_hash from ("
        f" select {_columns(table)}, {_happened_at(table, time_zone)} as happened_at, known_at as declared_at,"
        f" problem, source from {item.relation})"
    )
    rows = _count(connection, relation)
    if files:
        connection.execute(f"create or replace temp view landed_before as select * from {relation_of(files)}")
        connection.execute(f"delete from {relation} using landed_before b where {_is_known(relation, table)}")
    arrival = "$landed_at::timestamp" if files else f"happened_at + interval {int(item.delay_days)} day"
    connection.execute(
        f"create or replace temp table {relation} as select {_columns(table)}, happened_at,"
        f" coalesce(declared_at, {arrival}, $landed_at::timestamp) as known_at,"
        f" $landed_at::timestamp as landed_at, source, problem, row_hash from {relation}",
        {"landed_at": landed_at},
    )
    return rows


def _columns(table: Table) -> str:
    return ", ".join(f"{name(column.name)}::{column.sql_type} as {name(column.name)}" for column in table.columns)


def _happened_at(table: Table, time_zone: str) -> str:
    if table.happened_at == ALWAYS:
        return f"timestamp '{BEGINNING}'"
    column = name(table.happened_at)
    if table.column(table.happened_at).kind == "date":
        # A day is known at its end: the next local midnight, as an instant in UTC.
        return f"(({column}::date + 1)::timestamp at time zone {quoted(time_zone)}) at time zone 'UTC'"
    return f"{column}::timestamp"


def _row_hash(table: Table) -> str:
    # A length before each value keeps ('ab', 'c') and ('a', 'bc') apart; null differs from the empty text.
    texts = [f"{name(column)}::varchar" for column in table.column_names] + ["declared_at::varchar", "problem"]
    parts = ", ".join(f"coalesce(length({text}) || ':' || {text}, '-')" for text in texts)
    return f"md5_number_lower(concat({parts}))"


def _is_known(relation: str, table: Table) -> str:
    """Whether a row is in the history: any version if it tells its own clock, else one of its key's last load."""
    same_key = " and ".join(f"k.{name(column)} = b.{name(column)}" for column in table.key)
    no_key = " or ".join(f"b.{name(column)} is null" for column in table.key)
    latest = f"(select max(k.landed_at) from landed_before k where {same_key})"
    return (
        f"{relation}.row_hash = b.row_hash and"
        f" ({relation}.declared_at is not null or {no_key} or b.landed_at = {latest})"
    )


def _distinct_new(
    connection: duckdb.DuckDBPyConnection, staged: dict[str, str], read: dict[str, int]
) -> dict[str, int]:
    new = {}
    for table in read:
        parts = " union all ".join(f"from {relation}" for relation, of in staged.items() if of == table)
        connection.execute(
            f"create or replace temp table {name('new_' + table)} as"
            f" select distinct on (row_hash) * from ({parts}) order by row_hash, known_at, source"
        )
        new[table] = _count(connection, name("new_" + table))
        for relation, of in staged.items():
            if of == table:
                connection.execute(f"drop table {relation}")
    return new


def _write(connection: duckdb.DuckDBPyConnection, table: str, staging: Path) -> dict[str, Any]:
    path = staging / f"{table}.parquet"
    relation = name("new_" + table)
    connection.execute(f"copy (from {relation} order by all) to {quoted(str(path))} (format parquet, compression zstd)")
    rows, content = connection.execute(
        f"select count(*), (sum(row_hash) % 18446744073709551616)::varchar from {relation}"
    ).fetchone() or (0, "0")
    connection.execute(f"drop table {relation}")
    return {"rows": rows, "content": content, "sha256": sha256_of(path)}


def _count(connection: duckdb.DuckDBPyConnection, relation: str) -> int:
    row = connection.execute(f"select count(*) from {relation}").fetchone()
    return int(row[0]) if row else 0
