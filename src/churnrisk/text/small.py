"""The small sentiment model: one table of 8-bit weights over hashed character sequences and words, numpy alone.

Reads `models/sentiment/`: `small.npz`, two weights for each bucket (what speaks for negative, what for positive, each
against neutral), and `small.json`, which says what they were trained on, their checksum, and the constants. Nothing is
executed on loading. A text's weights are added up, divided by the length of its vector, shifted by the constants of its
language, and turned into three probabilities; the sentiment is that of positive less that of negative.
"""

from __future__ import annotations

import io
import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from churnrisk.errors import CorruptError
from churnrisk.parameters import models_folder
from churnrisk.store import sha256_of
from churnrisk.text import grams

NAME = "small"
#: Under this probability of the likeliest tone a text is unscored, where it has words and their language is not known.
UNSURE_IF_FOREIGN = 0.6
_REPAIR = "Install churnrisk again, or restore models/sentiment from the repository"
#: Two whole-number sums in one float: the second is this much larger. Sums stay under it for texts that are cut.
_APART = float(1 << 26)


@dataclass(frozen=True)
class LanguageConstants:
    """What makes a score mean the same in every language; measured on sentences of the same meaning.

    Attributes:
        negative: added to what speaks for negative.
        positive: added to what speaks for positive.
        slope: both are multiplied by it first.
    """

    negative: float = 0.0
    positive: float = 0.0
    slope: float = 1.0


class SmallModel:
    """Sentiment by hashed features; see the module.

    Attributes:
        name: `small`.
        content: digest of weights and constants; part of the version of the text model.
        languages: the two-letter codes it may be used for.
    """

    name = NAME

    def __init__(self, weights: NDArray[np.int8], card: dict[str, Any]) -> None:
        """Take weights (buckets, 2) and the content of `small.json`."""
        self.content = str(card["sha256"])
        self.languages = tuple(card["languages"])
        self._constants = {code: LanguageConstants(**values) for code, values in card["languages"].items()}
        self._scale = float(card["scale"])
        self._bias = np.array(card["bias"], float)
        self._unsure_below = float(card["unsure_below"])
        self._packed = weights[:, 0].astype(float) + weights[:, 1].astype(float) * _APART

    @classmethod
    def read(cls, folder: Path | None = None) -> SmallModel:
        """The model in a folder, by default the one that ships; raises CorruptError where a file is not as written."""
        return _read(folder or models_folder() / "sentiment")

    def score(self, texts: Sequence[str], languages: Sequence[str]) -> NDArray[np.float64]:
        """The sentiment of each text, -1 to 1; not a number where it is unscored.

        Args:
            texts: customers' own words.
            languages: of each text; empty where it is not known.
        """
        chances = self.chances(texts, languages)
        sentiment = np.round(chances[:, 2] - chances[:, 0], 4)
        is_taught = np.array([not code or code in self._constants for code in languages], bool)
        # Words in no known language have to be clearer.
        is_foreign = [not code and any(map(str.isalpha, text)) for code, text in zip(languages, texts, strict=True)]
        least = np.where(is_foreign, UNSURE_IF_FOREIGN, self._unsure_below)
        sentiment[~is_taught | (chances.max(axis=1) < least)] = np.nan
        return sentiment

    def chances(self, texts: Sequence[str], languages: Sequence[str]) -> NDArray[np.float64]:
        """The probabilities of negative, neutral and positive, (texts, 3)."""
        evidence = np.concatenate(
            [self._evidence(texts[start : start + 4096]) for start in range(0, len(texts), 4096)] or [np.zeros((0, 2))]
        )
        constants = [self._constants.get(code, LanguageConstants()) for code in languages]
        slope = np.array([each.slope for each in constants])[:, None]
        shift = np.array([(each.negative, each.positive) for each in constants]).reshape(-1, 2)
        speaks = (evidence + self._bias) * slope + shift
        odds = np.exp(np.clip(speaks, -30, 30))
        total = 1 + odds.sum(axis=1)
        return np.column_stack([odds[:, 0] / total, 1 / total, odds[:, 1] / total])

    def _evidence(self, texts: Sequence[str]) -> NDArray[np.float64]:
        """What speaks for negative and for positive, before any constant, (texts, 2)."""
        found = list(grams.families(texts))
        sums = np.zeros(len(texts))
        for message, bucket, weight in found:
            sums += weight * np.bincount(message, self._packed[bucket], len(texts))
        positive = np.round(sums / _APART)
        both = np.column_stack([sums - positive * _APART, positive]) * self._scale
        return np.asarray(both / grams.lengths(found, len(texts))[:, None])


@cache
def _read(folder: Path) -> SmallModel:
    card_file, weights_file = folder / "small.json", folder / "small.npz"
    try:
        card = json.loads(card_file.read_text(encoding="utf-8"))
        if sha256_of(weights_file) != card["sha256"]:
            raise ValueError("checksum")
        with np.load(io.BytesIO(weights_file.read_bytes()), allow_pickle=False) as arrays:
            weights = arrays["weights"]
        if weights.shape != (grams.BUCKETS, 2) or weights.dtype != np.int8:
            raise ValueError("shape")
        return SmallModel(weights, card)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise CorruptError(
            f"The sentiment model in {folder} is missing or damaged", _REPAIR, file=str(weights_file)
        ) from error
