"""How well texts are read: accuracy on cases, ranking on labelled data, and whether the same words weigh the same.

Reads tables of cases (`expected`, `text`, `gloss`) and labelled messages (`lang`, `src`, `text`, `label`); gives
figures by language, for the model card, the benchmark and the tests.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.metrics import roc_auc_score

from churnrisk.extract.simulated.wording import banks
from churnrisk.text.intent import find_intents
from churnrisk.text.language import TAUGHT, detect
from churnrisk.text.phrases import plain
from churnrisk.text.reading import SentimentModel

_SENTENCE = re.compile(r"(?<=[.!?…])\s+|\n+")
#: A sentence of two words counts from so many letters on: Korean and Hebrew need few words.
_LONG = 12
#: A sentiment under the first is negative, over the second positive.
NEGATIVE, POSITIVE = -0.3, 0.3


@dataclass(frozen=True)
class Right:
    """Cases of one language, and the share of them that came out as expected."""

    cases: int
    share: float


@dataclass(frozen=True)
class Found:
    """Cases of the intent to leave in one language.

    Attributes:
        there: cases that have one.
        found: cases in which one was found.
        right: cases in which the right one is among those found.
    """

    there: int
    found: int
    right: int


@dataclass(frozen=True)
class SameMeaning:
    """The mean sentiment of sentences that say the same in every language."""

    complaint: float
    neutral: float
    praise: float


def read_cases(file: Path) -> pd.DataFrame:
    """A table of cases: tab-separated, quotes are letters."""
    return pd.read_csv(file, sep="\t", quoting=3, dtype=str, keep_default_na=False)


def kept_apart(folder: Path) -> frozenset[str]:
    """What nothing is taught by: the sentences of the cases, and those of the simulated company's tickets.

    Args:
        folder: of the cases.

    Returns:
        as `phrases.plain` gives them; without the simulated ones of one or two words, such as greetings.
    """
    cases = [text for code in TAUGHT for text in read_cases(folder / f"sentiment_{code}.tsv")["text"]]
    cases += [text for code in TAUGHT for text in read_cases(folder / "parallel.tsv")[code]]
    tickets = [plain(part) for text in _texts(banks()) for part in _SENTENCE.split(text)]
    said = {part for part in tickets if part.count(" ") > 1 or len(part) > _LONG}
    return frozenset(filter(None, said | {plain(text) for text in cases}))


def _texts(bank: Any) -> Iterator[str]:
    """Every text in lists and tables of them."""
    if isinstance(bank, str):
        yield bank
        return
    for part in bank.values() if isinstance(bank, dict) else bank:
        yield from _texts(part)


def tones(model: SentimentModel, texts: Sequence[str]) -> NDArray[np.float64]:
    """The sentiment of texts whose language is found first; 0 where a text is unscored."""
    languages = [found.language for found in detect(texts)]
    return np.nan_to_num(model.score(texts, languages))


def tone_words(sentiment: NDArray[np.float64]) -> NDArray[np.str_]:
    """`neg`, `neu` or `pos` for each sentiment."""
    return np.where(sentiment < NEGATIVE, "neg", np.where(sentiment > POSITIVE, "pos", "neu"))


def case_accuracy(model: SentimentModel, folder: Path) -> dict[str, Right]:
    """The share of the behavioural cases that come out right, by language."""
    found = {}
    for code in TAUGHT:
        cases = read_cases(folder / f"sentiment_{code}.tsv")
        said = tone_words(tones(model, cases.text.tolist()))
        found[code] = Right(len(cases), float((said == cases.expected.to_numpy()).mean()))
    return found


def intent_accuracy(folder: Path) -> dict[str, Found]:
    """What of the intent to leave is found in the cases, by language: precision is right of found, recall of there."""
    told = {}
    for code in TAUGHT:
        cases = read_cases(folder / f"intent_{code}.tsv")
        said = [[each.intent for each in find_intents(text)] for text in cases.text]
        told[code] = Found(
            there=int((cases.expected != "none").sum()),
            found=sum(bool(intents) for intents in said),
            right=sum(expected in intents for expected, intents in zip(cases.expected, said, strict=True)),
        )
    return told


def auc_by_source(model: SentimentModel, labelled: pd.DataFrame) -> dict[str, dict[str, float]]:
    """How often a positive message ranks over a negative one, by language and source."""
    clear = labelled[labelled.label != "neu"]
    ranked = clear.assign(tone=tones(model, clear.text.tolist()))
    found: dict[str, dict[str, float]] = {}
    for (lang, source), rows in ranked.groupby(["lang", "src"]):
        found.setdefault(str(lang), {})[str(source)] = float(roc_auc_score(rows.label == "pos", rows.tone))
    return found


def same_meaning(model: SentimentModel, file: Path) -> dict[str, SameMeaning]:
    """The mean sentiment of the same sentences in each language: a column a language, `expected` is the tone."""
    table = read_cases(file)
    found = {}
    for code in TAUGHT:
        tone = pd.Series(tones(model, table[code].tolist())).groupby(table.expected).mean()
        found[code] = SameMeaning(*(round(float(tone[label]), 4) for label in ("neg", "neu", "pos")))
    return found
