"""Matrices that are kept: one Parquet file an as_of, computed once, whichever engine did it.

What was known at an as_of does not change with what comes in later, so neither do its features. A file is named by its
as_of and the digest of what decides it: the catalogue, the population, and the rows known then. A file whose checksum
does not fit is computed anew.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import pandas as pd

from churnrisk.features.catalogue import Catalogue
from churnrisk.features.matrix import computed, framed
from churnrisk.history import Engine, History
from churnrisk.settings import digest
from churnrisk.store import sha256_of, write_atomic
from churnrisk.timeline import AsOf

#: Raised where the engine computes other numbers from the same declarations.
ENGINE_VERSION = 2

Progress = Callable[[int, int], None]
Populations = Mapping[AsOf, Sequence[str]]


def _quiet(_done: int, _of: int) -> None:
    """Tell nobody."""


class Matrices:
    """The matrices of one history and catalogue.

    Attributes:
        history: what was known when.
        catalogue: the features.
        folder: where files are kept.
    """

    def __init__(
        self, history: History, catalogue: Catalogue, folder: Path, engine: Callable[[], Engine] | None = None
    ) -> None:
        """Keep the matrices of a history in a folder.

        Args:
            history: opened.
            catalogue: the features that are there.
            folder: made where it is not there.
            engine: starts the engine that computes what is missing; DuckDB in this process where it is not said.
        """
        self.history = history
        self.catalogue = catalogue
        self.folder = folder
        self._engine = engine or history.engine

    def fill(self, populations: Populations, on_progress: Progress = _quiet) -> list[Path]:
        """Compute what is not kept yet; gives the file of each as_of, rising."""
        as_ofs = sorted(populations)
        paths = {as_of: self._path(as_of, populations[as_of]) for as_of in as_ofs}
        missing = {as_of: populations[as_of] for as_of in as_ofs if not _is_whole(paths[as_of])}
        done = len(as_ofs) - len(missing)
        on_progress(done, len(as_ofs))
        if missing:
            self.folder.mkdir(parents=True, exist_ok=True)
            for as_of in computed(self._engine(), self.history, self.catalogue, missing, paths):
                self._keep(as_of, paths[as_of])
                done += 1
                on_progress(done, len(as_ofs))
        return list(paths.values())

    def over(self, populations: Populations, on_progress: Progress = _quiet) -> Iterator[tuple[AsOf, pd.DataFrame]]:
        """The matrix of each as_of, rising: the whole population, in the columns that `matrix` gives."""
        for as_of, path in zip(sorted(populations), self.fill(populations, on_progress), strict=True):
            yield as_of, framed(pd.read_parquet(path), as_of, self.catalogue)

    def at(self, as_of: AsOf, population: Sequence[str]) -> pd.DataFrame:
        """The matrix of one as_of."""
        ((_, rows),) = self.over({as_of: population})
        return rows

    def _path(self, as_of: AsOf, population: Sequence[str]) -> Path:
        decided_by = [
            *(ENGINE_VERSION, as_of.time_zone, self.catalogue.hash, self.catalogue.names),
            *(list(population), self.history.known_hash(as_of)),
        ]
        return self.folder / f"{as_of}-{digest(decided_by)[:16]}.parquet"

    def _keep(self, as_of: AsOf, path: Path) -> None:
        """Seal the file, and remove what was kept of that as_of before."""
        write_atomic(_seal(path), sha256_of(path))
        for old in self.folder.glob(f"{as_of}-*"):
            if old not in (path, _seal(path)):
                old.unlink(missing_ok=True)


def _seal(path: Path) -> Path:
    return path.with_suffix(".sha256")


def _is_whole(path: Path) -> bool:
    try:
        return _seal(path).read_text(encoding="utf-8") == sha256_of(path)
    except OSError:
        return False
