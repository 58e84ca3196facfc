"""Which candidate may serve: the model must earn its place beside the baselines.

A candidate knows something where its AUC is above chance with confidence; one that reads the age of the account must
also beat the age alone with confidence, since how long somebody has been an account is nothing anyone can act on.

- Nobody knows anything: "do not use", nothing is promoted.
- The model knows something and beats every baseline, with confidence: the model serves, grade B; grade A where its AUC
  is surely above A_AUC and its risks are within A_CALIBRATION of what came true.
- Otherwise the best baseline that knows something serves, with the same interface, and the grade is C; where no
  baseline does, the model serves with grade C.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from churnrisk.train.fit import REGRESSION, TENURE, TREES
from churnrisk.train.metrics import Comparison

Grade = Literal["A", "B", "C", "do not use"]

CHANCE = 0.5
#: The low end of the model's AUC that grade A asks for: two of three pairs and more are ranked right for sure.
A_AUC = 0.70
#: The largest difference, over tenths of the accounts, between the risk told and the share that left.
A_CALIBRATION = 0.05
#: Candidates that read every feature, the age of the account among them.
_READ_TENURE = (TREES, REGRESSION)


@dataclass(frozen=True)
class Verdict:
    """The outcome of training.

    Attributes:
        serves: the name of the candidate that may be promoted; empty for "do not use".
        reason: why, as one sentence.
        grade: A, B, C or "do not use".
    """

    serves: str
    reason: str
    grade: Grade

    @property
    def is_usable(self) -> bool:
        """Whether anything may be promoted."""
        return bool(self.serves)


def verdict(comparison: Comparison, calibration_error: float) -> Verdict:
    """Judge the candidates on the test part.

    Args:
        comparison: of all candidates, the trees first; with the gains over the age of the account where that is one.
        calibration_error: the largest one of the trees, by tenth.
    """
    quality, gain = comparison.quality, comparison.auc_gain
    knowing = [name for name in quality if name != TENURE and _knows(name, comparison)]
    baselines = [name for name in knowing if name != TREES]
    model = quality[TREES].auc
    if not knowing:
        return Verdict("", _nothing(comparison), "do not use")
    if TREES in knowing and all(figure.low > 0 for figure in gain.values()):
        least = min(gain, key=lambda name: gain[name].value)
        surely_good = model.low >= A_AUC and calibration_error <= A_CALIBRATION
        reason = f"The model's AUC of {model} beats the {least}, the nearest baseline, by {gain[least]}"
        return Verdict(TREES, reason, "A" if surely_good else "B")
    if not baselines:
        reason = f"The model's AUC is {model}, and no baseline ranks better than chance with confidence"
        return Verdict(TREES, reason, "C")
    best = max(baselines, key=lambda name: quality[name].auc.value)
    return Verdict(
        best,
        f"The model's AUC of {model} does not beat the {best}, which reaches {quality[best].auc}, with confidence:"
        f" the gain is {gain[best]}",
        "C",
    )


def _knows(name: str, comparison: Comparison) -> bool:
    """Whether a candidate ranks better than chance, and not by the age of the account alone."""
    if comparison.quality[name].auc.low <= CHANCE:
        return False
    tenure = comparison.quality.get(TENURE)
    if name not in _READ_TENURE or tenure is None or tenure.auc.low <= CHANCE:
        return True
    return comparison.over_reference[name].low > 0


def _nothing(comparison: Comparison) -> str:
    quality = comparison.quality
    tenure = quality.get(TENURE)
    if tenure is not None and tenure.auc.low > CHANCE:
        return (
            f"Only the age of the account ranks better than chance: its AUC is {tenure.auc}, the model's"
            f" {quality[TREES].auc}"
        )
    best = max((name for name in quality if name != TREES), key=lambda name: quality[name].auc.value)
    return (
        f"Nothing ranks better than chance: the model's AUC is {quality[TREES].auc}, that of the {best}"
        f" {quality[best].auc}"
    )
