"""The model: a scorer, its calibration, and how both are kept and read again."""

from churnrisk.model.calibration import Calibration, fit_calibration
from churnrisk.model.churn_model import ChurnModel
from churnrisk.model.linear import Linear, Points, fit_linear, health_score
from churnrisk.model.scorers import OneFeature, Scorer, Trees, fit_one_feature, fit_trees

__all__ = [
    "Calibration",
    "ChurnModel",
    "Linear",
    "OneFeature",
    "Points",
    "Scorer",
    "Trees",
    "fit_calibration",
    "fit_linear",
    "fit_one_feature",
    "fit_trees",
    "health_score",
]
