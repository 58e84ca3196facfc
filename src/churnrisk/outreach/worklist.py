"""The worklist: what a CSM opens on Monday. A record that `out` turns into a table, a file or a page."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from typing import Any

from churnrisk.score import Reason


@dataclass(frozen=True)
class Entry:
    """One account on the list.

    Attributes:
        rank: 1 is the first to call.
        account_id: the account.
        name: the name people know it by; the account_id where there is none.
        csm: who looks after it; empty where nobody does.
        segment: in the company's own words; empty where unknown.
        country: where it is; empty where unknown.
        risk: probability to leave in the label window, 0 to 1.
        tier: high, medium or low.
        value: what it brings in a month, in the company's currency.
        value_at_risk: risk times value.
        renews_on: ISO day of the next renewal; empty where unknown.
        days_to_renewal: days until then; None where unknown.
        reasons: up to three, the strongest first; none where nothing raises the risk above what is usual.
        within_capacity: whether it is among those its CSM can contact this week.
    """

    rank: int
    account_id: str
    name: str
    csm: str
    segment: str
    country: str
    risk: float
    tier: str
    value: float
    value_at_risk: float
    renews_on: str
    days_to_renewal: int | None
    reasons: tuple[Reason, ...]
    within_capacity: bool


@dataclass(frozen=True)
class Worklist:
    """The list of one as_of.

    Attributes:
        company: whose accounts these are.
        as_of: ISO day at whose end the list stands.
        lead: days before the label window begins.
        horizon: days the label window is long.
        currency: of value and value_at_risk; empty where value is unknown and every account counts as 1.
        entries: ranked.
        eligible: accounts that were scored.
        excluded: accounts that were not, by reason.
        notes: what a reader should know, as sentences: where value comes from, which sources are missing.
        lineage: model, run, data, label, catalogue, policy and code, by version and hash.
    """

    company: str
    as_of: str
    lead: int
    horizon: int
    currency: str
    entries: tuple[Entry, ...]
    eligible: int
    excluded: dict[str, int]
    notes: tuple[str, ...]
    lineage: dict[str, str]

    def of_csm(self, csm: str) -> Worklist:
        """The same list with the accounts of one CSM only; ranks stay those of the whole list."""
        return self._with(entry for entry in self.entries if entry.csm == csm)

    def first(self, count: int) -> Worklist:
        """The same list with the first entries only."""
        return self._with(self.entries[:count])

    def _with(self, entries: Iterable[Entry]) -> Worklist:
        return replace(self, entries=tuple(entries))

    def as_json(self) -> dict[str, Any]:
        """The list as one JSON object."""
        return asdict(self)

    @classmethod
    def from_json(cls, content: dict[str, Any]) -> Worklist:
        """The list that `as_json` told of."""
        entries = tuple(
            Entry(**{**entry, "reasons": tuple(Reason(**reason) for reason in entry["reasons"])})
            for entry in content["entries"]
        )
        return cls(**{**content, "entries": entries, "notes": tuple(content["notes"])})
