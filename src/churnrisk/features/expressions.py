"""The small expressions that features are made of: read, checked, and cut at the as_of.

An expression may use the columns of its stream, plain functions, and `as_of`, the day number of the moment. A column
that becomes known later than its row is empty before its day: the author of a feature need not think of it, and cannot
forget it. No subquery, no aggregate, no clock of the machine.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from churnrisk.features.render import parsed
from churnrisk.features.streams import AS_OF, NOW, Stream

_MOMENTS = {"as_of": AS_OF, "now": NOW}


@dataclass(frozen=True)
class Expression:
    """An expression that was read.

    Attributes:
        sql: over the columns of the stream's facts; `AS_OF` and `NOW` stand for the moment.
        columns: the columns of the facts that it reads.
        moves: whether its value depends on the as_of.
    """

    sql: str
    columns: tuple[str, ...]
    moves: bool


@cache
def read(text: str, stream: Stream) -> Expression:
    """Read an expression over a stream; raises ValueError where it does what a feature may not."""
    later = dict(stream.later)
    columns: dict[str, None] = {}
    moves = False

    def placed(column: str) -> str:
        nonlocal moves
        if column in _MOMENTS:
            moves = True
            return _MOMENTS[column]
        columns[column] = None
        if column not in later:
            return column
        moves = True
        columns[later[column]] = None
        return f"case when {later[column]} <= {AS_OF} then {column} end"

    return Expression(parsed(text, placed), tuple(columns), moves)
