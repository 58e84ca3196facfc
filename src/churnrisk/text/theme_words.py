"""How messages of one language become vectors for themes: words, and the parts words are made of, each with a weight.

Reads customers' own words; gives sparse vectors of length one. Parts of words let inflected and compound words of
Korean, Hebrew, German or Polish meet; only whole words are ever shown to anybody. A vector is made of the text and the
stored weights alone, so the same text gives the same vector whatever else is there.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import scipy.sparse as sp
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.preprocessing import normalize

#: No more of a message is read: what follows is seldom what it is about.
MOST_LETTERS = 1_500
#: So many whole words, and as many parts of words, carry a language's themes at most.
MOST_TERMS = 4_000
#: What stands in more than this share of messages tells nothing about any of them.
MOST_SHARED = 0.4
#: The parts of a word together weigh this much against the word itself.
PARTS_WEIGHT = 0.6
#: What a language says about every category alike keeps this much of its weight.
SPREAD_WEIGHT = 0.2
#: Below this many messages the categories of a term are left out of account.
LEAST_OF_TERM = 8
#: Messages that are made into vectors at once.
BATCH = 10_000

_WORD = re.compile(r"[^\W\d_]+(?:['’׳״-][^\W\d_]+)*")
_HANGUL = re.compile(r"[\uac00-\ud7a3]")
_HEBREW = re.compile(r"[\u0590-\u05ff]")
#: Parts of words are marked with this, which no word begins with.
PART = "~"


def words_of(text: str) -> list[str]:
    """The words of a text in small letters; numbers and anything with a digit are none."""
    return _WORD.findall(text[:MOST_LETTERS].lower())


def surface_of(text: str) -> list[str]:
    """The words of a text as they are written."""
    return _WORD.findall(text[:MOST_LETTERS])


@lru_cache(maxsize=200_000)
def parts_of(word: str) -> tuple[str, ...]:
    """The parts of a word: runs of 2 syllables in Korean, of 3 letters in Hebrew, of 4 elsewhere.

    >>> parts_of("invoice")
    ('~invo', '~nvoi', '~voic', '~oice')
    """
    size = 2 if _HANGUL.search(word) else 3 if _HEBREW.search(word) else 4
    return tuple(dict.fromkeys(PART + word[start : start + size] for start in range(len(word) - size + 1)))


@dataclass(frozen=True)
class Counted:
    """Which message has which word: `has` is one row a message, one column for each of `words`."""

    has: sp.csr_matrix
    words: tuple[str, ...]


def counted(texts: Sequence[str]) -> Counted:
    """Which of the texts has which word."""
    counter = CountVectorizer(analyzer=words_of, binary=True, dtype=np.float32)
    try:
        has = counter.fit_transform(texts)
    except ValueError:  # scikit-learn refuses texts without a single word
        return Counted(sp.csr_matrix((len(texts), 0), dtype=np.float32), ())
    return Counted(has, tuple(counter.get_feature_names_out()))


@dataclass(frozen=True)
class Terms:
    """The terms of a language, words and parts of words, with their weights.

    Attributes:
        weights: of each term, in alphabetical order.
    """

    weights: dict[str, float]

    def batches(self, texts: Sequence[str]) -> Iterator[sp.csr_matrix]:
        """One row of length one for each text, of zeros where it has none of the terms; BATCH texts at a time.

        The vectors of all messages are never in memory at once.
        """
        for start in range(0, len(texts), BATCH):
            yield self.vectors(counted(texts[start : start + BATCH]))

    def vectors(self, found: Counted) -> sp.csr_matrix:
        """The same of texts whose words are counted already."""
        told = found.has @ self._of_words(found.words)
        return normalize(told, copy=False) if told.shape[1] else told

    def _of_words(self, words: Sequence[str]) -> sp.csr_matrix:
        """What each word adds to each term."""
        place = {term: column for column, term in enumerate(self.weights)}
        rows, columns, values = [], [], []
        for row, word in enumerate(words):
            parts = [part for part in parts_of(word) if part in place]
            share = PARTS_WEIGHT / len(parts) ** 0.5 if parts else 0.0
            for term, weight in ((word, 1.0), *((part, share) for part in parts)):
                if term in place:
                    rows.append(row)
                    columns.append(place[term])
                    values.append(weight * self.weights[term])
        shape = (len(words), len(place))
        return sp.csr_matrix((np.array(values, np.float32), (rows, columns)), shape=shape)


def learn_terms(found: Counted, categories: Sequence[str]) -> Terms:
    """The terms that tell messages apart: rarer ones weigh more, and what is said about every category weighs little.

    Args:
        found: the words of messages of one language.
        categories: of their tickets; empty where not known.
    """
    words = _kept(found.has, found.words, categories)
    pieces, names = _parts(found)
    return Terms(dict(sorted({**words, **_kept(pieces, names, categories)}.items())))


def _parts(found: Counted) -> tuple[sp.csr_matrix, tuple[str, ...]]:
    """Which message has which part of a word."""
    if not found.words:
        return found.has, ()
    spread = CountVectorizer(analyzer=parts_of, binary=True, dtype=np.float32)
    try:
        of_words = spread.fit_transform(found.words)
    except ValueError:
        return sp.csr_matrix((found.has.shape[0], 0), dtype=np.float32), ()
    has = (found.has @ of_words).tocsr()
    has.data[:] = 1.0
    return has, tuple(spread.get_feature_names_out())


def _kept(has: sp.csr_matrix, names: Sequence[str], categories: Sequence[str]) -> dict[str, float]:
    """The terms worth keeping, with their weights."""
    many = has.shape[0]
    shared = np.asarray(has.sum(axis=0)).ravel()
    least = max(2.0, many / 2_000)
    chosen = np.flatnonzero((shared >= least) & (shared <= max(MOST_SHARED * many, least)))
    chosen = chosen[np.lexsort((chosen, -shared[chosen]))][:MOST_TERMS]
    weights = np.log(1 + many / shared[chosen]) * _apart(has[:, chosen], categories)
    return {
        names[term]: round(float(weight), 4)
        for term, weight in zip(chosen.tolist(), weights, strict=True)
        if weight > 0
    }


def _apart(has: sp.csr_matrix, categories: Sequence[str]) -> np.ndarray:
    """How unevenly each term is spread over the categories, from SPREAD_WEIGHT (evenly) to 1.

    The measure is the excess of Pearson's chi-squared over what chance gives, for each message with the term.
    """
    profiles, base, shared = profiles_of(has, categories)
    if profiles is None:
        return np.ones(has.shape[1])
    chi = shared * (((profiles - base) ** 2) / base).sum(axis=1)
    excess = np.maximum(chi - (len(base) - 1), 0) / np.maximum(shared, 1)
    factor = np.clip(np.sqrt(excess), SPREAD_WEIGHT, 1.0)
    return np.where(shared >= LEAST_OF_TERM, factor, 1.0)


def profiles_of(has: sp.csr_matrix, categories: Sequence[str]) -> tuple[np.ndarray | None, np.ndarray, np.ndarray]:
    """Of each column its shares over the categories, the shares of all, and how many messages with a category have it.

    None in place of the shares where fewer than two categories are known.
    """
    told = np.array([category or "" for category in categories], dtype=object)
    known = np.flatnonzero(told != "")
    names = sorted(set(told[known]))
    if len(names) < 2 or len(known) < len(told) / 2:
        return None, np.zeros(0), np.zeros(has.shape[1])
    place = {name: column for column, name in enumerate(names)}
    columns = np.array([place[name] for name in told[known]])
    of = sp.csr_matrix((np.ones(len(known), np.float32), (columns, known)), shape=(len(names), len(told)))
    counts = np.asarray((of @ has).todense(), dtype=float).T
    shared = counts.sum(axis=1)
    base = np.bincount(columns, minlength=len(names)) / len(known)
    return counts / np.maximum(shared, 1)[:, None], base, shared
