"""The features job: matrices, on this machine or on Spark, and the metrics of every ticket."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from churnrisk.features import CATALOGUE, Matrices
from churnrisk.features.casework import ticket_metrics_at
from churnrisk.history import Engine
from churnrisk.history.relations import give_history
from churnrisk.history.spark import SparkEngine
from churnrisk.jobs.progress import Progress, quiet
from churnrisk.jobs.project import Project
from churnrisk.labels import usable_as_ofs
from churnrisk.population import eligible
from churnrisk.store import parquet_bytes, single_writer, write_atomic


@dataclass(frozen=True)
class FeaturesWritten:
    """Matrices that were written.

    Attributes:
        path: the file, or the folder in which they are kept.
        as_of: the last one.
        rows: of all of them.
        features: columns.
        as_ofs: how many there are.
        engine: what computed those that were not kept before.
    """

    path: str
    as_of: str
    rows: int
    features: int
    as_ofs: int
    engine: str


@dataclass(frozen=True)
class TicketsWritten:
    """The metrics of tickets in a file.

    Attributes:
        path: the file.
        as_of: the moment.
        tickets: how many.
    """

    path: str
    as_of: str
    tickets: int


def features(
    project: Project,
    day: str = "",
    out: Path | None = None,
    engine: str = "duckdb",
    training: bool = False,
    on_progress: Progress = quiet,
) -> FeaturesWritten:
    """Compute the matrix of one as_of, or of every as_of that training uses, and keep it where train and score look.

    Args:
        project: whose.
        day: the as_of; the last day that is known to its end where it is not said.
        out: the Parquet file to write besides, for one as_of; the same history gives the same bytes.
        engine: `duckdb` or `spark`.
        training: every as_of of training, instead of one.
        on_progress: told how many as_of of how many are done.
    """
    history, label = project.history, project.parameters.label
    as_ofs = usable_as_ofs(history, project.parameters) if training else (project.moment(day),)
    catalogue = CATALOGUE.having(history.present, project.parameters.features.leave_out, history.text_version)
    populations = {as_of: eligible(history.upto(as_of), label) for as_of in as_ofs}
    with single_writer(project.data), _started(project, engine) as start:
        matrices = Matrices(history, catalogue, project.matrices, start)
        matrices.fill(populations, on_progress)
        if out is not None:
            write_atomic(out, parquet_bytes(matrices.at(as_ofs[-1], populations[as_ofs[-1]])))
    rows = sum(len(accounts) for accounts in populations.values())
    return FeaturesWritten(
        str(out or project.matrices), str(as_ofs[-1]), rows, len(catalogue.names), len(as_ofs), engine
    )


@contextmanager
def _started(project: Project, engine: str) -> Iterator[Callable[[], Engine]]:
    """What starts the engine, once a matrix is to be computed; stopped at the end."""
    if engine == "duckdb":
        yield project.history.engine
        return
    with ExitStack() as stack:

        def spark() -> Engine:
            told = project.settings.spark
            folder = project.settings.folder / told.folder if told.folder else project.data / "spark"
            started = stack.enter_context(SparkEngine(master=told.master, options=told.options, folder=folder))
            give_history(started, project.history)
            return started

        yield spark


def tickets(project: Project, day: str, out: Path) -> TicketsWritten:
    """Write the metrics of every ticket as of a day, as Parquet: seconds, in calendar and business time."""
    as_of = project.moment(day)
    rows = ticket_metrics_at(project.history.upto(as_of))
    write_atomic(out, parquet_bytes(rows))
    return TicketsWritten(str(out), str(as_of), len(rows))
