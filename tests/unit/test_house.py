"""The house holds: the layers, the doors to other libraries, and the refusal of silent skips."""

import os
import re
import shutil
import subprocess
import sys
import tomllib
from itertools import pairwise
from pathlib import Path

import pytest

from tests.conftest import ROOT

PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
CONTRACTS = {contract["id"]: contract for contract in PYPROJECT["tool"]["importlinter"]["contracts"]}
LAYERS = [re.findall(r"\w+", line) for line in CONTRACTS["layers"]["layers"]]
#: The only modules that may import these libraries.
DOORS = {
    "mlflow": ["churnrisk.registry"],
    "django": ["churnrisk.store", "churnrisk.web"],
    "sqlglot": ["churnrisk.history.dialect"],
    "pyspark": ["churnrisk.history.spark"],
    "prefect": ["pipelines"],
}


class House:
    """A copy of the contracts over empty layers, to plant imports in."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        shutil.copy(ROOT / "pyproject.toml", folder)
        for package in ("pipelines", "churnrisk", *(f"churnrisk.{name}" for line in LAYERS for name in line)):
            self.plant(package, "")

    def plant(self, package: str, line: str) -> None:
        """Add a line to a package, made if it is not there."""
        path = self.folder / package.replace(".", "/") / "__init__.py"
        path.parent.mkdir(exist_ok=True)
        with path.open("a", encoding="utf-8") as file:
            file.write(line + "\n")

    def lint(self) -> tuple[int, str]:
        """The exit code of `lint-imports` and what it printed."""
        command = [str(Path(sys.executable).with_name("lint-imports")), "--no-logo", "--no-cache"]
        done = subprocess.run(command, cwd=self.folder, capture_output=True, text=True, timeout=120, check=False)
        return done.returncode, " ".join(done.stdout.split())


@pytest.fixture
def house(tmp_path):
    return House(tmp_path)


def test_imports_of_layers_below_and_through_the_doors_are_allowed(house):
    for upper, lower in pairwise(LAYERS):
        for name in upper:
            house.plant(f"churnrisk.{name}", f"import churnrisk.{lower[0]}")
    for library, packages in DOORS.items():
        for package in packages:
            house.plant(package, f"import {library}")
    house.plant("pipelines.nightly", "import churnrisk.jobs")
    code, said = house.lint()
    assert code == 0, said


def test_a_layer_that_imports_one_above_it_or_beside_it_is_refused(house):
    refused = [(lower[0], upper[0]) for upper, lower in pairwise(LAYERS)]
    refused += [(line[0], line[1]) for line in LAYERS if len(line) > 1]
    for importer, imported in refused:
        house.plant(f"churnrisk.{importer}", f"def later():\n    import churnrisk.{imported}")
    code, said = house.lint()
    assert code == 1
    for importer, imported in refused:
        assert f"churnrisk.{importer} is not allowed to import churnrisk.{imported}:" in said


def test_a_module_without_a_place_among_the_layers_is_refused(house):
    house.plant("churnrisk.helpers", "")
    code, said = house.lint()
    assert code == 1
    assert "- churnrisk.helpers" in said


@pytest.mark.parametrize("library", DOORS)
def test_a_library_that_is_imported_beside_its_door_is_refused(house, library):
    house.plant("churnrisk.score", f"def later():\n    import {library}")
    code, said = house.lint()
    assert code == 1
    assert f"churnrisk.score -> {library}" in said


@pytest.mark.parametrize("imported", ["pandas", "duckdb", "lightgbm", "churnrisk.features"])
def test_a_flow_that_does_the_work_itself_is_refused(house, imported):
    house.plant("pipelines.nightly", f"import {imported}")
    code, said = house.lint()
    assert code == 1
    assert f"pipelines.nightly -> {imported}" in said


def test_the_library_must_not_know_the_flows(house):
    house.plant("churnrisk.jobs", "import pipelines")
    code, said = house.lint()
    assert code == 1
    assert "churnrisk is not allowed to import pipelines" in said


def test_every_ignored_lint_rule_has_its_reason_beside_it():
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    ruff = text.partition("ignore = [")[2].partition("[tool.ruff.lint.pydocstyle]")[0]
    ignored = [line for line in ruff.splitlines() if re.match(r'\s*"', line) and not line.endswith("= [")]
    assert ignored
    assert all("  # " in line for line in ignored)


@pytest.mark.parametrize(
    ("ci", "allowed", "passes"), [("", "", True), ("1", "", False), ("1", '"*::test_skipping" = "known"', True)]
)
def test_where_ci_is_set_a_skip_fails_unless_it_is_allowed(tmp_path, ci, allowed, passes):
    shutil.copy(ROOT / "tests" / "conftest.py", tmp_path)
    (tmp_path / "allowed_skips.toml").write_text(f"[allowed]\n{allowed}\n")
    (tmp_path / "test_it.py").write_text(
        "import pytest\n\ndef test_skipping():\n    pytest.skip('no such thing here')\n"
    )
    command = [sys.executable, "-m", "pytest", "-rs", "-p", "no:cacheprovider", str(tmp_path)]
    environment = os.environ | {"CI": ci, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    done = subprocess.run(
        command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=120, check=False
    )
    assert (done.returncode == 0) == passes, done.stdout
    assert "no such thing here" in done.stdout
