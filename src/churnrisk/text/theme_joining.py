"""Themes across languages: strands of different languages that are about the same become parts of one theme.

Reads, for each strand, a vector that means the same in every language: its shares over the ticket categories, or the
centroid of its encoded messages. Joined one to one (scipy's assignment), and only where the match is clear from both
sides: where two strands of a language look alike from outside, neither is joined.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.optimize import linear_sum_assignment

#: How alike two strands must be to become one theme, and to stay one.
JOIN, STAY = 0.8, 0.6
#: By how much a match must be better than the next best one.
CLEARLY = 0.1
#: A profile that differs from that of all complaints of its language by less than this share tells nothing.
LEAST_APART = 0.25


@dataclass(frozen=True)
class Joinable:
    """A strand that may become a part of a theme.

    Attributes:
        id: of the strand.
        language: its code.
        theme: the theme it was a part of before; empty for a new strand.
        vector: what it is about, of length one; None where nothing is known that other languages share.
        volume: its messages.
    """

    id: str
    language: str
    theme: str
    vector: np.ndarray | None
    volume: int


def profile_vector(
    profile: Mapping[str, float], base: Mapping[str, float], categories: Sequence[str]
) -> np.ndarray | None:
    """The shares over the categories as a vector of length one; None where they are as those of the whole language."""
    shares = np.array([profile.get(category, 0.0) for category in categories])
    usual = np.array([base.get(category, 0.0) for category in categories])
    if not shares.sum() or np.abs(shares - usual).sum() / 2 < LEAST_APART:
        return None
    unit: np.ndarray = shares / np.linalg.norm(shares)
    return unit


def joined(strands: Sequence[Joinable], next_theme: int) -> tuple[dict[str, str], int]:
    """The theme of every strand, and the number of the next new theme.

    Themes of before stay together while their strands are still alike. The oldest number stays where themes meet.
    """
    themes = _before(strands)
    volumes: dict[str, int] = {}
    for strand in strands:
        volumes[strand.language] = volumes.get(strand.language, 0) + strand.volume
    order = sorted(volumes, key=lambda code: (-volumes[code], code))
    for place, language in enumerate(order):
        _join_language(themes, language, set(order[:place]))
    return _numbered(themes, next_theme)


def _before(strands: Sequence[Joinable]) -> list[list[Joinable]]:
    """The themes as they were; strands that have become too unlike the largest of their theme stand alone."""
    by_theme: dict[str, list[Joinable]] = {}
    alone = []
    for strand in sorted(strands, key=lambda one: (-one.volume, one.id)):
        leader = by_theme.setdefault(strand.theme, []) if strand.theme else None
        if leader is not None and (not leader or _stays(leader, strand)):
            leader.append(strand)
        else:
            alone.append([strand])
    return [*by_theme.values(), *alone] if by_theme else alone


def _stays(theme: Sequence[Joinable], strand: Joinable) -> bool:
    first = theme[0].vector
    if strand.language in {one.language for one in theme}:
        return False
    return first is None or strand.vector is None or float(first @ strand.vector) >= STAY


def _join_language(themes: list[list[Joinable]], language: str, larger: set[str]) -> None:
    """Join the strands of a language that stand alone with themes of larger languages that have none of it."""
    own = [theme for theme in themes if len(theme) == 1 and theme[0].language == language and _told(theme)]
    of = [(theme, {one.language for one in theme}) for theme in themes if _told(theme)]
    others = [theme for theme, languages in of if languages & larger and language not in languages]
    if not own or not others:
        return
    likeness = np.array([[float(_mean(one) @ _mean(other)) for other in others] for one in own])
    for row, column in zip(*linear_sum_assignment(-likeness), strict=True):
        if likeness[row, column] >= JOIN and _is_clear(likeness, row, column):
            others[column].append(own[row][0])
            own[row].clear()
    themes[:] = [theme for theme in themes if theme]


def _is_clear(likeness: np.ndarray, row: int, column: int) -> bool:
    best = likeness[row, column]
    rest = np.concatenate([np.delete(likeness[row], column), np.delete(likeness[:, column], row)])
    return not len(rest) or bool(best - rest.max() >= CLEARLY)


def _told(theme: Sequence[Joinable]) -> bool:
    return any(one.vector is not None for one in theme)


def _mean(theme: Sequence[Joinable]) -> np.ndarray:
    total = np.sum([one.vector for one in theme if one.vector is not None], axis=0)
    unit: np.ndarray = total / max(float(np.linalg.norm(total)), 1e-9)
    return unit


def _numbered(themes: Sequence[Sequence[Joinable]], next_theme: int) -> tuple[dict[str, str], int]:
    """Every theme with one of the numbers its strands had, the lowest that is free; else with a new one."""
    taken: set[str] = set()
    names: dict[str, str] = {}
    for theme in sorted(themes, key=lambda one: (-sum(strand.volume for strand in one), one[0].id)):
        free = sorted({strand.theme for strand in theme if strand.theme} - taken, key=lambda name: int(name[1:]))
        name = free[0] if free else f"T{next_theme}"
        next_theme += not free
        taken.add(name)
        names |= {strand.id: name for strand in theme}
    return names, next_theme
