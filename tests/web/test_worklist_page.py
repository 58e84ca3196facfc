"""The page of the worklist in a real browser: it opens as a file, nothing runs, and it fits a phone and a desk."""

import os
import shutil
from dataclasses import replace

import pytest

from churnrisk.out import worklist_html
from tests.support.worklists import a_hostile_worklist, a_worklist

#: The browser itself stays silent: no look-ups of its own, so that every request is one of the page.
QUIET = (
    "--disable-background-networking --disable-component-update --disable-sync --no-first-run --disable-quic".split()
)
LISTS = {
    "real": a_worklist(),
    "hostile": a_hostile_worklist(),
    "one": a_worklist().of_csm("ida.holm"),
    "empty": replace(a_worklist(), entries=()),
}


@pytest.fixture(scope="module")
def browser():
    chromium = shutil.which("chromium")
    if chromium is None:
        pytest.skip("chromium is not installed")
    sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    root = hasattr(os, "geteuid") and os.geteuid() == 0
    with sync_api.sync_playwright() as playwright:
        arguments = [*QUIET, *(["--no-sandbox"] if root else [])]
        browser = playwright.chromium.launch(executable_path=chromium, args=arguments)
        yield browser
        browser.close()


class Opened:
    """A page that was opened from a file, with all it tried to do."""

    def __init__(self, browser, path, width, **options):
        self.page = browser.new_page(viewport={"width": width, "height": 900}, **options)
        self.requests: list[str] = []
        self.dialogs: list[str] = []
        self.complaints: list[str] = []
        self.page.on("request", lambda request: self.requests.append(request.url))
        self.page.on("dialog", self._dismiss)
        self.page.on("console", lambda message: self.complaints.append(message.text))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.goto(path.as_uri(), wait_until="load")

    def _dismiss(self, dialog):
        self.dialogs.append(dialog.message)
        dialog.dismiss()

    def seen(self, selector):
        return self.page.locator(selector).locator("visible=true").count()


@pytest.fixture
def open_list(browser, tmp_path):
    """Opens one of LISTS at a width."""
    opened = []

    def open_it(name, width=1440, **options):
        path = tmp_path / "worklist.html"
        path.write_bytes(worklist_html(LISTS[name]).encode())
        opened.append(Opened(browser, path, width, **options))
        return opened[-1]

    yield open_it
    for one in opened:
        one.page.close()


@pytest.mark.parametrize("name", LISTS)
@pytest.mark.parametrize("width", [390, 1440])
def test_nothing_runs_and_nothing_is_asked_for(open_list, name, width):
    """No dialog, no request but for the file itself, no complaint of the browser about the policy."""
    opened = open_list(name, width)
    assert len(opened.requests) == 1
    assert opened.requests[0].startswith("file://")
    assert opened.dialogs == []
    assert opened.complaints == []
    assert opened.page.locator("script, img, a, iframe, link, object, form").count() == 0


@pytest.mark.parametrize("name", LISTS)
def test_the_page_never_scrolls_sideways(open_list, name):
    """From a small phone to a wide desk."""
    page = open_list(name).page
    for width in (320, 390, 820, 1220, 1440, 2200):
        page.set_viewport_size({"width": width, "height": 900})
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert page.evaluate("document.body.scrollWidth") <= width


@pytest.mark.parametrize("width", [390, 1220, 1440])
def test_no_text_of_a_real_list_runs_out_of_its_cell(open_list, width):
    page = open_list("real", width).page
    wide = "cells => cells.filter(cell => cell.scrollWidth > cell.clientWidth + 1).map(cell => cell.innerText)"
    assert page.locator(".accounts td, .accounts tbody th, .summary dd, .plot td").evaluate_all(wide) == []


@pytest.mark.parametrize("width", [390, 1440])
def test_the_page_says_whose_list_it_is_and_of_when(open_list, width):
    page = open_list("real", width).page
    assert page.title() == "Accounts at risk: Nordlys Software, 31 January 2026"
    assert page.locator("h1").inner_text() == "Accounts at risk"
    assert "end of 31 January 2026" in page.locator(".standing").inner_text()
    assert page.locator(".account .name").all_inner_texts() == [entry.name for entry in LISTS["real"].entries]


@pytest.mark.parametrize("width", [390, 1440])
def test_a_reader_of_the_screen_finds_a_table_at_any_width(open_list, width):
    """On a phone the rows look like cards; they still are rows with a heading."""
    page = open_list("real", width).page
    assert page.get_by_role("table", name="Accounts ranked by value at risk").count() == 1
    assert page.get_by_role("rowheader", name="Quantapharma Ltd").count() == 1
    assert page.get_by_role("columnheader", name="Renewal").count() == 1


def test_the_style_is_allowed_and_follows_light_and_dark(open_list):
    backgrounds = [
        open_list("real", color_scheme=scheme).page.evaluate("getComputedStyle(document.body).backgroundColor")
        for scheme in ("light", "dark")
    ]
    assert backgrounds == ["rgb(245, 246, 243)", "rgb(18, 22, 20)"]


def test_the_list_can_be_narrowed_to_this_week_by_keyboard(open_list):
    opened = open_list("real")
    chosen = sum(entry.within_capacity for entry in LISTS["real"].entries)
    assert opened.seen(".accounts tbody tr") == len(LISTS["real"].entries)
    opened.page.keyboard.press("Tab")
    opened.page.keyboard.press("Space")
    assert opened.seen(".accounts tbody tr") == chosen


def test_a_script_that_got_in_would_not_run(open_list):
    """The policy holds even where escaping should fail."""
    opened = open_list("real")
    opened.page.evaluate(
        "document.body.append(Object.assign(document.createElement('script'), {textContent: 'document.title = 1'}))"
    )
    assert opened.page.title() != "1"
    assert "Content Security Policy" in " ".join(opened.complaints)


def test_the_page_prints_dark_on_white_with_every_account(open_list):
    opened = open_list("real", color_scheme="dark")
    opened.page.emulate_media(media="print")
    assert opened.page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert opened.seen(".accounts tbody tr") == len(LISTS["real"].entries)
    assert opened.page.pdf(prefer_css_page_size=True).startswith(b"%PDF")
