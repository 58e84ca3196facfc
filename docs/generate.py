"""Write the pages of the documentation that are derived from the code: `python -m docs.generate`.

Reads the table declarations (`churnrisk.tables`), the catalogue (`churnrisk.features`), the command line
(`churnrisk.cli`) and the checks (`churnrisk.doctor`); gives `docs/tables.md`, `docs/features.md`, `docs/commands.md`
and `docs/doctor.md`. A test compares the committed pages with what this gives.
"""

from __future__ import annotations

import importlib
import inspect
import re
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import click

from churnrisk.doctor import THEMES
from churnrisk.doctor.words import spoken
from churnrisk.errors import Exit
from churnrisk.features import CATALOGUE, Feature, Wording
from churnrisk.tables import ALWAYS, CURRENT_ONLY, ROW, TABLES, Column, Table

DOCS = Path(__file__).parent
_WRITTEN_BY = "<!-- Written by `make docs` from the code; change it there. -->"


def main() -> None:
    """Write every generated page."""
    for name, page in PAGES.items():
        (DOCS / name).write_text(page(), encoding="utf-8")


def tables_page() -> str:
    """The canonical tables: every column with its type, meaning, and the clock that reveals it."""
    lines = [
        _WRITTEN_BY,
        "# Tables",
        "",
        "Every export is mapped to these tables. Only `accounts` and one of `tickets`, `usage`, `subscriptions`,",
        "`invoices` are needed; everything else makes the result better.",
        "",
        "**Known** says when a column may be read from a past moment: *with its row*; or from the time in another",
        "column of the row; or never by features, because it holds the value at the time of the export.",
        "Timestamps are in UTC. A column in **bold** is needed: a row without it is held back.",
        "",
        *_grid(("Table", "Holds"), ((f"[{name}](#{name})", table.meaning) for name, table in TABLES.items())),
    ]
    for table in TABLES.values():
        lines += ["", *_table(table)]
    return "\n".join(lines) + "\n"


def commands_page() -> str:
    """Every command with its arguments and options, and the exit codes they share."""
    main_command: click.Command = importlib.import_module("churnrisk.cli").main
    context = click.Context(main_command, info_name="churnrisk")
    lines = [_WRITTEN_BY, "# Commands", "", *_paragraphs(main_command)]
    for command, its_context in _commands(main_command, context):
        lines += ["", *_command(command, its_context)]
    lines += ["", "## Exit codes", "", *_grid(("Code", "Means"), _exit_codes())]
    return "\n".join(lines) + "\n"


def features_page() -> str:
    """Every feature: meaning, unit, window, the reasons it can give and whether somebody can act on them."""
    rows = (
        (
            f"`{feature.name}`",
            feature.meaning,
            feature.unit,
            ", ".join(f"`{table}`" for table in feature.stream.needs),
            "<br>".join(_says(direction, wording) for direction, wording in _wordings(feature)),
        )
        for feature in CATALOGUE.features
    )
    lines = [
        _WRITTEN_BY,
        "# Features",
        "",
        "One column of the matrix each, as known at a moment. A feature is there when the tables it needs have rows.",
        "The sentence is what a CSM reads when the feature raises the risk; *no lever* marks what nobody can change.",
        "",
        *_grid(("Feature", "Means", "Unit", "Needs", "Reason"), rows),
    ]
    return "\n".join(lines) + "\n"


def doctor_page() -> str:
    """Every check of the doctor: what is needed, why, when it warns and fails, what to do."""
    lines = [
        _WRITTEN_BY,
        "# The doctor",
        "",
        "`churnrisk doctor` holds what is needed against what the data have, after `extract` and before `train`. Each",
        "check says in one sentence what it found and, where something is wrong, what to do. A warning can be lived",
        "with once it is known; a check that fails ends with exit code 20. Nothing is changed.",
        "",
        "A source can say how old its newest fact may be:",
        "",
        "```toml",
        "[sources.usage]",
        'path = "usage.csv"   # left out where the export has the canonical tables',
        "fresh_days = 2",
        "```",
        "",
        "Where it stops, the doctor fails and `churnrisk score` holds the list with exit code 20: the last good list",
        "stays. Usage that stopped arriving is never told as usage that fell.",
    ]
    for theme, checks in THEMES.items():
        lines += ["", f"## {theme}"]
        for check in checks:
            parts = (("Need", check.need), ("Warns", check.warns), ("Fails", check.fails), ("What to do", check.do))
            told = ((what, f"{said[0].upper()}{said[1:]}.") for what, said in parts if said)
            lines += ["", f"### {spoken(check.name).capitalize()}", "", check.why, "", *_grid(("", ""), told)]
    return "\n".join(lines) + "\n"


def _wordings(feature: Feature) -> list[tuple[str, Wording]]:
    both = (("high", feature.high), ("low", feature.low))
    return [(direction, wording) for direction, wording in both if wording is not None]


def _says(direction: str, wording: Wording) -> str:
    lever = "" if wording.actionable else " (no lever)"
    return f"when {direction}, `{wording.code}`: {wording.sentence}{lever}"


#: The generated pages: file name in `docs/` and what writes its text.
PAGES: dict[str, Callable[[], str]] = {
    "tables.md": tables_page,
    "features.md": features_page,
    "commands.md": commands_page,
    "doctor.md": doctor_page,
}


def _table(table: Table) -> list[str]:
    placed = "always" if table.happened_at == ALWAYS else f"`{table.happened_at}`"
    keys = ", ".join(f"`{name}`" for name in table.key)
    rows = (
        (
            f"**`{column.name}`**" if column.name in table.required else f"`{column.name}`",
            column.kind,
            _holds(column),
            _known(column),
        )
        for column in table.columns
    )
    return [
        f"## {table.name}",
        "",
        f"{table.meaning} Key: {keys}. Happened at: {placed}.",
        "",
        *_grid(("Column", "Type", "Holds", "Known"), rows),
    ]


def _holds(column: Column) -> str:
    parts = [column.meaning]
    if column.values:
        parts.append("One of " + ", ".join(f"`{value}`" for value in column.values) + ".")
    if column.unit:
        parts.append(f"Unit: {column.unit}.")
    if column.references:
        table = column.references.partition(".")[0]
        parts.append(f"Points at [{column.references}](#{table}).")
    return " ".join(parts)


def _known(column: Column) -> str:
    wordings = {ROW: "with its row", CURRENT_ONLY: "current value: rules only"}
    return wordings.get(column.clock, f"from `{column.clock}`")


def _commands(command: click.Command, context: click.Context) -> Iterator[tuple[click.Command, click.Context]]:
    if not isinstance(command, click.Group):
        yield command, context
        return
    for name in command.list_commands(context):
        child = command.get_command(context, name)
        if child is not None and not child.hidden:
            yield from _commands(child, click.Context(child, info_name=name, parent=context))


def _command(command: click.Command, context: click.Context) -> list[str]:
    path = context.command_path
    usage = " ".join((path, *command.collect_usage_pieces(context)))
    lines = [f"## {path.removeprefix('churnrisk ')}", "", f"`{usage}`", "", *_paragraphs(command)]
    options = [record for record in map(_option, command.get_params(context)) if record]
    return [*lines, "", *_grid(("Option", "Does"), options)] if options else lines


def _option(parameter: click.Parameter) -> tuple[str, str] | None:
    if not isinstance(parameter, click.Option) or parameter.hidden or "--help" in parameter.opts:
        return None
    names = ", ".join(f"`{name}`" for name in (*parameter.opts, *parameter.secondary_opts))
    does = [parameter.help or ""]
    if isinstance(parameter.type, click.Choice):
        does.append("One of " + ", ".join(f"`{choice}`" for choice in parameter.type.choices) + ".")
    if parameter.required:
        does.append("Required.")
    if isinstance(parameter.default, str | int | float | Path) and not isinstance(parameter.default, bool):
        does.append(f"Default: `{parameter.default}`.")
    return names, " ".join(part for part in does if part)


def _paragraphs(command: click.Command) -> list[str]:
    text = inspect.cleandoc(command.help or "").replace("\b\n", "").partition("\f")[0]
    return [line.rstrip() for line in text.rstrip().splitlines()]


def _exit_codes() -> list[tuple[str, str]]:
    return re.findall(r"^\s+\w+ = (\d+)  #: (.+)$", inspect.getsource(Exit), flags=re.MULTILINE)


def _grid(header: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> list[str]:
    lines = (header, tuple("---" for _ in header), *rows)
    return ["| " + " | ".join(cell.replace("|", "\\|").replace("\n", " ") for cell in row) + " |" for row in lines]


if __name__ == "__main__":
    main()
