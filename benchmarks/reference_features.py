"""The reference features: 65 columns, each told in one sentence, and the rows they are computed for.

What every opponent and the engine itself compute over the reference data: all accounts at each of twelve month ends.
`as_of` is the end of its day in UTC, 00:00 of the next; a window of n days is `(as_of - n days, as_of]`; a value counts
from the moment it is known: a response when it is given; the solution, its rating and whether the ticket had been
reopened when it is solved; tone, priority and channel when the ticket is created; a day of use at its end.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import duckdb

WINDOWS = (7, 30, 90, 180, 365)
LONGEST = 365
#: A message at or under this tone is negative; a rating at or under two is low.
NEGATIVE, LOW = -0.25, 2
#: Tone is added in whole ten-thousandths, so that a sum is exact in whatever order it is taken.
PARTS = 10_000


def _windows(name: str, sentence: str, windows: tuple[int, ...]) -> dict[str, str]:
    return {f"{name}_last_{days}d": sentence.format(days=days) for days in windows}


_TICKETS = (
    _windows("tickets", "Tickets created in the last {days} days; 0 where none.", WINDOWS)
    | _windows("solved_tickets", "Tickets solved in the last {days} days; 0 where none.", WINDOWS)
    | _windows("high_priority_tickets", "Of those created in {days} days, priority high or urgent.", (30, 90))
    | _windows("chat_tickets", "Of those created in {days} days, the ones that came by chat.", (90,))
    | _windows("resolution_hours", "Mean hours from created to solved, of those solved in {days} days.", (30, 90, 365))
    | _windows("resolution_hours_median", "Their median, interpolated, over {days} days.", (90,))
    | _windows("resolution_hours_p90", "Their 90th percentile, interpolated, over {days} days.", (90,))
    | _windows("first_response_hours", "Mean hours to the first response given in {days} days.", (30, 90, 365))
    | _windows("first_response_hours_median", "Their median, interpolated, over {days} days.", (90,))
    | _windows("first_response_hours_p90", "Their 90th percentile, interpolated, over {days} days.", (90,))
    | _windows("reopened_tickets", "Of the tickets solved in {days} days, those reopened before.", (90, 365))
    | _windows("reopened_share", "Their share of the tickets solved in {days} days.", (90, 365))
    | _windows("ratings", "Of the tickets solved in {days} days, those that were rated.", (90, 365))
    | _windows("satisfaction", "Mean rating, 1 to 5, of the tickets solved in {days} days.", (90, 365))
    | _windows("low_ratings", "Of the tickets solved in {days} days, those rated 1 or 2.", (90,))
    | _windows("resolution_share", "Share of those created in {days} days that are solved by as_of.", (90, 365))
    | _windows("negative_share", "Share of those created in {days} days with a tone at or under -0.25.", (30, 90))
    | _windows("sentiment", "Mean tone, -1 to 1, of the tickets created in {days} days.", (90,))
    | _windows("agents", "Agents who gave one of the first responses of {days} days.", (90, 365))
    | {
        "days_since_ticket": "Days from the day of the last ticket to as_of; empty where none in 365 days.",
        "tickets_change_30d": "Tickets a day in 30 days over tickets a day in 90; empty where none in 90.",
        "first_response_change_30d": "Mean hours to the first response in 30 days over those in 90.",
        "negative_share_change_30d": "Negative share of 30 days over that of 90; empty where that is 0.",
        "open_tickets": "Tickets, however old, that are created and not solved by as_of.",
        "open_ticket_days": "Their mean age in days, of 86,400 seconds.",
    }
)
_USAGE = (
    _windows("usage", "Events in the last {days} days; 0 where none.", WINDOWS)
    | _windows("active_days", "Days with use among the last {days}; 0 where none.", WINDOWS)
    | _windows("most_active_users", "Most active users on one of the last {days} days.", (30,))
    | _windows("active_users", "Mean active users on the days with use among the last {days}.", (90,))
    | _windows("usage_slope", "Least-squares slope of daily events over {days} days, days without use being 0.", (90,))
    | {
        "days_since_usage": "Days from the last day with use to as_of; empty where none in 365 days.",
        "usage_change_30d": "Events a day in 30 days over events a day in 90; empty where none in 90.",
    }
)
_SURVEYS = {
    "nps_answers_last_365d": "Answers to surveys in the last 365 days; 0 where none.",
    "nps_last_365d": "Mean score, 0 to 10, of the answers of the last 365 days.",
    "nps_score": "The last score ever given, the higher of two of the same second.",
}
_MRR = {
    "mrr": "MRR of the contracts with started_at <= as_of < ended_at; 0 where none.",
    "mrr_change_90d": "That less the MRR of 90 days before.",
}

#: Every feature with its definition; where nothing else is said, empty where there is nothing to take it of.
FEATURES: dict[str, str] = _TICKETS | _USAGE | _SURVEYS | _MRR


def cut(as_of: date) -> int:
    """The end of the day in UTC, in seconds since 1970."""
    return (as_of + timedelta(days=1) - date(1970, 1, 1)).days * 86_400


def differences(left: Path, right: Path, names: Sequence[str] = tuple(FEATURES)) -> dict[str, float]:
    """The largest relative difference of each column of two matrices; infinite where rows or empty cells differ.

    Values that both are under a millionth count as if they were one: a slope of 0 and one of 1e-17 are the same.

    Args:
        left: a Parquet file with `account_id`, `as_of` and the features, or a folder with a file `YYYY-MM-DD.parquet`
            for each as_of.
        right: the same.
        names: the columns to compare.
    """
    connection = duckdb.connect()
    connection.execute("set enable_progress_bar = false")
    sides = [_matrix(side, names) for side in (left, right)]
    rows = [_one(connection, f"select count(*), count(distinct (account_id, as_of)) from {side}") for side in sides]
    columns = ", ".join(_difference(name) for name in names)
    joined = f"{sides[0]} l join {sides[1]} r using (account_id, as_of)"
    both, *largest = _one(connection, f"select count(*), {columns} from {joined}")
    same_rows = {*rows[0], *rows[1]} == {both}
    return {name: float(value) if same_rows else float("inf") for name, value in zip(names, largest, strict=True)}


def _matrix(place: Path, columns: Sequence[str]) -> str:
    if place.is_file():
        return f"read_parquet('{place}')"
    names = ", ".join(("account_id", *columns))
    day = "cast(parse_filename(filename, true) as date) as as_of"
    return f"(select {day}, {names} from read_parquet('{place}/*.parquet', filename = true))"


def _difference(name: str) -> str:
    left, right = f"l.{name}::double", f"r.{name}::double"
    size = f"greatest(abs({left}), abs({right}), 1e-6)"
    part = f"case when isfinite({left}) and isfinite({right}) then abs({left} - {right}) / {size} else 'infinity' end"
    return (
        f"coalesce(max(case when {left} is null and {right} is null then 0 else coalesce({part}, 'infinity') end), 0)"
    )


def _one(connection: Any, sql: str) -> tuple[Any, ...]:
    (row,) = connection.execute(sql).fetchall()
    return tuple(row)
