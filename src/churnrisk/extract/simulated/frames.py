"""Arrow tables in the canonical shape, and the queue of rows that have been planned but are not yet known."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeAlias

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from churnrisk.extract.simulated.clock import NEVER
from churnrisk.extract.simulated.draws import Bools, Floats, Ints
from churnrisk.tables import ALWAYS, TABLES
from churnrisk.tables.declaration import Kind

ARROW_TYPES: dict[Kind, pa.DataType] = {
    "text": pa.string(),
    "integer": pa.int64(),
    "number": pa.float64(),
    "boolean": pa.bool_(),
    "timestamp": pa.timestamp("us"),
    "date": pa.date32(),
}
Values: TypeAlias = pa.Array | pa.ChunkedArray | Ints | Floats | Bools


def schema(name: str) -> pa.Schema:
    """The columns a canonical table has in the export: as declared, then `known_at` unless it was always known."""
    table = TABLES[name]
    fields = [pa.field(column.name, ARROW_TYPES[column.kind]) for column in table.columns]
    if table.happened_at != ALWAYS:
        fields.append(pa.field("known_at", pa.timestamp("us")))
    return pa.schema(fields)


_SCHEMAS = {name: schema(name) for name in TABLES}


def build(name: str, /, **columns: Values) -> pa.Table:
    """A table in canonical shape; columns that are not given are null. Moments are microseconds, dates are days."""
    rows = len(next(iter(columns.values())))
    unknown = set(columns) - set(_SCHEMAS[name].names)
    if unknown:
        raise KeyError(f"{name} has no {sorted(unknown)}")
    arrays = [_arrow(columns.get(field.name), field.type, rows) for field in _SCHEMAS[name]]
    return pa.Table.from_arrays(arrays, schema=_SCHEMAS[name])


def empty(name: str) -> pa.Table:
    """The table without rows."""
    return _SCHEMAS[name].empty_table()


def _arrow(values: Any, kind: pa.DataType, rows: int) -> pa.Array:
    if values is None:
        return pa.nulls(rows, kind)
    if isinstance(values, pa.ChunkedArray):
        values = values.combine_chunks()
    if isinstance(values, pa.Array):
        return values if values.type == kind else values.cast(kind)
    if pa.types.is_timestamp(kind):
        return pa.array(values.astype(np.int64).view("M8[us]"), kind)
    if pa.types.is_date(kind):
        return pa.array(values.astype(np.int32), pa.int32()).view(kind)
    if pa.types.is_floating(kind):
        return pa.array(values.astype(np.float64), kind, mask=np.isnan(values))
    return pa.array(values, kind)


def labels(values: Sequence[str], indexes: Ints) -> pa.Array:
    """Words by index; a negative index is null."""
    taken = pa.array(indexes, mask=indexes < 0)
    return pa.array(list(values), pa.string()).take(taken)


def numbered(prefix: str, *parts: Ints) -> pa.Array:
    """Identifiers such as T1204-3: a prefix and numbers, joined by dashes."""
    texts = [pc.cast(pa.array(part), pa.string()) for part in parts]
    texts[0] = pc.binary_join_element_wise(prefix, texts[0], "")
    return texts[0] if len(texts) == 1 else pc.binary_join_element_wise(*texts, "-")


def moments(table: pa.Table, column: str) -> Ints:
    """A timestamp column as microseconds, with NEVER for null."""
    array = table.column(column).combine_chunks().cast(pa.int64())
    return array.fill_null(NEVER).to_numpy(zero_copy_only=False)


def replaced(table: pa.Table, /, **columns: Values) -> pa.Table:
    """The table with some columns exchanged."""
    for name, values in columns.items():
        place = table.schema.get_field_index(name)
        field = table.schema.field(place)
        table = table.set_column(place, field, _arrow(values, field.type, table.num_rows))
    return table


class Pending:
    """Rows that will become known later: a ticket's whole life is drawn when it is opened, and told week by week."""

    def __init__(self) -> None:
        self._waiting: dict[str, pa.Table] = {}

    def release(self, fresh: dict[str, list[pa.Table]], until: int) -> dict[str, pa.Table]:
        """Take in new rows; give back, for every canonical table, those whose `known_at` is before `until`."""
        return {name: self._release(name, fresh.get(name, []), until) for name in TABLES}

    def _release(self, name: str, fresh: list[pa.Table], until: int) -> pa.Table:
        held = [self._waiting[name]] if name in self._waiting else []
        table = pa.concat_tables([*held, *fresh]).combine_chunks() if held or fresh else empty(name)
        if "known_at" not in table.schema.names:
            self._waiting.pop(name, None)
            return table
        known = moments(table, "known_at") < until
        if known.all():
            self._waiting.pop(name, None)
            return table
        self._waiting[name] = table.filter(pa.array(~known))
        return table.filter(pa.array(known))
