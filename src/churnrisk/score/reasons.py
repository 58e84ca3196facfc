"""Reasons: up to three plain sentences for an account, from the catalogue's words.

Reads what each feature adds to the risk (in calibrated log-odds), the feature's value and what is usual. Features of
one reason code tell one story: their contributions are added, and the strongest of them is told.
"""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from churnrisk.features import Catalogue, Feature, Wording

#: Reasons for an account.
MOST = 3
_NOUNS = {
    "tickets": ("ticket", "tickets"),
    "invoices": ("invoice", "invoices"),
    "people": ("person", "people"),
    "seats": ("seat", "seats"),
    "replies": ("reply", "replies"),
    "messages": ("message", "messages"),
    "products": ("product", "products"),
    "topics": ("topic", "topics"),
}
_TIMES = {1: "once", 2: "twice"}


@dataclass(frozen=True)
class Reason:
    """Why the risk is as high as it is, in one sentence.

    Attributes:
        code: one of the reason codes.
        sentence: plain words, with the value and what is usual; no full stop.
        actionable: whether somebody can do something about it.
    """

    code: str
    sentence: str
    actionable: bool


def reasons(
    contributions: pd.DataFrame, values: pd.DataFrame, usual: pd.Series, catalogue: Catalogue, currency: str
) -> list[tuple[Reason, ...]]:
    """The reasons of each row, the strongest first.

    Args:
        contributions: in calibrated log-odds, one column for each feature the model reads.
        values: the matrix rows, aligned with `contributions`.
        usual: what is usual for each feature at that as_of.
        catalogue: the words.
        currency: of money.
    """
    names = list(contributions.columns)
    features = [catalogue[name] for name in names]
    typical = [float(usual.get(name, float("nan"))) for name in names]
    added, seen = contributions.to_numpy(), values[names].to_numpy(dtype=float)
    return [_of_account(added[row], seen[row], typical, features, currency) for row in range(len(contributions))]


def _of_account(
    added: list[float], seen: list[float], typical: list[float], features: list[Feature], currency: str
) -> tuple[Reason, ...]:
    strength: dict[str, float] = {}
    strongest: dict[str, tuple[float, Reason]] = {}
    for contribution, value, normal, feature in zip(added, seen, typical, features, strict=True):
        wording = _wording(feature, value, normal)
        if wording is None:
            continue
        strength[wording.code] = strength.get(wording.code, 0.0) + contribution
        if contribution > strongest.get(wording.code, (0.0, None))[0]:
            told = Reason(wording.code, sentence(feature, wording, value, normal, currency), wording.actionable)
            strongest[wording.code] = (contribution, told)
    ranked = sorted(strongest, key=lambda code: (-strength[code], code))
    return tuple(strongest[code][1] for code in ranked if strength[code] > 0)[:MOST]


def _wording(feature: Feature, value: float, normal: float) -> Wording | None:
    """The words that are true of this value: those for high numbers where it is above usual, else those for low.

    A sentence about a change, or about what the account itself is used to, is true of every move in its direction,
    whatever is usual for others.
    """
    if pd.isna(value):
        return None
    for wording, sign in ((feature.high, 1), (feature.low, -1)):
        if wording is None:
            continue
        beyond = normal
        if "{change}" in wording.sentence or feature.unit == "deviations":
            beyond = _unmoved(feature)
        if sign * value > sign * beyond:
            return wording
    return None


def _unmoved(feature: Feature) -> float:
    """The number where nothing moved: of a ratio one, of a difference nought."""
    return 1.0 if feature.unit == "ratio" else 0.0


def sentence(feature: Feature, wording: Wording, value: float, normal: float, currency: str) -> str:
    """The sentence with its numbers; what is usual is left out where it is not known."""
    text = wording.sentence
    if pd.isna(normal):
        text = text.split("; ")[0]
    return text.format(
        value=in_words(value, feature.unit, currency, noun=True),
        usual="" if pd.isna(normal) else in_words(normal, feature.unit, currency, noun=False),
        change=f"{abs(value - _unmoved(feature)):.0%}".replace("%", " %"),
        days=feature.window,
        before=3 * feature.window,
    )


def in_words(value: float, unit: str, currency: str, noun: bool) -> str:
    """A number as a CSM says it; `noun` adds what is counted."""
    if unit == "hours":
        return f"{_short(value)} h" if value < 48 else _counted(value / 24, "day", "days")
    if unit == "days":
        if 0 < value < 0.95:
            return "less than a day"
        return _counted(value, "day", "days")
    if unit == "deviations":
        return _counted(abs(value), "deviation", "deviations")
    if unit in ("share", "change"):
        return f"{100 * value:.0f} %"
    if unit == "money":
        return f"{value:,.0f} {currency}"
    if unit == "times" and noun:
        return _TIMES.get(int(value), f"{_short(value)} times")
    if unit in _NOUNS and noun:
        return _counted(value, *_NOUNS[unit])
    return _short(value)


def _counted(value: float, one: str, many: str) -> str:
    number = _short(value)
    return f"{number} {one if number == '1' else many}"


def _short(value: float) -> str:
    """One decimal below ten where it says something, none above."""
    rounded = round(value, 1 if abs(value) < 10 else 0)
    return f"{rounded:,.0f}" if rounded == int(rounded) else f"{rounded:,.1f}"
