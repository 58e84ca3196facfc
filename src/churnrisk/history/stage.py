"""What a computation over the history is made of, and what an engine must do to run it.

Between the history and the features: a plan is a list of stages, written once in DuckDB's dialect and run on any
engine. `history.duck` runs them in this process, `history.spark` on a Spark session; both give the same values.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import pandas as pd
import pyarrow as pa

#: The types that an engine writes, as DuckDB calls them; a matrix has no others.
WRITTEN = ("DOUBLE", "BIGINT", "VARCHAR", "DATE")


@dataclass(frozen=True)
class Stage:
    """One named relation of a plan, made from files, tables and earlier stages.

    Attributes:
        name: what later stages call it; a stage of the same name replaces the one before.
        sql: a SELECT in DuckDB's dialect, within what `history.dialect` renders for every engine.
        cluster_by: columns whose equal values should lie together, for the joins and groups that follow; no order is
            promised by it.
    """

    name: str
    sql: str
    cluster_by: tuple[str, ...] = ()


class Engine(Protocol):
    """Where stages run. SQL is given in DuckDB's dialect; each engine renders it into its own.

    Attributes:
        name: `duckdb` or `spark`.
    """

    @property
    def name(self) -> str:
        """`duckdb` or `spark`."""
        ...

    def give(self, name: str, table: pa.Table) -> None:
        """Make a relation of a small Arrow table."""
        ...

    def files(self, name: str, paths: list[Path]) -> None:
        """Make a relation of Parquet files; a column that some of them lack is null there."""
        ...

    def view(self, name: str, sql: str) -> None:
        """Give a SELECT a name without computing it."""
        ...

    def stage(self, stage: Stage) -> None:
        """Compute a stage, so that later SQL finds it by its name."""
        ...

    def write(self, sql: str, path: Path) -> None:
        """Write the rows of a SELECT as one Parquet file, in the order the SELECT asks for, there whole or not at all.

        It reads what was given or staged, and no view. The columns are double, bigint, varchar or date; another type is
        refused. It may be called from another thread, while stages that it does not read are computed.
        """
        ...

    def frame(self, sql: str) -> pd.DataFrame:
        """The rows of a SELECT as a frame, for small answers."""
        ...

    def drop(self, names: Iterable[str]) -> None:
        """Forget relations and free what they hold; an unknown name is nothing to forget."""
        ...


@contextmanager
def staged(path: Path) -> Iterator[Path]:
    """A name to write a file under; it takes its place at `path` when the block ends well, or else goes."""
    staging = path.with_name(f".{path.name}.staging")
    try:
        yield staging
        staging.replace(path)
    finally:
        staging.unlink(missing_ok=True)
