"""What gives the score: trees, or a single feature; `linear` has more. In log-odds, base and contributions add up."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Protocol

import numpy as np
import pandas as pd

from churnrisk.parameters import Model

if TYPE_CHECKING:  # LightGBM and scikit-learn take seconds to import: only what fits or predicts waits for them
    import lightgbm as lgb

#: Knots of the curve by which a single feature becomes log-odds.
KNOTS = 12


class Scorer(Protocol):
    """What a ChurnModel needs of its inside."""

    @property
    def features(self) -> tuple[str, ...]:
        """The columns of the matrix that are read."""
        ...

    def score(self, rows: pd.DataFrame) -> np.ndarray:
        """Raw scores in log-odds, shape (n,)."""
        ...

    def contributions(self, rows: pd.DataFrame) -> pd.DataFrame:
        """What each feature adds to the score, shape (n, features); with `base()` they add up to it."""
        ...

    def base(self) -> float:
        """The score before any feature is looked at."""
        ...


@dataclass(frozen=True)
class Trees:
    """Gradient-boosted trees: LightGBM's native text model.

    Attributes:
        text: the booster as LightGBM writes it.
    """

    text: str

    @cached_property
    def _booster(self) -> lgb.Booster:
        import lightgbm as lgb

        return lgb.Booster(model_str=self.text)

    @property
    def features(self) -> tuple[str, ...]:
        """The columns of the matrix that are read."""
        return tuple(self._booster.feature_name())

    def score(self, rows: pd.DataFrame) -> np.ndarray:
        """Raw scores in log-odds, shape (n,)."""
        if rows.empty:  # LightGBM refuses to predict nothing
            return np.zeros(0)
        return np.asarray(self._booster.predict(self._values(rows), raw_score=True), dtype=float)

    def contributions(self, rows: pd.DataFrame) -> pd.DataFrame:
        """Exact tree SHAP values (Lundberg et al., 2020), shape (n, features), in log-odds."""
        columns = list(self.features)
        if rows.empty:
            return pd.DataFrame(columns=columns, index=rows.index, dtype=float)
        values = np.asarray(self._booster.predict(self._values(rows), pred_contrib=True), dtype=float)
        return pd.DataFrame(values[:, :-1], columns=columns, index=rows.index)

    @cached_property
    def _base(self) -> float:
        nothing = np.full((1, len(self.features)), np.nan)
        return float(np.asarray(self._booster.predict(nothing, pred_contrib=True))[0, -1])

    def base(self) -> float:
        """The expected score over the training rows, in log-odds."""
        return self._base

    def _values(self, rows: pd.DataFrame) -> np.ndarray:
        return rows[list(self.features)].to_numpy(dtype=float)


@dataclass(frozen=True)
class OneFeature:
    """A baseline that can serve: the log-odds of leaving as a monotone curve of a single feature.

    Attributes:
        feature: the column it reads.
        knots: values of the feature, rising.
        levels: log-odds relative to `middle` at the knots.
        missing: the same where the feature has no value.
        middle: log-odds of the training rows.
    """

    feature: str
    knots: tuple[float, ...]
    levels: tuple[float, ...]
    missing: float
    middle: float

    @property
    def features(self) -> tuple[str, ...]:
        """The column of the matrix that is read."""
        return (self.feature,)

    def score(self, rows: pd.DataFrame) -> np.ndarray:
        """Raw scores in log-odds, shape (n,)."""
        return self.middle + self.contributions(rows)[self.feature].to_numpy()

    def contributions(self, rows: pd.DataFrame) -> pd.DataFrame:
        """What the feature adds to the score, shape (n, 1), in log-odds."""
        values = rows[self.feature].to_numpy(dtype=float)
        added = np.where(np.isnan(values), self.missing, np.interp(values, self.knots, self.levels))
        return pd.DataFrame({self.feature: added}, index=rows.index)

    def base(self) -> float:
        """Log-odds of the training rows."""
        return self.middle


def fit_trees(rows: pd.DataFrame, left: np.ndarray, features: list[str], model: Model) -> Trees:
    """Train LightGBM; the same rows, parameters and threads give the same trees."""
    import lightgbm as lgb

    given = {
        **model.model_dump(exclude={"rounds", "threads"}),
        "objective": "binary",
        "bagging_freq": 1,
        "num_threads": model.threads,
        "deterministic": True,
        "force_row_wise": True,
        "verbosity": -1,
    }
    data = lgb.Dataset(rows[features].to_numpy(dtype=float), label=left, feature_name=features, free_raw_data=True)
    booster = lgb.train(given, data, num_boost_round=model.rounds)
    return Trees(booster.model_to_string())


def fit_one_feature(rows: pd.DataFrame, left: np.ndarray, feature: str) -> OneFeature:
    """Fit the curve: logistic regression on the feature's rank, which is monotone and not moved by extremes."""
    from sklearn.linear_model import LogisticRegression

    values = rows[feature].to_numpy(dtype=float)
    there = ~np.isnan(values)
    middle = _log_odds(left)
    if not there.any() or len(np.unique(values[there])) < 2:
        return OneFeature(feature, (0.0,), (0.0,), 0.0, middle)
    knots = np.unique(np.quantile(values[there], np.linspace(0, 1, KNOTS)))
    ranks = np.searchsorted(np.sort(values[there]), knots, side="left") / there.sum()
    if len(np.unique(left[there])) < 2:
        return OneFeature(feature, tuple(map(float, knots)), (0.0,) * len(knots), 0.0, middle)
    fitted = LogisticRegression(C=10.0).fit(np.interp(values[there], knots, ranks)[:, None], left[there])
    levels = fitted.intercept_[0] + fitted.coef_[0, 0] * ranks - middle
    missing = _log_odds(left[~there]) - middle if (~there).sum() >= KNOTS else 0.0
    return OneFeature(feature, tuple(map(float, knots)), tuple(map(float, levels)), float(missing), middle)


def _log_odds(left: np.ndarray) -> float:
    share = (left.sum() + 0.5) / (len(left) + 1)  # half an account each way: never infinite
    return float(np.log(share / (1 - share)))
