"""The model: a scorer, its calibration, and how both are kept and read again."""

from churnrisk.model.calibration import Calibration, fit_calibration
from churnrisk.model.churn_model import ChurnModel
from churnrisk.model.scorers import OneFeature, Scorer, Trees, fit_one_feature, fit_trees

__all__ = [
    "Calibration",
    "ChurnModel",
    "OneFeature",
    "Scorer",
    "Trees",
    "fit_calibration",
    "fit_one_feature",
    "fit_trees",
]
