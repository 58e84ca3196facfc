"""How fresh each source is that says how fresh it must be: an outage is an outage, and never "usage fell".

Reads the history and `fresh_days` of the sources in churnrisk.toml. The doctor tells of it, and scoring holds the list
back.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import pandas as pd

from churnrisk.doctor.words import count, listed
from churnrisk.errors import HeldError
from churnrisk.history import History
from churnrisk.settings import Settings
from churnrisk.timeline import AsOf

#: Between the names of the sources that a row comes from.
SEPARATOR = "+"


@dataclass(frozen=True)
class Freshness:
    """One source at a moment.

    Attributes:
        source: its name in churnrisk.toml.
        tables: the canonical tables that its rows are in.
        newest: the day of its newest fact that was known; None where nothing was known yet.
        as_of: the day at whose end we stand.
        allowed: days that its newest fact may be old.
    """

    source: str
    tables: tuple[str, ...]
    newest: date | None
    as_of: date
    allowed: int

    @property
    def age(self) -> int:
        """Days from its newest fact to the as_of; 0 where nothing was known yet."""
        return (self.as_of - self.newest).days if self.newest else 0

    @property
    def is_absent(self) -> bool:
        """Whether no row in the whole history comes from it."""
        return not self.tables

    @property
    def is_stale(self) -> bool:
        """Whether it stopped arriving. One that began after the as_of did not."""
        return self.is_absent or self.age > self.allowed

    @property
    def sentence(self) -> str:
        """For people, without a full stop."""
        if self.is_absent:
            return f"No row comes from the source {self.source}"
        if self.newest is None:
            return f"The source {self.source} had not begun on {self.as_of}"
        what = self.source if self.tables == (self.source,) else f"The source {self.source} ({listed(self.tables)})"
        if self.is_stale:
            return (
                f"{what} stopped arriving on {self.newest}, {count(self.age, 'day')} before {self.as_of};"
                f" allowed: {count(self.allowed, 'day')}"
            )
        return f"{what} arrived until {self.newest}, {count(self.age, 'day')} before {self.as_of}"


def freshness(history: History, settings: Settings, as_of: AsOf) -> tuple[Freshness, ...]:
    """Every source with `fresh_days`, as it was known at that moment; rows of several sources count for each."""
    declared = {name: source.fresh_days for name, source in settings.sources.items() if source.fresh_days is not None}
    if not declared:
        return ()
    arrived = history.arrivals(as_of)
    names = arrived["source"].str.split(SEPARATOR, regex=False)
    found = []
    for source, allowed in declared.items():
        rows = arrived[[source in of for of in names]]
        newest = rows["newest"].max()
        # A moment at midnight belongs to the day before: it is the end of it.
        day = None if pd.isna(newest) else as_of.local_day(newest.to_pydatetime() - timedelta(microseconds=1))
        found.append(Freshness(source, tuple(sorted(set(rows["table_name"]))), day, as_of.day, allowed))
    return tuple(found)


def refuse_stale(history: History, settings: Settings, as_of: AsOf) -> None:
    """Raise HeldError where a source stopped arriving: what would look like less use or fewer tickets is an outage."""
    stale = [one for one in freshness(history, settings, as_of) if one.is_stale]
    if stale:
        raise HeldError(
            "The list was held back: " + ". ".join(one.sentence for one in stale),
            "Mend the source and run `churnrisk extract`, or raise fresh_days in churnrisk.toml; the last good list"
            " stays",
            sources=[one.source for one in stale],
            as_of=str(as_of),
        )
