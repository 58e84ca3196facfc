"""The top of the worklist in a terminal."""

import io
import re
from dataclasses import replace

import pytest
from rich.cells import cell_len
from rich.console import Console

from churnrisk.out import print_worklist, worklist_table
from tests.support.worklists import a_hostile_worklist, a_worklist


def printed(worklist, width=80, most=10, colour=False):
    """What is seen in a terminal, or through a pipe where there is no colour."""
    file = io.StringIO()
    colours = "256" if colour else None
    print_worklist(Console(file=file, width=width, force_terminal=colour, color_system=colours), worklist, most)
    return file.getvalue()


@pytest.mark.parametrize("width", [80, 100, 140, 200])
def test_no_line_is_wider_than_the_terminal_or_ends_in_spaces(width):
    for listed in (a_worklist(), a_hostile_worklist()):
        for line in printed(listed, width, most=40).split("\n"):
            assert cell_len(line) <= min(width, 140)
            assert line == line.rstrip(" ")


def test_the_top_of_the_list_is_told_in_lines():
    listed = a_worklist()
    text = printed(listed, most=5)
    lines = text.splitlines()
    assert lines[0] == "Accounts at risk: Nordlys Software, end of 31 January 2026"
    assert " ".join(text.split()).startswith(" ".join(lines[0].split()) + " 412 accounts scored, 40 listed; 18,188 EUR")
    rows = [line for line in lines if re.match(r" *\d+[* ] ", line)]
    assert len(rows) == 5
    for row, entry in zip(rows, listed.entries, strict=False):
        assert row.split()[0] == f"{entry.rank}*"
        for shown in (
            entry.name,
            f"{100 * entry.risk:.0f} %",
            entry.tier,
            f"{entry.value_at_risk:,.0f} EUR",
            entry.csm,
        ):
            assert shown in row
    assert "35 more accounts on the list. Risk is the chance that" in text


def test_reasons_stand_below_their_account_and_say_where_there_is_no_lever():
    listed = a_worklist(1)
    text = printed(listed, width=140)
    for reason in listed.entries[0].reasons:
        assert f"     - {reason.sentence}{'' if reason.actionable else ' (no lever)'}\n" in text


def test_colour_adds_nothing_that_is_not_said_in_words():
    coloured = printed(a_worklist(), colour=True)
    assert "\x1b[" in coloured
    assert re.sub(r"\x1b\[[\d;]*m", "", coloured) == printed(a_worklist())


def test_no_name_moves_the_cursor_or_becomes_markup():
    text = printed(a_hostile_worklist(), width=140, most=40)
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]", text)
    assert "[bold red]markup[/bold red][/]" in text


def test_an_empty_list_says_so():
    assert "No account is on this list." in printed(replace(a_worklist(), entries=()))


def test_the_table_alone_has_a_heading_and_as_many_accounts_as_asked_for():
    file = io.StringIO()
    Console(file=file, width=120).print(worklist_table(a_worklist(), most=3))
    lines = file.getvalue().splitlines()
    assert lines[0].split() == "# account risk tier at risk renewal CSM".split()
    assert len([line for line in lines if not line.startswith("     ")]) == 1 + 3
