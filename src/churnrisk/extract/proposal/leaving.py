"""What leaving can mean in this export, and how it can be learnt from the history at hand: the proposed parameters.

Reads the mapped samples. Counts who left, under each meaning; then tries label windows, steps and splits, the usual
ones first, until enough leavers are in every part.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from itertools import product
from typing import Literal

import duckdb
import numpy as np

from churnrisk.history import Incoming, name
from churnrisk.parameters import Label
from churnrisk.tables import TABLES
from churnrisk.timeline import AsOf, LabelWindow, grid, purged_split

Meaning = Literal["contract_end", "event", "silence"]
Activity = Literal["tickets", "invoices", "usage"]

#: Leavers in a part from which it is taken without more trying.
PLENTY = 25
#: As_of for training from which it is taken without more trying.
_TRAINED = 6
#: Leavers without which a part cannot be used.
LEAST = 10
#: Leavers from which a meaning is worth choosing before others.
WORTH = 40
_ACTIVITIES: tuple[Activity, ...] = ("invoices", "tickets", "usage")
_MOMENTS = {"tickets": "created_at", "invoices": "issued_at", "usage": "day", "subscriptions": "started_at",
            "surveys": "sent_at", "messages": "created_at", "churn_events": "at", "ticket_events": "at"}  # fmt: skip

#: Tables of which something new is told all the time.
_LIVELY = ("tickets", "invoices", "usage", "surveys", "messages")
#: Tables whose rows may be versions of one thing.
_VERSIONED = ("accounts", "subscriptions")
#: The share of moments on either side that may be mistakes.
_FAR = 0.001

#: A contract that ended while no other one was live: the account left at that moment.
_CONTRACT_ENDS = """
select s.account_id, s.ended_at as left_at from {s} s
where s.ended_at is not null and not exists (
    select 1 from {s} o where o.account_id = s.account_id
        and o.started_at <= s.ended_at and (o.ended_at is null or o.ended_at > s.ended_at)
)
"""


@dataclass
class Choice:
    """The proposed parameters, with what was found.

    Attributes:
        kind: what leaving means.
        activity: the table whose rows are signs of life.
        lead: days between the as_of and the label window.
        horizon: days of the label window.
        warm_up_days: history an as_of needs before it.
        step_days: days between two as_of.
        as_ofs: how many are used.
        test: as_of kept for testing.
        calibrate: as_of kept for calibration.
        rows: rows there are to train on, about.
        base_rate: the share of accounts that leave within a window, about.
        found: what was found, in sentences.
        doubts: what somebody should look at.
    """

    kind: Meaning = "silence"
    activity: Activity = "tickets"
    lead: int = 14
    horizon: int = 90
    warm_up_days: int = 180
    step_days: int = 28
    as_ofs: int = 24
    test: int = 3
    calibrate: int = 3
    rows: int = 0
    base_rate: float = 0.1
    found: list[str] = field(default_factory=list)
    doubts: list[str] = field(default_factory=list)


def choose(connection: duckdb.DuckDBPyConnection, incoming: list[Incoming]) -> Choice:
    """The parameters that fit the mapped samples."""
    facts = Facts(connection, incoming)
    choice = Choice()
    if facts.first is None or facts.last is None:
        choice.doubts.append("no fact has a readable moment")
        return choice
    months = (facts.last - facts.first).days / 30.4
    choice.found.append(f"{months:.0f} months of facts, {facts.first} to {facts.last}; {facts.accounts:,} accounts")
    _meaning(facts, choice)
    return _fitted(facts, choice)


class Facts:
    """What the mapped samples tell about time: who lived when, and who left."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, incoming: list[Incoming]) -> None:
        self._connection = connection
        self._relations: dict[str, list[str]] = {}
        for item in incoming:
            self._relations.setdefault(item.table, []).append(item.relation)
        self.accounts = self.count("accounts")
        spans = {table: span for table in _MOMENTS if table in self._relations and (span := self._span(table))}
        # Contracts may be older than everything else that is told: features begin with the other facts.
        lively = [span for table, span in spans.items() if table in _LIVELY] or list(spans.values())
        self.first = min((span[0] for span in lively), default=None)
        self.last = max((span[1] for span in spans.values()), default=None)

    def union(self, table: str) -> str:
        """All rows of a canonical table, as a relation."""
        parts = [f"select * from {relation}" for relation in self._relations.get(table, [])]
        if table in _VERSIONED and parts:
            key = ", ".join(name(column) for column in TABLES[table].key)
            latest = f"row_number() over (partition by {key} order by known_at desc nulls last) = 1"
            return f"(select * from ({' union all by name '.join(parts)}) qualify {latest})"
        return f"({' union all by name '.join(parts)})" if parts else ""

    def count(self, table: str) -> int:
        """Rows of a canonical table."""
        return int(self._one(f"select count(*) from {self.union(table)}")) if self.union(table) else 0

    def _one(self, sql: str) -> float:
        return float(self._connection.execute(sql).fetchall()[0][0] or 0)

    def _span(self, table: str) -> tuple[date, date] | None:
        column = _MOMENTS[table]
        if not self.union(table):
            return None
        now = datetime.now(UTC).replace(tzinfo=None)
        [(first, last)] = self._connection.execute(
            f"select quantile_disc({name(column)}::date, {_FAR}), quantile_disc({name(column)}::date, {1 - _FAR})"
            f" from {self.union(table)} where {name(column)} <= ? and year({name(column)}) > 1980",
            [now],
        ).fetchall()
        return (first, last) if first else None

    def leavers(self, kind: Meaning) -> tuple[np.ndarray, int]:
        """The days (since 1970) on which accounts left, and how many accounts these are."""
        if kind == "contract_end" and self.union("subscriptions"):
            query = _CONTRACT_ENDS.format(s="s")
            self._connection.execute(f"create or replace temp table s as from {self.union('subscriptions')}")
        elif kind == "event" and self.union("churn_events"):
            query = f'select account_id, "at" as left_at from {self.union("churn_events")}'
        else:
            return np.array([]), 0
        rows = self._connection.execute(
            f"select epoch(left_at) / 86400, account_id from ({query})"
            " where left_at is not null and left_at <= ?::date + 1",
            [self.last],
        ).fetchall()
        return np.sort(np.array([row[0] for row in rows], dtype=float)), len({row[1] for row in rows})

    def live(self, days: np.ndarray) -> np.ndarray:
        """How many accounts can be asked about at each of these days: with a contract, or at least an account."""
        if self.union("subscriptions"):
            sql = f"select * from {self.union('subscriptions')} where started_at is not null"
            rows = self._connection.execute(
                f"select epoch(min(started_at)) / 86400, epoch(max(coalesce(ended_at, timestamp '2099-01-01'))) / 86400"
                f" from ({sql}) group by account_id"
            ).fetchall()
        else:
            rows = self._connection.execute(
                f"select epoch(created_at) / 86400, 1e9 from {self.union('accounts')} where created_at is not null"
            ).fetchall()
        spans = np.array(rows, dtype=float).reshape(-1, 2)
        return np.array([((spans[:, 0] <= day) & (spans[:, 1] > day)).sum() for day in days])

    def lives(self, activity: Activity) -> list[np.ndarray]:
        """The days on which each account showed a sign of life."""
        positive = {"invoices": " and amount > 0", "usage": " and value > 0"}.get(activity, "")
        moment = _MOMENTS[activity]
        rows = self._connection.execute(
            f"select list(distinct (epoch({moment}) / 86400)::bigint) from {self.union(activity)}"
            f" where {moment} is not null and account_id is not null{positive} group by account_id"
        ).fetchall()
        return [np.sort(np.array(row[0])) for row in rows]


def _meaning(facts: Facts, choice: Choice) -> None:
    """What leaving means: the end of contracts, else cancellations, else silence; whichever has enough leavers."""
    counted: dict[Meaning, int] = {}
    for kind, what in (("contract_end", "have an end of their last contract"), ("event", "have a cancellation")):
        _, accounts = facts.leavers(kind)  # type: ignore[arg-type]
        if facts.union({"contract_end": "subscriptions", "event": "churn_events"}[kind]):
            counted[kind] = accounts  # type: ignore[index]
            choice.found.append(f"{accounts:,} of {facts.accounts:,} accounts {what}")
    for kind, accounts in counted.items():
        if accounts >= WORTH:
            choice.kind = kind
            break
    else:
        _silence(facts, choice, counted)
    choice.activity = next((table for table in _ACTIVITIES if facts.count(table)), "tickets")


def _silence(facts: Facts, choice: Choice, counted: dict[Meaning, int]) -> None:
    """Silence, where nothing says enough about who left."""
    activity = next((table for table in _ACTIVITIES if facts.count(table) >= 200), None)
    if activity is None:
        choice.kind = max(counted, key=lambda kind: counted[kind], default="silence")
        choice.doubts.append("too few accounts left for anything to be learnt")
        return
    gaps = np.concatenate([np.diff(days) for days in facts.lives(activity)] or [np.array([])])
    usual = float(np.quantile(gaps, 0.9)) if len(gaps) else 90.0
    choice.kind, choice.activity, choice.lead = "silence", activity, 0
    choice.horizon = int(min(max(30 * np.ceil(usual / 30), 30), 180))
    choice.found.append(
        f"nine of ten gaps between {activity} of an account are at most {usual:.0f} days:"
        f" {choice.horizon} days without one count as leaving"
    )
    choice.doubts.append("nothing says who left: silence is taken for leaving")


def _fitted(facts: Facts, choice: Choice) -> Choice:
    """Windows, steps and split under which every part has enough leavers; the usual ones first."""
    assert facts.first is not None
    assert facts.last is not None
    best: tuple[tuple[int, int], Choice] | None = None
    counter = _Silence(facts, choice.activity) if choice.kind == "silence" else _Left(facts, choice.kind)
    for tried in _variants(choice):
        least, as_ofs = _least(facts, counter, tried)
        rank = (min(least, PLENTY), min(as_ofs, _TRAINED))
        if best is None or rank > best[0]:
            best = (rank, tried)
        if rank == (PLENTY, _TRAINED):
            break
    assert best is not None
    (least, _), found = best
    if found.horizon != choice.horizon:
        found.found.append(f"the horizon is {found.horizon} instead of {choice.horizon} days: the history is short")
    if least < LEAST:
        found.doubts.append(
            f"the smallest part has {max(least, 0)} leavers where {LEAST} are needed: training will refuse; export a"
            " longer history"
        )
    return found


def _variants(choice: Choice) -> Iterator[Choice]:
    """The choice with shorter horizons, warm-ups, steps and test parts, the usual ones first."""
    horizons = [days for days in (180, 150, 120, 90, 60, 30) if days <= choice.horizon] or [choice.horizon]
    splits = ((3, 3), (3, 0), (2, 2), (2, 0), (1, 1), (1, 0))
    for horizon, (warm, step), (test, calibrate) in product(
        horizons, ((180, 28), (90, 28), (90, 14), (60, 14), (30, 7)), splits
    ):
        yield Choice(
            choice.kind, choice.activity, choice.lead, horizon, warm, step, 24 if step == 28 else 36, test, calibrate,
            found=list(choice.found), doubts=list(choice.doubts),
        )  # fmt: skip


def _least(facts: Facts, counter: _Left | _Silence, choice: Choice) -> tuple[int, int]:
    """Leavers (or stayers) in the smallest part, -1 where a part is empty; as_of for training. Fills in the rates."""
    label = Label(kind=choice.kind, lead=choice.lead, horizon=choice.horizon, activity=choice.activity)
    window = LabelWindow.of(label)
    assert facts.first is not None
    assert facts.last is not None
    first = facts.first + timedelta(days=choice.warm_up_days)
    as_ofs = grid(first, window.last_matured(AsOf(facts.last)), choice.step_days, choice.as_ofs)
    if len(as_ofs) <= choice.test:
        return -1, 0
    try:
        split = purged_split(as_ofs, window, choice.test, choice.calibrate)
    except ValueError:
        return -1, 0
    if len(split.train) < 3:
        return -1, 0
    counted = [counter.count([(as_of.day - date(1970, 1, 1)).days + 1 for as_of in part], window)
               for part in (split.train, split.test)]  # fmt: skip
    choice.rows = counted[0][1]
    choice.base_rate = counted[0][0] / max(counted[0][1], 1)
    choice.as_ofs = min(choice.as_ofs, len(as_ofs))
    return int(min(min(left, asked - left) for left, asked in counted)), len(split.train)


class _Left:
    """Counts who left, by the days on which accounts left."""

    def __init__(self, facts: Facts, kind: Meaning) -> None:
        self._days, _ = facts.leavers(kind)
        self._facts = facts
        self._live: dict[int, int] = {}

    def count(self, days: list[int], window: LabelWindow) -> tuple[int, int]:
        """Leavers and accounts asked about, over some as_of (days since 1970)."""
        left = sum(
            int(
                np.searchsorted(self._days, day + window.reach, "right")
                - np.searchsorted(self._days, day + window.lead, "right")
            )
            for day in days
        )
        new = [day for day in days if day not in self._live]
        self._live |= dict(zip(new, map(int, self._facts.live(np.array(new))), strict=True))
        return left, max(sum(self._live[day] for day in days), left)


class _Silence:
    """Counts who fell silent, by the days on which accounts showed a sign of life."""

    def __init__(self, facts: Facts, activity: Activity) -> None:
        self._lives = facts.lives(activity) if facts.union(activity) else []

    def count(self, days: list[int], window: LabelWindow) -> tuple[int, int]:
        """Accounts that fell silent and accounts asked about, over some as_of (days since 1970)."""
        left = asked = 0
        for lived in self._lives:
            edges = np.array([[day - window.horizon, day, day + window.lead, day + window.reach] for day in days])
            places = np.searchsorted(lived, edges, "right")
            active = places[:, 1] > places[:, 0]
            silent = places[:, 3] == places[:, 2]
            asked += int(active.sum())
            left += int((active & silent).sum())
        return left, asked
