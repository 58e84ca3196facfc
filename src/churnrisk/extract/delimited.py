"""Files of delimited text (CSV, TSV): every cell stays text, every line that has no place is kept with the reason.

How a file is divided is looked at once (`dialect`) and then said to DuckDB, which guesses nothing: a guess that turns
out differently on the next export would be a silent change.
"""

from __future__ import annotations

import codecs
import csv
import io
from pathlib import Path
from typing import Any

import duckdb

from churnrisk.errors import InputError
from churnrisk.extract import rejected
from churnrisk.extract.dialect import dialect_of, opened
from churnrisk.extract.reading import column_names, options_of
from churnrisk.history import first_line, name, one_row, quoted
from churnrisk.settings import Source

#: Room for the longest message that a line may hold, in bytes; DuckDB's own limit is 2 MB.
_ROOM = {"max_line_size": 8 << 20, "buffer_size": 32 << 20}
#: What is wrong with a line, by DuckDB's name for it.
_REASONS = {
    "MISSING COLUMNS": "it has fewer values than the header",
    "TOO MANY COLUMNS": "it has more values than the header",
    "UNQUOTED VALUE": "a quotation mark stands inside a value or is not closed",
    "LINE SIZE OVER MAXIMUM": "it is longer than 8 MB",
    "INVALID ENCODING": "it is not in the file's encoding",
}
#: A file is put into UTF-8 in blocks of this many bytes.
_BLOCK = 4 << 20
_OURS = ("header", "delim", "sep", "encoding", "skip")


def delimited(connection: duckdb.DuckDBPyConnection, label: str, source: Source, file: Path, scratch: Path) -> str:
    """The SQL that reads the whole lines of one file; the others are kept as unreadable.

    Raises:
        InputError: the encoding is not what it is said to be, or most lines cannot be read.
    """
    said = source.options
    encoding = source.encoding or str(said.get("encoding", ""))
    seen = dialect_of(file, encoding)
    delim = str(said.get("delim") or said.get("sep") or seen.delim)
    if not encoding:
        _refuse_other_encoding(label, file, seen.encoding)
        encoding = seen.encoding
    readable = file if _is_utf8(encoding) else _in_utf8(file, encoding, scratch / label)
    skip = source.skip or int(said.get("skip", 0))
    header = _row(readable, delim, skip)
    if len(header) < 2 and seen.skip > skip:
        raise InputError(
            f"{file}, line {skip + 1} is no header: the table begins further down",
            f"Add `skip = {seen.skip}` to [sources.{label}] in churnrisk.toml",
            file=str(file),
        )
    has_header = bool(said.get("header", True))
    names = column_names(header if has_header else [""] * len(header))
    options = {
        "auto_detect": False,
        "header": has_header,
        "skip": skip,
        "delim": delim,
        "quote": '"',
        "escape": '"',
        "columns": dict.fromkeys(names, "VARCHAR"),
        **_ROOM,
        **{key: value for key, value in said.items() if key not in _OURS},
    }
    return _reader(connection, label, file, readable, options)


def _refuse_other_encoding(label: str, file: Path, seen: str) -> None:
    if not _is_utf8(seen):
        raise InputError(
            f"{file} is not UTF-8; it looks like {seen}",
            f'Add `encoding = "{seen}"` to [sources.{label}] in churnrisk.toml',
            file=str(file),
            encoding=seen,
        )


def _is_utf8(encoding: str) -> bool:
    return codecs.lookup(encoding).name in ("utf-8", "utf-8-sig", "ascii")


def _in_utf8(file: Path, encoding: str, folder: Path) -> Path:
    """The same text in UTF-8, in a file of our own; block by block, so that its size does not matter."""
    folder.mkdir(parents=True, exist_ok=True)
    target = folder / f"{file.name}.utf8.csv"
    decoder = codecs.getincrementaldecoder(encoding)(errors="replace")
    with opened(file) as raw, target.open("w", encoding="utf-8", newline="") as text:
        while block := raw.read(_BLOCK):
            text.write(decoder.decode(block))
        text.write(decoder.decode(b"", final=True))
    return target


def _row(file: Path, delim: str, skip: int) -> list[str]:
    """The values of the first line after those that are skipped."""
    with opened(file) as raw:
        text = io.StringIO(raw.read(_BLOCK).decode("utf-8", errors="replace").lstrip("\ufeff"), newline="")
    lines = iter(text.read().splitlines(keepends=True)[skip:])
    try:
        return next(csv.reader(lines, delimiter=delim[:1] or ","), [])
    except csv.Error:
        return []


def _reader(
    connection: duckdb.DuckDBPyConnection, label: str, file: Path, readable: Path, options: dict[str, Any]
) -> str:
    """The reader that loses the fewest lines: quotation marks are doubled in most files, escaped in some."""
    rows, lost, options = _scanned(connection, label, file, readable, options)
    if lost and options.get("escape") == '"':
        escaped = {**options, "escape": "\\"}
        other = _scanned(connection, label, file, readable, escaped)
        if other[1] < lost:
            rows, lost, options = other
    if lost:
        _scanned(connection, label, file, readable, options)
        advice = "Set delim, encoding or skip of the source, as the file has them"
        rejected.keep(connection, label, file, _rejects(), rows, f"{advice}: [sources.{label}] in churnrisk.toml")
    return f"read_csv({quoted(str(readable))}{options_of({**options, 'ignore_errors': True})})"


def _scanned(
    connection: duckdb.DuckDBPyConnection, label: str, file: Path, readable: Path, options: dict[str, Any]
) -> tuple[int, int, dict[str, Any]]:
    """Read the file once to its end: rows that can be read, lines that cannot, and the options that worked.

    Line ends that change within a file, and the like, stop a strict reader: then it is read once more without.
    """
    for table in ("reject_errors", "reject_scans"):
        connection.execute(f"drop table if exists {table}")
    counts = ", ".join(f"count({name(column)})" for column in options["columns"])
    told = options_of({**options, "store_rejects": True, "rejects_limit": 0})
    try:
        rows = one_row(connection, f"select count(*), {counts} from read_csv({quoted(str(readable))}{told})")[0]
    except duckdb.Error as error:
        if options.get("strict_mode", True) and "strict_mode" in str(error):
            return _scanned(connection, label, file, readable, {**options, "strict_mode": False})
        raise InputError(
            f"{file} cannot be read: {first_line(error)}",
            f"Check that the file is whole, and what [sources.{label}] in churnrisk.toml says of it",
            file=str(file),
        ) from error
    return int(rows), int(one_row(connection, f"select count(*) from ({_rejects()})")[0]), options


def _rejects() -> str:
    whens = " ".join(f"when {quoted(kind)} then {quoted(reason)}" for kind, reason in _REASONS.items())
    return (
        f"select line, min(case error_type::varchar {whens} else lower(error_type::varchar) end) as reason,"
        " any_value(csv_line) as text from reject_errors group by line"
    )
