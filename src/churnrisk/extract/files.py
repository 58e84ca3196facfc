"""Files as sources: every file of the export becomes a view that the mapping can select from.

Reads CSV, Parquet and JSON Lines with DuckDB. Cells of text files stay text until the mapping casts them, so that one
bad cell is one problem and not a failed load.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb

from churnrisk.errors import InputError
from churnrisk.history import first_line, name, quoted
from churnrisk.settings import Source

#: Which reader takes which ending; `.gz` and `.zst` may follow.
FORMATS = {
    "csv": "csv",
    "tsv": "csv",
    "txt": "csv",
    "parquet": "parquet",
    "jsonl": "jsonl",
    "ndjson": "jsonl",
}
_READERS = {
    "csv": "read_csv({files}, all_varchar = true, header = true, union_by_name = true{options})",
    "parquet": "read_parquet({files}, union_by_name = true{options})",
    "jsonl": "read_json({files}, format = 'newline_delimited', union_by_name = true{options})",
}
#: Room for the longest message that a line may hold, in bytes; DuckDB's own limit is 2 MB.
_LONG_LINES = {"max_line_size": 8 << 20, "buffer_size": 32 << 20}


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


def open_source(connection: duckdb.DuckDBPyConnection, label: str, source: Source, folder: Path) -> list[Path]:
    """Make the source a view called `label`; gives the files behind it.

    Raises:
        InputError: there is no such file, or it cannot be read.
    """
    files = _files(folder, source.path)
    if not files:
        raise InputError(
            f"The source {label} has no file {folder / source.path}",
            "Check `path` in churnrisk.toml, or pass --export FOLDER",
            file=str(folder / source.path),
        )
    kind = source.format or format_of(files[0].name)
    if kind not in _READERS:
        raise InputError(f"The source {label} has format {kind!r}", f"Use one of {', '.join(_READERS)}")
    options = (_LONG_LINES if kind == "csv" else {}) | source.options
    reader = _READERS[kind].format(
        files="[" + ", ".join(quoted(str(file)) for file in files) + "]", options=_options(options)
    )
    try:
        connection.execute(f"create or replace view {name(label)} as select * from {reader}")
    except duckdb.Error as error:
        raise InputError(
            f"The source {label} ({files[0]}) cannot be read: {first_line(error)}",
            "Check that the file is whole, and set `format` and `options` (delim, encoding) of the source",
            file=str(files[0]),
        ) from error
    return files


def _files(folder: Path, path: str) -> list[Path]:
    exact = folder / path  # an absolute path stays itself
    if exact.is_file():
        return [exact]
    try:
        return sorted(file for file in folder.glob(path) if file.is_file())
    except (ValueError, IndexError, NotImplementedError):  # an empty or an absolute pattern
        return []


def _options(options: dict[str, Any]) -> str:
    def literal(value: object) -> str:
        if isinstance(value, bool):
            return str(value).lower()
        return str(value) if isinstance(value, int | float) else quoted(str(value))

    return "".join(f", {key} = {literal(value)}" for key, value in options.items() if key.isidentifier())
