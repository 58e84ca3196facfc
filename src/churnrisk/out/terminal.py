"""The top of the worklist in a terminal, also without colour and through a pipe.

Reads a `Worklist`, gives something rich can print: one line of figures for each account, its reasons below over the
whole width. Nothing is left at the ends of lines, no foreign text can move the cursor or turn into markup.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from rich.cells import cell_len, set_cell_size
from rich.console import Console, ConsoleOptions
from rich.text import Text

from churnrisk.out import words
from churnrisk.outreach.worklist import Entry, Worklist

#: Entries that fit on a screen.
MOST = 10
#: No line is longer: what is wider is hard to read.
WIDEST = 140

_GAP = "  "
_INDENT = 5
_NARROWEST_NAME = 12
_COLOURS = {"high": "bold red", "medium": "yellow"}


@dataclass(frozen=True)
class _Column:
    """A column: its heading, how its cell is written, and on which side it is aligned."""

    heading: str
    cells: tuple[str, ...]
    right: bool = False

    @property
    def width(self) -> int:
        return max(cell_len(text) for text in (self.heading, *self.cells))

    def style(self, cell: str) -> str:
        """What the eye should find first; the words say the same."""
        if self.heading == "account":
            return "bold"
        return _COLOURS.get(cell, "") if self.heading == "tier" else ""


@dataclass(frozen=True)
class WorklistTable:
    """The first entries of a list, as wide as the console allows.

    Attributes:
        worklist: the list.
        most: how many entries are shown.
    """

    worklist: Worklist
    most: int = MOST

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> Iterator[Text]:
        """One line of figures and up to three reasons for each entry."""
        width = min(options.max_width, WIDEST)
        entries = self.worklist.entries[: self.most]
        columns = _columns(self.worklist, entries)
        widths = _fitted([column.width for column in columns], width)
        yield _line([column.heading for column in columns], columns, widths, "bold")
        for place, entry in enumerate(entries):
            cells = [column.cells[place] for column in columns]
            yield _line(cells, columns, widths)
            yield from _reasons(entry, console, width)


def worklist_table(worklist: Worklist, most: int = MOST) -> WorklistTable:
    """The first `most` entries as something a rich console prints, in 80 to 140 columns."""
    return WorklistTable(worklist, most)


def print_worklist(console: Console, worklist: Worklist, most: int = MOST) -> None:
    """Print the top of the list with a heading, what risk means, and how many more there are."""
    heading = f"Accounts at risk: {words.shown(worklist.company, 60)}, end of {words.long_day(worklist.as_of)}"
    _say(console, Text(heading, "bold"))
    _say(console, Text(_summary(worklist)))
    console.print()
    if worklist.entries:
        console.print(worklist_table(worklist, most))
        console.print()
    _say(console, Text(_foot(worklist, most), "dim"))
    for note in worklist.notes:
        _say(console, Text(words.sentence(note), "dim"))


def _summary(worklist: Worklist) -> str:
    entries = worklist.entries
    money = words.money(sum(entry.value_at_risk for entry in entries), worklist.currency, _places(worklist))
    chosen = sum(entry.within_capacity for entry in entries)
    return (
        f"{words.several(worklist.eligible, 'account')} scored, {words.count(len(entries))} listed; {money} a month at "
        f"risk; {words.count(chosen)} to contact this week."
    )


def _foot(worklist: Worklist, most: int) -> str:
    more = len(worklist.entries) - len(worklist.entries[:most])
    sentences = [f"{words.several(more, 'more account')} on the list."] if more else []
    if not worklist.entries:
        sentences.append("No account is on this list.")
    sentences.append(words.meaning_of_risk(worklist.as_of, worklist.lead, worklist.horizon))
    if worklist.entries:
        sentences.append("* to contact this week. (no lever): a call does not change it.")
    return " ".join(sentences)


def _say(console: Console, text: Text) -> None:
    """Print a sentence, wrapped at words, without spaces at the ends of lines."""
    for line in _wrapped(text, console, min(console.width, WIDEST)):
        console.print(line, no_wrap=True, overflow="ignore", crop=False)


def _places(worklist: Worklist) -> int:
    return words.decimals(entry.value for entry in worklist.entries)


def _columns(worklist: Worklist, entries: tuple[Entry, ...]) -> list[_Column]:
    places = _places(worklist)
    columns = [
        _Column("#", tuple(f"{entry.rank}{'*' if entry.within_capacity else ' '}" for entry in entries), right=True),
        _Column("account", tuple(_name(entry) for entry in entries)),
        _Column("risk", tuple(words.percent(entry.risk) for entry in entries), right=True),
        _Column("tier", tuple(words.shown(entry.tier, 10) for entry in entries)),
        _Column(
            "at risk",
            tuple(words.money(entry.value_at_risk, worklist.currency, places) for entry in entries),
            right=True,
        ),
        _Column("renewal", tuple(words.days_left(entry.days_to_renewal) or words.UNKNOWN for entry in entries)),
    ]
    if len({entry.csm for entry in worklist.entries}) > 1:
        columns.append(_Column("CSM", tuple(words.shown(entry.csm, 16) or words.UNKNOWN for entry in entries)))
    return columns


def _name(entry: Entry) -> str:
    return words.shown(entry.name, 40) or words.shown(entry.account_id, 40) or words.UNKNOWN


def _fitted(widths: list[int], width: int) -> list[int]:
    """The widths with the second, the name, cut so that a line fits; in a very narrow console lines are cut."""
    room = width - len(_GAP) * (len(widths) - 1)
    name = min(widths[1], max(room - (sum(widths) - widths[1]), _NARROWEST_NAME))
    return [widths[0], name, *widths[2:]]


def _line(cells: list[str], columns: list[_Column], widths: list[int], style: str = "") -> Text:
    line = Text(style=style, no_wrap=True, overflow="ellipsis")
    for cell, column, width in zip(cells, columns, widths, strict=True):
        line.append(_GAP if line else "").append(_sized(cell, width, right=column.right), column.style(cell))
    line.rstrip()
    return line


def _sized(cell: str, width: int, *, right: bool) -> str:
    if cell_len(cell) > width:
        cell = set_cell_size(cell, width - 1).rstrip() + "…"
    space = " " * (width - cell_len(cell))
    return space + cell if right else cell + space


def _reasons(entry: Entry, console: Console, width: int) -> Iterator[Text]:
    told = [
        words.shown(reason.sentence, 400) + ("" if reason.actionable else " (no lever)")
        for reason in entry.reasons
        if words.shown(reason.sentence)
    ]
    for sentence in told or [words.NO_REASON]:
        for place, line in enumerate(_wrapped(Text(sentence), console, width - _INDENT - 2)):
            yield Text(" " * _INDENT + ("  " if place else "- ")).append_text(line)


def _wrapped(text: Text, console: Console, width: int) -> Iterator[Text]:
    for line in text.wrap(console, max(width, 20)):
        line.rstrip()
        yield line
