"""The intent to leave: what customers say before they go, found by each language's rules, with the words that say it.

Reads customers' own words, sentence by sentence. A sentence that says it is not so ("we do not want to cancel"), or
that speaks of cancelling something else (a meeting, an order), has no intent. The rules of the message's language and
of English are tried, and those of all languages where it is not known or mixed.

Most messages have no such sentence; a net over the words that rules ask for leaves few messages, and few rules each.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from churnrisk.text.nets import caught_in_sentence, caught_intents, compiled
from churnrisk.text.rules import INTENTS, any_of, languages

#: A quote is no longer; a longer sentence is cut around what was found.
LONGEST_QUOTE = 160

_SENTENCE = re.compile(r"[^.!?\n。！？…]*(?:[.!?。！？…](?![\s\n]|$)[^.!?\n。！？…]*)*(?:[.!?。！？…]+|\n|$)")

#: A line that was wrapped inside a sentence: it is long, ends in no stop, and no item of a list follows.
_WRAPPED = re.compile(r"(?<=[^\n]{20})(?<![.!?。！？…:;])\n(?!\s*(?:[-*•–—]|\d{1,2}[.)])\s)")


@dataclass(frozen=True, slots=True)
class Said:
    """An intent and the words that say it.

    Attributes:
        intent: one of INTENTS.
        quote: the sentence, or its part around what was found.
        start: where the quote begins in the text.
        end: where it has ended.
    """

    intent: str
    quote: str
    start: int
    end: int


def find_intents(text: str, language: str = "") -> list[Said]:
    """What a text says of leaving, the surest sign first; at most one quote for each intent.

    Args:
        text: a customer's own words.
        language: two letters; the rules of all languages are tried where it is not said.
    """
    may_be = caught_intents(text, language)
    if not may_be:
        return []
    rules, found = _rules(), dict[str, Said]()
    for start, sentence in _sentences(text):
        for number in caught_in_sentence(may_be, sentence, language):
            intent, excuses = rules[number]
            match = compiled("intents", number).search(sentence) if intent not in found else None
            if match and not any(any_of(patterns).search(sentence) for patterns in excuses):
                found[intent] = _quoted(intent, sentence, start, match)
    return [found[intent] for intent in INTENTS if intent in found]


@cache
def _rules() -> list[tuple[str, tuple[tuple[str, ...], ...]]]:
    """Of each pattern's number the intent that it speaks of, and what must not be in the sentence.

    All languages' patterns know English words such as "refund": what excuses them in English excuses them everywhere.
    """
    excuses = {
        (language.code, rules.intent): language.unless + rules.unless
        for language in languages()
        for rules in language.intents
    }
    return [
        (rules.intent, tuple({excuses[language.code, rules.intent]: None, excuses.get(("en", rules.intent), ()): None}))
        for language in languages()
        for rules in language.intents
        for _ in rules.patterns
    ]


def _sentences(text: str) -> Iterator[tuple[int, str]]:
    """Where each sentence begins, and the sentence. A stop inside a number or an address ends nothing."""
    text = _WRAPPED.sub(" ", text) if "\n" in text else text
    for found in _SENTENCE.finditer(text):
        sentence = found[0].strip()
        if sentence:
            yield found.start() + found[0].index(sentence[0]), sentence


def _quoted(intent: str, sentence: str, start: int, match: re.Match[str]) -> Said:
    if len(sentence) <= LONGEST_QUOTE:
        return Said(intent, sentence, start, start + len(sentence))
    room = max(0, LONGEST_QUOTE - (match.end() - match.start())) // 2
    first = max(0, match.start() - room)
    part = sentence[first : first + LONGEST_QUOTE]
    if first and " " in part[:20]:
        skipped = part.index(" ") + 1
        part, first = part[skipped:], first + skipped
    return Said(intent, part, start + first, start + first + len(part))
