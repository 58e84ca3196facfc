"""How a canonical table is declared: columns, types, units, keys, and the clock that reveals each column.

Everything that needs to know what a table looks like derives from these records: the landing schema, the views of the
past, the contract checks, the simulated company's files and the reference in docs/tables.md.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Kind = Literal["text", "integer", "number", "boolean", "timestamp", "date"]

#: The type that each kind has in Parquet and DuckDB. Timestamps are UTC, without an offset.
SQL_TYPES: dict[Kind, str] = {
    "text": "VARCHAR",
    "integer": "BIGINT",
    "number": "DOUBLE",
    "boolean": "BOOLEAN",
    "timestamp": "TIMESTAMP",
    "date": "DATE",
}

#: The clock of a column that is revealed together with its row.
ROW = "row"
#: The clock of a column that holds a current value and has no clock: rules may read it, features may not.
CURRENT_ONLY = "current_only"
#: The `happened_at` of a table that describes the company itself: known from the beginning.
ALWAYS = "always"


@dataclass(frozen=True)
class Column:
    """One column of a canonical table.

    Attributes:
        name: as code, documents and mappings write it.
        kind: what it holds; see `SQL_TYPES`.
        meaning: one sentence for the reader of the docs.
        unit: of a quantity, such as "points" or "currency"; empty where there is none.
        clock: what reveals it: `row`, the name of a timestamp column of the same row, or `current_only`.
        references: `table.column` it points at; empty where it points nowhere.
        values: the allowed values of an enumeration; empty where anything goes.
        required: whether a row without it is held back.
    """

    name: str
    kind: Kind
    meaning: str
    unit: str = ""
    clock: str = ROW
    references: str = ""
    values: tuple[str, ...] = ()
    required: bool = False

    @property
    def sql_type(self) -> str:
        """The column's type in Parquet and DuckDB."""
        return SQL_TYPES[self.kind]


@dataclass(frozen=True)
class Table:
    """One canonical table.

    Attributes:
        name: as code, documents and mappings write it.
        key: the columns that identify a fact; several landed rows of one key are versions of it.
        happened_at: the timestamp column that places a row in a window, a date column (placed at the end of its day in
            the company's time zone), or `always`.
        meaning: what the table holds, as one sentence.
        columns: all columns, the key first.
        announced: whether a row may be known before it happens, as a contract is that was signed for later.
    """

    name: str
    key: tuple[str, ...]
    happened_at: str
    meaning: str
    columns: tuple[Column, ...]
    announced: bool = False

    def __post_init__(self) -> None:
        names = self.column_names
        if len(set(names)) != len(names):
            raise ValueError(f"{self.name} declares a column twice")
        for wanted in (*self.key, *([] if self.happened_at == ALWAYS else [self.happened_at])):
            if wanted not in names:
                raise ValueError(f"{self.name} does not declare {wanted}")
        for column in self.columns:
            if column.clock not in (ROW, CURRENT_ONLY) and self.column(column.clock).kind != "timestamp":
                raise ValueError(f"{self.name}.{column.name} is revealed by {column.clock}, which is no timestamp")

    @property
    def column_names(self) -> tuple[str, ...]:
        """The names of all columns, in order."""
        return tuple(column.name for column in self.columns)

    def column(self, name: str) -> Column:
        """The declaration of one column; raises KeyError for a name that is not declared."""
        for column in self.columns:
            if column.name == name:
                return column
        raise KeyError(f"{self.name}.{name}")

    @property
    def required(self) -> tuple[str, ...]:
        """The columns a row cannot do without: the key, what places it in time, and what is marked so."""
        placed = () if self.happened_at == ALWAYS else (self.happened_at,)
        marked = tuple(column.name for column in self.columns if column.required)
        return tuple(dict.fromkeys((*self.key, *placed, *marked)))
