"""Where in a TOML file each key stands, so that an error can name the line.

The parser of the standard library gives no lines. This reads headers and keys; of values only where they end.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator

#: A step into a file: a key, or the position in an array of tables.
Step = str | int

_TOKEN = re.compile(
    r"""
    \"{3} (?:\\.|[^\\])*? \"{3,5} | '{3} .*? '{3,5}      # texts over several lines
    | "(?:\\.|[^"\\\n])*" | '[^'\n]*'                   # texts
    | \#[^\n]* | [\w-]+ | .                              # comments, bare keys, signs and ends of lines
    """,
    re.DOTALL | re.VERBOSE,
)


def places(text: str) -> dict[tuple[Step, ...], int]:
    """The line, from 1, of each table and each key of a TOML text, by its path."""
    found: dict[tuple[Step, ...], int] = {}
    counts: dict[tuple[Step, ...], int] = {}
    prefix: tuple[Step, ...] = ()
    for number, tokens in _statements(text):
        if tokens[0] != "[":
            found[(*prefix, *_parts(tokens))] = number
            continue
        prefix = _resolved(_parts(tokens), counts)
        if tokens[1] == "[":
            counts[prefix] = counts.get(prefix, -1) + 1
            prefix = (*prefix, counts[prefix])
        found[prefix] = number
    return found


def _statements(text: str) -> Iterator[tuple[int, list[str]]]:
    """The line and the tokens of each header, and of each key up to its equals sign."""
    number, depth, tokens, is_key = 1, 0, list[str](), True
    for part in (match[0] for match in _TOKEN.finditer(text + "\n")):
        depth += {"[": 1, "{": 1, "]": -1, "}": -1}.get(part, 0)
        if part == "\n" and depth <= 0:
            if tokens:
                yield number, tokens
            depth, tokens, is_key = 0, [], True
        elif part == "=" and is_key:
            yield number, tokens
            tokens, is_key = [], False
        elif is_key and part.strip() and not part.startswith("#"):
            tokens.append(part)
        number += part.count("\n")


def _parts(tokens: list[str]) -> tuple[str, ...]:
    """The keys among the tokens, as they read without their quotation marks."""
    return tuple(
        tomllib.loads(f"key = {part}")["key"] if part[0] in "\"'" else part
        for part in tokens
        if part not in (".", "[", "]")
    )


def _resolved(parts: tuple[str, ...], counts: dict[tuple[Step, ...], int]) -> tuple[Step, ...]:
    """The path of a header: `mapping.columns` belongs to the latest `[[mapping]]`."""
    path: tuple[Step, ...] = ()
    for position, part in enumerate(parts):
        path = (*path, part)
        if path in counts and position < len(parts) - 1:
            path = (*path, counts[path])
    return path
