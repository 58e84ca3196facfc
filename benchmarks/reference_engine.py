"""The engine under test: the reference features in the product's own declarations, planned and run by the product.

Reads the Parquet files of the reference data; gives one Parquet file an as_of. Nothing here is faster than the product
is: streams, aggregates, planner and engine are those of `churnrisk.features` and `churnrisk.history`.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from datetime import date, timedelta
from pathlib import Path

import duckdb
import pyarrow.parquet as pq

from benchmarks.reference_data import FIRST_DAY, LAST_DAY
from benchmarks.reference_features import LOW, NEGATIVE, WINDOWS, differences
from benchmarks.reference_tables import CANONICAL, give_canonical
from churnrisk.features import CATALOGUE as WHOLE
from churnrisk.features.catalogue import Catalogue, Feature, Wording
from churnrisk.features.matrix import written
from churnrisk.features.planner import plan
from churnrisk.features.streams import Stream
from churnrisk.history import FOREVER, Engine, connect
from churnrisk.history.days import day_of
from churnrisk.history.duck import DuckEngine
from churnrisk.history.spark import SparkEngine
from churnrisk.timeline import AsOf

_DAY = 86_400_000_000
_TOLD = Wording("inactivity", "{value}")


def _day(column: str) -> str:
    return f"cast((epoch_us({column}) - 1) // {_DAY} as integer)"


def _facts(name: str, table: str, at: str, columns: str, later: dict[str, str] | None = None, **more: str) -> Stream:
    rows = (
        f"select account_id, {_day(at)} as d, {_day(at)} as v, {more.get('gone', FOREVER)} as x,"
        f" epoch_us({at}) as moment, {columns} from {table} where {at} is not null"
    )
    return Stream(name, rows, ("accounts",), tuple((later or {}).items()))


_SECONDS = "(epoch_us({}) - epoch_us(created_at)) / 1000000.0 as seconds"
CREATED = _facts(
    "created", "tickets", "created_at", f"priority, channel, sentiment, solved_at, {_day('solved_at')} as solved_day",
    {"solved_at": "solved_day"},
)  # fmt: skip
RESPONDED = _facts("responded", "tickets", "first_response_at", f"agent_id, {_SECONDS.format('first_response_at')}")
SOLVED = _facts("solved", "tickets", "solved_at", f"satisfaction, reopened_count, {_SECONDS.format('solved_at')}")
OPEN = _facts("open", "tickets", "created_at", "1 as one", gone=f"coalesce({_day('solved_at')}, {FOREVER})")
USED = Stream(
    "used",
    "select account_id, day - date '1970-01-01' as d, day - date '1970-01-01' as v,"
    f" {FOREVER} as x, events, active_users from usage",
    ("accounts",),
    dense=True,
)
ANSWERED = _facts("answered", "surveys", "responded_at", "score")
CONTRACTS = _facts(
    "contracts",
    "mrr",
    "started_at",
    f"mrr, {_day('ended_at')} as ended_day",
)


def _feature(name: str, stream: Stream, aggregate: str, window: int = 0, **more: object) -> Feature:
    return Feature(name, stream, aggregate, "times", "", window=window, high=_TOLD, **more)  # type: ignore[arg-type]


def _windows(name: str, stream: Stream, aggregate: str, windows: Sequence[int], **more: object) -> list[Feature]:
    return [_feature(f"{name}_last_{days}d", stream, aggregate, days, **more) for days in windows]


def _hours(name: str, stream: Stream) -> list[Feature]:
    return [
        *_windows(name, stream, "mean", (30, 90, 365), value="seconds", per=3600),
        *_windows(f"{name}_median", stream, "p50", (90,), value="seconds", per=3600),
        *_windows(f"{name}_p90", stream, "p90", (90,), value="seconds", per=3600),
    ]


def _trend(name: str, features: list[Feature]) -> Feature:
    of, by = ({feature.window: feature for feature in features}[days] for days in (30, 90))
    return _feature(f"{name}_change_30d", of.stream, "trend", 30, of=of, by=by)


def _catalogue() -> Catalogue:
    tickets = _windows("tickets", CREATED, "count", WINDOWS, empty=0)
    responses = _hours("first_response_hours", RESPONDED)
    negative = _windows("negative_share", CREATED, "share", (30, 90), value=f"sentiment <= {NEGATIVE}")
    usage = _windows("usage", USED, "sum", WINDOWS, value="events", empty=0)
    features = [
        *tickets,
        *_windows("solved_tickets", SOLVED, "count", WINDOWS, empty=0),
        *_windows("high_priority_tickets", CREATED, "count", (30, 90), where="priority in ('high', 'urgent')", empty=0),
        *_windows("chat_tickets", CREATED, "count", (90,), where="channel = 'chat'", empty=0),
        *_hours("resolution_hours", SOLVED),
        *responses,
        *_windows("reopened_tickets", SOLVED, "count", (90, 365), where="reopened_count > 0", empty=0),
        *_windows("reopened_share", SOLVED, "share", (90, 365), value="reopened_count > 0"),
        *_windows("ratings", SOLVED, "count", (90, 365), where="satisfaction is not null", empty=0),
        *_windows("satisfaction", SOLVED, "mean", (90, 365), value="satisfaction"),
        *_windows("low_ratings", SOLVED, "count", (90,), where=f"satisfaction <= {LOW}", empty=0),
        *_windows("resolution_share", CREATED, "share", (90, 365), value="solved_at is not null"),
        *negative,
        *_windows("sentiment", CREATED, "mean", (90,), value="sentiment"),
        *_windows("agents", RESPONDED, "distinct", (90, 365), value="agent_id", empty=0),
        _feature("days_since_ticket", CREATED, "days_since", 365),
        _trend("tickets", tickets),
        _trend("first_response", responses[:3]),
        _trend("negative_share", negative),
        _feature("open_tickets", OPEN, "count", empty=0),
        _feature("open_ticket_days", OPEN, "mean", value="(now - moment) / 1000000.0", per=86400),
        *usage,
        *_windows("active_days", USED, "count", WINDOWS, empty=0),
        *_windows("most_active_users", USED, "max", (30,), value="active_users"),
        *_windows("active_users", USED, "mean", (90,), value="active_users"),
        *_windows("usage_slope", USED, "slope", (90,), value="events"),
        _feature("days_since_usage", USED, "days_since", 365),
        _trend("usage", usage),
        *_windows("nps_answers", ANSWERED, "count", (365,), empty=0),
        *_windows("nps", ANSWERED, "mean", (365,), value="score"),
        _feature("nps_score", ANSWERED, "last", value="score"),
        _feature("mrr", CONTRACTS, "sum", value="mrr", where="ended_day > as_of", empty=0),
        _feature("mrr_change_90d", CONTRACTS, "moved", 90, value="mrr", empty=0),
    ]
    return Catalogue(features)


def run_engine(folder: Path, out: Path, as_ofs: Sequence[date], memory_limit: str | None = None) -> None:
    """Write the matrix of all accounts at each as_of into a folder, one Parquet file an as_of.

    Args:
        folder: the reference data.
        out: a folder; made where it is not there.
        as_ofs: days; each stands for its end in UTC.
        memory_limit: in DuckDB's words; None for the product's own.
    """
    engine = DuckEngine(_connection(out, memory_limit))
    for table in ("tickets", "usage", "surveys", "mrr"):
        engine.files(table, [folder / f"{table}.parquet"])
    engine.files("accounts_file", [folder / "accounts.parquet"])
    engine.view("accounts", f"select account_id, segment, 0 as k, {FOREVER} as x from accounts_file")
    _write(engine, CATALOGUE, folder, out, as_ofs, lambda instant: instant)


def run_with_kept(folder: Path, out: Path, as_ofs: Sequence[date], memory_limit: str | None, kept: Path) -> None:
    """The same, where what lies in the folder `kept` is taken from there and what does not is put there."""
    missing = [as_of for as_of in as_ofs if not (kept / f"{as_of}.parquet").exists()]
    run_engine(folder, kept, missing, memory_limit)
    out.mkdir(parents=True, exist_ok=True)
    for as_of in as_ofs:
        shutil.copy(kept / f"{as_of}.parquet", out)


def run_whole_catalogue(folder: Path, out: Path, as_ofs: Sequence[date], memory_limit: str | None = None) -> None:
    """Write every feature of the catalogue that the reference data, told in canonical tables, has rows for."""
    engine = DuckEngine(_connection(out, memory_limit))
    _write_whole(engine, folder, out, as_ofs)


def spark_difference(folder: Path, out: Path, as_ofs: Sequence[date]) -> float:
    """The largest relative difference between Spark and DuckDB over all columns of the whole catalogue."""
    run_whole_catalogue(folder, out / "duckdb", as_ofs)
    with SparkEngine(folder=out / "work") as engine:
        _write_whole(engine, folder, out / "spark", as_ofs)
    names = pq.read_schema(out / "duckdb" / f"{as_ofs[0]}.parquet").names[1:]
    return max(differences(out / "duckdb", out / "spark", names).values())


def _write_whole(engine: Engine, folder: Path, out: Path, as_ofs: Sequence[date]) -> None:
    give_canonical(engine, folder)
    first, last = (AsOf(day).instant for day in (FIRST_DAY, LAST_DAY + timedelta(days=730)))
    _write(engine, WHOLE.having(CANONICAL), folder, out, as_ofs, lambda instant: day_of(instant, "UTC", first, last))


def _write(
    engine: Engine,
    catalogue: Catalogue,
    folder: Path,
    out: Path,
    as_ofs: Sequence[date],
    day_of: Callable[[str], str],
) -> None:
    """Write the features of all accounts at each as_of."""
    out.mkdir(parents=True, exist_ok=True)
    accounts = pq.read_table(folder / "accounts.parquet", columns=["account_id"]).column(0).to_pylist()
    planned = plan(catalogue, [AsOf(day) for day in as_ofs])
    paths = {as_of: out / f"{as_of}.parquet" for as_of in planned.as_ofs}
    for _ in written(engine, planned, dict.fromkeys(paths, accounts), day_of, paths):
        pass


def _connection(out: Path, memory_limit: str | None) -> duckdb.DuckDBPyConnection:
    out.mkdir(parents=True, exist_ok=True)
    connection = connect(spill=out / ".spill")
    if memory_limit is not None:
        connection.execute(f"set memory_limit = '{memory_limit}'")
    return connection


CATALOGUE = _catalogue()
