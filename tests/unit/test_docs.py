"""The documentation agrees with the code, and asks no other host for anything."""

import re
import subprocess
import sys
import tomllib

import pytest

from churnrisk.tables import TABLES
from docs.generate import DOCS, PAGES, tables_page
from tests.conftest import ROOT


@pytest.mark.parametrize("name", PAGES)
def test_a_generated_page_is_what_the_code_says(name):
    """After a change of tables or commands: `make docs`."""
    assert (DOCS / name).read_text(encoding="utf-8") == PAGES[name]()


def test_every_column_of_every_table_is_documented():
    page = tables_page()
    for table in TABLES.values():
        section = page.partition(f"## {table.name}\n")[2].partition("\n## ")[0]
        documented = re.findall(r"^\| \**`(\w+)`", section, flags=re.MULTILINE)
        assert tuple(documented) == table.column_names


def test_the_built_pages_load_nothing_from_another_host(tmp_path):
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir", str(tmp_path)]
    subprocess.run(command, cwd=ROOT, check=True, timeout=120)
    for page in tmp_path.rglob("*.html"):
        loaded = re.findall(r"<(?:script|link|img|iframe)[^>]*(?:src|href)=[\"']?(?:https?:)?//", page.read_text())
        assert loaded == [], page.name


def test_every_layer_is_drawn_in_the_picture_of_the_house():
    """The picture in docs/house.md and the layers that are enforced name the same, in the same order."""
    contract = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"][0]
    layers = [re.findall(r"\w+", line) for line in contract["layers"]]
    picture = (ROOT / "docs" / "house.md").read_text().partition("```\npipelines")[2].partition("```")[0]
    drawn = [line.split() for line in picture.splitlines()[1:]]
    for words, names in zip(drawn, layers, strict=True):
        assert [words[2 * place] for place in range(len(names))] == names
