"""Training: the frame, the fit beside its baselines, the evaluation, the verdict, the gates and the report."""

from churnrisk.train.evaluation import Evaluation
from churnrisk.train.promotion import Gate
from churnrisk.train.step import Trained, train

__all__ = ["Evaluation", "Gate", "Trained", "train"]
