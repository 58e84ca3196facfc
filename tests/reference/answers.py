"""From facts to the matrix: each feature of each account, then the features that compare these."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from churnrisk.features import Catalogue, Feature
from churnrisk.history import Past
from tests.reference.facts import Facts, Streams
from tests.reference.known import Known, by_key
from tests.reference.numbers import AGGREGATES, Account, Number
from tests.reference.words import CONDITIONS, fact_of

#: Peers are the accounts of the segment; where fewer of these have a number, all accounts.
LEAST_PEERS = 10
Numbers = dict[str, Number]


def reference(past: Past, catalogue: Catalogue, population: Sequence[str]) -> dict[str, dict[str, float | None]]:
    """Every feature of every account of the population, by feature and account; None where there is nothing to say."""
    known = Known(past)
    streams = Streams(known)
    plain: dict[str, Numbers] = {}
    for feature in _with_compared(catalogue):
        plain[feature.name] = _numbers(feature, streams.of(feature.stream.name), known, population)
    told = {feature.name: _told(feature, plain, known) for feature in catalogue.features}
    return {name: {account: _number(number) for account, number in of.items()} for name, of in told.items()}


def _with_compared(catalogue: Catalogue) -> list[Feature]:
    features = [feature for feature in catalogue.features if feature.of is None]
    return features + [other for f in catalogue.features for other in (f.of, f.by) if other is not None]


def _numbers(feature: Feature, facts: Facts, known: Known, population: Sequence[str]) -> Numbers:
    counts = [fact for fact in (fact_of(row, known) for row in facts) if CONDITIONS[feature.where](fact)]
    numbers: Numbers = {}
    for account in population:
        own = Account(feature, [fact for fact in counts if fact.account_id == account], known)
        number = AGGREGATES[feature.aggregate](feature, own)
        numbers[account] = number if number is not None or feature.empty is None else Fraction(feature.empty)
    return numbers


def _told(feature: Feature, plain: dict[str, Numbers], known: Known) -> Numbers:
    if feature.of is None:
        return plain[feature.name]
    if feature.by is None:
        return _among_peers(plain[feature.of.name], known)
    of, by = plain[feature.of.name], plain[feature.by.name]
    by_day = Fraction(feature.by.window, feature.of.window) if feature.of.aggregate in ("count", "sum") else 1
    return {account: _over(of[account], by[account], by_day) for account in of}


def _over(of: Number, by: Number, by_day: Fraction | int) -> Number:
    return None if of is None or not by else of / by * by_day


def _among_peers(numbers: Numbers, known: Known) -> Numbers:
    """The share of the others in the segment, or of all others, whose number is lower."""
    accounts = by_key(known.table("accounts"), "account_id")
    segments = {account: accounts.get(account, {}).get("segment") for account in numbers}
    found: Numbers = {}
    for account, own in numbers.items():
        everyone = [other for other, number in numbers.items() if number is not None]
        alike = [other for other in everyone if segments[other] == segments[account]]
        peers = [numbers[other] for other in (alike if len(alike) >= LEAST_PEERS else everyone) if other != account]
        lower = sum(own is not None and number is not None and number < own for number in peers)
        found[account] = Fraction(lower, len(peers)) if own is not None and peers else None
    return found


def _number(number: Number) -> float | None:
    return None if number is None else float(number)
