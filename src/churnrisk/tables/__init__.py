"""The canonical tables, declared once: types, keys, units, meaning, and the clock that reveals each column."""

from churnrisk.tables.canonical import ACTIVITY_TABLES, TABLES
from churnrisk.tables.declaration import ALWAYS, CURRENT_ONLY, ROW, Column, Table

__all__ = ["ACTIVITY_TABLES", "ALWAYS", "CURRENT_ONLY", "ROW", "TABLES", "Column", "Table"]
