"""The whole catalogue on an engine that reads the landed files itself, as Spark does."""

from pathlib import Path

import pandas as pd

from churnrisk.features import CATALOGUE, Matrices
from churnrisk.history import History
from churnrisk.history.duck import DuckEngine
from churnrisk.history.relations import give_history
from tests.support.history import moment
from tests.support.large import large_history

ZONE = "Europe/Copenhagen"
AS_OFS = tuple(moment(day, ZONE) for day in ("2025-12-15", "2025-12-28"))


def test_an_engine_that_reads_the_files_gives_the_same_matrix_to_the_last_bit(duck: DuckEngine, tmp_path: Path):
    populations = dict.fromkeys(AS_OFS, large_history(tmp_path / "history", 400, ZONE))
    history = History(tmp_path / "history", ZONE)
    give_history(duck, history)
    one = dict(Matrices(history, CATALOGUE, tmp_path / "one").over(populations))
    other = dict(Matrices(history, CATALOGUE, tmp_path / "other", lambda: duck).over(populations))
    for as_of in AS_OFS:
        pd.testing.assert_frame_equal(one[as_of], other[as_of], check_exact=True)
