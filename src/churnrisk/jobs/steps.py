"""The steps of the main job, each as one call: extract and validate, features, train, score, worklist.

Steps that write hold the company's lock, so two runs never write at once.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from churnrisk.errors import HeldError, NothingToDoError, SettingsError
from churnrisk.extract.landing import extract as land_sources
from churnrisk.extract.landing import history_folder
from churnrisk.jobs.progress import Progress, quiet
from churnrisk.jobs.project import Project
from churnrisk.jobs.text import read_history
from churnrisk.out import worklist_csv, worklist_html
from churnrisk.outreach import Worklist, build_worklist
from churnrisk.registry import Registry
from churnrisk.score import find, latest, lineage, publish
from churnrisk.score import score as score_accounts
from churnrisk.store import parquet_bytes, single_writer, write_atomic
from churnrisk.tables import ACTIVITY_TABLES
from churnrisk.text import Scored
from churnrisk.train import Gate
from churnrisk.train import train as train_models
from churnrisk.train.evaluation import metrics
from churnrisk.validate import Contradiction, check_own_rules, validate

#: A table of which more than this share is held back is not a table with bad rows: it is read in the wrong way.
MOST_HELD = 0.5


@dataclass(frozen=True)
class Extracted:
    """What came in.

    Attributes:
        load: number of the load; 0 where nothing was new.
        read: rows read from the sources.
        new: rows that were new.
        landed: rows in the history, all loads together.
        held: of these, rows that validation holds back.
        rules: rows by the rule they break, `table.rule`, most first.
        tables: rows in the history, by table.
        unreadable: lines that could not be read, all loads together, by source.
        contradictions: rows that contradict others, largest share first.
        mostly_held: tables that nothing can do without of which more than half is held back.
        text: what was read of customers' messages.
    """

    load: int
    read: int
    new: int
    landed: int
    held: int
    rules: dict[str, int]
    tables: dict[str, int]
    unreadable: dict[str, int]
    contradictions: tuple[Contradiction, ...]
    mostly_held: tuple[str, ...]
    text: Scored


@dataclass(frozen=True)
class TrainSummary:
    """What training gave.

    Attributes:
        run: the MLflow run.
        version: the registered version that it made the one that serves; 0 where it promoted nothing.
        challenger: the registered version that waits for a person to promote it; 0 where none does.
        gates: of a model that may serve, what stands for and against it: gate, whether it passed, what was found.
        serves: the candidate that may serve; empty for "do not use".
        reason: why.
        grade: A, B, C or "do not use".
        drift: how the share that leaves moved, where it moved notably; else empty.
        suspicion: what to look at where the model is too good to be true; else empty.
        metrics: flat figures with their intervals.
        drivers: how much each reason code moves the risk, in log-odds, strongest first.
        report: path of the HTML report.
        tracking: address of MLflow's database.
    """

    run: str
    version: int
    challenger: int
    gates: tuple[Gate, ...]
    serves: str
    reason: str
    grade: str
    drift: str
    suspicion: str
    metrics: dict[str, float]
    drivers: dict[str, float]
    report: str
    tracking: str


@dataclass(frozen=True)
class ScoreSummary:
    """A published list.

    Attributes:
        as_of: ISO day.
        accounts: accounts scored.
        excluded: accounts not scored, by reason.
        published: whether this call published it; False where the identical list was there already.
        run_key: of the list.
        folder: where its files are.
    """

    as_of: str
    accounts: int
    excluded: dict[str, int]
    published: bool
    run_key: str
    folder: str


@dataclass(frozen=True)
class Written:
    """A file: its path, and how many accounts (or tickets) are in it."""

    path: str
    as_of: str
    accounts: int


def extract(project: Project, rebuild: bool = False, on_progress: Progress = quiet) -> Extracted:
    """Land what is new in the sources, read what customers wrote, then judge every row."""
    check_own_rules(project.settings)
    with single_writer(project.data):
        landed = land_sources(project.settings, rebuild=rebuild)
        text = read_history(project, on_progress)
        verdicts = validate(history_folder(project.settings), project.settings)
    return Extracted(
        load=landed.load,
        read=sum(landed.read.values()),
        new=sum(landed.new.values()),
        landed=sum(verdicts.landed.values()),
        held=sum(verdicts.held.values()),
        rules=verdicts.broken,
        tables=verdicts.landed,
        unreadable=verdicts.unreadable,
        contradictions=verdicts.contradictions,
        mostly_held=tuple(
            table
            for table in ("accounts", *ACTIVITY_TABLES)
            if verdicts.held.get(table, 0) > MOST_HELD * verdicts.landed.get(table, 0)
        ),
        text=text,
    )


def refuse_mostly_held(extracted: Extracted) -> None:
    """Raise HeldError where more than half of a table that matters is held back: the mapping reads it wrongly."""
    if extracted.mostly_held:
        table = extracted.mostly_held[0]
        rule = next(rule for rule in extracted.rules if rule.startswith(f"{table}."))
        raise HeldError(
            f"More than half of the rows of {table} are held back, most by the rule {rule.split('.')[1]}",
            "Look at them with `churnrisk quarantine list`, correct the mapping, and run `churnrisk extract --rebuild`",
            table=table,
            rule=rule,
        )


def train(project: Project, on_progress: Progress = quiet, shuffle_labels: bool = False) -> TrainSummary:
    """Train, compare, log and register what may serve; `serves` is empty for "do not use"."""
    with single_writer(project.data):
        registry = Registry(project.registry_folder)
        trained = train_models(
            project.history,
            project.parameters,
            registry,
            project.training,
            project.settings.company.name,
            on_progress,
            project.matrices,
            shuffle_labels,
        )
    evaluation = trained.evaluation
    return TrainSummary(
        run=trained.run,
        version=trained.version,
        challenger=trained.challenger,
        gates=trained.gates,
        serves=evaluation.verdict.serves,
        reason=evaluation.verdict.reason,
        grade=evaluation.verdict.grade,
        drift=evaluation.drift.sentence if evaluation.drift and evaluation.drift.is_notable else "",
        suspicion=evaluation.suspicion,
        metrics=metrics(evaluation),
        drivers=evaluation.drivers,
        report=str(trained.report),
        tracking=registry.uri,
    )


def refuse_unusable(trained: TrainSummary) -> None:
    """Raise HeldError where the verdict of a training is "do not use"."""
    if not trained.serves:
        raise HeldError(
            f"Do not use: {trained.reason}",
            f"Read {trained.report}; nothing was promoted and what served before still does",
            report=trained.report,
            run=trained.run,
        )


def score(project: Project, day: str = "") -> ScoreSummary:
    """Score every eligible account and publish the list; the identical list is not published twice."""
    with single_writer(project.data):
        champion = Registry(project.registry_folder).champion()
        as_of = project.moment(day)
        made_of = lineage(project.history, champion, project.policy, project.settings)
        scores = score_accounts(
            project.history, champion, project.parameters, as_of, made_of, project.settings, project.matrices
        )
        published = find(project.lists, str(as_of), scores.run_key)
        if published is None:
            listed = build_worklist(
                project.history.upto(as_of),
                scores,
                project.policy,
                project.settings.company,
                champion.model.lead,
                champion.model.horizon,
            )
            files = {
                "worklist.json": json.dumps(listed.as_json(), ensure_ascii=False, indent=1).encode(),
                "worklist.csv": worklist_csv(listed),
                "worklist.html": worklist_html(listed).encode(),
                "scores.parquet": parquet_bytes(scores.rows),
                "contributions.parquet": parquet_bytes(scores.contributions),
            }
            published = publish(project.lists, str(as_of), scores.run_key, files)
    return ScoreSummary(
        as_of=published.as_of,
        accounts=len(scores.rows),
        excluded=scores.excluded,
        published=published.is_new,
        run_key=scores.run_key,
        folder=str(published.folder),
    )


def read_worklist(project: Project, day: str = "", csm: str = "") -> Worklist:
    """The published list of that day, or the newest; of one CSM or of all."""
    found = latest(project.lists, day)
    content: dict[str, Any] = json.loads((found.folder / "worklist.json").read_text(encoding="utf-8"))
    listed = Worklist.from_json(content)
    if not csm:
        return listed
    known = sorted({entry.csm for entry in listed.entries if entry.csm})
    if not known:
        raise NothingToDoError("No account on the list has a CSM", "Leave --csm out, or map csm in accounts")
    if csm not in known:
        raise SettingsError(f"No account on the list belongs to a CSM called {csm!r}", f"Use one of {', '.join(known)}")
    return listed.of_csm(csm)


def write_worklist(listed: Worklist, kind: str, out: Path) -> Written:
    """Write the list as `csv` or `html`."""
    content = worklist_csv(listed) if kind == "csv" else worklist_html(listed).encode()
    write_atomic(out, content)
    return Written(str(out), listed.as_of, len(listed.entries))
