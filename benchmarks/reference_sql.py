"""The floor, and the plain range join that the engine is compared with.

Both read the Parquet files of the reference data with DuckDB and two threads. The floor is what no plan can beat: one
pass over each large file. The range join is what one writes who knows SQL well and stops there: for each stream one
query that joins the spine with the facts of the longest window and takes every window as a FILTER.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path

import duckdb

from benchmarks.reference_features import FEATURES, LONGEST, LOW, NEGATIVE, PARTS, WINDOWS, cut

_DAY, _HOUR = 86_400, 3_600
#: The columns that have a sum, by file.
_SUMS = {
    "tickets": ("reopened_count", "satisfaction", "sentiment"),
    "usage": ("events", "active_users"),
    "surveys": ("score",),
}


def floor(folder: Path) -> dict[str, float]:
    """Seconds of one GROUP BY account_id over each of the three large files, with the count and the sums."""
    return {name: _grouped(folder / f"{name}.parquet", columns) for name, columns in _SUMS.items()}


def _grouped(file: Path, columns: Sequence[str]) -> float:
    connection = _connect()
    sums = ", ".join(f"sum({column})" for column in columns)
    began = time.perf_counter()
    connection.sql(f"select account_id, count(*), {sums} from '{file}' group by account_id").to_arrow_table()
    return time.perf_counter() - began


def range_join(folder: Path, out: Path, as_ofs: Sequence[date], memory_limit: str | None = None) -> None:
    """Write the matrix of all accounts at each as_of, by one range join a stream.

    Args:
        folder: the reference data.
        out: the Parquet file to write.
        as_ofs: days; each stands for its end.
        memory_limit: in DuckDB's words; None for its own choice.
    """
    connection = _connect(memory_limit, out.with_suffix(".spill"))
    cuts = ", ".join(f"({cut(day)}, date '{day}')" for day in as_ofs)
    connection.execute(
        "create temp table spine as select (row_number() over ())::int as row, account_id, as_of, cut "
        f"from '{folder}/accounts.parquet', (values {cuts}) days(cut, as_of)"
    )
    for name, (facts, reach, columns) in _STREAMS.items():
        wanted = ", ".join(f"{column} as {alias}" for alias, column in columns.items())
        oldest = min(as_ofs) - timedelta(days=LONGEST - 1)
        connection.execute(
            f"create temp table {name} as select row, {wanted} from spine join "
            f"({facts.format(folder=folder, oldest=oldest)}) using (account_id) where {reach} group by row"
        )
    joins = " ".join(f"left join {name} using (row)" for name in _STREAMS)
    matrix = ", ".join(f"{_FINAL.get(name, name)} as {name}" for name in FEATURES)
    connection.execute(
        f"copy (select account_id, as_of, {matrix} from spine {joins}) to '{out}' (format parquet, compression zstd)"
    )


def _connect(memory_limit: str | None = None, spill: Path | None = None) -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect(":memory:")
    connection.execute("set threads = 2; set preserve_insertion_order = false; set enable_progress_bar = false")
    if memory_limit is not None:
        connection.execute(f"set memory_limit = '{memory_limit}'")
    if spill is not None:
        connection.execute(f"set temp_directory = '{spill}'")
    return connection


def _when(days: int, *conditions: str) -> str:
    return "filter (where " + " and ".join((f"moment > cut - {days * _DAY}", *conditions)) + ")"


def _rows(days: int, *conditions: str) -> str:
    return f"count(*) {_when(days, *conditions)}"


def _share(days: int, *conditions: str) -> str:
    return f"{_rows(days, *conditions)} / nullif({_rows(days)}, 0)"


def _hours(what: str, days: Sequence[int]) -> dict[str, str]:
    means = {f"{what}_last_{n}d": f"sum(took) {_when(n)} / count(*) {_when(n)} / {_HOUR}" for n in days}
    ranks = {"median": 0.5, "p90": 0.9}
    return means | {
        f"{what}_{name}_last_90d": f"quantile_cont(took, {rank}) {_when(90)} / {_HOUR}" for name, rank in ranks.items()
    }


def _by_window(what: str, of: str, days: Sequence[int], *conditions: str) -> dict[str, str]:
    return {f"{what}_last_{n}d": f"{of} {_when(n, *conditions)}" for n in days}


_SECONDS = "epoch({})::bigint"
_RECENT = "moment <= cut and moment > cut - " + str(LONGEST * _DAY)
_DAYS_SINCE = f"any_value((cut - 1) // {_DAY}) - (max(moment) - 1) // {_DAY}"

_CREATED = f"""
    select account_id, {_SECONDS.format("created_at")} as moment, coalesce({_SECONDS.format("solved_at")}, 1e12::bigint)
        as solved, priority in ('high', 'urgent') as is_high, channel = 'chat' as is_chat,
        round(sentiment * {PARTS})::int as tone
    from '{{folder}}/tickets.parquet' where created_at >= timestamp '{{oldest}}'"""
_RESPONDED = f"""
    select account_id, {_SECONDS.format("first_response_at")} as moment, agent_id,
        {_SECONDS.format("first_response_at")} - {_SECONDS.format("created_at")} as took
    from '{{folder}}/tickets.parquet' where first_response_at >= timestamp '{{oldest}}'"""
_SOLVED = f"""
    select account_id, {_SECONDS.format("solved_at")} as moment, satisfaction as rating,
        reopened_count > 0 as is_reopened, {_SECONDS.format("solved_at")} - {_SECONDS.format("created_at")} as took
    from '{{folder}}/tickets.parquet' where solved_at >= timestamp '{{oldest}}'"""
_BACKLOG = f"""
    select account_id, {_SECONDS.format("created_at")} as moment,
        coalesce({_SECONDS.format("solved_at")}, 1e12::bigint) as solved
    from '{{folder}}/tickets.parquet'"""
_USED = f"""
    select account_id, {_SECONDS.format("day")} + {_DAY} as moment, events, active_users
    from '{{folder}}/usage.parquet' where day >= date '{{oldest}}'"""
_ANSWERED = f"""
    select account_id, {_SECONDS.format("responded_at")} as moment, score from '{{folder}}/surveys.parquet'"""
_CONTRACTS = f"""
    select account_id, {_SECONDS.format("started_at")} as begun, {_SECONDS.format("ended_at")} as ended, mrr
    from '{{folder}}/mrr.parquet'"""

#: By stream: its facts, the condition that joins them to a row of the spine, and what is taken of them.
_STREAMS: dict[str, tuple[str, str, dict[str, str]]] = {
    "created": (
        _CREATED,
        _RECENT,
        _by_window("tickets", "count(*)", WINDOWS)
        | _by_window("high_priority_tickets", "count(*)", (30, 90), "is_high")
        | _by_window("chat_tickets", "count(*)", (90,), "is_chat")
        | {f"resolution_share_last_{n}d": _share(n, "solved <= cut") for n in (90, 365)}
        | {f"negative_share_last_{n}d": _share(n, f"tone <= {NEGATIVE * PARTS:.0f}") for n in (30, 90)}
        | {"sentiment_last_90d": f"sum(tone) {_when(90)} / {_rows(90)} / {PARTS}"}
        | {"days_since_ticket": _DAYS_SINCE},
    ),
    "responded": (
        _RESPONDED,
        _RECENT,
        _hours("first_response_hours", (30, 90, 365)) | _by_window("agents", "count(distinct agent_id)", (90, 365)),
    ),
    "solved": (
        _SOLVED,
        _RECENT,
        _by_window("solved_tickets", "count(*)", WINDOWS)
        | _hours("resolution_hours", (30, 90, 365))
        | _by_window("reopened_tickets", "count(*)", (90, 365), "is_reopened")
        | {f"reopened_share_last_{n}d": _share(n, "is_reopened") for n in (90, 365)}
        | _by_window("ratings", "count(rating)", (90, 365))
        | _by_window("satisfaction", "avg(rating)", (90, 365))
        | _by_window("low_ratings", "count(*)", (90,), f"rating <= {LOW}"),
    ),
    "backlog": (
        _BACKLOG,
        "moment <= cut and solved > cut",
        {"open_tickets": "count(*)", "open_ticket_days": f"sum(cut - moment) / count(*) / {_DAY}"},
    ),
    "used": (
        _USED,
        _RECENT,
        _by_window("usage", "sum(events)", WINDOWS)
        | _by_window("active_days", "count(*)", WINDOWS)
        | _by_window("most_active_users", "max(active_users)", (30,))
        | _by_window("active_users", "avg(active_users)", (90,))
        # Days of the window are numbered 0 to 89: the slope is sum((day - 44.5) * events) / sum((day - 44.5)^2).
        | {"usage_slope_last_90d": f"sum((89 - 2 * ((cut - moment) // {_DAY})) * events) {_when(90)} / 121485"}
        | {"days_since_usage": _DAYS_SINCE},
    ),
    "answered": (
        _ANSWERED,
        "moment <= cut",
        _by_window("nps_answers", "count(*)", (365,))
        | _by_window("nps", "avg(score)", (365,))
        | {"nps_score": "max(moment * 16 + score) % 16"},
    ),
    "contracts": (
        _CONTRACTS,
        f"begun <= cut and ended > cut - {90 * _DAY}",
        {
            "mrr": "sum(mrr) filter (where ended > cut)",
            "mrr_before": f"sum(mrr) filter (where begun <= cut - {90 * _DAY})",
        },
    ),
}


def _pace(what: str) -> str:
    return f"coalesce({what}_last_30d, 0) / 30 / (nullif({what}_last_90d, 0) / 90)"


_COUNTS = {"tickets", "solved_tickets", "high_priority_tickets", "chat_tickets", "reopened_tickets", "ratings"}
_COUNTS |= {"low_ratings", "agents", "usage", "active_days", "nps_answers"}
#: What is said once the streams are joined: 0 where there is nothing to count, and one column over another.
_FINAL = {
    **{name: f"coalesce({name}, 0)" for name in FEATURES if name.partition("_last_")[0] in _COUNTS},
    "open_tickets": "coalesce(open_tickets, 0)",
    "usage_slope_last_90d": "coalesce(usage_slope_last_90d, 0)",
    "tickets_change_30d": _pace("tickets"),
    "usage_change_30d": _pace("usage"),
    "first_response_change_30d": "first_response_hours_last_30d / nullif(first_response_hours_last_90d, 0)",
    "negative_share_change_30d": "negative_share_last_30d / nullif(negative_share_last_90d, 0)",
    "mrr": "coalesce(mrr, 0)",
    "mrr_change_90d": "coalesce(mrr, 0) - coalesce(mrr_before, 0)",
}
