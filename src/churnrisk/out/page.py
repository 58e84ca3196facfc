"""What the page of the worklist shows: a frozen record whose every field the template may print as it is.

Reads a `Worklist`, gives a `Page`. All numbers are written out here, all foreign text is cut to a length that a page
can bear; escaping is left to the template.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from churnrisk.out import words
from churnrisk.outreach.worklist import Entry, Worklist

#: From the most to the least urgent; what a list calls otherwise is drawn like the last.
TIERS = ("high", "medium", "low")
#: Bars of the plot; the smallest groups beyond this are drawn as one.
MOST_GROUPS = 8
NOBODY = "no CSM"


@dataclass(frozen=True)
class Why:
    """One reason.

    Attributes:
        sentence: with its full stop.
        actionable: whether somebody can do something about it.
    """

    sentence: str
    actionable: bool


@dataclass(frozen=True)
class Row:
    """One account.

    Attributes:
        rank: its place.
        name: of the account.
        account_id: as the source calls it; empty where it is the name.
        place: segment and country, as far as they are known.
        csm: who looks after it.
        risk: in percent.
        risk_width: the same as the length of a bar, 0 to 100.
        tier: the word.
        shape: the tier whose mark and colour it gets.
        value: a month, with currency.
        value_at_risk: a month, with currency.
        renewal: the day; a dash where unknown.
        days_left: until the renewal; empty where unknown.
        reasons: the strongest first.
        this_week: whether it is within the week's capacity of its CSM.
    """

    rank: str
    name: str
    account_id: str
    place: tuple[str, ...]
    csm: str
    risk: str
    risk_width: str
    tier: str
    shape: str
    value: str
    value_at_risk: str
    renewal: str
    days_left: str
    reasons: tuple[Why, ...]
    this_week: bool


@dataclass(frozen=True)
class Group:
    """One bar of the plot.

    Attributes:
        name: of the CSM or the tier.
        accounts: how many are in it.
        value_at_risk: their sum, with currency.
        told: what the bar shows, in words.
        parts: tier, start and width of each piece of the bar, 0 to 100.
    """

    name: str
    accounts: str
    value_at_risk: str
    told: str
    parts: tuple[tuple[str, str, str], ...]


@dataclass(frozen=True)
class Page:
    """The whole page.

    Attributes:
        company: whose accounts these are.
        csm: whose accounts they are, where all listed ones have the same CSM.
        as_of: the day at whose end the list stands, in words.
        meaning: one sentence on what the risk is the chance of.
        scored: how many accounts were scored.
        listed: how many accounts the list has, also those not shown.
        this_week: how many of them are within the week's capacity.
        value_at_risk: sum over the list, with currency.
        value_this_week: the part of it that is within the week's capacity.
        tiers: tier and number of accounts.
        grouped_by: what the bars of the plot are: CSM or tier.
        groups: the bars, longest first.
        rows: the accounts that are shown.
        more: how many are on the list and not shown; empty where none.
        excluded: reason and number of the accounts that were not scored.
        notes: what a reader should know.
        lineage: what the list was made of: name and version.
    """

    company: str
    csm: str
    as_of: str
    meaning: str
    scored: str
    listed: str
    this_week: str
    value_at_risk: str
    value_this_week: str
    tiers: tuple[tuple[str, str], ...]
    grouped_by: str
    groups: tuple[Group, ...]
    rows: tuple[Row, ...]
    more: str
    excluded: tuple[tuple[str, str], ...]
    notes: tuple[str, ...]
    lineage: tuple[tuple[str, str], ...]


def page(worklist: Worklist, most: int) -> Page:
    """What the page shows of that list, with at most that many accounts; sums are those of the whole list."""
    entries = worklist.entries
    money = _money(worklist)
    csms = {entry.csm for entry in entries}
    chosen = [entry for entry in entries if entry.within_capacity]
    more = len(entries) - len(entries[:most])
    return Page(
        company=words.shown(worklist.company),
        csm=words.shown(next(iter(csms)), 60) if len(csms) == 1 else "",
        as_of=words.long_day(worklist.as_of),
        meaning=words.meaning_of_risk(worklist.as_of, worklist.lead, worklist.horizon),
        scored=words.count(worklist.eligible),
        listed=words.count(len(entries)),
        this_week=words.count(len(chosen)),
        value_at_risk=money(_sum(entries)),
        value_this_week=money(_sum(chosen)),
        tiers=tuple((tier, words.count(sum(_shape(entry) == tier for entry in entries))) for tier in TIERS),
        grouped_by="CSM" if len(csms) > 1 else "tier",
        groups=_groups(entries, money, by_csm=len(csms) > 1),
        rows=tuple(_row(entry, money) for entry in entries[:most]),
        more=words.count(more) if more else "",
        excluded=tuple((words.shown(reason), words.count(number)) for reason, number in worklist.excluded.items()),
        notes=tuple(_together(words.sentence(note)) for note in worklist.notes),
        lineage=tuple((words.shown(name, 60), words.shown(what)) for name, what in worklist.lineage.items()),
    )


def _money(worklist: Worklist) -> Callable[[float], str]:
    places = words.decimals(entry.value for entry in worklist.entries)
    return lambda amount: words.money(amount, worklist.currency, places)


def _row(entry: Entry, money: Callable[[float], str]) -> Row:
    name, account_id = words.shown(entry.name), words.shown(entry.account_id, 60)
    return Row(
        rank=words.count(entry.rank),
        name=name or account_id or words.UNKNOWN,
        account_id=account_id if name and entry.name != entry.account_id else "",
        place=tuple(words.shown(part, 60) for part in (entry.segment, entry.country) if part.strip()),
        csm=words.shown(entry.csm, 60) or NOBODY,
        risk=words.percent(entry.risk),
        risk_width=_width(entry.risk, 1.0),
        tier=words.shown(entry.tier, 12),
        shape=_shape(entry),
        value=money(entry.value),
        value_at_risk=money(entry.value_at_risk),
        renewal=words.short_day(entry.renews_on),
        days_left=words.days_left(entry.days_to_renewal),
        reasons=tuple(
            Why(_together(words.sentence(why.sentence)), why.actionable)
            for why in entry.reasons
            if words.shown(why.sentence)
        ),
        this_week=entry.within_capacity,
    )


def _together(sentence: str) -> str:
    """The sentence with its percent signs on the line of their numbers."""
    return sentence.replace(" %", "\u00a0%")


def _shape(entry: Entry) -> str:
    return entry.tier if entry.tier in TIERS else TIERS[-1]


def _groups(entries: tuple[Entry, ...], money: Callable[[float], str], *, by_csm: bool) -> tuple[Group, ...]:
    members: dict[str, list[Entry]] = {} if by_csm else {tier: [] for tier in TIERS}
    for entry in entries:
        members.setdefault(entry.csm if by_csm else _shape(entry), []).append(entry)
    named = [(words.shown(name, 40) or NOBODY, group) for name, group in members.items()]
    if by_csm:
        named = _largest(named)
    longest = max((_sum(group) for _, group in named), default=0.0)
    return tuple(
        Group(
            name, words.several(len(group), "account"), money(_sum(group)), _told(group, money), _parts(group, longest)
        )
        for name, group in named
    )


def _largest(named: list[tuple[str, list[Entry]]]) -> list[tuple[str, list[Entry]]]:
    ranked = sorted(named, key=lambda pair: (-_sum(pair[1]), pair[0]))
    if len(ranked) <= MOST_GROUPS:
        return ranked
    kept, others = ranked[: MOST_GROUPS - 1], ranked[MOST_GROUPS - 1 :]
    return [*kept, (words.several(len(others), "other CSM"), [entry for _, group in others for entry in group])]


def _told(group: list[Entry], money: Callable[[float], str]) -> str:
    sums = {tier: _sum(entry for entry in group if _shape(entry) == tier) for tier in TIERS}
    return ", ".join(f"{tier} {money(amount)}" for tier, amount in sums.items() if amount) or "nothing"


def _parts(group: list[Entry], longest: float) -> tuple[tuple[str, str, str], ...]:
    parts, start = [], 0.0
    for tier in TIERS:
        amount = _sum(entry for entry in group if _shape(entry) == tier)
        if amount > 0:
            parts.append((tier, _width(start, longest), _width(amount, longest)))
        start += amount
    return tuple(parts)


def _sum(entries: Iterable[Entry]) -> float:
    return math.fsum(entry.value_at_risk for entry in entries if math.isfinite(entry.value_at_risk))


def _width(amount: float, whole: float) -> str:
    if whole <= 0 or not math.isfinite(amount):
        return "0"
    return f"{100 * min(max(amount / whole, 0.0), 1.0):.2f}"
