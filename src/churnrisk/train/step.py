"""The train step: matrix and labels in; a run, a report, and perhaps a champion out."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from churnrisk import __version__
from churnrisk.features import CATALOGUE
from churnrisk.history import History
from churnrisk.labels import definition, label_hash
from churnrisk.model import ChurnModel, Trees
from churnrisk.parameters import Parameters
from churnrisk.registry import Registry, RunRecord
from churnrisk.store import write_atomic
from churnrisk.train.evaluation import Evaluation, evaluate, metrics
from churnrisk.train.fit import TREES, fit
from churnrisk.train.frame import shuffled, training_frame
from churnrisk.train.plots import plots
from churnrisk.train.report import report_html


@dataclass(frozen=True)
class Trained:
    """What training gave.

    Attributes:
        run: the MLflow run.
        version: the registered version that now serves; 0 where nothing was promoted.
        evaluation: all figures.
        report: the HTML report.
    """

    run: str
    version: int
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
    """Train, compare with the baselines, log, and promote what the verdict lets serve.

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
    page = report_html(evaluation, pictures, facts)
    drift = evaluation.drift.sentence if evaluation.drift else ""
    content = {**facts, **evaluation.as_json(), "metrics": metrics(evaluation), "drift_told": drift}
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
    version = 0
    if evaluation.verdict.is_usable and not shuffle_labels:
        version = registry.register(run, fitted.models[evaluation.verdict.serves])
        registry.promote(version)
    name = "report-shuffled" if shuffle_labels else "report"
    write_atomic(folder / f"{name}.json", told)
    return Trained(run, version, evaluation, write_atomic(folder / f"{name}.html", page))


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
