"""`churnrisk themes`: one sentence where nothing can be told, the same themes however often it is asked."""

import json
from datetime import date, timedelta

import pytest
from click.testing import CliRunner

from churnrisk.cli import main
from churnrisk.extract.landing import history_folder
from churnrisk.settings import Settings
from tests.support.complaining import world
from tests.support.history import completed, land_rows

TOML = 'data = "data"\n[company]\nname = "Example"\n'


def project(folder, tables):
    """A project whose history has these tables; nothing but churnrisk themes is asked of it."""
    config = folder / "churnrisk.toml"
    config.write_text(TOML, encoding="utf-8")
    land_rows(history_folder(Settings.read(config)), completed(tables))
    return config


@pytest.fixture(scope="module")
def complaining(tmp_path_factory):
    return project(tmp_path_factory.mktemp("complaining"), world())


def asked(config, *options):
    done = CliRunner().invoke(main, ["themes", "--config", str(config), *options])
    return done.exit_code, done.output


def told(config, *options):
    code, output = asked(config, "--json", *options)
    assert code == 0, output
    return json.loads(output[output.index("{") :])


def kept(config):
    return {file.name: file.read_bytes() for file in sorted((config.parent / "data" / "themes").iterdir())}


def test_asked_twice_it_says_the_same_and_keeps_the_same_bytes(complaining):
    first, files = told(complaining), kept(complaining)
    assert told(complaining) == first
    assert kept(complaining) == files
    assert first["complaints"] == sum(theme["messages"] for theme in first["themes"]) + first["without_theme"]


def test_a_week_later_the_themes_have_the_same_numbers(complaining):
    last = date.fromisoformat(told(complaining)["as_of"])
    earlier = told(complaining, "--as-of", str(last - timedelta(days=70)))
    later = told(complaining, "--as-of", str(last - timedelta(days=63)))
    labels = {theme["id"]: theme["label"] for theme in earlier["themes"]}
    same = [theme for theme in later["themes"] if theme["id"] in labels]
    assert len(same) >= 3
    assert all(theme["label"] == labels[theme["id"]] for theme in same)


def test_on_a_terminal_and_in_files_it_tells_the_same_themes(complaining, tmp_path):
    code, output = asked(complaining)
    assert code == 0
    assert "Example:" in output
    for ending in ("html", "csv", "json"):
        code, output = asked(complaining, "--out", str(tmp_path / f"themes.{ending}"))
        assert (code, (tmp_path / f"themes.{ending}").stat().st_size > 1_000) == (0, True), output


def test_no_words_of_customers_are_logged(complaining, caplog):
    asked(complaining, "--anew")
    assert "password" not in caplog.text


@pytest.mark.parametrize(
    ("options", "code", "says"),
    [
        (("--out", "themes.docx"), 30, "End the name in .html, .csv or .json"),
        (("--language", "xx"), 10, "No customer complained in the language xx"),
        (("--as-of", "2031-01-01"), 10, "is not in the history"),
        (("--days", "7"), 2, "56<=x<=730"),
    ],
)
def test_what_cannot_be_told_is_one_sentence_and_its_exit_code(complaining, options, code, says):
    ended, output = asked(complaining, *options)
    assert (ended, says in output) == (code, True), output
    assert "Traceback" not in output


def test_without_messages_it_says_what_to_map(tmp_path):
    tables = {name: rows for name, rows in world(months=3).items() if not name.startswith("message")}
    code, output = asked(project(tmp_path, tables))
    assert code == 30
    assert "Map `body` of messages" in output


def test_damaged_themes_of_a_run_before_are_named(tmp_path):
    config = project(tmp_path, world(months=6))
    as_of = told(config)["as_of"]
    file = tmp_path / "data" / "themes" / "2025-01-01_90d.json"
    file.write_bytes(next(iter(kept(config).values()))[:-200])
    code, output = asked(config, "--as-of", as_of)
    assert code == 30
    assert "2025-01-01_90d.json holds no themes. Remove it" in output
    assert asked(config, "--as-of", as_of, "--anew")[0] == 0
