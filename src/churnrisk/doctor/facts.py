"""What the checks look at, each part computed once and only when a check asks for it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property
from typing import Any

import pandas as pd

from churnrisk.errors import InputError
from churnrisk.history import History, Past, name
from churnrisk.labels import outcomes, split_of, usable_as_ofs
from churnrisk.parameters import Label, Parameters
from churnrisk.population import ELIGIBLE, population
from churnrisk.settings import Settings
from churnrisk.tables import ALWAYS, TABLES, Table
from churnrisk.timeline import AsOf, Split
from churnrisk.validate import Verdicts

#: Time zones are slow: once for each quarter of an hour, of which every zone's midnight begins one.
_BY_DAY = """
    select least(((quarter at time zone 'UTC') at time zone $zone)::date, $last::date) as day, sum(rows)::bigint as rows
    from (
        select time_bucket(interval 15 minute, happened_at - interval {ends} microsecond) as quarter, count(*) as rows
        from {table} where happened_at <= $now group by all
    )
    group by all order by all
"""


@dataclass(frozen=True)
class Facts:
    """The history, its verdicts, and what the configuration asks of them.

    Attributes:
        history: opened with its verdicts.
        verdicts: on every landed row.
        settings: the company and its sources.
        parameters: the label, the matrix and the split.
        today: the company's day on which this is looked at; None where it does not matter.
    """

    history: History
    verdicts: Verdicts
    settings: Settings
    parameters: Parameters
    today: date | None = None

    @cached_property
    def has_rows(self) -> bool:
        """Whether a single row with a time can be used."""
        return any(TABLES[table].happened_at != ALWAYS for table in self.history.present)

    @property
    def now(self) -> AsOf:
        """The last day that is known to its end."""
        return self.history.known_until

    @cached_property
    def known(self) -> Past:
        """Everything, as it is known now."""
        return self.history.upto(self.now)

    @cached_property
    def standing(self) -> pd.DataFrame:
        """Every account and whether it is eligible now; none where the label lacks its table."""
        try:
            return population(self.known, self.parameters.label)
        except InputError:
            return pd.DataFrame({"account_id": [], "standing": []})

    @cached_property
    def eligible(self) -> pd.Series:
        """The accounts that would be scored now."""
        accounts = self.standing
        return accounts.loc[accounts["standing"] == ELIGIBLE, "account_id"]

    @cached_property
    def as_ofs(self) -> tuple[AsOf, ...]:
        """Where training would stand; none where the history is too short."""
        try:
            return usable_as_ofs(self.history, self.parameters)
        except InputError:
            return ()

    @cached_property
    def pasts(self) -> tuple[Past, ...]:
        """What was known at each of them."""
        return tuple(self.history.upto(as_of) for as_of in self.as_ofs)

    @cached_property
    def split(self) -> Split:
        """How training would split them."""
        return split_of(self.as_ofs, self.parameters) if self.as_ofs else Split((), (), (), ())

    @cached_property
    def outcomes(self) -> pd.DataFrame:
        """Who would have left and stayed at each of them; none where the label cannot be told."""
        label = self.parameters.label
        return outcomes(self.known, self.pasts if self.can_tell(label) else (), label)

    def leavers(self, label: Label) -> int:
        """Accounts that leave by that label, at the as_of of training."""
        rows = outcomes(self.known, self.pasts, label)
        return int(rows.loc[rows["left"] == 1, "account_id"].nunique())

    def can_tell(self, label: Label) -> bool:
        """Whether there is a single row of what that label is made of."""
        if label.kind == "contract_end":
            return self.number("select count(*) from subscriptions where ended_at is not null") > 0
        relation = "churn_events" if label.kind == "event" else label.signs_of_life
        return self.number(f"select count(*) from {relation}") > 0

    def number(self, sql: str, **moments: datetime) -> int:
        """The one number of a SELECT over everything as it is known now."""
        return int(self.one(sql, **moments)[0])

    def one(self, sql: str, **moments: datetime) -> tuple[Any, ...]:
        """The one row of a SELECT over everything as it is known now."""
        return tuple(self.known.frame(sql, moments or None).iloc[0])

    @cached_property
    def days(self) -> dict[str, pd.Series]:
        """Rows of each table by the company's day on which they happened, up to now; tables of all times left out."""
        if not self.has_rows:
            return {}
        found = {}
        for table in (TABLES[table] for table in self.history.present):
            if table.happened_at != ALWAYS:
                rows = self.known.frame(_BY_DAY.format(table=name(table.name), ends=_ends(table)), self._moments)
                found[table.name] = pd.Series(rows["rows"].to_numpy(), index=pd.DatetimeIndex(rows["day"]))
        return {table: rows for table, rows in found.items() if len(rows)}

    @property
    def _moments(self) -> dict[str, Any]:
        return {"now": self.now.instant, "last": self.now.day, "zone": self.now.time_zone}

    @cached_property
    def months(self) -> dict[str, pd.Series]:
        """Rows of each table by month, from the first month of any table to the last, zero where there is none."""
        by_month = {table: rows.groupby(rows.index.to_period("M")).sum() for table, rows in self.days.items()}
        if not by_month:
            return {}
        first = min(rows.index[0] for rows in by_month.values())
        every = pd.period_range(first, pd.Period(self.now.day, "M"), freq="M")
        return {table: rows.reindex(every, fill_value=0) for table, rows in by_month.items()}

    @cached_property
    def arrivals(self) -> pd.DataFrame:
        """Rows and newest fact by table and source; see `History.arrivals`."""
        return self.history.arrivals(self.now)


def _ends(table: Table) -> int:
    """A day is placed at its end, which is the midnight of the next one."""
    return 1 if table.column(table.happened_at).kind == "date" else 0
