"""Text for tickets, messages and surveys, composed from the phrase banks in `phrases/`, one per language.

The phrases were written for this simulation. They must never be used to train or test a text model: a model that had
seen them would look better on the simulated company than it is.
"""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
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
TONES = ("negative", "neutral", "positive", "sorry")
#: Below and above these moods a customer writes in anger or with praise; in between most say nothing of the kind.
ANGRY_BELOW, PLEASED_ABOVE = -0.75, 0.75

_LINKS = ("https://app.example.com/reports/2291", "https://status.example.com/", "https://help.example.com/articles/114")
_TRACES = (
    "Traceback (most recent call last):\n"
    '  File "sync.py", line 88, in push\n'
    "    client.send(batch)\n"
    "TimeoutError: read timed out after 30 s",
    "java.lang.NullPointerException\n\tat com.example.export.Writer.close(Writer.java:142)\n"
    "\tat com.example.export.Job.run(Job.java:57)",
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

    def bodies(
        self,
        draws: Draws,
        keys: Ints,
        language: Ints,
        main: Ints,
        category: Ints,
        mood: Floats,
        is_customer: Bools,
        is_formal: Bools,
        says_goodbye: Bools,
    ) -> pa.Array:
        """Message bodies. `main` indexes MAIN; `keys` are ticket * 32 + number; the formal have greeting and name."""
        kinds = len(MAIN)
        ticket_keys = keys // 32
        side = np.where(is_customer, 0, 1)
        writer = np.where(is_customer, ticket_keys, ticket_keys + 1)
        tone = np.where(is_customer, _tones(draws, keys, mood), _apologies(draws, keys, mood))
        plain = main >= MAIN.index("note")
        formal = np.where(is_formal & ~plain, language, -1)
        quoting = np.where(is_customer & (main >= len(CATEGORIES)) & is_formal, draws.uniform("quotes", keys), 1) < 0.3
        quoted = np.where(quoting, language * kinds + category, -1)
        # The quoted sentence is the ticket's first one: taken with the draw of its message number 0.
        opening = draws.uniform("main", ticket_keys * 32)
        parts = [
            self._greeting.take(np.where(formal >= 0, formal * 2 + side, -1), draws.uniform("greeting", keys)),
            self._main.take(language * kinds + main, draws.uniform("main", keys)),
            _reference(draws, keys, main < len(CATEGORIES)),
            self._tone.take(np.where((tone >= 0) & ~plain, language * len(TONES) + tone, -1), draws.uniform("tone", keys)),
            self._leave.take(np.where(says_goodbye, language, -1), draws.uniform("leave", keys)),
            self._closing.take(np.where(formal >= 0, formal * 2 + side, -1), draws.uniform("closing", keys)),
            self._name.take(formal, draws.uniform("name", writer)),
            self._tail.take(_tails(draws, keys, is_customer & (main < len(CATEGORIES))), draws.uniform("tail", keys)),
            self._quote.take(np.where(quoting, language, -1), draws.uniform("quote", keys)),
            self._main.take(quoted, opening),
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
