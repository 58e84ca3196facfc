"""Where in a TOML file each key stands, so that an error can name the line.

The parser of the standard library gives no lines. This reads headers and keys, not values; a text over several lines
is skipped.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

#: A step into a file: a key, or the position in an array of tables.
Step = str | int

_HEADER = re.compile(r"^\s*(\[\[?)\s*([^\]]+?)\s*\]\]?\s*(#.*)?$")
_KEY = re.compile(r"""^\s*((?:[\w-]+|"[^"]*"|'[^']*')(?:\s*\.\s*(?:[\w-]+|"[^"]*"|'[^']*'))*)\s*=(.*)$""")
_PART = re.compile(r"""[\w-]+|"[^"]*"|'[^']*'""")
_FENCES = ('"""', "'''")


def places(text: str) -> dict[tuple[Step, ...], int]:
    """The line, from 1, of each table and each key of a TOML text, by its path."""
    found: dict[tuple[Step, ...], int] = {}
    counts: dict[tuple[Step, ...], int] = {}
    prefix: tuple[Step, ...] = ()
    for number, line in _outside_texts(text):
        if header := _HEADER.match(line):
            prefix = _resolved(_parts(header[2]), counts)
            if header[1] == "[[":
                counts[prefix] = counts.get(prefix, -1) + 1
                prefix = (*prefix, counts[prefix])
            found[prefix] = number
        elif key := _KEY.match(line):
            found[(*prefix, *_parts(key[1]))] = number
    return found


def _parts(dotted: str) -> tuple[str, ...]:
    return tuple(part.strip("\"'") for part in _PART.findall(dotted))


def _resolved(parts: tuple[str, ...], counts: dict[tuple[Step, ...], int]) -> tuple[Step, ...]:
    """The path of a header: `mapping.columns` belongs to the latest `[[mapping]]`."""
    path: tuple[Step, ...] = ()
    for position, part in enumerate(parts):
        path = (*path, part)
        if path in counts and position < len(parts) - 1:
            path = (*path, counts[path])
    return path


def _outside_texts(text: str) -> Iterator[tuple[int, str]]:
    """The lines that do not stand inside a text over several lines, with their numbers."""
    fence = ""
    for number, line in enumerate(text.splitlines(), start=1):
        if fence:
            if fence in line:
                fence = ""
            continue
        yield number, line
        fence = next((mark for mark in _FENCES if line.count(mark) % 2), "")
