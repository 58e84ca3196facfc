"""From a source's columns to canonical columns.

Reads the views that `files` opened and the mapping of `churnrisk.toml`. Gives relations that can land: each canonical
column cast to its declared type, times in UTC, and `problem` naming the cells that could not be read.
"""

from __future__ import annotations

from pathlib import Path

import duckdb

from churnrisk.errors import InputError, SettingsError
from churnrisk.extract.files import open_source
from churnrisk.history import Incoming, first_line, name, quoted
from churnrisk.settings import Mapping, Settings, Source
from churnrisk.tables import TABLES, Column

#: A text that is a day, or a day and a time of day, and says nothing of a time zone.
_LOCAL = r"^\d+[-/]\d+[-/]\d+([T ]+\d+:\d+(:\d+(\.\d+)?)?)?$"
_GAP_BEFORE_OFFSET = r"\s+([+-]\d)"


def map_export(connection: duckdb.DuckDBPyConnection, settings: Settings) -> list[Incoming]:
    """Open every source and prepare every mapped table.

    Raises:
        InputError: a file is missing or unreadable, or an expression does not fit its source.
    """
    if settings.export.canonical:
        mappings = _canonical_mappings(connection, settings.export_folder)
    else:
        for label, source in settings.sources.items():
            open_source(connection, label, source, settings.export_folder)
        mappings = list(settings.mapping)
    if not mappings:
        raise InputError(
            "No source is mapped to a canonical table", "Write [[mapping]] blocks in churnrisk.toml, as in examples/"
        )
    for mapping in mappings:
        _refuse_unknown(mapping)
    return [
        _prepare(connection, position, mapping, settings.company.time_zone) for position, mapping in enumerate(mappings)
    ]


def _refuse_unknown(mapping: Mapping) -> None:
    """Stop at a mapping that names what is not declared, or leaves out what a table cannot do without."""
    where = f"the [[mapping]] of {mapping.table} in churnrisk.toml"
    if mapping.table not in TABLES:
        raise SettingsError(f"No canonical table is called {mapping.table}", f"Use one of {', '.join(TABLES)}")
    table = TABLES[mapping.table]
    for column in mapping.columns:
        if column not in table.column_names:
            raise SettingsError(
                f"{table.name} has no column {column}", f"In {where} use some of {', '.join(table.column_names)}"
            )
    for column in table.required:
        if column not in mapping.columns:
            raise SettingsError(f"{table.name} cannot do without {column}", f"Say in {where} where it comes from")


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


def _prepare(connection: duckdb.DuckDBPyConnection, position: int, mapping: Mapping, company_zone: str) -> Incoming:
    table = TABLES[mapping.table]
    zone = mapping.time_zone or company_zone
    source = (
        mapping.source
        if mapping.source.lstrip().lower().startswith(("select", "with"))
        else (f"select * from {name(mapping.source)}")
    )
    where = f" where {mapping.where}" if mapping.where else ""
    raw = {**mapping.columns, **({"known_at": mapping.known_at} if mapping.known_at else {})}
    selected = ", ".join(f"({expression}) as {name(column)}" for column, expression in raw.items())
    try:
        types = _types(connection, f"select {selected} from ({source}){where}")
    except duckdb.Error as error:
        raise _unfitting(connection, mapping, source, raw, error) from error
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
    relation = f"incoming_{position}_{table.name}"
    connection.execute(
        f"create or replace view {relation} as select {', '.join(casts)}, {known}::timestamp as known_at,"
        f" {problem} as problem, {quoted(_label(mapping))} as source"
        f" from (select {selected} from ({source}){where})"
    )
    return Incoming(table.name, relation, mapping.delay_days)


def _label(mapping: Mapping) -> str:
    return mapping.source if mapping.source.isidentifier() else mapping.table


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
    connection: duckdb.DuckDBPyConnection, mapping: Mapping, source: str, raw: dict[str, str], error: Exception
) -> InputError:
    """Find the expression that does not fit, so that the message can name it."""
    for column, expression in raw.items():
        try:
            _types(connection, f"select ({expression}) from ({source})")
        except duckdb.Error as own:
            said = first_line(own)
            return InputError(
                f"The mapping of {mapping.table}.{column} does not fit its source: {said}",
                f"Correct `{column}` in the [[mapping]] of {mapping.table} in churnrisk.toml",
                table=mapping.table,
                column=column,
            )
    said = first_line(error)
    return InputError(
        f"The mapping of {mapping.table} does not fit its source: {said}",
        f"Correct `from` or `where` in the [[mapping]] of {mapping.table} in churnrisk.toml",
        table=mapping.table,
    )
