"""Chance, arranged so that two companies of one seed differ only where their actions differ.

Draws per account are made for *all* accounts in every week, whether they are live or not. Draws per ticket or row are
functions of the row's own key. So an account that stays because someone called it moves no other account's dice.
"""

from __future__ import annotations

from zlib import crc32

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

#: The constants of splitmix64 (Steele, Lea, Flood 2014), a mixer whose output passes the usual batteries.
_GAMMA = np.uint64(0x9E3779B97F4A7C15)
_MIX_1 = np.uint64(0xBF58476D1CE4E5B9)
_MIX_2 = np.uint64(0x94D049BB133111EB)


def _mix(numbers: NDArray[np.uint64]) -> NDArray[np.uint64]:
    numbers = (numbers ^ (numbers >> np.uint64(30))) * _MIX_1
    numbers = (numbers ^ (numbers >> np.uint64(27))) * _MIX_2
    return numbers ^ (numbers >> np.uint64(31))


class Draws:
    """All chance of one week of one seed; the founding of the company is week -1."""

    def __init__(self, seed: int, week: int) -> None:
        self._entropy = [seed, week + 1]
        self._salt = int(np.random.SeedSequence(self._entropy).generate_state(1, np.uint64)[0])

    def stream(self, name: str) -> np.random.Generator:
        """A fresh generator for one purpose; the caller draws for all accounts at once."""
        return np.random.default_rng([*self._entropy, crc32(name.encode())])

    def uniform(self, name: str, keys: Ints) -> Floats:
        """One number in [0, 1) for each key: the same key gives the same number, whatever else is asked."""
        salt = self._salt ^ (crc32(name.encode()) << 32)
        mixed = _mix(_mix(keys.astype(np.uint64) * _GAMMA) ^ np.uint64(salt))
        return (mixed >> np.uint64(11)).astype(np.float64) * 2.0**-53

    def normal(self, name: str, keys: Ints) -> Floats:
        """One standard normal number for each key (Box-Muller)."""
        radius = np.sqrt(-2 * np.log1p(-self.uniform(name + "/radius", keys)))
        return np.asarray(radius * np.cos(2 * np.pi * self.uniform(name + "/angle", keys)))

    def pick(self, name: str, keys: Ints, weights: tuple[float, ...]) -> Ints:
        """One index for each key, with the given weights."""
        return weighted(self.uniform(name, keys), weights)


def weighted(uniforms: Floats, weights: tuple[float, ...]) -> Ints:
    """Uniform numbers turned into indexes that occur with the given weights."""
    edges = np.cumsum(weights)
    return np.searchsorted(edges[:-1] / edges[-1], uniforms, side="right").astype(np.int64)


def poisson(uniforms: Floats, means: Floats, most: int) -> Ints:
    """Uniform numbers turned into Poisson counts up to `most`: a higher mean never gives a smaller count."""
    chance = np.exp(-means)
    reached = chance.copy()
    counts = np.zeros(len(means), np.int64)
    for k in range(1, most + 1):
        counts += uniforms > reached
        chance = chance * means / k
        reached += chance
    return counts
