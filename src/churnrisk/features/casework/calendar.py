"""The business calendar: how many seconds of business time lie before an instant, for every schedule.

Between the tables `schedules` and `holidays` and the stages that count business time. Gives one row for each schedule
and UTC day: the business seconds before that day, and the stretches of it that are open, in seconds since the epoch.
So the business seconds up to an instant are one equi-join on its day and a sum of clipped differences, exact to the
second (`business_seconds`), and the way back is an equi-join as well (`business_instants`).

A minute is business time where the local weekday and time of day lie in a row of the schedule and the local day is no
holiday of it. Where clocks are put forward the minutes that are left out count for nothing; where they are put back the
minutes that come twice count twice.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from itertools import accumulate, pairwise
from zoneinfo import ZoneInfo

import pyarrow as pa

from churnrisk.errors import InputError, SettingsError
from churnrisk.settings import zone

DAY, MINUTE = 86_400, 60
#: A stretch begins on its own day; one over midnight closes after minute 1440, on the next day at the latest.
_LATEST_OPENS, _LATEST_CLOSES = 1440, 2880
#: Days around a range whose local time reaches into it: zones are up to 14 hours off, stretches a day over midnight.
_MARGIN = 3
_EPOCH_WEEKDAY = 3  # 1970-01-01 was a Thursday; Monday is 0

Stretch = tuple[int, int]
#: From the SQL of microseconds since the epoch to the SQL of the company's day number.
DayOf = Callable[[str], str]


@dataclass(frozen=True)
class BusinessCalendar:
    """The business time of every schedule, over a range of UTC days.

    Attributes:
        days: one row for each schedule and day: schedule_id, utc_day (a day number), before (business seconds since
            the beginning of the range), and start_1, length_1, start_2, length_2, ... in seconds: the stretches of
            the day, in order, start and length 0 where there is none. Schedules that open nowhere are not there.
        stretches: how many pairs of start and length a row has, at least one.
    """

    days: pa.Table
    stretches: int


def business_calendar(schedules: pa.Table, holidays: pa.Table, first: int, last: int) -> BusinessCalendar:
    """Lay out the business time from one day to another.

    Args:
        schedules: the canonical table; a row that closes before it opens, or after the end of the next day, opens
            nothing.
        holidays: the canonical table.
        first: the first UTC day, as a day number.
        last: the last one, included.

    Raises:
        InputError: the time zone of a schedule is none.
    """
    closed = defaultdict(set)
    for row in holidays.select(["schedule_id", "day"]).to_pylist():
        closed[row["schedule_id"]].add((row["day"] - date(1970, 1, 1)).days)
    hours = _hours(schedules)
    by_day = {schedule: _by_day(_open(schedule, hours[schedule], closed[schedule], first, last)) for schedule in hours}
    most = max((len(stretches) for days in by_day.values() for stretches in days.values()), default=1)
    rows = [row for schedule, days in by_day.items() for row in _rows(schedule, days, first, last, most)]
    names = [f"{what}_{number}" for number in range(1, most + 1) for what in ("start", "length")]
    kinds = [pa.string(), pa.int32(), pa.int64(), *(pa.int64() for _ in names)]
    schema = pa.schema(list(zip(["schedule_id", "utc_day", "before", *names], kinds, strict=True)))
    columns = zip(*rows, strict=True) if rows else ([] for _ in schema)
    return BusinessCalendar(pa.table([pa.array(c, k) for c, k in zip(columns, kinds, strict=True)], schema), most)


def _hours(schedules: pa.Table) -> dict[str, list[tuple[str, int, Stretch]]]:
    """The rows that open something, by schedule: time zone, weekday (Monday is 0), minutes from and until."""
    hours = defaultdict(list)
    for row in schedules.sort_by([("schedule_id", "ascending"), ("time_zone", "ascending")]).to_pylist():
        opens, closes = row["opens"], row["closes"]
        if closes is not None and 0 <= opens < min(closes, _LATEST_OPENS) and closes <= _LATEST_CLOSES:
            hours[row["schedule_id"]].append((row["time_zone"], row["weekday"] - 1, (opens, closes)))
    return hours


def _open(
    schedule: str, hours: list[tuple[str, int, Stretch]], closed: set[int], first: int, last: int
) -> list[Stretch]:
    """The open stretches of a schedule in seconds since the epoch, in order and apart, within the days of the range."""
    found: list[Stretch] = []
    for name in dict.fromkeys(row[0] for row in hours):
        local = _local(((weekday, minutes) for own, weekday, minutes in hours if own == name), closed, first, last)
        found.extend(_instants(local, _zone(schedule, name), first - _MARGIN, last + _MARGIN))
    within = ((max(start, first * DAY), min(end, (last + 1) * DAY)) for start, end in found)
    return _merged(stretch for stretch in within if stretch[0] < stretch[1])


def _zone(schedule: str, name: str) -> ZoneInfo:
    try:
        return zone(name)
    except SettingsError as error:
        raise InputError(
            f"Schedule {schedule} is told in the time zone {name!r}, which is none",
            'Map schedules.time_zone to an IANA name such as "Europe/Copenhagen"',
            schedule_id=schedule,
            time_zone=name,
        ) from error


def _local(hours: Iterable[tuple[int, Stretch]], closed: set[int], first: int, last: int) -> list[Stretch]:
    """The stretches as the clock on the wall tells them: seconds since 1970 began there, holidays left out."""
    by_weekday = defaultdict(list)
    for weekday, minutes in hours:
        by_weekday[weekday].append(minutes)
    told = _merged(
        (day * DAY + opens * MINUTE, day * DAY + closes * MINUTE)
        for day in range(first - _MARGIN, last + _MARGIN + 1)
        for opens, closes in by_weekday[(day + _EPOCH_WEEKDAY) % 7]
    )
    return [part for stretch in told for part in _without(stretch, closed)]


def _without(stretch: Stretch, closed: set[int]) -> Iterator[Stretch]:
    """The parts of a stretch that lie on no closed day."""
    start, end = stretch
    for day in range(start // DAY, (end - 1) // DAY + 1):
        if day in closed:
            if start < day * DAY:
                yield start, day * DAY
            start = (day + 1) * DAY
    if start < end:
        yield start, end


def _instants(local: list[Stretch], time_zone: ZoneInfo, first: int, last: int) -> Iterator[Stretch]:
    """The stretches in seconds since the epoch: within a time of one offset they are only moved."""
    starts, ends = [start for start, _ in local], [end for _, end in local]
    for begin, until, offset in _offsets(time_zone, first, last):
        some = local[bisect_right(ends, begin + offset) : bisect_left(starts, until + offset)]
        for start, end in some:
            yield max(start - offset, begin), min(end - offset, until)


def _offsets(time_zone: ZoneInfo, first: int, last: int) -> Iterator[tuple[int, int, int]]:
    """The times of one offset between two UTC days: begin, until, and the seconds that the zone is ahead of UTC."""
    changes = [first * DAY]
    for begin, end in pairwise(range(first * DAY, (last + 2) * DAY, DAY)):
        if _offset(time_zone, begin) != _offset(time_zone, end):
            changes.append(_change(time_zone, begin, end))
    for begin, until in pairwise([*changes, (last + 1) * DAY]):
        yield begin, until, _offset(time_zone, begin)


def _change(time_zone: ZoneInfo, begin: int, end: int) -> int:
    """The second from which the offset is another one."""
    before = _offset(time_zone, begin)
    return begin + bisect_left(range(begin, end), True, key=lambda second: _offset(time_zone, second) != before)


def _offset(time_zone: ZoneInfo, second: int) -> int:
    ahead = datetime.fromtimestamp(second, UTC).astimezone(time_zone).utcoffset()
    assert ahead is not None
    return int(ahead.total_seconds())


def _merged(stretches: Iterable[Stretch]) -> list[Stretch]:
    """In order, those that touch or overlap as one."""
    merged: list[Stretch] = []
    for start, end in sorted(stretches):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged


def _by_day(stretches: list[Stretch]) -> dict[int, list[Stretch]]:
    """The parts of the stretches that fall into each UTC day, as start and length."""
    days: dict[int, list[Stretch]] = defaultdict(list)
    for start, end in stretches:
        for day in range(start // DAY, (end - 1) // DAY + 1):
            begin = max(start, day * DAY)
            days[day].append((begin, min(end, (day + 1) * DAY) - begin))
    return days


def _rows(
    schedule: str, days: dict[int, list[Stretch]], first: int, last: int, most: int
) -> Iterator[tuple[object, ...]]:
    lengths = [sum(length for _, length in days.get(day, ())) for day in range(first, last + 1)]
    for day, before in zip(range(first, last + 1), accumulate(lengths, initial=0), strict=False):
        own = days.get(day, [])
        yield (
            schedule,
            day,
            before,
            *(number for stretch in [*own, *[(0, 0)] * (most - len(own))] for number in stretch),
        )


def business_seconds(second: str, days: str, stretches: int) -> str:
    """The SQL of the business seconds up to an instant, null where the join found no day.

    Args:
        second: SQL of the instant, in whole seconds since the epoch.
        days: the alias of `business_days`, joined on the schedule and the day `second // 86400`.
        stretches: how many a day has.
    """
    parts = (
        f"greatest(0, least({second} - {days}.start_{number}, {days}.length_{number}))"
        for number in range(1, stretches + 1)
    )
    return f"{days}.before + {' + '.join(parts)}"


def on_day(days: str, row: str, instant: str) -> str:
    """The SQL of the join of a row with the day of `business_days` that an instant of it is on.

    Args:
        days: the alias of `business_days`.
        row: the alias of a relation with a schedule_id.
        instant: SQL of microseconds since the epoch.
    """
    return f"{days}.schedule_id = {row}.schedule_id and {days}.utc_day = {instant} // {DAY * 1_000_000}"


def business_instants(stretches: int) -> str:
    """The SQL of the open stretches by how many business seconds have passed, for the way back to an instant.

    Gives schedule_id, bucket, passed, second, length: at `second + s` so many as `passed + s` have passed, for s in
    (0, length]. A stretch is there once for each bucket of 86,400 business seconds that it has a part in, at most two:
    the instant at which t business seconds have passed is in the one row of bucket (t - 1) // 86400 with
    passed < t <= passed + length.
    """
    lengths = [f"length_{number}" for number in range(1, stretches + 1)]
    passed = ["before", *(f"before + {' + '.join(lengths[:count])}" for count in range(1, stretches))]
    opened = " union all ".join(
        f"select schedule_id, {before} as passed, start_{number} as second, length_{number} as length"
        f" from business_days where length_{number} > 0"
        for number, before in enumerate(passed, start=1)
    )
    first, last = f"passed // {DAY}", f"(passed + length - 1) // {DAY}"
    return (
        f"with opened as ({opened})"
        f" select schedule_id, {first} as bucket, passed, second, length from opened union all"
        f" select schedule_id, {last} as bucket, passed, second, length from opened where {last} > {first}"
    )
