"""What the readers of files share: names of columns, literals of SQL."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from churnrisk.history import quoted


def column_names(header: Sequence[str]) -> list[str]:
    """Names that a mapping can use: trimmed, `column3` where the third is empty, `name_1` where a name comes again.

    Capital letters make no difference to DuckDB, so they make no second name.
    """
    names: list[str] = []
    taken: set[str] = set()
    for position, cell in enumerate(header, start=1):
        wanted = str(cell).replace("\ufeff", "").strip() or f"column{position}"
        found, again = wanted, 0
        while found.lower() in taken:
            again += 1
            found = f"{wanted}_{again}"
        taken.add(found.lower())
        names.append(found)
    return names


def literal(value: object) -> str:
    """A value of an option as DuckDB's SQL has it: texts, numbers, truths, lists and tables of these."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int | float):
        return str(value)
    if isinstance(value, list | tuple):
        return "[" + ", ".join(literal(item) for item in value) + "]"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{quoted(str(key))}: {literal(item)}" for key, item in value.items()) + "}"
    return quoted(str(value))


def options_of(options: dict[str, Any]) -> str:
    """Options as they follow the first argument of a DuckDB reader."""
    return "".join(f", {key} = {literal(value)}" for key, value in options.items())
