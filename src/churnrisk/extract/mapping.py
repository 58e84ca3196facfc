"""From a source's columns to canonical columns.

Reads the views that `files` opened and the mapping of `churnrisk.toml`. Gives relations that can land: each canonical
column cast to its declared type, times in UTC, and `problem` naming the cells that could not be read.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import duckdb

from churnrisk.errors import InputError, SettingsError
from churnrisk.extract.files import open_source
from churnrisk.history import Incoming, first_line, name, one_row, quoted
from churnrisk.settings import Mapping, Settings, Source
from churnrisk.tables import TABLES, Column

#: A text that is a day, or a day and a time of day, and says nothing of a time zone.
_LOCAL = r"^\d+[-/]\d+[-/]\d+([T ]+\d+:\d+(:\d+(\.\d+)?)?)?$"
#: Between the names of the sources that rows come from.
SEPARATOR = "+"
_GAP_BEFORE_OFFSET = r"\s+([+-]\d)"


@dataclass(frozen=True)
class Placed:
    """A mapping and where it stands in churnrisk.toml, for messages.

    Attributes:
        mapping: what the file says, or what was made of it.
        settings: all of the file.
        position: of the mapping among those of the file.
        event: the status whose moment on a row makes its events, where it is one of several.
    """

    mapping: Mapping
    settings: Settings
    position: int
    event: str = ""

    def place(self, *steps: str) -> str:
        """The file and the line of a key of this mapping."""
        steps = ("events", self.event) if self.event and steps == ("columns", "at") else steps
        return self.settings.place("mapping", self.position, *steps)


def map_export(
    connection: duckdb.DuckDBPyConnection, settings: Settings, scratch: Path | None = None
) -> list[Incoming]:
    """Open every source and prepare every mapped table.

    Args:
        connection: where sources and prepared tables become views.
        settings: the sources and their mapping.
        scratch: for copies of files in another encoding.

    Raises:
        InputError: a file is missing or unreadable, or an expression does not fit its source.
        SettingsError: the mapping names a table, a column or a source that is not there.
    """
    if settings.export.canonical:
        mappings = _canonical_mappings(connection, settings.export_folder)
    else:
        mappings = list(settings.mapping)
        for label, source in settings.sources.items():
            if any(re.search(rf"\b{re.escape(label)}\b", mapping.source) for mapping in mappings):
                open_source(connection, label, source, settings.export_folder, scratch)
    if not mappings:
        raise InputError(
            "No source is mapped to a canonical table",
            "Let `churnrisk init FOLDER` propose a mapping, or write [[mapping]] blocks in churnrisk.toml",
        )
    placed = [Placed(mapping, settings, position) for position, mapping in enumerate(mappings)]
    for one in placed:
        _refuse_unknown(one)
    parts = [part for one in placed for part in _one_for_each_event(one)]
    return [_prepare(connection, number, part) for number, part in enumerate(parts)]


def _refuse_unknown(placed: Placed) -> None:
    """Stop at a mapping that names what is not declared, or leaves out what a table cannot do without."""
    mapping = placed.mapping
    if mapping.table not in TABLES:
        raise SettingsError(
            f"{placed.place('table')}: no canonical table is called {mapping.table}", f"Use one of {', '.join(TABLES)}"
        )
    table = TABLES[mapping.table]
    for column in mapping.columns:
        if column not in table.column_names:
            raise SettingsError(
                f"{placed.place('columns', column)}: {table.name} has no column {column}",
                f"Use some of {', '.join(table.column_names)}, or say it under [mapping.current_only]",
            )
        if column in mapping.current_only:
            raise SettingsError(
                f"{placed.place('current_only', column)}: {column} is under columns and under current_only",
                "Keep one of the two",
            )
    _refuse_odd_events(placed)
    made = ("at", "seq", "field", "value") if mapping.events else ()
    for column in table.required:
        if column not in (*mapping.columns, *made):
            raise SettingsError(
                f"{placed.place()}: {table.name} cannot do without {column}",
                f"Say under [mapping.columns] where it comes from; {table.name} needs {', '.join(table.required)}",
            )


def _refuse_odd_events(placed: Placed) -> None:
    """Stop at events of a table that has none, or at a column that they make and that is said as well."""
    mapping = placed.mapping
    if mapping.events and mapping.table != "ticket_events":
        raise SettingsError(
            f"{placed.place('events')}: only ticket_events are made of moments on one row", "Remove [mapping.events]"
        )
    for column in ("at", "seq", "value") if mapping.events else ():
        if column in mapping.columns:
            raise SettingsError(
                f"{placed.place('columns', column)}: {column} is under columns and is made by events",
                f"Remove {column}, or [mapping.events]",
            )


def _one_for_each_event(placed: Placed) -> list[Placed]:
    """A mapping for each moment on a snapshot row; the mapping itself where there are none."""
    mapping = placed.mapping
    if not mapping.events:
        return [placed]
    parts = []
    for seq, (status, moment) in enumerate(mapping.events.items()):
        made = {"at": moment, "seq": str(seq), "value": quoted(status)}
        change = {"columns": {"field": "'status'", **mapping.columns, **made}, "events": {}}
        parts.append(replace(placed, mapping=mapping.model_copy(update=change), event=status))
    return parts


def _canonical_mappings(connection: duckdb.DuckDBPyConnection, folder: Path) -> list[Mapping]:
    """One mapping for each file that is called like a canonical table; its columns keep their names."""
    mappings = []
    for table in TABLES.values():
        found = [file for file in sorted(folder.glob(f"{table.name}.*")) if file.is_file()]
        if not found:
            continue
        open_source(connection, table.name, Source(path=found[0].name), folder)
        there = _types(connection, f"select * from {name(table.name)}")
        missing = [column for column in table.required if column not in there]
        if missing:
            raise InputError(
                f"{found[0]} has no column {missing[0]}", f"Export it; {table.name} needs {', '.join(table.required)}"
            )
        mappings.append(
            Mapping.model_validate(
                {
                    "table": table.name,
                    "from": table.name,
                    "columns": {column: name(column) for column in table.column_names if column in there},
                    "known_at": "known_at" if "known_at" in there else "",
                    "time_zone": "UTC",
                }
            )
        )
    if not mappings:
        raise InputError(
            f"{folder} has no file called like a canonical table",
            "Pass --export FOLDER, or map the files in churnrisk.toml",
            folder=str(folder),
        )
    return mappings


def _prepare(connection: duckdb.DuckDBPyConnection, number: int, placed: Placed) -> Incoming:
    company_zone = placed.settings.company.time_zone
    source = _source(placed.mapping)
    mapping = _with_columns_quoted(connection, placed, source)
    table = TABLES[mapping.table]
    zone = mapping.time_zone or company_zone
    conditions = [f"({mapping.where})"] if mapping.where else []
    if placed.event:  # a moment that has not come is no event
        conditions.append(f"nullif(trim(({mapping.columns['at']})::varchar), '') is not null")
    where = f" where {' and '.join(conditions)}" if conditions else ""
    raw = {**mapping.columns, **({"known_at": mapping.known_at} if mapping.known_at else {})}
    own = {f"current_only.{key}": expression for key, expression in mapping.current_only.items()}
    selected = ", ".join(f"({expression}) as {name(column)}" for column, expression in {**raw, **own}.items())
    try:
        types = _types(connection, f"select {selected} from ({source}){where}")
    except duckdb.Error as error:
        raise _unfitting(connection, replace(placed, mapping=mapping), source, error) from error
    casts, problems = [], []
    for column in table.columns:
        if column.name not in raw:
            casts.append(f"null::{column.sql_type} as {name(column.name)}")
            continue
        # A day is one of the company's, whatever zone the source tells its times in.
        cast = _cast(column, types[column.name], company_zone if column.kind == "date" else zone)
        casts.append(f"{cast} as {name(column.name)}")
        if column.kind != "text" and not _always_fits(column, types[column.name]):
            text = f"{name(column.name)}::varchar"
            problems.append(
                f"case when nullif(trim({text}), '') is not null and ({cast}) is null"
                f" then {quoted(column.name + ' cannot be read as ' + column.kind + ': ')} || left({text}, 80) end"
            )
    known = _cast(Column("known_at", "timestamp", ""), types["known_at"], zone) if mapping.known_at else "null"
    problem = f"nullif(concat_ws('; ', {', '.join(problems)}), '')" if problems else "null::varchar"
    relation = f"incoming_{number}_{table.name}"
    connection.execute(
        f"create or replace view {relation} as select {', '.join(casts)}, {known}::timestamp as known_at,"
        f" {problem} as problem, {quoted(_label(connection, placed))} as source,"
        f" {_current_only(list(own))} as current_only"
        f" from (select {selected} from ({source}){where})"
    )
    return Incoming(table.name, relation, mapping.delay_days, tuple(mapping.current_only))


def _source(mapping: Mapping) -> str:
    """The SELECT that gives the rows."""
    return mapping.source if _is_select(mapping.source) else f"select * from {name(mapping.source)}"


def _with_columns_quoted(connection: duckdb.DuckDBPyConnection, placed: Placed, source: str) -> Mapping:
    """The mapping in which an expression that is the name of a column is that column, whatever letters it has."""
    mapping = placed.mapping
    try:
        there = {column.lower(): column for column in _types(connection, source)}
    except duckdb.Error as error:
        raise _unfitting(connection, placed, source, error) from error

    def quoted_name(expression: str) -> str:
        column = there.get(expression.strip().lower())
        return name(column) if column else expression

    change = {
        "columns": {key: quoted_name(expression) for key, expression in mapping.columns.items()},
        "current_only": {key: quoted_name(expression) for key, expression in mapping.current_only.items()},
        "known_at": quoted_name(mapping.known_at),
    }
    return mapping.model_copy(update=change)


def _is_select(source: str) -> bool:
    return source.lstrip().lower().startswith(("select", "with", "from", "("))


def _current_only(columns: list[str]) -> str:
    """Values without a clock as texts, by name."""
    if not columns:
        return "null::map(varchar, varchar)"
    keys = ", ".join(quoted(column.partition(".")[2]) for column in columns)
    values = ", ".join(f"nullif(trim({name(column)}::varchar), '')" for column in columns)
    return f"map([{keys}], [{values}])"


def _label(connection: duckdb.DuckDBPyConnection, placed: Placed) -> str:
    """The names of the sources that the rows come from."""
    if not _is_select(placed.mapping.source):
        return placed.mapping.source
    read = _read_from(connection, placed.mapping.source)
    named = sorted(source for source in placed.settings.sources if source.lower() in read)
    return SEPARATOR.join(named) or placed.mapping.table


def _read_from(connection: duckdb.DuckDBPyConnection, select: str) -> set[str]:
    """The names after FROM and JOIN, in lower case; DuckDB's own list of them leaves out views, which sources are."""
    found = set()

    def note(node: dict[str, Any]) -> dict[str, Any]:
        if node.get("type") == "BASE_TABLE":
            found.add(str(node["table_name"]).lower())
        return node

    json.loads(one_row(connection, f"select json_serialize_sql({quoted(select)})")[0], object_hook=note)
    return found


def _cast(column: Column, sql_type: str, zone: str) -> str:
    """The column as its declared type; null where it cannot be read."""
    raw = name(column.name)
    if column.kind == "text":
        if sql_type in ("DOUBLE", "FLOAT"):  # ids that became decimals where one was missing: 17.0 is 17
            whole = f"{raw} = trunc({raw}) and abs({raw}) < 1e15"
            raw = f"(case when {whole} then {raw}::bigint::varchar else {raw}::varchar end)"
        return f"nullif(trim({raw}::varchar), '')"
    if column.kind == "timestamp":
        return _instant(raw, sql_type, zone)
    if sql_type == "VARCHAR":
        raw = f"nullif(trim({raw}), '')"
    if column.kind == "date":
        if sql_type == "TIMESTAMP WITH TIME ZONE":
            raw = f"({raw} at time zone {quoted(zone)})"
        return f"try_cast({raw} as date)"
    if column.kind == "number":
        # Infinity and NaN are no quantities.
        return f"(case when isfinite(try_cast({raw} as double)) then try_cast({raw} as double) end)"
    if column.kind == "integer" and sql_type not in ("BIGINT", "INTEGER"):
        # 3.7 is no whole number; a cast alone would make it 4.
        return f"(case when try_cast({raw} as bigint) = try_cast({raw} as double) then try_cast({raw} as bigint) end)"
    return f"try_cast({raw} as {column.sql_type})"


def _always_fits(column: Column, sql_type: str) -> bool:
    """Whether every value of that type is one of the column's: then no cell can be a problem."""
    dates = ("DATE", "TIMESTAMP", "TIMESTAMP WITH TIME ZONE")
    fitting = {"timestamp": dates, "date": dates, "integer": ("BIGINT", "INTEGER"), "boolean": ("BOOLEAN",)}
    return sql_type in fitting.get(column.kind, ())


def _instant(raw: str, sql_type: str, zone: str) -> str:
    """The moment in UTC."""
    if sql_type == "TIMESTAMP WITH TIME ZONE":
        return f"({raw} at time zone 'UTC')"
    if zone == "UTC" and sql_type == "TIMESTAMP":
        return raw
    if sql_type != "VARCHAR":
        return _local(raw, zone)
    # As a timestamp, DuckDB reads "10:00 UTC" as 10:00 and drops the rest without a word; and it knows "now".
    raw = f"trim({raw})"
    zoned = f"try_cast(regexp_replace({raw}, '{_GAP_BEFORE_OFFSET}', '\\1') as timestamptz) at time zone 'UTC'"
    return (
        f"(case when regexp_matches({raw}, '{_LOCAL}') then {_local(raw, zone)}"
        f" when regexp_matches({raw}, '^\\d') then {zoned} end)"
    )


def _local(raw: str, zone: str) -> str:
    return f"((try_cast({raw} as timestamp) at time zone {quoted(zone)}) at time zone 'UTC')"


def _types(connection: duckdb.DuckDBPyConnection, select: str) -> dict[str, str]:
    return {row[0]: row[1] for row in connection.execute(f"describe {select}").fetchall()}


def _unfitting(
    connection: duckdb.DuckDBPyConnection, placed: Placed, source: str, error: duckdb.Error
) -> InputError | SettingsError:
    """Find what does not fit, so that the message can name its line."""
    mapping, settings = placed.mapping, placed.settings
    if not _is_select(mapping.source) and mapping.source not in settings.sources and not settings.export.canonical:
        return SettingsError(
            f"{placed.place('from')}: there is no source called {mapping.source}",
            f"Use one of {', '.join(settings.sources) or 'those you name under [sources]'}, or a SELECT over them",
        )
    try:
        there = _types(connection, source)
    except duckdb.Error as own:
        return _does_not_fit(placed, ("from",), "from", own)
    parts = [("columns", mapping.columns), ("current_only", mapping.current_only)]
    keys = [((part, key), expression) for part, columns in parts for key, expression in columns.items()]
    for steps, expression in [
        *keys,
        (("known_at",), mapping.known_at or "null"),
        (("where",), mapping.where or "true"),
    ]:
        try:
            _types(connection, f"select ({expression}) from ({source})")
        except duckdb.Error as own:
            key = placed.event if placed.event and steps == ("columns", "at") else steps[-1]
            return _does_not_fit(placed, steps, key, own, there)
    return _does_not_fit(placed, (), "it", error)


def _does_not_fit(
    placed: Placed, steps: tuple[str, ...], key: str, error: duckdb.Error, there: dict[str, str] | None = None
) -> InputError:
    columns = f"; its source has {', '.join(list(there)[:30])}" if there else ""
    divided = there is not None and len(there) == 1 and any(mark in next(iter(there)) for mark in ";,|\t")
    step = "Set `options = { delim = ... }` of the source: its header was not divided" if divided else "Correct it"
    return InputError(
        f"{placed.place(*steps)}: {placed.mapping.table}.{key} does not fit its source: {first_line(error)}{columns}",
        step,
        table=placed.mapping.table,
        column=key,
    )
