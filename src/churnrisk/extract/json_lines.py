"""Files of JSON: one object a line, or one list of objects.

A line that is no JSON object is kept as unreadable; a key that holds numbers here and texts there becomes text. Texts
stay texts: no id is taken for a date or a UUID.
"""

from __future__ import annotations

import codecs
import json
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from churnrisk.extract import rejected
from churnrisk.extract.dialect import opened
from churnrisk.extract.encoded import in_utf8
from churnrisk.extract.reading import options_of
from churnrisk.history import name, quoted
from churnrisk.settings import Source

#: Room for the longest object, in bytes.
_ROOM = 32 << 20
#: What a mark at the beginning of a file says; DuckDB reads none of them.
_MARKS = {codecs.BOM_UTF8: "utf-8-sig", codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}
#: What DuckDB makes of texts that look like one.
_GUESSED = ("DATE", "TIME", "TIMESTAMP", "TIMESTAMP WITH TIME ZONE", "UUID")


def objects(
    connection: duckdb.DuckDBPyConnection, label: str, source: Source, file: Path, one_a_line: bool, scratch: Path
) -> str:
    """The SQL that reads the objects of one file; lines that are none are kept as unreadable.

    Args:
        connection: where the unreadable lines are kept.
        label: the source's name.
        source: its options.
        file: what is read.
        one_a_line: whether each line is an object; otherwise the file is one list of objects.
        scratch: for copies.
    """
    encoding = source.encoding or _marked(file)
    readable = in_utf8(label, file, encoding, scratch / label) if encoding else file
    if not one_a_line:
        return _texts(connection, readable, {"format": "auto", **source.options})
    options = {"format": "newline_delimited", "records": True, **source.options}
    try:
        return _texts(connection, readable, options)
    except duckdb.Error:
        copy = scratch / label / f"{file.name}.objects.jsonl"
        if not _keep_bad_lines(connection, label, file, readable, copy):
            raise
        return _texts(connection, copy, options)


def _marked(file: Path) -> str:
    with opened(file) as raw:
        head = raw.read(3)
    return next((encoding for mark, encoding in _MARKS.items() if head.startswith(mark)), "")


def _keep_bad_lines(connection: duckdb.DuckDBPyConnection, label: str, file: Path, readable: Path, copy: Path) -> int:
    """Copy the lines that are objects and keep the others; gives how many these are."""
    good, bad = 0, []
    copy.parent.mkdir(parents=True, exist_ok=True)
    with opened(readable) as raw, copy.open("wb") as written:
        for number, line in enumerate(raw, start=1):
            if fault := _fault(line):
                bad.append((number, fault, line[: 4 * rejected.KEPT].decode("utf-8", errors="replace").rstrip("\r\n")))
            elif line.strip():
                good += 1
                written.write(line)
    if not bad:
        return 0
    columns = zip(("line", "reason", "text"), zip(*bad, strict=True), strict=True)
    connection.register("lines_set_aside", pa.table({key: pa.array(cells) for key, cells in columns}))
    advice = f"Check the file, or set `format` of [sources.{label}] in churnrisk.toml"
    kept = rejected.keep(connection, label, file, "from lines_set_aside", good, advice)
    connection.unregister("lines_set_aside")
    return kept


def _fault(line: bytes) -> str:
    """Why a line is no object; empty where it is one, or blank."""
    if not line.strip():
        return ""
    try:
        content = json.loads(line.decode("utf-8"), object_pairs_hook=_once)
    except _TwiceError:
        return "it names a key twice"
    except UnicodeDecodeError:
        return "it is not in the file's encoding"
    except (ValueError, RecursionError):
        return "it is no JSON object"
    return "" if isinstance(content, dict) else "it is no JSON object"


class _TwiceError(ValueError):
    """A key stands twice in one object."""


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise _TwiceError
    return found


def _texts(connection: duckdb.DuckDBPyConnection, file: Path, said: dict[str, Any]) -> str:
    """The reader of a file that was read once to its end: texts as they are, values of several types as text."""
    # All of the file is looked at for types: a key that turns to text in the last line is text in all.
    options = {"sample_size": -1, "maximum_object_size": _ROOM, **said}

    def reader(**more: Any) -> str:
        return f"read_json({quoted(str(file))}{options_of({**options, **more})})"

    types = {row[0]: row[1] for row in connection.execute(f"describe select * from {reader()}").fetchall()}
    read = reader()
    if "columns" not in said and set(types.values()) & set(_GUESSED):
        read = reader(columns={key: "VARCHAR" if kind in _GUESSED else kind for key, kind in types.items()})
    mixed = [column for column, kind in types.items() if kind == "JSON"]
    replaced = ", ".join(f"({name(column)} ->> '$') as {name(column)}" for column in mixed)
    counts = ", ".join(f"count({name(column)})" for column in types)
    connection.execute(f"select {counts} from {read}").fetchall()
    return f"(select *{f' replace ({replaced})' if mixed else ''} from {read})"
