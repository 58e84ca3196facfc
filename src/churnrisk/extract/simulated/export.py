"""The simulated company as files: `export/` as a source the product reads, `truth/` as what it never may.

Everything is written into a staging folder beside the target and renamed when it is whole, so a run that was killed
leaves nothing half made. Weeks are written as they are lived; memory does not grow with their number.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from types import TracebackType

import pyarrow as pa
import pyarrow.parquet as pq

from churnrisk.errors import CannotWriteError
from churnrisk.extract.simulated import frames
from churnrisk.extract.simulated.company import Company
from churnrisk.extract.simulated.outreach import effect_table
from churnrisk.tables import TABLES

#: Tables that the product makes itself; the company only has outreach where somebody acted.
_MADE_BY_THE_PRODUCT = ("message_scores", "outreach")
#: Rows held back until they fill a row group.
_ROW_GROUP = 131_072
#: Columns in which few values repeat: a dictionary of them would cost time and save nothing.
_PLAIN_COLUMNS = ("body", "ticket_id", "message_id", "known_at", "created_at", "at")


@dataclass(frozen=True)
class SimulatedExport:
    """What was written.

    Attributes:
        folder: where `export/` and `truth/` are.
        rows: rows of each file in `export/`, by table.
        first_day, last_day: the simulated time, as ISO dates; the last day is a good as_of.
    """

    folder: Path
    rows: dict[str, int]
    first_day: str
    last_day: str

    @property
    def export(self) -> Path:
        """The folder with one Parquet file for each canonical table."""
        return self.folder / "export"

    @property
    def truth(self) -> Path:
        """The folder with hazards, causes and effects, which the product never reads."""
        return self.folder / "truth"


def simulate(
    out: Path, accounts: int, seed: int, weeks: int = 156, on_progress: Callable[[int, int], None] | None = None
) -> SimulatedExport:
    """Let a company live `weeks` weeks and write it under `out`; the same arguments write the same bytes.

    An earlier simulation under `out` is replaced when the new one is whole. `on_progress` is told the weeks done and
    their number. Raises CannotWriteError where the folder cannot be written, InputError for impossible arguments.
    """
    company = Company(accounts, seed, weeks)
    first_day = company.today
    staging = out.parent / f".{out.name}.simulating"
    try:
        shutil.rmtree(staging, ignore_errors=True)
        rows = _live_and_write(company, staging, weeks, on_progress)
        _publish(staging, out)
    except OSError as error:
        raise CannotWriteError(
            f"{error.filename or out} cannot be written: {error.strerror or error}",
            "Free space or choose another folder",
        ) from error
    last_day = company.today.toordinal() - 1
    return SimulatedExport(out, rows, first_day.isoformat(), first_day.fromordinal(last_day).isoformat())


def _live_and_write(
    company: Company, staging: Path, weeks: int, on_progress: Callable[[int, int], None] | None
) -> dict[str, int]:
    for folder in ("export", "truth"):
        (staging / folder).mkdir(parents=True)
    exported = [name for name in TABLES if name not in _MADE_BY_THE_PRODUCT]
    with _Files(staging / "export") as export, _Files(staging / "truth") as truth:
        for name in exported:
            export.add(name, frames.empty(name))
        for _ in range(weeks):
            week = company.step()
            for name in exported:
                export.add(name, week.arrow[name])
            for name, table in week.truth.items():
                truth.add(name, table)
            if on_progress is not None:
                on_progress(week.number + 1, weeks)
        truth.add("departures", company.departures())
        truth.add("plays", effect_table())
        rows = dict(export.rows)
    readme = resources.files(__package__) / "truth.md"
    (staging / "truth" / "README.md").write_text(readme.read_text(encoding="utf-8"), encoding="utf-8")
    return rows


def _publish(staging: Path, out: Path) -> None:
    """Exchange only what a simulation makes; other files in the folder stay."""
    out.mkdir(parents=True, exist_ok=True)
    for folder in ("export", "truth"):
        old = staging / f"{folder}.old"
        if (out / folder).exists():
            (out / folder).rename(old)
        (staging / folder).rename(out / folder)
    shutil.rmtree(staging)


class _Files:
    """Parquet files of one folder, each written in row groups as rows come."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._writers: dict[str, pq.ParquetWriter] = {}
        self._held: dict[str, list[pa.Table]] = {}
        self.rows: dict[str, int] = {}

    def __enter__(self) -> _Files:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for name, writer in self._writers.items():
            if error is None:
                self._flush(name)
            writer.close()

    def add(self, name: str, table: pa.Table) -> None:
        """Rows for one file; the first call opens it, also when there are none."""
        if name not in self._writers:
            self._writers[name] = _writer(self._folder / f"{name}.parquet", table.schema)
            self._held[name], self.rows[name] = [], 0
        self._held[name].append(table)
        self.rows[name] += table.num_rows
        if sum(held.num_rows for held in self._held[name]) >= _ROW_GROUP:
            self._flush(name)

    def _flush(self, name: str) -> None:
        table = pa.concat_tables(self._held[name]) if self._held[name] else None
        if table is not None and table.num_rows:
            self._writers[name].write_table(table.combine_chunks(), row_group_size=max(_ROW_GROUP, table.num_rows))
        self._held[name] = []


def _writer(path: Path, schema: pa.Schema) -> pq.ParquetWriter:
    repeating = [name for name in schema.names if name not in _PLAIN_COLUMNS]
    return pq.ParquetWriter(path, schema, compression="zstd", compression_level=1, use_dictionary=repeating)
