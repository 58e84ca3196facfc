"""What the product knows of each language: how mail clients quote in it, how people sign, how they say they will leave.

Read from `languages/<code>.toml`, one file a language; a new language is a new file.
"""

from __future__ import annotations

import hashlib
import re
import tomllib
from dataclasses import dataclass
from functools import cache
from importlib import resources

#: What somebody who may leave speaks of, the surest sign first: where a message has several, the first is told.
INTENTS = ("cancel", "contract_end", "competitor", "evaluating", "data_export", "refund", "price")


@dataclass(frozen=True)
class Cleaning:
    """Patterns of lines that are not the customer's own words; see `cleaning` for what is done with each.

    Attributes:
        reply_headers: lines that introduce what is quoted.
        header_fields: names of header fields in forwarded mail.
        sign_offs: lines that end a message.
        footers: beginnings of lines that programs add.
        greetings: first lines that only greet.
        automatic: what is said by messages that no person wrote.
    """

    reply_headers: tuple[str, ...]
    header_fields: tuple[str, ...]
    sign_offs: tuple[str, ...]
    footers: tuple[str, ...]
    greetings: tuple[str, ...]
    automatic: tuple[str, ...]


@dataclass(frozen=True)
class IntentRules:
    """One language's patterns of one intent.

    Attributes:
        intent: one of INTENTS.
        patterns: a sentence that matches one of them has the intent ...
        unless: ... but for those that match one of these.
    """

    intent: str
    patterns: tuple[str, ...]
    unless: tuple[str, ...]


@dataclass(frozen=True)
class Language:
    """One language's rules.

    Attributes:
        code: two letters.
        cleaning: of its mails.
        unless: sentences that match one of these speak of no intent.
        intents: for each of INTENTS that the language has rules of.
    """

    code: str
    cleaning: Cleaning
    unless: tuple[str, ...]
    intents: tuple[IntentRules, ...]


@cache
def languages() -> tuple[Language, ...]:
    """The languages that have rules, by code."""
    folder = resources.files(__package__) / "languages"
    codes = sorted(entry.name[:-5] for entry in folder.iterdir() if entry.name.endswith(".toml"))
    return tuple(_read(code, (folder / f"{code}.toml").read_text(encoding="utf-8")) for code in codes)


@cache
def rules_hash() -> str:
    """The digest of all rules; what was read by other rules was read by another model."""
    return hashlib.sha256(repr(languages()).encode()).hexdigest()


@cache
def any_of(patterns: tuple[str, ...]) -> re.Pattern[str]:
    """One pattern that finds any of them; nothing, where there are none."""
    return re.compile("|".join(f"(?:{pattern})" for pattern in patterns) or r"(?!)", re.IGNORECASE)


def all_cleaning(part: str) -> tuple[str, ...]:
    """One part of the cleaning rules of all languages: a Dane's mail client may speak English."""
    found = (pattern for language in languages() for pattern in getattr(language.cleaning, part))
    return tuple(dict.fromkeys(found))


def _read(code: str, text: str) -> Language:
    content = tomllib.loads(text)
    cleaning = {name: tuple(patterns) for name, patterns in content["cleaning"].items()}
    rules = content["intents"]
    return Language(
        code,
        Cleaning(**cleaning),
        tuple(rules.get("unless", ())),
        tuple(
            IntentRules(intent, tuple(rules[intent]["patterns"]), tuple(rules[intent].get("unless", ())))
            for intent in INTENTS
            if intent in rules
        ),
    )
