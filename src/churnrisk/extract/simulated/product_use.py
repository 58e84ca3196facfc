"""Use of the product: one row for each account, day and metric on which there was any."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import pyarrow as pa

from churnrisk.extract.simulated import frames
from churnrisk.extract.simulated.causes import USAGE_DROP, CauseStates
from churnrisk.extract.simulated.clock import DAY, EPOCH, NEVER, Clock
from churnrisk.extract.simulated.contracts import Contracts
from churnrisk.extract.simulated.draws import Bools, Draws, Floats, Ints

METRICS = ("events", "exports")
#: Monday to Sunday, against an ordinary working day.
_WEEKDAYS = np.array([1.02, 1.06, 1.04, 1.0, 0.86, 0.12, 0.10])
#: Use on public holidays, in July and in the week of Christmas, against an ordinary day.
_HOLIDAY, _JULY, _CHRISTMAS = 0.3, 0.82, 0.6
#: While the cause `usage_drop` shows, use falls to this share within two weeks and slides on by this factor every
#: week: on average over twenty weeks about two thirds less than before.
DROPS_TO, SLIDES_BY = 0.6, 0.93
#: Innocent dips: chance per week, what remains, for one to three weeks.
_WEEKLY_DIP, _DIP_REMAINS = 0.006, 0.5
#: The account's own slow wandering: a first-order autoregression of the log with this memory and weekly push.
_MEMORY, _PUSH = 0.92, 0.045
_DAILY_NOISE = 0.28
#: What remains after the account has given notice.
_AFTER_NOTICE = 0.5
_EXPORTS_PER_EVENT, _EXPORT_DAYS = 0.05, 0.12


class ProductUse:
    """How much each account uses the product."""

    def __init__(self, clock: Clock, contracts: Contracts, holidays: Ints) -> None:
        accounts = contracts.population.size
        self._clock = clock
        self._contracts = contracts
        self._holidays = holidays
        self._wandering = np.zeros(accounts)
        self._dips_until = np.full(accounts, -1)

    def step(self, week: int, draws: Draws, live: Bools, causes: CauseStates) -> list[pa.Table]:
        """The week's rows; a day is known at its end, in the company's time zone."""
        chance = draws.stream("use")
        levels = self._levels(week, chance, live, causes)
        days = self._clock.week_start(week) // DAY + np.arange(7)
        noise = np.exp(_DAILY_NOISE * chance.standard_normal((len(live), 7), np.float32))
        rounding = chance.random((len(live), 7), np.float32)
        counts = np.floor(levels[:, None] * self._day_factors(days) * noise + rounding).astype(np.int64)
        account, weekday = np.nonzero(counts)
        value = counts[account, weekday]
        known = self._clock.to_utc((days + 1) * DAY)[weekday]
        ended = self._contracts.ended_at[account]
        kept = (ended == NEVER) | (known <= ended)
        account, weekday, value, known = account[kept], weekday[kept], value[kept], known[kept]
        events = self._rows(account, days[weekday], 0, value, known)
        exporting = draws.uniform("exports", account * 7 + weekday) < _EXPORT_DAYS
        exported = np.ceil(value[exporting] * _EXPORTS_PER_EVENT).astype(np.int64)
        return [events, self._rows(account[exporting], days[weekday[exporting]], 1, exported, known[exporting])]

    def _levels(self, week: int, chance: np.random.Generator, live: Bools, causes: CauseStates) -> Floats:
        """Events on an ordinary day of this week, for each account."""
        push, dips = chance.standard_normal(len(live)), chance.random((2, len(live)))
        self._wandering = _MEMORY * self._wandering + _PUSH * push
        begins = dips[0] < _WEEKLY_DIP
        self._dips_until = np.where(begins, week + np.floor(dips[1] * 3).astype(np.int64), self._dips_until)
        level = self._contracts.population.use * np.exp(self._wandering) * live
        level = level * self._contracts.seats / self._contracts.population.seats
        level = level * np.where(self._dips_until >= week, _DIP_REMAINS, 1.0)
        age = np.maximum(causes.age(week)[:, USAGE_DROP], 0)
        dropped = np.where(age == 0, (1 + DROPS_TO) / 2, DROPS_TO * SLIDES_BY**age)
        level = level * np.where(causes.shown(week)[:, USAGE_DROP], dropped, 1.0)
        noticed = self._contracts.has_given_notice_by(self._clock.week_start_utc(week))
        return level * np.where(noticed, _AFTER_NOTICE, 1.0)

    def _day_factors(self, days: Ints) -> Floats:
        """Weekday, season and holidays of the seven days."""
        dates = [EPOCH + timedelta(days=int(day)) for day in days]
        season = [_CHRISTMAS if (d.month, d.day) >= (12, 22) else _JULY if d.month == 7 else 1.0 for d in dates]
        return _WEEKDAYS * np.array(season) * np.where(np.isin(days, self._holidays), _HOLIDAY, 1.0)

    def _rows(self, account: Ints, day: Ints, metric: int, value: Ints, known: Ints) -> pa.Table:
        seats = self._contracts.seats[account]
        people = np.clip(np.ceil(value / 8.0 if metric == 0 else value / 2.0), 1, seats).astype(np.int64)
        return frames.build(
            "usage",
            account_id=self._contracts.population.account_ids.take(pa.array(account)),
            day=day,
            metric=frames.labels(METRICS, np.full(len(account), metric)),
            value=value,
            active_users=people,
            known_at=known,
        )
