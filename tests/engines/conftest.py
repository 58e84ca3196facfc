"""The engines that stages run on. Spark starts once, since that takes long: its tests lie in this folder only."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from churnrisk.errors import SettingsError
from churnrisk.history.duck import DuckEngine
from churnrisk.history.engine import connect
from churnrisk.history.spark import SparkEngine
from churnrisk.history.stage import Engine

#: What runs once needs no second compiler.
QUICK = {"spark.driver.extraJavaOptions": "-XX:TieredStopAtLevel=1", "spark.driver.memory": "1g"}


@pytest.fixture(scope="session")
def spark_runs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """A Spark session for all tests, each of which takes an engine of its own on it."""
    try:
        started = SparkEngine(options=QUICK, folder=tmp_path_factory.mktemp("spark"))
    except SettingsError as error:
        pytest.skip(str(error))
    with started:
        yield


@pytest.fixture
def spark(spark_runs: None, tmp_path: Path) -> Iterator[SparkEngine]:
    with SparkEngine(folder=tmp_path / "spark") as engine:
        yield engine


@pytest.fixture
def duck() -> Iterator[DuckEngine]:
    with connect() as connection:
        yield DuckEngine(connection)


@pytest.fixture(params=["duckdb", "spark"])
def engine(request: pytest.FixtureRequest) -> Engine:
    """Each engine in turn."""
    return request.getfixturevalue({"duckdb": "duck"}.get(request.param, request.param))
