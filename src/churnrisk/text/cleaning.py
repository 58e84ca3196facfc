"""A customer's own words: a message without quoted replies, signatures, templates, code, traces and addresses.

Reads the body of one message; gives what the customer wrote, and where each character of it stands in the body. Most
messages are a line or two and pass through untouched.
"""

from __future__ import annotations

import html
import re
import unicodedata
from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import accumulate
from operator import itemgetter

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
_SUSPECT = frozenset("\n\r<>@`&")
_IS_HTML = re.compile(
    r"<(?:!doctype|html|body|head|div|p|br|span|table|blockquote|ul|ol|li|a|b|i|strong|em)\b[^<>]*>", re.IGNORECASE
)
_UNSEEN = re.compile(r"<(style|script|head)\b[^>]*>.*?</\1\s*>|<!--.*?-->", re.IGNORECASE | re.DOTALL)
_QUOTE = re.compile(r"<blockquote\b[^>]*>(?:(?!<blockquote\b).)*?</blockquote\s*>", re.IGNORECASE | re.DOTALL)
_QUOTE_TO_END = re.compile(r"<blockquote\b[^>]*>.*", re.IGNORECASE | re.DOTALL)
_CODE = re.compile(r"<(pre|code)\b[^>]*>.*?</\1\s*>", re.IGNORECASE | re.DOTALL)
_BREAK = re.compile(r"<(?:br|/?p|/?div|/?tr|/?li|/?ul|/?ol|/?h\d|/?table)\b[^>]*>", re.IGNORECASE)
_TAG = re.compile(r"<[/!]?[a-z][^<>]*>", re.IGNORECASE)
_ENTITY = re.compile(r"&(?:#\d{1,7}|#x[0-9a-f]{1,6}|[a-z]{2,10}\d?);", re.IGNORECASE)

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
_TIME = re.compile(r"\d[:.]\d\d")
#: What may stand before a note on confidentiality: "NOTICE:", "UWAGA:".
_CAUTION = re.compile(r"^\W*\w{3,14}\s?: ?(?=\S)")
_DIVIDES = "_=*-–—"
_DIVIDER = re.compile(r"[_=*\-–—]{2,}$")


@dataclass(frozen=True)
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
    may_cut = "@" in text or "`" in text or "://" in text or "www." in text.lower()
    if not may_cut and _SUSPECT.isdisjoint(text):
        own = text.strip()
        return Own(
            own,
            ((0, text.index(own[0]) if own else 0),),
            is_automatic=_is_automatic(own, [own]),
        )
    if "<" in text and _IS_HTML.search(text):
        plain = _without_html(_Traced(text, tuple(range(len(text)))))
        text, places = plain.text, plain.places
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


@dataclass(frozen=True)
class _Traced:
    """A text that knows where each of its characters came from."""

    text: str
    places: tuple[int, ...]

    def replaced(self, pattern: re.Pattern[str], by: Callable[[re.Match[str]], str]) -> _Traced:
        """What the pattern finds is replaced; the new characters stand where the old ones began."""
        parts: list[str] = []
        places: list[int] = []
        done = 0
        for found in pattern.finditer(self.text):
            new = by(found)
            parts += (self.text[done : found.start()], new)
            places += self.places[done : found.start()]
            places += [self.places[found.start()]] * len(new)
            done = found.end()
        if not done:
            return self
        return _Traced("".join(parts) + self.text[done:], tuple(places) + self.places[done:])


def _without_html(letters: _Traced) -> _Traced:
    letters = letters.replaced(_UNSEEN, lambda _: "").replaced(_CODE, lambda _: "\n")
    for _ in range(20):
        shorter = letters.replaced(_QUOTE, lambda _: "\n> \n")
        if shorter is letters:
            break
        letters = shorter
    letters = (
        letters.replaced(_QUOTE_TO_END, lambda _: "").replaced(_BREAK, lambda _: "\n").replaced(_TAG, lambda _: "")
    )
    return letters.replaced(_ENTITY, lambda found: html.unescape(found[0]).replace("\xa0", " ")[:1])


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


def _introduces(line: str) -> bool:
    """Whether a line introduces what is quoted."""
    return _may_introduce(line) and any(
        compiled(part, number).match(line) for part, number in caught("reply_headers", line)
    )


def _may_introduce(line: str) -> bool:
    """Such a line ends so, or has an address or a time of day; prose about who wrote what has not."""
    return line[-1] in _INTRODUCES or "@" in line or bool(_TIME.search(line))


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
    kept = _unquoted(stripped, ":" in text or "：" in text)
    may_be_code, may_end = may_be_technical(text), bool(caught("programs", text))
    if may_be_code or may_end:
        kept = list(_prose(kept, lines, stripped, may_be_code))
    kept = [number for number in kept if not (stripped[number][0] in _DIVIDES and _DIVIDER.match(stripped[number]))]
    if len(kept) > 1 and _greets(stripped[kept[0]]):
        return kept[1:]
    return kept


def _unquoted(stripped: list[str], may_have_fields: bool) -> list[int]:
    """Lines above and between what is quoted; the signature ends them too, but not an answer further down."""
    kept: list[int] = []
    last_quoted = max((place for place, line in enumerate(stripped) if line.startswith(">")), default=-1)
    number = 0
    while number < len(stripped):
        text = stripped[number]
        height = 0
        if not text or text.startswith((">", "|>")):
            height = 1
        elif height := _header_height(text, stripped[number + 1 : number + 3], may_have_fields):
            if number + height > last_quoted:
                return kept
        elif len(text) <= _CLOSING and _ends_here(stripped, number, may_have_fields):
            # "Thanks for nothing" alone, or below a greeting, is what the customer has to say.
            if all(_greets(stripped[line]) for line in kept):
                kept.append(number)
            height = _next_quote(stripped, number + 1) - number
        else:
            kept.append(number)
            height = 1
        number += height
    return kept


def _header_height(text: str, below: Sequence[str], may_have_fields: bool) -> int:
    """How many lines introduce what is quoted, beginning with this one; 0 where it introduces nothing."""
    if not text:
        return 0
    following = below[0] if below else ""
    is_wrapped = following.endswith((":", "：")) and len(text) + len(following) < _HEADER
    if is_wrapped and _introduces(f"{text} {following}"):
        return 2
    if _introduces(text):
        return 1
    if not may_have_fields or not (":" in text or "：" in text):
        return 0
    fields = _header_fields()
    return 1 if fields.match(text) and any(fields.match(line) for line in below[:2]) else 0


def _ends_here(stripped: list[str], number: int, may_have_fields: bool) -> bool:
    """Whether the customer's words end here: a signature's mark, or a closing formula with a signature below."""
    if stripped[number] in ("--", "—", "––"):
        return True
    if not _closes(stripped[number]):
        return False
    signature = []
    below = stripped[number + 1 : number + _LOOKED_AHEAD]
    for place, line in enumerate(below):
        if line.startswith(">") or _header_height(line, below[place + 1 :], may_have_fields) or _is_footer(line):
            break
        signature += [line] if line else []
    return len(signature) <= _SIGNATURE_LINES and not any(map(_is_sentence, signature))


def _is_footer(line: str) -> bool:
    return bool(line) and "footers" in _programs(line)


def _next_quote(stripped: list[str], number: int) -> int:
    """The next line that is quoted; what stands above it belongs to the signature."""
    while number < len(stripped) and not stripped[number].startswith(">"):
        number += 1
    return number


@cache
def _header_fields() -> re.Pattern[str]:
    names = "|".join(f"(?:{field})" for field in all_cleaning("header_fields"))
    return re.compile(rf"\*?(?:{names})\s?\*?[:：]", re.IGNORECASE)


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
