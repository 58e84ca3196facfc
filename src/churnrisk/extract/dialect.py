"""How a text file is written: its encoding, what separates its cells, and what stands above its header.

Reads the beginning of a file, and all of it in pieces to see whether it is UTF-8; nothing is kept in memory. What a
source says in churnrisk.toml goes before what is found here.
"""

from __future__ import annotations

import codecs
import csv
import io
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import pyarrow as pa
from charset_normalizer import from_bytes

#: How much of a file is looked at to find its delimiter and header.
HEAD_BYTES = 256 << 10
#: How much is read at a time to see whether all of it is UTF-8.
_PIECE = 4 << 20
_ROWS = 300
_DELIMITERS = (",", ";", "\t", "|")
_PACKED = {".gz": "gzip", ".zst": "zstd", ".bz2": "bz2"}
_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)

_SIGNS = "€£§°–—’‘“”„…«»·©®™×µ²½\xa0"
_WESTERN = "äöüßÄÖÜæøåÆØÅéèêëÉÈáàâÁÀóòôÓíìîïÍúùûÚñÑçÇãõ" + _SIGNS
_POLISH = "ąćęłńóśźżĄĆĘŁŃÓŚŹŻ" + "äöüßÄÖÜé" + _SIGNS
_HEBREW = "".join(map(chr, range(0x5D0, 0x5EB))) + _SIGNS + "₪"
_HANGUL = "".join(map(chr, range(0xAC00, 0xD7A4))) + "·~"
#: What exports in the languages of our users come in, and the letters that such a text is made of.
_CANDIDATES = (
    ("cp1252", _WESTERN),
    ("cp1250", _POLISH),
    ("iso8859-2", _POLISH),
    ("cp1255", _HEBREW),
    ("cp949", _HANGUL),
    ("cp850", _WESTERN),
)
#: The share of usual letters from which one of these is believed.
_BELIEVED = 0.9


@dataclass(frozen=True)
class Dialect:
    """How a text file is written.

    Attributes:
        encoding: as Python names it.
        delim: what separates the cells.
        skip: lines above the header.
        header: the names in the header, as they stand there.
    """

    encoding: str = "utf-8"
    delim: str = ","
    skip: int = 0
    header: tuple[str, ...] = ()


def dialect_of(path: Path, encoding: str = "") -> Dialect:
    """How that text file is written; `encoding` where it is known already.

    Raises:
        OSError: the file cannot be read.
    """
    with opened(path) as file:
        head = file.read(HEAD_BYTES)
    found = encoding or encoding_of(path, head)
    lines = _whole_lines(head.decode(found, errors="replace").lstrip("\ufeff"), is_all=len(head) < HEAD_BYTES)
    delim, rows = _best_delimiter(lines)
    position = _header_position([cells for _, cells in rows])
    skip = rows[position - 1][0] if position else 0
    header = tuple(cell.strip() for cell in rows[position][1]) if rows else ()
    return Dialect(found, delim, skip, header)


def opened(path: Path) -> IO[bytes]:
    """The bytes of a file, unpacked where its name says that it is packed."""
    stream = pa.input_stream(str(path), compression=_PACKED.get(path.suffix.lower()))
    return io.BufferedReader(_Raw(stream), _PIECE)


class _Raw(io.RawIOBase):
    """An Arrow stream as Python reads one."""

    def __init__(self, stream: pa.NativeFile) -> None:
        self._stream = stream

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        piece = self._stream.read(len(buffer))
        buffer[: len(piece)] = piece
        return len(piece)

    def close(self) -> None:
        self._stream.close()
        super().close()


def encoding_of(path: Path, head: bytes) -> str:
    """The encoding of a file that begins with `head`: UTF-8 where all of it is."""
    for mark, encoding in _MARKS:
        if head.startswith(mark):
            return encoding
    strange = _not_utf8(path)
    return _likeliest(strange) if strange else "utf-8"


def _not_utf8(path: Path) -> bytes:
    """The lines with letters beyond ASCII around the first piece that is not UTF-8; empty where all of it is."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    with opened(path) as file:
        for piece in _pieces(file):
            try:
                decoder.decode(piece, final=not piece)
            except UnicodeDecodeError:
                lines = [line for line in piece.splitlines() if not line.isascii()]
                return b"\n".join(lines)[:HEAD_BYTES] or b"\xff"
    return b""


def _pieces(file: IO[bytes]) -> Iterator[bytes]:
    while piece := file.read(_PIECE):
        yield piece
    yield b""


def _likeliest(text: bytes) -> str:
    """The encoding under which the text has the most letters of a language that is written in it."""
    shares = {encoding: _usual_share(text, encoding, letters) for encoding, letters in _CANDIDATES}
    best = max(shares, key=lambda encoding: shares[encoding])
    if shares[best] >= _BELIEVED:
        return best
    guess = from_bytes(text).best()
    return guess.encoding if guess else "cp1252"


def _usual_share(text: bytes, encoding: str, letters: str) -> float:
    """The share of signs beyond ASCII that are usual; in a Latin script hardly ever three of them stand in a row."""
    try:
        decoded = "  " + text.decode(encoding)
    except UnicodeDecodeError:
        return 0.0
    places = [place for place, sign in enumerate(decoded) if not sign.isascii()]
    is_latin = "é" in letters
    usual = sum(decoded[place] in letters and not (is_latin and _follows_two(decoded, place)) for place in places)
    return usual / len(places) if places else 0.0


def _follows_two(text: str, place: int) -> bool:
    return all(sign.isalpha() and not sign.isascii() for sign in text[place - 2 : place])


def _whole_lines(text: str, is_all: bool) -> list[str]:
    """The lines of the beginning of a file, without the last one where it was cut."""
    lines = list(io.StringIO(text, newline=""))  # not at U+2028 and the like, as `splitlines` would
    return lines if is_all or len(lines) < 2 else lines[:-1]


def _best_delimiter(lines: list[str]) -> tuple[str, list[tuple[int, list[str]]]]:
    """The delimiter under which most rows have the same number of cells, and the rows with the line each ends on."""
    tried = {delim: _rows(lines, delim) for delim in _DELIMITERS}
    best = max(_DELIMITERS, key=lambda delim: _consistency([cells for _, cells in tried[delim]]))
    return best, tried[best]


def _rows(lines: list[str], delim: str) -> list[tuple[int, list[str]]]:
    reader = csv.reader(lines, delimiter=delim)
    rows = []
    try:
        for cells in reader:
            rows.append((reader.line_num, cells))
            if len(rows) == _ROWS:
                break
    except csv.Error:  # a cell longer than Python allows: what was read so far tells enough
        pass
    return rows


def _consistency(rows: list[list[str]]) -> tuple[float, int, int]:
    """The share of rows that have the usual number of cells; then the fewest rows above the header; then that number.

    One cell a row is no consistency.
    """
    width = _width(rows)
    if width < 2:
        return (0.0, 0, 0)
    filled = [row for row in rows if any(cell.strip() for cell in row)]
    return (round(sum(len(row) == width for row in filled) / len(filled), 2), -_header_position(rows), width)


def _width(rows: list[list[str]]) -> int:
    """The number of cells that most rows have, of the rows that have more than one where there are enough of them."""
    counts = Counter(len(row) for row in rows if any(cell.strip() for cell in row))
    several = Counter({width: count for width, count in counts.items() if width > 1})
    if several and several.total() * 2 >= counts.total():
        counts = several
    return max(counts, key=lambda width: (counts[width], width), default=0)


def _header_position(rows: list[list[str]]) -> int:
    """The first row that names most of the columns; what stands above it is no table."""
    width = _width(rows)
    needed = max(min(2, width), round(0.6 * width))
    for position, row in enumerate(rows):
        if len(row) >= width - 1 and sum(bool(cell.strip()) for cell in row) >= needed:
            return position
    return 0
