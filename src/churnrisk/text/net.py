r"""Which of many patterns can match a text at all, found in one pass: by words that a match must contain.

A pattern such as `cancel\w* .{0,20}(contract|subscription)` matches nowhere without "cancel". `required` finds such
sets of literals for each pattern; those of all patterns go into one Aho-Corasick automaton, which reads a text once and
names the patterns whose literals it saw. Only those are tried. (Cox, 2012, "Regular expression matching with a trigram
index", does the same for code search.)
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from itertools import product
from re import _constants as kinds  # type: ignore[attr-defined]  # the only parser of Python's patterns
from re import _parser as parser  # type: ignore[attr-defined]
from typing import Any, TypeAlias

import ahocorasick

#: No more spellings of one literal are kept apart.
_MOST_SPELLINGS = 48
#: A literal of fewer bytes is in every other message; one Korean syllable has three.
_SHORTEST = 2
#: No more sets of a part are carried along.
_MOST_SETS = 12
#: So many sets of a pattern are looked for, the first of them in one pass; no more literals in those after the first.
_GIVEN, _IN_PASS, _MOST_ASKED = 4, 2, 64
_NOTHING = frozenset({""})
_Sets: TypeAlias = frozenset[frozenset[str]]
#: Of one pattern: sets of literals, of each of which a match has one.
Sets: TypeAlias = Sequence[Collection[str]]


@dataclass(frozen=True)
class _Must:
    """What a part of a pattern must contain.

    Attributes:
        exactly: all that the part can match; None where that is too much to list.
        one_of: sets of literals; of each set one is in every match.
    """

    exactly: frozenset[str] | None
    one_of: _Sets = frozenset()


class Net:
    """Catches the numbers of the patterns that may match."""

    def __init__(self, sets_of: Sequence[Sets]) -> None:
        """Take, for each pattern, the sets of literals that `required` gives."""
        # The fewer literals, the sooner it is known that none is there.
        self._sets = [sorted(map(tuple, sets), key=len) for sets in sets_of]
        self._later = [sorted(map(tuple, sets[_IN_PASS:]), key=len) for sets in sets_of]
        # One bit for each pattern and each set that is looked for in the pass: the first sets, then the second.
        self._patterns = len(sets_of)
        self._given, bits = 0, dict[str, int]()
        for number, sets in enumerate(sets_of):
            for depth in range(_IN_PASS):
                bit = 1 << (depth * self._patterns + number)
                if depth >= len(sets):
                    self._given |= bit
                for literal in sets[depth] if depth < len(sets) else ():
                    bits[literal] = bits.get(literal, 0) | bit
        self._automaton = ahocorasick.Automaton()
        for literal in sorted(bits):
            self._automaton.add_word(literal, bits[literal])
        if bits:
            self._automaton.make_automaton()
        self._is_empty = not bits

    def catch(self, text: str) -> list[int]:
        """The numbers, rising, of the patterns that may match somewhere in the text; all that do are among them."""
        small, seen = _small(text), self._given
        if not self._is_empty:
            for _, bits in self._automaton.iter(small):
                seen |= bits
        in_all = seen & ((1 << self._patterns) - 1)
        for _ in range(_IN_PASS - 1):
            seen >>= self._patterns
            in_all &= seen
        return [number for number in _places(in_all) if _has_each(self._later[number], small)]

    def catch_again(self, numbers: Iterable[int], part: str) -> list[int]:
        """Which of the patterns that a text was caught by may match in a part of it."""
        small = _small(part)
        return [number for number in numbers if _has_each(self._sets[number], small)]


def _has_each(sets: Sequence[Sequence[str]], small: str) -> bool:
    """Whether one literal of each set is there; loops, for it is asked so often."""
    for literals in sets:
        for literal in literals:
            if literal in small:
                break
        else:
            return False
    return True


def _places(bits: int) -> list[int]:
    """The places of the bits that are set, rising."""
    found = []
    while bits:
        lowest = bits & -bits
        found.append(lowest.bit_length() - 1)
        bits ^= lowest
    return found


def _small(text: str) -> str:
    """Small letters, and those that `re` takes for "i" and "s" where case does not matter."""
    if text.isascii():
        return text.lower()
    return text.replace("İ", "i").lower().replace("ı", "i").replace("ſ", "s")


def required(pattern: str, rarity: Callable[[str], float] | None = None) -> list[frozenset[str]]:
    """Sets of small letters' literals; every match contains at least one of each set. Empty where none are known.

    Args:
        pattern: of Python's `re`.
        rarity: how seldom a literal is; by its length where it is not said. The most telling set comes first: the one
            whose commonest literal is rarest, then the smallest. No more than four are given.
    """
    rare = rarity or _length
    sets = _sequence(parser.parse(pattern, re.IGNORECASE)).one_of
    ranked = sorted(sets, key=lambda one: (min(map(rare, one)), -len(one), sorted(one)), reverse=True)
    return [one for place, one in enumerate(ranked) if not place or len(one) <= _MOST_ASKED][:_GIVEN]


def _length(literal: str) -> float:
    return min(6, len(literal.encode()))


def _sequence(parts: Iterable[Any]) -> _Must:
    """Parts one after the other: literals that touch are one literal."""
    run, sets, is_exact = _NOTHING, set[frozenset[str]](), True
    for part in parts:
        must = _part(*part)
        joined = _joined(run, must.exactly) if must.exactly is not None else None
        if joined is not None:
            run = joined
            continue
        is_exact = False
        sets |= _literals(run) | must.one_of
        run = must.exactly if must.exactly is not None else _NOTHING
    return _Must(run if is_exact else None, _few(sets | _literals(run)))


def _joined(first: frozenset[str], second: frozenset[str]) -> frozenset[str] | None:
    if len(first) * len(second) > _MOST_SPELLINGS:
        return None
    return frozenset(one + other for one, other in product(first, second))


def _part(kind: Any, value: Any) -> _Must:
    if kind is kinds.LITERAL:
        return _Must(frozenset({chr(value).lower()}))
    if kind is kinds.IN:
        return _one_of_signs(value)
    if kind is kinds.SUBPATTERN:
        return _sequence(value[-1])
    if kind is kinds.BRANCH:
        return _branches([_sequence(branch) for branch in value[1]])
    if kind in (kinds.MAX_REPEAT, kinds.MIN_REPEAT):
        return _repeated(*value)
    if kind in (kinds.AT, kinds.ASSERT, kinds.ASSERT_NOT):
        return _Must(_NOTHING)
    return _Must(None)


def _one_of_signs(signs: list[tuple[Any, Any]]) -> _Must:
    if all(kind is kinds.LITERAL for kind, _ in signs):
        return _Must(frozenset(chr(value).lower() for _, value in signs))
    return _Must(None)


def _branches(branches: list[_Must]) -> _Must:
    """Either: what every branch must contain, one set of each put together."""
    exact = [branch.exactly for branch in branches if branch.exactly is not None]
    together = frozenset[str]().union(*exact)
    exactly = together if len(exact) == len(branches) and len(together) <= _MOST_SPELLINGS else None
    sets = [branch.one_of for branch in branches]
    if not all(sets):
        return _Must(exactly)
    return _Must(exactly, _few({frozenset[str]().union(*(max(one, key=_telling) for one in sets))}))


def _repeated(least: int, most: int, parts: Any) -> _Must:
    inner = _sequence(parts)
    if least == most == 1:
        return inner
    if least == 0:
        return _Must(inner.exactly | _NOTHING if most == 1 and inner.exactly is not None else None)
    return _Must(None, inner.one_of)


def _literals(exactly: frozenset[str]) -> _Sets:
    """The set of these literals, where none of them is too short to tell anything."""
    tells = exactly and min(len(literal.encode()) for literal in exactly) >= _SHORTEST
    return frozenset({exactly}) if tells else frozenset()


def _few(sets: Iterable[frozenset[str]]) -> _Sets:
    return frozenset(sorted(sets, key=_telling, reverse=True)[:_MOST_SETS])


def _telling(one: frozenset[str]) -> tuple[float, int, list[str]]:
    return min(map(_length, one)), -len(one), sorted(one)
