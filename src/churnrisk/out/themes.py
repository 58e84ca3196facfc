"""Themes as people read them: the table of a terminal, a CSV file, and what a page shows of them.

Reads a `ThemeReport`, gives text, bytes or something rich can print. Labels and quotes are customers' words: they are
cut to one line here, and escaped where they go.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from churnrisk.insights import Lift, Ratio, Theme, ThemeReport, Trend
from churnrisk.out import words
from churnrisk.out.csv import texts_csv

#: No line is longer: what is wider is hard to read.
WIDEST = 150
_MARKS = {"rising": "↑", "falling": "↓", "steady": "→", "more leave": "↑", "fewer leave": "↓"}
_COLOURS = {"rising": "red", "falling": "green", "more leave": "bold red", "fewer leave": "green"}

COLUMNS = (
    *"theme label language label_in_language messages tickets accounts share sentiment".split(),
    *"trend tickets_last_28d tickets_28d_before trend_ratio trend_low trend_high".split(),
    *"churn_lift lift_ratio lift_low lift_high accounts_with left_with accounts_without left_without".split(),
    *"example_tickets as_of days".split(),
)


def themes_csv(report: ThemeReport) -> bytes:
    """One row for each theme and language of it, in the columns of COLUMNS."""
    return texts_csv(COLUMNS, (row for theme in report.themes for row in _rows(theme, report)))


def _rows(theme: Theme, report: ThemeReport) -> Iterator[tuple[str, ...]]:
    trend, lift = theme.trend, theme.lift
    for language, label in theme.labels.items():
        yield (
            *(theme.id, theme.label, language, label),
            *map(str, (theme.messages, theme.tickets, theme.accounts)),
            *(number(theme.share), number(theme.sentiment)),
            *(trend.word, str(trend.now), str(trend.then), *_ends(trend.ratio)),
            *(lift.word, *_ends(lift.ratio)),
            *map(str, (lift.accounts_with, lift.left_with, lift.accounts_without, lift.left_without)),
            *(" ".join(example.ticket_id for example in theme.examples), report.as_of, str(report.days)),
        )


def _ends(ratio: Ratio) -> tuple[str, str, str]:
    return number(ratio.value), number(ratio.low), number(ratio.high)


def number(value: float | None) -> str:
    """A number with two decimals; empty where there is none."""
    return "" if value is None else f"{value:.2f}"


def interval(ratio: Ratio) -> str:
    """A ratio with its interval: `1.40 (1.10 to 1.79)`; a dash where there is none."""
    if ratio.value is None:
        return words.UNKNOWN
    return f"{number(ratio.value)} ({number(ratio.low)} to {number(ratio.high)})"


def moved(trend: Trend) -> str:
    """A trend in words: `rising, 14 after 6`."""
    return f"{_MARKS.get(trend.word, '')} {trend.word}, {trend.now} after {trend.then}".strip()


def left(lift: Lift) -> str:
    """A churn lift in words: `more leave, 1.40 (1.10 to 1.79)`."""
    told = f"{_MARKS.get(lift.word, '')} {lift.word}".strip()
    return told if lift.ratio.value is None else f"{told}, {interval(lift.ratio)}"


def heading(report: ThemeReport) -> str:
    """What the report is about, in one line."""
    whose = f", {words.shown(report.language, 12)} only" if report.language else ""
    return (
        f"{words.shown(report.company)}: {words.several(report.complaints, 'complaint')} on"
        f" {words.several(report.tickets, 'ticket')} of {words.several(report.accounts, 'account')}"
        f" in the {report.days} days before the end of {words.long_day(report.as_of)}{whose}"
    )


def asides(report: ThemeReport) -> Iterator[str]:
    """Sentences a reader should know."""
    if report.without_theme:
        yield f"{words.several(report.without_theme, 'complaint')} of {words.count(report.complaints)} have no theme."
    if report.gone:
        yield f"Gone since the run before: {'; '.join(words.shown(label) for label in report.gone)}."
    yield from (words.sentence(note) for note in (*report.notes, report.compared) if note)


@dataclass(frozen=True)
class ThemeTable:
    """The first themes of a report, as a console shows them."""

    report: ThemeReport
    most: int

    def __rich_console__(self, console: Console, _options: object) -> Iterator[Text | Table]:
        """A heading, a table, and what a reader should know."""
        yield Text(heading(self.report), "bold")
        table = Table(box=box.SIMPLE_HEAD, pad_edge=False, width=min(console.width, WIDEST))
        for title, side in (("", "left"), ("theme", "left"), ("tickets", "right"), ("accounts", "right")):
            table.add_column(title, justify=side, overflow="fold", no_wrap=not title)  # type: ignore[arg-type]
        for title in ("28 days against the 28 before", "churn lift (95 % interval)"):
            table.add_column(title, overflow="fold")
        for theme in self.report.themes[: self.most]:
            table.add_row(*_cells(theme))
        yield table
        more = len(self.report.themes) - self.most
        if more > 0:
            yield Text(f"{words.several(more, 'theme')} more with --most.", "dim")
        yield from (Text(aside, "dim") for aside in asides(self.report))


def _cells(theme: Theme) -> Iterator[Text]:
    yield Text(theme.id, "dim")
    new = " (new)" if theme.is_new else ""
    codes = ", ".join(words.shown(code, 12) or "?" for code in theme.languages)
    yield Text.assemble((words.shown(theme.label), "bold"), (f"{new} {codes}", "dim"))
    yield Text(words.count(theme.tickets))
    yield Text(words.count(theme.accounts))
    yield Text(moved(theme.trend), _COLOURS.get(theme.trend.word, ""))
    yield Text(left(theme.lift), _COLOURS.get(theme.lift.word, ""))


def print_themes(console: Console, report: ThemeReport, most: int) -> None:
    """Print the first themes with a heading and what a reader should know."""
    console.print(ThemeTable(report, most))
