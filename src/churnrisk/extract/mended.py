"""A copy of a delimited file in which every quotation mark is closed, every letter is one, and all lines end alike.

An open quotation mark takes all that follows into its cell, up to the end of the file. Here it costs one line: the line
that opens it is set aside with its number, and the next one begins anew. The copy has a blank line in its place, so
that the numbers of the other lines stay.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from churnrisk.extract.dialect import opened

#: Room for the longest record, in bytes.
MOST_BYTES = 8 << 20
#: Why a line is set aside.
OPEN = "a quotation mark stands inside a value or is not closed"
TOO_LONG = "it is longer than 8 MB"
NO_LETTER = "it is not in the file's encoding"

#: A line, its number, and why it is set aside.
Aside = tuple[int, str, str]

_PIECE = 4 << 20
_END = rb"(?:\r\n|\n|\r)"
_LINE = re.compile(rb"[^\r\n]*+" + _END)


@dataclass(frozen=True)
class Marks:
    """What divides a text into cells.

    Attributes:
        delim: between two cells.
        quote: around a cell that holds a delimiter or the end of a line.
        escape: before a quotation mark that is text.
        width: how many cells a record has.
    """

    delim: str
    quote: str
    escape: str
    width: int

    def record(self) -> bytes:
        """The pattern of a record without its end: one line, or several with the right number of cells."""
        delim = re.escape(self.delim.encode())
        one, several = self._cell(rb"\r\n"), self._cell(b"")
        return rb"(?:%b(?>(?:%b%b)*)(?=[\r\n])|%b(?>(?:%b%b){%d})(?:%b)?(?=[\r\n]))" % (
            *(one, delim, one),
            *(several, delim, several, self.width - 1, delim),
        )

    def _cell(self, never: bytes) -> bytes:
        """The pattern of a cell in which these signs never stand."""
        delim, quote, escape = (re.escape(mark.encode()) for mark in (self.delim, self.quote, self.escape))
        plain = rb"[^%b%b%b]*+" % (quote, b"" if escape == quote else escape, never)
        marked = rb"%b%b" % (quote, quote) if escape == quote else rb"(?:%b[^%b]|%b%b)" % (escape, never, quote, quote)
        if escape != quote and not never:
            marked = rb"(?:%b.|%b%b)" % (escape, quote, quote)
        quoted = rb"[ \t]*+%b%b(?>(?:%b%b)*)%b[ \t]*+" % (quote, plain, marked, plain, quote)
        bare = rb"[^%b\r\n]*+" % delim if len(self.delim) == 1 else rb"(?>(?:(?!%b)[^\r\n])*)" % delim
        return rb"(?:%b|(?![ \t]*+%b)%b)" % (quoted, quote, bare)


def mend(file: Path, copy: Path, marks: Marks, skip: int) -> list[Aside]:
    """Write the copy; gives the lines that are not in it.

    Args:
        file: in UTF-8.
        copy: what is written.
        marks: what divides its lines.
        skip: lines above the header, which are nobody's cells.
    """
    copy.parent.mkdir(parents=True, exist_ok=True)
    one = re.compile(rb"(%b)%b" % (marks.record(), _END), re.DOTALL)
    many = re.compile(rb"(?>(?:%b%b)*)" % (marks.record(), _END), re.DOTALL)
    aside: list[Aside] = []
    with opened(file) as raw, copy.open("wb") as written:
        ahead = _Ahead(raw)
        for _ in range(skip):
            written.write(ahead.take(_LINE).rstrip(b"\r\n") + b"\n")
        while ahead.is_more():
            number, records = ahead.number, ahead.take(many)
            if b"\r" in records or not _is_text(records):
                records = _each(records, one, number, marks, aside)
            written.write(records)
            if ahead.is_stuck():
                number, line = ahead.number, ahead.take_line()
                aside.append(_aside(number, TOO_LONG if len(line) > MOST_BYTES else OPEN, line))
                written.write(_in_its_place(line, marks))
    return aside


def _each(records: bytes, one: re.Pattern[bytes], number: int, marks: Marks, aside: list[Aside]) -> bytes:
    """The records with one end of a line for all, without those in which a letter is none."""
    kept = []
    for found in one.finditer(records):
        if _is_text(found[1]):
            kept.append(found[1] + b"\n")
        else:
            aside.append(_aside(number, NO_LETTER, found[1]))
            kept.append(_in_its_place(found[0], marks))
        number += _ends(found[0])
    return b"".join(kept)


def _is_text(content: bytes) -> bool:
    try:
        content.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _aside(number: int, reason: str, line: bytes) -> Aside:
    return number, reason, line.rstrip(b"\r\n").decode("utf-8", errors="replace")


def _in_its_place(record: bytes, marks: Marks) -> bytes:
    """As many blank lines as it had, except in a file of one column, where a blank line is a row."""
    return b"\n" * _ends(record) if marks.width > 1 else b""


def _ends(content: bytes) -> int:
    return content.count(b"\n") + content.count(b"\r") - content.count(b"\r\n")


class _Ahead:
    """The text that comes next: always enough of it to see the end of the longest record."""

    def __init__(self, raw: IO[bytes]) -> None:
        self._raw, self._text, self._place, self._is_all = raw, b"", 0, False
        self.number = 1

    def is_more(self) -> bool:
        """Whether there is text; afterwards enough of it is at hand."""
        while not self._is_all and len(self._text) - self._place <= MOST_BYTES:
            self._read()
        return self._place < len(self._text)

    def is_stuck(self) -> bool:
        """Whether what comes next was seen to its end and is no record."""
        seen = len(self._text) - self._place
        return seen > MOST_BYTES or (self._is_all and seen > 0)

    def take(self, pattern: re.Pattern[bytes]) -> bytes:
        """What the pattern matches of what comes next."""
        self.is_more()
        found = pattern.match(self._text, self._place)
        taken = found[0] if found else b""
        self._place += len(taken)
        self.number += _ends(taken)
        return taken

    def take_line(self) -> bytes:
        """The line that comes next, however long it is."""
        while not (line := self.take(_LINE)):
            self._read()
        return line

    def _read(self) -> None:
        piece = self._raw.read(_PIECE)
        while piece.endswith(b"\r") and (more := self._raw.read(1)):
            piece += more
        self._is_all = not piece
        self._text, self._place = self._text[self._place :] + piece, 0
        if self._is_all and self._text and not self._text.endswith((b"\n", b"\r")):
            self._text += b"\n"
