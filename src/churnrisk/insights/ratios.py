"""Ratios with an interval that knows that the rows of one account go together.

Reads counts or rows by account; gives a ratio, its 95 % interval and a verdict in words. The interval is the log ratio
with a sandwich variance by account, never narrower than what independent rows would give (Katz for shares, Poisson for
counts), and with Student's t for few accounts.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy.stats import t as student

CONFIDENCE = 0.95


@dataclass(frozen=True)
class Ratio:
    """One number over another.

    Attributes:
        value: the ratio; None where too little is known.
        low: lower end of its 95 % interval.
        high: upper end of it.
    """

    value: float | None = None
    low: float | None = None
    high: float | None = None

    @property
    def is_above(self) -> bool:
        """Whether the whole interval is above 1."""
        return self.low is not None and self.low > 1

    @property
    def is_below(self) -> bool:
        """Whether the whole interval is below 1."""
        return self.high is not None and self.high < 1


def ratio_of_counts(now: np.ndarray, then: np.ndarray) -> Ratio:
    """How many times as many there are now as there were then.

    Args:
        now: count of each account in the later period.
        then: of the same accounts in an earlier period of the same length.
    """
    later, earlier = float(now.sum()), float(then.sum())
    if not later or not earlier:
        later, earlier = later + 0.5, earlier + 0.5
    influence = now / later - then / earlier
    variance = max(float((influence**2).sum()), 1 / later + 1 / earlier)
    return _ratio(later / earlier, variance, int(((now > 0) | (then > 0)).sum()))


def ratio_of_shares(left: np.ndarray, with_it: np.ndarray, accounts: np.ndarray) -> Ratio:
    """How many times the share that left among rows with something is that among rows without it.

    Args:
        left: of each row 1 or 0.
        with_it: whether the row has it.
        accounts: whose row it is; rows of one account go together.
    """
    have, lack = left[with_it], left[~with_it]
    share, other = have.mean(), lack.mean()
    influence = np.where(with_it, (left - share) / (len(have) * share), -(left - other) / (len(lack) * other))
    codes = np.unique(accounts, return_inverse=True)[1]
    by_account = float((np.bincount(codes, influence) ** 2).sum())
    # As many independent rows as there are accounts that left: Katz's variance over accounts.
    first = {kind: len(np.unique(accounts[(with_it == kind) & (left > 0)])) for kind in (True, False)}
    katz = float((1 - share) / first[True] + (1 - other) / first[False])
    return _ratio(float(share / other), max(by_account, katz), min(first.values()))


def _ratio(value: float, variance: float, accounts: int) -> Ratio:
    reach = float(student.ppf((1 + CONFIDENCE) / 2, max(accounts - 1, 1))) * math.sqrt(variance)
    low, high = (value * math.exp(sign * min(reach, 20.0)) for sign in (-1, 1))
    return Ratio(round(value, 4), round(low, 4), round(high, 4))
