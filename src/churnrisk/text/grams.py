"""What the small model sees of a message: hashed character sequences, words, word pairs, and words near a negation.

Reads many messages at once and gives, for each family of features, which message has which bucket. Training and scoring
both come through `families`, so they cannot count differently. Everything is numpy over one long array of code points:
no loop over messages, none over words.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import chain
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

#: The number of buckets is two to this power.
BITS = 19
BUCKETS = 1 << BITS
#: No more of a message is read: who has not said what is wrong by then will not be understood by counting.
MOST_CHARACTERS = 2000
#: Character sequences have one to so many characters.
LONGEST = 5
#: A negation reaches so many words ahead, and so many back (Korean, and "good it is not").
_AHEAD, _BACK = 3, 2
#: How much one occurrence counts, by family: sequences of 1 to 5 characters, words, pairs, pairs with one word between,
#: words and stems after a negation, words and stems before one. Whole numbers, so that sums are exact in any order.
FAMILY_WEIGHTS = (3, 5, 7, 7, 7, 20, 20, 15, 20, 15, 20, 15)
#: What a word shares with its other forms, where a negation is near: its first characters.
_STEM = 4

Ints: TypeAlias = NDArray[np.int64]
_Codes: TypeAlias = NDArray[np.uint32]
_Hashes: TypeAlias = NDArray[np.uint64]

_NUL = 0
_SPACE = 32
_PRIME32 = np.uint32(0x01000193)
_SPREAD32 = np.uint32(0x9E3779B1)
_PRIME64 = 0x100000001B3
_SPREAD64 = np.uint64(0x9E3779B97F4A7C15)
_WRAP = 1 << 64
#: Skin tones, variation selectors, joiners, direction marks and Hebrew points say nothing about the tone.
_SILENT = ((0x1F3FB, 0x1F3FF), (0xFE00, 0xFE0F), (0x200B, 0x200F), (0x202A, 0x202E), (0x2060, 0x2069), (0x0591, 0x05C7))

#: Words that turn what stands near them, in the languages that the model was taught and some of their neighbours.
NEGATIONS = frozenset(
    """
    not no never nothing nobody none neither nor without hardly barely cannot cant can't dont don't
    doesnt doesn't didnt didn't isnt isn't wasnt wasn't arent aren't werent weren't wont won't wouldnt
    wouldn't couldnt couldn't shouldnt shouldn't havent haven't hasnt hasn't hadnt hadn't ain't less
    ikke ingen intet aldrig uden hverken næppe knap ikk ej ingenting nicht nichts kein keine keinen
    keinem keiner keines nie niemals ohne niemand kaum weder nich nix nirgends bez nigdy żaden żadna
    żadne żadnych żadnego żadnej żadnym nic nikt nikogo ani brak ledwo zero 안 못 없 없이 없어 없어요
    없다 없음 없고 없는 없네요 없었 없었습니다 없습니다 않 않아 않아요 않다 않고 않는 않네요 않습니다
    않았 않았습니다 않았어요 아니 아니다 아니에요 아닙니다 별로 전혀 결코 못해 못합니다 못했 못했습니다
    마세요 말고 לא אין בלי ללא אף מעולם אינו אינה אינם איננו אינני שום כלום לעולם בלתי אל niet geen
    nooit inte utan ikkje non mai senza nessuno niente pas jamais aucun aucune sans rien personne nunca
    nada sin nadie ningún ninguna não sem nenhum ei en et emme ette eivät ilman ne není nikdy žádný yok
    değil hiç hiçbir
    """.split()
)


@dataclass(frozen=True)
class _Letters:
    """Many messages as one array.

    Attributes:
        codes: the code points, each message in spaces.
        message: the message that each belongs to.
        left: how many code points are left in its message, with itself.
        count: the number of messages.
    """

    codes: _Codes
    message: Ints
    left: Ints
    count: int


@dataclass(frozen=True)
class _Words:
    """Every word of the messages, in order.

    Attributes:
        message: the message that each belongs to.
        whole: the hash of the word.
        stem: the hash of its first characters.
    """

    message: Ints
    whole: _Hashes
    stem: _Hashes


def families(texts: Sequence[str]) -> Iterator[tuple[Ints, Ints, int]]:
    """The features of many messages, family by family.

    Yields:
        Which message, and which bucket, once for each occurrence; and how much one occurrence counts.
    """
    letters = _letters(texts)
    found = chain(_sequences(letters), _of_words(_words(letters)))
    for (message, bucket), weight in zip(found, FAMILY_WEIGHTS, strict=True):
        yield message, bucket, weight


def lengths(families_of: Iterable[tuple[Ints, Ints, int]], count: int) -> NDArray[np.float64]:
    """The length of each message's vector, by which it is divided: the root of the sum of its squared weights."""
    squares = sum(
        (weight * weight * np.bincount(message, minlength=count) for message, _, weight in families_of),
        start=np.zeros(count),
    )
    return np.sqrt(np.maximum(squares, 1.0))


def _letters(texts: Sequence[str]) -> _Letters:
    joined = "\0".join(f" {text[:MOST_CHARACTERS].replace(chr(_NUL), ' ')} " for text in texts)
    folded = unicodedata.normalize("NFC", joined.lower())
    codes = np.frombuffer(folded.encode("utf-32-le", "replace"), np.uint32)
    basic = codes < len(_plain())
    codes = np.where(basic, _plain()[np.where(basic, codes, 0)], codes)
    codes = codes[_is_heard(codes)]
    borders = np.append(np.flatnonzero(codes == _NUL), len(codes))
    message = np.zeros(len(codes), np.int64)
    message[borders[:-1]] = 1
    message = np.cumsum(message)
    left = borders[message] - np.arange(len(codes))
    # The border belongs to the message after it; what begins at the border is none of that message's words.
    left[borders[:-1]] = 0
    return _Letters(codes, message, left, len(texts))


def _is_heard(codes: _Codes) -> NDArray[np.bool_]:
    """Leaves out what says nothing, and the third and later of the same character in a row: "sooooo" is "soo"."""
    heard = np.ones(len(codes), bool)
    for first, last in _SILENT:
        heard &= (codes < first) | (codes > last)
    heard[2:] &= (codes[2:] != codes[1:-1]) | (codes[2:] != codes[:-2]) | (codes[2:] == _NUL)
    return heard


@cache
def _plain() -> _Codes:
    """Of every code point of the basic plane the one that stands for it: one digit, one space, one apostrophe."""
    plain = np.arange(1 << 16, dtype=np.uint32)
    for code in range(1, 1 << 16):
        kind = unicodedata.category(chr(code))
        if kind == "Nd":
            plain[code] = ord("0")
        elif kind in ("Zs", "Zl", "Zp", "Cc"):
            plain[code] = _SPACE
    for mark in "’‘´`ʼ":
        plain[ord(mark)] = ord("'")
    return plain


@cache
def _in_words() -> NDArray[np.bool_]:
    """Which code points of the basic plane are part of a word."""
    letters = [unicodedata.category(chr(code))[0] in "LMN" for code in range(1 << 16)]
    letters[ord("'")] = True
    return np.array(letters)


def _sequences(letters: _Letters) -> Iterator[tuple[Ints, Ints]]:
    """Sequences of one to LONGEST characters, over the borders of words."""
    hashes = np.zeros(len(letters.codes), np.uint32)
    for length in range(1, LONGEST + 1):
        hashes = hashes[: len(letters.codes) - length + 1] * _PRIME32 + letters.codes[length - 1 :]
        whole = letters.left[: len(hashes)] >= length
        spread = (hashes[whole] ^ np.uint32(length)) * _SPREAD32
        yield letters.message[: len(hashes)][whole], (spread >> np.uint32(32 - BITS)).astype(np.int64)


def _words(letters: _Letters) -> _Words:
    codes = letters.codes
    basic = codes < len(_in_words())
    inside = _in_words()[np.where(basic, codes, 0)] & (codes != _NUL)
    # An emoji is a word by itself.
    alone = ~basic
    before = np.concatenate(([False], inside[:-1]))
    after = np.concatenate((inside[1:], [False]))
    starts = np.flatnonzero((inside & ~before) | alone)
    ends = np.flatnonzero((inside & ~after) | alone) + 1
    powers, inverses = _powers(len(codes) + 1)
    sums = np.concatenate((np.zeros(1, np.uint64), np.cumsum(codes.astype(np.uint64) * powers[:-1])))

    def hashed(upto: Ints) -> _Hashes:
        """The polynomial of each word's code points, wherever it stands in the array."""
        return (sums[upto] - sums[starts]) * inverses[starts]

    return _Words(letters.message[starts], hashed(ends), hashed(np.minimum(ends, starts + _STEM)))


def _powers(count: int) -> tuple[_Hashes, _Hashes]:
    """The powers of an odd number and of its inverse, modulo two to the 64."""
    made = _kept_powers(1 << max(12, (count - 1).bit_length()))
    return made[0][:count], made[1][:count]


@cache
def _kept_powers(count: int) -> tuple[_Hashes, _Hashes]:
    def rising(base: int) -> _Hashes:
        steps = np.full(count, base, np.uint64)
        steps[0] = 1
        return np.cumprod(steps)

    return rising(_PRIME64), rising(pow(_PRIME64, -1, _WRAP))


def word_hash(word: str) -> int:
    """The hash that `families` gives a word; the reference of the vectorised one."""
    return sum(code * pow(_PRIME64, place, _WRAP) for place, code in enumerate(map(ord, word))) % _WRAP


@cache
def _negations() -> _Hashes:
    return np.sort(np.array([word_hash(word) for word in NEGATIONS], np.uint64))


def _of_words(words: _Words) -> Iterator[tuple[Ints, Ints]]:
    """Words, pairs, pairs with one word between, and words with their stems where a negation is near."""
    yield words.message, _bucket(words.whole, 1)
    for apart, salt in ((1, 2), (2, 3)):
        together = words.message[apart:] == words.message[:-apart]
        first, second = words.whole[:-apart][together], words.whole[apart:][together]
        yield words.message[apart:][together], _bucket(first * _SPREAD64 + second, salt)
    for near, salt in ((_near(words, _AHEAD, 1), 4), (_near(words, _BACK, -1), 6)):
        yield words.message[near], _bucket(words.whole[near], salt)
        yield words.message[near], _bucket(words.stem[near], salt + 1)


def _near(words: _Words, reach: int, step: int) -> NDArray[np.bool_]:
    """Which words have a negation at most `reach` words before them (`step` 1) or after them (-1)."""
    known = _negations()
    place = np.minimum(np.searchsorted(known, words.whole), len(known) - 1)
    negates = known[place] == words.whole
    near = np.zeros(len(negates), bool)
    for apart in range(1, min(reach, len(negates) - 1) + 1):
        later, earlier = (slice(apart, None), slice(None, -apart))
        here, there = (later, earlier) if step > 0 else (earlier, later)
        near[here] |= negates[there] & (words.message[here] == words.message[there])
    return near & ~negates


def _bucket(hashes: _Hashes, salt: int) -> Ints:
    spread = (hashes ^ np.uint64(salt * 0x5851F42D4C957F2D % _WRAP)) * _SPREAD64
    return (spread >> np.uint64(64 - BITS)).astype(np.int64)
