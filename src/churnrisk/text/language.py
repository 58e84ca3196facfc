"""The language of messages, many at once, by py3langid, whose model comes with it.

The library walks a message's bytes through a table of states, one byte after the other, and adds up what the states say
about each language. Here the same table is walked for all messages in step, which is an order of magnitude faster; the
answers are the library's (held by a test). Korean, Hebrew and other scripts need no more than their letters, but go the
same way.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

#: What a message may be written in. Fewer candidates, fewer mistakes: what is not here is taken for a neighbour.
CANDIDATES = tuple(
    "ar bg bn ca cs da de el en es et fa fi fr he hi hr hu id is it ja ko lt lv ms nl no pl pt ro ru sk sl sr sv sw ta"
    " th tl tr uk ur vi zh zxx".split()
)
#: The languages that the small model and the rules were taught.
TAUGHT = ("en", "da", "de", "pl", "ko", "he")
#: Under this confidence the language is not known. At .6 and above nine answers in ten are right on film subtitles.
SURE = 0.6
#: No more of a message is walked through: forty letters are enough in 99 of 100 messages.
_MOST_BYTES = 240
#: A text of more characters is read in two halves, its first characters up to that.
_SHORT, _LONG = 70, 1200
#: A part of a message in another language counts from so many characters, this confidence, and this share.
_PART, _PART_SURE, _PART_SHARE = 25, 0.9, 0.2

_HAS_WORD = re.compile(r"[^\W\d_]")
#: How much likelier a language is that customers are known to write: Danish, where one might read Norwegian.
_EXPECTED_ODDS = 3.0


@dataclass(frozen=True, slots=True)
class Detected:
    """The language of a message.

    Attributes:
        language: two letters; empty where it is not known.
        confidence: from 0 to 1, of the best candidate, known or not.
        is_mixed: a notable part is in another language.
    """

    language: str
    confidence: float
    is_mixed: bool = False


def detect(texts: Sequence[str], expected: Collection[str] = TAUGHT) -> list[Detected]:
    """The language of each text; not known where a text has no words, or too few to tell.

    Args:
        texts: customers' own words.
        expected: the languages that the customers are known to write; others are believed on more evidence.
    """
    parts, owner = _in_parts(texts)
    best, sure = _best(parts, _odds(frozenset(expected)))
    weight = np.array([len(part) for part in parts], float)
    found: list[Detected] = []
    borders = np.searchsorted(owner, np.arange(len(texts) + 1))
    for text, first, last in zip(texts, borders[:-1], borders[1:], strict=True):
        if _HAS_WORD.search(text):
            found.append(_together(best[first:last], sure[first:last], weight[first:last]))
        else:
            found.append(Detected("", 0.0))
    return found


def _together(codes: list[str], sure: NDArray[np.float64], weight: NDArray[np.float64]) -> Detected:
    """One answer for the parts of a message: the language of most of it."""
    if len(codes) == 1:
        return _named(codes[0], float(sure[0]), False)
    totals: dict[str, float] = {}
    for code, confidence, characters in zip(codes, sure, weight, strict=True):
        totals[code] = totals.get(code, 0.0) + confidence * characters
    main = max(totals, key=lambda code: (totals[code], code))
    others = [
        characters
        for code, confidence, characters in zip(codes, sure, weight, strict=True)
        if code not in (main, "zxx") and confidence >= _PART_SURE and characters >= _PART
    ]
    is_mixed = bool(sum(others) >= _PART_SHARE * weight.sum())
    own = [place for place, code in enumerate(codes) if code == main]
    return _named(main, float(np.average(sure[own], weights=weight[own])), is_mixed)


def _named(code: str, confidence: float, is_mixed: bool) -> Detected:
    known = code != "zxx" and confidence >= SURE
    return Detected(code if known else "", round(confidence, 4), is_mixed)


def _in_parts(texts: Sequence[str]) -> tuple[list[str], NDArray[np.int64]]:
    """Each text's beginning; a long text as the beginnings of its two halves."""
    parts: list[str] = []
    owner: list[int] = []
    for number, text in enumerate(texts):
        middle = text.find(" ", min(len(text), _LONG) // 2) if len(text) > _SHORT else -1
        halves = (text[:middle], text[middle + 1 : _LONG]) if middle > 0 else (text,)
        parts += halves
        owner += [number] * len(halves)
    return parts, np.array(owner, np.int64)


@dataclass(frozen=True, slots=True)
class _Table:
    """py3langid's model, as arrays.

    Attributes:
        moves: the next state, by 256 times the row of a state, plus the byte.
        rows: the row of each state.
        features: the feature that a state gives, or -1.
        weights: of each feature for each candidate.
        prior: of each candidate.
        codes: the candidates, in the order of the columns.
        dupes: columns that are the same language as an earlier one.
    """

    moves: NDArray[Any]
    rows: NDArray[np.int64]
    features: NDArray[np.int64]
    weights: NDArray[np.float32]
    prior: NDArray[np.float32]
    codes: list[str]


@cache
def identifier() -> Any:
    """The library's identifier for our candidates."""
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    made = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
    made.set_languages(sorted({*CANDIDATES} & set(made.labels)))
    return made


@cache
def _table() -> _Table:
    made = identifier()
    return _Table(
        np.asarray(made.tk_nextmove),
        np.asarray(made.tk_row, np.int64) << 8,
        np.asarray(made.tk_output, np.int64),
        np.ascontiguousarray(made.nb_ptc, np.float32),
        np.asarray(made.nb_pc, np.float32),
        list(made.nb_classes),
    )


def _odds(expected: frozenset[str]) -> NDArray[np.float32]:
    """How much likelier than the library believes each candidate is."""
    return np.array([_EXPECTED_ODDS if code in expected else 1.0 for code in _table().codes], np.float32)


def _best(texts: list[str], odds: NDArray[np.float32]) -> tuple[list[str], NDArray[np.float64]]:
    """The best candidate of each text and its confidence."""
    table = _table()
    codes: list[str] = []
    sure: list[NDArray[np.float64]] = []
    for start in range(0, len(texts), 4096):
        encoded = [_bytes(text) for text in texts[start : start + 4096]]
        chances = _chances(table, encoded) * odds
        chances /= chances.sum(axis=1, keepdims=True)
        order = np.argmax(chances, axis=1)
        codes += [table.codes[place] for place in order]
        sure.append(chances[np.arange(len(order)), order].astype(float))
    return codes, np.concatenate(sure) if sure else np.zeros(0)


def _bytes(text: str) -> bytes:
    """As the library reads it: capitals only are small ones; cut between two characters."""
    small = text.lower() if text.isupper() else text
    return small.encode(errors="surrogatepass")[:_MOST_BYTES].decode(errors="ignore").encode()


def _chances(table: _Table, encoded: list[bytes]) -> NDArray[np.float32]:
    """The probability of each candidate for each text, as the library's `norm_probs`."""
    lengths = np.array([len(text) for text in encoded], np.int64)
    visits = _visits(table, encoded, lengths)
    scores = visits @ table.weights + table.prior
    scores[np.diff(visits.indptr) == 0] = 0.0
    scores /= np.sqrt(np.maximum(lengths, 1))[:, None].astype(np.float32)
    chances = np.exp(scores - scores.max(axis=1, keepdims=True))
    chances /= chances.sum(axis=1, keepdims=True)
    for place, code in enumerate(table.codes):
        first = table.codes.index(code)
        if first != place:
            chances[:, first] += chances[:, place]
            chances[:, place] = 0.0
    return np.asarray(chances, np.float32)


def _visits(table: _Table, encoded: list[bytes], lengths: NDArray[np.int64]) -> sp.csr_array:
    """How often each text's walk gives each feature, dampened; all texts take their n-th step together."""
    order = np.argsort(-lengths, kind="stable")
    letters = np.frombuffer(b"".join(encoded), np.uint8)
    begins = (np.cumsum(lengths) - lengths)[order]
    falling = -lengths[order]
    state = np.zeros(len(encoded), np.int64)
    texts, features = [], []
    for step in range(int(lengths.max(initial=0))):
        going = int(np.searchsorted(falling, -step))
        state = table.moves[table.rows[state[:going]] + letters[begins[:going] + step]].astype(np.int64)
        found = table.features[state]
        here = np.flatnonzero(found >= 0)
        texts.append(order[here])
        features.append(found[here])
    rows, columns = (np.concatenate(part) if part else np.zeros(0, np.int64) for part in (texts, features))
    counts = sp.csr_array((np.ones(len(rows), np.float32), (rows, columns)), shape=(len(encoded), len(table.weights)))
    counts.sum_duplicates()
    counts.data = np.log1p(counts.data)
    return counts
