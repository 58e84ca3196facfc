"""The small expressions of the catalogue as Python, keyed by their text: what a value is, and which facts count.

A `Fact` is a row of a stream whose names are attributes; `now` is the as_of in UTC. A comparison with nothing is false.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any

from churnrisk.features import Catalogue
from tests.reference.known import Known

Fact = SimpleNamespace

VALUES: dict[str, Callable[[Any], Any]] = {
    name: lambda fact, name=name: getattr(fact, name)
    for name in (
        *("contact_id", "category", "metric", "agent_id", "first_response", "resolution", "waited", "waited_business"),
        *("requester_wait", "agent_wait", "on_hold", "agent_work", "touches", "sentiment", "score", "amount", "people"),
        *("mrr", "seats", "auto_renew", "growth", "share", "tickets"),
    )
} | {
    "kept_v is null": lambda fact: not fact.is_kept,
    "resolution is null": lambda fact: fact.resolution is None,
    "(now - moment) / 1000000.0": lambda fact: waited_until(fact.now, fact.since),
    "in_hours = 0": lambda fact: fact.in_hours == 0,
    "sentiment < -0.3": lambda fact: fact.sentiment is not None and fact.sentiment < -0.3,
    "responded_at is not null": lambda fact: fact.responded_at is not None,
    "renewal_day": lambda fact: None if fact.renewal_at is None else fact.day_of(fact.renewal_at),
    "rise - greatest(growth, 0)": lambda fact: fact.rise - max(fact.growth or 0, 0),
    "case when paid_at is null then 1 else 0 end": lambda fact: 1 if fact.paid_at is None else 0,
    "paid_at is null or paid_at > due_at": lambda fact: fact.paid_at is None or fact.paid_at > fact.due_at,
}

CONDITIONS: dict[str, Callable[[Any], bool]] = {
    "": lambda _: True,
    "priority in ('high', 'urgent')": lambda fact: fact.priority in ("high", "urgent"),
    "first_response is not null or resolution is null": lambda fact: (
        fact.first_response is not None or fact.resolution is None
    ),
    "first_response is null and resolution is null": lambda fact: (
        fact.first_response is None and fact.resolution is None
    ),
    "is_first": lambda fact: fact.is_first,
    "waited is null": lambda fact: fact.waited is None,
    "in_hours is not null": lambda fact: fact.in_hours is not None,
    "sentiment < -0.3": lambda fact: fact.sentiment is not None and fact.sentiment < -0.3,
    "sentiment is not null": lambda fact: fact.sentiment is not None,
    "intent is not null": lambda fact: fact.intent is not None,
    "kind = 'csat'": lambda fact: fact.kind == "csat",
    "kind = 'nps'": lambda fact: fact.kind == "nps",
    "kind = 'ces'": lambda fact: fact.kind == "ces",
    "kind = 'csat' and score <= 2": lambda fact: fact.kind == "csat" and fact.score is not None and fact.score <= 2,
    "amount > 0": lambda fact: fact.amount is not None and fact.amount > 0,
    "ended_at is null": lambda fact: fact.ended_at is None,
    "ended_at is null and notice_at is null": lambda fact: fact.ended_at is None and fact.notice_at is None,
    "notice_at is not null and ended_at is null": lambda fact: fact.notice_at is not None and fact.ended_at is None,
    "auto_renew is not null and ended_at is null": lambda fact: fact.auto_renew is not None and fact.ended_at is None,
    "rise is not null": lambda fact: fact.rise is not None,
    "growth is not null": lambda fact: fact.growth is not None,
    "role = 'champion'": lambda fact: fact.role == "champion",
    "role = 'champion' and left_at is null": lambda fact: fact.role == "champion" and fact.left_at is None,
    "left_at is null": lambda fact: fact.left_at is None,
}


def missing_words(catalogue: Catalogue) -> list[str]:
    """The expressions of a catalogue that nobody has told in Python yet."""
    values = {feature.value for feature in catalogue.features if feature.value}
    conditions = {feature.where for feature in catalogue.features}
    return sorted((values - set(VALUES)) | (conditions - set(CONDITIONS)))


def fact_of(row: dict[str, Any], known: Known) -> Fact:
    """A row as expressions read it."""
    return Fact(**row, now=known.now, day_of=known.day)


def waited_until(now: datetime, since: datetime) -> float:
    """Seconds, also parts of one."""
    return (now - since) / timedelta(seconds=1)
