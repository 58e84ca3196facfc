"""Small, nasty histories: what companies' exports are like on a bad day, drawn from a seed.

Hypothesis draws how many rows there are and how many of them are late or corrected; the rest is drawn at random from a
seed, because a history has thousands of cells and only a few of them matter at a time.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from hypothesis import strategies as st

from churnrisk.tables import TABLES
from churnrisk.timeline import AsOf
from tests.support.history import Row, Tables

#: What is told lies between these days; the company stands at some of the last.
FIRST, LAST = date(2024, 9, 1), date(2026, 2, 20)
DAYS = (LAST - FIRST).days
ZONES = ("Europe/Copenhagen", "America/New_York", "Asia/Seoul")
STATUSES = ("open", "open", "pending", "hold", "solved", "solved", "closed", "deleted", "waiting for parts")
AGENTS = ("ann", "bob", "eve", "dan", "kim", "liv")
#: Weekdays, opens, closes, and the time zone: office hours in two stretches, and a night shift elsewhere.
HOURS = {
    "office": [(day, *hours, "Europe/Copenhagen") for day in range(1, 6) for hours in ((540, 720), (750, 1020))],
    "night": [(day, 1320, 1740, "America/New_York") for day in range(1, 8)],
}


@dataclass(frozen=True)
class Knobs:
    """How large and how nasty a world is.

    Attributes:
        seed: of everything that is not said here.
        accounts: how many.
        tickets: how many, of all accounts.
        late: the share of rows that are known days or weeks after they happened.
        corrected: the share of rows of which another version becomes known.
        zone: the company's time zone.
        metrics: how many things are counted in usage.
        segments: how many there are.
    """

    seed: int
    accounts: int
    tickets: int
    late: float
    corrected: float
    zone: str
    metrics: int
    segments: int


knobs = st.builds(
    Knobs,
    seed=st.integers(0, 10**9),
    accounts=st.integers(1, 14),
    tickets=st.integers(0, 30),
    late=st.sampled_from([0.0, 0.1, 0.4]),
    corrected=st.sampled_from([0.0, 0.1, 0.4]),
    zone=st.sampled_from(ZONES),
    metrics=st.integers(1, 2),
    segments=st.integers(1, 2),
)


@dataclass
class World:
    """The rows of a history, as it is drawn."""

    knobs: Knobs
    rows: dict[str, list[Row]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.random = random.Random(self.knobs.seed)
        self.known_from: datetime | None = None
        self.accounts = [f"A{number}" for number in range(self.knobs.accounts)]

    def chance(self, share: float) -> bool:
        return self.random.random() < share

    def moment(self, after: datetime | None = None, within: float = DAYS) -> datetime:
        """A moment, sooner likelier than later: often on the edge of a day, a second, or an opening hour."""
        begin = after or datetime.combine(FIRST, datetime.min.time())
        told = begin + timedelta(days=within * self.random.random() ** (2 if after else 0.7))
        edge = AsOf(told.date(), self.knobs.zone).instant
        odd = [edge, edge + timedelta(microseconds=1), edge - timedelta(seconds=1), told.replace(minute=0, second=0)]
        return self.random.choice(odd) if self.chance(0.2) else told

    def add(self, table: str, happened: datetime | None, row: dict[str, Any], **others: Any) -> None:
        """Add a row, perhaps late; and perhaps another version with some of `others`, known later."""
        known = happened
        if happened and self.chance(self.knobs.late):
            known = happened + timedelta(days=self.random.choice((0.5, 3, 20, 90)) * self.random.random())
        elif happened and TABLES[table].announced and self.chance(0.3):
            known = happened - timedelta(days=self.random.randint(1, 60))
        if known and self.known_from:
            known = max(known, self.known_from)
        self.put(table, row, known)
        while known and others and self.chance(self.knobs.corrected):
            known += timedelta(days=self.random.choice((1e-6, 0.5, 10, 60, 200)))
            changed = self.random.sample(sorted(others), self.random.randint(1, len(others)))
            row = row | {name: self.random.choice(others[name]) for name in changed}
            self.put(table, row, known)

    def put(self, table: str, row: dict[str, Any], known: datetime | None) -> None:
        cells = {name: _cell(value) for name, value in row.items()}
        self.rows.setdefault(table, []).append(cells | {"known_at": _cell(known)})


def _cell(value: Any) -> str | None:
    if value is None or value == "":
        return None
    return f"{value}Z" if isinstance(value, datetime) else str(value).lower() if isinstance(value, bool) else str(value)


def world_of(knobs: Knobs) -> Tables:
    """The rows of a world, by table."""
    world = World(knobs)
    for tell in (_company, _accounts, _contracts, _invoices, _staff, _tickets, _surveys, _usage):
        tell(world)
    return world.rows


def _company(world: World) -> None:
    """What the company says of itself is known from the beginning, but for what it changes later."""
    for schedule, rows in HOURS.items():
        for weekday, opens, closes, zone in rows:
            told = {"schedule_id": schedule, "weekday": weekday, "opens": opens, "time_zone": zone}
            _settle(world, "schedules", told | {"closes": closes}, closes=(opens + 60, opens + 195))
    for day in ("2025-12-25", "2025-12-26", "2026-01-01"):
        known = world.moment() if world.chance(world.knobs.late) else None
        world.put("holidays", {"schedule_id": "office", "day": day}, known)
    for plan in ("gold", "basic"):
        for priority, minutes in (("low", 2880), ("high", 60), ("urgent", 15)):
            in_business = {"gold": priority == "low", "basic": None}[plan]
            told = {"support_plan": plan, "priority": priority, "business_hours": in_business}
            told |= {"first_response_minutes": minutes, "resolution_minutes": minutes * 9}
            _settle(world, "sla_targets", told, first_response_minutes=(0, 7, 5000), business_hours=(True, False))


def _settle(world: World, table: str, row: dict[str, Any], **others: Any) -> None:
    """Add what was always so, and perhaps what it became."""
    world.put(table, row, None)
    if world.chance(world.knobs.corrected / 4):
        changed = world.random.choice(sorted(others))
        world.put(table, row | {changed: world.random.choice(others[changed])}, world.moment())


def _accounts(world: World) -> None:
    segments = ("large",) if world.knobs.segments == 1 else ("large", "small", None)
    for account in world.accounts:
        created = world.moment() if world.chance(0.3) else datetime(2024, 1, 1)
        row = {"account_id": account, "created_at": created, "segment": world.random.choice(segments)}
        row |= {"industry": world.random.choice(("food", "toys", None)), "support_plan": "gold"}
        world.add("accounts", created, row, segment=segments, industry=("food", None), support_plan=("basic", None))
        if world.chance(0.2):
            at = world.moment()
            world.add("churn_events", at, {"account_id": account, "at": at})
        for number in range(world.random.randint(0, 3)):
            begun = world.moment()
            contact = {"contact_id": f"{account}-{number}", "account_id": account, "created_at": begun}
            contact |= {"role": world.random.choice(("champion", "user"))}
            contact |= {"left_at": world.moment(begun, 300) if world.chance(0.5) else None}
            gone = (world.moment(begun, 100), None)
            world.add("contacts", begun, contact, role=("champion", "admin"), left_at=gone)


def _contracts(world: World) -> None:
    """Subscriptions that follow each other, or run side by side."""
    for account in world.accounts[::2]:
        begin = world.moment(within=450)
        for number in range(world.random.randint(1, 6)):
            end = world.moment(begin, 200) if world.chance(0.7) else None
            row = {
                "subscription_id": f"{account}-{number}",
                "account_id": account,
                "started_at": begin,
                "ended_at": end,
            }
            row |= {
                "seats": world.random.choice((None, 0, 3, 10, 20)),
                "mrr": world.random.choice((None, 0, 96, 150.5, 300)),
            }
            row |= {"renewal_at": world.moment(begin, 500), "auto_renew": world.random.choice((True, False, None))}
            row |= {"currency": world.random.choice(("EUR", "EUR", "EUR", "DKK", None))}
            row |= {"notice_at": world.moment(begin, 200) if world.chance(0.3) else None}
            world.add("subscriptions", begin, row, seats=(4, 5), mrr=(99.99, 160), ended_at=(world.moment(begin), None))
            begin = end if end is not None and world.chance(0.8) else world.moment(begin, 100)


def _invoices(world: World) -> None:
    for account in world.accounts:
        for number in range(world.random.randint(0, 12)):
            issued = world.moment()
            row = {"invoice_id": f"{account}-{number}", "account_id": account, "issued_at": issued}
            row |= {
                "amount": world.random.choice((-20, 0, None, 10, 33.335, 200)),
                "due_at": issued + timedelta(days=20),
            }
            row |= {"paid_at": world.moment(issued, 60) if world.chance(0.7) else None}
            world.add("invoices", issued, row, amount=(5, 7.5), paid_at=(world.moment(issued), None))


def _staff(world: World) -> None:
    for agent in AGENTS:
        joined = world.moment(within=300)
        row = {
            "agent_id": agent,
            "joined_at": joined,
            "left_at": world.moment(joined, 400) if world.chance(0.7) else None,
        }
        world.add("agents", joined, row, left_at=(world.moment(joined), None))
        for _ in range(world.random.randint(0, 6)):
            at = world.moment()
            told = {"agent_id": agent, "at": at, "kind": world.random.choice(("pulse", "yearly"))}
            world.add("agent_surveys", at, told | {"score": world.random.choice((None, 3, 7.5, 10))}, score=(1, 9))


def _tickets(world: World) -> None:
    for number in range(world.knobs.tickets):
        opened = world.moment()
        row = {"ticket_id": f"T{number}", "account_id": world.random.choice(world.accounts), "created_at": opened}
        row |= {"contact_id": world.random.choice(("1", "2", "3", None)), "category": world.random.choice("abc")}
        row |= {"priority": world.random.choice(("low", "normal", "high", "urgent", None))}
        row |= {"channel": ("email", "chat", "web", None)[number % 4]}
        row |= {"schedule_id": world.random.choice(("office", "office", "night", "none such", None))}
        # Some come in late as a whole, in the order in which they were.
        world.known_from = opened + timedelta(days=100) if world.chance(world.knobs.late) else None
        moved = {"account_id": world.accounts, "priority": ("low", "high"), "category": ("d", None)}
        world.add("tickets", opened, row, **moved, created_at=(opened, world.moment(opened, 2)))
        _log(world, f"T{number}", opened)
        _talk(world, f"T{number}", opened)
    world.known_from = None


def _around(world: World, opened: datetime) -> datetime:
    """A moment in the life of a ticket; now and then before its opening, or in the same second."""
    if world.chance(0.1):
        return world.random.choice((opened, opened - timedelta(hours=world.random.choice((1, 30, 300)))))
    return world.moment(opened, world.random.choice((0.2, 3, 40)))


def _log(world: World, ticket: str, opened: datetime) -> None:
    at = _around(world, opened)
    for seq in range(world.random.randint(0, 8)):
        # Several changes are often told of one moment, and not in the order in which they happened.
        at = at if world.chance(0.3) else _around(world, opened)
        is_status = world.chance(0.6)
        value = world.random.choice(STATUSES if is_status else (*AGENTS, None))
        row = {"ticket_id": ticket, "at": at, "seq": seq, "field": "status" if is_status else "assignee"}
        others = ("open", "solved", "pending") if is_status else AGENTS
        world.add("ticket_events", at, row | {"value": value}, value=others)


def _talk(world: World, ticket: str, opened: datetime) -> None:
    for number in range(world.random.randint(0, 6)):
        at = opened if world.chance(0.15) else _around(world, opened)
        row = {"message_id": f"{ticket}-{number}", "ticket_id": ticket, "created_at": at}
        row |= {"author_role": world.random.choice(("customer", "customer", "agent", "agent", "system", None))}
        row |= {"public": world.random.choice((True, True, True, False, None))}
        others = {
            "author_role": ("agent", "customer"),
            "public": (True, False),
            "created_at": (at, world.moment(at, 1)),
        }
        world.add("messages", at, row, **others)
        if row["author_role"] == "customer" and world.chance(0.8):
            score = {"message_id": row["message_id"], "model_version": "1", "created_at": at}
            score |= {"sentiment": world.random.choice((None, -0.9, -0.3, 0.123456, 0.8))}
            score |= {"intent": world.random.choice((None, None, "price"))}
            if world.chance(0.3):
                world.put("message_scores", score | {"intent": "cancel"}, at)
                score["model_version"], at = "2", at + timedelta(days=200 * world.random.random())
            world.add("message_scores", at, score, sentiment=(-1, 1), intent=("cancel", None))


def _surveys(world: World) -> None:
    for number in range(3 * len(world.accounts)):
        sent = world.moment()
        row = {"survey_id": str(number), "account_id": world.random.choice(world.accounts), "sent_at": sent}
        row |= {"kind": world.random.choice(("csat", "nps", "ces")), "score": world.random.choice((None, 1, 2, 4.5, 7))}
        row |= {"responded_at": world.moment(sent, 30) if world.chance(0.7) else None}
        world.add("surveys", sent, row, score=(2, 3), responded_at=(world.moment(sent, 90), None))


def _usage(world: World) -> None:
    for account in world.accounts:
        begin, share = world.random.randint(0, DAYS), world.random.choice((0, 0.05, 0.4))
        for day in (FIRST + timedelta(days=number) for number in range(begin, DAYS)):
            for metric in range(world.knobs.metrics):
                if world.chance(share):
                    row = {"account_id": account, "day": day, "metric": str(metric)}
                    row |= {"value": world.random.choice((None, 0, 1, 2.5, 7, 1 / 3, 40))}
                    row |= {"active_users": world.random.choice((None, 0, 1, 5))}
                    end = AsOf(day, world.knobs.zone).instant
                    world.add("usage", end, row, value=(3, 11), active_users=(2, 9))
