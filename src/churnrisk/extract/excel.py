"""Sheets of Excel workbooks (xlsx, xlsm, xlsb, xls) and of OpenDocument, read by python-calamine.

Every cell becomes text, as in a CSV: whole numbers without decimals, times in ISO form. Formulas give the value that
was last computed.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from churnrisk.errors import InputError
from churnrisk.extract.reading import column_names
from churnrisk.history import name
from churnrisk.settings import Source


def excel(connection: duckdb.DuckDBPyConnection, label: str, source: Source, file: Path, position: int) -> str:
    """The SQL that reads one sheet.

    Raises:
        InputError: the workbook cannot be opened, has no such sheet, or its header is none.
    """
    rows = _rows(label, source, file)
    header = rows[source.skip] if len(rows) > source.skip else []
    _refuse_no_header(label, source, file, rows, header)
    names = column_names([_text(cell) or "" for cell in header])
    body = [row for row in rows[source.skip + 1 :] if any(_text(cell) for cell in row)]
    sheet = pa.table(
        {
            column: pa.array([_text(row[i]) if i < len(row) else None for row in body], pa.string())
            for i, column in enumerate(names)
        }
    )
    relation = f"sheet_{position}_{label}"
    connection.register(relation, sheet)
    return name(relation)


def _rows(label: str, source: Source, file: Path) -> list[list[Any]]:
    import python_calamine as calamine

    try:
        book = calamine.CalamineWorkbook.from_path(str(file))
        names = book.sheet_names
        if source.sheet and source.sheet not in names:
            raise InputError(
                f"{file} has no sheet called {source.sheet!r}",
                f"Set `sheet` of [sources.{label}] in churnrisk.toml to one of {', '.join(names)}",
                file=str(file),
            )
        sheet = book.get_sheet_by_name(source.sheet or names[0])
        return list(sheet.to_python(skip_empty_area=False))
    except (calamine.CalamineError, OSError, IndexError) as error:
        step = "Open it and save it again without a password, or export the sheet as CSV"
        if not _is_packed(file):
            step = f'It is no workbook: add `format = "csv"` to [sources.{label}] in churnrisk.toml if it is text'
        raise InputError(f"{file} cannot be read as a workbook: {error}", step, file=str(file)) from error


def _is_packed(file: Path) -> bool:
    """Whether it begins as workbooks do, with or without a password."""
    with file.open("rb") as raw:
        return raw.read(4) in (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")


def _refuse_no_header(label: str, source: Source, file: Path, rows: list[list[Any]], header: Sequence[Any]) -> None:
    """Stop at a header with merged or empty cells: its columns would have no names."""
    filled = [cell for cell in header if _text(cell)]
    widest = max((sum(1 for cell in row if _text(cell)) for row in rows[:50]), default=0)
    if filled and len(filled) * 2 > widest:
        return
    if not widest or source.skip >= len(rows):
        raise InputError(
            f"{file}, sheet {source.sheet or 1}: there is no row {source.skip + 1} that names columns",
            f"Set `sheet` or `skip` of [sources.{label}] in churnrisk.toml to where the table is",
            file=str(file),
        )
    better = next((i for i, row in enumerate(rows) if i > source.skip and _is_header(row, widest)), None)
    step = f"Add `skip = {better}` to" if better is not None else "Set `skip` of"
    raise InputError(
        f"{file}, sheet {source.sheet or 1}: row {source.skip + 1} names only {len(filled)} of {widest} columns,"
        " as merged cells do",
        f"{step} [sources.{label}] in churnrisk.toml, so that it counts the rows above the header",
        file=str(file),
    )


def _is_header(row: Sequence[Any], widest: int) -> bool:
    texts = [cell for cell in row if isinstance(cell, str) and cell.strip()]
    return len(texts) == len(set(texts)) and len(texts) * 2 > widest


def _text(cell: Any) -> str | None:
    """A cell as text, or None where it is empty."""
    if isinstance(cell, bool):
        return str(cell).lower()
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() and abs(cell) < 1e15 else repr(cell)
    if isinstance(cell, datetime):
        return cell.isoformat(sep=" ")
    if isinstance(cell, date | time):
        return cell.isoformat()
    return str(cell).strip() or None
