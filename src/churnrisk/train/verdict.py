"""Which candidate may serve: the model must earn its place beside the baselines.

- Nothing ranks better than chance, with an interval: "do not use", nothing is promoted.
- The model beats every baseline, with an interval: the model serves.
- Otherwise the best baseline serves, with the same interface; where no baseline beats chance, the model does.
"""

from __future__ import annotations

from dataclasses import dataclass

from churnrisk.train.fit import TREES
from churnrisk.train.metrics import Comparison

CHANCE = 0.5
#: Knowing only how long somebody has been an account is no knowledge about leaving that anyone can act on.
ONLY_TENURE = ("account_age_days",)


@dataclass(frozen=True)
class Verdict:
    """The outcome of training.

    Attributes:
        serves: the name of the candidate that may be promoted; empty for "do not use".
        reason: why, as one sentence.
    """

    serves: str
    reason: str

    @property
    def is_usable(self) -> bool:
        """Whether anything may be promoted."""
        return bool(self.serves)


def verdict(comparison: Comparison, best_feature: str) -> Verdict:
    """Judge the candidates on the test part; `comparison` has the trees first."""
    quality, gain = comparison.quality, comparison.auc_gain
    best = max((name for name in quality if name != TREES), key=lambda name: quality[name].auc.value)
    model, baseline = quality[TREES].auc, quality[best].auc
    if model.low <= CHANCE and baseline.low <= CHANCE:
        return Verdict(
            "", f"Nothing ranks better than chance: the model's AUC is {model}, that of the {best} {baseline}"
        )
    if model.low > CHANCE and all(figure.low > 0 for figure in gain.values()):
        least = min(gain, key=lambda name: gain[name].value)
        return Verdict(TREES, f"The model's AUC of {model} beats the {least}, the nearest baseline, by {gain[least]}")
    if baseline.low <= CHANCE:
        return Verdict(TREES, f"The model's AUC is {model}, and no baseline ranks better than chance with confidence")
    if best_feature in ONLY_TENURE and baseline.value >= model.value:
        return Verdict("", f"Only the age of the account ranks better than chance (AUC {baseline})")
    return Verdict(
        best,
        f"The model's AUC of {model} does not beat the {best}, which reaches {baseline}, with confidence:"
        f" the gain is {gain[best]}",
    )
