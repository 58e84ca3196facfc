"""What `churnrisk doctor` tells: need against have, what to do, and a picture of each table; plain lines in a pipe."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from rich.console import Console

    from churnrisk.doctor import Diagnosis, Finding

#: A mark and a word, so that nothing is told by colour alone.
_MARKS = {"fail": "✗ FAIL", "warn": "! warn", "ok": "✓ ok"}
_COLOURS = {"fail": "bold red", "warn": "yellow", "ok": "green"}
_BARS = "▁▂▃▄▅▆▇█"
#: Months in a picture; four years.
_MONTHS = 48
#: No line is longer: what is wider is hard to read.
_WIDEST = 140


def diagnosis(record: Diagnosis) -> None:
    """All of it: tables and pictures on a terminal, one line for each finding elsewhere."""
    from rich.console import Console

    console = Console(highlight=False)
    if not console.is_terminal:
        for finding in record.findings:
            click.echo(_line(finding))
        click.echo(_summary(record))
        return
    pictured(Console(highlight=False, width=min(console.width, _WIDEST)), record)


def pictured(console: Console, record: Diagnosis) -> None:
    """As a terminal shows it."""
    _compared(console, record)
    _said(console, record)
    _pictures(console, record)
    console.print(_summary(record), markup=False, style=_COLOURS[record.status])


def _line(finding: Finding) -> str:
    step = f" {_shown(finding.next_step)}." if finding.next_step else ""
    return f"{finding.status.upper():<4}  {_title(finding)}: {_shown(finding.sentence)}.{step}"


def _title(finding: Finding) -> str:
    """The check in words, and what it is about."""
    table, _, rule = _shown(finding.about).partition(".")
    about = f"{table}: {rule.replace('_', ' ')}" if rule else table
    return finding.name.replace("_", " ") + (f" ({about})" if about else "")


def _shown(text: str) -> str:
    """Text of the data as one line that cannot move a cursor."""
    return " ".join("".join(letter if letter.isprintable() else " " for letter in text).split())


def _summary(record: Diagnosis) -> str:
    fails, warns, fine = (len(record.having(status)) for status in ("fail", "warn", "ok"))
    known = f", known from {record.known_from} to {record.known_until}" if record.known_until else ""
    ends = {
        "fail": "Do not train on these data before the failed checks pass.",
        "warn": "The data can be used; read the warnings first.",
        "ok": "The data can be used.",
    }
    return f"{_shown(record.company)}{known}: {fails} failed, {warns} warned, {fine} fine. {ends[record.status]}"


def _compared(console: Console, record: Diagnosis) -> None:
    """Need against have, one line for each finding."""
    from rich import box
    from rich.table import Table
    from rich.text import Text

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, expand=False)
    for heading in ("", "check", "need", "have"):
        table.add_column(heading, no_wrap=not heading, overflow="fold")
    for finding in record.findings:
        mark = Text(_MARKS[finding.status], _COLOURS[finding.status])
        table.add_row(mark, *(Text(_shown(cell)) for cell in (_title(finding), finding.need, finding.have)))
    console.print(table)


def _said(console: Console, record: Diagnosis) -> None:
    """The sentences of what failed and what warned, with what to do; once where it is the same for several."""
    from rich.padding import Padding
    from rich.text import Text

    told = (*record.having("fail"), *record.having("warn"))
    for (status, step), findings in groupby(told, key=lambda finding: (finding.status, finding.next_step)):
        for finding in findings:
            console.print(Text.assemble((_MARKS[status], _COLOURS[status]), f"  {_shown(finding.sentence)}."))
        console.print(Padding(Text(f"{_shown(step)}.", "dim"), (0, 0, 1, 8)))


def _pictures(console: Console, record: Diagnosis) -> None:
    """Rows of each month by table."""
    if not record.months:
        return
    months = record.months[-_MONTHS:]
    console.print(f"Rows a month, {months[0]} to {months[-1]}:", markup=False)
    width = max(map(len, record.rows))
    for table, rows in record.rows.items():
        latest = rows[-_MONTHS:]
        console.print(f"  {table:<{width}}  {_picture(latest)}  at most {max(latest):,}", markup=False, no_wrap=True)
    console.print()


def _picture(rows: tuple[int, ...]) -> str:
    """A bar for each month, blank where there is no row."""
    most = max(rows) or 1
    return "".join(_BARS[min(len(_BARS) * count // most, len(_BARS) - 1)] if count else " " for count in rows)
