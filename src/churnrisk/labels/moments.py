"""Where training stands: the as_of whose labels are known, how they are split, and who left after each.

Reads the history; gives as_of and labels without features, so that the doctor can count what training will have.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import pandas as pd

from churnrisk.errors import InputError
from churnrisk.history import History, Past
from churnrisk.labels.labels import labels
from churnrisk.parameters import Label, Parameters
from churnrisk.population import eligible
from churnrisk.timeline import AsOf, LabelWindow, Split, grid, purged_split

#: Leavers, and stayers, that every part needs, or nothing can be learnt or measured.
LEAST_LEAVERS = 10


def usable_as_ofs(history: History, parameters: Parameters) -> tuple[AsOf, ...]:
    """The as_of whose labels have matured and that have enough history before them, rising.

    Raises:
        InputError: the history is too short for a single one of both kinds.
    """
    label, chosen = parameters.label, parameters.matrix
    last = LabelWindow.of(label).last_matured(history.known_until)
    first = history.first_day.shift(chosen.warm_up_days)
    found = grid(first.day, last, chosen.step_days, chosen.as_ofs)
    if not found:
        days = (history.known_until.day - history.first_day.day).days
        raise InputError(
            f"The history has {days} days; {chosen.warm_up_days} to warm up, {label.lead} lead and {label.horizon}"
            " horizon need more",
            "Export a longer history, or lower warm_up_days or horizon in parameters.toml",
            days=days,
        )
    return found


def split_of(as_ofs: Sequence[AsOf], parameters: Parameters) -> Split:
    """How these as_of are split for training, calibration and testing."""
    sizes = parameters.split
    return purged_split(as_ofs, LabelWindow.of(parameters.label), sizes.test, sizes.calibrate)


def outcomes(known: Past, pasts: Iterable[Past], label: Label) -> pd.DataFrame:
    """Who was eligible at each as_of, and who left.

    Args:
        known: the history as it is known today.
        pasts: the history at each as_of.
        label: what counts as leaving.

    Returns:
        account_id, as_of (the day) and left: 1.0 left, 0.0 stayed. Accounts that left within the lead are neither and
        are not there.
    """
    parts = []
    for past in pasts:
        rows = pd.DataFrame({"account_id": pd.Series(eligible(past, label), dtype="str")})
        rows["as_of"] = pd.Timestamp(past.as_of.day)
        rows["left"] = labels(known, past.as_of, label, rows["account_id"])
        parts.append(rows)
    if not parts:
        return pd.DataFrame({"account_id": [], "as_of": [], "left": []})
    return pd.concat(parts, ignore_index=True).dropna(subset=["left"], ignore_index=True)
