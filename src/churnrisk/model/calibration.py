"""From a score in log-odds to a probability that can be believed.

`risk = sigmoid(intercept + slope * s)` with slope > 0, fitted by maximum likelihood (Platt, "Probabilistic outputs for
support vector machines", 1999). The link is monotone, so an order stays an order and a contribution times the slope
stays true.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

#: The slope never falls to zero or below: calibration may flatten a score but not turn it round.
LEAST_SLOPE = 0.05
#: Weight of the pull towards slope 1, in rows; it decides only where there are few.
PULL = 5.0


@dataclass(frozen=True)
class Calibration:
    """A fitted link.

    Attributes:
        intercept: in log-odds.
        slope: calibrated log-odds for each unit of the score.
    """

    intercept: float = 0.0
    slope: float = 1.0

    def log_odds(self, score: np.ndarray) -> np.ndarray:
        """Calibrated log-odds of raw scores, shape (n,)."""
        return self.intercept + self.slope * score

    def risk(self, score: np.ndarray) -> np.ndarray:
        """Probabilities of raw scores, shape (n,), in 0 to 1."""
        from scipy.special import expit

        return expit(self.log_odds(score))


def fit_calibration(score: np.ndarray, left: np.ndarray) -> Calibration:
    """Fit the link on scores the model was not trained on.

    Args:
        score: raw scores in log-odds, shape (n,).
        left: 1 left, 0 stayed, shape (n,).
    """
    from scipy.optimize import minimize
    from scipy.special import log_expit

    def loss(parameters: np.ndarray) -> float:
        log_odds = parameters[0] + parameters[1] * score
        likelihood = left * log_expit(log_odds) + (1 - left) * log_expit(-log_odds)
        return float(-likelihood.sum() + PULL * (parameters[1] - 1) ** 2)

    found = minimize(loss, x0=np.array([0.0, 1.0]), method="L-BFGS-B", bounds=[(None, None), (LEAST_SLOPE, None)])
    return Calibration(float(found.x[0]), float(found.x[1]))
