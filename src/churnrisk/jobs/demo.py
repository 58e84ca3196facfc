"""The demo: a simulated company from raw tickets to a ranked, explained list.

`demo` tells the order of the steps once, for the command and for the flow; `make_company` writes the export and the
configuration. A step gets paths and words, never frames, so that an orchestrator can run it anywhere.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from churnrisk.errors import InputError
from churnrisk.extract.simulated import simulate
from churnrisk.jobs.progress import Progress, quiet
from churnrisk.jobs.project import Project
from churnrisk.jobs.steps import (
    Extracted,
    ScoreSummary,
    TrainSummary,
    extract,
    read_worklist,
    refuse_unusable,
    score,
    train,
    write_worklist,
)
from churnrisk.store import single_writer, write_atomic

DEMO_ACCOUNTS = 1500
DEMO_SEED = 7
DEMO_WEEKS = 156
_MADE = "simulation.json"
#: There while a company is written, so that a run that was killed may go on and nobody else's files are touched.
_BEGUN = ".simulating"

_SETTINGS = """\
# A simulated company. Its export has the shape of the canonical tables, so nothing needs to be mapped.

data = "churnrisk-data"

[company]
name = "Simulated company"
time_zone = "Europe/Copenhagen"
currency = "EUR"

[export]
folder = "export"
canonical = true
"""
_PARAMETERS = """\
# What is not said here is as in models/churn/parameters.toml.

[label]
kind = "contract_end"
lead = 14
horizon = 90
"""
_POLICY = """\
# What is not said here is as in models/churn/policy.toml.

weekly_capacity = 10
"""


#: Runs one step: gets its name, a function, and arguments that are paths, words and numbers. A step that takes
#: `on_progress` can be given something to tell how much of it is done.
Runner = Callable[..., Any]


@dataclass(frozen=True)
class DemoOutcome:
    """What the demo leaves behind: the records of its steps, and the files to look at."""

    config: str
    extracted: Extracted
    trained: TrainSummary
    scored: ScoreSummary
    page: str
    table: str


def plainly(_name: str, step: Callable[..., Any], *arguments: Any) -> Any:
    """Run a step as it is; an orchestrator passes a runner of its own instead."""
    return step(*arguments)


def demo(
    folder: Path,
    accounts: int = DEMO_ACCOUNTS,
    seed: int = DEMO_SEED,
    run: Runner = plainly,
) -> DemoOutcome:
    """The main job on a simulated company, step by step.

    Args:
        folder: where the company lives.
        accounts: how many it has.
        seed: of the simulation.
        run: runs each step.
    """
    config = folder / "churnrisk.toml"
    run("simulate", make_company, folder, accounts, seed, DEMO_WEEKS)
    extracted = run("extract, read, validate", _extract, config)
    trained = run("features and train", _train, config)
    scored = run("score", _score, config)
    page, table = run("worklist", _write, config)
    return DemoOutcome(str(config), extracted, trained, scored, page, table)


def _extract(config: Path, on_progress: Progress = quiet) -> Extracted:
    return extract(Project.read(config), on_progress=on_progress)


def _train(config: Path, on_progress: Progress = quiet) -> TrainSummary:
    trained = train(Project.read(config), on_progress)
    refuse_unusable(trained)
    return trained


def _score(config: Path) -> ScoreSummary:
    return score(Project.read(config))


def _write(config: Path) -> tuple[str, str]:
    project = Project.read(config)
    listed, folder = read_worklist(project), project.settings.folder
    page, table = (write_worklist(listed, kind, folder / f"worklist.{kind}") for kind in ("html", "csv"))
    return page.path, table.path


def make_company(
    folder: Path,
    accounts: int = DEMO_ACCOUNTS,
    seed: int = DEMO_SEED,
    weeks: int = DEMO_WEEKS,
    on_progress: Progress = quiet,
) -> bool:
    """Write a simulated company into a folder, with its configuration; gives whether it was made by this call.

    A folder that holds the same company already is left as it is; one that holds anything else is refused.
    """
    wanted = {"accounts": accounts, "seed": seed, "weeks": weeks}
    with single_writer(folder):
        made = folder / _MADE
        if made.is_file():
            there = json.loads(made.read_text(encoding="utf-8"))
            if there == wanted:
                return False
            raise InputError(
                f"{folder} holds another simulated company ({there})", "Choose another folder with --out", **there
            )
        begun = folder / _BEGUN
        foreign = [name for name in ("export", "truth", "churnrisk.toml") if (folder / name).exists()]
        if foreign and not begun.is_file():
            raise InputError(f"{folder} has a {foreign[0]} of its own", "Choose another folder with --out")
        write_atomic(begun, "This folder is being filled by churnrisk simulate.\n")
        scratch = folder / ".simulated"
        shutil.rmtree(scratch, ignore_errors=True)
        simulate(scratch, accounts, seed, weeks, on_progress)
        for part in ("export", "truth"):
            shutil.rmtree(folder / part, ignore_errors=True)
            (scratch / part).rename(folder / part)
        shutil.rmtree(scratch, ignore_errors=True)
        for name, content in (
            ("churnrisk.toml", _SETTINGS),
            ("parameters.toml", _PARAMETERS),
            ("policy.toml", _POLICY),
        ):
            write_atomic(folder / name, content)
        write_atomic(made, json.dumps(wanted))
        begun.unlink()
    return True
