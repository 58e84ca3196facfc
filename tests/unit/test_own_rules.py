"""Rules of one's own: what they hold back or only count, what changes with them, and what is told of a bad one."""

from datetime import datetime
from pathlib import Path

import pytest
from click.testing import CliRunner

from churnrisk.cli import main
from churnrisk.errors import Exit, SettingsError
from churnrisk.history import History
from churnrisk.settings import Settings
from churnrisk.validate import are_judged, read_verdicts, validate, verdicts_file
from tests.support.history import land_rows, moment
from tests.support.projects import contents, landed, line_of, read_settings, toml

NOW = datetime(2026, 3, 1, 12)
ACCOUNTS = "account_id | created_at | segment\n A | 2026-01-01 | small\n B | 2026-01-01 | large"
TICKETS = "account_id | ticket_id | created_at | priority\n A | 1 | 2026-01-10 | low\n B | 2 | 2026-01-10 | high"


def rules(folder: Path, *said: dict) -> Settings:
    """Settings with these rules; a name and a table where a test does not care."""
    given = [{"name": f"is_fine_{n}", "table": "tickets", **rule} for n, rule in enumerate(said)]
    return read_settings(folder, toml({"rule": given} if given else {}))


@pytest.fixture
def history(tmp_path) -> Path:
    land_rows(tmp_path / "history", {"accounts": ACCOUNTS, "tickets": TICKETS}, NOW)
    return tmp_path / "history"


def tickets(history: Path, settings: Settings) -> list[str]:
    past = History(history, "UTC", verdicts_file(history, settings)).upto(moment("2026-12-31"))
    return sorted(past.table("tickets")["ticket_id"])


def test_a_rule_that_holds_keeps_its_rows_from_features(history, tmp_path):
    settings = rules(tmp_path, {"bad": "r.priority = 'high'", "says": "it shouts"})
    verdicts = validate(history, settings)
    assert (verdicts.broken, verdicts.held["tickets"]) == ({"tickets.is_fine_0": 1}, 1)
    assert verdicts.says == {"tickets.is_fine_0": "it shouts"}
    assert verdicts.contradictions == ()
    assert tickets(history, settings) == ["1"]


def test_a_rule_that_does_not_hold_counts_its_rows_and_lets_them_go_on(history, tmp_path):
    settings = rules(tmp_path, {"bad": "r.priority = 'high'", "hold": False})
    verdicts = validate(history, settings)
    [found] = verdicts.contradictions
    assert (found.rule, found.rows, found.of, found.share) == ("tickets.is_fine_0", 1, 2, 0.5)
    assert found.says == "is fine 0"
    assert (verdicts.broken, verdicts.held["tickets"]) == ({}, 0)
    assert tickets(history, settings) == ["1", "2"]


def test_a_rule_may_ask_other_tables(history, tmp_path):
    bad = "r.account_id in (select a.account_id from accounts a where a.segment = 'large')"
    assert validate(history, rules(tmp_path, {"bad": bad})).broken == {"tickets.is_fine_0": 1}


def test_a_rule_may_be_written_over_several_lines_with_comments(history, tmp_path):
    bad = "r.priority = 'high' -- loud\nor r.priority = 'urgent' -- louder"
    assert validate(history, rules(tmp_path, {"bad": bad})).broken == {"tickets.is_fine_0": 1}


def test_a_rule_on_a_table_that_is_not_there_says_nothing(history, tmp_path):
    assert validate(history, rules(tmp_path, {"table": "usage", "bad": "true"})).broken == {}


def test_a_rule_that_gives_null_finds_no_fault(history, tmp_path):
    assert validate(history, rules(tmp_path, {"bad": "r.queue = 'x'"}, {"bad": "null"})).broken == {}


@pytest.mark.parametrize(
    "bad",
    [
        "r.prioritty = 'high'",
        "r.priority = ",
        "drop table tickets",
        "true; drop table verdicts",
        "true); drop table verdicts; select (1",
        "count(*) > 1",
        "",
    ],
)
@pytest.mark.parametrize("hold", [True, False])
def test_sql_that_does_not_fit_is_named_with_its_line_and_30(history, tmp_path, bad, hold):
    settings = rules(tmp_path, {"bad": "r.priority = 'high'"}, {"bad": bad, "hold": hold})
    before = contents(history)
    with pytest.raises(SettingsError) as raised:
        validate(history, settings)
    said = str(raised.value)
    assert said.startswith(f"{line_of(settings, 'bad = ', 2)}: the rule is_fine_1 does not fit tickets: ")
    assert said.endswith("Correct `bad`: the row is r, other canonical tables go by their names.")
    assert "\n" not in said
    assert raised.value.exit_code == Exit.BAD_INPUT
    assert contents(history) == before


def test_an_unknown_table_is_named_with_its_line(history, tmp_path):
    settings = rules(tmp_path, {"bad": "true"}, {"table": "clients", "bad": "true"})
    with pytest.raises(SettingsError) as raised:
        validate(history, settings)
    where = line_of(settings, "table = ", 2)
    assert str(raised.value).startswith(f"{where}: no canonical table is called clients. Use one of csms, accounts,")


def test_verdicts_of_other_rules_cannot_pass_for_those_of_today(history, tmp_path):
    """The file is named after the load and the rules; one that is left over is taken away."""
    without, holding = rules(tmp_path), rules(tmp_path, {"bad": "r.priority = 'high'"})
    validate(history, without)
    assert are_judged(history, without)
    assert not are_judged(history, holding)
    assert read_verdicts(history, holding).broken == {"tickets.is_fine_0": 1}
    assert are_judged(history, holding)
    assert not are_judged(history, without)
    assert len(list(history.glob("verdicts-*.parquet"))) == 1


def test_what_changed_since_the_last_verdicts_is_told(history, tmp_path):
    validate(history, rules(tmp_path, {"bad": "r.priority = 'high'"}))
    changed = validate(history, rules(tmp_path, {"bad": "r.priority = 'low'"}))
    assert (changed.opened, changed.closed) == ({"tickets.is_fine_0": 1}, {"tickets.is_fine_0": 1})
    gone = validate(history, rules(tmp_path))
    assert (gone.opened, gone.closed) == ({}, {"tickets.is_fine_0": 1})


def test_the_first_verdicts_have_nothing_to_compare_with(history, tmp_path):
    first = validate(history, rules(tmp_path, {"bad": "true"}))
    assert (first.opened, first.closed) == ({}, {})


def test_a_row_that_comes_later_opens_a_verdict_and_its_mended_owner_closes_it(history, tmp_path):
    settings = rules(tmp_path)
    validate(history, settings)
    more = TICKETS + "\n C | 3 | 2026-01-10 | low"
    land_rows(history, {"accounts": ACCOUNTS, "tickets": more}, datetime(2026, 3, 2))
    later = validate(history, settings)
    assert (later.opened, later.closed) == ({"tickets.belongs_to_an_account": 1}, {})
    land_rows(history, {"accounts": ACCOUNTS + "\n C | 2026-01-01 | small", "tickets": more}, datetime(2026, 3, 3))
    mended = validate(history, settings)
    assert (mended.opened, mended.closed) == ({}, {"tickets.belongs_to_an_account": 1})


def test_the_same_verdicts_twice_differ_in_nothing_but_what_changed(history, tmp_path):
    settings = rules(tmp_path, {"bad": "r.priority = 'high'"})
    first, second = validate(history, settings), validate(history, settings)
    assert first == second
    assert (second.opened, second.closed) == ({}, {})


def test_a_record_that_is_damaged_is_made_anew(history, tmp_path):
    settings = rules(tmp_path, {"bad": "r.priority = 'high'", "hold": False})
    whole = validate(history, settings)
    record = verdicts_file(history, settings).with_suffix(".json")
    for damage in ("", "{", "[]", "{}", record.read_text().replace('"sha256": "', '"sha256": "0')):
        record.write_text(damage)
        assert not are_judged(history, settings)
        assert read_verdicts(history, settings) == whole
        assert are_judged(history, settings)


def test_a_changed_rule_is_applied_without_reading_the_sources_again(tmp_path):
    """The mapping did not change, so that the history stays; through the command line."""
    export = tmp_path / "export"
    export.mkdir()
    (export / "a.csv").write_text("id,made\nA,2026-01-01\n")
    (export / "t.csv").write_text("no,id,made,priority\n1,A,2026-01-02,low\n2,A,2026-01-02,high\n")
    ticket = {"ticket_id": "no", "account_id": "id", "created_at": "made", "priority": "priority"}
    said = {
        "sources": {"a": {"path": "a.csv"}, "t": {"path": "t.csv"}},
        "mapping": [
            {"table": "accounts", "from": "a", "columns": {"account_id": "id", "created_at": "made"}},
            {"table": "tickets", "from": "t", "columns": ticket},
        ],
    }
    settings = read_settings(tmp_path, toml(said))
    landed(settings)
    rule = {"name": "does_not_shout", "table": "tickets", "bad": "r.priority = 'high'", "says": "it shouts"}
    settings = read_settings(tmp_path, toml({**said, "rule": [rule]}))
    (export / "t.csv").unlink()
    done = CliRunner().invoke(main, ["quarantine", "list", "--config", str(settings.file)])
    assert done.exit_code == 0, done.output
    assert "it shouts" in done.output
    history = settings.data_folder / "history"
    assert read_verdicts(history, settings).broken == {"tickets.does_not_shout": 1}
    assert [load.name for load in (history / "loads").iterdir()] == ["000001"]
