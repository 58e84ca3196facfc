"""How numbers, days and foreign text are written for people."""

import math

import pytest

from churnrisk.out import words


@pytest.mark.parametrize(
    ("share", "text"),
    [(0.1234, "12 %"), (0.0, "<1 %"), (0.004, "<1 %"), (0.01, "1 %"), (0.5, "50 %"), (0.994, ">99 %"), (1.0, ">99 %")],
)
def test_a_risk_is_whole_percent_and_never_certain(share, text):
    assert words.percent(share) == text


@pytest.mark.parametrize(
    ("amount", "places", "text"),
    [
        (1234.4, 0, "1,234 EUR"),
        (0.2, 0, "<1 EUR"),
        (0.0, 0, "0 EUR"),
        (0.123, 2, "0.12 EUR"),
        (0.001, 2, "<0.01 EUR"),
        (-1234.0, 0, "-1,234 EUR"),
        (math.nan, 0, "–"),
        (1e300, 0, "1.00e+300 EUR"),
    ],
)
def test_an_amount_has_separators_and_its_currency(amount, places, text):
    assert words.money(amount, "EUR", places) == text


def test_a_column_has_decimals_only_where_all_its_amounts_are_small():
    assert words.decimals([1.0, 1.0]) == 2
    assert words.decimals([1.0, 12_000.0, math.nan]) == 0
    assert words.decimals([]) == 0


@pytest.mark.parametrize(
    ("days", "text"), [(42, "in 42 days"), (1, "in 1 day"), (0, "today"), (-3, "3 days ago"), (None, "")]
)
def test_days_left_are_words(days, text):
    assert words.days_left(days) == text


def test_days_are_written_out_and_what_is_no_day_stays():
    assert words.long_day("2026-01-31") == "31 January 2026"
    assert words.short_day("2026-03-14T00:00:00") == "14 Mar 2026"
    assert words.short_day("") == "–"
    assert words.long_day("soon") == "soon"


def test_the_meaning_of_the_risk_names_the_first_and_the_last_day():
    """The window `(as_of + lead, as_of + lead + horizon]` begins on the day after the lead."""
    assert words.meaning_of_risk("2026-01-31", 14, 90) == (
        "Risk is the chance that the account leaves between day 15 and day 104 after 31 January 2026, "
        "that is from 15 February 2026 to 15 May 2026."
    )
    assert words.meaning_of_risk("9999-12-31", 14, 90).endswith("after 31 December 9999.")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("  Nord\r\nworks \t", "Nord works"),
        ("a\x00b\x1b[2J", "a b [2J"),
        ("\u202egpj.exe\u202c", "gpj.exe"),
        ("half \ud800", "half \ufffd"),
        ("e" + "\u0301" * 500, "e" + "\u0301" * 4),
        ("אור-גל", "אור-גל"),
        ("👩‍👩‍👧‍👦", "👩‍👩‍👧‍👦"),
    ],
)
def test_foreign_text_is_one_harmless_line(text, shown):
    assert words.shown(text, 200) == shown


def test_long_text_is_cut_and_says_so():
    assert words.shown("x" * 10_000, 50) == "x" * 49 + "…"
    assert words.shown("x" * 50, 50) == "x" * 50


@pytest.mark.parametrize(("text", "said"), [("So it is", "So it is."), ("So it is.", "So it is."), ("", "")])
def test_a_sentence_has_one_full_stop(text, said):
    assert words.sentence(text) == said
