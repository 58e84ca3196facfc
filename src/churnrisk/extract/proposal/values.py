"""What values mean: nothing, numbers however they are written, yes and no, and the words of enumerations."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from churnrisk.extract.proposal.names import VALUES, says, words

#: Words that stand where there is no value.
PLACEHOLDERS = frozenset(
    {
        "n/a",
        "na",
        "nan",
        "null",
        "none",
        "nil",
        "-",
        "--",
        "---",
        "?",
        "#n/a",
        "#na",
        "#nv",
        "#n/d",
        "#i/t",
        "#ref!",
        "#value!",
        "#wert!",
        "#bezug!",
        "#div/0!",
        "#num!",
        "#zahl!",
        "#name?",
        "unknown",
        "undefined",
        "missing",
        "(blank)",
        "(null)",
        "(none)",
        "not available",
        "not set",
        "tbd",
        "k.a.",
        "keine",
        "keine angabe",
        "unbekannt",
        "ukendt",
        "ingen",
        "ikke angivet",
        "brak",
        "brak danych",
        "nieznany",
        "nie dotyczy",
        "nieznane",
        "<null>",
        "\\n",
        "nat",
        "0000-00-00",
        "0000-00-00 00:00:00",
        ".",
    }
)
TRUE = frozenset("true yes y t 1 ja j tak on wahr sand sandt prawda x si oui active aktiv".split())
FALSE = frozenset("false no n f 0 nein nej nie off falsch falsk fałsz non inactive inaktiv".split())

_SIGN = r"(?:[€$£₪₩]|kr\.?|zł|zl|eur|usd|gbp|dkk|pln|sek|nok|chf|ils|krw|%|min|h)?"
_NUMBER = re.compile(rf"^\(?\s*{_SIGN}\s*([-+−]?[\d.,'\s\xa0\u202f]*\d)\s*-?\s*{_SIGN}\s*\)?$", re.IGNORECASE)
_PLAIN = re.compile(r"^[-+]?\d+(\.\d+)?([eE][-+]?\d+)?$")
_WHOLE = re.compile(r"^[-+]?\d+(\.0+)?$")
_COMMA_DECIMAL = re.compile(r"\d,\d{1,2}\D*$|,\d{4,}\D*$|\.\d{3},\d+\D*$")
_DOT_DECIMAL = re.compile(r"\d\.\d{1,2}\D*$|\.\d{4,}\D*$|,\d{3}\.\d+\D*$")
_DOT_GROUPS = re.compile(r"^\D*\d{1,3}(\.\d{3})+\D*$")
_COMMA_GROUPS = re.compile(r"^\D*\d{1,3}(,\d{3})+\D*$")
_CURRENCIES = {"€": "EUR", "£": "GBP", "zł": "PLN", "₪": "ILS", "₩": "KRW", "$": "USD"}
_CODES = ("EUR", "USD", "GBP", "DKK", "PLN", "SEK", "NOK", "CHF", "ILS", "KRW")
ENOUGH = 0.9


@dataclass(frozen=True)
class NumberForm:
    """How the numbers of a column are written.

    Attributes:
        sql: the expression that reads them; the plain column where it suffices.
        whole: whether all are whole numbers.
        low: the smallest of those looked at.
        high: the largest.
        currency: three-letter code, where a sign or code stands at the numbers.
        doubts: what somebody should look at.
    """

    sql: str
    whole: bool
    low: float
    high: float
    currency: str = ""
    doubts: tuple[str, ...] = ()


def number_form(column: str, counts: Mapping[str, int]) -> NumberForm | None:
    """How the numbers of a text column are written; None where it holds no numbers."""
    total = sum(counts.values())
    good = [value for value in counts if _NUMBER.match(value) or _PLAIN.match(value)]
    if not total or sum(counts[value] for value in good) < ENOUGH * total:
        return None
    comma, dot = (sum(bool(form.search(value)) for value in good) for form in (_COMMA_DECIMAL, _DOT_DECIMAL))
    groups = sum(bool(_DOT_GROUPS.match(value)) for value in good)
    comma_groups = sum(bool(_COMMA_GROUPS.match(value)) for value in good)
    is_plain = all(_PLAIN.match(value) for value in good) and not (comma and groups)
    is_comma = comma > dot or (comma == dot == 0 and groups > 0 and groups > comma_groups and not is_plain)
    parsed = [number for value in good if (number := _parsed(value, is_comma, is_plain)) is not None]
    if not parsed:
        return None
    doubts: tuple[str, ...] = ()
    sql = column if is_plain else _cleaned(column, is_comma)
    if comma and dot and not is_plain:
        is_so = f"regexp_matches({column}, ',\\d{{1,2}}\\D*$')"
        sql = f"case when {is_so} then {_cleaned(column, True)} else {_cleaned(column, False)} end"
        doubts = ("decimals are written with a comma here and with a dot there",)
    elif not is_plain and any("%" in value for value in good):
        doubts = ("percent signs are dropped: 12 % is 12",)
    return NumberForm(sql, all(_is_whole(n) for n in parsed), min(parsed), max(parsed), _currency(good), doubts)


def _parsed(value: str, is_comma: bool, is_plain: bool) -> float | None:
    text = value if is_plain else re.sub(r"[^0-9,.\-eE+]", "", value.replace("−", "-"))
    if not is_plain:
        text = text.replace(".", "").replace(",", ".") if is_comma else text.replace(",", "")
    try:
        number = float(text.strip("-").strip() or "x")
    except ValueError:
        return None
    return -number if value.strip().startswith(("-", "(", "−")) else number


def _is_whole(number: float) -> bool:
    return abs(number) < 1e15 and number == int(number)


def _cleaned(column: str, is_comma: bool) -> str:
    bare = f"regexp_replace({column}, '[^0-9,.\\-]', '', 'g')"
    if is_comma:
        return f"try_cast(replace(replace({bare}, '.', ''), ',', '.') as double)"
    return f"try_cast(replace({bare}, ',', '') as double)"


def _currency(values: Iterable[str]) -> str:
    for value in values:
        for sign, code in _CURRENCIES.items():
            if sign in value.lower():
                return code
        for code in _CODES:
            if code.lower() in value.lower():
                return code
    return ""


def is_truth(values: Iterable[str]) -> bool:
    """Whether these are words for yes and no, and no more."""
    own = {value.strip().lower() for value in values}
    return bool(own) and len(own) <= 6 and own <= (TRUE | FALSE) and bool(own & TRUE or own & FALSE)


def truth(column: str, values: Iterable[str], sql_type: str) -> str:
    """The expression that is true or false as the values say; the plain column where DuckDB reads it."""
    own = {value.strip().lower() for value in values}
    if sql_type == "BOOLEAN" or own <= {"true", "false"} or (own <= {"0", "1"} and sql_type != "VARCHAR"):
        return column if sql_type == "BOOLEAN" or own <= {"true", "false"} else f"{column} = 1"
    text = f"lower(trim({column}))" if sql_type == "VARCHAR" else f"lower({column}::varchar)"
    yes, no = (", ".join(_quoted(word) for word in sorted(own & side)) for side in (TRUE, FALSE))
    whens = (f" when {text} in ({yes}) then true" if yes else "") + (f" when {text} in ({no}) then false" if no else "")
    return f"case{whens} end"


#: What stands for a value that no word of an enumeration explains; a row is not held back for it.
FALLBACK = {
    "priority": "normal",
    "role": "user",
    "author_role": "customer",
    "status": "open",
    "end_reason": "voluntary",
}


def enumerated(kind: str, values: Iterable[str]) -> tuple[dict[str, str], list[str]]:
    """The canonical value of each value, and the values that no word explains."""
    known: dict[str, str] = {}
    unknown = []
    lexicon = {word: to for to, said in VALUES[kind].items() for word in words(said)}
    for value in values:
        own = words(value)
        telling = [word for word in own if word in lexicon and not word.isdigit()]
        hit = lexicon.get("".join(own)) or (lexicon[telling[0]] if telling else None)
        if hit:
            known[value] = hit
        else:
            unknown.append(value)
    return known, unknown


def scores(words_found: Iterable[str]) -> tuple[dict[str, str], list[str]]:
    """The points from 1 to 5 of each word of satisfaction, and the words that nothing explains.

    Where nobody is more than good or bad, good is 5 and bad is 1.
    """
    known, unknown = enumerated("score", words_found)
    points = {}
    has_degrees = any(says(value, "very") for value in known)
    for value, to in known.items():
        is_good = (to == "good") != says(value, "not")
        extreme = says(value, "very") or not has_degrees
        points[value] = "3" if to == "neutral" else ("5" if extreme else "4") if is_good else ("1" if extreme else "2")
    return points, unknown


def enumeration(column: str, known: Mapping[str, str], unknown: Iterable[str] = (), fallback: str = "") -> str:
    """The expression that gives canonical values; the plain column where the values are canonical already.

    Args:
        column: its SQL.
        known: the canonical value of each value.
        unknown: values that no word explains.
        fallback: the canonical value these get; without one they become empty.
    """
    given = dict(known) | (dict.fromkeys(unknown, fallback) if fallback else {})
    if all(value == to for value, to in given.items()):
        return column
    small = {value.strip().lower(): to for value, to in given.items()}
    whens = " ".join(f"when {_quoted(value)} then {_quoted(to)}" for value, to in small.items())
    return f"case lower(trim({column})) {whens} end"


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
