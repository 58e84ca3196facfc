"""The parts of a proposal: one [[mapping]] with its cells, each with what was guessed and what is in doubt."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from churnrisk.extract.proposal import values
from churnrisk.extract.proposal.match import Match
from churnrisk.extract.proposal.names import says
from churnrisk.extract.proposal.profile import Column
from churnrisk.tables import TABLES

#: Values of a short list that a comment names.
_TOLD = 12
#: How well a name has to fit for a column to be taken without a word.
_SURE = 0.75


@dataclass
class Cell:
    """An expression for one column, and what is told beside it.

    Attributes:
        sql: the expression.
        guess: what was found out; empty where the name says it.
        doubt: what somebody should look at.
        used: names of the source's columns that are in it.
    """

    sql: str
    guess: str = ""
    doubt: str = ""
    used: tuple[str, ...] = ()


@dataclass
class Block:
    """One [[mapping]] as it will be written.

    Attributes:
        table: the canonical table.
        relation: a source's name or a SELECT.
        label: the source it is mainly made of.
        columns: cells by canonical column.
        current_only: cells without a clock, by canonical column or a name of one's own.
        events: moments by status, for ticket_events.
        where: a condition on the rows.
        known_at: when a row became known.
        guesses: what is told above it.
        doubts: what somebody should look at.
        sure: how sure the match is.
    """

    table: str
    relation: str
    label: str
    columns: dict[str, Cell] = field(default_factory=dict)
    current_only: dict[str, Cell] = field(default_factory=dict)
    events: dict[str, Cell] = field(default_factory=dict)
    where: str = ""
    known_at: str = ""
    guesses: list[str] = field(default_factory=list)
    doubts: list[str] = field(default_factory=list)
    sure: str = "sure"

    @property
    def used(self) -> set[str]:
        """The source's columns that are in it."""
        cells = (*self.columns.values(), *self.current_only.values(), *self.events.values())
        return {name for cell in cells for name in cell.used}


@dataclass
class OwnRule:
    """A [[rule]] as it will be written."""

    name: str
    table: str
    bad: str
    says: str
    doubt: str = ""


def cell(match: Match, wanted: str) -> Cell | None:
    """The cell for a canonical column, where the source has a column for it."""
    column = match.columns.get(wanted)
    if column is None:
        return None
    declared = TABLES[match.table].column(wanted)
    if declared.values and column.values and not values.enumerated(wanted, column.values)[0]:
        return None  # no word of it is known: it would say nothing
    made = _of_kind(column, declared.kind, declared.name, declared.values, wanted in TABLES[match.table].key)
    made.used = (column.name,)
    if match.fits[wanted] < _SURE and not made.doubt:
        made.doubt = f"{column.name} is taken for {wanted} by a part of its name"
    return made


def _of_kind(column: Column, kind: str, name: str, allowed: tuple[str, ...], is_key: bool) -> Cell:
    if kind in ("timestamp", "date") and column.moment:
        return moment(column)
    if kind in ("number", "integer") and column.number:
        return Cell(column.number.sql, guess=_placeholders(column), doubt="; ".join(column.number.doubts))
    if kind == "boolean":
        return Cell(values.truth(column.sql, column.values, column.type), guess=_listed(column))
    if allowed:
        return words_of(column, name)
    if is_key or name.endswith("_id"):
        return Cell(column.id_sql, guess=_placeholders(column))
    return Cell(column.sql, guess=_placeholders(column))


def moment(column: Column) -> Cell:
    """The cell of a time."""
    assert column.moment
    known = column.moment
    plain = known.sql == column.name or known.sql == column.sql
    guess = "" if plain else f"written as {' or '.join(known.formats[:4])}"
    return Cell(known.sql, guess=guess or _placeholders(column), doubt="; ".join(known.doubts), used=(column.name,))


def words_of(column: Column, kind: str) -> Cell:
    """The cell of an enumeration; a value that no word explains falls to a usual one and is named."""
    fallback = values.FALLBACK.get(kind, "")
    if not column.values:
        doubt = f"{column.name} has {column.distinct} different values, too many to tell: taken for {fallback}"
        return Cell(f"case when {column.sql} is not null then '{fallback}' end", doubt=doubt, used=(column.name,))
    known, unknown = values.enumerated(kind, column.values)
    doubt = f"no word explains {told(unknown)}: taken for {fallback or 'nothing'}" if unknown else ""
    if kind == "priority" and {"1", "2", "3"} & set(known):
        doubt = f"1 is taken for the most urgent{'; ' if doubt else ''}{doubt}"
    sql = values.enumeration(_as_text(column), known, unknown, fallback)
    return Cell(sql, doubt=doubt, used=(column.name,))


def _as_text(column: Column) -> str:
    """The column as text; numbers as whole ones."""
    return column.sql if column.type == "VARCHAR" and not column.has_decimals else column.id_sql


def told(words: Iterable[str]) -> str:
    """The words of a short list, the first dozen of them."""
    listed = [f"'{word[:30]}'" for word in words]
    more = f" and {len(listed) - _TOLD} more" if len(listed) > _TOLD else ""
    return ", ".join(listed[:_TOLD]) + more


def _listed(column: Column) -> str:
    return f"has {told(column.values)}" if column.values and len(column.values) <= _TOLD else ""


def _placeholders(column: Column) -> str:
    return f"{told(column.placeholders)} stand for nothing" if column.placeholders else ""


def cells(match: Match, wanted: Iterable[str]) -> dict[str, Cell]:
    """The cells of those canonical columns that the source has."""
    return {name: made for name in wanted if (made := cell(match, name))}


def arrived_at(match: Match) -> str:
    """The expression for when rows reached the source's system, where a column says it."""
    for column in match.profile.columns.values():
        if column.moment and says(column.name, "arrived") and column.missing < 0.01:
            return column.moment.sql
    return ""


def changed_at(match: Match) -> Column | None:
    """The column that says when a row was last changed."""
    columns = match.profile.columns.values()
    return next((column for column in columns if column.moment and says(column.name, "changed")), None)
