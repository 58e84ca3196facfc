"""The help desk's records: tickets, their events, the surveys after them, and the quarterly question."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from churnrisk.extract.simulated import frames
from churnrisk.extract.simulated.casework import CATEGORIES, CHANNELS, Tickets, channel_queue, scored
from churnrisk.extract.simulated.clock import DAY, HOUR, MINUTE, NEVER, SECOND, Clock
from churnrisk.extract.simulated.draws import Bools, Draws, Floats, Ints
from churnrisk.extract.simulated.names import LANGUAGES
from churnrisk.extract.simulated.people import People
from churnrisk.extract.simulated.population import Population
from churnrisk.extract.simulated.staff import PRIORITIES, SCHEDULE_IDS, TEAMS, Staff
from churnrisk.extract.simulated.wording import Wording

STATUSES = ("new", "open", "pending", "hold", "solved", "closed")
NEW, OPEN, PENDING, HOLD, SOLVED, CLOSED = range(len(STATUSES))
ROLES = ("customer", "agent", "system")
CUSTOMER, AGENT, SYSTEM = range(len(ROLES))
#: Shares: tickets recorded some days late, solved tickets asked about, answers to that, answers with a comment.
_LATE_SHARE, _ASKED_SHARE, _ANSWER_SHARE, _COMMENT_SHARE = 0.004, 0.7, 0.38, 0.45
_ESCALATED_SHARE, _RAISED_SHARE = 0.07, 0.05
_NPS_WEEKS, _NPS_ANSWERS = 13, 0.3


def ticket_ids(keys: Ints) -> pa.Array:
    """The ids of tickets, from their keys."""
    return frames.numbered("T", keys)


class HelpDesk:
    """Turns casework into rows; every row of a ticket that was recorded late is late."""

    def __init__(self, population: Population, clock: Clock, people: People, staff: Staff, wording: Wording) -> None:
        self._population = population
        self._clock = clock
        self._people = people
        self._staff = staff
        self._wording = wording

    def recorded(self, draws: Draws, tickets: Tickets) -> Ints:
        """The moment (UTC) before which nothing of a ticket is known: its creation, or days later for a few."""
        late = draws.uniform("late", tickets.key) < _LATE_SHARE
        delay = np.where(late, DAY * (1 + 4 * draws.uniform("lateness", tickets.key)), 0).astype(np.int64)
        return self._clock.to_utc(tickets.created) + delay // SECOND * SECOND

    def tickets(self, draws: Draws, tickets: Tickets, recorded: Ints) -> pa.Table:
        """The tickets as they were opened."""
        return frames.build(
            "tickets",
            ticket_id=ticket_ids(tickets.key),
            account_id=self._population.account_ids.take(pa.array(tickets.account)),
            contact_id=self._people.writers(tickets.account, draws.uniform("writer", tickets.key)),
            created_at=self._clock.to_utc(tickets.created),
            channel=frames.labels(CHANNELS, tickets.channel),
            queue=frames.labels(TEAMS, channel_queue(tickets)),
            priority=frames.labels(PRIORITIES, tickets.priority),
            category=frames.labels(CATEGORIES, tickets.category),
            language=frames.labels(LANGUAGES, tickets.language),
            subject=self._wording.subjects(draws, tickets),
            schedule_id=frames.labels(SCHEDULE_IDS, tickets.schedule),
            known_at=recorded,
        )

    def events(self, draws: Draws, tickets: Tickets, recorded: Ints) -> pa.Table:
        """Every change of the tickets. `seq` numbers the kinds of change in the order of a ticket's life."""
        agents = self._staff.assign(
            tickets.language, self._clock.to_utc(tickets.created), draws.uniform("agent", tickets.key)
        )
        blocks = [
            self._status(tickets, tickets.created, NEW, CUSTOMER),
            _Block(tickets.assigned, "assignee", agents, SYSTEM),
            self._status(tickets, tickets.assigned + MINUTE, OPEN, AGENT),
            *self._transfers(draws, tickets),
            self._status(tickets, tickets.first_reply, PENDING, AGENT),
        ]
        for asked, answered in zip(tickets.asked, tickets.answered, strict=True):
            blocks += [self._status(tickets, asked, OPEN, CUSTOMER), self._status(tickets, answered, PENDING, AGENT)]
        blocks += [
            self._status(tickets, tickets.held, HOLD, AGENT),
            self._status(tickets, tickets.solved, SOLVED, AGENT),
        ]
        for reopened, resolved in zip(tickets.reopened, tickets.resolved, strict=True):
            blocks += [self._status(tickets, reopened, OPEN, CUSTOMER), self._status(tickets, resolved, SOLVED, AGENT)]
        blocks.append(self._status(tickets, tickets.closed, CLOSED, SYSTEM))
        return self._event_rows(tickets, blocks, recorded)

    def surveys(self, draws: Draws, tickets: Tickets, recorded: Ints) -> pa.Table:
        """The csat question a day after the solution, told when sent and when answered; none before its ticket."""
        asked = np.flatnonzero(draws.uniform("asked", tickets.key) < _ASKED_SHARE)
        keys = tickets.key[asked]
        sent = np.maximum(self._clock.to_utc(tickets.last_solved[asked] + 20 * HOUR), recorded[asked] + HOUR)
        uniforms = draws.uniform("answers", keys)
        answered = np.where(uniforms < _ANSWER_SHARE, sent + _patience(draws.uniform("answer wait", keys)), NEVER)
        score = scored(tickets, draws.uniform("csat", tickets.key))[asked]
        comments = self._wording.comments(draws, keys, tickets.language[asked], score <= 2, score >= 4, _COMMENT_SHARE)
        accounts = tickets.account[asked]
        return self._survey_rows(
            "csat", frames.numbered("V", keys), accounts, ticket_ids(keys), sent, answered, score, comments
        )

    def quarterly(self, week: int, draws: Draws, live: Bools, moods: Floats) -> pa.Table:
        """The nps question, put to each account every thirteen weeks."""
        chance = draws.stream("nps")
        uniforms, noise = chance.random((3, len(live))), chance.standard_normal(len(live))
        asked = np.flatnonzero(live & ((np.arange(len(live)) + week) % _NPS_WEEKS == 0))
        local = self._clock.week_start(week) + DAY + 9 * HOUR + (uniforms[2] * 3600).astype(np.int64)[asked] * SECOND
        sent = self._clock.to_utc(local)
        answered = np.where(uniforms[0][asked] < _NPS_ANSWERS, sent + _patience(uniforms[1][asked]), NEVER)
        score = np.clip(np.round(7.4 + 1.3 * moods[asked] + 1.5 * noise[asked]), 0, 10).astype(np.int64)
        keys = asked * 1000 + week
        languages = self._population.language[asked]
        comments = self._wording.comments(draws, keys, languages, score <= 6, score >= 9, _COMMENT_SHARE)
        ids = frames.numbered("N", asked + 1, np.full(len(asked), week + 1))
        return self._survey_rows("nps", ids, asked, None, sent, answered, score, comments)

    def _transfers(self, draws: Draws, tickets: Tickets) -> list[_Block]:
        """Some are handed to the technical team, some get a higher priority while they are worked on."""
        between = (tickets.assigned + tickets.first_reply) // 2
        handed = draws.uniform("escalated", tickets.key) < _ESCALATED_SHARE
        raised = (draws.uniform("raised", tickets.key) < _RAISED_SHARE) & (tickets.priority < 3)
        queue = frames.labels(TEAMS, np.ones(len(tickets.key), np.int64))
        priority = frames.labels(PRIORITIES, np.minimum(tickets.priority + 1, 3))
        return [
            _Block(np.where(handed, between, NEVER), "queue", queue, AGENT),
            _Block(np.where(raised, between, NEVER), "priority", priority, AGENT),
        ]

    def _status(self, tickets: Tickets, at: Ints, status: int, role: int) -> _Block:
        return _Block(at, "status", frames.labels(STATUSES, np.full(len(tickets.key), status)), role)

    def _event_rows(self, tickets: Tickets, blocks: list[_Block], recorded: Ints) -> pa.Table:
        moments = np.array([block.at for block in blocks])
        seq, ticket = np.nonzero(moments != NEVER)
        at = self._clock.to_utc(moments[seq, ticket])
        values = pa.concat_arrays([block.values for block in blocks]).take(pa.array(seq * len(tickets.key) + ticket))
        return frames.build(
            "ticket_events",
            ticket_id=ticket_ids(tickets.key[ticket]),
            at=at,
            seq=seq,
            field=pa.array([block.field for block in blocks]).take(pa.array(seq)),
            value=values,
            actor_role=frames.labels(ROLES, np.array([block.role for block in blocks])[seq]),
            known_at=np.maximum(at, recorded[ticket]),
        )

    def _survey_rows(
        self,
        kind: str,
        ids: pa.Array,
        accounts: Ints,
        tickets: pa.Array | None,
        sent: Ints,
        answered: Ints,
        score: Ints,
        comments: pa.Array,
    ) -> pa.Table:
        asked = frames.build(
            "surveys",
            survey_id=ids,
            account_id=self._population.account_ids.take(pa.array(accounts)),
            ticket_id=pa.nulls(len(ids), pa.string()) if tickets is None else tickets,
            kind=frames.labels((kind,), np.zeros(len(ids), np.int64)),
            sent_at=sent,
            known_at=sent,
        )
        with_answer = frames.replaced(asked, responded_at=answered, score=score, comment=comments, known_at=answered)
        return pa.concat_tables([asked, with_answer.filter(pa.array(answered != NEVER))])


class _Block:
    """One kind of change for all tickets of a week; `at` is NEVER where it does not happen."""

    def __init__(self, at: Ints, field: str, values: pa.Array, role: int) -> None:
        self.at, self.field, self.values, self.role = at, field, values, role


def _patience(uniforms: Floats) -> Ints:
    """How long people take to answer: half of them within a day, nobody more than twelve days."""
    return (HOUR + uniforms**3 * 12 * DAY).astype(np.int64) // SECOND * SECOND
