"""Two baselines that add up term by term: logistic regression, and a health score by fixed rules."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

#: A value further from the middle than so many standard deviations counts as that far: money and counts have tails.
FURTHEST = 3.0
#: scikit-learn's C: the smaller, the closer the weights are held to nothing.
PENALTY = 0.1


@dataclass(frozen=True)
class Linear:
    """Logistic regression on standardised features, each with a term of its own where it has no value.

    Attributes:
        features: the columns it reads.
        centres: mean of each over the training rows.
        scales: standard deviation of each.
        weights: log-odds per standard deviation.
        missing: log-odds where the feature has no value.
        intercept: log-odds of an account that is average in everything.
    """

    features: tuple[str, ...]
    centres: tuple[float, ...]
    scales: tuple[float, ...]
    weights: tuple[float, ...]
    missing: tuple[float, ...]
    intercept: float

    def score(self, rows: pd.DataFrame) -> np.ndarray:
        """Raw scores in log-odds, shape (n,)."""
        return self.intercept + self.contributions(rows).to_numpy().sum(axis=1)

    def contributions(self, rows: pd.DataFrame) -> pd.DataFrame:
        """What each feature adds to the score, shape (n, features), in log-odds."""
        values = rows[list(self.features)].to_numpy(dtype=float)
        steps = standardised(values, np.array(self.centres), np.array(self.scales))
        added = np.where(np.isnan(values), np.array(self.missing), steps * np.array(self.weights))
        return pd.DataFrame(added, columns=list(self.features), index=rows.index)

    def base(self) -> float:
        """Log-odds of an account that is average in everything."""
        return self.intercept


@dataclass(frozen=True)
class Points:
    """A health score as a customer success team sets it: points for each warning sign, the thresholds by hand.

    Attributes:
        features: the column of each rule.
        above: whether the sign is a value at or above the threshold; otherwise at or below it.
        thresholds: of each rule, in the feature's unit.
        points: of each rule.
    """

    features: tuple[str, ...]
    above: tuple[bool, ...]
    thresholds: tuple[float, ...]
    points: tuple[float, ...]

    def score(self, rows: pd.DataFrame) -> np.ndarray:
        """The sum of the points, shape (n,); a calibration gives them their scale."""
        return self.contributions(rows).to_numpy().sum(axis=1)

    def contributions(self, rows: pd.DataFrame) -> pd.DataFrame:
        """The points of each rule, shape (n, features)."""
        values = rows[list(self.features)].to_numpy(dtype=float)
        thresholds = np.array(self.thresholds)
        # A comparison with a value that is not there is false: no sign, no points.
        signs = np.where(np.array(self.above), values >= thresholds, values <= thresholds)
        return pd.DataFrame(signs * np.array(self.points), columns=list(self.features), index=rows.index)

    def base(self) -> float:
        """No points."""
        return 0.0


#: The warning signs of a health score in common use: feature, whether high is bad, threshold, points. Thresholds are
#: round numbers that people set, not fitted; the training report shows how well that ranks.
HEALTH_RULES = (
    ("usage_change_30d", False, -0.3, 2.0),
    ("days_since_usage", True, 14.0, 2.0),
    ("active_days_last_30d", False, 5.0, 1.0),
    ("open_tickets", True, 3.0, 1.0),
    ("first_response_hours_last_30d", True, 24.0, 1.0),
    ("resolution_hours_last_90d", True, 120.0, 1.0),
    ("reopens_last_90d", True, 2.0, 1.0),
    ("days_since_ticket", True, 180.0, 1.0),
    ("csat_last_180d", False, 3.0, 2.0),
    ("nps_score", False, 6.0, 2.0),
    ("survey_answers_share_last_180d", False, 0.1, 1.0),
    ("overdue_invoices", True, 1.0, 2.0),
    ("late_payments_share_last_180d", True, 0.5, 1.0),
    ("days_since_invoice", True, 60.0, 1.0),
    ("invoiced_change_90d", False, -0.3, 2.0),
    ("price_rise_last_180d", True, 0.1, 1.0),
    ("seats_growth_last_180d", False, -0.1, 2.0),
    ("champions_left_last_180d", True, 1.0, 2.0),
    ("days_to_renewal", False, 90.0, 1.0),
)


def fit_linear(rows: pd.DataFrame, left: np.ndarray, features: list[str]) -> Linear:
    """Fit logistic regression on standardised features; the L2 penalty keeps features that tell the same apart."""
    from sklearn.linear_model import LogisticRegression

    values = rows[features].to_numpy(dtype=float)
    there = ~np.isnan(values)
    centres = np.array(
        [column[has].mean() if has.any() else 0.0 for column, has in zip(values.T, there.T, strict=True)]
    )
    spread = [column[has].std() if has.any() else 0.0 for column, has in zip(values.T, there.T, strict=True)]
    scales = np.array([scale if scale > 0 else 1.0 for scale in spread])
    terms = np.hstack([np.where(there, standardised(values, centres, scales), 0.0), ~there])
    fitted = LogisticRegression(C=PENALTY, max_iter=500).fit(terms, left)
    weights = fitted.coef_[0]
    return Linear(
        features=tuple(features),
        centres=_plain(centres),
        scales=_plain(scales),
        weights=_plain(weights[: len(features)]),
        missing=_plain(weights[len(features) :]),
        intercept=float(fitted.intercept_[0]),
    )


def _plain(numbers: np.ndarray) -> tuple[float, ...]:
    """Python's own numbers: what JSON gives back."""
    return tuple(map(float, numbers))


def health_score(features: list[str]) -> Points | None:
    """The health score of the rules whose features are there; None where fewer than two are."""
    rules = [rule for rule in HEALTH_RULES if rule[0] in features]
    return Points(*map(tuple, zip(*rules, strict=True))) if len(rules) > 1 else None


def standardised(values: np.ndarray, centres: np.ndarray, scales: np.ndarray) -> np.ndarray:
    """Values in standard deviations from the centre, no further than FURTHEST."""
    return np.clip((values - centres) / scales, -FURTHEST, FURTHEST)
