"""The support staff: who serves which language, who leaves, how they feel; business hours, holidays and targets."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pyarrow as pa

from churnrisk.extract.simulated import frames
from churnrisk.extract.simulated.clock import (
    DAY,
    HOUR,
    NEVER,
    TIME_ZONE,
    BusinessHours,
    Clock,
    day_number,
    public_holidays,
    working_moment,
)
from churnrisk.extract.simulated.draws import Draws, Floats, Ints
from churnrisk.extract.simulated.names import LANGUAGES
from churnrisk.extract.simulated.population import SUPPORT_PLANS

SCHEDULE_IDS = ("standard", "extended")
#: Minutes after local midnight, by weekday; premium accounts are served in the extended hours.
HOURS: dict[str, dict[int, tuple[int, int]]] = {
    "standard": dict.fromkeys(range(1, 6), (8 * 60, 17 * 60)),
    "extended": {**dict.fromkeys(range(1, 6), (7 * 60, 21 * 60)), 6: (9 * 60, 15 * 60)},
}
PRIORITIES = ("low", "normal", "high", "urgent")
#: Promised minutes to the first reply and to the resolution, for the support plan "standard".
_TARGETS = {"low": (960, 4800), "normal": (480, 2400), "high": (240, 1200), "urgent": (60, 480)}
#: What a support plan makes of them.
_TARGET_FACTORS = {"basic": 2.0, "standard": 1.0, "premium": 0.5}

TEAMS = ("frontline", "technical", "billing")
#: Tickets one agent handles in a week; gives the size of the staff.
TICKETS_PER_AGENT = 45
#: Chance per week that an agent leaves; a successor comes three weeks later.
_WEEKLY_LEAVES = 0.005
_VACANCY = 21 * DAY
#: Agents are asked every four weeks; this share answers.
_SURVEY_WEEKS, _SURVEY_ANSWERS = 4, 0.85


def calendar_tables(start: date, weeks: int) -> dict[str, list[pa.Table]]:
    """Schedules, holidays and targets: what the company knows about itself from the beginning."""
    stretches = [(s, day, *times) for s in SCHEDULE_IDS for day, times in HOURS[s].items()]
    schedules = frames.build(
        "schedules",
        schedule_id=pa.array([row[0] for row in stretches]),
        weekday=np.array([row[1] for row in stretches]),
        opens=np.array([row[2] for row in stretches]),
        closes=np.array([row[3] for row in stretches]),
        time_zone=pa.array([TIME_ZONE] * len(stretches)),
    )
    days = [(s, day, name) for s in SCHEDULE_IDS for day, name in closed_days(start, weeks).items()]
    holidays = frames.build(
        "holidays",
        schedule_id=pa.array([row[0] for row in days]),
        day=np.array([day_number(row[1]) for row in days]),
        name=pa.array([row[2] for row in days]),
    )
    promises = [(plan, priority) for plan in SUPPORT_PLANS for priority in PRIORITIES]
    minutes = np.array([_TARGETS[priority] for _, priority in promises]).T
    factors = np.array([_TARGET_FACTORS[plan] for plan, _ in promises])
    targets = frames.build(
        "sla_targets",
        support_plan=pa.array([plan for plan, _ in promises]),
        priority=pa.array([priority for _, priority in promises]),
        first_response_minutes=(minutes[0] * factors).astype(np.int64),
        resolution_minutes=(minutes[1] * factors).astype(np.int64),
        business_hours=np.ones(len(promises), bool),
    )
    return {"schedules": [schedules], "holidays": [holidays], "sla_targets": [targets]}


def closed_days(start: date, weeks: int) -> dict[date, str]:
    """The public holidays from the year before the start to the year after the last week."""
    last = start + timedelta(weeks=weeks)
    return {day: name for year in range(start.year - 1, last.year + 2) for day, name in public_holidays(year).items()}


def business_hours(clock: Clock, holidays: Ints) -> tuple[BusinessHours, ...]:
    """The clock of each schedule, in the order of `SCHEDULE_IDS`."""
    return tuple(BusinessHours(clock, HOURS[schedule], holidays) for schedule in SCHEDULE_IDS)


class Staff:
    """The desks of the support team; each desk is one person after another."""

    def __init__(self, clock: Clock, founding: Draws, tickets_per_week: float) -> None:
        chance = founding.stream("staff")
        desks = max(2 * len(LANGUAGES), round(tickets_per_week / TICKETS_PER_AGENT))
        self._clock = clock
        self._first = np.arange(desks) % len(LANGUAGES)
        self._second = np.where(self._first == 0, chance.integers(1, len(LANGUAGES), desks), 0)
        self._team = chance.choice(len(TEAMS), desks, p=(0.6, 0.3, 0.1))
        self._person = np.ones(desks, np.int64)
        joined = clock.week_start(0) - chance.integers(60, 1500, desks) * DAY + 9 * HOUR
        self._joined = clock.to_utc(joined)
        self._mood = 7.2 + 0.8 * chance.standard_normal(desks)

    def first_rows(self) -> pa.Table:
        """The staff of the first day."""
        every = np.arange(len(self._first))
        return self._rows(every, self._joined)

    def step(self, week: int, draws: Draws) -> dict[str, list[pa.Table]]:
        """Departures, arrivals, and every fourth week how the staff feel."""
        chance = draws.stream("staff")
        uniforms, push = chance.random((3, len(self._first))), chance.standard_normal(len(self._first))
        at = self._clock.to_utc(self._clock.week_start(week) + working_moment(uniforms[0]))
        self._mood = np.clip(0.9 * self._mood + 0.72 + 0.35 * push, 0, 10)
        unhappy = np.where(self._mood < 6, 3.0, 1.0)
        leaving = np.flatnonzero((uniforms[1] < _WEEKLY_LEAVES * unhappy) & (self._joined < at - 90 * DAY))
        left = self._rows(leaving, at[leaving], left=at[leaving])
        self._person[leaving] += 1
        self._joined[leaving] = at[leaving] + _VACANCY
        came = self._rows(leaving, self._joined[leaving])
        surveys = [] if week % _SURVEY_WEEKS else [self._asked(at, uniforms[2])]
        return {"agents": [left, came], "agent_surveys": surveys}

    def assign(self, language: Ints, at: Ints, uniforms: Floats) -> pa.Array:
        """An agent for each ticket: who speaks its language and is there; else anyone who is."""
        desks = len(self._first)
        start = np.floor(uniforms * desks).astype(np.int64)
        chosen = start.copy()
        settled = np.zeros(len(language), bool)
        for step in range(2 * len(LANGUAGES)):
            desk = (start + step) % desks
            fits = ~settled & (self._joined[desk] <= at)
            fits &= (self._first[desk] == language) | ((step >= len(LANGUAGES)) & (self._second[desk] == language))
            chosen = np.where(fits, desk, chosen)
            settled |= fits
        return self._names(chosen)

    def _names(self, desks: Ints) -> pa.Array:
        return frames.numbered("agent-", desks + 1, self._person[desks])

    def _asked(self, at: Ints, uniforms: Floats) -> pa.Table:
        answering = np.flatnonzero((uniforms < _SURVEY_ANSWERS) & (self._joined <= at))
        return frames.build(
            "agent_surveys",
            agent_id=self._names(answering),
            at=at[answering],
            kind=frames.labels(("engagement",), np.zeros(len(answering), np.int64)),
            score=np.round(self._mood[answering], 1),
            known_at=at[answering],
        )

    def _rows(self, desks: Ints, known: Ints, left: Ints | None = None) -> pa.Table:
        languages = [f"{LANGUAGES[self._first[d]]} {LANGUAGES[self._second[d]]}" for d in desks]
        return frames.build(
            "agents",
            agent_id=self._names(desks),
            team=frames.labels(TEAMS, self._team[desks]),
            languages=pa.array(languages, pa.string()),
            joined_at=self._joined[desks],
            left_at=np.full(len(desks), NEVER) if left is None else left,
            known_at=known,
        )
