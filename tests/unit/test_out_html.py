"""The worklist as a page, read as a parser reads it; tests/web opens it in a browser."""

import base64
import hashlib
import re
from dataclasses import fields, replace
from html.parser import HTMLParser
from importlib.resources import files

import pytest

from churnrisk.out import page as pages
from churnrisk.out import worklist_html
from tests.support.worklists import ATTACKS, a_hostile_worklist, a_worklist

#: Every element and attribute the template itself writes.
ELEMENTS = set(
    "html head meta title style body header main footer section p h1 h2 dl div dt dd b span bdi table caption "
    "thead tbody tr th td ol ul li input label svg defs pattern rect path circle".split()
)
ATTRIBUTES = set(
    "lang dir charset http-equiv content name class id for type role scope aria-label aria-labelledby aria-hidden "
    "focusable data-label width height x y r cx cy d fill viewbox patternunits patterntransform".split()
)
VOID = {"meta", "input"}


class Reader(HTMLParser):
    """What is on the page: elements, attributes, text, and whether every element was closed."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.open: list[str] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag, attributes):
        self.elements.append((tag, dict(attributes)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attributes):
        self.elements.append((tag, dict(attributes)))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.words.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).split())

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.elements if name == tag]


@pytest.fixture(scope="module")
def listed():
    return a_worklist()


@pytest.fixture(scope="module")
def html(listed):
    return worklist_html(listed)


@pytest.mark.parametrize("worklist", [a_worklist(), a_hostile_worklist(), replace(a_worklist(), entries=())])
def test_only_what_the_template_writes_becomes_an_element(worklist):
    """No customer adds an element or an attribute, and everything that is opened is closed."""
    page = Reader(worklist_html(worklist))
    assert {tag for tag, _ in page.elements} <= ELEMENTS
    assert {name for _, attributes in page.elements for name in attributes} <= ATTRIBUTES
    assert page.open == []


def test_no_script_reaches_the_page_unescaped():
    html = worklist_html(a_hostile_worklist())
    assert "<script" not in html.lower()
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in html
    assert "{{ 7 * 7 }}" in html
    assert html.encode()
    assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", html)


def test_the_policy_allows_the_style_of_the_page_and_nothing_else(html):
    policy = next(meta for meta in Reader(html).all("meta") if meta.get("http-equiv"))["content"]
    style = re.search(r"<style>(.*?)</style>", html, flags=re.DOTALL)[1]
    fingerprint = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert policy == f"default-src 'none'; style-src 'sha256-{fingerprint}'; base-uri 'none'; form-action 'none'"


def test_the_page_asks_nobody_for_anything(html):
    assert not re.search(r"(?:src|href|srcset|action)=|@import|url\((?!#)|https?:", html)


def test_the_page_says_what_a_csm_needs(html, listed):
    text = Reader(html).text
    assert "Nordlys Software Accounts at risk As of the end of 31 January 2026" in text
    assert "leaves between day 15 and day 104 after 31 January 2026" in text
    assert "Accounts scored 412 40 on this list" in text
    assert f"{sum(entry.value_at_risk for entry in listed.entries):,.0f} EUR" in text
    assert f"To contact this week {sum(entry.within_capacity for entry in listed.entries)}" in text
    for entry in listed.entries:
        for shown in (entry.name, entry.account_id, f"{100 * entry.risk:.0f} %", f"{entry.value_at_risk:,.0f} EUR"):
            assert shown in text
        for reason in entry.reasons:
            assert f"{reason.sentence}. {'' if reason.actionable else 'no lever'}" in text
    for said in (*listed.notes, *listed.lineage.values(), *listed.excluded):
        assert said in text


def test_text_of_others_cannot_turn_the_text_around_it():
    """Each name stands in its own `<bdi>`."""
    html = worklist_html(replace(a_worklist(1), company="חברה", notes=("הערה",), excluded={"סיבה": 1}))
    for text in ("חברה", "הערה.", "סיבה"):
        assert f"<bdi>{text}</bdi>" in html
    page = Reader(html)
    assert page.all("html") == [{"lang": "en", "dir": "ltr"}]


def test_every_heading_of_a_table_says_what_it_heads(html):
    headings = Reader(html).all("th")
    assert headings
    assert all(heading.get("scope") in {"col", "row"} for heading in headings)


def test_every_bar_of_the_plot_is_told_in_words(html, listed):
    bars = [svg for svg in Reader(html).all("svg") if svg.get("role") == "img"]
    assert len(bars) == len({entry.csm for entry in listed.entries})
    assert all(re.fullmatch(r"(?:(?:high|medium|low) <?[\d,]+ EUR(?:, )?)+", bar["aria-label"]) for bar in bars)


def test_the_list_of_one_csm_is_drawn_by_tier(listed):
    text = Reader(worklist_html(listed.of_csm("ida.holm"))).text
    assert "accounts of ida.holm" in text
    assert "Value at risk a month by tier" in text


def test_a_long_list_shows_the_first_and_says_how_many_more_there_are():
    """3,214 accounts: sums are those of all, the page stays small."""
    listed = a_worklist(3214)
    html = worklist_html(listed)
    page = Reader(html)
    assert len([row for row in page.all("tr") if row.get("role") == "row"]) == 200 + 1
    assert "3,014 more accounts are on the list and not on this page; the CSV file has all 3,214." in page.text
    assert f"{sum(entry.value_at_risk for entry in listed.entries):,.0f} EUR" in page.text
    assert len(html) < 600_000
    assert "more account" not in worklist_html(listed.first(3), most=3)


def test_many_csms_become_eight_bars():
    listed = a_worklist(30)
    spread = tuple(replace(entry, csm=f"csm.{place}") for place, entry in enumerate(listed.entries))
    groups = pages.page(replace(listed, entries=spread), most=10).groups
    assert len(groups) == pages.MOST_GROUPS
    assert groups[-1].name == "23 other CSMs"
    assert groups[-1].accounts == "23 accounts"


def test_an_empty_list_says_so():
    assert "No account is on this list." in worklist_html(replace(a_worklist(), entries=()))


def test_a_hostile_name_is_cut_where_a_page_cannot_bear_it():
    assert max(len(word) for word in Reader(worklist_html(a_hostile_worklist())).text.split()) <= 401
    assert any(len(text) == 10_000 for text in ATTACKS)


def test_every_field_of_the_record_behind_the_page_is_documented():
    for record in (pages.Page, pages.Row, pages.Group, pages.Why):
        documented = re.findall(r"^\s{4,8}(\w+): ", record.__doc__, flags=re.MULTILINE)
        assert documented == [field.name for field in fields(record)], record


def _colours(css: str) -> list[dict[str, str]]:
    """The colours of the light and of the dark page."""
    return [
        dict(re.findall(r"--(\w+): (#\w{6})", block)) for block in re.findall(r":root \{(.*?)\}", css, re.DOTALL)[:2]
    ]


def _brightness(colour: str) -> float:
    shares = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4 for share in shares]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def _contrast(one: str, other: str) -> float:
    dark, bright = sorted(map(_brightness, (one, other)))
    return (bright + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
def test_text_stands_out_from_what_is_behind_it(theme):
    """WCAG AA: 4.5 for text, 3 for the pieces of the plot."""
    css = files("churnrisk.out").joinpath("templates/worklist.css").read_text(encoding="utf-8")
    colours = _colours(css)[theme]
    for text in ("ink", "quiet", "accent", "high", "medium", "low"):
        for behind in ("paper", "panel"):
            assert _contrast(colours[text], colours[behind]) >= 4.5, (text, behind)
    assert _contrast(colours["accent"], colours["tint"]) >= 4.5
    for piece in ("high", "medium", "low"):
        assert _contrast(colours[piece], colours["panel"]) >= 3
