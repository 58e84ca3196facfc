"""Policy as pure functions over frames: tiers and ranking. Nothing here reads a file or knows the time."""

from __future__ import annotations

import pandas as pd

from churnrisk.parameters import Policy

HIGH, MEDIUM, LOW = "high", "medium", "low"


def tiers(risk: pd.Series, policy: Policy) -> pd.Series:
    """The word for each risk."""
    words = pd.Series(LOW, index=risk.index)
    return words.mask(risk >= policy.tier_medium, MEDIUM).mask(risk >= policy.tier_high, HIGH)


def value_at_risk(risk: pd.Series, value: pd.Series) -> pd.Series:
    """What is expected to be lost a month: risk times monthly value."""
    return risk * value


def rank(rows: pd.DataFrame) -> pd.DataFrame:
    """Most value at risk first; risk, then account_id break ties, so that the order is always the same."""
    return rows.sort_values(
        ["value_at_risk", "risk", "account_id"], ascending=[False, False, True], kind="stable", ignore_index=True
    )


def at_risk(rows: pd.DataFrame) -> pd.DataFrame:
    """The rows that belong on the list: a low tier is nobody's call."""
    return rows[rows["tier"] != LOW]


def within_capacity(ranked: pd.DataFrame, capacity: pd.Series) -> pd.Series:
    """Which rows are among the first `capacity` of their CSM.

    Args:
        ranked: ranked rows with the column csm.
        capacity: accounts a week, by csm.
    """
    place = ranked.groupby("csm", dropna=False).cumcount()
    return place < ranked["csm"].map(capacity)
