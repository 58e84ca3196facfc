"""Messages without their markup: HTML, and signs that nobody sees; each letter still knows where it stood.

Reads a text, gives what is left of it and the place of each of its characters in what was read.
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from dataclasses import dataclass

IS_HTML = re.compile(
    r"<(?:!doctype|html|body|head|div|p|br|span|table|blockquote|ul|ol|li|a|b|i|strong|em)\b[^<>]*>", re.IGNORECASE
)
_UNSEEN = re.compile(r"<(style|script|head)\b[^>]*>.*?</\1\s*>|<!--.*?-->", re.IGNORECASE | re.DOTALL)
_QUOTE = re.compile(r"<blockquote\b[^>]*>(?:(?!<blockquote\b).)*?</blockquote\s*>", re.IGNORECASE | re.DOTALL)
_QUOTE_TO_END = re.compile(r"<blockquote\b[^>]*>.*", re.IGNORECASE | re.DOTALL)
_CODE = re.compile(r"<(pre|code)\b[^>]*>.*?</\1\s*>", re.IGNORECASE | re.DOTALL)
_BREAK = re.compile(r"<(?:br|/?p|/?div|/?tr|/?li|/?ul|/?ol|/?h\d|/?table)\b[^>]*>", re.IGNORECASE)
_TAG = re.compile(r"<[/!]?[a-z][^<>]*>", re.IGNORECASE)
_ENTITY = re.compile(r"&(?:#\d{1,7}|#x[0-9a-f]{1,6}|[a-z]{2,10}\d?);", re.IGNORECASE)
#: What stands inside words and is not seen: soft hyphens, spaces of no width, marks of the direction of writing.
INVISIBLE = re.compile("[\u00ad\u200b\u200e\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff]")


def without_invisible(text: str) -> tuple[str, tuple[int, ...]]:
    """A text without what stands inside words and is not seen, and the place of each character."""
    plain = _Traced(text, tuple(range(len(text)))).replaced(INVISIBLE, lambda _: "")
    return plain.text, plain.places


def without_html(text: str, places: tuple[int, ...] | None) -> tuple[str, tuple[int, ...]]:
    """A text without tags, styles, quoted parts and code, a line for each block, and the place of each character.

    Args:
        text: in HTML, or with some of it.
        places: of its characters, where it was already cut from something.
    """
    letters = _Traced(text, places or tuple(range(len(text))))
    letters = letters.replaced(_UNSEEN, lambda _: "").replaced(_CODE, lambda _: "\n")
    for _ in range(20):
        shorter = letters.replaced(_QUOTE, lambda _: "\n> \n")
        if shorter is letters:
            break
        letters = shorter
    letters = (
        letters.replaced(_QUOTE_TO_END, lambda _: "").replaced(_BREAK, lambda _: "\n").replaced(_TAG, lambda _: "")
    )
    letters = letters.replaced(_ENTITY, lambda found: html.unescape(found[0]).replace("\xa0", " ")[:1])
    return letters.text, letters.places


@dataclass(frozen=True, slots=True)
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
