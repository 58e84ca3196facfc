"""Lines that no reader could split into cells: kept with their place and the reason, so that nothing is dropped.

The readers put them into the table `unreadable` of the connection; landing keeps them beside the rows.
"""

from __future__ import annotations

from pathlib import Path

import duckdb

from churnrisk.errors import InputError
from churnrisk.history import one_row, quoted

#: Name of the table in the connection.
UNREADABLE = "unreadable"
#: A file with more than this share of such lines is not a file with bad lines: it is read in the wrong way.
MOST = 0.5
#: Characters of a line that are kept.
KEPT = 2000


def begin(connection: duckdb.DuckDBPyConnection) -> None:
    """Make the table, empty."""
    connection.execute(
        f"create or replace table {UNREADABLE}"
        " (source varchar, file varchar, line bigint, reason varchar, text varchar)"
    )


def keep(connection: duckdb.DuckDBPyConnection, source: str, file: Path, select: str, rows: int, next_step: str) -> int:
    """Keep the lines that `select` gives as line, reason and text; gives how many there are.

    Args:
        connection: where the table is.
        source: the source's name.
        file: where the lines stand.
        select: SQL with the columns line, reason, text; one row for each line.
        rows: lines of the file that could be read.
        next_step: what to do where most of the file cannot be read.

    Raises:
        InputError: more lines could not be read than could.
    """
    connection.execute(
        f"create or replace temp table rejected as select {quoted(source)} as source, {quoted(file.name)} as file,"
        f" line, reason, coalesce(left(text, {KEPT}), '') as text from ({select})"
    )
    lost = int(one_row(connection, "select count(*) from rejected")[0])
    if lost > (rows + lost) * MOST:
        line, reason = one_row(connection, "select line, reason from rejected order by line limit 1")
        raise InputError(
            f"{file}, line {line}: {reason}, and so with {lost:,} of {rows + lost:,} lines",
            next_step,
            file=str(file),
            line=line,
        )
    connection.execute(f"insert into {UNREADABLE} from rejected")
    return lost
