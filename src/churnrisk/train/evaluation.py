"""Evaluate the candidates on the test part, once, after everything has been fitted and chosen."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import pandas as pd

from churnrisk.features import CATALOGUE
from churnrisk.labels import Drift, base_rate_drift
from churnrisk.train.fit import BEST_FEATURE, TENURE, TREES, Fitted
from churnrisk.train.frame import TrainingFrame
from churnrisk.train.metrics import Comparison, Figure, brier, calibration_error, compare, deciles, log_loss
from churnrisk.train.verdict import Verdict, verdict

#: From here on a leak is likelier than a good model: on every export tried so far the honest ones stayed below .85.
SUSPICIOUS_AUC = 0.9
#: Above this a person has to say why it is right before the model may serve.
STOPPING_AUC = 0.95


@dataclass(frozen=True)
class Evaluation:
    """Everything that the report, the JSON and MLflow tell of a training.

    Attributes:
        comparison: all candidates on the test rows, the trees first.
        verdict: which of them may serve.
        brier: mean squared error of each candidate's risk.
        log_loss: mean negative log-likelihood of each candidate's risk.
        deciles: ten groups of rising risk of the trees: risk, share that left, rows.
        base_rates: share that left, by ISO day of the as_of.
        drift: that share at the earliest as_of beside the latest; None where there is only one as_of.
        drivers: mean absolute contribution in log-odds of the trees on the test rows, by reason code, strongest first.
        importance: the same by feature.
        best_feature: the single feature that was chosen on the training part.
        rows: rows of each part.
        as_ofs: ISO days of each part, and of those purged between them.
        left_within_lead: rows left out because the account left before the label window began.
    """

    comparison: Comparison
    verdict: Verdict
    brier: dict[str, float]
    log_loss: dict[str, float]
    deciles: list[dict[str, float]]
    base_rates: dict[str, float]
    drift: Drift | None
    drivers: dict[str, float]
    importance: dict[str, float]
    best_feature: str
    rows: dict[str, int]
    as_ofs: dict[str, list[str]]
    left_within_lead: int

    @property
    def suspicion(self) -> str:
        """What to look at where the model ranks better than people who leave for their own reasons can be ranked."""
        auc = self.comparison.quality[TREES].auc.value
        if auc < SUSPICIOUS_AUC:
            return ""
        strongest = next(iter(self.importance))
        return (
            f"An AUC of {auc:.2f} is more often a look ahead than knowledge: see what {strongest} is made of, which"
            " carries most of it, and put values of today under [mapping.current_only]"
        )

    @property
    def stopping(self) -> str:
        """The suspicion, where it is strong enough to stop a promotion; else empty."""
        return self.suspicion if self.comparison.quality[TREES].auc.value > STOPPING_AUC else ""

    def as_json(self) -> dict[str, Any]:
        """All of it as one JSON object."""
        return asdict(self)


def evaluate(frame: TrainingFrame, fitted: Fitted) -> Evaluation:
    """Measure every candidate on the test part."""
    test = frame.part(frame.split.test)
    left, accounts = test["left"].to_numpy(), test["account_id"].to_numpy()
    risks = {name: model.risk(test) for name, model in fitted.models.items()}
    comparison = compare(risks, left, accounts, reference=TENURE)
    groups = deciles(risks[TREES], left)
    importance = fitted.models[TREES].contributions(test).abs().mean().sort_values(ascending=False)
    split = frame.split
    parts = {"train": split.train, "calibrate": split.calibrate, "test": split.test, "purged": split.purged}
    return Evaluation(
        comparison=comparison,
        verdict=verdict(comparison, calibration_error(groups)),
        brier={name: brier(risk, left) for name, risk in risks.items()},
        log_loss={name: log_loss(risk, left) for name, risk in risks.items()},
        deciles=groups,
        base_rates={str(day.date()): float(rate) for day, rate in frame.rows.groupby("as_of")["left"].mean().items()},
        drift=base_rate_drift(frame.rows),
        drivers=drivers(fitted, test),
        importance={str(name): float(value) for name, value in importance.items()},
        best_feature=fitted.best_feature,
        rows={name: len(frame.part(as_ofs)) for name, as_ofs in parts.items() if name != "purged"},
        as_ofs={name: [str(as_of) for as_of in as_ofs] for name, as_ofs in parts.items()},
        left_within_lead=frame.left_within_lead,
    )


def drivers(fitted: Fitted, rows: pd.DataFrame) -> dict[str, float]:
    """How much each reason code moves the risk, in log-odds: contributions of its features are added before the mean.

    Features of one code tell the same story in several windows; taken one by one their shares would be split.
    """
    contributions = fitted.models[TREES].contributions(rows)
    codes = [_code(name, rows[name], contributions[name]) for name in contributions]
    by_code = contributions.T.groupby(np.array(codes)).sum().T
    found = (by_code - by_code.mean()).abs().mean().sort_values(ascending=False)
    return {str(code): float(value) for code, value in found.items()}


def _code(name: str, values: pd.Series, contribution: pd.Series) -> str:
    """The reason code a feature stands for here: of its high wording where high numbers raise the risk, else of low."""
    feature = CATALOGUE[name]
    if feature.high is not None and feature.low is not None:
        raises = values.rank().corr(contribution.rank())
        return feature.low.code if raises < 0 else feature.high.code
    return feature.code


def metrics(evaluation: Evaluation) -> dict[str, float]:
    """The figures as flat names, as MLflow keeps them."""
    flat: dict[str, float] = {}
    names = {BEST_FEATURE: "best_feature"}
    for name, quality in evaluation.comparison.quality.items():
        label = names.get(name, name.replace(" ", "_"))
        flat |= _flat(f"{label}_auc", quality.auc) | _flat(f"{label}_pr_auc", quality.pr_auc)
        flat |= _flat(f"{label}_lift", quality.lift)
        flat[f"{label}_brier"] = evaluation.brier[name]
        flat[f"{label}_log_loss"] = evaluation.log_loss[name]
    for name, gain in evaluation.comparison.auc_gain.items():
        flat |= _flat(f"auc_gain_over_{names.get(name, name.replace(' ', '_'))}", gain)
    if evaluation.drift is not None:
        flat |= {"base_rate_before": evaluation.drift.before, "base_rate_now": evaluation.drift.now}
    flat["calibration_max_error"] = calibration_error(evaluation.deciles)
    return flat


def _flat(name: str, figure: Figure) -> dict[str, float]:
    return {name: figure.value, f"{name}_low": figure.low, f"{name}_high": figure.high}
