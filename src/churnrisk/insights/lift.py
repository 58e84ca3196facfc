"""Churn lift: whether accounts that complain of a theme leave more often than accounts that complain of other things.

Reads the history at moments whose labels have matured; gives a ratio with an interval for each theme. Which theme a
message has is decided by its text alone, and a message counts at a moment only where it was known then.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from churnrisk.errors import InputError
from churnrisk.history import History
from churnrisk.insights.complaints import complaint_ids
from churnrisk.insights.ratios import Ratio, ratio_of_shares
from churnrisk.insights.report import Lift
from churnrisk.labels import labels
from churnrisk.parameters import Label, Parameters
from churnrisk.population import eligible
from churnrisk.timeline import AsOf, LabelWindow, grid

#: An account has a theme where it complained of it in so many days before the as_of.
LOOK_BACK = 90
#: On each side, so many accounts, and so many that left, before anything is said.
LEAST_ACCOUNTS, LEAST_LEFT = 20, 5


@dataclass(frozen=True)
class Outcomes:
    """Accounts that complained, at moments whose label is known.

    Attributes:
        rows: account_id, as_of and left (1 or 0), one row for each account and as_of.
        has: one row for each of `rows`, one column a theme: whether the account had it.
        themes: the columns of `has`.
        as_ofs: the moments, rising.
        note: why there are none; else empty.
    """

    rows: pd.DataFrame
    has: np.ndarray
    themes: tuple[str, ...]
    as_ofs: tuple[AsOf, ...]
    note: str


def matured(history: History, as_of: AsOf, parameters: Parameters) -> tuple[AsOf, ...]:
    """The moments whose label is known at `as_of` and that have a whole look-back window before them."""
    label, chosen = parameters.label, parameters.matrix
    first = history.first_day.shift(max(chosen.warm_up_days, LOOK_BACK)).day
    return grid(first, LabelWindow.of(label).last_matured(as_of), chosen.step_days, chosen.as_ofs)


def outcomes(
    history: History,
    as_of: AsOf,
    parameters: Parameters,
    theme_of: pd.Series,
    themes: Sequence[str],
    scored: Sequence[str],
) -> Outcomes:
    """Who complained of what at each matured moment, and who left.

    Args:
        history: of the company.
        as_of: where we stand; nothing that became known later is used.
        parameters: what leaving means, and which moments the matrix has.
        theme_of: the theme of each message, by its id; messages with none need not be there.
        themes: all themes.
        scored: languages whose messages are scored.
    """
    moments = matured(history, as_of, parameters)
    if not moments:
        return _nothing(themes, "No label has matured yet, so nothing is said of who leaves")
    parts, has = [], []
    try:
        for moment in moments:
            rows, exposed = _at(history, moment, as_of, parameters.label, theme_of, themes, scored)
            parts.append(rows)
            has.append(exposed)
    except InputError as error:
        return _nothing(themes, f"Who leaves is not known: {error.fact}")
    return Outcomes(pd.concat(parts, ignore_index=True), np.vstack(has), tuple(themes), moments, "")


def _nothing(themes: Sequence[str], note: str) -> Outcomes:
    rows = pd.DataFrame({"account_id": [], "as_of": [], "left": []})
    return Outcomes(rows, np.zeros((0, len(themes)), bool), tuple(themes), (), note)


def _at(
    history: History,
    moment: AsOf,
    today: AsOf,
    label: Label,
    theme_of: pd.Series,
    themes: Sequence[str],
    scored: Sequence[str],
) -> tuple[pd.DataFrame, np.ndarray]:
    past = history.upto(moment)
    said = complaint_ids(past, *moment.window(LOOK_BACK), scored)
    accounts = sorted(set(eligible(past, label)) & set(said["account_id"]))
    rows = pd.DataFrame({"account_id": pd.Series(accounts, dtype="str"), "as_of": str(moment)})
    rows["left"] = labels(history.upto(today), moment, label, rows["account_id"])
    said["theme"] = said["message_id"].map(theme_of)
    place = {account: row for row, account in enumerate(accounts)}
    column = {theme: number for number, theme in enumerate(themes)}
    has = np.zeros((len(accounts), len(themes)), bool)
    for account, theme in said.dropna(subset=["theme"])[["account_id", "theme"]].drop_duplicates().itertuples(False):
        if account in place and theme in column:
            has[place[account], column[theme]] = True
    known = rows["left"].notna().to_numpy()
    return rows[known], has[known]


def lift(found: Outcomes, theme: str) -> Lift:
    """The churn lift of one theme."""
    with_it = found.has[:, found.themes.index(theme)]
    left = found.rows["left"].to_numpy(float)
    accounts = found.rows["account_id"].to_numpy(object)
    sides = [_Side.of(accounts[rows], left[rows]) for rows in (with_it, ~with_it)]
    enough = all(side.accounts >= LEAST_ACCOUNTS and side.left >= LEAST_LEFT for side in sides)
    ratio = ratio_of_shares(left, with_it, accounts) if enough else Ratio()
    had, other = sides
    return Lift(
        ratio,
        _word(ratio) if enough else "too few accounts to tell",
        had.accounts,
        had.left,
        other.accounts,
        other.left,
        had.share,
        other.share,
        _sentence(ratio, had, other),
    )


@dataclass(frozen=True)
class _Side:
    """Accounts with a theme, or without it: how many, how many of them left, and the share of rows that left."""

    accounts: int
    left: int
    share: float | None

    @classmethod
    def of(cls, accounts: np.ndarray, left: np.ndarray) -> _Side:
        share = round(float(left.mean()), 4) if len(left) else None
        return cls(len(set(accounts)), len(set(accounts[left > 0])), share)


def _word(ratio: Ratio) -> str:
    if ratio.is_above:
        return "more leave"
    return "fewer leave" if ratio.is_below else "no clear difference"


def _sentence(ratio: Ratio, had: _Side, other: _Side) -> str:
    if ratio.value is None:
        return (
            f"Too few accounts to tell: {had.accounts} had it and {had.left} of them left, {other.accounts} complained"
            f" of other things only and {other.left} of them left; each side needs {LEAST_ACCOUNTS} and {LEAST_LEFT}"
        )
    return (
        f"{had.share:.1%} of those who had it left, against {other.share:.1%} of those who complained of other things"
        f" only: {ratio.value:.2f} times as many (95 % interval {ratio.low:.2f} to {ratio.high:.2f});"
        f" {had.accounts} and {other.accounts} accounts"
    )


def compared(found: Outcomes, label: Label) -> str:
    """What is compared, in one sentence; empty where nothing is."""
    if not found.as_ofs:
        return ""
    return (
        f"Churn lift compares, at {len(found.as_ofs)} moments from {found.as_ofs[0]} to {found.as_ofs[-1]}, accounts"
        f" that complained of the theme in the {LOOK_BACK} days before with accounts that complained of other things:"
        f" the share that left between day {label.lead + 1} and day {label.lead + label.horizon} after, the one over"
        " the other. It says who leaves, not why they leave; one theme in twenty without any effect shows one by chance"
    )
