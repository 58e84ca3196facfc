"""The whole catalogue on every engine: the same definitions, equal numbers."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from churnrisk.features import CATALOGUE, Matrices
from churnrisk.history import History
from churnrisk.history.duck import DuckEngine
from churnrisk.history.relations import give_history
from churnrisk.timeline import AsOf
from tests.support.history import moment
from tests.support.large import large_history

ZONE = "Europe/Copenhagen"
ACCOUNTS = 12_000
AS_OFS = tuple(moment(day, ZONE) for day in ("2025-12-15", "2025-12-28"))
Numbers = dict[AsOf, pd.DataFrame]


def test_an_engine_that_reads_the_files_gives_the_same_matrix_to_the_last_bit(duck: DuckEngine, tmp_path: Path):
    populations = dict.fromkeys(AS_OFS, large_history(tmp_path / "history", 400, ZONE))
    history = History(tmp_path / "history", ZONE)
    give_history(duck, history)
    one = dict(Matrices(history, CATALOGUE, tmp_path / "one").over(populations))
    other = dict(Matrices(history, CATALOGUE, tmp_path / "other", lambda: duck).over(populations))
    for as_of in AS_OFS:
        pd.testing.assert_frame_equal(one[as_of], other[as_of], check_exact=True)


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> tuple[History, dict[AsOf, list[str]], Numbers]:
    """A history, its accounts at each as_of, and their numbers by DuckDB."""
    folder = tmp_path_factory.mktemp("large")
    populations = dict.fromkeys(AS_OFS, large_history(folder / "history", ACCOUNTS, ZONE))
    history = History(folder / "history", ZONE)
    return history, populations, dict(Matrices(history, CATALOGUE, folder / "matrices").over(populations))


def test_spark_gives_what_duckdb_gives(large, spark, tmp_path):
    """24,000 rows of every feature: empty where the other is empty, and equal to one part in a thousand million."""
    history, populations, numbers = large
    give_history(spark, history)
    others = dict(Matrices(history, CATALOGUE, tmp_path / "matrices", lambda: spark).over(populations))
    assert sum(len(rows) for rows in others.values()) == 24_000
    assert {str(as_of): differences(rows, others[as_of]) for as_of, rows in numbers.items()} == {
        str(as_of): {} for as_of in AS_OFS
    }


def test_every_feature_has_something_to_compare(large):
    """Otherwise the claim above would be empty."""
    _, _, numbers = large
    rows = pd.concat(numbers.values())
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
