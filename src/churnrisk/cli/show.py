"""What a command tells people about its record: a few plain sentences, and what to do next."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from pathlib import Path

    from churnrisk.insights import ThemeReport
    from churnrisk.jobs import (
        DemoOutcome,
        Extracted,
        Initiated,
        Promoted,
        Quarantine,
        ScoreSummary,
        TextRead,
        TrainSummary,
    )
    from churnrisk.outreach import Worklist


def initiated(record: Initiated) -> None:
    """What each source is taken for, the doubts by file and line, and what to do next."""
    from rich import box
    from rich.console import Console
    from rich.table import Table

    table = Table(box=box.SIMPLE_HEAD)
    for head, side in (("file", "left"), ("rows", "right"), ("taken for", "left"), ("", "left")):
        table.add_column(head, justify=side, overflow="fold")  # type: ignore[arg-type]
    for source in record.sources:
        table.add_row(source.path, f"{source.rows:,}", ", ".join(source.tables) or "nothing", source.sure)
    Console().print(table)
    for file, reason in record.unread.items():
        click.echo(f"Not read: {file}, {reason}")
    click.echo(f"Leaving means: {record.label} (parameters.toml).")
    where = "here" if record.out == "." else f"in {record.out}"
    click.echo(f"Wrote {', '.join(record.written)} {where}.")
    if record.doubts:
        click.echo(f"\n{len(record.doubts)} doubts worth a look:")
    for number, doubt in enumerate(record.doubts, start=1):
        click.echo(f"  {number:>3}  {doubt.file}:{doubt.line}  {doubt.says}")
    click.echo("\nNext: churnrisk extract, then churnrisk doctor, then churnrisk train")


def extracted(record: Extracted) -> None:
    """What came in and what is held back."""
    if record.load:
        click.echo(f"Load {record.load}: {record.new:,} of {record.read:,} rows were new.")
    else:
        click.echo(f"Nothing new: all {record.read:,} rows are in the history.")
    if record.text.read:
        click.echo(
            f"Customers' messages read: {record.text.read:,}, of them {record.text.scored:,} with a sentiment and"
            f" {record.text.leaving:,} that speak of leaving."
        )
    good = record.landed - record.held
    click.echo(f"The history has {record.landed:,} rows: {good:,} good, {record.held:,} held back.")
    for rule, rows in list(record.rules.items())[:5]:
        click.echo(f"  {rows:>8,}  {rule}")
    for source, lines in record.unreadable.items():
        click.echo(f"  {lines:>8,}  {_lines(lines)} of {source} could not be read")
    if record.contradictions:
        worst = record.contradictions[0]
        more = f", and {len(record.contradictions) - 1} more" if len(record.contradictions) > 1 else ""
        click.echo(f"Rows that contradict others: {worst.rule} ({worst.rows:,} of {worst.of:,}){more}.")
    if record.held or record.unreadable or record.contradictions:
        click.echo("See all with: churnrisk quarantine list")
    click.echo("What the data can support: churnrisk doctor")


def text_read(record: TextRead) -> None:
    """What a file of messages says, as counts and, where no file was written, its first rows."""
    click.echo(f"{record.file}: {record.messages:,} messages, read by {record.model_version}.")
    click.echo(f"  {record.scored:>8,}  with a sentiment: {record.negative:,} negative, {record.positive:,} positive")
    for reason, rows in record.unscored.items():
        click.echo(f"  {rows:>8,}  unscored: {reason}")
    for what, counts in (("language", record.languages), ("intent", record.intents)):
        if counts:
            said = ", ".join(f"{code or 'not known'} {rows:,}" for code, rows in counts.items())
            click.echo(f"  {what}: {said}")
    if record.out:
        click.echo(f"Wrote {record.out}.")
        return
    _first_rows(record)


def _first_rows(record: TextRead) -> None:
    from rich import box
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    table = Table(box=box.SIMPLE_HEAD)
    for head in ("message", "language", "sentiment", "intent", "quote"):
        table.add_column(head, overflow="fold")
    for row in record.rows:
        tone = row["unscored"] or f"{row['sentiment']:+.2f}"
        shown = " ".join(row["text"].split())
        shown = shown if len(shown) <= 60 else f"{shown[:59]}…"
        cells = (shown, row["language"] or "", f"unscored: {tone}" if row["unscored"] else tone)
        table.add_row(*map(escape, (*cells, row["intent"] or "", row["quote"] or "")))
    Console().print(table)
    if record.messages > len(record.rows):
        click.echo(f"The first {len(record.rows)} of {record.messages:,}; all of them with --out FILE.")


def quarantine(record: Quarantine) -> None:
    """What is held back, and why."""
    _changes(record)
    landed, held = sum(record.landed.values()), sum(record.held.values())
    click.echo(f"Of {landed:,} rows {landed - held:,} are good and {held:,} held back.")
    for table, rows in record.held.items():
        click.echo(f"\n{table}: {rows:,} of {record.landed[table]:,} rows held back")
        for rule, count in record.rules.items():
            if rule.startswith(f"{table}."):
                click.echo(f"  {count:>8,}  {rule.split('.', 1)[1]}: {record.says[rule]}")
                click.echo(f"            such as {record.examples[rule]}")
    for source, lines in record.unreadable.items():
        click.echo(f"\n{source}: {lines:,} {_lines(lines)} could not be read")
    if record.contradictions:
        click.echo("\nThese rows contradict others and go on:")
    for one in record.contradictions:
        click.echo(f"  {one.rows:>8,} of {one.of:,} ({_share(one.share)})  {one.rule}: {one.says}")
    if record.written:
        click.echo(f"\nEvery row that is held back: {record.written}")


def _share(share: float) -> str:
    return f"{share:.0%}" if share >= 0.01 else "under 1%"


def _lines(count: int) -> str:
    return "line" if count == 1 else "lines"


def replayed(record: Quarantine) -> None:
    """What the new judgement changed, and what is held back now."""
    if not record.closed and not record.opened:
        click.echo("No verdict has changed.")
    quarantine(record)


def _changes(record: Quarantine) -> None:
    """Verdicts that the last judgement opened or closed."""
    for what, changes in (("closed", record.closed), ("new", record.opened)):
        for rule, rows in changes.items():
            click.echo(f"  {rows:>8,}  {rule}: {what} since the judgement before")


def trained(record: TrainSummary) -> None:
    """Whether something may serve, beside what it was measured."""
    click.echo(f"{record.reason}.")
    if record.version:
        click.echo(f"Grade {record.grade}: version {record.version} ({record.serves}) serves now.")
    if record.challenger:
        _waits(record)
    for note in (record.suspicion, record.drift):
        if note:
            click.echo(f"{note}.")
    click.echo("What drives the risk: " + ", ".join(f"{code} {size:.2f}" for code, size in record.drivers.items()))
    click.echo(f"Report: {record.report}")
    click.echo(f"Runs:   mlflow ui --backend-store-uri {record.tracking}")


def _waits(record: TrainSummary) -> None:
    """What stands for and against a model that waits to be promoted, and how that is done."""
    click.echo(f"Grade {record.grade}: version {record.challenger} ({record.serves}) waits to be promoted.")
    for gate in record.gates:
        click.echo(f"  {gate.name:<12}  {'passed' if gate.passed else 'FAILED'}  {gate.says}")
    despite = "" if all(gate.passed for gate in record.gates) else " --despite-gates"
    click.echo(f"Let it serve with: churnrisk promote --by NAME --reason WHY{despite}")


def promoted(record: Promoted) -> None:
    """Which model serves now."""
    instead = f" instead of version {record.before}" if record.before else ""
    despite = f", despite {', '.join(record.despite)}" if record.despite else ""
    click.echo(
        f"Version {record.version} ({record.name}) serves now{instead}, by {record.by}: {record.reason}{despite}."
    )
    click.echo("The next `churnrisk score` uses it. Back with: churnrisk rollback --by NAME --reason WHY")


def scored(record: ScoreSummary) -> None:
    """Which list is published."""
    what = "Published" if record.published else "Already published and identical:"
    click.echo(f"{what} the list of {record.as_of}: {record.accounts:,} accounts scored.")
    for reason, accounts in record.excluded.items():
        click.echo(f"  {accounts:>8,}  not scored: {reason}")
    click.echo("Open it with: churnrisk worklist --format html")


def worklist(listed: Worklist, most: int) -> None:
    """The top of the list."""
    from rich.console import Console

    from churnrisk.out import print_worklist

    class Piped(Console):
        """Says that its reader has gone, as every other output does; rich would end the process by itself."""

        def on_broken_pipe(self) -> None:
            raise BrokenPipeError

    print_worklist(Piped(), listed, most)


def themes(report: ThemeReport, most: int, out: Path | None) -> None:
    """What customers complain about, or where it was written."""
    from rich.console import Console

    from churnrisk.out.themes import print_themes

    if out is not None:
        click.echo(f"{out}: {len(report.themes)} themes as of {report.as_of}.")
        return
    print_themes(Console(highlight=False), report, most)


def demo(outcome: DemoOutcome, listed: Worklist) -> None:
    """The end of the demo: the top of the list, the files, and how to look further."""
    worklist(listed, most=5)
    config = outcome.config
    click.echo()
    click.echo(f"{outcome.trained.reason}.")
    click.echo()
    for what, where in (
        ("The list as a page", outcome.page),
        ("The list as a table", outcome.table),
        ("Training report", outcome.trained.report),
    ):
        click.echo(f"  {what:<20} {where}")
    click.echo()
    click.echo("Look further:")
    for what, command in (
        ("one CSM's accounts", f"churnrisk worklist --config {config} --csm {first_csm(listed)}"),
        ("an earlier moment", f"churnrisk score --config {config} --as-of {_earlier(listed.as_of)}"),
        ("what was held back", f"churnrisk quarantine list --config {config}"),
        ("the training runs", f"mlflow ui --backend-store-uri {outcome.trained.tracking}"),
    ):
        click.echo(f"  {what:<20} {command}")


def first_csm(listed: Worklist) -> str:
    """The CSM of the first account that has one, as a shell reads it."""
    import shlex

    return shlex.quote(next((entry.csm for entry in listed.entries if entry.csm), "NAME"))


def _earlier(day: str) -> str:
    from datetime import date, timedelta

    return (date.fromisoformat(day) - timedelta(days=91)).isoformat()
