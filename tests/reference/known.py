"""What was known at a moment, as plain rows: the only door of the reference to the history."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

import pandas as pd

from churnrisk.history import Past

Row = dict[str, Any]
EPOCH = date(1970, 1, 1)


class Known:
    """The canonical tables as they were known at an as_of, and the company's days as numbers.

    Attributes:
        as_of: the number of the day at whose end we stand.
        now: the end of that day, in UTC without offset.
    """

    def __init__(self, past: Past) -> None:
        self._past, self._tables = past, dict[str, list[Row]]()
        self._zone = past.as_of.time_zone
        self.as_of = (past.as_of.day - EPOCH).days
        self.now = past.as_of.instant

    def table(self, name: str) -> list[Row]:
        """Every row that was known, also of what is still to come."""
        if name not in self._tables:
            rows = self._past.table(name).to_dict("records")
            self._tables[name] = [{column: _plain(value) for column, value in row.items()} for row in rows]
        return self._tables[name]

    def versions(self, name: str) -> list[Row]:
        """Every version of every row that was seen for a day at least, in order, with what took its place since.

        `seen_day` is the first day on which it is seen, `gone_day` the day on which it is not any more.
        """
        sql = f"select *, greatest(d, k) as seen_day from landed.{name} where greatest(d, k) <= {self.as_of}"
        rows = self._past.frame(f"{sql} and x > greatest(d, k) order by k, x").to_dict("records")
        return [
            {column: _plain(value) for column, value in row.items()}
            | {"gone_day": row["x"] if row["x"] <= self.as_of else None}
            for row in rows
        ]

    def placed(self, name: str, at: str = "happened_at") -> list[Row]:
        """The rows as facts with their day: those whose moment is there and not after the as_of."""
        facts = [
            {**row, "day": self.day(row[at]), "moment": row[at]} for row in self.table(name) if row[at] is not None
        ]
        return [fact for fact in facts if fact["day"] <= self.as_of]

    def day(self, instant: datetime) -> int:
        """The number of the company's day that an instant belongs to: a midnight belongs to the day that it ends."""
        return _day(instant, self._zone)

    def lately(self, day: int | None, days: int) -> bool:
        """Whether a day lies in the look-back window of so many days."""
        return day is not None and self.as_of - days < day <= self.as_of


def by_key(rows: list[Row], *columns: str) -> Mapping[Any, Row]:
    """Rows by the value of a column, or of several."""
    return {row[columns[0]] if len(columns) == 1 else tuple(row[name] for name in columns): row for row in rows}


@cache
def _day(instant: datetime, zone: str) -> int:
    last_moment = (instant - timedelta(microseconds=1)).replace(tzinfo=UTC)
    return (last_moment.astimezone(ZoneInfo(zone)).date() - EPOCH).days


def _plain(value: Any) -> Any:
    if value is None or (not isinstance(value, str) and pd.isna(value)):
        return None
    return value.to_pydatetime() if isinstance(value, pd.Timestamp) else value
