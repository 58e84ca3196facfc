"""Verdicts: which landed rows are held back, and by which rule.

Reads every landed row, gives one Parquet file of verdicts. Rows are never removed from the history: `History` leaves
out those with an open verdict, and a row whose fault is mended (its account arrives later) is free again, because
all verdicts are made anew each time. What came in is what is good plus what is held back, table by table.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import duckdb

from churnrisk.errors import InputError
from churnrisk.history import connect, name, one_row, quoted, read_manifests
from churnrisk.history.landing import compare_checksums, files_of, relation_of
from churnrisk.store import sha256_of, write_atomic
from churnrisk.tables import TABLES
from churnrisk.validate.rules import Rule, rules


@dataclass(frozen=True)
class Verdicts:
    """The outcome of validation.

    Attributes:
        landed: rows in the history, by table.
        held: rows held back, by table.
        broken: rows that broke a rule, by `table.rule`, most first; a row can break several.
        says: what each broken rule means.
    """

    landed: dict[str, int]
    held: dict[str, int]
    broken: dict[str, int]
    says: dict[str, str]

    @property
    def good(self) -> dict[str, int]:
        """Rows that go on, by table."""
        return {table: rows - self.held[table] for table, rows in self.landed.items()}


def verdicts_file(history: Path) -> Path:
    """Where the verdicts on a history are; named after the load they were made for, so that old ones cannot pass."""
    return history / f"verdicts-{len(read_manifests(history)):06d}.parquet"


def are_judged(history: Path) -> bool:
    """Whether the verdicts on the newest load are there and whole."""
    path = verdicts_file(history)
    seal = path.with_suffix(".sha256")
    return path.is_file() and seal.is_file() and seal.read_text(encoding="utf-8") == sha256_of(path)


def validate(history: Path) -> Verdicts:
    """Judge every landed row of the history in that folder; raises InputError where there is none."""
    manifests = read_manifests(history)
    if not manifests:
        raise InputError(f"There is no history in {history}", "Run `churnrisk extract` first")
    compare_checksums(history, manifests)
    connection = connect(spill=history / ".spill")
    try:
        landed = _open(connection, history, manifests)
        connection.execute(
            "create table verdicts"
            " (table_name varchar, row_hash ubigint, landed_at timestamp, rule varchar, version integer)"
        )
        applied = [rule for rule in rules() if rule.table in landed]
        broken = {f"{rule.table}.{rule.name}": _apply(connection, rule) for rule in applied}
        held = dict.fromkeys(landed, 0) | dict(
            connection.execute(
                "select table_name, count(distinct (row_hash, landed_at)) from verdicts group by all"
            ).fetchall()
        )
        _publish(connection, verdicts_file(history))
    finally:
        connection.close()
    counted = {rule: rows for rule, rows in sorted(broken.items(), key=lambda item: -item[1]) if rows}
    says = {f"{rule.table}.{rule.name}": rule.says for rule in applied if f"{rule.table}.{rule.name}" in counted}
    return Verdicts(landed, held, counted, says)


def _open(connection: duckdb.DuckDBPyConnection, history: Path, manifests: list[dict[str, object]]) -> dict[str, int]:
    landed = {}
    for table in TABLES.values():
        files = files_of(history, manifests, table.name)
        if not files:
            # Rules of other tables ask whether their rows are in this one.
            keys = ", ".join(f"null::varchar as {name(column)}" for column in table.key)
            connection.execute(f"create view {name(table.name)} as select {keys} where false")
            continue
        connection.execute(f"create view {name(table.name)} as select * from {relation_of(files)}")
        landed[table.name] = int(one_row(connection, f"select count(*) from {name(table.name)}")[0])
    return landed


def _apply(connection: duckdb.DuckDBPyConnection, rule: Rule) -> int:
    return int(
        one_row(
            connection,
            f"insert into verdicts select {quoted(rule.table)}, r.row_hash, r.landed_at, {quoted(rule.name)},"
            f" {rule.version} from {name(rule.table)} r where {rule.bad}",
        )[0]
    )


def _publish(connection: duckdb.DuckDBPyConnection, path: Path) -> None:
    staging = path.with_name(f".staging-source-{path.name}")
    connection.execute(f"copy (from verdicts order by all) to {quoted(str(staging))} (format parquet)")
    write_atomic(path, staging.read_bytes())
    staging.unlink()
    write_atomic(path.with_suffix(".sha256"), sha256_of(path))
