"""Days as whole numbers: what the engine compares instead of instants.

A day number is the count of days since 1970-01-01 of the company's local day. An instant belongs to the day whose
end, a local midnight, it is not after: `(end of the day before, end of the day]`. So a look-back window of n days is
`as_of - n < day <= as_of`, whatever the clocks did in between, and equal on every engine. The ends are those of
`timeline`, the only place that knows time zones.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from functools import cache
from itertools import pairwise

from churnrisk.tables import Table
from churnrisk.timeline import AsOf

EPOCH = date(1970, 1, 1)
#: The day from which something is gone that never goes.
FOREVER = 2_147_483_647
_MICROS = 86_400_000_000
#: Instants outside these years are placed by the offset of the nearest.
_FIRST, _LAST = date(1990, 1, 1), date(2060, 1, 1)


def day_number(as_of: AsOf) -> int:
    """The number of that day."""
    return (as_of.day - EPOCH).days


def micros(instant: datetime) -> int:
    """Microseconds since the epoch of an instant in UTC, without offset."""
    return int((instant.replace(tzinfo=UTC) - datetime(1970, 1, 1, tzinfo=UTC)) / timedelta(microseconds=1))


def day_of(instant: str, time_zone: str, first: datetime, last: datetime) -> str:
    """The SQL of the day number of an instant.

    Args:
        instant: SQL of microseconds since the epoch.
        time_zone: the company's IANA name.
        first: no instant is before it, in UTC without offset.
        last: no instant is after it.
    """
    branches = [
        branch for branch in _branches(time_zone) if branch.until >= micros(first) and branch.after <= micros(last)
    ]
    *some, newest = branches
    if not some:
        return _told(instant, newest)
    # Newer rows are more: they are placed after fewer comparisons.
    told = [f"when {instant} > {branch.after} then {_told(instant, branch)}" for branch in reversed(branches[1:])]
    return f"case {' '.join(told)} else {_told(instant, branches[0])} end"


def day_column(column: str) -> str:
    """The name of the day number beside a timestamp column: `ended_day` beside `ended_at`."""
    return f"{column.removesuffix('_at')}_day"


def day_columns(table: Table) -> dict[str, str]:
    """The timestamp columns of a table, but for the one that places its rows, each with the name of its day."""
    return {
        column.name: day_column(column.name)
        for column in table.columns
        if column.kind == "timestamp" and column.name != table.happened_at
    }


@dataclass(frozen=True)
class _Branch:
    """A stretch `(after, until]` in which days have 24 hours and one offset, or one single day that has not.

    Attributes:
        after: micros.
        until: micros.
        what: microseconds to add to an instant, or the number of the single day.
        is_day: which of both `what` is.
    """

    after: int
    until: int
    what: int
    is_day: bool = False


def _told(instant: str, branch: _Branch) -> str:
    if branch.is_day:
        return str(branch.what)
    return f"cast(({instant} + {branch.what - 1}) // {_MICROS} as integer)"


@cache
def _branches(time_zone: str) -> tuple[_Branch, ...]:
    days = range((_FIRST - EPOCH).days, (_LAST - EPOCH).days)
    ends = [micros(AsOf(EPOCH + timedelta(days=day), time_zone).instant) for day in days]
    found: list[_Branch] = []
    for day, (before, end) in zip(days[1:], pairwise(ends), strict=True):
        if end - before != _MICROS:
            found.append(_Branch(before, end, day, is_day=True))
        elif found and not found[-1].is_day and found[-1].what == (day + 1) * _MICROS - end:
            found[-1] = replace(found[-1], until=end)
        else:
            found.append(_Branch(before, end, (day + 1) * _MICROS - end))
    found[0] = replace(found[0], after=-(2**62))
    found[-1] = replace(found[-1], until=2**62)
    return tuple(found)
