"""The feature engine beside its floor and its opponents, on the reference work.

    python -m benchmarks.features --json FILE [--scale 1] [--repeat 3] [--only floor engine ...]

Reads nothing but the reference data, which it makes; gives the figures of `features` that docs/benchmarks.md tells.
The engine is reached through `benchmarks.reference_engine` only:

- `run_engine(folder, out, as_ofs, memory_limit)` writes the reference matrix: `out` is a folder with a file
  `YYYY-MM-DD.parquet` for each as_of; where it is not there, the range join runs in its place, and the figures say so;
- `run_whole_catalogue(folder, out, as_ofs, memory_limit)` writes every feature of the catalogue;
- `run_with_kept(folder, out, as_ofs, memory_limit, kept)` writes the reference matrix and keeps in the folder `kept`
  what a later call with more as_ofs needs not compute again;
- `spark_difference(folder, out, as_ofs)` returns the largest relative difference between Spark and DuckDB over all
    columns of the whole catalogue.

A figure whose function is not there is told as not run, and left out of the file.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from operator import itemgetter
from pathlib import Path
from typing import Any

from benchmarks.reference_data import DATA, SEED, month_ends, reference_data
from benchmarks.reference_features import differences
from benchmarks.report import Bar, parser, publish
from benchmarks.timing import Measure, Run, fill_file_cache, in_child, interleaved

ENGINE = "benchmarks.reference_engine"
RANGE_JOIN = "benchmarks.reference_sql:range_join"
LOW_MEMORY = "1.5GB"
#: 2,000 accounts at twelve as_ofs are the 24,000 rows on which Spark is compared.
SPARK_SCALE = 0.02
#: What can be run; the last four need a function of the engine's module.
RUNS = (
    *("floor", "engine", "low_memory", "tenth", "one_as_of", "range_join", "pandas"),
    *("whole_catalogue", "first_month", "second_month", "spark"),
)
#: Relative difference up to which two matrices are the same.
SAME = 1e-9
BARS = {
    "train_matrix_vs_floor": Bar(16, 12, "the reference work over the floor"),
    "train_matrix_peak_gb": Bar(3, 2, "its memory"),
    "low_memory_vs_default": Bar(1.4, 1.2, f"time with {LOW_MEMORY} over time without a limit"),
    "growth_10x": Bar(11, 10, "time over time on a tenth of the accounts"),
    "one_as_of_vs_floor": Bar(4, 3, "one as_of over the floor"),
    "vs_pandas": Bar(4, 6, "times faster than pandas", at_least=True),
    "vs_range_join": Bar(2, 3, "times faster than a range join", at_least=True),
    "whole_catalogue_vs_reference": Bar(2.5, 1.8, "every feature over the 65"),
    "second_month_vs_first": Bar(0.15, 0.1, "12 as_ofs with 11 kept over 12 with none"),
    "spark_max_rel_diff": Bar(1e-9, 0, "Spark against DuckDB, whole catalogue"),
}


@dataclass(frozen=True)
class Work:
    """What is measured on.

    Attributes:
        folder: the reference data.
        tenth: the same of a tenth of the scale.
        out: a folder for what the runs write.
        as_ofs: the twelve month ends.
        offered: the functions that the engine's module has.
        only: the runs that are wanted; all where it is empty.
    """

    folder: Path
    tenth: Path
    out: Path
    as_ofs: tuple[date, ...]
    offered: frozenset[str]
    only: frozenset[str] = frozenset()

    def matrix(self, function: str, name: str, **changes: Any) -> Run:
        """Run a function that writes a matrix to a place called by the name, where nothing is yet."""
        out = self.out / name
        shutil.rmtree(out, ignore_errors=True)
        out.unlink(missing_ok=True)
        arguments = {"folder": self.folder, "out": out, "as_ofs": self.as_ofs, "memory_limit": None} | changes
        return in_child(function, **arguments)

    def wants(self, name: str) -> bool:
        """Whether a run is wanted."""
        return not self.only or name in self.only

    @property
    def engine(self) -> str:
        """The function under test."""
        return f"{ENGINE}:run_engine" if "run_engine" in self.offered else RANGE_JOIN


def floor_run(work: Work) -> Run:
    """The floor: the sum of the three passes, without what opening the database takes."""
    run = in_child("benchmarks.reference_sql:floor", folder=work.folder)
    return replace(run, seconds=sum(run.answer.values()))


def pandas_run(work: Work) -> Run:
    """Pandas on the first, sixth and last as_of; their mean stands for each of the twelve."""
    some = (work.as_ofs[0], work.as_ofs[5], work.as_ofs[-1])
    arguments = {"folder": work.folder, "out": work.out / "pandas", "as_ofs": some}
    run = in_child("benchmarks.reference_pandas:pandas_matrix", **arguments)
    wall, cpu = (load + cutoff * len(work.as_ofs) for load, cutoff in (run.answer["wall"], run.answer["cpu"]))
    return replace(run, seconds=wall, cpu_seconds=cpu)


def jobs(work: Work) -> dict[str, Callable[[], Run]]:
    """Every run of a round, by the name under which its figures are told."""
    engine, whole, kept = work.engine, f"{ENGINE}:run_whole_catalogue", f"{ENGINE}:run_with_kept"
    made: dict[str, Callable[[], Run]] = {
        "floor": lambda: floor_run(work),
        "engine": lambda: work.matrix(engine, "engine"),
        "low_memory": lambda: work.matrix(engine, "low_memory", memory_limit=LOW_MEMORY),
        "tenth": lambda: work.matrix(engine, "tenth", folder=work.tenth),
        "one_as_of": lambda: work.matrix(engine, "one_as_of", as_ofs=work.as_ofs[-1:]),
        "range_join": lambda: work.matrix(RANGE_JOIN, "range_join"),
        "pandas": lambda: pandas_run(work),
    }
    if "run_whole_catalogue" in work.offered:
        made["whole_catalogue"] = lambda: work.matrix(whole, "whole_catalogue")
    if "run_with_kept" in work.offered:
        made["first_month"] = lambda: work.matrix(kept, "first_month", kept=_kept(work, None))
        made["second_month"] = lambda: work.matrix(kept, "second_month", kept=_kept(work, "kept_eleven"))
    return {name: job for name, job in made.items() if work.wants(name)}


def _kept(work: Work, before: str | None) -> Path:
    """A fresh folder to keep in: empty, or as it was left by an earlier call."""
    folder = work.out / "kept"
    shutil.rmtree(folder, ignore_errors=True)
    if before is None:
        folder.mkdir()
    else:
        shutil.copytree(work.out / before, folder)
    return folder


def warm_up(work: Work) -> None:
    """Fill the file cache with the data and the programs, and keep eleven as_ofs where the engine can."""
    fill_file_cache(work.folder)
    fill_file_cache(work.tenth)
    small = replace(work, folder=work.tenth, offered=work.offered - {"run_with_kept"})
    for job in jobs(small).values():
        job()
    if "run_with_kept" in work.offered and work.wants("second_month"):
        kept = work.out / "kept_eleven"
        kept.mkdir()
        work.matrix(f"{ENGINE}:run_with_kept", "eleven", as_ofs=work.as_ofs[:-1], kept=kept)


def ratios(measures: Mapping[str, Measure]) -> dict[str, float]:
    """The figures that BARS.md asks for, of what was run."""
    seconds = {name: measure.seconds for name, measure in measures.items()}
    over = {
        "train_matrix_vs_floor": ("engine", "floor"),
        "low_memory_vs_default": ("low_memory", "engine"),
        "growth_10x": ("engine", "tenth"),
        "one_as_of_vs_floor": ("one_as_of", "floor"),
        "vs_pandas": ("pandas", "engine"),
        "vs_range_join": ("range_join", "engine"),
        "whole_catalogue_vs_reference": ("whole_catalogue", "engine"),
        "second_month_vs_first": ("second_month", "first_month"),
    }
    figures = {name: seconds[of] / seconds[by] for name, (of, by) in over.items() if {of, by} <= seconds.keys()}
    peak = {"train_matrix_peak_gb": measures["engine"].peak_gb} if "engine" in measures else {}
    return figures | peak


def largest_difference(left: Path, right: Path) -> tuple[str, float]:
    """The column in which two matrices differ most, and by how much."""
    return max(differences(left, right).items(), key=itemgetter(1))


def measure(work: Work, repeat: int, place: Path, tell: Callable[[str], None]) -> dict[str, float | str]:
    """All figures of one benchmark, as one flat record."""
    warm_up(work)
    measures = {name: Measure.of(runs) for name, runs in interleaved(jobs(work), repeat, tell).items()}
    figures: dict[str, float | str] = {**ratios(measures), "engine": work.engine}
    if {"engine", "range_join"} <= measures.keys():
        sides = {"left": work.out / "engine", "right": work.out / "range_join"}
        column, largest = in_child("benchmarks.features:largest_difference", **sides).answer
        figures |= {"engine_max_rel_diff": largest, "engine_differs_most_in": column}
    if "spark_difference" in work.offered and work.wants("spark"):
        figures |= _spark(work, place)
    for name, one in measures.items():
        figures |= one.figures(name)
    return figures


def _spark(work: Work, place: Path) -> dict[str, float]:
    arguments = {"folder": _data(SPARK_SCALE, SEED, place), "out": work.out / "spark", "as_ofs": work.as_ofs}
    run = in_child(f"{ENGINE}:spark_difference", **arguments)
    return {"spark_max_rel_diff": run.answer} | Measure.of([run]).figures("spark")


def made(scale: float, seed: int, place: Path) -> str:
    """The folder of the reference data, as text."""
    return str(reference_data(scale, seed, place))


def _data(scale: float, seed: int, place: Path) -> Path:
    return Path(in_child("benchmarks.features:made", scale=scale, seed=seed, place=place).answer)


def main(arguments: Sequence[str] | None = None) -> None:
    """Make the data, measure, tell."""
    options = parser(__doc__)
    options.add_argument("--repeat", type=int, default=3, help="runs of each, after a warm-up (default: 3)")
    options.add_argument("--only", nargs="+", default=(), choices=RUNS, help="a part of the runs")
    options.add_argument("--data", type=Path, default=DATA, help="the folder that keeps the reference data")
    options.add_argument("--seed", type=int, default=SEED, help="other rows of the same shape")
    chosen = options.parse_args(arguments)
    load, place = os.getloadavg()[0], chosen.data.resolve()
    folder, tenth = (_data(scale, chosen.seed, place) for scale in (chosen.scale, chosen.scale / 10))
    offered = frozenset(in_child("benchmarks.timing:functions_of", module=ENGINE).answer)
    with tempfile.TemporaryDirectory(dir=place) as out:
        work = Work(folder, tenth, Path(out), month_ends(), offered, frozenset(chosen.only))
        figures = measure(work, chosen.repeat, place, _say)
    about = {"scale": chosen.scale, "repeat": chosen.repeat, "cpus": os.cpu_count() or 0, "load_before": load}
    publish(figures | about, BARS, chosen.json)
    for note in _notes(figures):
        _say(note)


def _notes(figures: Mapping[str, float | str]) -> Iterator[str]:
    if figures["engine"] == RANGE_JOIN:
        yield "The engine was not there: the range join ran in its place, and no figure tells of the engine."
    if float(figures.get("engine_max_rel_diff", 0)) > SAME:
        yield f"The engine and the range join differ in {figures['engine_differs_most_in']}: no time compares."


def _say(line: str) -> None:
    sys.stderr.write(line + "\n")


if __name__ == "__main__":
    main()
