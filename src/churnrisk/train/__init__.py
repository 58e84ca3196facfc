"""Training: the frame, the fit beside its baselines, the evaluation, the verdict and the report."""

from churnrisk.train.evaluation import Evaluation
from churnrisk.train.step import Trained, train

__all__ = ["Evaluation", "Trained", "train"]
