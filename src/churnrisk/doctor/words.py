"""Numbers and lists as people say them."""

from __future__ import annotations

from collections.abc import Iterable


def percent(share: float) -> str:
    """A share of one as a rounded percentage, never 0 % or 100 % where it is not."""
    if 0 < share < 0.001:
        return "less than 0.1 %"
    if 0.995 <= share < 1:
        return "more than 99 %"
    if 0 < share < 0.1:
        return f"{100 * share:.1f} %".replace(".0 %", " %")
    return f"{100 * share:.0f} %"


def count(number: int, noun: str) -> str:
    """How many of something, such as "1 row" or "1,200 rows"."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def listed(names: Iterable[str], last: str = "and") -> str:
    """The names as in a sentence: "a", "a and b", "a, b and c"."""
    *first, end = list(names)
    return f"{', '.join(first)} {last} {end}" if first else end


def spoken(identifier: str) -> str:
    """An identifier as words."""
    return identifier.replace("_", " ")
