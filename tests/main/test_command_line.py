"""The commands as a user runs them: sentences, JSON, exit codes."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from churnrisk.cli import main


def run(*arguments):
    """Run a command in this process."""
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


def test_help_imports_nothing_heavy():
    code = "import sys; from churnrisk.cli import main; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not {"pandas", "duckdb", "mlflow", "lightgbm", "rich"} & set(done.stdout.split())


def test_every_command_takes_config_and_json():
    def leaves(group):
        for command in group.commands.values():
            yield from leaves(command) if hasattr(command, "commands") else [command]

    for command in leaves(main):
        assert {"config", "as_json"} <= {parameter.name for parameter in command.params}, command.name


@pytest.mark.parametrize("command", ["extract", "train", "score", "worklist"])
def test_missing_settings_are_one_sentence_and_30(tmp_path, command):
    done = run(command, "--config", tmp_path / "no.toml")
    assert done.exit_code == 30
    assert done.output.count("\n") == 1
    assert "There is no" in done.output


def test_score_before_train_is_held_and_says_what_to_do(finished, tmp_path):
    copy = finished.copied(tmp_path / "company")
    shutil.rmtree(copy.project.registry_folder)
    done = run("score", "--config", copy.config)
    assert done.exit_code == 20
    assert "churnrisk train" in done.output


def test_worklist_before_score_is_nothing_to_do(finished, tmp_path):
    copy = finished.copied(tmp_path / "company")
    shutil.rmtree(copy.project.lists)
    assert run("worklist", "--config", copy.config).exit_code == 10


def test_scoring_twice_is_done_both_times(finished, tmp_path):
    copy = finished.copied(tmp_path / "company")
    done = run("score", "--config", copy.config)
    assert done.exit_code == 0
    assert "Already published and identical" in done.output


def test_json_is_one_object_on_stdout(finished):
    done = subprocess.run(
        [sys.executable, "-m", "churnrisk", "worklist", "--config", str(finished.config), "--json"],
        capture_output=True,
        text=True,
        check=True,
    )
    told = json.loads(done.stdout)
    assert told["as_of"] == finished.scored.as_of
    assert told["entries"][0]["reasons"]


def test_an_error_is_json_too_when_asked(tmp_path):
    done = CliRunner().invoke(main, ["train", "--config", str(tmp_path / "no.toml"), "--json"])
    told = json.loads(done.stdout)
    assert told["exit_code"] == done.exit_code == 30
    assert told["next_step"]


@pytest.mark.parametrize("kind", ["csv", "html"])
def test_the_list_is_written_to_a_file(finished, tmp_path, kind):
    out = tmp_path / f"list.{kind}"
    done = run("worklist", "--config", finished.config, "--format", kind, "--out", out)
    assert done.exit_code == 0
    assert out.stat().st_size > 1000


def test_an_unwritable_place_is_74(finished):
    done = run("worklist", "--config", finished.config, "--format", "csv", "--out", "/proc/no/list.csv")
    assert done.exit_code == 74


def test_an_unknown_option_is_2():
    assert run("score", "--no-such-option").exit_code == 2


def test_a_csm_in_the_table(finished):
    done = run("worklist", "--config", finished.config, "--most", "3")
    assert done.exit_code == 0
    assert "%" in done.output


def test_quarantine_list_names_the_rules(finished, tmp_path):
    copy = finished.copied(tmp_path / "company")
    done = run("quarantine", "list", "--config", copy.config)
    assert done.exit_code == 0
    assert "held back" in done.output


def test_an_interrupted_run_is_130(tmp_path, monkeypatch):
    def stopped(*_):
        raise KeyboardInterrupt

    from churnrisk.cli.running import running

    assert running(stopped, as_json=False) == 130


def test_the_module_is_the_command():
    done = subprocess.run([sys.executable, "-m", "churnrisk", "--version"], capture_output=True, text=True, check=True)
    assert done.stdout.startswith("churnrisk, version")
    assert Path(sys.executable).with_name("churnrisk").exists()
