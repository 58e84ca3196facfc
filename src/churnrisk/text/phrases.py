"""The words and sentences that were written to teach sentiment: `models/sentiment/phrases`, some files a language.

Reads the phrases; gives rows with a label, their slots filled, sentences joined to messages, and some as people write
in a hurry. The small model and the heads of encoders learn from them.
"""

from __future__ import annotations

import random
import re
import tomllib
import unicodedata
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path

from churnrisk.parameters import models_folder

LABELS = ("neg", "neu", "pos")
SEED = 20261122
#: So many fillings of a phrase with slots, and joined sentences of each language.
FILLINGS, JOINED = 6, 2500
_WORDS = re.compile(r"\w+")
#: Letters as people write them who have no key for them.
PLAIN_LETTERS = {
    "da": {"æ": "ae", "ø": "oe", "å": "aa"},
    "de": {"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss"},
    "pl": {},
}


@dataclass(frozen=True)
class Row:
    """One text to learn from: its language, its kind, its label, and itself."""

    lang: str
    kind: str
    label: str
    text: str


def plain(text: str) -> str:
    """A sentence by its words alone: small letters, no signs."""
    return " ".join(_WORDS.findall(text.lower()))


def written(folder: Path | None = None, without: Collection[str] = frozenset()) -> list[Row]:
    """All that was written, by default what ships; the same files give the same rows.

    Args:
        folder: of the files.
        without: sentences, as `plain` gives them, that are left out where filled slots make them: what is measured on.
    """
    rows: list[Row] = []
    for file in sorted((folder or models_folder() / "sentiment" / "phrases").glob("*.toml")):
        content, rng = tomllib.loads(file.read_text(encoding="utf-8")), random.Random(SEED)
        lang = file.stem[:2]
        rows += [Row(lang, "word", label, word) for label, words in content["words"].items() for word in words]
        own = [
            Row(lang, kind, label, text)
            for label, phrases in content["phrases"].items()
            for phrase in phrases
            for kind, text in _filled(phrase, content.get("slots", {}), rng)
            if plain(text) not in without
        ]
        rows += own + list(_joined(lang, own, rng)) + list(_plain(lang, own, rng))
    return rows


def _filled(phrase: str, slots: dict[str, list[str]], rng: random.Random) -> Iterator[tuple[str, str]]:
    if not re.search(r"\{\w+\}", phrase):
        yield "phrase", phrase
        return
    filled = [re.sub(r"\{(\w+)\}", lambda slot: rng.choice(slots[slot[1]]), phrase) for _ in range(FILLINGS)]
    for text in dict.fromkeys(filled):
        yield "filled", text


def _joined(lang: str, own: list[Row], rng: random.Random) -> Iterator[Row]:
    """Two or three sentences as one message: what is neutral takes the tone of what is not."""
    by_label = {label: [row.text for row in own if row.label == label] for label in LABELS}
    for _ in range(JOINED):
        label = rng.choice(LABELS)
        labels = [label, *rng.choices((label, "neu"), k=rng.choice((1, 1, 2)))]
        rng.shuffle(labels)
        sentences = [rng.choice(by_label[each]) for each in labels]
        text = " ".join(each if each[-1] in ".!?…" else f"{each}." for each in sentences)
        yield Row(lang, "joined", label, text)


def _plain(lang: str, own: list[Row], rng: random.Random) -> Iterator[Row]:
    """As people write in a hurry: no capitals, no stops, no letters that need a special key."""
    letters = PLAIN_LETTERS.get(lang)
    for row in rng.sample(own, len(own) // 3):
        text = row.text.lower().rstrip(".!")
        if letters is not None:
            text = "".join(letters.get(sign, sign) for sign in text)
            text = "".join(
                s for s in unicodedata.normalize("NFD", text).replace("ł", "l") if not unicodedata.combining(s)
            )
        if text != row.text:
            yield Row(lang, "plain", row.label, text)
