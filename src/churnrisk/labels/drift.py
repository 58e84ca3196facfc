"""Whether the share that leaves is the same at the beginning and at the end of what is learnt from.

A model that learnt from years in which few left says too little of a year in which many do. The interval takes
accounts anew, not rows: an account that is there at many as_of is one witness.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

#: Draws behind the interval.
DRAWS = 400
#: The interval's two ends, as shares of the draws.
ENDS = (0.025, 0.975)
#: The part of the as_of at each end that is compared.
END_SHARE = 0.25
#: A move smaller than this part of the earlier share changes no decision, however sure it is: among many accounts
#: every season is sure.
NOTABLE = 0.25


@dataclass(frozen=True)
class Drift:
    """The share that leaves, at both ends of the as_of.

    Attributes:
        before: at the earliest as_of, 0 to 1.
        now: at the latest as_of.
        low: lower end of the 95 % interval of `now - before`.
        high: its upper end.
        before_days: the first and the last of the earliest as_of, as ISO days.
        now_days: the first and the last of the latest as_of.
    """

    before: float
    now: float
    low: float
    high: float
    before_days: tuple[str, str]
    now_days: tuple[str, str]

    @property
    def is_sure(self) -> bool:
        """Whether the interval of the move does not hold zero."""
        return self.low > 0 or self.high < 0

    @property
    def is_notable(self) -> bool:
        """Whether it moved for sure, and far enough to matter."""
        return self.is_sure and abs(self.now - self.before) >= NOTABLE * self.before

    @property
    def sentence(self) -> str:
        """For people, without a full stop."""
        before = f"{_percent(self.before)} ({' to '.join(dict.fromkeys(self.before_days))})"
        now = f"{_percent(self.now)} ({' to '.join(dict.fromkeys(self.now_days))})"
        if self.is_notable:
            least, most = sorted((100 * abs(self.low), 100 * abs(self.high)))
            places = 1 if least < 10 else 0
            by = f"by {least:.{places}f} to {most:.{places}f} points with 95 % confidence"
            return f"The share that leaves moved from {before} to {now}: {by}"
        how = "hardly moved" if self.is_sure else "did not move beyond chance"
        return f"The share that leaves {how}: {before}, then {now}"


def base_rate_drift(rows: pd.DataFrame) -> Drift | None:
    """Compare the share that left at the earliest quarter of the as_of with that at the latest.

    Args:
        rows: account_id, as_of, and left as 1.0 or 0.0; one row for each account and as_of.

    Returns:
        None where there are fewer than two as_of.
    """
    days = np.sort(rows["as_of"].unique())
    if len(days) < 2:
        return None
    many = max(1, round(len(days) * END_SHARE))
    ends = (days[:many], days[-many:])
    counts = np.column_stack([part for end in ends for part in _by_account(rows, end)])
    low, high = np.nanquantile(_moves(counts), ENDS)
    rows_before, left_before, rows_now, left_now = counts.sum(axis=0)
    return Drift(
        float(left_before / rows_before),
        float(left_now / rows_now),
        float(low),
        float(high),
        (_iso(ends[0][0]), _iso(ends[0][-1])),
        (_iso(ends[1][0]), _iso(ends[1][-1])),
    )


def _moves(counts: np.ndarray) -> np.ndarray:
    """The move of each draw; `counts` has rows and leavers before, then now, by account."""
    generator, many = np.random.default_rng(7), len(counts)
    drawn = np.array([np.bincount(generator.integers(0, many, many), minlength=many) @ counts for _ in range(DRAWS)])
    with np.errstate(invalid="ignore"):  # a draw without any account of one end says nothing
        moves: np.ndarray = drawn[:, 3] / drawn[:, 2] - drawn[:, 1] / drawn[:, 0]
    return moves


def _by_account(rows: pd.DataFrame, days: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Rows and leavers of every account at these as_of, accounts in one order."""
    codes, accounts = pd.factorize(rows["account_id"], sort=True)
    inside = rows["as_of"].isin(days).to_numpy()
    many = len(accounts)
    return (
        np.bincount(codes[inside], minlength=many),
        np.bincount(codes[inside], weights=rows["left"].to_numpy()[inside], minlength=many),
    )


def _iso(day: np.datetime64) -> str:
    return str(np.datetime_as_string(day, unit="D"))


def _percent(share: float) -> str:
    return f"{100 * share:.1f} %" if share < 0.1 else f"{100 * share:.0f} %"
