"""Spark as an engine, for history that one machine cannot hold: the only door to pyspark, which is an extra.

Beside `history.duck`, with the same answers. Every stage is written to Parquet in a working folder: the plan of what
follows begins there, memory is bounded, and a lost executor costs no more than its own part. The folder must be one
that the driver and all executors see; it goes when the engine stops.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
import warnings
import weakref
from collections.abc import Iterable, Mapping
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from churnrisk.errors import SettingsError
from churnrisk.history.dialect import relations_of, render
from churnrisk.history.duck import DuckEngine
from churnrisk.history.engine import connect
from churnrisk.history.stage import Stage

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

#: The oldest Java that Spark 4 runs on.
JAVA = 17
#: What decides answers, whatever the session was set to before.
_ANSWERS = {
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.ansi.enabled": "true",  # a number that does not fit or a text that is none stops it, as in DuckDB
    "spark.sql.ansi.doubleQuotedIdentifiers": "false",
    "spark.sql.ansi.enforceReservedKeywords": "false",
    "spark.sql.caseSensitive": "false",
    "spark.sql.legacy.exponentLiteralAsDecimal.enabled": "false",
    "spark.sql.parquet.inferTimestampNTZ.enabled": "true",
    "spark.sql.parquet.int96RebaseModeInRead": "CORRECTED",
    "spark.sql.parquet.datetimeRebaseModeInRead": "CORRECTED",
    "spark.sql.parquet.datetimeRebaseModeInWrite": "CORRECTED",
    "spark.sql.execution.arrow.pyspark.enabled": "true",
}
#: How a session of our own starts, where the options do not say otherwise.
_USUAL = {
    "spark.sql.adaptive.enabled": "true",
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
    "spark.driver.memory": "2g",
}
#: Within one machine nothing listens to others.
_LOCAL = {"spark.driver.bindAddress": "127.0.0.1", "spark.driver.host": "127.0.0.1"}
_JAVA_OPTIONS = "spark.driver.extraJavaOptions"
#: What goes wrong is raised. Spark takes a log without an appender for one that nobody set up.
_SILENCE = """\
rootLogger.level = off
rootLogger.appenderRef.none.ref = none
appender.none.type = Null
appender.none.name = none
logger.gateway.name = org.apache.spark.api.python.PythonGatewayServer
logger.gateway.level = off
"""


class SparkEngine:
    """Stages on Spark.

    Attributes:
        name: `spark`.
    """

    name = "spark"

    def __init__(
        self,
        session: SparkSession | None = None,
        master: str = "local[2]",
        options: Mapping[str, str] | None = None,
        folder: Path | None = None,
    ) -> None:
        """Run stages on a session, or on a new one.

        Args:
            session: one that is there; it goes on when the engine stops, and neither its settings nor its views change.
            master: of a new session, such as `local[2]` or `spark://host:7077`. A process has room for one: where
                another is there already, that one is used.
            options: settings of a new session, by Spark's names.
            folder: where the working folder is made; driver and executors must see it. The machine's own folder for
                temporary files where it is not said.

        Raises:
            SettingsError: Spark or Java is not installed, or the session did not start.
        """
        if folder is not None:
            folder.mkdir(parents=True, exist_ok=True)
        self._folder = Path(tempfile.mkdtemp(prefix="churnrisk-spark-", dir=folder))
        self._clean = weakref.finalize(self, shutil.rmtree, self._folder, ignore_errors=True)
        given = session or _there()
        used = given or _started(master, options or {}, self._folder)
        self._own = None if given else used
        self._session = used.newSession()
        for setting, value in _ANSWERS.items():
            self._session.conf.set(setting, value)
        self._numbers = count(1)
        self._places: dict[str, Path] = {}

    def __enter__(self) -> SparkEngine:
        """Stop at the end of a block."""
        return self

    def __exit__(self, *exc: object) -> None:
        self.stop()

    def stop(self) -> None:
        """Forget everything and remove the working folder; a session that was made here ends."""
        self.drop(list(self._places))
        if self._own is not None:
            self._own.stop()
        self._clean()

    def give(self, name: str, table: pa.Table) -> None:
        """Make a relation of a small Arrow table."""
        place = self._place(name).with_suffix(".parquet")
        pq.write_table(table, place, coerce_timestamps="us")
        self._call(name, self._read([place]), place)

    def files(self, name: str, paths: list[Path]) -> None:
        """Make a relation of Parquet files; a column that some of them lack is null there."""
        self._call(name, self._read(paths))

    def view(self, name: str, sql: str) -> None:
        """Give a SELECT a name without computing it."""
        self._session.sql(f"create or replace temporary view `{name}` as {render(sql, self.name)}")

    def stage(self, stage: Stage) -> None:
        """Compute a stage, so that later SQL finds it by its name.

        What `cluster_by` asks for is not done: Spark brings equal values together at each join anyway.
        """
        rows, place = self._rows(stage.sql), self._place(stage.name)
        rows.write.parquet(_address(place))
        self._call(stage.name, self._session.read.schema(rows.schema).parquet(_pattern(place)), place)

    def write(self, sql: str, path: Path) -> None:
        """Write the rows of a SELECT as one Parquet file, in the order it asks for, there whole or not at all.

        What Spark computed is put together by DuckDB, within its bound of memory.

        Raises:
            ValueError: a column is not a double, bigint, varchar or date.
        """
        with connect(spill=self._folder / "spill") as connection:
            beside = DuckEngine(connection)
            for name in relations_of(sql):
                place = self._places[name]
                beside.files(name, sorted(place.glob("*.parquet")) if place.is_dir() else [place])
            beside.write(sql, path)

    def frame(self, sql: str) -> pd.DataFrame:
        """The rows of a SELECT as a frame, for small answers."""
        rows = self._rows(sql).toArrow()
        with connect() as connection:  # which makes the same frame of it as of its own rows
            connection.execute("set preserve_insertion_order = true")
            return connection.from_arrow(rows).df()

    def drop(self, names: Iterable[str]) -> None:
        """Forget relations and free what they hold; an unknown name is nothing to forget."""
        for name in names:
            self._session.catalog.dropTempView(name)
            _remove(self._places.pop(name, None))

    def _rows(self, sql: str) -> DataFrame:
        return self._session.sql(render(sql, self.name))

    def _read(self, paths: list[Path]) -> DataFrame:
        reader = self._session.read.option("mergeSchema", len(paths) > 1)
        return reader.parquet(*(_pattern(path) for path in paths))

    def _place(self, name: str) -> Path:
        return self._folder / f"{name}-{next(self._numbers)}"

    def _call(self, name: str, rows: DataFrame, place: Path | None = None) -> None:
        """Give rows their name; what had it before goes, now that nothing new reads it."""
        rows.createOrReplaceTempView(name)
        _remove(self._places.pop(name, None))
        if place is not None:
            self._places[name] = place


def _address(path: Path) -> str:
    """How Spark finds a file of this machine, whatever its own file system is."""
    return f"file://{path.resolve()}"


def _pattern(path: Path) -> str:
    """The same for reading, where Spark takes some letters for a pattern."""
    return re.sub(r"([\\*?{}\[\]])", r"\\\1", _address(path))


def _remove(place: Path | None) -> None:
    if place is not None and place.is_dir():
        shutil.rmtree(place, ignore_errors=True)
    elif place is not None:
        place.unlink(missing_ok=True)


def _there() -> SparkSession | None:
    """The session of this process, where there is one."""
    try:
        from pyspark.sql import SparkSession
    except ImportError as error:
        raise SettingsError("Spark is not installed", 'Run: pip install "churnrisk[spark]"') from error
    return SparkSession.getActiveSession()


def _started(master: str, options: Mapping[str, str], folder: Path) -> SparkSession:
    """A new session that keeps to itself: no pages, no log, no file outside of the folder."""
    from pyspark.errors import PySparkException
    from pyspark.sql import SparkSession

    _need_java()
    log = folder / "log4j2.properties"
    log.write_text(_SILENCE, encoding="utf-8")
    java = f"-Dlog4j2.configurationFile={log.as_uri()} {options.get(_JAVA_OPTIONS, '')}"
    builder = SparkSession.builder.master(master).appName("churnrisk")
    places = {"spark.local.dir": str(folder), "spark.sql.warehouse.dir": str(folder / "warehouse")}
    for setting, value in {**_USUAL, **_local(master), **places, **options, _JAVA_OPTIONS: java.strip()}.items():
        builder = builder.config(setting, value)
    try:
        with warnings.catch_warnings():  # about pandas 3, of which nothing is used here
            warnings.simplefilter("ignore")
            session = builder.getOrCreate()
    except (PySparkException, OSError) as error:
        raise SettingsError(f"Spark did not start: {error}", "Check the master and the options of Spark") from error
    _quiet()
    return session


def _local(master: str) -> dict[str, str]:
    """Settings within one machine."""
    threads = re.fullmatch(r"local(?:\[(\d+|\*)\])?", master)
    if threads is None:
        return {}
    parts = str(os.cpu_count()) if threads[1] == "*" else threads[1] or "1"
    return {**_LOCAL, "spark.sql.shuffle.partitions": parts}


def _need_java() -> None:
    home = os.environ.get("JAVA_HOME")
    java = shutil.which("java", path=str(Path(home) / "bin") if home else None)
    said = subprocess.run([java, "-version"], capture_output=True, text=True, check=False).stderr if java else ""
    found = re.search(r'version "(\d+)', said)
    if found is None or int(found[1]) < JAVA:
        raise SettingsError(
            f"Spark needs Java {JAVA}, and {f'{java} is another version' if found else 'none was found'}",
            f"Install it, on Debian with apt-get install openjdk-{JAVA}-jre-headless, or set JAVA_HOME",
        )


def _quiet() -> None:
    """What goes wrong is raised; pyspark would also print it, with its stack, as JSON."""
    from pyspark.logger import PySparkLogger

    for name in ("SQLQueryContextLogger", "DataFrameQueryContextLogger"):
        PySparkLogger.getLogger(name).disabled = True
