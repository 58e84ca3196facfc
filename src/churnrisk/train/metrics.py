"""How good a score is, with intervals: every figure is drawn again with accounts, not rows, taken anew.

Rows of one account at several as_of tell nearly the same, so intervals by row would be too narrow (cluster bootstrap:
Field and Welsh, 2007). All scores are drawn with the same accounts, which makes differences between them paired.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

#: Draws behind every interval.
DRAWS = 400
#: The share of rows with the highest scores whose lift is measured.
TOP = 0.1
#: The interval's two ends, as shares of the draws.
ENDS = (0.025, 0.975)


@dataclass(frozen=True)
class Figure:
    """A number with its 95 % interval."""

    value: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.value:.3f} ({self.low:.3f} to {self.high:.3f})"


@dataclass(frozen=True)
class Quality:
    """How good one score is.

    Attributes:
        auc: area under the ROC curve; .5 is chance.
        pr_auc: average precision; the base rate is chance.
        lift: how many times as many leave among the tenth with the highest scores as among all; 1 is chance.
    """

    auc: Figure
    pr_auc: Figure
    lift: Figure


@dataclass(frozen=True)
class Comparison:
    """Several scores of the same rows.

    Attributes:
        quality: of each score, by name.
        auc_gain: of the first score over each other one, paired.
        pr_auc_gain: likewise.
        over_reference: gain in AUC of each score over a named one, paired; empty where none was named.
    """

    quality: dict[str, Quality]
    auc_gain: dict[str, Figure]
    pr_auc_gain: dict[str, Figure]
    over_reference: dict[str, Figure] = field(default_factory=dict)


class _Ranked:
    """A score sorted once, so that each draw is a few passes over it; ties share a place."""

    def __init__(self, score: np.ndarray, left: np.ndarray) -> None:
        _, self._place = np.unique(score, return_inverse=True)
        self._places = int(self._place.max()) + 1
        self._left = left

    def measure(self, weight: np.ndarray) -> tuple[float, float, float]:
        """AUC, average precision and the lift of the top tenth, with rows weighted."""
        leavers = np.bincount(self._place, weight * self._left, self._places)
        stayers = np.bincount(self._place, weight * (1 - self._left), self._places)
        all_leavers, all_stayers = leavers.sum(), stayers.sum()
        if all_leavers == 0 or all_stayers == 0:
            return np.nan, np.nan, np.nan
        below = np.cumsum(stayers) - stayers
        auc = (leavers * (below + stayers / 2)).sum() / (all_leavers * all_stayers)
        true, alarms = np.cumsum(leavers[::-1]), np.cumsum((leavers + stayers)[::-1])
        precision = np.divide(true, alarms, out=np.zeros_like(true), where=alarms > 0)
        # The last place that still fits counts in part: rows with equal scores are told apart by nothing.
        top = TOP * alarms[-1]
        found = float(np.interp(top, np.concatenate([[0.0], alarms]), np.concatenate([[0.0], true])))
        lift = (found / top) / (all_leavers / alarms[-1])
        return float(auc), float((precision * leavers[::-1]).sum() / all_leavers), lift


def compare(
    scores: dict[str, np.ndarray],
    left: np.ndarray,
    accounts: np.ndarray,
    seed: int = 0,
    draws: int = DRAWS,
    reference: str = "",
) -> Comparison:
    """Measure several scores of the same rows and the gain of the first over each other one.

    Args:
        scores: raw scores or risks by name, each of shape (n,); only their order counts.
        left: 1 left, 0 stayed, shape (n,).
        accounts: account of each row, shape (n,).
        seed: of the draws.
        draws: how many; 1 where only the values are wanted.
        reference: a score that every other is compared with as well, if it is there.
    """
    _, index = np.unique(accounts, return_inverse=True)
    generator = np.random.default_rng(seed)
    ranked = {name: _Ranked(score, left) for name, score in scores.items()}
    point = {name: score.measure(np.ones(len(left))) for name, score in ranked.items()}
    drawn: dict[str, list[tuple[float, float, float]]] = {name: [] for name in scores}
    count = int(index.max()) + 1
    for _ in range(draws):
        weight = generator.multinomial(count, np.full(count, 1 / count))[index].astype(float)
        for name, score in ranked.items():
            drawn[name].append(score.measure(weight))
    measured = {name: np.array(values) for name, values in drawn.items()}
    first = next(iter(scores))

    def gain(one: str, other: str, kind: int) -> Figure:
        return _figure(point[one][kind] - point[other][kind], measured[one][:, kind] - measured[other][:, kind])

    others = [name for name in scores if name != first]
    return Comparison(
        {
            name: Quality(*(_figure(point[name][kind], measured[name][:, kind]) for kind in (0, 1, 2)))
            for name in scores
        },
        {name: gain(first, name, 0) for name in others},
        {name: gain(first, name, 1) for name in others},
        {name: gain(name, reference, 0) for name in scores if name != reference} if reference in scores else {},
    )


def brier(risk: np.ndarray, left: np.ndarray) -> float:
    """Mean squared error of a probability."""
    return float(np.mean((risk - left) ** 2))


def log_loss(risk: np.ndarray, left: np.ndarray) -> float:
    """Mean negative log-likelihood of a probability."""
    safe = np.clip(risk, 1e-12, 1 - 1e-12)
    return float(-np.mean(left * np.log(safe) + (1 - left) * np.log(1 - safe)))


def deciles(risk: np.ndarray, left: np.ndarray) -> list[dict[str, float]]:
    """Ten groups of rising risk: mean risk, the share that left, and how many rows; fewer where risks are equal."""
    parts = np.array_split(np.argsort(risk, kind="stable"), min(10, len(risk)))
    return [
        {"risk": float(risk[part].mean()), "left": float(left[part].mean()), "rows": len(part)}
        for part in parts
        if len(part)
    ]


def calibration_error(groups: list[dict[str, float]]) -> float:
    """The largest difference, over groups of rows, between the mean risk and the share that left."""
    return max(abs(group["risk"] - group["left"]) for group in groups)


def _figure(value: float, draws: np.ndarray) -> Figure:
    there = draws[~np.isnan(draws)]
    low, high = np.quantile(there, ENDS) if len(there) else (np.nan, np.nan)
    return Figure(float(value), float(low), float(high))
