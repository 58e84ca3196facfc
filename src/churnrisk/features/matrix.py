"""The matrix: one row for each account and as_of, one column for each feature.

One function for training and for scoring, so that both see the same numbers. What is usual is the median over the
whole population at that as_of, whichever accounts are asked for.
"""

from __future__ import annotations

import pandas as pd
import pyarrow as pa

from churnrisk.features.catalogue import Catalogue
from churnrisk.features.planner import plan
from churnrisk.history import Past

#: The columns that identify a row of the matrix.
KEYS = ["account_id", "as_of"]


def matrix(past: Past, catalogue: Catalogue, accounts: list[str]) -> pd.DataFrame:
    """The features of these accounts at the moment of that past.

    Returns:
        account_id, as_of (the day), and a float column for each feature of the catalogue, in its order; ordered by
        account_id. NaN where there is nothing to say.
    """
    asked = pa.table({"account_id": pa.array(sorted(accounts), pa.string())})
    rows = asked.to_pandas()
    rows["account_id"] = rows["account_id"].astype("str")
    rows["as_of"] = pd.Timestamp(past.as_of.day)
    columns = {}
    for names, query in plan(catalogue, past.as_of):
        found = past.frame_for(asked, query).set_index("account_id")
        for name in names:
            columns[name] = rows["account_id"].map(found[name]).astype(float)
    return rows.assign(**{name: columns[name] for name in catalogue.names})


def usual(rows: pd.DataFrame, catalogue: Catalogue) -> pd.Series:
    """The median of each feature over the rows of one as_of; NaN where no account has a number."""
    return rows[list(catalogue.names)].median()
