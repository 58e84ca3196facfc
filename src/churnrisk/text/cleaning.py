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
from functools import cache
from itertools import accumulate
from operator import itemgetter

from churnrisk.text.nets import LINES, Lines, caught
from churnrisk.text.rules import all_cleaning
from churnrisk.text.technical import is_code, is_fence, is_trace, may_be_technical

#: No more of a body is looked at: what follows is never the customer's first point.
MOST_OF_BODY = 20_000
#: A signature has at most so many lines, of at most so many words.
_SIGNATURE_LINES, _SIGNATURE_WORDS = 12, 9
#: A header on two lines, and a closing formula with a name, have fewer characters.
_HEADER, _CLOSING = 200, 60
_LOOKED_AHEAD = 40

_SUSPECT = re.compile(r"[\n\r<>@`&]|://|www\.", re.IGNORECASE)
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
_MAY_CUT = re.compile(r"[@`]|://|www\.", re.IGNORECASE)
_WORD = re.compile(r"[^\W\d_]{2,}")
#: A line that talks on ends so, whatever its length; Korean sentences are short in words.
_TALKS_ON = re.compile(r"[!?？]$|[다요]\.$")
#: A line that introduces a quotation ends so, or has an address or a time of day; prose about who wrote what has not.
_INTRODUCES = re.compile(r"[:：>\-–—_*]\s*$|@|\d[:.]\d\d")
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
    if not _SUSPECT.search(text):
        own = text.strip()
        return Own(
            own,
            ((0, text.index(own[0]) if own else 0),),
            is_automatic=_is_automatic([own], Lines(caught("automatic", own))),
        )
    if _IS_HTML.search(text):
        plain = _without_html(_Traced(text, tuple(range(len(text)))))
        text, places = plain.text, plain.places
    lines = text.split("\n")
    stripped = [line.strip() for line in lines]
    rules = _LineRules(text)
    if _is_automatic(stripped, rules.automatic):
        return Own("", is_automatic=True)
    begins = list(accumulate((len(line) + 1 for line in lines), initial=0))
    parts = _parts if _MAY_CUT.search(text) else _whole
    kept = [part for number in _own_lines(lines, stripped, rules) for part in parts(lines[number], begins[number])]
    return _joined(kept, text, places)


def composed(body: str) -> str:
    """The body in Unicode's composed form, with a line feed between lines; places are counted in it."""
    body = body.replace("\r\n", "\n").replace("\r", "\n") if "\r" in body else body
    return body if body.isascii() else unicodedata.normalize("NFC", body)


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


def _is_automatic(stripped: Sequence[str], automatic: Lines) -> bool:
    """Whether one of the first lines says that no person wrote it."""
    return automatic.may_be and any(automatic.are_in(line[:300]) for line in [line for line in stripped if line][:5])


def _own_lines(lines: list[str], stripped: list[str], rules: _LineRules) -> list[int]:
    """The numbers of the customer's own lines: not what others wrote or programs added, no greeting, no signature."""
    kept = [number for number in _unquoted(stripped, rules) if stripped[number]]
    if rules.may_be_code or rules.footers.may_be:
        kept = list(_prose(kept, lines, stripped, rules))
    kept = [number for number in kept if not (stripped[number][0] in _DIVIDES and _DIVIDER.match(stripped[number]))]
    if len(kept) > 1 and rules.greetings.begin(stripped[kept[0]]):
        return kept[1:]
    return kept


class _LineRules:
    """What may be found in the lines of one text."""

    def __init__(self, text: str) -> None:
        # A header may be wrapped: its words are looked for across the break.
        numbers = caught("lines", text.replace("\n", " "))
        self.headers, self.sign_offs, self.footers, self.greetings, self.automatic = (
            Lines([found for found in numbers if found[0] == part]) for part in LINES
        )
        self._may_have_fields = ":" in text or "：" in text
        self.may_be_code = may_be_technical(text)

    def header_height(self, text: str, below: Sequence[str]) -> int:
        """How many lines introduce what is quoted, beginning with this one; 0 where it introduces nothing."""
        if self.headers.may_be and (height := self._introducing(text, below[0] if below else "")):
            return height
        if not self._may_have_fields or not (":" in text or "：" in text):
            return 0
        fields = _header_fields()
        return 1 if fields.match(text) and any(fields.match(line) for line in below[:2]) else 0

    def _introducing(self, text: str, following: str) -> int:
        is_wrapped = following.endswith((":", "：")) and len(text) + len(following) < _HEADER
        if is_wrapped and self.headers.begin(f"{text} {following}"):
            return 2
        return 1 if text and _INTRODUCES.search(text) and self.headers.begin(text) else 0

    def ends_here(self, text: str, below: Sequence[str]) -> bool:
        """Whether the customer's words end here: a signature's mark, or a closing formula with a signature below."""
        if text in ("--", "—", "––"):
            return True
        if not (self.sign_offs.may_be and 0 < len(text) <= _CLOSING and self.sign_offs.are(text)):
            return False
        signature = []
        for line in below:
            if line.startswith(">") or self.header_height(line, []) or self.footers.begin(line):
                break
            signature += [line] if line else []
        return len(signature) <= _SIGNATURE_LINES and not any(map(_is_sentence, signature))


def _unquoted(stripped: list[str], rules: _LineRules) -> Iterator[int]:
    """Lines above and between what is quoted; the signature ends them too, but not an answer further down."""
    number = 0
    while number < len(stripped):
        text, below = stripped[number], stripped[number + 1 : number + _LOOKED_AHEAD]
        if text.startswith((">", "|>")):
            number += 1
        elif height := rules.header_height(text, below):
            if not any(line.startswith(">") for line in stripped[number + height :]):
                return
            number += height
        elif rules.ends_here(text, below):
            if not any(stripped[:number]):
                yield number
            number = _next_quote(stripped, number + 1)
        else:
            yield number
            number += 1


def _next_quote(stripped: list[str], number: int) -> int:
    """The next line that is quoted; what stands above it belongs to the signature."""
    while number < len(stripped) and not stripped[number].startswith(">"):
        number += 1
    return number


@cache
def _header_fields() -> re.Pattern[str]:
    names = "|".join(re.escape(field) for field in all_cleaning("header_fields"))
    return re.compile(rf"\*?(?:{names})\s?\*?[:：]", re.IGNORECASE)


def _is_sentence(line: str) -> bool:
    """Whether a line below a closing formula goes on talking, and is no name, address or telephone number."""
    return len(_WORD.findall(line)) > _SIGNATURE_WORDS or bool(_TALKS_ON.search(line))


def _prose(numbers: list[int], lines: list[str], stripped: list[str], rules: _LineRules) -> Iterator[int]:
    """Lines that people write: no footers, no fenced code, no traces and logs."""
    in_fence = in_trace = False
    footer = before = -2
    for number in numbers:
        text = lines[number]
        if rules.may_be_code and is_fence(text):
            in_fence = not in_fence and text.count("```") < 2
            continue
        # What follows a footer, up to the next empty line, belongs to it.
        is_footer = number == footer + 1 or rules.footers.begin(_CAUTION.sub("", stripped[number]))
        footer = number if is_footer else footer
        if rules.may_be_code:
            goes_on = in_trace and number == before + 1 and text.startswith((" ", "\t"))
            in_trace = is_trace(text) or goes_on
        before = number
        if not (in_fence or is_footer or in_trace or (rules.may_be_code and is_code(text))):
            yield number
