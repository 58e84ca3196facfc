"""Files as sources: every source becomes a view that the mapping can select from.

Reads CSV, Parquet, JSON and JSON Lines with DuckDB, Excel with python-calamine. Cells of text files and sheets stay
text until the mapping casts them, so that one bad cell is one problem and not a failed load; lines that are not even
cells are kept in `rejected`.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TypeVar

import duckdb

from churnrisk.errors import InputError
from churnrisk.extract import rejected
from churnrisk.extract.delimited import delimited
from churnrisk.extract.excel import excel
from churnrisk.extract.json_lines import objects
from churnrisk.extract.reading import options_of
from churnrisk.history import first_line, name, quoted
from churnrisk.settings import Source

Given = TypeVar("Given")

#: Which reader takes which ending; `.gz` and `.zst` may follow those of text.
FORMATS = {
    "csv": "csv",
    "tsv": "csv",
    "txt": "csv",
    "parquet": "parquet",
    "jsonl": "jsonl",
    "ndjson": "jsonl",
    "json": "json",
    "xlsx": "excel",
    "xlsm": "excel",
    "xlsb": "excel",
    "xls": "excel",
    "ods": "excel",
}


def format_of(path: str) -> str:
    """The reader for a file name; raises InputError for an ending nobody reads."""
    endings = [ending.lstrip(".").lower() for ending in Path(path).suffixes]
    for ending in reversed(endings):
        if ending in FORMATS:
            return FORMATS[ending]
    raise InputError(
        f"{path} ends in nothing that can be read",
        f"Use one of {', '.join(FORMATS)}, or say which `format` the source has",
        file=path,
    )


def open_source(
    connection: duckdb.DuckDBPyConnection, label: str, source: Source, folder: Path, scratch: Path | None = None
) -> list[Path]:
    """Make the source a view called `label`; gives the files behind it.

    Args:
        connection: where the view is made; lines that cannot be read go to its table `unreadable`.
        label: the source's name.
        source: what is said of it.
        folder: of the export.
        scratch: for copies in another encoding; a temporary folder where it is not said.

    Raises:
        InputError: there is no such file, or it cannot be read.
    """
    files = _files(folder, source.path)
    if not files:
        raise InputError(
            f"The source {label} has no file {folder / source.path}",
            f"Check `path` of [sources.{label}] in churnrisk.toml, or pass --export FOLDER",
            file=str(folder / source.path),
        )
    if not connection.execute("from duckdb_tables() where table_name = ?", [rejected.UNREADABLE]).fetchall():
        rejected.begin(connection)
    place = scratch or Path(tempfile.gettempdir()) / "churnrisk"
    readers = [
        _told(file, label, partial(_reader, connection, label, source, file, place, position))
        for position, file in enumerate(files)
    ]
    union = " union all by name ".join(f"select * from {reader}" for reader in readers)
    _told(files[0], label, lambda: connection.execute(f"create or replace view {name(label)} as {union}"))
    return files


def _reader(
    connection: duckdb.DuckDBPyConnection, label: str, source: Source, file: Path, scratch: Path, position: int
) -> str:
    """The SQL that reads one file."""
    kind = source.format or format_of(file.name)
    if not file.stat().st_size:
        raise InputError(f"{file} is empty", "Export it again, or leave its source out", file=str(file))
    if kind == "csv":
        return delimited(connection, label, source, file, scratch / str(position))
    if kind == "excel":
        return excel(connection, label, source, file, position)
    if kind == "parquet":
        reader = f"read_parquet({quoted(str(file))}{options_of(source.options)})"
        connection.execute(f"describe select * from {reader}")
        return reader
    return objects(connection, label, source, file, kind == "jsonl", scratch / str(position))


def _told(file: Path, label: str, work: Callable[[], Given]) -> Given:
    """What the work gives; a fault of the file becomes one sentence."""
    try:
        return work()
    except (duckdb.Error, OSError) as error:
        if isinstance(error, OSError) and error.errno and error.filename != str(file):
            raise  # what fails is the disk that we write to, not the file
        raise InputError(
            f"The source {label} ({file}) cannot be read: {first_line(error)}",
            f"Check that the file is whole, and `format` and `options` of [sources.{label}] in churnrisk.toml",
            file=str(file),
        ) from error


def _files(folder: Path, path: str) -> list[Path]:
    if not path:
        return []
    exact = folder / path  # an absolute path stays itself
    if exact.is_file():
        return [exact]
    try:
        return sorted(file for file in folder.glob(path) if file.is_file() and not file.name.startswith((".", "~$")))
    except (ValueError, IndexError, NotImplementedError):  # an absolute pattern
        return []
