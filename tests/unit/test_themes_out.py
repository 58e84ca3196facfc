"""Themes as people read them: nothing a customer wrote can act, every figure is there, right-to-left stays put."""

import csv
import io
import re
from dataclasses import replace

import pytest
from rich.console import Console

from churnrisk.errors import SettingsError
from churnrisk.insights import Example, Lift, Ratio, Theme, ThemeReport, Trend
from churnrisk.jobs.themes import kind_of, write_themes
from churnrisk.out.themes import print_themes, themes_csv
from churnrisk.out.themes_page import themes_html

HOSTILE = "<script>alert(1)</script>"
TREND = Trend(14, 6, Ratio(2.33, 1.1, 4.9), "rising")
LIFT = Lift(Ratio(1.8, 1.2, 2.7), "more leave", 60, 12, 200, 20, 0.09, 0.05, "9.0% of those who had it left")
THEME = Theme(
    "T1",
    "=password reset",
    {"en": "=password reset", "he": "איפוס סיסמה"},
    120,
    100,
    40,
    0.4,
    -0.7,
    TREND,
    LIFT,
    (Example("T9", "he", "הסיסמה לא עובדת"), Example("T8", "en", HOSTILE)),
    True,
)
OPEN = replace(
    THEME,
    id="T2",
    label=HOSTILE,
    labels={"": HOSTILE},
    messages=30,
    sentiment=None,
    trend=Trend(1, 2, Ratio(), "too few to tell"),
    lift=replace(LIFT, ratio=Ratio(), word="too few accounts to tell", sentence="Too few accounts to tell"),
    is_new=False,
)
REPORT = ThemeReport(
    "Acme & Sons",
    "2026-01-31",
    90,
    "",
    160,
    140,
    60,
    {"en": 100, "he": 50, "": 10},
    10,
    TREND,
    (THEME, OPEN),
    ("old theme",),
    "Churn lift compares this with that",
    ("Nobody's words are scored in pl",),
)


def test_the_page_escapes_what_customers_wrote_and_runs_nothing():
    page = themes_html(REPORT)
    assert "<script" not in page
    assert page.count("&lt;script&gt;") >= 2
    assert "Acme &amp; Sons" in page
    assert "default-src &#39;none&#39;" in page
    assert not re.search(r"(?:src|href)=", page)


def test_the_page_tells_every_figure():
    page = themes_html(REPORT)
    for told in (
        "120 messages",
        "100 tickets",
        "40 accounts",
        "rising, 14 after 6",
        "1.80 (1.20 to 2.70)",
        "very negative",
    ):
        assert told in page
    for told in ("more leave", "too few accounts to tell", "too few to tell", "old theme", "Churn lift compares", "T9"):
        assert told in page


def test_right_to_left_words_keep_to_themselves():
    page = themes_html(REPORT)
    assert '<bdi dir="rtl" lang="he">איפוס סיסמה</bdi>' in page
    assert '<q lang="he"><bdi dir="rtl">הסיסמה לא עובדת</bdi></q>' in page
    assert '<bdi dir="auto">' in page


def test_the_picture_draws_the_interval_within_its_scale():
    """From 1.2 to 2.7 on a scale of a quarter to four times: 56.6 to 85.8 of 100."""
    page = themes_html(REPORT)
    assert '<rect x="56.6%" y="6" width="29.2%"' in page
    assert 'cx="71.2%"' in page
    wide = replace(REPORT, themes=(replace(THEME, lift=replace(LIFT, ratio=Ratio(9.0, 0.01, 99.0))),))
    assert '<rect x="0.0%" y="6" width="100.0%"' in themes_html(wide)


def test_the_table_file_has_a_row_for_each_language_and_no_formula():
    rows = list(csv.DictReader(io.StringIO(themes_csv(REPORT).decode("utf-8-sig"))))
    assert [(row["theme"], row["language"]) for row in rows] == [("T1", "en"), ("T1", "he"), ("T2", "")]
    assert rows[0]["label"] == "'=password reset"
    assert (rows[0]["lift_low"], rows[2]["lift_low"]) == ("1.20", "")
    assert rows[0]["example_tickets"] == "T9 T8"


@pytest.mark.parametrize("width", [60, 100, 200])
def test_a_terminal_shows_themes_with_words_and_intervals(width):
    console = Console(file=io.StringIO(), width=width, color_system=None)
    print_themes(console, REPORT, most=1)
    told = " ".join(console.file.getvalue().split())
    assert "Acme & Sons: 160 complaints on 140 tickets of 60 accounts" in told
    assert "1 theme more with --most" in told
    assert "Nobody's words are scored in pl." in told
    assert all(len(line) <= width for line in console.file.getvalue().splitlines())


def test_labels_cannot_become_markup_of_the_terminal():
    console = Console(file=io.StringIO(), width=120, color_system=None)
    print_themes(
        console, replace(REPORT, themes=(replace(THEME, labels={"en": "[red]x[/red]"}, label="[bold]a\x1b[2J"),)), 5
    )
    told = console.file.getvalue()
    assert "[bold]a" in told
    assert "\x1b" not in told


@pytest.mark.parametrize("name", ["themes.html", "themes.csv", "THEMES.JSON"])
def test_a_file_is_written_by_its_ending(tmp_path, name):
    write_themes(REPORT, tmp_path / name)
    assert "T1" in (tmp_path / name).read_text(encoding="utf-8-sig")


def test_another_ending_is_refused_with_what_to_write(tmp_path):
    with pytest.raises(SettingsError, match=r"not written as themes.docx. End the name in .html, .csv or .json"):
        kind_of(tmp_path / "themes.docx")


def test_no_themes_is_a_page_too():
    assert "No theme was found." in themes_html(replace(REPORT, themes=()))
