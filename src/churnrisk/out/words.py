"""How numbers, days and foreign text are written for people: the same on a page, in a mail and in a terminal.

Read by every module of `out`. Nothing here depends on the locale of the machine. Currency and percent follow the number
after a space: `1,234 EUR`, `12 %`.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Iterable
from datetime import date, timedelta

#: Said of an account whose risk nothing raises above what is usual.
NO_REASON = "No reason stands out: it is on the list for its value"

#: What stands where a number or a day is not known.
UNKNOWN = "–"
MONTHS = "January February March April May June July August September October November December".split()
#: From here an amount is written as a power of ten; no customer pays that, but a broken source may say so.
TOO_LARGE = 1e12
#: Beyond this, marks stacked on one letter are there to draw over other lines.
MOST_MARKS = 4

_BREAKS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")  # everything a terminal or a parser could act on
_SURROGATES = re.compile(r"[\ud800-\udfff]")  # halves of characters, which no encoding can write
_UNSEEN = re.compile(r"[\u200b\ufeff\u202a-\u202e\u2066-\u2069]")  # no width, or a turned reading direction


def one_line(text: str) -> str:
    """The text without line breaks, control characters and what cannot be encoded; otherwise as it was."""
    if text.isprintable():
        return text
    return _SURROGATES.sub("\ufffd", _BREAKS.sub(" ", text))


def shown(text: str, most: int = 120) -> str:
    """Foreign text as people may see it: one line, no turned direction, no towers of marks, at most that long."""
    line = " ".join(_UNSEEN.sub("", one_line(text[: 4 * most])).split())
    line = _without_towers(line)
    if len(line) > most or len(text) > 4 * most:
        return line[: most - 1].rstrip() + "…"
    return line


def _without_towers(line: str) -> str:
    kept, marks = [], 0
    for letter in line:
        marks = marks + 1 if unicodedata.category(letter) in {"Mn", "Me"} else 0
        if marks <= MOST_MARKS:
            kept.append(letter)
    return "".join(kept)


def percent(share: float) -> str:
    """A probability in whole percent, and never as if it were certain: `12 %`, `<1 %`, `>99 %`."""
    if not math.isfinite(share):
        return UNKNOWN
    if share < 0.01:
        return "<1 %"
    return ">99 %" if share > 0.99 else f"{100 * share:.0f} %"


def count(number: int) -> str:
    """A whole number with separators between thousands: `1,234`."""
    return f"{number:,}"


def sentence(text: str) -> str:
    """Foreign text as a sentence, with one full stop."""
    said = shown(text, 400)
    return said if not said or said.endswith(("…", "!", "?")) else said.rstrip(".") + "."


def several(number: int, one: str, many: str = "") -> str:
    """A number with its noun: `1 account`, `1,234 accounts`."""
    return f"{count(number)} {one if number == 1 else many or one + 's'}"


def decimals(amounts: Iterable[float]) -> int:
    """How many decimals a column of amounts needs: 2 where all are below 10, else none."""
    return 2 if max((abs(amount) for amount in amounts if math.isfinite(amount)), default=10) < 10 else 0


def money(amount: float, currency: str = "", places: int = 0) -> str:
    """An amount with its currency: `1,234 EUR`; `<1 EUR` for what would be rounded to nothing."""
    if not math.isfinite(amount):
        return UNKNOWN
    smallest = 10.0**-places
    if abs(amount) >= TOO_LARGE:
        return f"{amount:.2e} {shown(currency, 12)}".rstrip()
    number = f"<{smallest:.{places}f}" if 0 < amount < smallest / 2 else f"{amount:,.{places}f}"
    return f"{number} {shown(currency, 12)}".rstrip()


def long_day(iso: str) -> str:
    """An ISO day in words: `31 January 2026`; what is no day stays as it is."""
    day = _day(iso)
    return f"{day.day} {MONTHS[day.month - 1]} {day.year}" if day else shown(iso, 40)


def short_day(iso: str) -> str:
    """An ISO day in few letters: `31 Jan 2026`; what is no day stays as it is, and nothing is unknown."""
    day = _day(iso)
    return f"{day.day} {MONTHS[day.month - 1][:3]} {day.year}" if day else shown(iso, 40) or UNKNOWN


def days_left(days: int | None) -> str:
    """How far away a day is, seen from the as_of: `in 42 days`, `today`, `3 days ago`; empty where unknown."""
    if days is None:
        return ""
    if days == 0:
        return "today"
    return f"in {several(days, 'day')}" if days > 0 else f"{several(-days, 'day')} ago"


def meaning_of_risk(as_of: str, lead: int, horizon: int) -> str:
    """One sentence on what the risk is the chance of, with the days of its window."""
    first, last = lead + 1, lead + horizon
    chance = (
        f"Risk is the chance that the account leaves between day {count(first)} and day {count(last)} "
        f"after {long_day(as_of)}"
    )
    day = _day(as_of)
    if day is None or last > (date.max - day).days:
        return f"{chance}."
    window = (long_day((day + timedelta(days=days)).isoformat()) for days in (first, last))
    return f"{chance}, that is from {' to '.join(window)}."


def _day(iso: str) -> date | None:
    try:
        return date.fromisoformat(iso[:10])
    except ValueError:
        return None
