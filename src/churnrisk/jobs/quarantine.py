"""What validation holds back: told, written out for whoever mends it, judged anew."""

from __future__ import annotations

from dataclasses import astuple, dataclass, fields
from pathlib import Path

from churnrisk.extract.landing import history_folder
from churnrisk.jobs.project import Project
from churnrisk.out import texts_csv
from churnrisk.store import single_writer, write_atomic
from churnrisk.validate import (
    Contradiction,
    HeldRow,
    Verdicts,
    are_judged,
    held_rows,
    read_verdicts,
    validate,
)


@dataclass(frozen=True)
class Quarantine:
    """What validation holds back.

    Attributes:
        landed: rows in the history, by table; each is good or held back.
        held: rows held back, by table; only tables with any.
        rules: rows by the rule they break, `table.rule`, most first.
        says: what breaking each rule means.
        examples: a row of each rule, as people can find it again.
        unreadable: lines that could not be read, by source.
        contradictions: rows that contradict others and go on, largest share first.
        opened: verdicts that are new since the last judgement, by rule.
        closed: verdicts that stand no longer, by rule.
        written: the file with every row held back; empty where none was asked for.
    """

    landed: dict[str, int]
    held: dict[str, int]
    rules: dict[str, int]
    says: dict[str, str]
    examples: dict[str, str]
    unreadable: dict[str, int]
    contradictions: tuple[Contradiction, ...]
    opened: dict[str, int]
    closed: dict[str, int]
    written: str = ""


def quarantine(project: Project, out: Path | None = None) -> Quarantine:
    """What is held back, and why; every such row in a CSV file where one is asked for."""
    folder = history_folder(project.settings)
    if not are_judged(folder, project.settings):
        return replay(project, out)
    return _told(project, read_verdicts(folder, project.settings), out)


def replay(project: Project, out: Path | None = None) -> Quarantine:
    """Judge every row anew, by the rules of today: verdicts that stand no longer are closed, their rows go on."""
    with single_writer(project.data):
        verdicts = validate(history_folder(project.settings), project.settings)
    return _told(project, verdicts, out)


def _told(project: Project, verdicts: Verdicts, out: Path | None) -> Quarantine:
    rows = held_rows(history_folder(project.settings), project.settings)
    if out is not None:
        columns = tuple(field.name for field in fields(HeldRow))
        write_atomic(out, texts_csv(columns, (astuple(row) for row in rows)))
    examples: dict[str, str] = {}
    for row in rows:
        examples.setdefault(f"{row.table}.{row.rule}", f"{row.key}: {row.problem}" if row.problem else row.key)
    return Quarantine(
        verdicts.landed,
        {table: count for table, count in verdicts.held.items() if count},
        verdicts.broken,
        verdicts.says,
        examples,
        verdicts.unreadable,
        verdicts.contradictions,
        verdicts.opened,
        verdicts.closed,
        str(out or ""),
    )
