"""Time in the simulated company: weeks that start on a local Monday, local hours turned into UTC, business hours.

Moments are whole numbers of microseconds since 1970, either local (wall clock in the company's time zone) or UTC.
Everything that leaves the package is UTC; `usage.day` is the local date.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo

import numpy as np

from churnrisk.extract.simulated.draws import Bools, Floats, Ints

TIME_ZONE = "Europe/Copenhagen"
SECOND = 1_000_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR
WEEK = 7 * DAY
#: No moment: how "not yet" is written in arrays of moments; Arrow reads it as null.
NEVER = np.iinfo(np.int64).min
EPOCH = date(1970, 1, 1)

#: How far the tables of days reach on either side of a company's start.
_YEARS_BEFORE, _YEARS_AFTER = 8, 22


def day_number(day: date) -> int:
    """Days since 1970-01-01."""
    return (day - EPOCH).days


@cache
def _noon_offsets(first_day: int, days: int) -> Ints:
    zone = ZoneInfo(TIME_ZONE)
    noons = (datetime.combine(EPOCH + timedelta(days=first_day + d), datetime.min.time()) for d in range(days))
    offsets = [(noon + timedelta(hours=12)).replace(tzinfo=zone).utcoffset() for noon in noons]
    return np.array([int(o.total_seconds()) * SECOND if o else 0 for o in offsets], np.int64)


@dataclass(frozen=True)
class Clock:
    """The company's wall clock, from some years before `start` to some years after."""

    start: date

    @property
    def first_day(self) -> int:
        """The first day the tables of days know."""
        return day_number(self.start) - 365 * _YEARS_BEFORE

    @property
    def days(self) -> int:
        """How many days the tables of days hold."""
        return 365 * (_YEARS_BEFORE + _YEARS_AFTER)

    def to_utc(self, local: Ints) -> Ints:
        """Wall-clock moments in UTC; European clocks change before 03:00, so the offset is that of noon, 3 h back."""
        day = np.clip((local - 3 * HOUR) // DAY - self.first_day, 0, self.days - 1)
        utc = local - _noon_offsets(self.first_day, self.days)[day]
        return np.where(local == NEVER, NEVER, utc)

    def week_start(self, week: int) -> int:
        """Local midnight of the week's Monday."""
        return (day_number(self.start) + 7 * week) * DAY

    def week_start_utc(self, week: int) -> int:
        """The same moment in UTC; a week is half-open: it holds its start and not its end."""
        return int(self.to_utc(np.array([self.week_start(week)]))[0])


class BusinessHours:
    """One schedule: opening hours by weekday, closed on holidays."""

    def __init__(self, clock: Clock, hours: dict[int, tuple[int, int]], closed_days: Ints) -> None:
        days = clock.first_day + np.arange(clock.days)
        weekday = (days + 3) % 7 + 1  # 1970-01-01 was a Thursday
        opens, lengths = np.zeros(8, np.int64), np.zeros(8, np.int64)
        for day, (opening, closing) in hours.items():
            opens[day], lengths[day] = opening, closing - opening
        self._first_day = clock.first_day
        self._opens = opens[weekday]
        self._lengths = np.where(np.isin(days, closed_days), 0, lengths[weekday])
        self._before = np.concatenate([[0], np.cumsum(self._lengths)[:-1]])

    def after(self, local: Ints, minutes: Floats) -> Ints:
        """The local moment when that many business minutes have passed since `local`, to the second."""
        day = local // DAY - self._first_day
        minute = (local % DAY) / MINUTE
        target = self._before[day] + np.clip(minute - self._opens[day], 0, self._lengths[day]) + minutes
        found = np.searchsorted(self._before, target, side="right") - 1
        seconds = ((self._opens[found] + target - self._before[found]) * 60).astype(np.int64)
        return np.maximum((self._first_day + found) * DAY + seconds * SECOND, local + SECOND)

    def is_open_on(self, days: Ints) -> Bools:
        """Whether the schedule has any hours on those days (days since 1970)."""
        return np.asarray(self._lengths[days - self._first_day] > 0)


def working_moment(uniforms: Floats) -> Ints:
    """A moment of a working week after its Monday midnight: Monday to Friday, 08:00 to 17:00, to the second."""
    day, rest = np.divmod(uniforms * 5, 1)
    return (day * DAY + 8 * HOUR + np.floor(rest * 9 * 3600) * SECOND).astype(np.int64)


def easter(year: int) -> date:
    """Easter Sunday (the anonymous Gregorian computus)."""
    a, b, c = year % 19, year // 100, year % 100
    h = (19 * a + b - b // 4 - (b - (b + 8) // 25 + 1) // 3 + 15) % 30
    k = (32 + 2 * (b % 4) + 2 * (c // 4) - h - c % 4) % 7
    m = (a + 11 * h + 22 * k) // 451
    month, day = divmod(h + k - 7 * m + 114, 31)
    return date(year, month, day + 1)


def public_holidays(year: int) -> dict[date, str]:
    """The Danish public holidays of a year, without Great Prayer Day, which ended in 2023."""
    sunday = easter(year)
    moving = {-3: "Maundy Thursday", -2: "Good Friday", 1: "Easter Monday", 39: "Ascension Day", 50: "Whit Monday"}
    fixed = {(1, 1): "New Year's Day", (12, 24): "Christmas Eve", (12, 25): "Christmas Day", (12, 26): "Boxing Day"}
    days = {sunday + timedelta(days=shift): name for shift, name in moving.items()}
    days |= {date(year, month, day): name for (month, day), name in fixed.items()}
    return dict(sorted(days.items()))
