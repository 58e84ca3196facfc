"""The train step: matrix and labels in; a run, a report, and perhaps a champion out."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

import pandas as pd

from churnrisk import __version__
from churnrisk.features import CATALOGUE
from churnrisk.history import History
from churnrisk.labels import definition, label_hash
from churnrisk.model import ChurnModel, Trees
from churnrisk.parameters import Parameters
from churnrisk.registry import Champion, Registry, RunRecord
from churnrisk.store import write_atomic
from churnrisk.train.evaluation import Evaluation, evaluate, metrics
from churnrisk.train.fit import TREES, fit
from churnrisk.train.frame import shuffled, training_frame
from churnrisk.train.plots import plots
from churnrisk.train.promotion import Gate, gates
from churnrisk.train.report import report_html


@dataclass(frozen=True)
class Trained:
    """What training gave.

    Attributes:
        run: the MLflow run.
        version: the registered version that it made the one that serves; 0 where it promoted nothing.
        challenger: the registered version that waits for a person to promote it; 0 where none does.
        gates: what was asked of the new model, beside the one that serves.
        evaluation: all figures.
        report: the HTML report.
    """

    run: str
    version: int
    challenger: int
    gates: tuple[Gate, ...]
    evaluation: Evaluation
    report: Path


def train(
    history: History,
    parameters: Parameters,
    registry: Registry,
    folder: Path,
    company: str,
    on_progress: Callable[[int, int], None],
    kept: Path,
    shuffle_labels: bool = False,
) -> Trained:
    """Train, compare with the baselines and the champion, log, and register what the verdict lets serve.

    The first model that may serve is promoted at once; a later one waits as the challenger until a person promotes it.

    Args:
        history: opened with its verdicts.
        parameters: label, matrix, split and model.
        registry: where runs and models are kept.
        folder: where the report and its JSON are written.
        company: whose data it is.
        on_progress: told how many as_of of how many are done.
        kept: where matrices are kept.
        shuffle_labels: a control: deal the labels out anew, so that nothing can be learnt; nothing is promoted.
    """
    frame = training_frame(history, CATALOGUE, parameters, kept, on_progress)
    if shuffle_labels:
        frame = shuffled(frame, parameters.model.seed)
    fitted = fit(frame, parameters)
    evaluation = evaluate(frame, fitted)
    facts = {
        "company": company,
        "label": _in_words(parameters),
        "data": history.content_hash,
        "label hash": label_hash(parameters.label),
        "catalogue": frame.catalogue.hash,
        "parameters": parameters.hash,
        "code": __version__,
        "labels": "shuffled: a control" if shuffle_labels else "as they are",
    }
    pictures = plots(evaluation)
    champion = registry.champion_or_none()
    model = fitted.models.get(evaluation.verdict.serves)
    asked = _gates(model, champion, frame.part(frame.split.test), evaluation.stopping) if model else ()
    page = report_html(evaluation, pictures, facts, asked)
    drift = evaluation.drift.sentence if evaluation.drift else ""
    content = {**facts, **evaluation.as_json(), "metrics": metrics(evaluation), "drift_told": drift}
    content["gates"] = [asdict(gate) for gate in asked]
    told = json.dumps(content, indent=1, default=str)
    run = registry.record(
        RunRecord(
            parameters={**_flat(parameters), "features": len(fitted.features)},
            metrics=metrics(evaluation),
            tags={**{name.replace(" ", "_"): value for name, value in facts.items()}, **_tags(evaluation)},
            files={
                "report.html": page.encode(),
                "report.json": told.encode(),
                "label.sql": definition(parameters.label).encode(),
                "trees/booster.txt": _text(fitted.models[TREES]).encode(),
                **{f"plots/{name}.png": picture for name, picture in pictures.items()},
            },
        )
    )
    version = challenger = 0
    if model is not None and not shuffle_labels:
        made = registry.register(run, model, failed=[gate.name for gate in asked if not gate.passed])
        if _may_begin(model, champion, asked):
            version = made
            registry.promote(made, "churnrisk train", "the same model again" if champion else "nothing served before")
        else:
            challenger = made
            registry.challenge(made)
    name = "report-shuffled" if shuffle_labels else "report"
    write_atomic(folder / f"{name}.json", told)
    return Trained(run, version, challenger, asked, evaluation, write_atomic(folder / f"{name}.html", page))


def _gates(model: ChurnModel, champion: Champion | None, test: pd.DataFrame, suspicion: str) -> tuple[Gate, ...]:
    if champion is not None and champion.model.version == model.version:
        return ()
    return gates(model, champion.model if champion else None, test, suspicion)


def _may_begin(model: ChurnModel, champion: Champion | None, asked: tuple[Gate, ...]) -> bool:
    """Whether no person is needed: the model serves already, or nothing does and nothing stands against it."""
    if champion is not None:
        return champion.model.version == model.version
    return all(gate.passed for gate in asked)


def _text(model: ChurnModel) -> str:
    """The booster as text: kept with the run also where a baseline serves."""
    assert isinstance(model.scorer, Trees)
    return model.scorer.text


def _in_words(parameters: Parameters) -> str:
    label = parameters.label
    what = {
        "contract_end": "the last contract ends",
        "event": "an explicit cancellation",
        "silence": f"no sign of life in {label.activity}",
    }[label.kind]
    return f"{what} between day {label.lead + 1} and day {label.lead + label.horizon}"


def _flat(parameters: Parameters) -> dict[str, object]:
    content = parameters.model_dump(mode="json")
    return {f"{part}.{name}": value for part, values in content.items() for name, value in values.items()}


def _tags(evaluation: Evaluation) -> dict[str, str]:
    told = evaluation.verdict
    return {"serves": told.serves or "do not use", "verdict": told.reason, "grade": told.grade}
