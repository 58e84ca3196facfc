"""What happened on a ticket, told from its log: docs/ticket-metrics.md, read aloud.

Everything here is cut at the as_of already: it happened by then and was known by then. What is told of a moment before
the opening counts from the opening; solves and replies before it count for nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

from tests.reference.business import Hours, hours_of, second_of
from tests.reference.known import Known, Row, by_key

SOLVED = ("solved", "closed")
CLOSED = (*SOLVED, "deleted")
#: So long after the opening an agent's message may be what the ticket was opened with.
OPENING = timedelta(minutes=1)
#: A promise in business time that would fall due later than so many days from now has not fallen due.
AHEAD = 400 * 86_400


class Case:
    """One ticket and its log.

    Attributes:
        ticket: its row.
        hours: its business hours; None where it has none.
        steps: each status with the moment from which it holds, in order, from the opening on.
        messages: in order of time.
        assigned: the moments at which it was given to an agent, with that agent, in order.
    """

    def __init__(self, ticket: Row, events: list[Row], messages: list[Row], hours: Hours | None) -> None:
        self.ticket, self.hours, self.messages = ticket, hours, sorted(messages, key=lambda row: row["moment"])
        self.opened: datetime = ticket["created_at"]
        log = sorted(events, key=lambda row: (row["moment"], row["seq"] or 0))
        told = [row for row in log if row["value"] is not None]
        self.assigned = [(row["moment"], row["value"]) for row in told if row["field"] == "assignee"]
        changes = [(row["moment"], row["value"]) for row in told if row["field"] == "status"]
        was_new = [] if changes and changes[0][0] <= self.opened else [(self.opened, "new")]
        self.steps = [(max(moment, self.opened), status) for moment, status in was_new + changes]
        self._too_early = sum(moment < self.opened for moment, _ in changes)

    @property
    def is_open(self) -> bool:
        return self.steps[-1][1] not in CLOSED

    @property
    def is_dropped(self) -> bool:
        """Whether it ended without being solved: deleted once, or told to be closed before it was opened."""
        closed_early = any(status in SOLVED for _, status in self.steps[: self._too_early])
        return closed_early or any(status == "deleted" for _, status in self.steps)

    def reopened(self) -> list[datetime]:
        """When it was taken up again."""
        return [moment for (_, old), (moment, new) in pairwise(self.steps) if old in SOLVED and new not in CLOSED]

    def solved(self) -> list[datetime]:
        """When it was solved, or closed straight from an open status."""
        before = ["new", *(status for _, status in self.steps)]
        return [
            moment
            for number, (moment, status) in enumerate(self.steps)
            if status in SOLVED and before[number] not in CLOSED and number >= self._too_early
        ]

    def spent(self, until: datetime) -> dict[str, int]:
        """Seconds in each status from the opening to a moment."""
        spent: dict[str, int] = {}
        for (since, status), (end, _) in pairwise([*self.steps, (until, "")]):
            spent[status] = spent.get(status, 0) + max(0, apart(since, min(end, until)))
        return spent

    def handed_on(self) -> list[datetime]:
        """When it went from one agent to another."""
        return [max(moment, self.opened) for (_, old), (moment, new) in pairwise(self.assigned) if old != new]

    def replies(self) -> list[tuple[bool, datetime, datetime]]:
        """The waits that ended with a public message of an agent: whether it was the first, from when, until when."""
        return [(is_first, since, until) for is_first, since, until in self.waits() if until is not None]

    def waits(self) -> list[tuple[bool, datetime, datetime | None]]:
        """All waits, those that last without an end."""
        found: list[tuple[bool, datetime, datetime | None]] = []
        for is_first, asked in self._asked():
            since = self.opened if is_first else max(asked["moment"], self.opened)
            answers = [row["moment"] for row in self._talk() if row["author_role"] == "agent"]
            if asked["author_role"] == "agent" and not self._opens_the_ticket(asked):
                replied = asked["moment"]
            else:
                replied = min((moment for moment in answers if moment > asked["moment"]), default=None)
            found.append((is_first, since, replied if replied is not None and replied >= self.opened else None))
        return found

    def was_closed(self, since: datetime, until: datetime | None) -> bool:
        """Whether it was solved, closed or deleted between two moments, or since one."""
        ends = [moment for moment, status in self.steps if status in CLOSED and moment > since]
        return any(until is None or moment < until for moment in ends)

    def first_reply(self) -> datetime | None:
        return next((replied for is_first, _, replied in self.replies() if is_first), None)

    def _talk(self) -> list[Row]:
        """What customers and agents wrote to each other, customers first where two wrote at one moment."""
        public = [row for row in self.messages if row["public"] and row["author_role"] in ("customer", "agent")]
        return sorted(public, key=lambda row: (row["moment"], row["author_role"] == "agent"))

    def _asked(self) -> Iterator[tuple[bool, Row]]:
        """What waits for a reply: the first message, and the first of the customer after each of an agent."""
        for number, row in enumerate(self._talk()):
            is_next = row["author_role"] == "customer" and self._talk()[number - 1]["author_role"] == "agent"
            if number == 0 or is_next:
                yield number == 0, row

    def _opens_the_ticket(self, row: Row) -> bool:
        """Whether an agent's first message is what the ticket was opened with: at once and with nothing before."""
        others = [other for other in self.messages if not other["public"] or other["author_role"] in (None, "system")]
        was_there = any(other["moment"] <= row["moment"] for other in others)
        return row["moment"] <= self.opened + OPENING and not was_there

    def business(self, since: datetime, until: datetime) -> int | None:
        return self.hours.seconds(second_of(since), second_of(until)) if self.hours else None


def cases_of(known: Known) -> list[Case]:
    """Every ticket that was known, with its log."""
    hours = hours_of(known)
    logs: dict[str, dict[str, list[Row]]] = {"ticket_events": {}, "messages": {}}
    for table, of_ticket in logs.items():
        for row in known.placed(table):
            of_ticket.setdefault(row["ticket_id"], []).append(row)
    return [
        Case(ticket, *(log.get(ticket["ticket_id"], []) for log in logs.values()), hours.get(ticket["schedule_id"]))
        for ticket in known.placed("tickets")
    ]


def apart(since: datetime, until: datetime) -> int:
    """Seconds between two moments, each cut to its second."""
    return second_of(until) - second_of(since)


def solve_of(case: Case, solved: datetime) -> dict[str, Any]:
    """What a ticket took until it was solved."""
    spent = case.spent(solved)
    new, still_open, hold, pending = (spent.get(status, 0) for status in ("new", "open", "hold", "pending"))
    return {
        "requester_wait": new + still_open + hold,
        "agent_wait": pending,
        "on_hold": hold,
        "agent_work": new + still_open,
        "touches": sum(
            bool(row["public"]) and row["author_role"] == "agent" and row["moment"] <= solved for row in case.messages
        ),
    }


def promises_of(known: Known, case: Case) -> list[tuple[int, bool]]:
    """What was promised and has fallen due: the second at which it did, and whether it was kept.

    What is solved in time needs no reply.
    """
    plan = by_key(known.table("accounts"), "account_id").get(case.ticket["account_id"], {}).get("support_plan")
    targets = by_key(known.table("sla_targets"), "support_plan", "priority")
    target = targets.get((plan, case.ticket["priority"]), {}) if plan else {}
    replied, solved = case.first_reply(), next(iter(case.solved()), None)
    found = []
    for promise, done in (("first_response_minutes", (replied, solved)), ("resolution_minutes", (solved,))):
        due = _due(case, (target.get(promise) or 0) * 60, bool(target.get("business_hours")), second_of(known.now))
        if due is not None and due <= second_of(known.now):
            found.append((due, any(moment is not None and second_of(moment) <= due for moment in done)))
    return found


def _due(case: Case, seconds: int, in_business: bool, now: int) -> int | None:
    if seconds <= 0:
        return None
    opened = second_of(case.opened)
    if not in_business:
        return opened + seconds
    return case.hours.after(opened, seconds, now + AHEAD) if case.hours else None
