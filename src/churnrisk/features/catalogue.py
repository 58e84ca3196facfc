"""How a feature is declared: once, with its words.

A `Feature` names its stream (`features.streams`), one of a closed set of aggregates (`features.aggregates`), a window,
a unit, and the sentence a CSM reads. Names follow `<what>_last_<n>d`, `<what>_change_<n>d`, or `<what>` for a state;
name, column and parameter are the same word. The planner, the docs and the reasons all derive from the declaration.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Literal

from churnrisk.errors import SettingsError
from churnrisk.features.streams import Derivation, Stream
from churnrisk.settings import digest
from churnrisk.tables import TABLES
from churnrisk.timeline import WINDOWS

Aggregate = Literal[
    "count",  # facts
    "distinct",  # different values
    "sum",  # of the value
    "mean",  # of the value
    "min",  # of the value
    "max",  # of the value
    "p50",  # the median of the value
    "p90",  # nine of ten values are below
    "share",  # of the facts whose value is true
    "last",  # the value of the latest fact
    "days_since",  # the last fact
    "days_until",  # the earliest value, a day, that is still to come
    "change",  # of the daily sum (or count) in the window against the three windows before it; -0.6 is a fall by 60 %
    "trend",  # one feature over another; of counts and sums, by the day
    "moved",  # the sum of what lasts now less that of what lasted a window ago; facts have an `ended_day`
    "growth",  # the same as a share of what it was
    "slope",  # of the daily sum over the window
    "gap",  # days since the last fact over the usual days between two
    "weekly",  # exponentially weighted average of weekly totals
    "against_own",  # deviations off what the account is used to, -10 to 10
    "against_peers",  # the share of its peers whose number is lower
    "mean_wait",  # hours; a wait that still lasts counts as long as it has lasted
    "within",  # the share of waits that end within the limit; one that lasts counts as long as it is seen
]
Unit = Literal[
    "tickets", "hours", "days", "share", "points", "invoices", "money", "people", "change", "times", "seats",
    "deviations", "ratio", "replies", "messages", "products", "topics",
]  # fmt: skip

_CHANGES = ("change", "trend", "moved", "growth")

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
        value: a SQL expression over the stream's columns; empty for `count`, `days_since` and where facts are counted;
            and for `against_peers`.
        where: a SQL condition over the stream's columns; empty for all rows.
        window: days of the look-back window; 0 for a state.
        per: what the value is divided by after it was added up: 3600 where seconds make hours.
        limit: hours, of `within`.
        empty: the number where there is no fact; None where there is then nothing to say.
        of: of `against_peers` and `trend`, the feature that is compared.
        by: of `trend`, the feature it is compared with.
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
    per: int = 1
    limit: int = 0
    empty: float | None = None
    of: Feature | None = None
    by: Feature | None = None
    high: Wording | None = None
    low: Wording | None = None

    def __post_init__(self) -> None:
        ending = f"_change_{self.window}d" if self.aggregate in _CHANGES else f"_last_{self.window}d"
        has_ending = self.name.endswith(ending) or self.aggregate == "days_since"
        if self.window and (self.window not in WINDOWS or not has_ending):
            raise ValueError(f"{self.name} should end in {ending}, with a window of {WINDOWS} days")
        if not self.window and ("_last_" in self.name or "_change_" in self.name):
            raise ValueError(f"{self.name} is called like a window and has none")
        for wording in (self.high, self.low):
            if wording is not None and wording.code not in REASON_CODES:
                raise ValueError(f"{self.name} has the reason code {wording.code}, which is not in the list")
        for table in self.needs:
            if table not in TABLES:
                raise ValueError(f"{self.stream.name} needs {table}, which is no canonical table")

        if self.high is None and self.low is None:
            raise ValueError(f"{self.name} has no wording: nobody could be told why")

    @property
    def needs(self) -> tuple[str, ...]:
        """The canonical tables without which there is nothing to tell."""
        made = (table for derivation in chain_of(self.stream.after) for table in derivation.needs)
        return tuple(dict.fromkeys((*self.stream.needs, *made)))

    @property
    def code(self) -> str:
        """The reason code it mainly tells of: that of a high number, else that of a low one."""
        wordings = [wording for wording in (self.high, self.low) if wording is not None]
        return wordings[0].code


def over(windows: Iterable[int], declare: Callable[..., Feature], name: str, **what: Any) -> tuple[Feature, ...]:
    """The same feature over several windows; `{days}` in the name and the meaning is the window."""
    meaning = what.pop("meaning")
    return tuple(
        declare(name=name.format(days=days), meaning=meaning.format(days=days), window=days, **what) for days in windows
    )


def chain_of(derivations: Iterable[Derivation]) -> tuple[Derivation, ...]:
    """These derivations and all that go before them, in the order in which they are made, each once."""
    found: dict[str, Derivation] = {}
    for derivation in derivations:
        found |= {each.name: each for each in chain_of(derivation.after)}
        found[derivation.name] = derivation
    return tuple(found.values())


class Catalogue:
    """All features that are declared, in order.

    Attributes:
        features: the declarations.
        text_version: of the text model whose readings they are made of; empty where none of them is.
    """

    def __init__(self, features: Iterable[Feature], text_version: str = "") -> None:
        self.features = tuple(features)
        self.text_version = text_version if any("message_scores" in each.needs for each in self.features) else ""
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

    def having(self, present: Iterable[str], leave_out: Iterable[str] = (), text_version: str = "") -> Catalogue:
        """The features whose tables have rows, without those named in `leave_out`; read by that text model."""
        tables, unwanted = set(present), set(leave_out)
        if unknown := sorted(unwanted - set(self.names)):
            raise SettingsError(
                f"No feature is called {unknown[0]}",
                "Correct [features] leave_out in parameters.toml; see docs/features.md",
            )
        here = (feature for feature in self.features if set(feature.needs) <= tables and feature.name not in unwanted)
        return Catalogue(here, text_version)

    @property
    def words_hash(self) -> str:
        """The digest of what CSMs read."""
        return digest([[f.name, f.unit, str(f.high), str(f.low)] for f in self.features])

    @property
    def hash(self) -> str:
        """The digest of what decides the numbers; words may change without it."""
        return digest(
            [
                [
                    f.name,
                    f.stream.rows,
                    f.stream.later,
                    f.aggregate,
                    f.value,
                    f.where,
                    f.window,
                    f.limit,
                    f.empty,
                    f.per,
                    f.of.name if f.of else "",
                    f.by.name if f.by else "",
                ]
                + [derivation.says for derivation in chain_of(f.stream.after)]
                for f in self.features
            ]
            + ([self.text_version] if self.text_version else [])
        )
