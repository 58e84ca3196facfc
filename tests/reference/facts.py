"""The streams, each as the list of its facts at the as_of: what happened, to which account, on which day.

A fact is a plain row with `account_id`, `day`, and the columns that features read. Where a stream is about tickets,
`desk` tells what happened on them.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from fractions import Fraction
from typing import Any

from tests.reference.business import second_of
from tests.reference.desk import Case, cases_of, promises_of, solve_of
from tests.reference.known import EPOCH, Known, Row, by_key
from tests.reference.rounding import parts_of

Facts = list[Row]

#: Days for which an agent is one of those who serve an account, over which its load is counted, and over which leaving
#: is counted among accounts that are alike.
SERVES, LOAD, LATELY = 180, 30, 180
#: Days between two contracts, at most, where one takes the place of the other.
PAUSE = 90


class Streams:
    """Every stream by its name in the catalogue, at one as_of."""

    def __init__(self, known: Known) -> None:
        self.known = known
        self._cases = cases_of(known)
        self._assigned = self.assigned()

    def of(self, name: str) -> Facts:
        """The facts of a stream."""
        told: Callable[[], Facts] = getattr(self, name)
        return told()

    # What was asked and written -----------------------------------------------------------------------------------

    def tickets(self) -> Facts:
        return self.known.placed("tickets")

    def messages(self) -> Facts:
        """What customers wrote."""
        tickets = by_key(self.known.placed("tickets"), "ticket_id")
        return [
            {**row, "account_id": tickets[row["ticket_id"]]["account_id"]}
            for row in self.known.placed("messages")
            if row["author_role"] == "customer" and row["ticket_id"] in tickets
        ]

    def scores(self) -> Facts:
        """What a text model read in it; of two models the newer."""
        written = by_key(self.messages(), "message_id")
        readings = sorted(
            self.known.placed("message_scores"), key=lambda row: (len(row["model_version"]), row["model_version"])
        )
        return [
            {**row, "account_id": written[message]["account_id"]}
            for message, row in by_key(readings, "message_id").items()
            if message in written
        ]

    def answers(self) -> Facts:
        """Surveys that were answered, when they were."""
        return self.known.placed("surveys", at="responded_at")

    def sent(self) -> Facts:
        return self.known.placed("surveys")

    # What became of tickets ---------------------------------------------------------------------------------------

    def cases(self) -> Facts:
        """Tickets at their opening, with what became of them; without those that were dropped."""
        return [self._of(case, case.opened, **self._outcome(case)) for case in self._cases if not case.is_dropped]

    def asked_cases(self) -> Facts:
        return self.cases()

    def _outcome(self, case: Case) -> dict[str, Any]:
        replied, solved = case.first_reply(), next(iter(case.solved()), None)
        return {
            "first_response": None if replied is None else second_of(replied) - second_of(case.opened),
            "resolution": None if solved is None else second_of(solved) - second_of(case.opened),
        }

    def open(self) -> Facts:
        return [self._of(case, case.opened) for case in self._cases if case.is_open]

    def replies(self) -> Facts:
        """Waits of customers, when they ended."""
        return [
            self._of(
                case,
                replied,
                is_first=is_first,
                waited=second_of(replied) - second_of(asked),
                waited_business=case.business(asked, replied),
            )
            for case in self._cases
            for is_first, asked, replied in case.replies()
        ]

    def waits(self) -> Facts:
        """Customers who wrote again and wait, when they did, until the ticket is closed without a reply."""
        return [
            self._of(case, asked, since=asked, waited=None if until is None else second_of(until) - second_of(asked))
            for case in self._cases
            for is_first, asked, until in case.waits()
            if not is_first and not case.was_closed(asked, until)
        ]

    def solves(self) -> Facts:
        return [self._of(case, moment, **solve_of(case, moment)) for case in self._cases for moment in case.solved()]

    def reopens(self) -> Facts:
        return [self._of(case, moment) for case in self._cases for moment in case.reopened()]

    def handoffs(self) -> Facts:
        return [self._of(case, moment) for case in self._cases for moment in case.handed_on()]

    def promises(self) -> Facts:
        """Promises, when they fell due."""
        return [
            self._of(case, _instant(due), is_kept=is_kept)
            for case in self._cases
            if not case.is_dropped
            for due, is_kept in promises_of(self.known, case)
        ]

    def agent_messages(self) -> Facts:
        """What agents wrote, also among themselves, and whether the second in which they did is business time."""
        return [
            self._of(case, row["moment"], in_hours=self._in_hours(case, row["moment"]))
            for case in self._cases
            for row in case.messages
            if row["author_role"] == "agent"
        ]

    def _in_hours(self, case: Case, moment: datetime) -> int | None:
        second = second_of(moment)
        return case.hours.seconds(second, second + 1) if case.hours else None

    def _of(self, case: Case, moment: datetime, **columns: Any) -> Row:
        day = self.known.day(moment)
        about = {
            "ticket_id": case.ticket["ticket_id"],
            "account_id": case.ticket["account_id"],
            "day": day,
            "moment": moment,
            "since": case.opened,
        }
        return {**about, "priority": case.ticket["priority"], **columns}

    # What was used, bought and paid -------------------------------------------------------------------------------

    def usage(self) -> Facts:
        """Days with a row of usage: what was counted, all metrics together, and the most people of any."""
        days: dict[tuple[str, int], Facts] = {}
        for row in self.known.placed("usage"):
            days.setdefault((row["account_id"], row["day"]), []).append(row)
        return [
            {
                "account_id": account,
                "day": day,
                "amount": _total(row["value"] for row in rows),
                "people": max((row["active_users"] for row in rows if row["active_users"] is not None), default=None),
            }
            for (account, day), rows in days.items()
        ]

    def metrics(self) -> Facts:
        return [row for row in self.known.placed("usage") if row["value"] is not None and row["value"] > 0]

    def accounts(self) -> Facts:
        return self.known.placed("accounts")

    def subscriptions(self) -> Facts:
        return self.known.placed("subscriptions")

    def terms(self) -> Facts:
        """What contracts said, and from when until when: until they ended, or said something else."""
        told: dict[str, Facts] = {}
        for row in self.known.versions("subscriptions"):
            told.setdefault(row["subscription_id"], []).append(row)
        found = []
        for versions in told.values():
            for number, row in enumerate(versions):
                ends = [None if row["ended_at"] is None else self.known.day(row["ended_at"]), row["gone_day"]]
                ended = min((day for day in ends if day is not None), default=None)
                day = self.known.day(row["happened_at"]) if number == 0 else row["seen_day"]
                found.append({**row, "day": day, "moment": row["happened_at"], "ended_day": ended})
        return found

    def ended(self) -> Facts:
        return self.known.placed("subscriptions", at="ended_at")

    def prices(self) -> Facts:
        """Contracts that took the place of one: by how much price and seats are more than before."""
        found = []
        for row in self.subscriptions():
            ended = [old for old in self.subscriptions() if self._is_before(old, row)]
            if ended:
                old = min(ended, key=lambda old: _nearness(old, row))
                rise = _more(old["mrr"], row["mrr"]) if old["currency"] == row["currency"] else None
                found.append({**row, "rise": rise, "growth": _more(old["seats"], row["seats"])})
        return found

    def _is_before(self, old: Row, row: Row) -> bool:
        """Whether a contract of the same account had ended when this one began, and not long ago."""
        if old["account_id"] != row["account_id"] or old["ended_at"] is None or old["ended_at"] > row["moment"]:
            return False
        return self.known.day(old["ended_at"]) >= row["day"] - PAUSE

    def due(self) -> Facts:
        """Invoices, when they fell due; credit notes do not."""
        return [row for row in self.known.placed("invoices", at="due_at") if row["amount"] and row["amount"] > 0]

    def orders(self) -> Facts:
        """Invoices of accounts that have no subscription and had none."""
        under_contract = {row["account_id"] for row in self.subscriptions()}
        return [row for row in self.known.placed("invoices") if row["account_id"] not in under_contract]

    # Who is there, and who is like them ---------------------------------------------------------------------------

    def contacts(self) -> Facts:
        return self.known.placed("contacts")

    def contacts_gone(self) -> Facts:
        return self.known.placed("contacts", at="left_at")

    def left_in_segment(self) -> Facts:
        return self._left_in("segment")

    def left_in_industry(self) -> Facts:
        return self._left_in("industry")

    def _left_in(self, kind: str) -> Facts:
        """Of each account, the share of those alike that left lately; those that left before are not there any more."""
        alike: dict[str, list[bool]] = {}
        for row in self.accounts():
            left = self._left(row["account_id"])
            if left is None or self.known.lately(left, LATELY):
                alike.setdefault(row[kind], []).append(left is not None)
        return [
            {**row, "day": self.known.as_of, "share": sum(alike[row[kind]]) / len(alike[row[kind]])}
            for row in self.accounts()
            if row[kind] is not None and row[kind] in alike
        ]

    def _left(self, account: str) -> int | None:
        """The day an account left: of the end of its last contract and its last cancellation the later.

        While a contract lives, only a cancellation of late counts.
        """
        cancelled = [row["day"] for row in self.known.placed("churn_events") if row["account_id"] == account]
        ends = [row["ended_at"] for row in self.subscriptions() if row["account_id"] == account]
        if None in ends:
            return max((day for day in cancelled if self.known.lately(day, LATELY)), default=None)
        return max([*cancelled, *(self.known.day(end) for end in ends)], default=None)

    # Who serves it ------------------------------------------------------------------------------------------------

    def assigned(self) -> Facts:
        """Tickets given to agents, when they were."""
        return [
            {**self._of(case, moment), "agent_id": agent} for case in self._cases for moment, agent in case.assigned
        ]

    def _served(self) -> Facts:
        """Tickets given to agents lately, each with each of its agents once."""
        lately = [row for row in self._assigned if self.known.lately(row["day"], LOAD)]
        return list(by_key(sorted(lately, key=lambda row: row["day"]), "ticket_id", "agent_id").values())

    def departures(self) -> Facts:
        """Agents who left, for each account that they had served in the half year before."""
        found = set()
        for agent in self.known.placed("agents"):
            left = None if agent["left_at"] is None else self.known.day(agent["left_at"])
            for row in self._assigned:
                if left is not None and row["agent_id"] == agent["agent_id"] and left - SERVES < row["day"] <= left:
                    found.add((row["account_id"], left, agent["agent_id"]))
        return [{"account_id": account, "day": day, "agent_id": agent} for account, day, agent in found]

    def carried(self) -> Facts:
        """Each with how many tickets that agent was given, of all accounts."""
        served = self._served()
        return [{**row, "tickets": sum(other["agent_id"] == row["agent_id"] for other in served)} for row in served]

    def felt(self) -> Facts:
        """Each with what that agent last said of their work."""
        said = [row for row in self.known.placed("agent_surveys") if row["score"] is not None]
        latest = by_key(sorted(said, key=lambda row: (row["moment"], row["score"])), "agent_id")
        return [
            {**row, "score": latest[row["agent_id"]]["score"]} for row in self._served() if row["agent_id"] in latest
        ]


def _total(values: Any) -> Fraction | None:
    there = [parts_of(value) for value in values if value is not None]
    return sum(there, Fraction(0)) if there else None


def _nearness(old: Row, row: Row) -> tuple[Any, ...]:
    """The last to end, of several that with the nearest price."""
    apart = float("inf") if old["mrr"] is None or row["mrr"] is None else abs(row["mrr"] - old["mrr"])
    return -old["ended_at"].timestamp(), apart, old["subscription_id"]


def _more(before: float | None, now: float | None) -> float | None:
    return None if not before or now is None else now / before - 1


def _instant(second: int) -> datetime:
    return datetime.combine(EPOCH, datetime.min.time()) + timedelta(seconds=second)
