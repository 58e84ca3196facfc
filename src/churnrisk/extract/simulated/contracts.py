"""Contracts: how they start, renew, grow, become dearer, are given notice of, and end.

A row of `subscriptions` is told in versions, each known at its own moment: at the start without notice or end, at the
notice with `notice_at`, at the end with `ended_at`. A change of price or seats ends one row and starts the next at the
same moment, so the account stays live.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from churnrisk.extract.simulated import frames
from churnrisk.extract.simulated.clock import DAY, NEVER, Clock, working_moment
from churnrisk.extract.simulated.draws import Bools, Draws, Floats, Ints, weighted
from churnrisk.extract.simulated.population import Population

PLANS = ("starter", "team", "business")
END_REASONS = ("voluntary", "involuntary")
#: Days a contract runs before it renews, by segment: shares of half a year, a year, two years.
TERMS = np.array([182, 365, 730])
_TERM_SHARES = ((0.5, 0.45, 0.05), (0.2, 0.65, 0.15), (0.0, 0.6, 0.4))

#: Chances per week of innocent changes: more seats, fewer seats.
_WEEKLY_UPGRADE, _WEEKLY_DOWNGRADE = 0.0008, 0.0006
#: Share of renewals at which the price follows inflation, and by how much.
_INDEXATION_SHARE, _INDEXATION = 0.4, 1.02
#: The price rises that the cause `price_change` brings.
_PRICE_RISES = np.array([1.12, 1.15, 1.20])

#: How leaving goes: share that pays no more and is cut off, share that leaves without notice, the rest gives notice.
_UNPAID_SHARE, _SILENT_SHARE = 0.03, 0.10
#: Share of those giving notice that say so in tickets before.
_SAYS_SO_SHARE = 0.6


@dataclass
class Contracts:
    """The contract of each account; moments are UTC microseconds, NEVER where it has not come to that."""

    population: Population
    clock: Clock
    generation: Ints
    plan: Ints
    seats: Ints
    mrr: Floats
    term: Ints
    started_at: Ints
    renewal_at: Ints
    notice_at: Ints
    ended_at: Ints
    involuntary: Bools
    decided_week: Ints
    says_so: Bools
    auto_renew: Bools

    def is_live_at(self, moment: int) -> Bools:
        """Whether the contract runs at that moment; half-open at its end."""
        began = (self.started_at != NEVER) & (self.population.created_at <= moment)
        return began & ((self.ended_at == NEVER) | (self.ended_at > moment))

    def is_undecided(self) -> Bools:
        """Whether the account has not decided to leave."""
        return self.decided_week < 0

    def has_given_notice_by(self, moment: int) -> Bools:
        """Whether the customer has said that it will leave."""
        return (self.notice_at != NEVER) & (self.notice_at <= moment)

    def start(self, chosen: Ints) -> pa.Table:
        """The first contracts of those accounts; a contract older than its term has already renewed."""
        created, term = self.population.created_at[chosen], self.term[chosen] * DAY
        passed = np.maximum(self.clock.week_start_utc(0) - created, 0) // term
        self.started_at[chosen] = created
        self.renewal_at[chosen] = created + (passed + 1) * term
        return self._rows(chosen, created)

    def renew(self, week_end: int, draws: Draws) -> list[pa.Table]:
        """Contracts whose renewal falls before the week's end: prolonged, or replaced at a slightly higher price."""
        due = (self.renewal_at != NEVER) & (self.renewal_at < week_end) & self.is_undecided() & (self.ended_at == NEVER)
        rises = due & (draws.stream("indexation").random(len(due)) < _INDEXATION_SHARE)
        at = self.renewal_at.copy()
        self.renewal_at = np.where(due, self.renewal_at + self.term * DAY, self.renewal_at)
        tables = self._replace(np.flatnonzero(rises), at, factor=np.full(len(due), _INDEXATION))
        prolonged = np.flatnonzero(due & ~rises)
        return [*tables, self._rows(prolonged, at[prolonged])]

    def change(self, week: int, draws: Draws, live: Bools, dearer: Bools) -> list[pa.Table]:
        """Price rises where the cause `price_change` starts, and innocent changes of seats elsewhere."""
        chance = draws.stream("contract changes")
        uniforms = chance.random((4, len(live)))
        at = self.clock.to_utc(self.clock.week_start(week) + working_moment(uniforms[0]))
        more = live & self.is_undecided() & (uniforms[1] < _WEEKLY_UPGRADE) & ~dearer
        fewer = live & self.is_undecided() & (uniforms[1] > 1 - _WEEKLY_DOWNGRADE) & ~dearer
        tables = self._replace(
            np.flatnonzero(dearer), at, factor=_PRICE_RISES[np.floor(3 * uniforms[2]).astype(np.int64)]
        )
        seats = np.where(more, 1.15 + 0.35 * uniforms[2], np.where(fewer, 0.9 - 0.25 * uniforms[2], 1.0))
        changing = (more | fewer) & (self.seats >= 4)
        before = self.seats.copy()
        self.seats = np.where(changing, np.maximum(2, np.round(self.seats * seats)).astype(np.int64), self.seats)
        return [*tables, *self._replace(np.flatnonzero(changing), at, self.seats / before, before)]

    def decide(self, week: int, draws: Draws, decides: Bools) -> None:
        """Plan how those accounts leave: when they say so, when the contract ends, and of whose will."""
        chance = draws.stream("leaving")
        uniforms = chance.random((5, len(decides)))
        way = weighted(uniforms[0], (_UNPAID_SHARE, _SILENT_SHARE, 1 - _UNPAID_SHARE - _SILENT_SHARE))
        next_week = self.clock.week_start(week + 1)
        pondering = np.floor(uniforms[1] * 5).astype(np.int64) * 7 * DAY
        notice = self.clock.to_utc(next_week + pondering + working_moment(uniforms[2]))
        days_to_end = np.select(
            [way == 0, way == 1], [42 + uniforms[3] * 28, 21 + uniforms[3] * 35], 20 + uniforms[3] * 40
        )
        end = notice + days_to_end.astype(np.int64) * DAY
        self.notice_at = np.where(decides & (way == 2), notice, self.notice_at)
        self.ended_at = np.where(decides, end, self.ended_at)
        self.involuntary |= decides & (way == 0)
        self.says_so |= decides & (way == 2) & (uniforms[4] < _SAYS_SO_SHARE)
        self.decided_week = np.where(decides, week, self.decided_week)

    def depart(self, start: int, end: int, reasons: pa.Array) -> dict[str, list[pa.Table]]:
        """The notices given and the contracts ended in `[start, end)`; `reasons` are the words of each account."""
        noticed = np.flatnonzero((self.notice_at >= start) & (self.notice_at < end))
        ended = np.flatnonzero((self.ended_at >= start) & (self.ended_at < end))
        events = frames.build(
            "churn_events",
            account_id=self.population.account_ids.take(pa.array(ended)),
            at=self.ended_at[ended],
            reason=reasons.take(pa.array(ended)),
            voluntary=~self.involuntary[ended],
            known_at=self.ended_at[ended] + ended % 3 * DAY,  # written down the same day or up to two days later
        )
        notices = self._rows(noticed, self.notice_at[noticed], with_notice=True)
        ends = self._rows(ended, self.ended_at[ended], with_notice=True, with_end=True)
        return {"subscriptions": [notices, ends], "churn_events": [events]}

    def _replace(self, chosen: Ints, at: Ints, factor: Floats, seats_before: Ints | None = None) -> list[pa.Table]:
        """End the present rows and start new ones at the same moment, at another price."""
        moment = at[chosen]
        seats = self.seats if seats_before is None else seats_before
        closing = self._rows(chosen, moment, seats=seats)
        closing = frames.replaced(closing, ended_at=moment)
        self.generation[chosen] += 1
        self.started_at[chosen] = moment
        self.mrr[chosen] = np.round(self.mrr[chosen] * factor[chosen], 2)
        return [closing, self._rows(chosen, moment)]

    def _rows(
        self, chosen: Ints, known_at: Ints, with_notice: bool = False, with_end: bool = False, seats: Ints | None = None
    ) -> pa.Table:
        """One version of the present contract row of each chosen account."""
        if not len(chosen):
            return frames.empty("subscriptions")
        nothing = np.full(len(chosen), NEVER)
        reason = self.involuntary[chosen].astype(np.int64) if with_end else np.full(len(chosen), -1)
        return frames.build(
            "subscriptions",
            subscription_id=frames.numbered("S", chosen + 1, self.generation[chosen]),
            account_id=self.population.account_ids.take(pa.array(chosen)),
            plan=frames.labels(PLANS, self.plan[chosen]),
            seats=(self.seats if seats is None else seats)[chosen],
            mrr=self.mrr[chosen],
            currency=frames.labels(("EUR",), np.zeros(len(chosen), np.int64)),
            started_at=self.started_at[chosen],
            ended_at=self.ended_at[chosen] if with_end else nothing,
            renewal_at=self.renewal_at[chosen],
            notice_at=self.notice_at[chosen] if with_notice else nothing,
            auto_renew=self.auto_renew[chosen],
            end_reason=frames.labels(END_REASONS, reason),
            known_at=known_at,
        )


def sign(population: Population, clock: Clock, founding: Draws) -> Contracts:
    """The terms each account will sign when it comes."""
    chance = founding.stream("contracts")
    n = population.size
    uniforms = chance.random(n)
    term_index = np.array([weighted(uniforms, shares) for shares in _TERM_SHARES])[population.segment, np.arange(n)]
    return Contracts(
        population=population,
        clock=clock,
        generation=np.ones(n, np.int64),
        plan=np.clip(population.segment + weighted(chance.random(n), (0.2, 0.6, 0.2)) - 1, 0, 2),
        seats=population.seats.copy(),
        mrr=population.mrr.copy(),
        term=TERMS[term_index],
        started_at=np.full(n, NEVER),
        renewal_at=np.full(n, NEVER),
        notice_at=np.full(n, NEVER),
        ended_at=np.full(n, NEVER),
        involuntary=np.zeros(n, bool),
        decided_week=np.full(n, -1),
        says_so=np.zeros(n, bool),
        auto_renew=chance.random(n) < 0.8,
    )
