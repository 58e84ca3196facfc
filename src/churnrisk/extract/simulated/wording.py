"""Text for tickets, messages and surveys, composed from the phrase banks in `phrases/`, one per language.

The phrases were written for this simulation. They must never be used to train or test a text model: a model that had
seen them would look better on the simulated company than it is.
"""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from churnrisk.extract.simulated.casework import CATEGORIES, Tickets
from churnrisk.extract.simulated.draws import Bools, Draws, Floats, Ints
from churnrisk.extract.simulated.names import FIRST_NAMES, LANGUAGES, LAST_NAMES

#: What the main sentence of a message can be: the problem, by category, or one of these.
MAIN = (*CATEGORIES, "answer", "again", "agent_first", "agent_next", "agent_solved", "note", "auto")
#: No thread is longer; a message's key is its ticket's key times this plus its number.
MOST_MESSAGES = 32
TONES = ("negative", "neutral", "positive", "sorry")
#: Below and above these moods a customer writes in anger or with praise; in between most say nothing of the kind.
ANGRY_BELOW, PLEASED_ABOVE = -0.75, 0.75

#: Share of later messages by e-mail that carry the first one below.
_QUOTE_SHARE = 0.3
_LINKS = (
    "https://app.example.com/reports/2291",
    "https://status.example.com/",
    "https://help.example.com/articles/114",
)
_TRACES = (
    'Traceback (most recent call last):\n  File "sync.py", line 88, in push\nTimeoutError: read timed out after 30 s',
    "java.lang.NullPointerException\n\tat com.example.export.Writer.close(Writer.java:142)",
    "ERROR 502 Bad Gateway\nrequest-id: 7f3a-11c9",
)


@cache
def banks() -> dict[str, dict[str, Any]]:
    """The phrase bank of every language, as written in `phrases/<language>.toml`."""
    folder = resources.files(__package__) / "phrases"
    return {code: tomllib.loads((folder / f"{code}.toml").read_text(encoding="utf-8")) for code in LANGUAGES}


class Pool:
    """Phrases in groups; taking is one lookup for any number of rows."""

    def __init__(self, groups: Sequence[Sequence[str]], before: str = "", after: str = "") -> None:
        self._sizes = np.array([len(group) for group in groups], np.int64)
        self._starts = np.cumsum(self._sizes) - self._sizes
        phrases = [before + phrase.strip() + after for group in groups for phrase in group]
        self._phrases = pa.array([*phrases, ""])

    def take(self, groups: Ints, uniforms: Floats) -> pa.Array:
        """One phrase of each row's group; an empty text where the group is negative."""
        safe = np.maximum(groups, 0)
        index = self._starts[safe] + np.floor(uniforms * self._sizes[safe]).astype(np.int64)
        return self._phrases.take(pa.array(np.where(groups >= 0, index, len(self._phrases) - 1)))


@dataclass(frozen=True)
class Speech:
    """What is to be put into words, one entry for each message.

    Attributes:
        keys: ticket key * MOST_MESSAGES + number in the thread.
        main: what the message is about, as an index of MAIN.
        category: of the ticket, as an index of CATEGORIES.
        mood: how the writer's customer feels; the agents apologise where it is bad.
        is_formal: has a greeting and a name; a chat has not.
        goodbye: says that the customer thinks of leaving.
    """

    keys: Ints
    language: Ints
    main: Ints
    category: Ints
    mood: Floats
    is_customer: Bools
    is_formal: Bools
    goodbye: Bools


class Wording:
    """All pools; groups are numbered language by language in the order of `LANGUAGES`."""

    def __init__(self) -> None:
        texts = [banks()[code] for code in LANGUAGES]
        self._subject = Pool([bank["subject"][category] for bank in texts for category in CATEGORIES])
        self._main = Pool([bank["problem"].get(kind) or bank[kind] for bank in texts for kind in MAIN])
        self._tone = Pool([bank[tone] for bank in texts for tone in TONES], before=" ")
        self._leave = Pool([bank["leave"] for bank in texts], before=" ")
        self._greeting = Pool([bank[who] for bank in texts for who in ("greeting", "agent_greeting")], after="\n\n")
        self._closing = Pool([bank[who] for bank in texts for who in ("closing", "agent_closing")], before="\n\n")
        self._name = Pool([_signatures(code) for code in LANGUAGES], before="\n")
        self._quote = Pool([bank["quote"] for bank in texts], before="\n\n", after="\n> ")
        self._comment = Pool([bank[kind] for bank in texts for kind in ("survey_bad", "survey_good")])
        self._tail = Pool([_LINKS, _TRACES], before="\n\n")

    def subjects(self, draws: Draws, tickets: Tickets) -> pa.Array:
        """The subject lines of tickets."""
        group = tickets.language * len(CATEGORIES) + tickets.category
        return self._subject.take(group, draws.uniform("subject", tickets.key))

    def comments(
        self, draws: Draws, keys: Ints, languages: Ints, is_bad: Bools, is_good: Bools, share: float
    ) -> pa.Array:
        """What some add to a score; null where nothing was added."""
        speaks = (is_bad | is_good) & (draws.uniform("comments", keys) < share)
        texts = self._comment.take(np.where(speaks, languages * 2 + is_good, -1), draws.uniform("comment", keys))
        return pc.if_else(pa.array(speaks), texts, pa.scalar(None, pa.string()))

    def bodies(self, draws: Draws, said: Speech) -> pa.Array:
        """The bodies of messages: greeting, what it is about, tone, closing, and what people leave below."""
        kinds, keys, ticket_keys = len(MAIN), said.keys, said.keys // MOST_MESSAGES
        is_problem, is_plain = said.main < len(CATEGORIES), said.main >= MAIN.index("note")
        side = np.where(said.is_customer, 0, 1)
        tone = np.where(said.is_customer, _tones(draws, keys, said.mood), _apologies(draws, keys, said.mood))
        tone = np.where((tone >= 0) & ~is_plain, said.language * len(TONES) + tone, -1)
        formal = np.where(said.is_formal & ~is_plain, said.language, -1)
        ends = np.where(formal >= 0, formal * 2 + side, -1)
        quotes = said.is_customer & said.is_formal & ~is_problem & (draws.uniform("quotes", keys) < _QUOTE_SHARE)
        quoted = np.where(quotes, said.language * kinds + said.category, -1)
        parts = [
            self._greeting.take(ends, draws.uniform("greeting", keys)),
            self._main.take(said.language * kinds + said.main, draws.uniform("main", keys)),
            _reference(draws, keys, is_problem),
            self._tone.take(tone, draws.uniform("tone", keys)),
            self._leave.take(np.where(said.goodbye, said.language, -1), draws.uniform("leave", keys)),
            self._closing.take(ends, draws.uniform("closing", keys)),
            self._name.take(formal, draws.uniform("name", ticket_keys * 2 + side)),
            self._tail.take(_tails(draws, keys, said.is_customer & is_problem), draws.uniform("tail", keys)),
            self._quote.take(np.where(quotes, said.language, -1), draws.uniform("quote", keys)),
            # The quoted sentence is the ticket's first one: taken with the draw of its message number 0.
            self._main.take(quoted, draws.uniform("main", ticket_keys * MOST_MESSAGES)),
        ]
        return pc.binary_join_element_wise(*parts, "")


def _signatures(code: str) -> list[str]:
    return [f"{a} {b}" for a, b in zip(FIRST_NAMES[code], reversed(LAST_NAMES[code]), strict=True)]


def _tones(draws: Draws, keys: Ints, mood: Floats) -> Ints:
    """The customer's tone: negative, neutral, positive, or -1 for a message that only states the matter."""
    felt = mood + 0.5 * draws.normal("felt", keys)
    quiet = draws.uniform("quiet", keys) < 0.35
    tone = np.where(felt < ANGRY_BELOW, 0, np.where(felt > PLEASED_ABOVE, 2, np.where(quiet, -1, 1)))
    return np.asarray(tone)


def _apologies(draws: Draws, keys: Ints, mood: Floats) -> Ints:
    return np.where((mood < ANGRY_BELOW) & (draws.uniform("sorry", keys) < 0.6), TONES.index("sorry"), -1)


def _reference(draws: Draws, keys: Ints, wanted: Bools) -> pa.Array:
    """A number in brackets behind some problems, so that no two are quite alike."""
    number = (10_000 + draws.uniform("reference", keys) * 90_000).astype(np.int64)
    has = wanted & (draws.uniform("has reference", keys) < 0.4)
    texts = pc.binary_join_element_wise(" (#", pc.cast(pa.array(number), pa.string()), ")", "")
    return pc.if_else(pa.array(has), texts, "")


def _tails(draws: Draws, keys: Ints, wanted: Bools) -> Ints:
    uniforms = draws.uniform("tails", keys)
    return np.where(wanted & (uniforms < 0.06), 0, np.where(wanted & (uniforms > 0.96), 1, -1))
