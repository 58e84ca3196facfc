"""Challenger against champion: whether a new model may take the place of the one that serves, gate by gate.

Reads what both say of the same test rows, which neither was trained on; gives one `Gate` a question. A person decides:
`churnrisk promote --by NAME --reason ...`. Only where nothing serves yet, and nothing looks too good to be true, the
first model that earned its place is promoted at once.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from churnrisk.model import ChurnModel
from churnrisk.train.metrics import Comparison, calibration_error, compare, deciles

#: Risks further than this from what came true, in some tenth of the accounts, pass only where the champion's are too.
MOST_OFF = 0.05
#: So much of the tenth of the accounts with the highest risk must stay the same, or a list turns over at a stroke.
LEAST_KEPT = 0.4
#: A slice is looked at where it has so many leavers and as many stayers.
LEAST_OF_SLICE = 20
#: How old an account is, in days, where slices by age begin.
AGES = (0.0, 365.0, 1095.0)
AGE_FEATURE = "account_age_days"


@dataclass(frozen=True)
class Gate:
    """One question to a challenger.

    Attributes:
        name: value, calibration, slices, stability, plausibility or fit.
        passed: whether nothing stands against it.
        says: what was found, as one sentence.
    """

    name: str
    passed: bool
    says: str


def gates(challenger: ChurnModel, champion: ChurnModel | None, test: pd.DataFrame, suspicion: str) -> tuple[Gate, ...]:
    """Every gate, on the rows that the challenger was tested on.

    Args:
        challenger: the new model.
        champion: the one that serves; None where nothing does.
        test: rows with their features, `account_id`, `as_of` and `left`.
        suspicion: why the challenger is too good to be true; empty where it is not.
    """
    plausible = Gate("plausibility", not suspicion, suspicion or "No figure is too good to be true")
    if champion is None:
        return (plausible,)
    why = misfit(challenger, champion, test)
    if why:
        return (plausible, Gate("fit", True, why))
    left, accounts = test["left"].to_numpy(), test["account_id"].to_numpy()
    risks = {"challenger": challenger.risk(test), "champion": champion.risk(test)}
    return (
        plausible,
        _value(compare(risks, left, accounts)),
        _calibration(risks, left),
        _slices(risks, test),
        _stability(risks, test),
    )


def misfit(challenger: ChurnModel, champion: ChurnModel, test: pd.DataFrame) -> str:
    """Why the two cannot be held against each other; empty where they can."""
    if challenger.label_hash != champion.label_hash:
        return "The champion was trained for another label, which the two cannot be compared on"
    if gone := [name for name in champion.features if name not in test]:
        return f"The champion reads {gone[0]}, which is not there any more, so the two cannot be compared"
    return ""


def _value(comparison: Comparison) -> Gate:
    gain = comparison.auc_gain["champion"]
    now, before = (comparison.quality[name].auc.value for name in ("challenger", "champion"))
    says = f"Its AUC is {now:.3f}, the champion's {before:.3f} on the same rows: a difference of {gain}"
    return Gate("value", gain.high >= 0, says)


def _calibration(risks: dict[str, np.ndarray], left: np.ndarray) -> Gate:
    off = {name: calibration_error(deciles(risk, left)) for name, risk in risks.items()}
    says = f"Its risks are up to {100 * off['challenger']:.1f} points from what came true, by tenth of the accounts"
    says += f"; the champion's {100 * off['champion']:.1f}"
    return Gate("calibration", off["challenger"] <= max(MOST_OFF, off["champion"]), says)


def _slices(risks: dict[str, np.ndarray], test: pd.DataFrame) -> Gate:
    """By age of the account: nobody's accounts may be ranked surely worse than before."""
    worse, looked_at = [], 0
    for name, inside in _by_age(test):
        left = test["left"].to_numpy()[inside]
        if min(left.sum(), (1 - left).sum()) < LEAST_OF_SLICE:
            continue
        looked_at += 1
        own = compare({one: risk[inside] for one, risk in risks.items()}, left, test["account_id"].to_numpy()[inside])
        if own.auc_gain["champion"].high < 0:
            worse.append(f"accounts {name}: AUC lower by {-own.auc_gain['champion'].value:.3f}")
    if worse:
        return Gate("slices", False, f"It ranks surely worse among {'; '.join(worse)}")
    return Gate("slices", True, f"In none of {looked_at} slices by age of the account it ranks surely worse")


def _by_age(test: pd.DataFrame) -> list[tuple[str, np.ndarray]]:
    if AGE_FEATURE not in test:
        return []
    age = test[AGE_FEATURE].to_numpy(float)
    names = ("in their first year", "in their second and third year", "older than three years")
    ends = (*AGES[1:], np.inf)
    return [(name, (age >= start) & (age < end)) for name, start, end in zip(names, AGES, ends, strict=True)]


def _stability(risks: dict[str, np.ndarray], test: pd.DataFrame) -> Gate:
    newest = (test["as_of"] == test["as_of"].max()).to_numpy()
    many = max(int(newest.sum()) // 10, 1)
    top = {name: set(np.argsort(-risk[newest], kind="stable")[:many].tolist()) for name, risk in risks.items()}
    kept = len(top["challenger"] & top["champion"]) / many
    says = f"Of the {many} accounts with the highest risk at the latest as_of {kept:.0%} are the champion's too"
    return Gate("stability", kept >= LEAST_KEPT, says)
