"""Say it as a table, get it as a dict: what a feature is, in a form that a CSM can check.

    spec(
        {"tickets": '''
            account_id | created_at
            A          | 2026-01-30 10:00
        '''},
        feature="tickets_last_30d",
        as_of="2026-01-31",
        gives={"A": 1},
    )

The tables are landed in a real history and looked at through `upto`, with the real catalogue and planner. Times are
local to the company. Accounts need not be given, nor keys that nothing points at.
"""

from __future__ import annotations

import json
import math
import tempfile
from functools import lru_cache
from pathlib import Path

import pytest

from churnrisk.features import CATALOGUE, Catalogue, matrix
from churnrisk.history import History
from tests.support.history import Tables, completed, land_rows, moment


def spec(tables: Tables, *, feature: str, as_of: str, gives: dict[str, float | None], time_zone: str = "UTC") -> None:
    """Claim that a feature has these numbers at the end of that day.

    Args:
        tables: text tables by canonical name.
        feature: its name in the catalogue.
        as_of: an ISO day.
        gives: the number of each account; None where there is nothing to say.
        time_zone: the company's.
    """
    history = _history(json.dumps(completed(tables)), time_zone)
    rows = matrix(history, Catalogue([CATALOGUE[feature]]), moment(as_of, time_zone), sorted(gives))
    rows = rows.set_index("account_id")
    got = {account: _number(rows.loc[account, feature]) for account in gives}
    expected = {
        account: None if number is None else pytest.approx(number, rel=1e-9) for account, number in gives.items()
    }
    assert got == expected, f"{feature} at {as_of} is {got}"


@lru_cache(maxsize=8)
def _history(tables: str, time_zone: str) -> History:
    # Opened, a history is in memory; the same tables are landed once.
    with tempfile.TemporaryDirectory() as folder:
        land_rows(Path(folder), json.loads(tables), time_zone=time_zone)
        return History(Path(folder), time_zone)


def _number(value: float) -> float | None:
    return None if math.isnan(value) else float(value)
