"""Streams: what features count, as facts with the days on which they can be seen.

A fact is about an account and has three day numbers: `d`, the day it happened, which places it in a window; `v`, the
first day on which it can be seen; and `x`, the first day on which it is gone again. It counts at an as_of where
`v <= as_of < x`. Most streams are the rows of one canonical table (`rows_of`): the clocks of the table's declaration
make `d`, `v`, `x` and the columns that are empty before their time, so that no author of a feature can look ahead.
The others are made by a derivation, whose facts carry these days with them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from churnrisk.history import Engine, Stage, day_column, day_columns
from churnrisk.tables import ALWAYS, CURRENT_ONLY, ROW, TABLES, Column, Table
from churnrisk.timeline import AsOf

#: Stand in SQL for the day number of the as_of and for its instant in microseconds.
AS_OF, NOW = "__as_of__", "__now__"


@dataclass(frozen=True)
class Moments:
    """What a derivation may know beside the tables.

    Attributes:
        as_ofs: all moments that are asked for, rising; also the relation `as_ofs` (as_of, now).
        day_of: from SQL of an instant in microseconds to SQL of its day number.
    """

    as_ofs: tuple[AsOf, ...]
    day_of: Callable[[str], str]


@dataclass(frozen=True)
class Derivation:
    """Relations that are made before streams read them.

    Attributes:
        name: for plans and documents.
        needs: the canonical tables it cannot do without.
        prepare: gives Arrow tables to the engine where it has any, and returns the stages in order.
        after: derivations that go before.
        says: what decides its numbers, for the digest of the catalogue.
    """

    name: str
    needs: tuple[str, ...]
    prepare: Callable[[Engine, Moments], list[Stage]]
    after: tuple[Derivation, ...] = ()
    says: str = ""


@dataclass(frozen=True)
class Stream:
    """Facts about accounts.

    Attributes:
        name: what features and plans call it.
        rows: a SELECT giving `account_id`, `d`, `v`, `x` and the columns that values use.
        needs: the canonical tables without which it has nothing to tell.
        later: pairs of a column and the column with the day from which it is known.
        after: the derivations whose relations `rows` reads.
        dense: whether accounts have so many rows that days are worth adding up before windows are.
    """

    name: str
    rows: str
    needs: tuple[str, ...]
    later: tuple[tuple[str, str], ...] = ()
    after: tuple[Derivation, ...] = ()
    dense: bool = False


def rows_of(table: str, name: str = "", at: str = "", where: str = "", dense: bool = False) -> Stream:
    """The rows of a canonical table as facts.

    Args:
        table: its name.
        name: of the stream; the table's where it is not said.
        at: the moment that places a row, if not the table's own: such as `responded_at` for answers. Rows without it
            are no facts.
        where: a condition on columns that are revealed with the row.
        dense: see `Stream`.
    """
    declared = TABLES[table]
    own = at in ("", declared.happened_at)
    place = declared.happened_at if own else at
    columns = [column for column in declared.columns if column.clock != CURRENT_ONLY]
    # A moment that is known later is known with its day, and so is its day.
    days = {day_column(column): TABLES[table].column(column).clock for column in day_columns(declared)}
    clocks = {column.name: column.clock for column in columns} | days
    later = tuple((column, day_column(clock)) for column, clock in clocks.items() if clock not in (ROW, place))
    day = "d" if own else day_column(at)
    moment = "cast(null as bigint)" if place == ALWAYS else f"epoch_us({'happened_at' if own else at})"
    conditions = [f"{at} is not null"] * (not own) + [f"({where})"] * bool(where)
    selected = ", ".join(
        ["account_id", f"{day} as d", f"greatest({day}, k) as v", "x", f"{moment} as moment", *days]
        + [f'"{column.name}"' for column in columns if column.name != "account_id"]
    )
    filtered = f" where {' and '.join(conditions)}" if conditions else ""
    return Stream(name or table, f"select {selected} from {table}{filtered}", (table,), later, (), dense)


def seen(table: str) -> str:
    """The SQL of the rows of a table as they were known at each as_of: its columns, `d`, and `as_of`.

    For small tables and for what cannot be told once for all as_of; `as_of` belongs into every key.
    """
    declared = TABLES[table]
    columns = [
        f'r."{column.name}"' if column.clock == ROW else _revealed(column.name, day_column(column.clock))
        for column in declared.columns
        if column.clock != CURRENT_ONLY
    ]
    days = [
        _revealed(day_column(name), day_column(column.clock))
        for name, column in _moments(declared)
        if column.clock != ROW
    ]
    columns += [f"r.{day_column(name)}" for name, column in _moments(declared) if column.clock == ROW] + days
    return (
        f"select a.as_of, r.d, r.happened_at, {', '.join(columns)}"
        f" from {table} r join as_ofs a on greatest(r.d, r.k) <= a.as_of and r.x > a.as_of"
    )


def _moments(table: Table) -> list[tuple[str, Column]]:
    return [(name, table.column(name)) for name in day_columns(table)]


def _revealed(column: str, day: str) -> str:
    return f"case when r.{day} <= a.as_of then r.{column} end as {column}"
