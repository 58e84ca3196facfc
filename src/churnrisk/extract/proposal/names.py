"""What columns and files are called, in English, Danish, German and Polish: synonyms, and how well a name fits one."""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path

_LETTERS = str.maketrans({"ø": "o", "æ": "a", "å": "a", "ł": "l", "ß": "ss", "đ": "d", "Ø": "O", "Æ": "A", "Ł": "L"})
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")

#: Letters up to which an s at the end is no plural.
_SHORTEST_PLURAL = 3
#: How well a name fits where only a part of it does.
_WITHIN, _INSIDE = 0.6, 0.4


@lru_cache(maxsize=20_000)
def words(name: str) -> tuple[str, ...]:
    """The words of a name: "ticketCreated_At" and "Ticket created at" are the same; accents make no difference."""
    return tuple(_folded(word) for word in spelled(name))


def spelled(name: str) -> tuple[str, ...]:
    """The words of a name as they are spelled, in small letters and without accents."""
    plain = _CAMEL.sub(" ", name.translate(_LETTERS))
    plain = unicodedata.normalize("NFKD", plain)
    plain = "".join(sign for sign in plain if not unicodedata.combining(sign)).lower()
    return tuple(word for word in re.split(r"[^a-z0-9\u0590-\uffff]+", plain) if word)


def _folded(word: str) -> str:
    """One spelling for umlauts, however an export writes them, and for one and several: "kuendigung", "tickets"."""
    for two, one in (("ae", "a"), ("oe", "o"), ("ue", "u"), ("aa", "a")):
        word = word.replace(two, one)
    is_plural = len(word) > _SHORTEST_PLURAL and word.endswith("s") and not word.endswith("ss")
    return word[:-1] if is_plural else word


@lru_cache(maxsize=200_000)
def fit(name: str, phrases: str) -> float:
    """How well a name fits the best of some phrases (separated by commas): 1 the same, 0 not at all."""
    own = words(name)
    joined = "".join(own)
    return max((_fit_one(own, joined, words(phrase)) for phrase in phrases.split(",")), default=0.0)


def _fit_one(own: tuple[str, ...], joined: str, phrase: tuple[str, ...]) -> float:
    whole = "".join(phrase)
    if not whole or not joined:
        return 0.0
    if joined == whole:
        return 1.0
    if any(own[start : start + len(phrase)] == phrase for start in range(len(own))):
        return _WITHIN + 0.3 * len(whole) / len(joined)
    if len(whole) >= 5 and whole in joined:
        return _INSIDE + 0.2 * len(whole) / len(joined)
    return 0.0


def has_word(name: str, wanted: Iterable[str]) -> bool:
    """Whether one of these words is a word of the name."""
    return not set(words(name)).isdisjoint(wanted)


_WORDS = tomllib.loads((Path(__file__).with_name("words.toml")).read_text(encoding="utf-8"))


def _shared(phrases: str) -> str:
    for key, listed in _WORDS["shared"].items():
        phrases = phrases.replace(f"@{key}", listed)
    return phrases


#: What a file of each table is called. The last word of a file name says most.
FILES: dict[str, str] = _WORDS["files"]
#: What columns are called, by canonical table and column; names after a dash are no canonical ones but lead to some.
COLUMNS: dict[str, dict[str, str]] = {
    table: {column: _shared(phrases) for column, phrases in columns.items()}
    for table, columns in _WORDS["columns"].items()
}
#: What words in values mean, by enumeration and canonical value.
VALUES: dict[str, dict[str, str]] = _WORDS["values"]
#: What a column that points at an account is called.
ACCOUNT: str = _WORDS["shared"]["account"]

_SETS: dict[str, frozenset[str]] = {key: frozenset(words(listed)) for key, listed in _WORDS["sets"].items()}


def says(name: str, what: str) -> bool:
    """Whether a word of the name is in that set of words, such as `yearly`."""
    return not _SETS[what].isdisjoint(words(name))
