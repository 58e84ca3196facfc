"""Measured runs: each in a fresh process, so that its memory is its own and nothing of one run warms the next.

What every benchmark goes through to measure. Reads nothing; gives seconds, CPU-seconds and the most memory of a run.
The process that measures stays small: what it has in memory itself would count as memory of the runs it starts.
"""

from __future__ import annotations

import importlib
import importlib.util
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from statistics import median
from typing import Any

ROOT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True)
class Run:
    """One measured call of a function.

    Attributes:
        seconds: from the call to its return; the start of the process and the import of the module are left out.
        cpu_seconds: of the whole process on all cores; what other work on the machine disturbs least.
        peak_gb: the most memory the process had, in 10^9 bytes.
        answer: what the function returned.
    """

    seconds: float
    cpu_seconds: float
    peak_gb: float
    answer: Any


@dataclass(frozen=True)
class Measure:
    """What several runs of the same function come to.

    Attributes:
        seconds: the median.
        cpu_seconds: the median.
        peak_gb: the largest.
    """

    seconds: float
    cpu_seconds: float
    peak_gb: float

    @classmethod
    def of(cls, runs: Sequence[Run]) -> Measure:
        """The measure of some runs."""
        return cls(
            median(run.seconds for run in runs),
            median(run.cpu_seconds for run in runs),
            max(run.peak_gb for run in runs),
        )

    def figures(self, name: str) -> dict[str, float]:
        """As keys of a flat record."""
        return {f"{name}_s": self.seconds, f"{name}_cpu_s": self.cpu_seconds, f"{name}_peak_gb": self.peak_gb}


def in_child(function: str, /, **arguments: Any) -> Run:
    """Call a function in a process of its own.

    Args:
        function: `module:name`; it returns something that JSON can hold.
        arguments: values that JSON can hold, paths and days.

    Raises:
        RuntimeError: the function failed; the message ends in what the process said.
    """
    with tempfile.TemporaryDirectory() as place:
        answer, said = Path(place, "answer.json"), Path(place, "said")
        order = {"function": function, "arguments": arguments, "answer": answer}
        with said.open("wb") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", "benchmarks.timing", json.dumps(order, default=_written)],
                cwd=ROOT,
                stdout=log,
                stderr=log,
            )
            _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode != 0:
            raise RuntimeError(
                f"{function} ended with {process.returncode}: {said.read_text(errors='replace')[-3000:]}"
            )
        told = json.loads(answer.read_text(encoding="utf-8"))
    return Run(told["seconds"], usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024 / 1e9, told["answer"])


def interleaved(
    jobs: Mapping[str, Callable[[], Run]], repeat: int, tell: Callable[[str], None] = lambda _: None
) -> dict[str, list[Run]]:
    """Run every job, then every job again: what else the machine does falls on all of them.

    Args:
        jobs: by name; each gives one run.
        repeat: how often.
        tell: hears of each run as it ends.
    """
    runs: dict[str, list[Run]] = {name: [] for name in jobs}
    for number in range(1, repeat + 1):
        for name, job in jobs.items():
            run = job()
            runs[name].append(run)
            tell(f"{number}/{repeat} {name}: {run.seconds:.2f} s, CPU {run.cpu_seconds:.2f} s, {run.peak_gb:.2f} GB")
    return runs


def fill_file_cache(folder: Path) -> None:
    """Read every file of a folder, so that the first run reads no slower than the last."""
    for file in sorted(folder.iterdir()):
        with file.open("rb") as stream:
            while stream.read(1 << 24):
                pass


def functions_of(module: str) -> list[str]:
    """The public names in a module; none where there is no such module."""
    if importlib.util.find_spec(module) is None:
        return []
    return [name for name in vars(importlib.import_module(module)) if not name.startswith("_")]


def _written(value: Any) -> dict[str, str]:
    return {"date" if isinstance(value, date) else "path": str(value)}


def _read(value: dict[str, Any]) -> Any:
    if value.keys() == {"date"}:
        return date.fromisoformat(value["date"])
    return Path(value["path"]) if value.keys() == {"path"} else value


def _child(order: str) -> None:
    """What the process of its own does."""
    told = json.loads(order, object_hook=_read)
    module, _, name = told["function"].partition(":")
    function = getattr(importlib.import_module(module), name)
    began = time.perf_counter()
    answer = function(**told["arguments"])
    seconds = time.perf_counter() - began
    told["answer"].write_text(json.dumps({"seconds": seconds, "answer": answer}), encoding="utf-8")


if __name__ == "__main__":
    _child(sys.argv[1])
