"""Files of JSON: one object a line, or one list of objects.

A line that is no JSON is kept as unreadable; a key that holds numbers here and texts there becomes text.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb

from churnrisk.extract import rejected
from churnrisk.extract.reading import options_of
from churnrisk.history import name, one_row, quoted
from churnrisk.settings import Source

#: Room for the longest object, in bytes.
_ROOM = 32 << 20


def objects(connection: duckdb.DuckDBPyConnection, label: str, source: Source, file: Path, one_a_line: bool) -> str:
    """The SQL that reads the objects of one file; lines that are none are kept as unreadable.

    Args:
        connection: where the unreadable lines are kept.
        label: the source's name.
        source: its options.
        file: what is read.
        one_a_line: whether each line is an object; otherwise the file is one list of objects.
    """
    bad = _keep_bad_lines(connection, label, file) if one_a_line else 0
    options = {"ignore_errors": True} if bad else {}
    return _texts(connection, _reader(file, source, "newline_delimited" if one_a_line else "auto", options), bool(bad))


def _keep_bad_lines(connection: duckdb.DuckDBPyConnection, label: str, file: Path) -> int:
    """Keep the lines that are no objects; gives how many there are."""
    lines = (
        f"read_csv({quoted(str(file))}, columns = {{'line': 'VARCHAR'}}, auto_detect = false, header = false,"
        f" delim = '', quote = '', escape = '', parallel = false, max_line_size = {_ROOM}, buffer_size = {4 * _ROOM})"
    )
    is_object = "coalesce(json_valid(line) and json_type(line) = 'OBJECT', false)"
    good, bad = one_row(
        connection,
        f"select count(*) filter ({is_object}), count(*) filter (not {is_object}) from {lines} where trim(line) <> ''",
    )
    if not bad:
        return 0
    numbered = f"select row_number() over () as line, line as text from {lines}"
    return rejected.keep(
        connection,
        label,
        file,
        f"select line, 'it is no JSON object' as reason, text from ({numbered})"
        f" where trim(text) <> '' and not {is_object.replace('(line)', '(text)')}",
        good,
        f"Check the file, or set `format` of [sources.{label}] in churnrisk.toml",
    )


def _reader(file: Path, source: Source, kind: str, more: dict[str, Any]) -> str:
    # All of the file is looked at for types: a key that turns to text in the last line is text in all.
    options = {"format": kind, "sample_size": -1, "maximum_object_size": _ROOM, **more, **source.options}
    return f"read_json({quoted(str(file))}{options_of(options)})"


def _texts(connection: duckdb.DuckDBPyConnection, reader: str, whole: bool) -> str:
    """The reader with values of several types as plain text, without what an unreadable line leaves behind."""
    types = connection.execute(f"describe select * from {reader}").fetchall()
    mixed = [column for column, kind, *_ in types if kind == "JSON"]
    replaced = ", ".join(f"({name(column)} ->> '$') as {name(column)}" for column in mixed)
    there = " or ".join(f"{name(column)} is not null" for column, *_ in types)
    return f"(select *{f' replace ({replaced})' if mixed else ''} from {reader}{f' where {there}' if whole else ''})"
