"""The sheets of a workbook: which of them hold a table, and in which row its header is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

#: Rows that are looked at to find the header.
_HEAD = 50


@dataclass(frozen=True)
class Sheet:
    """One sheet that holds a table: what goes into its Source, its header, and doubts."""

    settings: dict[str, Any]
    header: tuple[str, ...]
    doubts: tuple[str, ...]


def sheets(file: Path) -> list[Sheet]:
    """The sheets of a workbook that hold a table.

    Raises:
        ValueError: the workbook cannot be opened.
    """
    import python_calamine as calamine

    try:
        book = calamine.CalamineWorkbook.from_path(str(file))
        found = []
        for name in book.sheet_names:
            sheet = book.get_sheet_by_name(name)
            rows = sheet.to_python(skip_empty_area=False, nrows=_HEAD)
            merged = sheet.merged_cell_ranges if hasattr(sheet, "merged_cell_ranges") else None
            if table := _table(name, rows, merged or [], is_only=len(book.sheet_names) == 1):
                found.append(table)
    except calamine.CalamineError as error:
        raise ValueError(str(error)) from error
    return found


def _table(name: str, rows: Sequence[Sequence[Any]], merged: Sequence[Any], is_only: bool) -> Sheet | None:
    filled = [sum(1 for cell in row if str(cell).strip()) for row in rows]
    width = max(filled, default=0)
    if width < 2 or sum(count > 1 for count in filled) < 2:
        return None
    first = next(place for place, count in enumerate(filled) if count >= max(2, round(0.6 * width)))
    wide = [
        last for (top, left), (bottom, right) in merged for last in [bottom] if top <= first <= bottom and right > left
    ]
    doubts = []
    if wide and first + 1 < len(rows) and all(isinstance(cell, str) for cell in rows[first + 1] if str(cell).strip()):
        first = max(*wide, first) + (1 if max(wide) == first else 0)
        doubts.append("cells of the header are merged: its last row is taken for the header")
    settings: dict[str, Any] = {} if is_only else {"sheet": name}
    if first:
        settings["skip"] = first
        doubts.append(f"{first} rows above the header are skipped")
    return Sheet(settings, tuple(str(cell).strip() for cell in rows[first]), tuple(doubts))
