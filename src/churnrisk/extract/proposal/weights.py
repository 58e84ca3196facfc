"""Which doubts come first: what would change the verdict most. What changes little stays a plain comment."""

from __future__ import annotations

import re

#: How many doubts are numbered at most.
MOST = 15
#: The share of rows that may be lost before it weighs, and from which it comes first.
_LITTLE, _MUCH = 0.05, 0.2
_OF_ROWS = re.compile(r"([\d,]+) of ([\d,]+) rows")
_FOUND = re.compile(r"(\d+)% of its values are found")
_MINOR = -1
#: Weights by what a doubt says; the first that fits counts.
_SAYS = (
    ("no source names the accounts|nothing was found that is one of|could not be tried as a whole", 100),
    ("training will refuse|too little says who left|tells? who left|no fact has a readable moment", 95),
    ("no source lists the accounts|but no column leads to an account|is left out: |does not fit|nothing gives", 80),
    ("no row of the source comes through|cannot be read: ", 80),
    ("every contract has a|are no cancellations|left out as continuing", 75),
    ("tells? day and month apart|have the day first", 70),
    ("could be .* as well", 60),
    ("no time says its zone|become known at midnight", 55),
    ("a later change overwrites it|moves on with every renewal|is taken for an amount by month", 50),
    ("first row looks like data|nothing here has a name|nothing says the unit", 50),
    ("is like no canonical table|looks like", 40),
    ("no word explains|too many to tell", 30),
    ("on the scale|kind is guessed", 25),
    ("repeat a|lines? cannot be divided|above the header|by a part of its name|dates far away", _MINOR),
    ("a digest of the row|has no moment|no column says when it was|decimals are written|percent signs", _MINOR),
    ("most urgent|cells of the header are merged|first of a month|same day of the week|first fact is taken", _MINOR),
)


def weight(text: str) -> int:
    """How much a doubt weighs; below zero it stays a comment."""
    if share := _OF_ROWS.search(text):
        lost, rows = (int(number.replace(",", "")) for number in share.groups())
        if "held back" in text or "are left out" in text:
            return 200 if lost > _MUCH * rows else 65 if lost > _LITTLE * rows else _MINOR
    if "is compared with" in text:
        found = _FOUND.search(text)
        return 65 if found is None or int(found[1]) < 90 else _MINOR
    return next((given for said, given in _SAYS if re.search(said, text)), 20)


def numbered(doubts: list[str]) -> dict[int, int]:
    """The number of each doubt that gets one, by its place in the list."""
    order = sorted(range(len(doubts)), key=lambda place: -weight(doubts[place]))
    kept = [place for place in order if weight(doubts[place]) >= 0][:MOST]
    return {place: number for number, place in enumerate(kept, start=1)}
