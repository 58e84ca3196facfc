"""The whole catalogue on both engines: the same definitions, equal numbers (F10)."""

import numpy as np
import pandas as pd
import pytest

from churnrisk.features import CATALOGUE, Matrices
from churnrisk.history import History
from churnrisk.history.relations import give_history
from tests.support.history import moment
from tests.support.large import large_history

ZONE = "Europe/Copenhagen"
ACCOUNTS = 12_000
AS_OFS = tuple(moment(day, ZONE) for day in ("2025-12-15", "2025-12-28"))


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> tuple[History, dict]:
    folder = tmp_path_factory.mktemp("large")
    accounts = large_history(folder, ACCOUNTS, ZONE)
    return History(folder, ZONE), dict.fromkeys(AS_OFS, accounts)


@pytest.mark.slow
def test_spark_and_duckdb_give_the_same_matrix(large, spark, tmp_path):
    """24,000 rows of every feature: empty where the other is empty, and equal to one part in a thousand million."""
    history, populations = large

    def on_spark():
        give_history(spark, history)
        return spark

    one = dict(Matrices(history, CATALOGUE, tmp_path / "duckdb").over(populations))
    other = dict(Matrices(history, CATALOGUE, tmp_path / "spark", on_spark).over(populations))
    assert sum(len(rows) for rows in one.values()) == 24_000
    for as_of in AS_OFS:
        assert differences(one[as_of], other[as_of]) == {}


def test_every_feature_has_something_to_compare(large, tmp_path):
    """Otherwise the claim above would be empty."""
    history, populations = large
    rows = pd.concat([rows for _, rows in Matrices(history, CATALOGUE, tmp_path).over(populations)])
    assert [name for name in CATALOGUE.names if rows[name].nunique() < 2] == []


def differences(one: pd.DataFrame, other: pd.DataFrame) -> dict[str, float]:
    """The largest relative difference of each column that has one; infinite where only one of both has a number."""
    assert one["account_id"].tolist() == other["account_id"].tolist()
    found = {}
    for name in CATALOGUE.names:
        left, right = one[name].to_numpy(), other[name].to_numpy()
        if not (np.isnan(left) == np.isnan(right)).all():
            found[name] = float("inf")
            continue
        gap = np.abs(left - right) / np.maximum(np.maximum(np.abs(left), np.abs(right)), 1e-12)
        if (largest := np.nanmax(gap, initial=0)) > 1e-9:
            found[name] = float(largest)
    return found
