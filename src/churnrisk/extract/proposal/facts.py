"""What mapped samples tell about time: from when to when facts reach, who lived, and who left."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Literal

import duckdb
import numpy as np

from churnrisk.history import Incoming, name
from churnrisk.tables import TABLES

Meaning = Literal["contract_end", "event", "silence"]
Activity = Literal["tickets", "invoices", "usage"]

#: What makes a row a sign of life.
_POSITIVE = {"invoices": " and amount > 0", "usage": " and value > 0"}
#: The share of the accounts of the widest activity that another one has to cover.
_SHARED = 0.6
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

    def has(self, kind: Meaning) -> bool:
        """Whether there are rows that tell who left in that sense."""
        return self.count({"contract_end": "subscriptions", "event": "churn_events"}[kind]) > 0

    def activity(self) -> Activity:
        """The table whose rows tell best that an account lives."""
        told = {table: self._lively(table) for table in _ACTIVITIES if self.union(table)}
        most = max((accounts for accounts, _ in told.values()), default=0)
        often = {table: days / accounts for table, (accounts, days) in told.items() if accounts > _SHARED * most}
        return max(often, key=lambda table: often[table], default="tickets")

    def _lively(self, activity: Activity) -> tuple[int, int]:
        """How many accounts show signs of life, and on how many days all in all."""
        moment = f"{_MOMENTS[activity]}::date"
        [(accounts, days)] = self._connection.execute(
            f"select count(distinct account_id), count(distinct (account_id, {moment})) from {self.union(activity)}"
            f" where account_id is not null{_POSITIVE.get(activity, '')}"
        ).fetchall()
        return accounts, days

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
        positive = _POSITIVE.get(activity, "")
        moment = _MOMENTS[activity]
        rows = self._connection.execute(
            f"select list(distinct (epoch({moment}) / 86400)::bigint) from {self.union(activity)}"
            f" where {moment} is not null and account_id is not null{positive} group by account_id"
        ).fetchall()
        return [np.sort(np.array(row[0])) for row in rows]
