"""From the SQL that stages are written in to that of an engine: the only door to sqlglot.

Beside the engines: `history.spark` reads what `render` gives, and the features read their small expressions through
`expression`. SQL is written once, in DuckDB's dialect. What both engines are known to answer alike goes on, what
differs has a rule, and everything else is refused by name, so that no difference is silent. What is known was measured
on both: `tests/engines/test_rendering.py` holds each construct that may be written.
"""

from __future__ import annotations

import re
from collections.abc import Callable

import sqlglot
from sqlglot import exp

#: A number with a point, outside of texts and quoted names, and without an exponent.
_NUMBER = re.compile(r"""'(?:[^']|'')*'|"(?:[^"]|"")*"|--[^\n]*|(?<![\w.])(?:\d+\.\d*|\.\d+)(?![\w.])""")

#: Syntax and functions that both engines answer alike, by themselves or by a rule below.
_PORTABLE = frozenset(
    """
    Select From Join Where Group Having Order Ordered Limit With CTE Subquery Values Tuple Union Except Intersect Star
    Table TableAlias Alias Column Identifier Literal Boolean Null Paren Distinct DataType Var
    Add Sub Mul Div IntDiv Mod Neg And Or Not EQ NEQ GT GTE LT LTE Is In Between NullSafeEQ NullSafeNEQ Exists
    Case If Coalesce Nullif Greatest Least Cast
    Abs Floor Ceil Round Sqrt Ln Exp Pow Array ArraySort
    Count Sum Avg Min Max ArgMax ArgMin LogicalOr LogicalAnd PercentileCont Filter
    Stddev StddevSamp StddevPop Variance VariancePop
    Window WindowSpec RowNumber Rank DenseRank PercentRank Lag Lead FirstValue LastValue
    DateDiff Year Month Day Quarter
    Length Trim Substring Concat DPipe StartsWith Contains Like
    """.split()
)
#: Functions that sqlglot has no class for.
_NAMED = frozenset({"epoch_us", "list_extract"})
_TYPES = frozenset("BIGINT BOOLEAN DATE DOUBLE INT TEXT TIMESTAMPNTZ TIMESTAMPTZ VARCHAR".split())
_UNCOMPARED = "nobody compared the engines on it yet, as tests/engines/test_rendering.py does"
_INSTEAD = {
    "CountIf": "over no rows it is null on one and nought on the other; write sum(case when ... then 1 else 0 end)",
    "DayOfWeek": "they count from different days; (day number + 3) % 7 is 0 on Mondays",
    "DayOfWeekIso": "write (day number + 3) % 7, which is 0 on Mondays",
    "First": "write max_by(x, y) or min_by(x, y), which say which",
    "IgnoreNulls": "write min(x) or max_by(x, y), which say which",
    "Interval": "count in days or microseconds",
    "Log": "write ln(x) / ln(10)",
    "Lower": "they disagree on letters such as İ",
    "Median": "write quantile_cont(x, 0.5)",
    "Qualify": "write a condition around a subquery",
    "TryCast": "write a case that looks first",
    "Upper": "they disagree on letters such as ß",
}
_NEEDS_ORDER = (
    *(exp.RowNumber, exp.Rank, exp.DenseRank, exp.PercentRank),
    *(exp.Lag, exp.Lead, exp.FirstValue, exp.LastValue),
)
_TRUE_OR_FALSE = (
    *(exp.Predicate, exp.Connector, exp.Not, exp.Boolean),
    *(exp.LogicalOr, exp.LogicalAnd, exp.StartsWith, exp.Contains),
)


def render(sql: str, engine: str) -> str:
    """The SQL for an engine.

    Args:
        sql: one SELECT in DuckDB's dialect.
        engine: `duckdb`, which gets the text as it is but for numbers with a point, which are doubles on every engine;
            or `spark`.

    Raises:
        ValueError: it uses what engines would answer differently, or what nobody compared yet; the message says what
            to write instead.
    """
    text = _doubles(sql)
    if engine == "duckdb":
        return text
    tree = sqlglot.parse_one(text, dialect="duckdb")
    for node in tree.walk():
        _check(node)
    # What is within is ruled before what is around it.
    for node in reversed(list(tree.walk(bfs=True))):
        rule = _RULES.get(type(node))
        ruled = rule(node) if rule is not None else node
        if ruled is not node:
            node.replace(ruled)
    return tree.sql(dialect=engine, unsupported_level=sqlglot.ErrorLevel.RAISE)


def relations_of(sql: str) -> list[str]:
    """The names of the relations that a SELECT reads, each once."""
    tree = sqlglot.parse_one(sql, dialect="duckdb")
    within = {query.alias for query in tree.find_all(exp.CTE)}
    return sorted({table.name for table in tree.find_all(exp.Table)} - within)


def expression(text: str, placed: Callable[[str], str]) -> str:
    """A small expression over columns, with every column replaced by what `placed` gives for its name.

    Raises:
        ValueError: it has a subquery, an aggregate or a window in it, or what no stage may have.
    """
    tree = sqlglot.parse_one(f"({text})", dialect="duckdb")
    for node in tree.walk():
        if isinstance(node, exp.Subquery | exp.Select | exp.AggFunc | exp.Window):
            raise ValueError(f"a feature may not use {node.sql(dialect='duckdb')!r}")
        _check(node)
    replaced = tree.transform(
        lambda node: (
            sqlglot.parse_one(f"({placed(node.name)})", dialect="duckdb") if isinstance(node, exp.Column) else node
        )
    )
    return str(replaced.sql(dialect="duckdb"))


def _doubles(sql: str) -> str:
    """DuckDB takes 1.5 for a decimal, whose rounding is another than a double's; 1.5e0 is a double everywhere."""
    return _NUMBER.sub(lambda found: found[0] if found[0][0] in "'\"-" else f"{found[0]}e0", sql)


def _check(node: exp.Expression) -> None:
    kind = type(node).__name__
    known = node.name.lower() in _NAMED if isinstance(node, exp.Anonymous) else kind in _PORTABLE
    look = _LOOKS.get(type(node))
    reason = (look(node) if look is not None else "") if known else _INSTEAD.get(kind, _UNCOMPARED)
    if reason:
        raise ValueError(f"Engines may answer {node.sql(dialect='duckdb')} differently: {reason}")


def _of_division(node: exp.Expression) -> str:
    safe = _never_zero(node.expression) or _is_guarded(node)
    return "" if safe else "divide by nullif(x, 0), which is never nought"


def _never_zero(divisor: exp.Expression) -> bool:
    match divisor:
        case exp.Literal():
            return not divisor.is_string and float(divisor.this) != 0
        case exp.Paren() | exp.Neg() | exp.Cast():
            return _never_zero(divisor.this)
        case exp.Nullif():
            return _is_nought(divisor.expression)
        case exp.Greatest():
            return any(_is_positive(one) for one in (divisor.this, *divisor.expressions))
        case exp.Mul():
            return _never_zero(divisor.this) and _never_zero(divisor.expression)
    return False


def _is_nought(node: exp.Expression) -> bool:
    return isinstance(node, exp.Literal) and not node.is_string and float(node.this) == 0


def _is_positive(node: exp.Expression) -> bool:
    return isinstance(node, exp.Literal) and not node.is_string and float(node.this) > 0


def _is_guarded(division: exp.Expression) -> bool:
    """Whether it stands in the branch of a case that asks first whether the divisor is more than or not nought."""
    divisor, node = division.expression.unnest(), division
    while node.parent is not None:
        if isinstance(node.parent, exp.If) and node.arg_key == "true":
            asked = node.parent.this.unnest()
            for claim in asked.flatten() if isinstance(asked, exp.And) else [asked]:
                if isinstance(claim, exp.GT | exp.NEQ) and claim.this == divisor and _is_nought(claim.expression):
                    return True
        node = node.parent
    return False


def _of_cast(node: exp.Cast) -> str:
    kind = node.to.this.name
    if kind not in _TYPES:
        return "the types are bigint, boolean, date, double, int, timestamp, timestamptz, varchar"
    if kind in ("TEXT", "VARCHAR") and not _reads_alike(node.this.unnest()):
        return "they write numbers differently; cast to bigint or date first"
    return ""


def _reads_alike(node: exp.Expression) -> bool:
    """Whether its text is the same everywhere: a text, nothing, a whole number or a day."""
    if isinstance(node, exp.Cast):
        return node.to.this.name in ("BIGINT", "INT", "DATE", "TEXT", "VARCHAR")
    return isinstance(node, exp.Null) or (isinstance(node, exp.Literal) and node.is_string)


def _of_window(node: exp.Window) -> str:
    if node.alias:
        return "write the window where it is used"
    if isinstance(node.this, _NEEDS_ORDER) and not node.args.get("order"):
        return "without an order by, each run may give another answer"
    return ""


def _of_join(node: exp.Join) -> str:
    usual = node.kind in ("", "INNER", "CROSS", "OUTER", "SEMI", "ANTI")
    return "" if usual and not node.args.get("method") else "join on or using"


def _unless(arg: str, reason: str) -> Callable[[exp.Expression], str]:
    return lambda node: reason if node.args.get(arg) else ""


def _of_named(node: exp.Anonymous) -> str:
    if node.name.lower() != "list_extract":
        return ""
    place = node.expressions[1]
    counts = _is_positive(place) or (isinstance(place, exp.Greatest) and _never_zero(place))
    return "" if counts else "take the place greatest(n, 1), since some count from the end"


_LOOKS: dict[type[exp.Expression], Callable[..., str]] = {
    exp.Anonymous: _of_named,
    exp.Cast: _of_cast,
    exp.DateDiff: lambda node: "" if node.text("unit") == "DAY" else "count in days",
    exp.Distinct: _unless("on", "number the rows and keep the first"),
    exp.Div: _of_division,
    exp.Group: _unless("all", "name the columns"),
    exp.In: _unless("query", "write a semi or an anti join"),
    exp.IntDiv: _of_division,
    exp.Join: _of_join,
    exp.Like: lambda node: "" if _is_plain(node.expression) else "the pattern is a text without a backslash",
    exp.Limit: lambda node: "" if node.parent.args.get("order") else "without an order by, each run may give others",
    exp.Mod: _of_division,
    exp.Round: lambda node: "write round(x * 100) / 100" if node.args.get("decimals") else "",
    exp.Star: lambda node: "name the columns" if node.args.get("except_") or node.args.get("replace") else "",
    exp.Substring: lambda node: "" if _is_positive(node.args["start"]) else "it starts at a number from 1",
    exp.Trim: lambda node: "it only trims blanks" if node.expression or node.args.get("position") else "",
    exp.Union: _unless("by_name", "name the columns in one order"),
    exp.Var: lambda node: "" if isinstance(node.parent, exp.DateDiff) else "name the columns",
    exp.Window: _of_window,
}


def _is_plain(pattern: exp.Expression) -> bool:
    return isinstance(pattern, exp.Literal) and pattern.is_string and "\\" not in pattern.this


def _say(template: str, **parts: exp.Expression) -> exp.Expression:
    """Spark's SQL with these parts in it."""
    said = sqlglot.parse_one(template, dialect="spark")
    for column in list(said.find_all(exp.Column)):
        column.replace(parts[column.name].copy())
    return said


def _say_of(template: str) -> Callable[[exp.Expression], exp.Expression]:
    """A rule: Spark's SQL with the two parts of a node as x and y."""
    return lambda node: _say(template, x=node.this, y=node.expression)


def _bigint(node: exp.Expression) -> exp.Expression:
    return _say("cast(x as bigint)", x=node)


_DAYS_APART = _say_of("cast(datediff(cast(x as date), cast(y as date)) as bigint)")


def _subtracted(node: exp.Sub) -> exp.Expression:
    """A day less a day is a number of days; Spark would give an interval."""
    day = node.expression.unnest()
    return _DAYS_APART(node) if isinstance(day, exp.Cast) and day.to.this.name == "DATE" else node


def _whole(node: exp.Cast) -> exp.Expression:
    """A double becomes the nearest whole number, of two the even one; Spark would cut it off."""
    if node.to.this.name not in ("BIGINT", "INT") or isinstance(node.this.unnest(), (*_TRUE_OR_FALSE, exp.Null)):
        return node
    return exp.cast(_say("bround(x)", x=node.this), node.to.copy())


def _named(node: exp.Anonymous) -> exp.Expression:
    if node.name.lower() == "epoch_us":
        return _say("unix_micros(cast(x as timestamp_ltz))", x=node.expressions[0])
    # Spark's counts from nought; both give null beyond the end.
    return _say("get(x, cast((y) - 1 as int))", x=node.expressions[0], y=node.expressions[1])


def _ranked(node: exp.Window) -> exp.Expression:
    return _bigint(node) if isinstance(node.this, exp.RowNumber | exp.Rank | exp.DenseRank) else node


def _told_once(node: exp.CTE) -> exp.Expression:
    node.set("materialized", None)
    return node


#: What Spark needs said in another way.
_RULES: dict[type[exp.Expression], Callable[..., exp.Expression]] = {
    exp.Anonymous: _named,
    # Spark would also look at rows without a value.
    exp.ArgMax: _say_of("max_by(x, case when (x) is not null then y end)"),
    exp.ArgMin: _say_of("min_by(x, case when (x) is not null then y end)"),
    exp.CTE: _told_once,
    exp.Cast: _whole,
    # Spark's own are whole numbers: nought for what is no number, and cut off where it is large.
    exp.Ceil: _say_of("(rint(x) + cast(rint(x) < (x) as double))"),
    exp.DateDiff: _DAYS_APART,
    exp.Day: _bigint,
    exp.Floor: _say_of("(rint(x) - cast(rint(x) > (x) as double))"),
    exp.Length: _bigint,
    # Spark's own is null from nought down.
    exp.Ln: _say_of(
        "(case when (x) = 0 then cast('-infinity' as double) when (x) < 0 then cast('nan' as double) else ln(x) end)"
    ),
    exp.Month: _bigint,
    exp.PercentileCont: _say_of("percentile(x, y)"),
    exp.Quarter: _bigint,
    exp.Sub: _subtracted,
    exp.Window: _ranked,
    exp.Year: _bigint,
}
