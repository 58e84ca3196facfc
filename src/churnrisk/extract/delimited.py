"""Files of delimited text (CSV, TSV): every cell stays text, every line that has no place is kept with the reason.

How a file is divided is looked at once (`dialect`) and then said to DuckDB, which guesses nothing: a guess that turns
out differently on the next export would be a silent change.
"""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from churnrisk.errors import InputError
from churnrisk.extract import rejected
from churnrisk.extract.dialect import dialect_of, opened
from churnrisk.extract.encoded import in_utf8
from churnrisk.extract.mended import MOST_BYTES, NO_LETTER, OPEN, TOO_LONG, Aside, Marks, mend
from churnrisk.extract.reading import column_names, options_of
from churnrisk.history import first_line, name, one_row, quoted
from churnrisk.settings import Source

#: Room for the longest message that a line may hold, in bytes; DuckDB's own limit is 2 MB.
_ROOM = {"max_line_size": MOST_BYTES, "buffer_size": 4 * MOST_BYTES}
#: What is wrong with a line, by DuckDB's name for it.
_REASONS = {
    "MISSING COLUMNS": "it has fewer values than the header",
    "TOO MANY COLUMNS": "it has more values than the header",
    "UNQUOTED VALUE": OPEN,
    "LINE SIZE OVER MAXIMUM": TOO_LONG,
    "INVALID ENCODING": NO_LETTER,
}
#: After these DuckDB does not find the next line again, or skips the line only where its broken cell is asked for.
_TEARING = ("UNQUOTED VALUE", "LINE SIZE OVER MAXIMUM", "INVALID ENCODING")
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
    encoding = encoding or _utf8_or_refused(label, file, seen.encoding)
    packed = file.suffix.lower() == ".bz2"  # DuckDB unpacks the others
    readable = file if _is_utf8(encoding) and not packed else in_utf8(label, file, encoding, scratch / label)
    skip = source.skip or int(said.get("skip", 0))
    header = _row(readable, delim, str(said.get("quote", '"')), skip)
    _refuse_no_header(label, file, header, skip, seen.skip)
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
    return _reader(connection, label, file, _Told(readable, options), scratch / label)


def _utf8_or_refused(label: str, file: Path, seen: str) -> str:
    """UTF-8, where most lines with letters beyond ASCII are; the others are single lines that cannot be read."""
    if not _is_utf8(seen) and not _is_mostly_utf8(file):
        raise InputError(
            f"{file} is not UTF-8; it looks like {seen}",
            f'Add `encoding = "{seen}"` to [sources.{label}] in churnrisk.toml',
            file=str(file),
            encoding=seen,
        )
    return "utf-8"


def _is_mostly_utf8(file: Path) -> bool:
    good = bad = 0
    with opened(file) as raw:
        while piece := raw.read(_BLOCK):
            piece += raw.readline()
            for line in () if piece.isascii() else piece.splitlines():
                if not line.isascii():
                    is_good = line.decode("utf-8", errors="ignore").encode() == line
                    good, bad = good + is_good, bad + (not is_good)
    return good > bad


def _refuse_no_header(label: str, file: Path, header: list[str], skip: int, better: int) -> None:
    """Stop at a first line that names no columns, or few of those that its rows have."""
    filled = sum(bool(cell.strip()) for cell in header)
    if any("\0" in cell for cell in header):
        raise InputError(
            f"{file} is no text in UTF-8; it looks like UTF-16 without a mark at its beginning",
            f'Add `encoding = "utf-16-le"` to [sources.{label}] in churnrisk.toml',
            file=str(file),
        )
    if better > skip and (filled < 2 or filled * 2 <= len(header)):
        raise InputError(
            f"{file}, line {skip + 1} is no header: the table begins further down",
            f"Add `skip = {better}` to [sources.{label}] in churnrisk.toml",
            file=str(file),
        )
    if not filled:
        raise InputError(
            f"{file}, line {skip + 1} names no column",
            f"Export it again with its header, or set `skip` of [sources.{label}] in churnrisk.toml",
            file=str(file),
        )


def _is_utf8(encoding: str) -> bool:
    return codecs.lookup(encoding).name in ("utf-8", "utf-8-sig", "ascii")


def _row(file: Path, delim: str, quote: str, skip: int) -> list[str]:
    """The values of the first line after those that are skipped."""
    with opened(file) as raw:
        lines = io.StringIO(raw.read(_BLOCK).decode("utf-8", errors="replace").lstrip("\ufeff"), newline="")
    for _ in range(skip):
        next(lines, "")
    try:
        return next(csv.reader(lines, delimiter=delim[:1] or ",", quotechar=quote[:1] or None), [])
    except csv.Error:
        return []


@dataclass(frozen=True)
class _Told:
    """A file, what DuckDB is told of it, and the lines that were set aside before.

    Attributes:
        file: in UTF-8.
        options: of DuckDB's reader.
        aside: lines that are not in the file any more.
    """

    file: Path
    options: dict[str, Any]
    aside: tuple[Aside, ...] = ()

    def reader(self, **more: Any) -> str:
        """The SQL that reads it."""
        return f"read_csv({quoted(str(self.file))}{options_of({**self.options, **more})})"


@dataclass(frozen=True)
class _Scan:
    """What one reading to the end gave: rows, lines that cannot be read, and whether an open mark took others along."""

    rows: int
    lost: int
    is_torn: bool


def _reader(connection: duckdb.DuckDBPyConnection, label: str, file: Path, told: _Told, scratch: Path) -> str:
    """The reader that loses the fewest lines: quotation marks are doubled in most files, escaped in some."""
    scan = _scanned(connection, label, file, told)
    if scan.is_torn or (not scan.rows and not scan.lost and _has_rows(told)):
        told, scan = min(
            (_mended(connection, label, file, told, escape, scratch) for escape in _escapes(told)),
            key=lambda one: one[1].lost,
        )
    if scan.lost:
        _keep(connection, label, file, told)
    return told.reader(ignore_errors=True)


def _has_rows(told: _Told) -> bool:
    """Whether there are lines below the header; where line ends change above it, DuckDB sees none of them."""
    with opened(told.file) as raw:
        lines = raw.read(_BLOCK).splitlines()[int(told.options["skip"]) :]
    return any(line.strip() for line in lines[bool(told.options["header"]) :])


def _escapes(told: _Told) -> tuple[str, ...]:
    said = str(told.options["escape"])
    return (said, "\\") if said == '"' else (said,)


def _mended(
    connection: duckdb.DuckDBPyConnection, label: str, file: Path, told: _Told, escape: str, scratch: Path
) -> tuple[_Told, _Scan]:
    """The file without the lines that open a quotation mark and do not close it, and how it reads."""
    options = {**told.options, "escape": escape}
    quote = str(options["quote"]) or '"'
    marks = Marks(str(options["delim"]), quote, escape or quote, len(options["columns"]))
    copy = scratch / f"{file.name}.{'doubled' if escape == quote else 'escaped'}.csv"
    aside = mend(told.file, copy, marks, int(options["skip"]))
    mended = _Told(copy, options, tuple(aside))
    scan = _scanned(connection, label, file, mended)
    return mended, _Scan(scan.rows, scan.lost + len(aside), scan.is_torn)


def _scanned(connection: duckdb.DuckDBPyConnection, label: str, file: Path, told: _Told) -> _Scan:
    """Read the file once to its end; `reject_errors` of the connection then holds what is wrong with which line."""
    for table in ("reject_errors", "reject_scans"):
        connection.execute(f"drop table if exists {table}")
    counts = ", ".join(f"count({name(column)})" for column in told.options["columns"])
    reader = told.reader(store_rejects=True, rejects_limit=0)
    try:
        rows = one_row(connection, f"select count(*), {counts} from {reader}")[0]
    except duckdb.Error as error:
        if not told.aside and "strict_mode" in str(error):  # line ends that change within the file
            return _Scan(0, 1, is_torn=True)
        raise InputError(
            f"{file} cannot be read: {first_line(error)}",
            f"Check that the file is whole, and what [sources.{label}] in churnrisk.toml says of it",
            file=str(file),
        ) from error
    tearing = ", ".join(quoted(kind) for kind in _TEARING)
    torn = f"count(*) filter (error_type::varchar in ({tearing}))"
    lost, tears = one_row(connection, f"select count(distinct line_byte_position), {torn} from reject_errors")
    return _Scan(int(rows), int(lost), tears > 0)


def _keep(connection: duckdb.DuckDBPyConnection, label: str, file: Path, told: _Told) -> None:
    """Keep the lines that cannot be read, with the numbers that they have in the file."""
    scan = _scanned(connection, label, file, told)
    rows = one_row(connection, f"select count(*) from {told.reader(ignore_errors=True)}")[0]
    if rows != scan.rows:
        raise InputError(
            f"{file} cannot be read to its end: {scan.rows:,} rows are seen and {rows:,} can be read",
            "Export it again, with quotation marks around texts",
            file=str(file),
        )
    whens = " ".join(f"when {quoted(kind)} then {quoted(reason)}" for kind, reason in _REASONS.items())
    found = connection.execute(
        f"select line_byte_position, min(case error_type::varchar {whens} else lower(error_type::varchar) end),"
        f" left(trim(any_value(csv_line), chr(10) || chr(13)), {rejected.KEPT}) from reject_errors"
        " group by line_byte_position order by line_byte_position"
    ).fetchall()
    numbers = _numbers(told.file, [place for place, *_ in found])
    lines = [*told.aside, *((number, *line[1:]) for number, line in zip(numbers, found, strict=True))]
    columns = {
        key: pa.array(cells) for key, cells in zip(("line", "reason", "text"), zip(*lines, strict=True), strict=True)
    }
    connection.register("lines_set_aside", pa.table(columns))
    advice = f"Set delim, encoding or skip of the source, as the file has them: [sources.{label}] in churnrisk.toml"
    rejected.keep(connection, label, file, "from lines_set_aside", rows, advice)
    connection.unregister("lines_set_aside")


def _numbers(file: Path, places: Iterable[int]) -> list[int]:
    """The numbers of the lines that begin at these bytes, counted from 1, in their order.

    A cell may hold several lines, so that the number of a record is not that of its line.
    """
    numbers, number, begin = [], 1, 0
    with opened(file) as raw:
        piece = raw.read(_BLOCK)
        mark = b"\n" if b"\n" in piece else b"\r"
        for place in places:
            while place > begin + len(piece) and piece:
                number, begin, piece = number + piece.count(mark), begin + len(piece), raw.read(_BLOCK)
            numbers.append(number + piece.count(mark, 0, place - begin))
    return numbers
