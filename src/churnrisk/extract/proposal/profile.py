"""What each column of a source holds: numbers, times, truths, words, identifiers; how often nothing.

Reads the sample of the source. The values themselves stay here; a proposal tells names of columns and the words of
short lists, nothing else.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field, replace
from typing import Literal

import duckdb

from churnrisk.extract.proposal import dates
from churnrisk.extract.proposal import values as meanings
from churnrisk.extract.proposal.found import TAKEN
from churnrisk.extract.proposal.names import fit, has_word, spelled, words
from churnrisk.extract.proposal.periods import made_long
from churnrisk.extract.proposal.sample import Sample
from churnrisk.history import first_line, name, quoted

Kind = Literal["number", "moment", "truth", "text", "nested", "empty"]
#: Distinct values of a column that are looked at one by one.
_LOOKED_AT = 3000
#: Distinct values up to which a column is a short list.
SHORT_LIST = 40
_TIME_WORDS = (
    "date,day,time,at,timestamp,created,updated,closed,opened,datum,tag,zeit,am,dato,dag,tid,den,data,dzien,czas,epoch,ts,"
    "since,seit,siden,start,end,due,signup,on,beginn,ende,issued,paid,period,month,week,von,bis,fra,til"
)
_WHOLE = re.compile(r"^\d+(\.\d+)?$")
_PLAIN = re.compile(r"^[a-z_][a-z0-9_]*$")
#: The share of values from which a column is written in a form.
_WRITTEN_SO = 0.6


@dataclass(frozen=True)
class Column:
    """What one column holds.

    Attributes:
        name: as it is called in the source.
        sql: how SQL names it, without the words that stand for nothing.
        type: DuckDB's type.
        kind: what it holds.
        rows: rows looked at.
        filled: rows with a value.
        distinct: distinct values; about so many where there are many.
        values: all values, most frequent first, where they make a short list.
        placeholders: words in it that stand for nothing.
        moment: how it is read as a time.
        number: how it is read as a number.
        width: letters of a value, on average.
        whitespace: the share of values that are several words.
        strays: rows of a column of plain numbers whose value is none.
        looks: "email" or "domain" where most values are written like one.
        short: the least length that more than one value in twenty has.
        last: values that end as words for a sum do.
        beside: another column that is filled where this one is empty, and is read with it.
    """

    name: str
    sql: str
    type: str
    kind: Kind
    rows: int
    filled: int
    distinct: int
    values: tuple[str, ...] = ()
    placeholders: tuple[str, ...] = ()
    moment: dates.Moment | None = None
    number: meanings.NumberForm | None = None
    width: float = 0.0
    whitespace: float = 0.0
    strays: int = 0
    looks: str = ""
    short: int = 0
    beside: str = ""
    last: tuple[str, ...] = ()

    @property
    def missing(self) -> float:
        """The share of rows without a value."""
        return 1 - self.filled / self.rows if self.rows else 1.0

    @property
    def is_unique(self) -> bool:
        """Whether (nearly) every row has a value of its own; a few rows that came twice do not count."""
        return self.filled > 0 and self.distinct >= 0.97 * self.filled and self.missing < 0.05

    @property
    def is_truth(self) -> bool:
        """Whether it says yes or no."""
        return self.kind == "truth" or (bool(self.values) and meanings.is_truth(self.values))

    @property
    def id_sql(self) -> str:
        """The values as identifiers: text, and 17 where a gap made it 17.0."""
        if self.type in ("DOUBLE", "FLOAT") or self.type.startswith("DECIMAL"):
            return f"try_cast({self.sql} as bigint)::varchar"
        if self.type != "VARCHAR":
            return f"{self.sql}::varchar"
        if self.number and self.number.whole and self.number.sql == self.sql and self.has_decimals:
            return f"regexp_replace(trim({self.sql}), '\\.0+$', '')"
        return self.sql

    @property
    def has_decimals(self) -> bool:
        """Whether whole numbers are written with ".0"."""
        return self._decimals

    _decimals: bool = False


@dataclass(frozen=True)
class Profile:
    """What a source holds.

    Attributes:
        label: the source's name, or the name of what is nested in it.
        relation: the source's name, or a SELECT that takes the nested rows out.
        sample: the rows that were looked at.
        rows: rows in the sample.
        columns: by name.
        refused: columns that cannot be looked at, with what was said against them.
    """

    label: str
    relation: str
    sample: Sample
    rows: int
    columns: dict[str, Column] = field(default_factory=dict)
    refused: dict[str, str] = field(default_factory=dict)

    @property
    def is_nested(self) -> bool:
        """Whether its rows lie in lists of another source."""
        return self.relation != name(self.label)


def profiles(connection: duckdb.DuckDBPyConnection, sample: Sample, month_first: bool = False) -> list[Profile]:
    """The profile of a source, and of each list of records nested in it."""
    label = sample.found.label
    wide, _ = made_long(label, list(sample.columns))
    if wide:
        return [_profile(connection, label, wide, sample, month_first)]
    own = _profile(connection, label, name(label), sample, month_first)
    key = next(
        (column for column in own.columns.values() if column.is_unique and fit(column.name, "id,key,number")), None
    )
    found = [own]
    for column in own.columns.values():
        if column.kind == "nested" and re.fullmatch(r"STRUCT\(.*\)\[\]", column.type, re.DOTALL):
            inner = _taken_out(label, key, column, own.rows)
            title = "_".join(spelled(column.name))
            nested = _profile(connection, f"{label}_{title}" if key else title, inner, sample, month_first)
            found += [nested] if inner and nested.rows else []
    return found


def _taken_out(label: str, key: Column | None, column: Column, rows: int) -> str:
    """A SELECT of the records in a column, with the key of the row they lie in; of a single row they are the table."""
    if key:
        parent = name(spelled(label)[-1].rstrip("s") + "_id")
        picked = f"select {key.id_sql} as parent_key, unnest({column.sql}) as item from {name(label)}"
        return f"select parent_key as {parent}, item.* from ({picked})"
    return f"select item.* from (select unnest({column.sql}) as item from {name(label)})" if rows == 1 else ""


def _profile(
    connection: duckdb.DuckDBPyConnection, label: str, relation: str, sample: Sample, month_first: bool
) -> Profile:
    if not relation:
        return Profile(label, relation, sample, 0)
    source = relation if relation.startswith("select") else f"select * from {relation}"
    try:
        leaves = _leaves(connection, source)
    except duckdb.Error:  # a record inside has a name of the record around it
        return Profile(label, relation, sample, 0)
    [(rows,)] = connection.execute(f"select count(*) from ({source})").fetchall()
    columns, refused = {}, {}
    for title, sql, kind in leaves:
        try:
            columns[title] = _column(connection, source, _counted(connection, source, title, sql, kind), month_first)
        except duckdb.Error as error:  # one column must not cost the others
            refused[title] = first_line(error)[:120]
    return Profile(label, relation, sample, rows, _merged(columns), refused)


def _merged(columns: dict[str, Column]) -> dict[str, Column]:
    """The columns, where one is filled where another one of the same words is empty: both as one.

    `user.email` and an older `user_email` are such: what writes the rows has changed in between.
    """
    merged = dict(columns)
    for one in columns.values():
        for other in columns.values():
            if one.name not in merged or other.name not in merged or one.name >= other.name or one.kind != other.kind:
                continue
            if words(one.name) == words(other.name) and _fill_each_other(one, other):
                both = f"coalesce({one.sql}, {other.sql})"
                filled = min(one.filled + other.filled, one.rows)
                distinct = max(one.distinct, other.distinct)
                merged[one.name] = replace(one, sql=both, filled=filled, distinct=distinct, beside=other.name)
                del merged[other.name]
    return merged


def _fill_each_other(one: Column, other: Column) -> bool:
    both = one.filled + other.filled
    plain = one.kind == "text" and one.type == other.type == "VARCHAR"
    return plain and 0 < one.filled < one.rows and other.filled > 0 and both <= 1.05 * one.rows


def _counted(connection: duckdb.DuckDBPyConnection, source: str, title: str, sql: str, kind: str) -> Column:
    """The column with its counts alone."""
    text = _text(sql)
    [(rows, filled, distinct)] = connection.execute(
        f"select count(*), count({text}), approx_count_distinct({text}) from ({source})"
    ).fetchall()
    return Column(title, sql, kind, "empty", rows, filled, distinct)


def _leaves(connection: duckdb.DuckDBPyConnection, source: str) -> list[tuple[str, str, str]]:
    """Name, SQL and type of every column, and of what lies in records."""
    described = connection.execute(f"describe {source}").fetchall()
    found = []
    for title, kind, *_ in described:
        found += _inside(connection, source, title, identifier(title), kind, depth=0)
    return found


def _inside(
    connection: duckdb.DuckDBPyConnection, source: str, title: str, sql: str, kind: str, depth: int
) -> list[tuple[str, str, str]]:
    if not (kind.startswith("STRUCT") and kind.endswith(")")) or depth > 3:
        return [(title, sql, kind)]
    inner = connection.execute(f"describe select unnest({sql}) from ({source})").fetchall()
    return [
        leaf
        for key, its, *_ in inner
        for leaf in _inside(connection, source, f"{title}.{key}", f"{sql}.{identifier(key)}", its, depth + 1)
    ]


def identifier(title: str) -> str:
    """The name as SQL has it, with quotation marks only where it needs them."""
    return title if _PLAIN.match(title) and title not in TAKEN else name(title)


def _text(sql: str) -> str:
    return f"nullif(trim({sql}::varchar), '')"


def _column(connection: duckdb.DuckDBPyConnection, source: str, bare: Column, month_first: bool) -> Column:
    """The profile of one column."""
    if not bare.filled:
        return bare
    if bare.type.endswith("[]") or bare.type.startswith(("MAP", "STRUCT")):
        return replace(bare, kind="nested")
    counts = dict(
        connection.execute(
            f"select {_text(bare.sql)} as v, count(*) as n from ({source}) group by 1 having v is not null"
            f" order by n desc, v limit {_LOOKED_AT}"
        ).fetchall()
    )
    nothing = _placeholders(counts) if bare.type == "VARCHAR" else ()
    real = {value: count for value, count in counts.items() if value not in nothing}
    column = replace(
        bare,
        filled=bare.filled - sum(counts[value] for value in nothing),
        distinct=len(real) if len(counts) < _LOOKED_AT else _distinct(connection, source, bare),
        placeholders=nothing,
        values=tuple(real) if len(real) <= SHORT_LIST else (),
        width=sum(len(value) * count for value, count in real.items()) / max(sum(real.values()), 1),
        whitespace=sum(" " in value for value in real) / max(len(real), 1),
        looks=_looks(real),
        last=tuple(value for value in real if value.lower().endswith(_SUM_ENDS)),
        short=_short(real),
        _decimals=any(value.endswith(".0") for value in real),
    )
    if nothing and real:
        listed = ", ".join(quoted(value) for value in nothing)
        column = replace(column, sql=f"case when trim({bare.sql}) not in ({listed}) then {bare.sql} end")
    return _kind_of(column, real, month_first) if real else replace(column, kind="empty")


#: How words for a sum end.
_SUM_ENDS = ("total", "totals", "sum", "summe", "gesamt", "i alt", "ialt", "razem", "suma")
_EMAIL = re.compile(r"^[^\s@]+@[^\s@]+\.[^\s@]+$")
_DOMAIN = re.compile(r"^(?:https?://)?(?:[\w-]+\.)+[a-z]{2,}(?:[/:?]\S*)?$", re.IGNORECASE)


def _looks(real: dict[str, int]) -> str:
    """Whether most values are e-mail addresses, or domains and addresses of sites."""
    for looks, form in (("email", _EMAIL), ("domain", _DOMAIN)):
        if real and sum(bool(form.match(value)) for value in real) > _WRITTEN_SO * len(real):
            return looks
    return ""


def _short(real: dict[str, int]) -> int:
    """The least length of values that is no exception."""
    lengths = Counter(len(value) for value in real)
    return min((length for length, count in lengths.items() if count > 0.05 * len(real)), default=0)


#: What most days look like, however they are written: six digits and more, divided.
_DATED = re.compile(r"^(?=(?:\D*\d){6})[^\W_]*\d.*[-/.:].*\d")
#: The longest word that stands where there is no day, such as "open", "until further notice".
_WORD = 24


def _placeholders(counts: dict[str, int]) -> tuple[str, ...]:
    """The words that stand for nothing; among days every word does, such as "open" for a contract without an end."""
    found = tuple(value for value in counts if value.lower() in meanings.PLACEHOLDERS)
    dated = sum(bool(_DATED.match(value)) for value in counts)
    if dated < 0.8 * len(counts) or dated < 5:
        return found
    among = (value for value in counts if value not in found and len(value) <= _WORD)
    return (*found, *(value for value in among if not any(sign.isdigit() for sign in value)))


def _distinct(connection: duckdb.DuckDBPyConnection, source: str, column: Column) -> int:
    [(found,)] = connection.execute(f"select count(distinct {_text(column.sql)}) from ({source})").fetchall()
    return int(found)


def _kind_of(column: Column, real: dict[str, int], month_first: bool) -> Column:
    if moment := dates.typed_moment(column.sql, column.type):
        return replace(column, kind="moment", moment=moment)
    if column.type == "BOOLEAN" or (meanings.is_truth(real) and not set(real) <= {"0", "1"}):
        return replace(column, kind="truth")
    number = meanings.number_form(column.sql, real)
    if number and (is_time(column.name) or number.low > 8e8):
        low, high = _usual_span(real, number)
        moment = dates.number_moment(column.sql, low, high, number.whole, column.type) if is_time(column.name) else None
        if moment:
            return replace(column, kind="moment", moment=moment, number=number)
    may_be_text = column.type == "VARCHAR" and (not number or is_time(column.name))
    if may_be_text and (moment := dates.text_moment(column.sql, real, month_first)):
        return replace(column, kind="moment", moment=moment, number=number)
    if number:
        strays = sum(count for value, count in real.items() if not any(sign.isdigit() for sign in value))
        return replace(column, kind="number", number=number, strays=strays)
    return replace(column, kind="text")


def _usual_span(real: dict[str, int], number: meanings.NumberForm) -> tuple[float, float]:
    """The smallest and the largest number, without the few farthest ones."""
    plain = sorted(float(value) for value in real if _WHOLE.match(value))
    edge = len(plain) // 100
    if not plain:
        return number.low, number.high
    in_seconds = plain[edge] > 8e8 and plain[0] < 8e11  # a few of them among milliseconds
    return (max(plain[0], 8e8) if in_seconds else plain[edge]), plain[-1 - edge]


def is_time(title: str) -> bool:
    """Whether a column is called like a time."""
    return has_word(title, _TIME_WORDS.split(",")) or fit(title, _TIME_WORDS) > 0
