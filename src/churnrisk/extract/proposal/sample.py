"""A bounded sample of each source, kept as Parquet: a file of gigabytes is not read whole to make a proposal.

The proposal is checked by mapping these samples the way `extract` maps the sources themselves.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import duckdb
import pyarrow.parquet as pq

from churnrisk.extract.dialect import opened
from churnrisk.extract.files import format_of, open_source
from churnrisk.extract.proposal.found import Found
from churnrisk.history import connect, name, one_row, quoted
from churnrisk.settings import Source

#: Rows of a source that are looked at.
ROWS = 1_000_000
#: Bytes of text up to which a source is read whole.
WHOLE = 64 << 20
_PIECES, _PIECE = 32, 1 << 20


@dataclass(frozen=True)
class Sample:
    """What is looked at of a source.

    Attributes:
        found: the source.
        path: the Parquet file with the rows.
        rows: how many rows the source has; about so many where it is not whole.
        is_whole: whether every row is in the sample.
        unreadable: lines that could not be divided into cells.
        columns: the names of its columns.
    """

    found: Found
    path: Path
    rows: int
    is_whole: bool
    unreadable: int
    columns: tuple[str, ...] = ()

    @property
    def as_source(self) -> Source:
        """The sample, to be opened in place of the source."""
        return Source(path=str(self.path), format="parquet")


def sample(found: Found, folder: Path, scratch: Path) -> Sample:
    """Take the sample of one source.

    Raises:
        InputError: the source cannot be read.
    """
    connection = connect(spill=scratch / ".spill")
    try:
        source, share = found.source, 1.0
        kind = source.format or format_of(found.files[0].name)
        size = sum(file.stat().st_size for file in found.files)
        if kind in ("csv", "jsonl") and size > WHOLE:
            source, share = _pieces(found, kind, scratch)
        open_source(connection, found.label, source, folder, scratch / found.label)
        path = scratch / f"{found.label}.parquet"
        rows = int(one_row(connection, f"select count(*) from {name(found.label)}")[0])
        _copy(connection, found.label, path, rows)
        lost = int(one_row(connection, "select count(*) from unreadable")[0])
        whole = share == 1.0 and rows <= ROWS
        return Sample(
            found, path, round(rows / share), whole, lost if share == 1.0 else 0, tuple(pq.read_schema(path).names)
        )
    finally:
        connection.close()


def _copy(connection: duckdb.DuckDBPyConnection, label: str, path: Path, rows: int) -> None:
    taken = "" if rows <= ROWS else f" using sample {ROWS} rows (reservoir, 7)"
    if rows > 10 * ROWS:
        taken = f" using sample {100 * ROWS / rows} percent (system, 7)"
    connection.execute(f"copy (select * from {name(label)}{taken}) to {quoted(str(path))} (format parquet)")
    if pq.read_metadata(path).num_rows == 0 and rows:
        connection.execute(f"copy (select * from {name(label)} limit {ROWS}) to {quoted(str(path))} (format parquet)")


def _pieces(found: Found, kind: str, scratch: Path) -> tuple[Source, float]:
    """Pieces from all over large text files, as one file; and the share of the bytes that they are."""
    target = scratch / f"{found.label}.{kind}"
    taken = 0
    with target.open("wb") as out:
        for position, file in enumerate(found.files):
            most = max(_PIECES // len(found.files), 2)
            above = found.source.skip + 1 if kind == "csv" else 0
            for piece in _pieces_of(file, above, most, is_first=position == 0):
                out.write(piece)
                taken += len(piece)
    size = sum(file.stat().st_size for file in found.files)
    packed = any(file.suffix.lower() in (".gz", ".zst", ".bz2") for file in found.files)
    share = min(taken / (size * (6 if packed else 1)), 1.0)  # text packs to about a sixth
    return found.source.model_copy(update={"path": str(target), "format": kind}), share


def _pieces_of(file: Path, above: int, most: int, is_first: bool) -> list[bytes]:
    """The beginning of a file and pieces further on, each of whole lines; a packed file only from its beginning."""
    if file.suffix.lower() in (".gz", ".zst", ".bz2"):
        with opened(file) as packed:
            lines = packed.read(most * _PIECE).splitlines(keepends=True)[:-1]
        return [b"".join(lines if is_first else lines[above:])]
    size = file.stat().st_size
    pieces = []
    with file.open("rb") as plain:
        for step in range(most):
            plain.seek(step * size // most)
            lines = plain.read(_PIECE).splitlines(keepends=True)[:-1]
            kept = lines[1:] if step else (lines if is_first else lines[above:])
            pieces.append(b"".join(kept))
    return pieces
