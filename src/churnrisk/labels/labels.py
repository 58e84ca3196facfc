"""Labels: whether an account left in `(as_of + lead, as_of + lead + horizon]`, only where that is known.

Reads `history.upto(known_until)`; gives a column beside the matrix. An account that leaves within the lead is neither
a leaver nor a stayer of that window: nobody could have acted in time, and its label is empty.
"""

from __future__ import annotations

from datetime import datetime

import pandas as pd

from churnrisk.errors import InputError
from churnrisk.history import Past
from churnrisk.labels.definitions import CONTRACT_END, EVENT, SILENCE
from churnrisk.parameters import Label
from churnrisk.settings import digest
from churnrisk.timeline import AsOf, LabelWindow


def definition(label: Label) -> str:
    """The query that defines leaving."""
    return {"contract_end": CONTRACT_END, "event": EVENT, "silence": SILENCE.format(activity=label.signs_of_life)}[
        label.kind
    ]


def label_hash(label: Label) -> str:
    """The digest of the definition, its lead and its horizon; stored in every model and every score."""
    return digest([definition(label), label.lead, label.horizon])


def labels(known: Past, as_of: AsOf, label: Label, accounts: pd.Series) -> pd.Series:
    """The label of each account at that as_of.

    Args:
        known: the history as it is known today.
        as_of: the moment the label looks ahead from.
        label: what counts as leaving.
        accounts: account ids.

    Returns:
        1.0 left, 0.0 stayed, NaN left within the lead; indexed like `accounts`.

    Raises:
        InputError: the window is not wholly known yet.
    """
    window = LabelWindow.of(label)
    if not window.is_matured(as_of, known.as_of):
        raise InputError(
            f"The label of {as_of} is not known before {as_of.shift(window.reach)}",
            f"Use an as_of up to {window.last_matured(known.as_of)}",
        )
    start, end = window.edges(as_of)
    # Not `map`, which forgets that these are times where nobody left at all.
    left_at = _left_at(known, as_of, label, start, end).reindex(accounts).set_axis(accounts.index)
    left = ((left_at > start) & (left_at <= end)).astype(float)
    return left.mask((left_at > as_of.instant) & (left_at <= start))


def _left_at(known: Past, as_of: AsOf, label: Label, start: datetime, end: datetime) -> pd.Series:
    query = definition(label)
    moments = {"as_of": as_of.instant, "window_start": start, "window_end": end}
    used = {key: moment for key, moment in moments.items() if f"${key}" in query}
    found = known.frame(query, used)
    return found.set_index("account_id")["left_at"].astype("datetime64[us]")
