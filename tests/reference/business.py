"""Business time by its definition: looked at quarter of an hour by quarter, at which all hours of the tests begin.

A quarter is business time where the local weekday and time of day lie in a row of the schedule and the local day is no
holiday of it. A stretch over midnight goes on, on the next day, after minute 1440 of its own.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo

from tests.reference.known import EPOCH, Known

DAY, QUARTER = 86_400, 900


class Hours:
    """The business hours of one schedule."""

    def __init__(self, rows: frozenset[tuple[int, int, int, str]], holidays: frozenset[date]) -> None:
        self._rows, self._holidays = rows, holidays

    def seconds(self, begin: int, end: int) -> int:
        """Business seconds from one second since 1970 to a later one."""
        total = 0
        for day in range(begin // DAY, (end - 1) // DAY + 1):
            for start, until in _open_on(day, self._rows, self._holidays):
                total += max(0, min(until, end) - max(start, begin))
        return total

    def after(self, begin: int, seconds: int, until: int) -> int | None:
        """The second at which so much business time has passed; None where that is not by `until`."""
        for day in range(begin // DAY, until // DAY + 1):
            for start, end in _open_on(day, self._rows, self._holidays):
                length = max(0, end - max(start, begin))
                if seconds <= length:
                    return max(start, begin) + seconds
                seconds -= length
        return None


def hours_of(known: Known) -> dict[str, Hours]:
    """The schedules that open at all, as they were known."""
    rows: dict[str, set[tuple[int, int, int, str]]] = {}
    for row in known.table("schedules"):
        opens, closes = row["opens"], row["closes"]
        if closes is not None and 0 <= opens < 1440 and opens < closes <= 2880:
            assert opens % 15 == closes % 15 == 0, "the reference looks at every quarter of an hour"
            rows.setdefault(row["schedule_id"], set()).add((row["weekday"], opens, closes, row["time_zone"]))
    closed = [(row["schedule_id"], row["day"].date()) for row in known.table("holidays")]
    return {
        schedule: Hours(frozenset(own), frozenset(day for other, day in closed if other == schedule))
        for schedule, own in rows.items()
    }


@cache
def _open_on(
    day: int, rows: frozenset[tuple[int, int, int, str]], holidays: frozenset[date]
) -> tuple[tuple[int, int], ...]:
    """The open stretches of a UTC day, in seconds since 1970."""
    stretches: list[tuple[int, int]] = []
    for second in range(day * DAY, (day + 1) * DAY, QUARTER):
        if any(_is_open(second, row, holidays) for row in rows):
            begin = stretches.pop()[0] if stretches and stretches[-1][1] == second else second
            stretches.append((begin, second + QUARTER))
    return tuple(stretches)


def _is_open(second: int, row: tuple[int, int, int, str], holidays: frozenset[date]) -> bool:
    weekday, opens, closes, zone = row
    local = datetime.fromtimestamp(second, UTC).astimezone(ZoneInfo(zone))
    minute = local.hour * 60 + local.minute
    today, yesterday = local.date().isoweekday(), (local.date() - timedelta(days=1)).isoweekday()
    own = today == weekday and opens <= minute < closes
    over_midnight = yesterday == weekday and opens <= minute + 1440 < closes
    return (own or over_midnight) and local.date() not in holidays


def second_of(instant: datetime) -> int:
    """The whole second since 1970 that an instant lies in."""
    return (instant - datetime.combine(EPOCH, datetime.min.time())) // timedelta(seconds=1)
