"""Verdicts: which landed rows are held back, and by which rule; and which rows contradict each other.

Reads every landed row, gives one Parquet file of verdicts and a JSON record beside it. Rows are never removed from the
history: `History` leaves out those with an open verdict, and a row whose fault is mended (its account arrives later, a
rule of one's own changes) is free again, because all verdicts are made anew each time. What came in is what is good
plus what is held back, table by table, plus the lines that could not be read, source by source.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import duckdb

from churnrisk.errors import InputError
from churnrisk.history import connect, name, one_row, quoted, read_manifests
from churnrisk.history.landing import UNREADABLE, compare_checksums, files_of, relation_of
from churnrisk.settings import Settings, digest
from churnrisk.store import sha256_of, write_atomic
from churnrisk.validate.landed import newest_only, open_landed
from churnrisk.validate.own_rules import applied_rules, counted, placed_rules, refuse_unknown_tables
from churnrisk.validate.rules import Rule

#: Which verdicts were made last, for the comparison with those before.
_LAST = "verdicts-last.txt"


@dataclass(frozen=True)
class Contradiction:
    """Rows that cannot be right beside others, and go on all the same.

    Attributes:
        rule: `table.rule` that they break.
        rows: how many rows break it.
        of: rows of the table.
        says: what is wrong with them; where more can be told than the count, that.
    """

    rule: str
    rows: int
    of: int
    says: str

    @property
    def share(self) -> float:
        """The share of the table's rows, 0 to 1."""
        return self.rows / self.of if self.of else 0.0


@dataclass(frozen=True)
class Verdicts:
    """The outcome of validation.

    Attributes:
        landed: rows in the history, by table.
        held: rows held back, by table.
        broken: rows that broke a rule, by `table.rule`, most first; a row can break several.
        says: what each broken rule means.
        contradictions: rows that contradict others, largest share first.
        unreadable: lines that could not be read, by source.
        opened: verdicts that are new since the last time, by `table.rule`.
        closed: verdicts that stand no longer, by `table.rule`; their rows are free unless another rule holds them.
    """

    landed: dict[str, int]
    held: dict[str, int]
    broken: dict[str, int]
    says: dict[str, str]
    contradictions: tuple[Contradiction, ...] = ()
    unreadable: dict[str, int] = field(default_factory=dict)
    opened: dict[str, int] = field(default_factory=dict)
    closed: dict[str, int] = field(default_factory=dict)

    @property
    def good(self) -> dict[str, int]:
        """Rows that go on, by table."""
        return {table: rows - self.held[table] for table, rows in self.landed.items()}


def verdicts_file(history: Path, settings: Settings | None = None) -> Path:
    """Where the verdicts on a history are; named after the load and the rules, so that old ones cannot pass."""
    made_of = digest([asdict(rule) for rule in applied_rules(settings)])
    return history / f"verdicts-{len(read_manifests(history)):06d}-{made_of}.parquet"


def are_judged(history: Path, settings: Settings | None = None) -> bool:
    """Whether the verdicts on the newest load, by the rules of today, are there and whole."""
    return _is_whole(verdicts_file(history, settings))


def _is_whole(path: Path) -> bool:
    """Whether a file of verdicts is as it was when it was written."""
    try:
        return path.is_file() and bool(_record(path)["sha256"] == sha256_of(path))
    except (OSError, ValueError, KeyError, TypeError):
        return False


def read_verdicts(history: Path, settings: Settings | None = None) -> Verdicts:
    """The verdicts of today; made now where they are not there."""
    if not are_judged(history, settings):
        return validate(history, settings)
    content = _record(verdicts_file(history, settings))
    del content["sha256"]
    found = tuple(Contradiction(**one) for one in content.pop("contradictions"))
    return Verdicts(**content, contradictions=found)


def validate(history: Path, settings: Settings | None = None) -> Verdicts:
    """Judge every landed row of the history in that folder.

    Args:
        history: the folder.
        settings: for the rules of one's own; only the built-in ones where it is not given.

    Raises:
        InputError: there is no history.
        SettingsError: a rule of one's own is no SQL over the tables.
    """
    manifests = read_manifests(history)
    if not manifests:
        raise InputError(f"There is no history in {history}", "Run `churnrisk extract` first")
    compare_checksums(history, manifests)
    refuse_unknown_tables(settings)
    path = verdicts_file(history, settings)
    connection = connect(spill=history / ".spill")
    try:
        landed = open_landed(connection, history, manifests)
        asked = [
            (place, rule)
            for place, rule in placed_rules(settings)
            if rule.table in landed and all(table in landed for table in rule.needs)
        ]
        broken = _judge(connection, asked)
        held = dict.fromkeys(landed, 0) | dict(
            connection.execute(
                "select table_name, count(distinct (row_hash, landed_at)) from verdicts group by all"
            ).fetchall()
        )
        found = _contradictions(connection, asked, landed)
        opened, closed = _changes(connection, history)
        unreadable = _unreadable(connection, history, manifests)
        says = {rule.title: rule.says for _, rule in asked if rule.title in broken}
        verdicts = Verdicts(landed, held, broken, says, found, unreadable, opened, closed)
        _publish(connection, path, verdicts)
    finally:
        connection.close()
    return verdicts


def _judge(connection: duckdb.DuckDBPyConnection, asked: list[tuple[str, Rule]]) -> dict[str, int]:
    """Write a verdict for each row that breaks a rule that holds; gives rows by rule, most first."""
    connection.execute(
        "create table verdicts"
        " (table_name varchar, row_hash ubigint, landed_at timestamp, rule varchar, version integer)"
    )
    broken: dict[str, int] = {}
    for place, rule in asked:
        if rule.hold:
            insert = (
                f"insert into verdicts select {quoted(rule.table)}, r.row_hash, r.landed_at, {quoted(rule.name)},"
                f" {rule.version} from {name(rule.table)} r where ({rule.bad}\n)"
            )
            broken[rule.title] = counted(connection, place, rule, insert)
    return {title: rows for title, rows in sorted(broken.items(), key=lambda item: -item[1]) if rows}


def _contradictions(
    connection: duckdb.DuckDBPyConnection, asked: list[tuple[str, Rule]], landed: dict[str, int]
) -> tuple[Contradiction, ...]:
    """Count the rows that break a rule that holds nothing; of each key the newest version counts."""
    newest_only(connection, landed)
    found = []
    for place, rule in asked:
        if rule.hold:
            continue
        table = f"main.{name(rule.table)}" if rule.every_version else name(rule.table)
        rows = counted(connection, place, rule, f"select count(*) from {table} r where ({rule.bad}\n)")
        if rows:
            more = one_row(connection, rule.detail)[0] if rule.detail else None
            of = int(one_row(connection, f"select count(*) from {table}")[0])
            found.append(Contradiction(rule.title, rows, of, more or rule.says))
    return tuple(sorted(found, key=lambda one: -one.share))


def _changes(connection: duckdb.DuckDBPyConnection, history: Path) -> tuple[dict[str, int], dict[str, int]]:
    """Verdicts that are new since the last time, and those that stand no longer, by rule."""
    before = _last(history)
    if before is None:
        return {}, {}
    old = f"read_parquet({quoted(str(before))})"

    def counted(one: str, other: str) -> dict[str, int]:
        same = "table_name, row_hash, landed_at, rule"
        return dict(
            connection.execute(
                f"select table_name || '.' || rule, count(*) from (select {same} from {one} except"
                f" select {same} from {other}) group by all order by all"
            ).fetchall()
        )

    return counted("verdicts", old), counted(old, "verdicts")


def _last(history: Path) -> Path | None:
    """The verdicts that were made last, if they are there and whole."""
    pointer = history / _LAST
    path = history / pointer.read_text(encoding="utf-8").strip() if pointer.is_file() else None
    return path if path is not None and _is_whole(path) else None


def _unreadable(
    connection: duckdb.DuckDBPyConnection, history: Path, manifests: list[dict[str, Any]]
) -> dict[str, int]:
    files = files_of(history, manifests, UNREADABLE)
    if not files:
        return {}
    counts = f"select source, count(*) from {relation_of(files)} group by all order by all"
    return dict(connection.execute(counts).fetchall())


def _record(path: Path) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))
    return content


def _publish(connection: duckdb.DuckDBPyConnection, path: Path, verdicts: Verdicts) -> None:
    staging = path.with_name(f".staging-source-{path.name}")
    connection.execute(f"copy (from verdicts order by all) to {quoted(str(staging))} (format parquet)")
    write_atomic(path, staging.read_bytes())
    staging.unlink()
    content = {**asdict(verdicts), "sha256": sha256_of(path)}
    write_atomic(path.with_suffix(".json"), json.dumps(content, indent=1))
    before = _last(path.parent)
    write_atomic(path.with_name(_LAST), path.name)
    if before is not None and before != path:
        before.unlink()
        before.with_suffix(".json").unlink(missing_ok=True)
