"""What a proposal gives when it is tried: every expression on its own, then the whole mapping on the samples.

An expression that does not fit is dropped and said; rows that would be held back are counted.
"""

from __future__ import annotations

import duckdb

from churnrisk.extract.mapping import map_export
from churnrisk.extract.proposal.cells import Block, Cell
from churnrisk.history import Incoming, first_line, name, quoted
from churnrisk.settings import Settings
from churnrisk.tables import TABLES

#: The share of rows from which a fault is told.
_TOLD = 0.01
#: The share of rows that may be held back for a column that nothing needs.
_UNREADABLE = 0.05


def drop_unfitting(connection: duckdb.DuckDBPyConnection, blocks: list[Block]) -> tuple[list[Block], list[str]]:
    """The blocks without expressions that their source refuses, and the blocks that could not stay, in words."""
    kept, lost = [], []
    for block in blocks:
        said = _refused(connection, block.relation, "*")
        if said:
            lost.append(f"{block.table} from {block.label} does not fit: {said}")
            continue
        for part in (block.columns, block.current_only, block.events):
            _drop(connection, block, part)
        missing = [column for column in _needed(block) if column not in block.columns]
        if missing:
            lost.append(f"{block.table} from {block.label}: nothing gives {', '.join(missing)}")
        else:
            kept.append(block)
    return kept, lost


def _drop(connection: duckdb.DuckDBPyConnection, block: Block, part: dict[str, Cell]) -> None:
    for column, made in list(part.items()):
        if said := _refused(connection, block.relation, f"({made.sql})"):
            del part[column]
            block.doubts.append(f"{column} is left out: {said}")


def _needed(block: Block) -> list[str]:
    made = ("at", "seq", "field", "value") if block.events else ()
    return [column for column in TABLES[block.table].required if column not in made]


def _refused(connection: duckdb.DuckDBPyConnection, relation: str, expression: str) -> str:
    """What DuckDB says against an expression over a relation; empty where it fits."""
    source = f"({relation})" if relation.lstrip().lower().startswith(("select", "with", "from")) else name(relation)
    try:
        connection.execute(f"select {expression} from {source} limit 20").fetchall()
    except duckdb.Error as error:
        return first_line(error)[:160]
    return ""


def drop_unreadable(connection: duckdb.DuckDBPyConnection, settings: Settings, blocks: list[Block]) -> bool:
    """Drop columns for which many rows would be held back although nothing needs them; whether there were such."""
    incoming, place, dropped = map_export(connection, settings), 0, False
    for block in blocks:
        parts = incoming[place : place + max(len(block.events), 1)]
        place += len(parts)
        counted = connection.execute(
            f"select regexp_extract(problem, '^([a-z_]+) cannot be read', 1) as c, count(*),"
            f" (select count(*) from {parts[0].relation}) from {parts[0].relation} where problem is not null group by 1"
        ).fetchall()
        for column, lost, rows in counted:
            if lost > _UNREADABLE * rows and column in block.columns and column not in TABLES[block.table].required:
                gone = block.columns.pop(column)
                block.doubts.append(f"{column} is left out: {lost:,} of {rows:,} cells of {gone.sql} cannot be read")
                dropped = True
    return dropped


def tried(connection: duckdb.DuckDBPyConnection, settings: Settings, blocks: list[Block]) -> list[Incoming]:
    """Map the samples as `extract` maps the sources, and put what goes wrong into the doubts of the blocks."""
    incoming = map_export(connection, settings)
    place = 0
    for block in blocks:
        parts = incoming[place : place + max(len(block.events), 1)]
        place += len(parts)
        for part in parts:
            block.doubts += _faults(connection, part, incoming)
    return incoming


def _faults(connection: duckdb.DuckDBPyConnection, part: Incoming, incoming: list[Incoming]) -> list[str]:
    """What more than one row in a hundred would be held back for."""
    table = TABLES[part.table]
    needed = [name(column) for column in table.required]
    lacking = " or ".join(f"{column} is null" for column in needed)
    key = ", ".join(name(column) for column in table.key)
    [(rows, unreadable, lacks, distinct)] = connection.execute(
        f"select count(*), count(problem), count(*) filter ({lacking}), count(distinct ({key})) from {part.relation}"
    ).fetchall()
    if not rows:
        return ["no row of the source comes through"]
    told = []
    if unreadable > _TOLD * rows:
        [(example,)] = connection.execute(
            f"select mode(regexp_extract(problem, '^[a-z_]+ cannot be read as [a-z]+')) from {part.relation}"
        ).fetchall()
        told.append(f"{unreadable:,} of {rows:,} rows have cells that cannot be read and are held back ({example})")
    if lacks - unreadable > _TOLD * rows:
        told.append(f"{lacks:,} of {rows:,} rows lack one of {', '.join(table.required)} and are held back")
    if distinct < 0.98 * rows and part.table != "ticket_events":
        told.append(f"{rows - distinct:,} of {rows:,} rows repeat a key; the last one of a key counts")
    return told + _orphans(connection, part, incoming, rows) + _strange_words(connection, part, rows)


def _orphans(connection: duckdb.DuckDBPyConnection, part: Incoming, incoming: list[Incoming], rows: int) -> list[str]:
    """Rows whose account or ticket is in no other table."""
    told = []
    for column in TABLES[part.table].columns:
        owner, _, key = column.references.partition(".")
        owners = [item.relation for item in incoming if item.table == owner]
        if not column.required or not owners:
            continue
        union = " union all ".join(f"select {name(key)} as k from {relation}" for relation in owners)
        [(lost,)] = connection.execute(
            f"select count(*) from {part.relation} r where r.{name(column.name)} is not null"
            f" and r.{name(column.name)} not in (select k from ({union}) where k is not null)"
        ).fetchall()
        if lost > _TOLD * rows:
            told.append(f"{lost:,} of {rows:,} rows have a {column.name} that is not in {owner} and are held back")
    return told


def _strange_words(connection: duckdb.DuckDBPyConnection, part: Incoming, rows: int) -> list[str]:
    """Values outside the canonical words: such rows would be held back."""
    told = []
    for column in TABLES[part.table].columns:
        if column.values:
            allowed = ", ".join(quoted(value) for value in column.values)
            [(strange,)] = connection.execute(
                f"select count(*) from {part.relation} where {name(column.name)} not in ({allowed})"
            ).fetchall()
            if strange:
                told.append(
                    f"{strange:,} of {rows:,} rows have a {column.name} that is none of {', '.join(column.values)}"
                )
    return told
