"""The history on an engine of its own: every canonical table with all its versions, each with its days.

For engines that do not share this process's memory. Reads the landed files and the verdicts; gives the same relations
that `History.engine` has in DuckDB: the canonical columns, `happened_at`, and the day numbers d, k, x and those of the
other moments of a row.
"""

from __future__ import annotations

import pandas as pd

from churnrisk.history.engine import name, quoted
from churnrisk.history.landing import files_of
from churnrisk.history.past import History, gone_from, span, with_days
from churnrisk.history.stage import Engine, Stage
from churnrisk.tables import TABLES, Table


def give_history(engine: Engine, history: History) -> None:
    """Make the relation of every canonical table of a history on another engine."""
    if history.held is not None:
        engine.files("held_rows", [history.held])
    for table in TABLES.values():
        files = files_of(history.folder, history.manifests, table.name)
        if files:
            engine.files(f"landed_{table.name}", files)
            _give(engine, table, history)
        else:
            engine.view(table.name, no_rows(table))


def _give(engine: Engine, table: Table, history: History) -> None:
    rows = f"select * from landed_{table.name}" if history.held is None else _usable(table)
    if table.name == "message_scores" and history.text_version:
        rows = f"select * from ({rows}) a where model_version = {quoted(history.text_version)}"
    columns = ", ".join([*map(name, table.column_names), "happened_at", "known_at", "row_hash"])
    rows = f"select {columns} from ({rows}) l"
    first, last = (
        None if pd.isna(moment) else moment.to_pydatetime()
        for moment in engine.frame(f"select {span(table)} from ({rows}) r").iloc[0]
    )
    known = with_days(rows, table, history.time_zone, first, last)
    engine.stage(Stage(table.name, f"select *, {gone_from(table)} as x from ({known}) n"))


def _usable(table: Table) -> str:
    held = f"select row_hash, landed_at from held_rows where table_name = {quoted(table.name)}"
    return (
        f"select l.* from landed_{table.name} l left join (select distinct row_hash, landed_at from ({held}) v) h"
        " on h.row_hash = l.row_hash and h.landed_at = l.landed_at where h.row_hash is null"
    )


def no_rows(table: Table) -> str:
    """The SQL of a table that was never landed, without a row."""
    columns = ", ".join(f"cast(null as {column.sql_type}) as {name(column.name)}" for column in table.columns)
    clocks = "cast(null as timestamp) as happened_at, cast(null as timestamp) as known_at"
    clocks += ", cast(null as bigint) as row_hash"
    days = with_days(f"select {columns}, {clocks}", table, "UTC", None, None)
    return f"select n.*, cast(null as integer) as x from ({days}) n where 1 = 0"
