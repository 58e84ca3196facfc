"""The nets over all rules: which of a thousand patterns a text can match, before any of them is tried.

Reads the rules; the literals that each pattern must contain are worked out once, into `languages/required.json`, by
`python -m churnrisk.text`. Where that file is of other rules, they are worked out on the spot, which takes seconds.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from functools import cache, lru_cache
from importlib import resources
from typing import TypeAlias

from churnrisk.text.net import Net, Sets, required
from churnrisk.text.phrases import written
from churnrisk.text.rules import all_cleaning, languages, rules_hash

#: Made by `python -m churnrisk.text`.
REQUIRED = "languages/required.json"
#: The intents' patterns of all languages, and the parts of cleaning that are patterns of lines.
PARTS = ("intents", "reply_headers", "sign_offs", "footers", "greetings", "automatic")
#: What programs write, looked for together in every line.
_PROGRAMS = ("footers", "automatic")
#: A pattern: its part, and its number among the patterns of that part.
Numbered: TypeAlias = tuple[str, int]
#: What may stand behind a closing formula on its line: a name.
_NAME = r"(?!\w)[\s,.!~]*(?:[\w.'-]+(?:[ ,]+[\w.'-]+){0,3})?[.,!]?"


@cache
def patterns_of(part: str) -> tuple[str, ...]:
    """All patterns of a part, over all languages; numbered by their place."""
    if part == "intents":
        return tuple(pattern for language in languages() for rules in language.intents for pattern in rules.patterns)
    return all_cleaning(part)


@cache
def _net_of(part: str) -> tuple[Net, list[Numbered]]:
    """The net over one part, or over all that are looked for in lines, and what its numbers stand for."""
    parts = _PROGRAMS if part == "programs" else (part,)
    sets = [sets for one in parts for sets in _sets_of(one)]
    return Net(sets), [(one, number) for one in parts for number in range(len(patterns_of(one)))]


def _sets_of(part: str) -> Sequence[Sets]:
    return _kept().get(part) or [required(pattern) for pattern in patterns_of(part)]


@cache
def _kept() -> dict[str, list[Sets]]:
    """What was worked out, where the rules are still the same."""
    kept = json.loads((resources.files(__package__) / REQUIRED).read_text(encoding="utf-8"))
    return dict(kept["parts"]) if kept["rules"] == rules_hash() else {}


@lru_cache(maxsize=8192)
def compiled(part: str, number: int) -> re.Pattern[str]:
    """The pattern of that number, when it is first needed; a closing formula may have a name behind it."""
    ending = _NAME if part == "sign_offs" else ""
    return re.compile(f"(?:{patterns_of(part)[number]}){ending}", re.IGNORECASE)


@lru_cache(maxsize=256)  # the parts of one body ask for the same text several times
def _programs_in(text: str) -> list[Numbered]:
    net, named = _net_of("programs")
    return [named[number] for number in net.catch(text)]


def caught(part: str, text: str) -> list[Numbered]:
    """The patterns of a part that may match in the text, in order; all that do are among them."""
    if part == "programs":
        return _programs_in(text)
    net, named = _net_of(part)
    return [named[number] for number in net.catch(text)]


def caught_intents(text: str, language: str) -> list[int]:
    """The numbers of the patterns of intents that may match: of one language and English; of all where it is not known.

    They are numbers in the net of that language, for `caught_in_sentence`.
    """
    return _intents_of(language)[0].catch(text)


def caught_in_sentence(numbers: list[int], sentence: str, language: str) -> list[int]:
    """Which of a text's patterns may match in one of its sentences; as numbers of all patterns of intents."""
    net, named = _intents_of(language)
    return [named[number] for number in net.catch_again(numbers, sentence)]


@cache
def _intents_of(language: str) -> tuple[Net, list[int]]:
    owners = [each.code for each in languages() for rules in each.intents for _ in rules.patterns]
    spoken = {language, "en"} if language in owners else set(owners)
    sets = _sets_of("intents")
    numbers = [number for number, owner in enumerate(owners) if owner in spoken]
    return Net([sets[number] for number in numbers]), numbers


def work_out() -> str:
    """The content of REQUIRED for the rules of today.

    How seldom a literal is, is counted in the sentences that teach sentiment, which are of a support desk but not about
    leaving.
    """
    sentences = "\n".join(dict.fromkeys(row.text.lower() for row in written() if row.kind == "phrase"))

    @cache
    def rarity(literal: str) -> float:
        return -sentences.count(literal)

    parts = {
        part: [[sorted(one) for one in required(pattern, rarity)] for pattern in patterns_of(part)] for part in PARTS
    }
    return json.dumps({"rules": rules_hash(), "parts": parts}, ensure_ascii=False, indent=0) + "\n"
