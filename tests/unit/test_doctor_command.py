"""`churnrisk doctor` as a user runs it: plain lines in a pipe, pictures on a terminal, JSON, exit codes."""

import json
from io import StringIO

import pytest
from click.testing import CliRunner
from rich.console import Console

from churnrisk import jobs
from churnrisk.cli import main, told_doctor
from churnrisk.doctor import Diagnosis, Finding
from tests.support.doctor import all_of

SETTINGS = """
[company]
name = "Example"
[export]
folder = "."
canonical = true
"""


def project(folder, accounts: int):
    """A project of accounts that each opened a ticket, extracted."""
    ids = [f"a{number}" for number in range(accounts)]
    (folder / "accounts.csv").write_text("account_id,created_at\n" + "".join(f"{a},2024-01-01\n" for a in ids))
    opened = [f"t{a},{a},2024-01-01 10:00\nu{a},{a},2024-02-01 10:00\n" for a in ids]
    (folder / "tickets.csv").write_text("ticket_id,account_id,created_at\n" + "".join(opened))
    (folder / "churnrisk.toml").write_text(SETTINGS)
    (folder / "parameters.toml").write_text('[label]\nkind = "silence"\nlead = 0\n')
    config = folder / "churnrisk.toml"
    jobs.extract(jobs.Project.read(config))
    return config


def doctor(config, *options):
    return CliRunner().invoke(main, ["doctor", "--config", str(config), *options])


def test_a_check_that_fails_is_20_after_everything_has_been_told(tmp_path):
    done = doctor(project(tmp_path, 3))
    assert done.exit_code == 20
    told = done.stdout.splitlines()
    assert [line[:4] for line in told[:-1]] == sorted(
        (line[:4] for line in told[:-1]), key=["FAIL", "WARN", "OK  "].index
    )
    assert any(line.startswith("FAIL  enough accounts are eligible: 3 of 3 accounts are eligible on ") for line in told)
    assert told[-1].startswith("Example, known from 2024-01-01 to 2024-01-31: ")
    assert "checks failed, the first of them: " in done.stderr
    assert "Traceback" not in done.output


def test_as_json_it_is_one_object_with_every_finding_also_where_it_fails(tmp_path):
    done = doctor(project(tmp_path, 3), "--json")
    assert done.exit_code == 20
    told = json.loads(done.stdout)
    assert (told["exit_code"], told["status"], told["company"]) == (20, "fail", "Example")
    assert {"name", "about", "status", "need", "have", "sentence", "next_step"} == set(told["findings"][0])
    assert told["rows"]["tickets"][:1] == [3]


def test_without_a_history_it_says_what_to_run_first(tmp_path):
    (tmp_path / "churnrisk.toml").write_text(SETTINGS)
    done = doctor(tmp_path / "churnrisk.toml")
    assert done.exit_code == 30
    assert "Run `churnrisk extract` first" in done.output


def test_on_the_simulated_company_nothing_fails(finished):
    """Which is clean; what is warned of is true: it is small, and young."""
    diagnosis = jobs.doctor(finished.project)
    assert diagnosis.status == "warn"
    warned = {finding.name for finding in diagnosis.having("warn")}
    small = {"enough_accounts_are_eligible", "enough_left_and_enough_stayed", "the_share_that_leaves_is_steady"}
    assert warned <= {*small, "history_is_long_enough", "tables_agree"}
    assert set(all_of(diagnosis, "reasons_have_their_tables").values()) == {"ok"}
    done = doctor(finished.config)
    assert done.exit_code == 0


def finding(status: str, name: str = "sources_are_fresh", about: str = "") -> Finding:
    return Finding(name, about, status, "at most 2 days old", "until 2025-05-03", "Use stopped", "Mend the source")


def terminal(diagnosis: Diagnosis, width: int = 100) -> str:
    """What a terminal without colours shows."""
    out = StringIO()
    shown = Console(file=out, force_terminal=True, no_color=True, width=width, highlight=False)
    told_doctor.pictured(shown, diagnosis)
    return out.getvalue()


@pytest.fixture
def sick() -> Diagnosis:
    findings = (finding("fail", about="usage"), finding("warn"), finding("ok"))
    rows = {"usage": (0, 1, 50, 100), "tickets": (5, 5, 5, 5)}
    return Diagnosis(
        "Example", "fail", "2025-01-01", "2025-04-30", findings, ("2025-01", "2025-02", "2025-03", "2025-04"), rows
    )


def test_on_a_terminal_a_word_stands_beside_every_mark(sick):
    shown = terminal(sick)
    for word in ("✗ FAIL", "! warn", "✓ ok"):
        assert word in shown
    assert "sources are fresh (usage)" in shown
    assert shown.count("Mend the source.") == 2, "once for what failed, once for what warned"


def test_the_picture_has_a_bar_for_each_month_and_none_where_there_is_no_row(sick):
    shown = terminal(sick)
    assert "  usage     ▁▅█  at most 100" in shown
    assert "  tickets  ████  at most 5" in shown


def test_what_comes_from_the_data_moves_no_cursor(sick):
    nasty = Finding("tables_agree", "a\x1b[2J\nb", "warn", "n", "h", "[bold]x[/bold]\r\x07", "step")
    diagnosis = Diagnosis("C\x1b]0;owned", "warn", "", "", (nasty,), (), {})
    shown = terminal(diagnosis)
    assert "\x1b[2J" not in shown
    assert "\x07" not in shown
    assert "[bold]x[/bold]" in shown
