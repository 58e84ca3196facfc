"""Which times a column holds, and the expression that reads them.

ISO texts are read by the mapping itself, so such a column keeps its plain name. Day and month are told apart by values
above 12; where none is, by the other columns of the export, else the day comes first and a doubt says so.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

_TIME = r"(?P<time>[T ]+\d{1,2}:\d{2}(?P<seconds>:\d{2}(?P<fraction>[.,]\d+)?)?)?(?P<half> ?[AaPp]\.?[Mm]\.?)?"
_OFFSET = r"(?P<offset>\s*(?:Z|UTC|GMT|[+-]\d{2}:?\d{2}|[+-]\d{2}))?$"
_ISO = re.compile(r"^(?P<year>\d{4})(?P<mark>[-/])\d{1,2}[-/]\d{1,2}" + _TIME + _OFFSET)
_TRIPLE = re.compile(
    r"^(?P<first>\d{1,2})(?P<mark>[./-])(?P<second>\d{1,2})(?P<mark2>[./-])(?P<year>\d{4}|\d{2})" + _TIME + "$"
)
_MONTHS = r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*"
_NAMED = re.compile(
    r"^(?:(?P<weekday>[a-z]{3}),? )?(?P<first>\d{1,2}|"
    + _MONTHS
    + r")(?P<mark>[- ])(?P<second>\d{1,2}|"
    + _MONTHS
    + r")(?P<mark2>,? ?|-)(?P<year>\d{4}|\d{2})"
    + _TIME
    + r"(?P<offset>\s*(?:GMT|UTC|[+-]\d{4}))?$",
    re.IGNORECASE,
)
_MONTH_ONLY = (
    (re.compile(r"^\d{4}-\d{2}$"), "%Y-%m"),
    (re.compile(r"^\d{1,2}/\d{4}$"), "%m/%Y"),
    (re.compile(r"^\d{1,2}\.\d{4}$"), "%m.%Y"),
    (re.compile(r"^\d{4}/\d{2}$"), "%Y/%m"),
)
_WEEK = re.compile(r"^\d{4}-W\d{2}$")
_COMPACT = re.compile(r"^(?:19|20)\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])$")
#: The share of values that have to be times for a column to hold times.
ENOUGH = 0.9
#: Ends that mean "no end".
_NEVER = re.compile(r"^(9999|2999|2099|3000|0001|1900-01-01|1970-01-01$|31[./]12[./](9999|2099)|12/31/(9999|2099))")


@dataclass(frozen=True)
class Moment:
    """How a column is read as a time.

    Attributes:
        sql: the expression for the mapping; the plain column where it suffices.
        typed: the same, as a timestamp, for joins and comparisons.
        has_time: whether there is a time of day.
        has_offset: whether the values say their offset from UTC.
        formats: the formats found, for people.
        order: "day", "month", or "either" where no value tells them apart; empty where it is plain.
        doubts: what somebody should look at.
    """

    sql: str
    typed: str
    has_time: bool
    has_offset: bool
    formats: tuple[str, ...]
    order: str = ""
    doubts: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Form:
    """The form of one value: how it is written, and whether day or month came first where that can be seen."""

    format: str
    iso: bool = False
    has_time: bool = False
    offset: bool = False
    order: str = ""


def typed_moment(column: str, sql_type: str) -> Moment | None:
    """The moment of a column that has a type of time already."""
    if sql_type == "DATE" or sql_type.startswith("TIMESTAMP"):
        zoned = "TIME ZONE" in sql_type
        typed = f"({column} at time zone 'UTC')" if zoned else f"{column}::timestamp"
        return Moment(column, typed, sql_type != "DATE", zoned, (sql_type.lower(),))
    return None


def text_moment(column: str, counts: Mapping[str, int], month_first: bool) -> Moment | None:
    """The moment of a text column, from its values and how often each is there; None where it holds no times.

    Args:
        column: its SQL.
        counts: values and their frequency.
        month_first: whether the month is taken first where nothing decides.
    """
    forms = {value: _form(value) for value in counts if not _NEVER.match(value)}
    known = {value: form for value, form in forms.items() if form}
    total = sum(counts[value] for value in forms)
    if not total or sum(counts[value] for value in known) < ENOUGH * total:
        return None
    orders = Counter(form.order for form in known.values() if form.order not in ("", "either"))
    unsure = any(form.order == "either" for form in known.values())
    month = orders["month"] > orders["day"] or (not orders and unsure and month_first)
    found = dict.fromkeys(_format(form, month) for form in known.values())
    formats = tuple(sorted(found, key=lambda written: written.startswith("%d" if month else "%m")))
    doubts = _order_doubts(orders, unsure, month)
    sql, typed = _expressions(column, tuple(known.values()), formats)
    if any(_NEVER.match(value) for value in counts):
        sql = typed = _within(typed)
        doubts = (*doubts, "dates far away, such as 9999-12-31, are taken for none")
    order = "" if not (orders or unsure) else "either" if not orders else "month" if month else "day"
    return Moment(
        sql,
        typed,
        any(form.has_time for form in known.values()),
        any(form.offset for form in known.values()),
        formats,
        order,
        doubts,
    )


def _is_text(sql_type: str) -> bool:
    return sql_type == "VARCHAR"


def number_moment(column: str, low: float, high: float, whole: bool, sql_type: str = "BIGINT") -> Moment | None:
    """The moment of a column of numbers that is called like a time: epochs and serial days of Excel."""
    if low >= 8e8 and high <= 4.1e9 and whole:
        typed = f"make_timestamp_ms(try_cast({column} as bigint) * 1000)"
        return Moment(typed, typed, True, True, ("seconds since 1970",))
    if low >= 8e11 and high <= 4.1e12:
        typed = f"make_timestamp_ms(try_cast({column} as bigint))"
        return Moment(typed, typed, True, True, ("milliseconds since 1970",))
    if low >= 8e8 and high <= 4.1e12 and whole:
        number = f"try_cast({column} as bigint)"
        typed = f"make_timestamp_ms(case when {number} < 100000000000 then {number} * 1000 else {number} end)"
        if _is_text(sql_type):
            typed = f"coalesce({typed}, try_cast({column} as timestamp))"
        return Moment(typed, typed, True, True, ("milliseconds since 1970", "seconds since 1970"))
    if low >= 19000101 and high <= 21001231 and whole:
        typed = f"try_strptime({column}::varchar, '%Y%m%d')"
        return Moment(typed, typed, False, False, ("%Y%m%d",))
    if low >= 20000 and high <= 73000:
        typed = f"timestamp '1899-12-30' + to_seconds(round(try_cast({column} as double) * 86400))"
        return Moment(typed, typed, not whole, False, ("days since 1899-12-30",))
    return None


def _form(value: str) -> _Form | None:
    if found := _ISO.match(value):
        offset = bool(found["offset"])
        return _Form(_iso_format(found), True, bool(found["time"]), offset)
    if found := _TRIPLE.match(value):
        first, second = int(found["first"]), int(found["second"])
        if not (1 <= first <= 31 and 1 <= second <= 31) or (first > 12 and second > 12):
            return None
        order = "day" if first > 12 else "month" if second > 12 else "either"
        if found["mark"] == "." and order == "either":
            order = "day"  # nobody writes the month first with dots
        year = "%Y" if len(found["year"]) == 4 else "%y"
        return _Form(
            f"%1{found['mark']}%2{found['mark2']}{year}{_time(found)}", False, bool(found["time"]), False, order
        )
    if found := _NAMED.match(value):
        return _named(found)
    for pattern, written in _MONTH_ONLY:
        if pattern.match(value):
            return _Form(written)
    if _COMPACT.match(value):
        return _Form("%Y%m%d")
    return _Form("%G-W%V") if _WEEK.match(value) else None


def _named(found: re.Match[str]) -> _Form | None:
    day_first = found["first"].isdigit()
    if day_first == found["second"].isdigit():
        return None
    month = found["second"] if day_first else found["first"]
    named = "%b" if len(month) == 3 else "%B"
    year = "%Y" if len(found["year"]) == 4 else "%y"
    first, second = ("%d", named) if day_first else (named, "%d")
    weekday = "%a, " if found["weekday"] and "," in found[0][:5] else "%a " if found["weekday"] else ""
    offset = (
        " %z" if (found["offset"] or "").strip()[:1] in ("+", "-") else f" {(found['offset'] or '').strip()}".rstrip()
    )
    written = f"{weekday}{first}{found['mark']}{second}{found['mark2']}{year}{_time(found)}{offset}"
    return _Form(written, False, bool(found["time"]), bool(found["offset"]))


def _iso_format(found: re.Match[str]) -> str:
    mark = found["mark"]
    return f"%Y{mark}%m{mark}%d{_time(found)}{'%z' if found['offset'] else ''}"


def _time(found: re.Match[str]) -> str:
    if not found["time"]:
        return ""
    between = re.match(r"[T ]+", found["time"])
    hour = "%I" if found["half"] else "%H"
    seconds = ":%S" if found["seconds"] else ""
    fraction = f"{found['fraction'][0]}%f" if found["fraction"] else ""
    half = found["half"] or ""
    suffix = " %p" if half.startswith(" ") else "%p" if half else ""
    return f"{between[0] if between else ' '}{hour}:%M{seconds}{fraction}{suffix}"


def _format(form: _Form, month: bool) -> str:
    """The format with day and month in their places, as the value itself tells them or else as given."""
    is_month = form.order == "month" or (form.order == "either" and month)
    first, second = ("%m", "%d") if is_month else ("%d", "%m")
    return form.format.replace("%1", first).replace("%2", second)


def _order_doubts(orders: Counter[str], unsure: bool, month: bool) -> tuple[str, ...]:
    first = "month" if month else "day"
    if orders["day"] and orders["month"]:
        return (f"some values have the day first, some the month; where both are possible the {first} is taken first",)
    if unsure and not orders:
        return (f"no value tells day and month apart; the {first} is taken first",)
    return ()


def _expressions(column: str, forms: tuple[_Form, ...], formats: tuple[str, ...]) -> tuple[str, str]:
    """The expression for the mapping, and the same as a timestamp."""
    if all(form.iso for form in forms):
        if any(form.offset for form in forms):
            return column, f"(try_cast({column} as timestamptz) at time zone 'UTC')"
        return column, f"try_cast({column} as timestamp)"
    foreign = [written for written in formats if not written.startswith(("%Y-%m-%d", "%Y/%m/%d"))]
    listed = ", ".join(_quoted(written) for written in foreign)
    read = f"try_strptime({column}, {listed})" if len(foreign) == 1 else f"try_strptime({column}, [{listed}])"
    if any("%z" in written for written in foreign):
        read = f"({read} at time zone 'UTC')"
    if any(form.iso for form in forms):
        read = f"coalesce({read}, try_cast({column} as timestamp))"
    return read, read


def _within(typed: str) -> str:
    return f"case when year({typed}) between 1901 and 2098 then {typed} end"


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
