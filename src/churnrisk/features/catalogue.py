"""How a feature is declared: once, with its words.

A `Stream` is a relation of facts with `account_id` and `happened_at`, written in SQL over the views of the past. A
`Feature` names its stream, one of a closed set of aggregates, a window, a unit, and the sentence a CSM reads. Names
follow `<what>_last_<n>d`, `<what>_change_<n>d`, or `<what>` for a state; name, column and parameter are the same word.
The planner, the docs and the reasons all derive from the declaration.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from churnrisk.errors import SettingsError
from churnrisk.settings import digest
from churnrisk.tables import TABLES
from churnrisk.timeline import WINDOWS

Aggregate = Literal[
    "count",  # rows
    "sum",  # of the value
    "mean",  # of the value
    "share",  # of the rows whose value is true
    "days_since",  # the last row
    "days_until",  # the earliest value that is a moment still to come
    "last",  # the value of the latest row
    "change",  # of the daily sum in the window against the three windows before it; -0.6 is a fall by 60 %
]
Unit = Literal["tickets", "hours", "days", "share", "points", "invoices", "money", "people", "change", "times"]

#: The fixed list of reason codes; plays are chosen by them.
REASON_CODES = (
    "slow_response",
    "unresolved",
    "reopened",
    "negative_tone",
    "intent_to_leave",
    "low_survey",
    "survey_silence",
    "usage_drop",
    "seats_drop",
    "champion_left",
    "billing",
    "renewal_near",
    "price_change",
    "staff_change",
    "new_account",
    "inactivity",
)


@dataclass(frozen=True)
class Stream:
    """A relation of facts about accounts.

    Attributes:
        name: what features call it.
        rows: a SELECT over canonical tables with `account_id`, `happened_at` and the columns that values use.
        needs: the canonical tables without which it has nothing to tell.
    """

    name: str
    rows: str
    needs: tuple[str, ...]


@dataclass(frozen=True)
class Wording:
    """What a CSM reads when the feature raises the risk.

    Attributes:
        code: one of REASON_CODES.
        sentence: with {value} and {usual}, and {change} for the size of a change without its sign.
        actionable: whether somebody can do something about it.
    """

    code: str
    sentence: str
    actionable: bool = True


@dataclass(frozen=True)
class Feature:
    """One column of the matrix.

    Attributes:
        name: as code, matrix and documents write it.
        stream: where its facts come from.
        aggregate: how they become one number.
        unit: what the number counts.
        meaning: one sentence for the reader of the docs.
        value: a SQL expression over the stream's columns; empty for `count` and `days_since`.
        where: a SQL condition over the stream's columns; empty for all rows.
        window: days of the look-back window; 0 for a state.
        empty: the number where there is no row; None where there is then nothing to say.
        high: the wording where the number is above usual; None where a high number is no reason.
        low: the wording where it is below usual.
    """

    name: str
    stream: Stream
    aggregate: Aggregate
    unit: Unit
    meaning: str
    value: str = ""
    where: str = ""
    window: int = 0
    empty: float | None = None
    high: Wording | None = None
    low: Wording | None = None

    def __post_init__(self) -> None:
        ending = {"change": f"_change_{self.window}d"}.get(self.aggregate, f"_last_{self.window}d")
        if self.window and (self.window not in WINDOWS or not self.name.endswith(ending)):
            raise ValueError(f"{self.name} should end in {ending}, with a window of {WINDOWS} days")
        if not self.window and ("_last_" in self.name or "_change_" in self.name):
            raise ValueError(f"{self.name} is called like a window and has none")
        for wording in (self.high, self.low):
            if wording is not None and wording.code not in REASON_CODES:
                raise ValueError(f"{self.name} has the reason code {wording.code}, which is not in the list")
        if self.high is None and self.low is None:
            raise ValueError(f"{self.name} has no wording: nobody could be told why")
        for table in self.stream.needs:
            if table not in TABLES:
                raise ValueError(f"{self.stream.name} needs {table}, which is no canonical table")

    @property
    def code(self) -> str:
        """The reason code it mainly tells of: that of a high number, else that of a low one."""
        wordings = [wording for wording in (self.high, self.low) if wording is not None]
        return wordings[0].code


class Catalogue:
    """All features that are declared, in order."""

    def __init__(self, features: Iterable[Feature]) -> None:
        self.features = tuple(features)
        names = self.names
        if len(set(names)) != len(names):
            raise ValueError("a feature is declared twice")

    @property
    def names(self) -> tuple[str, ...]:
        """The names of all features, in order."""
        return tuple(feature.name for feature in self.features)

    def __getitem__(self, name: str) -> Feature:
        for feature in self.features:
            if feature.name == name:
                return feature
        raise KeyError(name)

    def having(self, present: Iterable[str], leave_out: Iterable[str] = ()) -> Catalogue:
        """The features whose tables have rows, without those named in `leave_out`."""
        tables, unwanted = set(present), set(leave_out)
        if unknown := sorted(unwanted - set(self.names)):
            raise SettingsError(
                f"No feature is called {unknown[0]}",
                "Correct [features] leave_out in parameters.toml; see docs/features.md",
            )
        return Catalogue(
            feature for feature in self.features if set(feature.stream.needs) <= tables and feature.name not in unwanted
        )

    @property
    def words_hash(self) -> str:
        """The digest of what CSMs read."""
        return digest([[f.name, f.unit, str(f.high), str(f.low)] for f in self.features])

    @property
    def hash(self) -> str:
        """The digest of what decides the numbers; words may change without it."""
        return digest(
            [[f.name, f.stream.rows, f.aggregate, f.value, f.where, f.window, f.empty] for f in self.features]
        )
