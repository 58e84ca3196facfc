"""Tables that are wide by period, such as `Jan 23, Feb 23, ...` or `2024-Q1`.

Such a source is read as rows of a day (the last one of the period) and a value; columns of totals are left out.
"""

from __future__ import annotations

import re
from collections import Counter
from datetime import date, timedelta

from churnrisk.extract.proposal.names import has_word, words
from churnrisk.history import name, quoted

#: Columns of periods from which a table is wide.
_WIDE = 3
_TOTALS = (
    "total totals sum summe gesamt insgesamt ialt alt sumy suma razem lacznie ytd average schnitt gennemsnit".split()
)
_MONTHS = (
    "jan januar january styczen sty stycznia januari",
    "feb februar february luty lut lutego",
    "mar mrz marz march marts marzec marca mrt",
    "apr april kwiecien kwi kwietnia",
    "may mai maj maja",
    "jun juni june czerwiec cze czerwca",
    "jul juli july lipiec lip lipca",
    "aug august sierpien sie sierpnia",
    "sep sept september wrzesien wrz wrzesnia",
    "oct okt oktober october pazdziernik paz pazdziernika",
    "nov november listopad lis listopada",
    "dec dez december dezember grudzien gru grudnia",
)
_MONTH_OF = {word: number for number, listed in enumerate(_MONTHS, start=1) for word in listed.split()}
_NUMERIC = (
    ("month", re.compile(r"^(?P<year>(?:19|20)\d{2})[ _./-]?(?:m)?(?P<part>0[1-9]|1[0-2])$")),
    ("month", re.compile(r"^(?P<part>0?[1-9]|1[0-2])[ _./-](?P<year>(?:19|20)\d{2})$")),
    ("quarter", re.compile(r"^(?P<year>(?:19|20)\d{2})[ _./-]?[qk](?P<part>[1-4])$")),
    ("quarter", re.compile(r"^[qk](?P<part>[1-4])[ _./-]?(?P<year>(?:19|20)?\d{2})$")),
    ("week", re.compile(r"^(?P<year>(?:19|20)\d{2})[ _./-]?(?:w|kw|uge|u|tydz)[ _]?(?P<part>\d{1,2})$")),
    ("week", re.compile(r"^(?:w|kw|uge|u|tydz)[ _]?(?P<part>\d{1,2})[ _./-](?P<year>(?:19|20)?\d{2})$")),
    ("year", re.compile(r"^(?P<year>20\d{2})(?P<part>)$")),
)
_NAMED = re.compile(r"^(?P<word>[a-z]+)[ _./'-]*(?P<year>(?:19|20)?\d{2})$")
_TURNED = re.compile(r"^(?P<year>(?:19|20)?\d{2})[ _./'-]*(?P<word>[a-z]+)$")


def period_of(title: str) -> tuple[str, date] | None:
    """The kind of period a column's name tells, and its last day; None where it tells none."""
    plain = title.strip().lower()
    for kind, form in _NUMERIC:
        if found := form.match(plain):
            return _ended(kind, _year(found["year"]), int(found["part"] or 0))
    folded = " ".join(words(title))
    for form in (_NAMED, _TURNED):
        if (found := form.match(folded)) and (month := _MONTH_OF.get(found["word"])):
            return _ended("month", _year(found["year"]), month)
    return None


def _year(written: str) -> int:
    return int(written) if len(written) == 4 else 2000 + int(written)


def _ended(kind: str, year: int, part: int) -> tuple[str, date] | None:
    if kind == "week":
        return (kind, date.fromisocalendar(year, part, 7)) if 1 <= part <= 52 else None
    month = {"month": part, "quarter": 3 * part, "year": 12}[kind]
    first_after = date(year + (month == 12), month % 12 + 1, 1)
    return kind, first_after - timedelta(days=1)


def _behind_a_word(titles: list[str]) -> dict[str, tuple[str, date]]:
    """The periods of columns such as `logins_2024_01`, where all of them begin with the same word."""
    split = [(title, re.match(r"^([^\W\d]+)[ _-]+(.+)$", title)) for title in titles]
    found = {(parts[1], title): told for title, parts in split if parts and (told := period_of(parts[2]))}
    return {title: told for (_, title), told in found.items()} if len({word for word, _ in found}) == 1 else {}


def made_long(label: str, titles: list[str]) -> tuple[str, str]:
    """A SELECT of one row for each period, and what it does in words; empty texts where the table is not wide."""
    told = {title: found for title in titles if (found := period_of(title))} or _behind_a_word(titles)
    kinds = Counter(kind for kind, _ in told.values())
    kind, count = kinds.most_common(1)[0] if kinds else ("", 0)
    if count < _WIDE:
        return "", ""
    periods = {title: day for title, (its, day) in told.items() if its == kind}
    others = [title for title in titles if title not in told and not has_word(title, _TOTALS)]
    if not others:
        return "", ""
    day, value = (free if free not in others else f"period_{free}" for free in ("day", "value"))
    whens = [f"when {quoted(title)} then date {quoted(ended.isoformat())}" for title, ended in periods.items()]
    lines = "\n        ".join(" ".join(whens[start : start + 3]) for start in range(0, len(whens), 3))
    kept = ", ".join(map(name, others))
    dropped = [title for title in titles if title not in others and title not in periods]
    taken = f"* exclude ({', '.join(map(name, dropped))})" if dropped else "*"
    sql = (
        f"select {kept}, {value},\n    case period\n        {lines}\n    end as {day}"
        f"\nfrom (select columns({taken})::varchar from {name(label)})"
        f"\nunpivot ({value} for period in (columns(* exclude ({kept}))))"
    )
    return sql, f"one column for each {kind}: a row for each, on the {kind}'s last day"
