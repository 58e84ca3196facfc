"""Landing: append rows to the history, each with its three clocks and the hash of its content.

Reads relations that `extract` prepared: the canonical columns, a declared `known_at` (or null), `problem` (what could
not be read, or null) and `source`. Gives a new load: one Parquet file a table and a manifest with checksums, which
appears whole or not at all. Nothing that was landed is ever changed.

- `happened_at` places a fact in a window.
- `known_at` decides whether it is visible: the declared one; else, on a table's first load, `happened_at` plus the
  declared delay, or the arrival where that was sooner; on later loads the arrival.
- `landed_at` identifies a snapshot and is never read by features. It rises with the loads.
"""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb

from churnrisk.errors import CannotWriteError, CorruptError, InputError
from churnrisk.history.engine import first_line, name, one_row, quoted
from churnrisk.store import atomic_folder, sha256_of
from churnrisk.tables import ALWAYS, TABLES, Table
from churnrisk.timeline import AsOf

#: The columns that landing adds to the canonical ones.
LANDED_COLUMNS = (
    *("happened_at", "known_at", "landed_at", "source", "problem"),
    *("current_only", "row_hash", "is_declared"),
)
#: `known_at` of tables that describe the company itself.
BEGINNING = datetime(1970, 1, 1)
#: The file, beside those of the tables, of lines that could not be split into cells.
UNREADABLE = "unreadable"


@dataclass(frozen=True)
class Incoming:
    """Rows of one canonical table, ready to land.

    Attributes:
        table: the canonical table.
        relation: the name of a view or table in the connection with the canonical columns, `known_at`, `problem`
            `source` and `current_only`, a map of the values that have no clock.
        delay_days: how long after it happened a fact is known, where it has no declared `known_at`.
        current_only: the names in that map.
    """

    table: str
    relation: str
    delay_days: int = 0
    current_only: tuple[str, ...] = ()


@dataclass(frozen=True)
class Landed:
    """What one load brought.

    Attributes:
        load: its number, from 1; 0 where nothing was new and nothing was written.
        read: rows read, by table.
        new: rows that were new and are now in the history, by table.
        unreadable: lines of the sources that were new and could not be read; kept with the reason.
    """

    load: int
    read: dict[str, int]
    new: dict[str, int]
    unreadable: int = 0


def land(
    connection: duckdb.DuckDBPyConnection,
    folder: Path,
    incoming: list[Incoming],
    landed_at: datetime,
    time_zone: str,
    mapping_hash: str = "",
    unreadable: str = "",
) -> Landed:
    """Append what is new; an identical second load writes nothing.

    Args:
        connection: where the incoming relations are.
        folder: of the history.
        incoming: the relations; a table may occur more than once.
        landed_at: now, in UTC without offset.
        time_zone: the company's, in which a day ends.
        mapping_hash: of the settings that made the relations; a history keeps to one.
        unreadable: the table of lines that no reader could split, if there are any: source, file, line, reason, text.
    """
    manifests = read_manifests(folder)
    compare_checksums(folder, manifests)
    _refuse_other_mapping(folder, manifests, mapping_hash)
    load = len(manifests) + 1
    landed_at = _after(manifests, landed_at)
    _tell_day_end(connection, time_zone)
    read = dict.fromkeys((item.table for item in incoming), 0)
    new = dict(read)
    files: dict[str, Any] = {}
    try:
        with atomic_folder(folder / "loads" / f"{load:06d}") as staging:
            for table in read:
                relations: list[str] = []
                for item in (item for item in incoming if item.table == table):
                    relations.append(f"landing_{len(relations)}")
                    read[table] += _stage(connection, relations[-1], item, manifests, folder, landed_at, time_zone)
                new[table] = _distinct_new(connection, relations)
                if new[table]:
                    files[table] = _write(connection, table, staging)
                connection.execute("drop table new_rows")
            lost = _write_unreadable(connection, folder, manifests, unreadable, staging)
            if not files and not lost["rows"]:
                raise _NothingNewError
            manifest = {
                "load": load,
                "landed_at": landed_at.isoformat(),
                "mapping_hash": mapping_hash,
                "tables": files,
                "unreadable": lost,
                "current_only": {
                    table: sorted({key for item in incoming if item.table == table for key in item.current_only})
                    for table in read
                },
            }
            (staging / "manifest.json").write_text(json.dumps(manifest, indent=1), encoding="utf-8")
    except _NothingNewError:
        return Landed(0, read, new)
    return Landed(load, read, new, lost["rows"])


class _NothingNewError(Exception):
    """Takes the staging folder away again where there is nothing to put into it."""


def compare_checksums(folder: Path, manifests: list[dict[str, Any]]) -> None:
    """Raise CorruptError, before anything is read, where a landed file is not what it was when it was written."""
    for manifest in manifests:
        written = {UNREADABLE: manifest["unreadable"]} if manifest["unreadable"]["rows"] else {}
        for table, facts in {**manifest["tables"], **written}.items():
            path = folder / "loads" / f"{manifest['load']:06d}" / f"{table}.parquet"
            if not path.is_file() or sha256_of(path) != facts["sha256"]:
                raise CorruptError(
                    f"{path} is missing or damaged: it does not match its checksum",
                    "Restore it from a backup, or run `churnrisk extract --rebuild`",
                    file=str(path),
                )


def read_manifests(folder: Path) -> list[dict[str, Any]]:
    """The manifests of all loads, in order; raises CorruptError where a load is missing or its manifest damaged."""
    manifests = []
    for number, load in enumerate(sorted((folder / "loads").glob("[0-9]*")), start=1):
        path = load.with_name(f"{number:06d}") / "manifest.json"
        try:
            manifest = json.loads(path.read_text(encoding="utf-8"))
            if manifest["load"] != number or not _is_whole(manifest):
                raise ValueError(f"it says {manifest['load']}")
        except (ValueError, OSError, KeyError, TypeError) as error:
            raise CorruptError(
                f"{path} is missing or damaged",
                "Restore it from a backup, or move the history away and extract again",
                file=str(path),
            ) from error
        manifests.append(manifest)
    return manifests


def _is_whole(manifest: dict[str, Any]) -> bool:
    """Whether everything is there that readers ask for."""
    datetime.fromisoformat(manifest["landed_at"])
    tables = {table: (facts["rows"], facts["sha256"]) for table, facts in manifest["tables"].items()}
    kept = (manifest["unreadable"]["rows"], manifest["unreadable"]["sha256"], dict(manifest["current_only"]))
    return set(tables) <= set(TABLES) and isinstance(manifest["mapping_hash"], str) and bool(kept)


def _after(manifests: list[dict[str, Any]], landed_at: datetime) -> datetime:
    """Now, or just after the last load where the machine's clock was put back: a later load is never an earlier one."""
    if not manifests:
        return landed_at
    return max(landed_at, datetime.fromisoformat(manifests[-1]["landed_at"]) + timedelta(microseconds=1))


def files_of(folder: Path, manifests: list[dict[str, Any]], table: str) -> list[Path]:
    """The Parquet files of one table, or of the unreadable lines, in the order of their loads."""

    def has(manifest: dict[str, Any]) -> bool:
        return bool(manifest["unreadable"]["rows"] if table == UNREADABLE else table in manifest["tables"])

    return [
        folder / "loads" / f"{manifest['load']:06d}" / f"{table}.parquet" for manifest in manifests if has(manifest)
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
    # What happened is known after its delay, and what is here is known: the sooner counts.
    delayed = f"least(happened_at + interval {int(item.delay_days)} day, $landed_at::timestamp)"
    arrival = "$landed_at::timestamp" if files else delayed
    connection.execute(
        f"create or replace temp table {relation} as select {_columns(table)}, happened_at,"
        f" coalesce(declared_at, {arrival}, $landed_at::timestamp) as known_at, $landed_at::timestamp as landed_at,"
        f" source, problem, current_only, {_row_hash(table)} as row_hash, declared_at is not null as is_declared"
        f" from ({_placed(table, item.relation, time_zone)})",
        {"landed_at": landed_at},
    )
    rows = _count(connection, relation)
    if files:
        # A row that landed before its time was held back for it, and is news when its time has come.
        time = "known_at" if table.announced else "greatest(happened_at, known_at)"
        connection.execute(
            f"create or replace temp view landed_before as select * from {relation_of(files)}"
            f" where not coalesce(landed_at < {time} and {time} <= timestamp '{landed_at}', false)"
        )
        _drop_known(connection, relation, table)
    return rows


def _columns(table: Table) -> str:
    return ", ".join(f"{name(column.name)}::{column.sql_type} as {name(column.name)}" for column in table.columns)


def _placed(table: Table, relation: str, time_zone: str) -> str:
    """The incoming rows with `happened_at`; their own known_at becomes `declared_at`."""
    rows = f"select * exclude (known_at), known_at as declared_at from {relation}"
    if table.happened_at == ALWAYS:
        return f"select *, timestamp '{BEGINNING}' as happened_at from ({rows})"
    column = name(table.happened_at)
    if table.column(table.happened_at).kind != "date":
        return f"select *, {column}::timestamp as happened_at from ({rows})"
    # A day is known at its end: the next local midnight, as an instant in UTC. Time zones are slow: once for each day.
    # The ends are those of `timeline`: DuckDB has time zones of its own, an hour off where a law has just changed.
    end = f"((day::date + 1)::timestamp at time zone {quoted(time_zone)}) at time zone 'UTC'"
    end = f"case when day::date between '1970-01-01' and '2200-01-01' then day_end(day::date) else {end} end"
    return (
        f"with incoming as materialized ({rows}), days as materialized (select distinct {column} as day from incoming)"
        f" select i.*, e.happened_at from incoming i"
        f" left join (select day, {end} as happened_at from days) e on e.day = i.{column}"
    )


def _tell_day_end(connection: duckdb.DuckDBPyConnection, time_zone: str) -> None:
    """Let SQL ask `timeline` for the end of a day."""
    with suppress(duckdb.InvalidInputException):
        connection.remove_function("day_end")
    connection.create_function("day_end", lambda day: AsOf(day, time_zone).instant, ["DATE"], "TIMESTAMP")


def _row_hash(table: Table) -> str:
    """The hash of a row's content. Texts carry their length, so that ('ab', 'c') and ('a', 'bc') stay apart."""

    def part(column: str, is_text: bool) -> str:
        text = f"{name(column)}::varchar"
        return f"coalesce(length({text}) || ':' || {text}, '-')" if is_text else f"coalesce({text}, '-'), '|'"

    parts = [part(column.name, column.kind == "text") for column in table.columns]
    more = [part("declared_at", False), part("problem", True), part("current_only", True)]
    return f"md5_number_lower(concat({', '.join([*parts, *more])}))"


def _drop_known(connection: duckdb.DuckDBPyConnection, relation: str, table: Table) -> None:
    """Drop what is in the history.

    A row that tells its own clock is known if it ever landed. Any other is known if it landed and the last version of
    its key is still among what comes in; otherwise the source has gone back to it, and that is news.
    """
    no_key = " or ".join(f"{name(column)} is null" for column in table.key)
    connection.execute(
        f"delete from {relation} where (is_declared or {no_key}) and row_hash in (select row_hash from landed_before)"
    )
    if not one_row(connection, f"select count(*) from {relation} where not is_declared")[0]:
        return
    key = ", ".join(name(column) for column in table.key)
    connection.execute(
        f"delete from {relation} where not is_declared and row_hash in (select row_hash from landed_before)"
        f" and ({key}) in (select ({key}) from landed_before join"
        f" (select {key}, max(landed_at) as landed_at from landed_before group by all) using ({key}, landed_at)"
        f" where row_hash in (select row_hash from {relation}))"
    )


def _distinct_new(connection: duckdb.DuckDBPyConnection, relations: list[str]) -> int:
    """Bring the staged rows of one table together in `new_rows`, each content once; gives how many there are."""
    parts = " union all ".join(f"from {relation}" for relation in relations)
    connection.execute(f"create or replace temp view staged_rows as {parts}")
    # Few rows repeat: only those are sorted, because a row may carry a long text.
    connection.execute(
        "create or replace temp table repeated as select row_hash from staged_rows group by all having count(*) > 1"
    )
    connection.execute(
        "create or replace temp table new_rows as"
        " select * from staged_rows where row_hash not in (from repeated) union all"
        " (select distinct on (row_hash) * from staged_rows where row_hash in (from repeated)"
        " order by row_hash, known_at, source)"
    )
    connection.execute("drop view staged_rows")
    for relation in relations:
        connection.execute(f"drop table {relation}")
    return _count(connection, "new_rows")


def _write(connection: duckdb.DuckDBPyConnection, table: str, staging: Path) -> dict[str, Any]:
    path = staging / f"{table}.parquet"
    order = ", ".join(name(column) for column in TABLES[table].key)
    try:
        connection.execute(
            f"copy (select * from new_rows order by {order}, row_hash)"
            f" to {quoted(str(path))} (format parquet, compression zstd)"
        )
    except duckdb.IOException as error:  # the rows have been read: what fails is the disk
        said = first_line(error)
        raise CannotWriteError(
            f"{path.parent.parent} could not be written: {said}", "Make room or choose another folder, then start again"
        ) from error
    rows, content = one_row(
        connection, "select count(*), (sum(row_hash) % 18446744073709551616)::varchar from new_rows"
    )
    return {"rows": rows, "content": content, "sha256": sha256_of(path)}


def _write_unreadable(
    connection: duckdb.DuckDBPyConnection, folder: Path, manifests: list[dict[str, Any]], relation: str, staging: Path
) -> dict[str, Any]:
    """Keep the lines that could not be read and are not there yet; the line's number is no part of what it is."""
    if not relation or not _count(connection, relation):
        return {"rows": 0, "sha256": ""}
    before = files_of(folder, manifests, UNREADABLE)
    known = f" where (source, reason, text) not in (select (source, reason, text) from {relation_of(before)})"
    path = staging / f"{UNREADABLE}.parquet"
    new = f"select distinct on (source, reason, text) * from {relation}{known if before else ''}"
    rows = _count(connection, f"({new})")
    if not rows:
        return {"rows": 0, "sha256": ""}
    connection.execute(f"copy ({new} order by source, file, line) to {quoted(str(path))} (format parquet)")
    return {"rows": rows, "sha256": sha256_of(path)}


def _count(connection: duckdb.DuckDBPyConnection, relation: str) -> int:
    return int(one_row(connection, f"select count(*) from {relation}")[0])
