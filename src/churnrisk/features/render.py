"""The planner's renderer, and the only room of sqlglot: checks the small expressions that features are made of.

An expression may use the columns of its stream and plain functions; no subquery, no aggregate, no clock of the
machine. What passes is given back in the dialect of the engine.
"""

from __future__ import annotations

from functools import cache

import sqlglot
from sqlglot import exp

_FORBIDDEN: tuple[type[exp.Expression], ...] = (
    exp.Subquery,
    exp.Select,
    exp.AggFunc,
    exp.Window,
    exp.CurrentDate,
    exp.CurrentTimestamp,
    exp.CurrentTime,
)


@cache
def expression(text: str, dialect: str = "duckdb") -> str:
    """The expression in that dialect; raises ValueError where it does what a feature may not."""
    tree = sqlglot.parse_one(text, dialect="duckdb")
    for node in tree.walk():
        if isinstance(node, _FORBIDDEN):
            raise ValueError(f"a feature may not use {node.sql(dialect='duckdb')!r}")
    return tree.sql(dialect=dialect)
