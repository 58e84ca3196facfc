"""A second model waits until a person promotes it, and the first can be had back."""

import json

import pytest
from click.testing import CliRunner

from churnrisk import jobs
from churnrisk.cli import main
from churnrisk.errors import HeldError, InputError, NothingToDoError
from churnrisk.registry import Registry


@pytest.fixture(scope="module")
def challenged(finished, tmp_path_factory):
    """The small company after a second training with other parameters."""
    copy = finished.copied(tmp_path_factory.mktemp("challenged") / "company")
    (copy.config.parent / "parameters.toml").write_text("[split]\ntest = 2\n")
    return copy, jobs.train(copy.project)


def serving(project):
    return Registry(project.registry_folder).champion().version


def test_a_second_model_waits_and_the_first_still_serves(challenged):
    company, trained = challenged
    assert (trained.version, trained.challenger) == (0, 2)
    assert serving(company.project) == 1
    assert "plausibility" in {gate.name for gate in trained.gates}
    told = json.loads((company.project.training / "report.json").read_text())
    assert [gate["name"] for gate in told["gates"]] == [gate.name for gate in trained.gates]


def test_a_person_promotes_it_and_rolls_back(challenged, tmp_path):
    company = challenged[0].copied(tmp_path / "company")
    promoted = jobs.promote(company.project, "Ann", "newer months", despite_gates=True)
    assert (promoted.version, promoted.before) == (2, 1)
    assert serving(company.project) == 2
    kept = Registry(company.project.registry_folder).versions()
    assert set(kept) == {"champion", "previous"}
    assert (kept["champion"].by, kept["champion"].reason) == ("Ann", "newer months")
    assert jobs.score(company.project).published
    with pytest.raises(NothingToDoError, match="waits"):
        jobs.promote(company.project, "Ann", "again")
    back = jobs.rollback(company.project, "Bo", "fewer calls reached")
    assert (back.version, back.before, serving(company.project)) == (1, 2, 1)
    assert jobs.rollback(company.project, "Bo", "it was right").version == 2


def test_a_gate_that_failed_is_waived_only_by_saying_so(challenged, tmp_path):
    company = challenged[0].copied(tmp_path / "company")
    registry = Registry(company.project.registry_folder)
    champion = registry.champion()
    registry.challenge(registry.register(champion.run, champion.model, failed=["stability", "value"]))
    with pytest.raises(HeldError, match="the gates stability, value"):
        jobs.promote(company.project, "Ann", "trust me")
    assert serving(company.project) == 1
    assert jobs.promote(company.project, "Ann", "trust me", despite_gates=True).despite == ("stability", "value")


def test_nobody_and_no_reason_change_nothing(challenged):
    company = challenged[0]
    for by, reason in (("", "why"), ("Ann", " ")):
        with pytest.raises(InputError, match="a name and a reason"):
            jobs.promote(company.project, by, reason)
    with pytest.raises(InputError, match="no version 99"):
        jobs.promote(company.project, "Ann", "why", version=99)
    with pytest.raises(NothingToDoError, match="serves already"):
        jobs.promote(company.project, "Ann", "why", version=1)
    with pytest.raises(NothingToDoError, match="No model served before"):
        jobs.rollback(company.project, "Ann", "why")
    assert serving(company.project) == 1


def test_the_command_says_what_serves_and_how_to_go_back(challenged, tmp_path):
    company = challenged[0].copied(tmp_path / "company")
    asked = ["promote", "--config", str(company.config), "--by", "Ann", "--reason", "newer months", "--despite-gates"]
    done = CliRunner().invoke(main, asked)
    assert done.exit_code == 0, done.output
    assert done.output.startswith("Version 2 (")
    assert "serves now instead of version 1, by Ann: newer months" in done.output
    assert "churnrisk rollback" in done.output
    nothing = CliRunner().invoke(main, [*asked, "--json"])
    assert nothing.exit_code == 10
    assert json.loads(nothing.stdout)["error"] == "No model waits to be promoted"
