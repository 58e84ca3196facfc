"""The worklist as a CSV file: numbers stay numbers, and no text becomes a formula.

Reads a `Worklist`, gives bytes: UTF-8 with a byte order mark, so that spreadsheets read names right; comma, double
quotes, one line per entry ended by CR LF (RFC 4180). `safe_text` is what every export of text to a spreadsheet uses.
"""

from __future__ import annotations

import csv
import io
import math
import unicodedata
from collections.abc import Iterable, Iterator
from functools import lru_cache

from churnrisk.out.words import one_line
from churnrisk.outreach.worklist import Entry, Worklist
from churnrisk.score import Reason

#: A spreadsheet that finds one of these first takes the cell for a formula. Full-width and small forms are folded to
#: these before they are compared; the last is the mathematical minus.
FORMULA_SIGNS = "=+-@−"
#: A cell of a spreadsheet holds 32,767 characters; what is longer would spill into other cells.
LONGEST_CELL = 32_000
#: Columns for so many reasons.
REASONS = 3

COLUMNS = (
    *"rank account_id account csm segment country risk tier value value_at_risk currency".split(),
    *("renewal", "days_to_renewal"),
    *(f"reason_{place}" for place in range(1, REASONS + 1)),
    *(f"reason_{place}_code" for place in range(1, REASONS + 1)),
    *(f"reason_{place}_actionable" for place in range(1, REASONS + 1)),
    *("this_week", "as_of", "lead_days", "horizon_days", "model"),
)


def worklist_csv(worklist: Worklist) -> bytes:
    """The whole list, one row per entry, in the columns of COLUMNS."""
    return _csv(COLUMNS, (_row(entry, worklist) for entry in worklist.entries))


def texts_csv(columns: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> bytes:
    """A table of texts, each made safe for a spreadsheet."""
    return _csv(columns, (dict(zip(columns, map(safe_text, row), strict=True)) for row in rows))


def _csv(columns: tuple[str, ...], rows: Iterable[dict[str, str]]) -> bytes:
    file = io.StringIO(newline="")
    writer = csv.DictWriter(file, columns, restval="", lineterminator="\r\n")
    writer.writeheader()
    writer.writerows(rows)
    return file.getvalue().encode("utf-8-sig")


@lru_cache(maxsize=20_000)  # a list says the same few words on every line
def safe_text(text: str) -> str:
    """Text for a cell that no spreadsheet takes for a formula, a link or a second line.

    An apostrophe goes before a sign of FORMULA_SIGNS that comes first, whatever invisible characters or quotes stand
    before it. The same is done after a semicolon, because where the comma is the decimal sign a spreadsheet splits
    there. Line breaks, tabs and other control characters become a space. Everything else stays as it is.

    >>> safe_text("=1+1"), safe_text(" @me"), safe_text("North; -3"), safe_text("A-1")
    ("'=1+1", "' @me", "North;' -3", 'A-1')
    """
    line = one_line(text)
    safe = ";".join(f"'{part}" if _looks_like_formula(part) else part for part in line.split(";"))
    return safe if len(safe) <= LONGEST_CELL else safe[: LONGEST_CELL - 1] + "…"


def _looks_like_formula(part: str) -> bool:
    first = next((letter for letter in part if not _is_passed_over(letter)), "")
    return bool(first) and unicodedata.normalize("NFKC", first)[0] in FORMULA_SIGNS


def _is_passed_over(letter: str) -> bool:
    """Whether a reader may drop the letter before it looks at the next: white space, invisible marks, quotes."""
    return letter.isspace() or letter == '"' or unicodedata.category(letter) == "Cf"


def _row(entry: Entry, worklist: Worklist) -> dict[str, str]:
    return {
        "rank": str(entry.rank),
        "account_id": safe_text(entry.account_id),
        "account": safe_text(entry.name),
        "csm": safe_text(entry.csm),
        "segment": safe_text(entry.segment),
        "country": safe_text(entry.country),
        "risk": _number(entry.risk, 4),
        "tier": safe_text(entry.tier),
        "value": _number(entry.value, 2),
        "value_at_risk": _number(entry.value_at_risk, 2),
        "currency": safe_text(worklist.currency),
        "renewal": safe_text(entry.renews_on),
        "days_to_renewal": "" if entry.days_to_renewal is None else str(entry.days_to_renewal),
        **dict(_reasons(entry.reasons)),
        "this_week": _yes(entry.within_capacity),
        "as_of": safe_text(worklist.as_of),
        "lead_days": str(worklist.lead),
        "horizon_days": str(worklist.horizon),
        "model": safe_text(worklist.lineage.get("model", "")),
    }


def _reasons(reasons: tuple[Reason, ...]) -> Iterator[tuple[str, str]]:
    for place, reason in enumerate(reasons[:REASONS], start=1):
        yield f"reason_{place}", safe_text(reason.sentence)
        yield f"reason_{place}_code", safe_text(reason.code)
        yield f"reason_{place}_actionable", _yes(reason.actionable)


def _yes(claim: bool) -> str:
    return "yes" if claim else "no"


def _number(number: float, places: int) -> str:
    """Plain digits with a point; empty where there is no number."""
    return f"{number:.{places}f}" if math.isfinite(number) else ""
