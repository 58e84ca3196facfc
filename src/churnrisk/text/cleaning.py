"""A customer's own words: a message without quoted replies, signatures, templates, code, traces and addresses.

Reads the body of one message; gives what the customer wrote, and where each character of it stands in the body. Most
messages are a line or two and pass through untouched.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import accumulate
from operator import itemgetter

from churnrisk.text.markup import INVISIBLE, IS_HTML, without_html, without_invisible
from churnrisk.text.nets import caught, compiled
from churnrisk.text.rules import all_cleaning
from churnrisk.text.technical import is_code, is_fence, is_trace, may_be_technical

#: No more of a body is looked at: what follows is never the customer's first point.
MOST_OF_BODY = 20_000
#: A signature has at most so many lines, of at most so many words.
_SIGNATURE_LINES, _SIGNATURE_WORDS = 12, 9
#: A header on two lines, and a closing formula with a name, have fewer characters.
_HEADER, _CLOSING = 200, 60
_LOOKED_AHEAD = 40
#: That a message is automatic is said so early in a line.
_TOLD_EARLY = 300

#: A message without any of these is a line of the customer's own words.
_SUSPECT = re.compile(r"[\n\r<>@`&]")
_ADDRESS = re.compile(
    r"<?\b(?:https?://|ftp://|www\.)[^\s<>]*[^\s<>.,;:!?)\]]>?|<?(?:mailto:)?[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63})+>?",
    re.IGNORECASE,
)
_CUT = re.compile(rf"{_ADDRESS.pattern}|`[^`\n]{{1,200}}`", re.IGNORECASE)
#: Half of a letter, as a broken export has it; no file can be written with it.
_HALF = re.compile(r"[\ud800-\udfff]")
_WORD = re.compile(r"[^\W\d_]{2,}")
#: A line that talks on ends so, whatever its length; Korean sentences are short in words.
_TALKS_ON = re.compile(r"[!?？]$|[다요]\.$")
_INTRODUCES = frozenset(":：>-–—_*")
_TIME = re.compile(r"[0-9][:.][0-9][0-9]")
#: What may stand before a note on confidentiality: "NOTICE:", "UWAGA:".
_CAUTION = re.compile(r"^\W*\w{3,14}\s?: ?(?=\S)")
#: A line that is one of these ends the words before a signature.
_MARKS = frozenset(("--", "—", "––"))
_DIVIDES = "_=*-–—"
_DIVIDER = re.compile(r"[_=*\-–—]{2,}$")


@dataclass(frozen=True, slots=True)
class Own:
    """A customer's own words.

    Attributes:
        text: the words; empty where the message has none of the customer's own.
        pieces: where each piece of them begins in `text` and in what it was cut from, rising.
        places: of each character of what it was cut from its place in the body; None where that is the body.
        is_automatic: no person wrote it: out of office, a receipt.
    """

    text: str
    pieces: tuple[tuple[int, int], ...] = ()
    places: tuple[int, ...] | None = None
    is_automatic: bool = False

    def place(self, start: int, end: int) -> tuple[int, int]:
        """Where the characters from `start` to before `end` stand in the body."""
        return self._one(start), self._one(end - 1) + 1

    def _one(self, place: int) -> int:
        own, cut = self.pieces[bisect_right(self.pieces, place, key=itemgetter(0)) - 1]
        there = cut + place - own
        return there if self.places is None else self.places[there]


def own_words(body: str) -> Own:
    """The customer's own words in a message's body, which is read in Unicode's composed form (NFC)."""
    text = composed(body)[:MOST_OF_BODY]
    places: tuple[int, ...] | None = None
    if not text.isascii() and INVISIBLE.search(text):
        text, places = without_invisible(text)
    may_cut = "@" in text or "`" in text or "://" in text or "www." in text.lower()
    if not may_cut and not _SUSPECT.search(text):
        own = text.strip()
        return Own(own, ((0, text.index(own[0]) if own else 0),), places, _is_automatic(own, [own]))
    if "<" in text and IS_HTML.search(text):
        text, places = without_html(text, places)
    lines = text.split("\n")
    stripped = [line.strip() for line in lines]
    if _is_automatic(text, stripped):
        return Own("", is_automatic=True)
    begins = list(accumulate((len(line) + 1 for line in lines), initial=0))
    parts = _parts if may_cut else _whole
    kept = [part for number in _own_lines(text, lines, stripped) for part in parts(lines[number], begins[number])]
    return _joined(kept, text, places)


def composed(body: str) -> str:
    """The body in Unicode's composed form, with a line feed between lines; places are counted in it."""
    # A line break of two signs stays two signs, so that places are those of the body.
    body = body.replace("\r\n", " \n").replace("\r", "\n") if "\r" in body else body
    return body if body.isascii() else unicodedata.normalize("NFC", _HALF.sub("\ufffd", body))


def _whole(line: str, begins: int) -> tuple[tuple[int, int, bool]]:
    """`_parts` of a line in which nothing is cut."""
    return ((begins + len(line) - len(line.lstrip()), begins + len(line.rstrip()), True),)


def _parts(line: str, begins: int) -> Iterator[tuple[int, int, bool]]:
    """Where the words of a line are in the text, without addresses and code, and whether a line begins there."""
    start = len(line) - len(line.lstrip())
    is_first = True
    for found in _CUT.finditer(line):
        end = found.start()
        if end > start:
            yield begins + start, begins + end, is_first
            is_first = False
        # One space is enough where something between two was cut.
        start = found.end() + (line[end - 1 : end].isspace() and line[found.end() : found.end() + 1].isspace())
    end = len(line.rstrip())
    if end > start:
        yield begins + start, begins + end, is_first


def _joined(parts: list[tuple[int, int, bool]], text: str, places: tuple[int, ...] | None) -> Own:
    """The pieces as one text, a line feed between lines."""
    words: list[str] = []
    pieces: list[tuple[int, int]] = []
    length = 0
    for start, end, begins_line in parts:
        if begins_line and words:
            words.append("\n")
            length += 1
        words.append(text[start:end])
        pieces.append((length, start))
        length += end - start
    return Own("".join(words).rstrip(), tuple(pieces), places)


def _is_automatic(text: str, stripped: Sequence[str]) -> bool:
    """Whether one of the first lines says that no person wrote it."""
    if not caught("programs", text):
        return False
    first = [line[:_TOLD_EARLY] for line in stripped if line][:5]
    return any("automatic" in _programs(line) for line in first)


@lru_cache(maxsize=4096)
def _programs(line: str) -> frozenset[str]:
    """Whether a line begins as a footer that programs add, or says that no person wrote it."""
    found = set()
    for part, number in caught("programs", line):
        pattern = compiled(part, number)
        if pattern.search(line) if part == "automatic" else pattern.match(_CAUTION.sub("", line)):
            found.add(part)
    return frozenset(found)


@dataclass(frozen=True, slots=True)
class _Signs:
    """What some line of a text may be, seen at once in all of it; most lines need not be looked at for it.

    Attributes:
        may_tell_time: an introduction of quoted words that ends in no sign of its own has an address or a time of day.
        may_have_fields: header fields, and introductions that are wrapped.
        may_introduce: any of these, or a line that ends as introductions do.
    """

    may_tell_time: bool
    may_have_fields: bool
    may_introduce: bool

    @staticmethod
    def of(text: str, stripped: list[str]) -> _Signs:
        time, fields = "@" in text or bool(_TIME.search(text)), ":" in text or "：" in text
        return _Signs(time, fields, time or fields or any(line[-1:] in _INTRODUCES for line in stripped))

    def introduces(self, line: str) -> bool:
        """Whether a line introduces what is quoted; prose about who wrote what has none of the signs."""
        if line[-1] not in _INTRODUCES and not (self.may_tell_time and ("@" in line or _TIME.search(line))):
            return False
        return any(compiled(part, number).match(line) for part, number in caught("reply_headers", line))


@lru_cache(maxsize=50_000)  # closing formulas, greetings and names come again and again
def _closes(line: str) -> bool:
    """Whether a line is a closing formula."""
    return any(compiled(part, number).fullmatch(line) for part, number in caught("sign_offs", line))


@lru_cache(maxsize=50_000)
def _greets(line: str) -> bool:
    """Whether a line only greets."""
    return any(compiled(part, number).match(line) for part, number in caught("greetings", line))


def _own_lines(text: str, lines: list[str], stripped: list[str]) -> list[int]:
    """The numbers of the customer's own lines: not what others wrote or programs added, no greeting, no signature."""
    kept = _unquoted(stripped, _Signs.of(text, stripped))
    may_be_code = may_be_technical("\n".join([lines[number] for number in kept]))
    may_end = bool(caught("programs", text))
    if may_be_code or may_end:
        kept = list(_prose(kept, lines, stripped, may_be_code))
    kept = [number for number in kept if not (stripped[number][0] in _DIVIDES and _DIVIDER.match(stripped[number]))]
    if len(kept) > 1 and _greets(stripped[kept[0]]):
        return kept[1:]
    return kept


def _unquoted(stripped: list[str], signs: _Signs) -> list[int]:
    """Lines above and between what is quoted; the signature ends them too, but not an answer further down."""
    kept: list[int] = []
    last_quoted = max((place for place, line in enumerate(stripped) if line[:1] == ">"), default=-1)
    number = 0
    while number < len(stripped):
        text = stripped[number]
        height = 0
        if not text or text[0] == ">" or text.startswith("|>"):
            height = 1
        elif signs.may_introduce and (height := _header_height(stripped, number, signs)):
            if number + height > last_quoted:
                return kept
        elif len(text) <= _CLOSING and (text in _MARKS or _closes(text)) and _ends_here(stripped, number, signs):
            # "Thanks for nothing" alone, or below a greeting, is what the customer has to say.
            if all(_greets(stripped[line]) for line in kept):
                kept.append(number)
            height = _next_quote(stripped, number + 1) - number
        else:
            kept.append(number)
            height = 1
        number += height
    return kept


def _header_height(stripped: list[str], number: int, signs: _Signs) -> int:
    """How many lines introduce what is quoted, beginning with this one; 0 where it introduces nothing."""
    text = stripped[number]
    if not text:
        return 0
    if signs.may_have_fields and number + 1 < len(stripped):
        following = stripped[number + 1]
        is_wrapped = following.endswith((":", "：")) and len(text) + len(following) < _HEADER
        if is_wrapped and signs.introduces(f"{text} {following}"):
            return 2
    if signs.introduces(text):
        return 1
    if not signs.may_have_fields or not (":" in text or "：" in text):
        return 0
    fields = _header_fields()
    return 1 if fields.match(text) and any(fields.match(line) for line in stripped[number + 1 : number + 3]) else 0


def _ends_here(stripped: list[str], number: int, signs: _Signs) -> bool:
    """Whether the customer's words end here, at a signature's mark, or at a closing formula with a signature below."""
    if stripped[number] in _MARKS:
        return True
    signature = []
    for place in range(number + 1, min(len(stripped), number + _LOOKED_AHEAD)):
        line = stripped[place]
        introduces = signs.may_introduce and _header_height(stripped, place, signs)
        if introduces or line[:1] == ">" or _is_footer(line):
            break
        signature += [line] if line else []
    return len(signature) <= _SIGNATURE_LINES and not any(map(_is_sentence, signature))


def _is_footer(line: str) -> bool:
    return bool(line) and "footers" in _programs(line)


def _next_quote(stripped: list[str], number: int) -> int:
    """The next line that is quoted; what stands above it belongs to the signature."""
    while number < len(stripped) and stripped[number][:1] != ">":
        number += 1
    return number


@cache
def _header_fields() -> re.Pattern[str]:
    names = "|".join(f"(?:{field})" for field in all_cleaning("header_fields"))
    return re.compile(rf"\*?(?:{names})\s?\*?[:：]", re.IGNORECASE)


@lru_cache(maxsize=50_000)
def _is_sentence(line: str) -> bool:
    """Whether a line below a closing formula goes on talking, and is no name, address or telephone number."""
    return len(_WORD.findall(line)) > _SIGNATURE_WORDS or bool(_TALKS_ON.search(line))


def _prose(numbers: list[int], lines: list[str], stripped: list[str], may_be_code: bool) -> Iterator[int]:
    """Lines that people write: no footers, no fenced code, no traces and logs."""
    in_fence = in_trace = False
    footer = before = -2
    for number in numbers:
        text = lines[number]
        if may_be_code and is_fence(text):
            in_fence = not in_fence and text.count("```") < 2
            continue
        # What follows a footer, up to the next empty line, belongs to it.
        is_footer = number == footer + 1 or _is_footer(stripped[number])
        footer = number if is_footer else footer
        if may_be_code:
            goes_on = in_trace and number == before + 1 and text.startswith((" ", "\t"))
            in_trace = is_trace(text) or goes_on
        before = number
        if not (in_fence or is_footer or in_trace or (may_be_code and is_code(text))):
            yield number
