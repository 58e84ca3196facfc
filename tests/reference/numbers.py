"""The aggregates, each as a small function from facts to a number, or None where there is nothing to say.

Every function gets the feature and an `Account`: all facts of its stream about one account that its condition lets
through, with ways to look at windows of them.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from itertools import pairwise
from statistics import median
from typing import Any

from churnrisk.features import Feature
from tests.reference.known import Known
from tests.reference.rounding import parts_of
from tests.reference.words import VALUES, Fact, waited_until

Number = Fraction | None
HOUR = 3600


class Account:
    """The facts of one account that count for one feature."""

    def __init__(self, feature: Feature, facts: list[Fact], known: Known) -> None:
        self.facts, self.known, self._feature = facts, known, feature

    @property
    def recent(self) -> list[Fact]:
        """Those in the window; all of them where there is none."""
        return self.between(self._feature.window or None, 0)

    def between(self, after: int | None, until: int) -> list[Fact]:
        """Those of the days (as_of - after, as_of - until]."""
        today = self.known.as_of
        return [f for f in self.facts if f.day <= today - until and (after is None or f.day > today - after)]

    def values(self, facts: list[Fact] | None = None) -> list[Any]:
        """What is there of the feature's value."""
        told = [VALUES[self._feature.value](fact) for fact in (self.recent if facts is None else facts)]
        return [value for value in told if value is not None]

    def numbers(self, facts: list[Fact] | None = None) -> list[Fraction]:
        return [parts_of(value) for value in self.values(facts)]

    def total(self, facts: list[Fact]) -> Fraction:
        """The sum of the value, or how many facts there are where there is none."""
        return sum(self.numbers(facts), Fraction(0)) if self._feature.value else Fraction(len(facts))

    @property
    def age(self) -> int:
        """Days since its first fact, that day included."""
        return self.known.as_of - min(fact.day for fact in self.facts) + 1


def count(_: Feature, account: Account) -> Number:
    return Fraction(len(account.recent))


def distinct(_: Feature, account: Account) -> Number:
    return Fraction(len(set(account.values())))


def total(feature: Feature, account: Account) -> Number:
    return sum(account.numbers()) / Fraction(feature.per) if account.numbers() else None


def mean(feature: Feature, account: Account) -> Number:
    numbers = account.numbers()
    return sum(numbers) / Fraction(len(numbers) * feature.per) if numbers else None


def smallest(feature: Feature, account: Account) -> Number:
    numbers = account.numbers()
    return min(numbers) / feature.per if numbers else None


def largest(feature: Feature, account: Account) -> Number:
    numbers = account.numbers()
    return max(numbers) / feature.per if numbers else None


def quantile(share: Fraction) -> Callable[[Feature, Account], Number]:
    """The value below which that share lies, between two facts in proportion."""

    def told(feature: Feature, account: Account) -> Number:
        numbers = sorted(account.numbers())
        if not numbers:
            return None
        place = share * (len(numbers) - 1)
        lower = int(place)
        upper = min(lower + 1, len(numbers) - 1)
        return (numbers[lower] + (place - lower) * (numbers[upper] - numbers[lower])) / feature.per

    return told


def share(feature: Feature, account: Account) -> Number:
    recent = account.recent
    return Fraction(sum(bool(VALUES[feature.value](fact)) for fact in recent), len(recent)) if recent else None


def last(feature: Feature, account: Account) -> Number:
    """Of two at one moment the larger."""
    told = [fact for fact in account.recent if VALUES[feature.value](fact) is not None]
    latest = max(told, key=lambda fact: (fact.moment, VALUES[feature.value](fact)), default=None)
    return None if latest is None else parts_of(VALUES[feature.value](latest)) / feature.per


def days_since(_: Feature, account: Account) -> Number:
    days = [fact.day for fact in account.recent]
    return Fraction(account.known.as_of - max(days)) if days else None


def days_until(_: Feature, account: Account) -> Number:
    to_come = [day for day in account.values() if day > account.known.as_of]
    return Fraction(min(to_come) - account.known.as_of) if to_come else None


def change(feature: Feature, account: Account) -> Number:
    """By the day, against the three windows before; counted from the first fact, and over a week at least."""
    days = feature.window
    before = account.between(4 * days, days)
    if not account.facts or account.total(before) == 0:
        return None
    usual = account.total(before) / max(min(3 * days, account.age - days), 7)
    return account.total(account.recent) / days / usual - 1


def lasting(account: Account, ago: int) -> Fraction:
    """What had begun and not ended so many days ago, as is known now."""
    then = account.known.as_of - ago
    lasts = [fact for fact in account.facts if fact.day <= then and (fact.ended_day is None or fact.ended_day > then)]
    return sum(account.numbers(lasts), Fraction(0))


def moved(feature: Feature, account: Account) -> Number:
    return (lasting(account, 0) - lasting(account, feature.window)) / feature.per


def growth(feature: Feature, account: Account) -> Number:
    before = lasting(account, feature.window)
    return lasting(account, 0) / before - 1 if before else None


def slope(feature: Feature, account: Account) -> Number:
    """Least squares through the total of each day of the window; days without a fact are noughts."""
    if not account.recent:
        return None
    days = range(account.known.as_of - feature.window + 1, account.known.as_of + 1)
    totals = [account.total([fact for fact in account.recent if fact.day == day]) for day in days]
    middle, level = Fraction(sum(days), len(days)), sum(totals, Fraction(0)) / len(days)
    rise = sum((day - middle) * (one - level) for day, one in zip(days, totals, strict=True))
    return rise / sum((day - middle) ** 2 for day in days) / feature.per


def gap(_: Feature, account: Account) -> Number:
    days = sorted(fact.day for fact in account.recent)
    if len(days) < 3 or days[0] == days[-1]:
        return None
    usual = sum((Fraction(later - one) for one, later in pairwise(days)), Fraction(0)) / (len(days) - 1)
    return (account.known.as_of - days[-1]) / usual


def weekly(_: Feature, account: Account) -> Number:
    """The newest of twelve weeks weighs most, each one before it seven tenths of it."""
    weights = [Fraction(7, 10) ** week for week in range(12)]
    weeks = [account.total(account.between(7 * week + 7, 7 * week)) for week in range(12)]
    if not account.between(7 * 12, 0):
        return None
    return sum(weight * week for weight, week in zip(weights, weeks, strict=True)) / sum(weights)


def against_own(feature: Feature, account: Account) -> Number:
    """The modified z-score against the windows before this one: at most twelve, no fewer than four."""
    days = feature.window
    blocks = min(12, account.age // days - 1) if account.facts else 0
    if blocks < 4:
        return None
    before = [account.total(account.between(days * (i + 2), days * (i + 1))) for i in range(blocks)]
    off = account.total(account.recent) - median(before)
    apart = [abs(block - median(before)) for block in before]
    if median(apart) > 0:
        score = Fraction(674491, 1000000) * off / median(apart)
    elif sum(apart) > 0:
        score = off / (Fraction(1253314, 1000000) * sum(apart) / blocks)
    else:
        score = off * 10**9
    return max(Fraction(-10), min(Fraction(10), score))


def mean_wait(feature: Feature, account: Account) -> Number:
    """All the time waited, by the waits that have ended, by one where none has."""
    if not account.recent:
        return None
    waited = sum(parts_of(length if length is not None else so_far) for length, so_far in waits(feature, account))
    return waited / max(len(account.values()), 1) / HOUR


def within(feature: Feature, account: Account) -> Number:
    """From a life table: who still waits at the as_of leaves it in the interval reached, and is half there in it."""
    edges = [hour for hour in (0, 1, 2, 4, 8, 16, 24, 48, 72, 120, 168, 336, 720, 2160) if hour <= feature.limit]
    left, still_waiting, ended_at_all = Fraction(len(account.recent)), Fraction(1), 0
    for begin, end in pairwise(edges):
        interval = range(begin * HOUR, end * HOUR)
        ended = sum(length is not None and length in interval for length, _ in waits(feature, account))
        unseen = sum(
            length is None and begin * HOUR <= so_far < end * HOUR for length, so_far in waits(feature, account)
        )
        there = left - Fraction(unseen, 2)
        still_waiting *= 1 - ended / there if there else 1
        left -= ended + unseen
        ended_at_all += ended
    return 1 - still_waiting if ended_at_all + left > 0 else None


def waits(feature: Feature, account: Account) -> list[tuple[int | None, float]]:
    """How long each wait took, where it ended, and how long it has lasted or would have until now."""
    return [(VALUES[feature.value](fact), waited_until(account.known.now, fact.since)) for fact in account.recent]


AGGREGATES: dict[str, Callable[[Feature, Account], Number]] = {
    "count": count,
    "distinct": distinct,
    "sum": total,
    "mean": mean,
    "min": smallest,
    "max": largest,
    "p50": quantile(Fraction(1, 2)),
    "p90": quantile(Fraction(9, 10)),
    "share": share,
    "last": last,
    "days_since": days_since,
    "days_until": days_until,
    "change": change,
    "moved": moved,
    "growth": growth,
    "slope": slope,
    "gap": gap,
    "weekly": weekly,
    "against_own": against_own,
    "mean_wait": mean_wait,
    "within": within,
}
