"""Fit the model and its baselines on the training part, and calibrate them on its latest as_of.

Calibration needs scores of rows that were not learnt from. They are made out of fold, with the rows of an account kept
together: so the newest months teach the model too, and the folds' models are nearly the one that serves.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np
import pandas as pd

from churnrisk.errors import InputError
from churnrisk.features import Catalogue
from churnrisk.labels import label_hash
from churnrisk.model import (
    Calibration,
    ChurnModel,
    Scorer,
    fit_calibration,
    fit_linear,
    fit_one_feature,
    fit_trees,
    health_score,
)
from churnrisk.parameters import Label, Parameters
from churnrisk.train.frame import TrainingFrame
from churnrisk.train.metrics import compare

#: Folds for scores out of fold.
FOLDS = 5
TREES = "model"
RECENCY = "recency"
TICKET_COUNT = "ticket count"
BEST_FEATURE = "best single feature"
TENURE = "age of the account"
RULES = "health score"
REGRESSION = "logistic regression"

#: Knowing only how long somebody has been an account is no knowledge about leaving that anyone can act on: it is
#: compared with, and never serves.
TENURE_FEATURE = "account_age_days"

#: The features that stand for a baseline, the first that is there.
_RECENCY_BY_ACTIVITY = {
    "tickets": "days_since_ticket",
    "invoices": "days_since_invoice",
    "usage": "days_since_usage",
}
_COUNTS = ("tickets_last_90d",)

Fit = Callable[[pd.DataFrame, np.ndarray], Scorer]


@dataclass(frozen=True)
class Fitted:
    """The candidates.

    Attributes:
        models: by name, the trees first, then the baselines.
        features: what the trees read.
        best_feature: the single feature that ranked the training rows best.
    """

    models: dict[str, ChurnModel]
    features: list[str]
    best_feature: str


def fit(frame: TrainingFrame, parameters: Parameters) -> Fitted:
    """Fit the trees and every baseline that the data allow."""
    train = frame.part(frame.split.train)
    latest = train["as_of"].isin(frame.part(frame.split.calibrate)["as_of"].unique()).to_numpy()
    features = telling(train, frame.catalogue)
    if not features:
        raise InputError("No feature differs between accounts", "Map more tables, or leave fewer features out")
    best = best_single_feature(train, [name for name in features if name != TENURE_FEATURE] or features)
    fits: dict[str, Fit] = {TREES: partial(fit_trees, features=features, model=parameters.model)}
    for name, feature in _baselines(features, parameters.label, best).items():
        fits[name] = partial(fit_one_feature, feature=feature)
    if rules := health_score(features):
        fits[RULES] = lambda _rows, _left: rules
    fits[REGRESSION] = partial(fit_linear, features=features)
    models = {}
    for name, fitting in fits.items():
        models[name] = ChurnModel(
            fitting(train, train["left"].to_numpy()),
            _calibrated(fitting, train, latest),
            label_hash(parameters.label),
            frame.catalogue.hash,
            parameters.label.lead,
            parameters.label.horizon,
            name,
        )
    return Fitted(models, features, best)


def telling(rows: pd.DataFrame, catalogue: Catalogue) -> list[str]:
    """The features that differ between rows; a constant tells nothing."""
    return [name for name in catalogue.names if rows[name].nunique(dropna=False) > 1]


def best_single_feature(rows: pd.DataFrame, features: list[str]) -> str:
    """The feature whose curve ranks the training rows best; chosen without looking at any later row."""
    left, accounts = rows["left"].to_numpy(), rows["account_id"].to_numpy()
    scores = {name: fit_one_feature(rows, left, name).score(rows) for name in features}
    quality = compare(scores, left, accounts, draws=1).quality
    return max(features, key=lambda name: quality[name].auc.value)


def _baselines(features: list[str], label: Label, best: str) -> dict[str, str]:
    recency = [_RECENCY_BY_ACTIVITY[label.activity], *_RECENCY_BY_ACTIVITY.values()]
    if label.kind != "silence":  # then no activity is the label's own: use tells most
        recency = list(reversed(_RECENCY_BY_ACTIVITY.values()))
    chosen = {}
    for name, wanted in ((RECENCY, recency), (TICKET_COUNT, _COUNTS)):
        there = [feature for feature in wanted if feature in features]
        if there:
            chosen[name] = there[0]
    if TENURE_FEATURE in features:
        chosen[TENURE] = TENURE_FEATURE
    return {**chosen, BEST_FEATURE: best}


def _calibrated(fitting: Fit, train: pd.DataFrame, latest: np.ndarray) -> Calibration:
    """The calibration of scores out of fold at the latest as_of."""
    from sklearn.model_selection import GroupKFold

    score = np.zeros(len(train))
    left = train["left"].to_numpy()
    folds = GroupKFold(n_splits=min(FOLDS, train["account_id"].nunique()))
    for inside, outside in folds.split(train, groups=train["account_id"]):
        asked = outside[latest[outside]]
        if len(asked):
            score[asked] = fitting(train.iloc[inside], left[inside]).score(train.iloc[asked])
    return fit_calibration(score[latest], left[latest])
