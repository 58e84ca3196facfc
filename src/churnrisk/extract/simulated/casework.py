"""The life of a ticket: when it is opened, answered, solved, opened again and closed.

All of a week's tickets are drawn at once, each from its own key, with everything that will happen to them; `Pending`
tells it when its time comes. Moments are local until the tables are built.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from churnrisk.extract.simulated.causes import REOPENED, SLOW_RESPONSE, CauseStates
from churnrisk.extract.simulated.clock import DAY, HOUR, MINUTE, NEVER, SECOND, BusinessHours, Clock
from churnrisk.extract.simulated.contracts import Contracts
from churnrisk.extract.simulated.draws import Bools, Draws, Floats, Ints, poisson, weighted

CATEGORIES = ("access", "billing", "performance", "integration", "reporting", "howto")
_CATEGORY_SHARES = (0.18, 0.14, 0.2, 0.16, 0.14, 0.18)
CHANNELS = ("email", "web", "chat", "phone")
_CHANNEL_SHARES = (0.5, 0.3, 0.15, 0.05)
_PRIORITY_SHARES = (0.15, 0.6, 0.19, 0.06)
_WEEKDAY_SHARES = (0.22, 0.20, 0.18, 0.17, 0.15, 0.045, 0.035)
#: Share of tickets opened at any hour; the others are opened during the working day.
_ANY_HOUR_SHARE = 0.14
MOST_TICKETS_A_WEEK = 16

#: Business minutes to the first reply, the middle of a lognormal, by priority from low to urgent; and its width.
FIRST_REPLY_MINUTES = np.array([260.0, 140.0, 60.0, 22.0])
_FIRST_REPLY_WIDTH = 0.6
#: How many times longer first replies take while the cause `slow_response` shows; later replies take a third of that.
SLOW_FACTOR = 9.0
#: Share of tickets that are innocently overlooked, and how much longer those take.
_OVERLOOKED_SHARE, _OVERLOOKED_FACTOR = 0.02, 5.0
_NEXT_REPLY_MINUTES, _SOLVING_MINUTES, _AGAIN_MINUTES = 110.0, 200.0, 260.0

#: Chance that a solved ticket is opened again, and again after that, with and without the cause `reopened`.
REOPEN_WITH_CAUSE, REOPEN_ORDINARY = (0.92, 0.7, 0.5), (0.03, 0.15, 0.15)
MOST_REOPENS = len(REOPEN_WITH_CAUSE)
_CLOSES_AFTER = 4 * DAY
_MOST_ROUNDS = 2
#: Share of tickets that wait for someone else for one to three weeks.
_HOLD_SHARE = 0.03


@dataclass
class Tickets:
    """One week's tickets; moments are local microseconds, NEVER where a step does not happen.

    Attributes:
        key: a number of its own for each ticket; the id and all its draws come from it.
        assigned, first_reply: moments of the routing and the first public answer of an agent.
        asked, answered: by round, the customer's and the agent's further messages before the solution.
        held: when it was put on hold, if so.
        solved: the first solution; reopened, resolved: by turn, opened again and solved again.
        closed: when it was closed for good.
        mood: how the customer feels when writing, from about -3 to 3.
    """

    account: Ints
    key: Ints
    created: Ints
    priority: Ints
    category: Ints
    channel: Ints
    language: Ints
    schedule: Ints
    mood: Floats
    assigned: Ints
    first_reply: Ints
    asked: list[Ints] = field(default_factory=list)
    answered: list[Ints] = field(default_factory=list)
    held: Ints = field(default_factory=lambda: np.zeros(0, np.int64))
    solved: Ints = field(default_factory=lambda: np.zeros(0, np.int64))
    reopened: list[Ints] = field(default_factory=list)
    resolved: list[Ints] = field(default_factory=list)
    closed: Ints = field(default_factory=lambda: np.zeros(0, np.int64))

    @property
    def reopens(self) -> Ints:
        """How often each was opened again."""
        return np.sum([moment != NEVER for moment in self.reopened], axis=0)

    @property
    def last_solved(self) -> Ints:
        """The last solution of each."""
        return np.max([self.solved, *self.resolved], axis=0)


class Casework:
    """Opens tickets and works on them by the business hours of each account's schedule."""

    def __init__(self, clock: Clock, contracts: Contracts, hours: tuple[BusinessHours, ...]) -> None:
        self._clock = clock
        self._contracts = contracts
        self._population = contracts.population
        self._hours = hours

    def step(self, week: int, draws: Draws, live: Bools, causes: CauseStates, moods: Floats) -> Tickets:
        """The tickets opened this week, with all that becomes of them."""
        account, key = self._who_writes(week, draws, live)
        created = self._clock.week_start(week) + self._moment(draws, key)
        ended = self._contracts.ended_at[account]
        kept = (ended == NEVER) | (self._clock.to_utc(created) < ended)
        tickets = self._opened(draws, account[kept], key[kept], created[kept], moods)
        slow = np.where(causes.shown(week)[tickets.account, SLOW_RESPONSE], SLOW_FACTOR, 1.0)
        self._reply(draws, tickets, slow)
        self._converse(draws, tickets, np.maximum(1.0, slow / 3))
        self._solve(draws, tickets)
        self._reopen(draws, tickets, causes.shown(week)[tickets.account, REOPENED])
        return tickets

    def _who_writes(self, week: int, draws: Draws, live: Bools) -> tuple[Ints, Ints]:
        season = 0.75 if week % 52 in (27, 28, 29, 51) else 1.0
        # Those who are about to say that they leave do so in a ticket, so they write more.
        parting = self._contracts.says_so & ~self._contracts.has_given_notice_by(self._clock.week_start_utc(week))
        means = self._population.ticket_rate * season * np.where(parting, 1.8, 1.0) * live
        counts = poisson(draws.stream("tickets").random(len(means)), means, MOST_TICKETS_A_WEEK)
        account = np.repeat(np.arange(len(means)), counts)
        number = np.arange(len(account)) - np.repeat(np.cumsum(counts) - counts, counts)
        return account, ((week + 1) * len(means) + account) * MOST_TICKETS_A_WEEK + number

    def _moment(self, draws: Draws, key: Ints) -> Ints:
        """When in the week a ticket is opened: mostly late morning or early afternoon of a working day."""
        day = draws.pick("ticket day", key, _WEEKDAY_SHARES)
        at_work = 12.4 * HOUR + 2.4 * HOUR * draws.normal("ticket hour", key)
        any_hour = draws.uniform("ticket any hour", key) * DAY
        time = np.where(
            draws.uniform("ticket when", key) < _ANY_HOUR_SHARE, any_hour, np.clip(at_work, 0, DAY - SECOND)
        )
        return day * DAY + time.astype(np.int64) // SECOND * SECOND

    def _opened(self, draws: Draws, account: Ints, key: Ints, created: Ints, moods: Floats) -> Tickets:
        spoken = self._population.language[account]
        in_english = draws.uniform("ticket in English", key) < 0.06
        seconds = (20 + 900 * draws.uniform("routing", key) ** 2).astype(np.int64)
        return Tickets(
            account=account,
            key=key,
            created=created,
            priority=draws.pick("priority", key, _PRIORITY_SHARES),
            category=draws.pick("category", key, _CATEGORY_SHARES),
            channel=draws.pick("channel", key, _CHANNEL_SHARES),
            language=np.where(in_english, 0, spoken),
            schedule=(self._population.support_plan[account] == 2).astype(np.int64),
            mood=moods[account] + 0.7 * draws.normal("ticket mood", key),
            assigned=created + seconds * SECOND,
            first_reply=created,
        )

    def _after(self, tickets: Tickets, moments: Ints, minutes: Floats) -> Ints:
        """That many business minutes later, by each ticket's schedule; NEVER stays NEVER."""
        happens = moments != NEVER
        start = np.where(happens, moments, tickets.created)
        ends = [hours.after(start, minutes) for hours in self._hours]
        return np.where(happens, np.where(tickets.schedule == 1, ends[1], ends[0]), NEVER)

    def _lasting(self, draws: Draws, name: str, tickets: Tickets, middle: float, width: float = 0.7) -> Floats:
        return np.asarray(middle * np.exp(width * draws.normal(name, tickets.key)))

    def _reply(self, draws: Draws, tickets: Tickets, slow: Floats) -> None:
        overlooked = draws.uniform("overlooked", tickets.key) < _OVERLOOKED_SHARE
        minutes = FIRST_REPLY_MINUTES[tickets.priority] * self._lasting(
            draws, "reply", tickets, 1.0, _FIRST_REPLY_WIDTH
        )
        minutes = minutes * np.where(overlooked, _OVERLOOKED_FACTOR, 1.0) * slow
        tickets.first_reply = self._after(tickets, tickets.assigned, minutes)

    def _converse(self, draws: Draws, tickets: Tickets, slow: Floats) -> None:
        rounds = draws.pick("rounds", tickets.key, (0.45, 0.37, 0.18))
        last = tickets.first_reply
        for turn in range(_MOST_ROUNDS):
            wait = 5 * MINUTE + draws.uniform(f"asks {turn}", tickets.key) ** 2 * 2 * DAY
            asked = np.where(rounds > turn, last + wait.astype(np.int64) // SECOND * SECOND, NEVER)
            minutes = self._lasting(draws, f"answers {turn}", tickets, _NEXT_REPLY_MINUTES) * slow
            answered = self._after(tickets, asked, minutes)
            tickets.asked.append(asked)
            tickets.answered.append(answered)
            last = np.maximum(last, answered)

    def _solve(self, draws: Draws, tickets: Tickets) -> None:
        last = np.max([tickets.first_reply, *tickets.answered], axis=0)
        held = draws.uniform("held", tickets.key) < _HOLD_SHARE
        waits = (
            np.where(held, (7 + 14 * draws.uniform("hold", tickets.key)) * DAY, 0).astype(np.int64) // SECOND * SECOND
        )
        tickets.held = np.where(held, last + 30 * MINUTE, NEVER)
        tickets.solved = self._after(tickets, last + waits, self._lasting(draws, "solve", tickets, _SOLVING_MINUTES))

    def _reopen(self, draws: Draws, tickets: Tickets, troubled: Bools) -> None:
        solved, goes_on = tickets.solved, np.ones(len(tickets.key), bool)
        for turn in range(MOST_REOPENS):
            chance = np.where(troubled, REOPEN_WITH_CAUSE[turn], REOPEN_ORDINARY[turn])
            goes_on &= draws.uniform(f"reopen {turn}", tickets.key) < chance
            wait = 2 * HOUR + draws.uniform(f"reopens {turn}", tickets.key) * 3 * DAY
            reopened = np.where(goes_on, solved + wait.astype(np.int64) // SECOND * SECOND, NEVER)
            resolved = self._after(tickets, reopened, self._lasting(draws, f"again {turn}", tickets, _AGAIN_MINUTES))
            tickets.reopened.append(reopened)
            tickets.resolved.append(resolved)
            solved = np.maximum(solved, resolved)
        tickets.closed = solved + _CLOSES_AFTER


def channel_queue(tickets: Tickets) -> Ints:
    """The queue a ticket is opened for: 0 frontline, 1 technical, 2 billing, by its category."""
    return np.array([0, 2, 1, 1, 0, 0])[tickets.category]


def scored(tickets: Tickets, uniforms: Floats) -> Ints:
    """A csat score from 1 to 5: the mood, less for every reopening and for a reply that took long."""
    waited = np.log1p((tickets.first_reply - tickets.created) / (8 * HOUR))
    feeling = tickets.mood - 0.15 * tickets.reopens - 0.2 * waited + 1.1
    shares = weighted(uniforms, (0.06, 0.06, 0.13, 0.3, 0.45))
    shift = np.clip(np.round(feeling - 1.0), -3, 1).astype(np.int64)
    return np.clip(shares + 1 + shift, 1, 5)
