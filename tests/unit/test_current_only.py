"""Values that a source holds only as they are at the export: rules see them, the past never does."""

from pathlib import Path

import pytest

from churnrisk.errors import SettingsError
from churnrisk.extract.landing import history_folder
from churnrisk.history import History
from churnrisk.settings import Settings
from churnrisk.validate import validate, verdicts_file
from tests.support.history import moment
from tests.support.projects import landed, line_of, read_settings, toml

ACCOUNTS = "id,made,plan,gone,health\nA,2026-01-01,gold,true,17\nB,2026-01-01,,false,x\n"
TICKETS = "no,id,made,state\n1,A,2026-01-02,open\n2,B,2026-01-03,closed\n"


def project(folder: Path, current_only: dict, rule: dict | None = None, **more) -> Settings:
    """Accounts with values that have no clock, and a rule of one's own about them."""
    export = folder / "export"
    export.mkdir(exist_ok=True)
    (export / "accounts.csv").write_text(ACCOUNTS)
    (export / "tickets.csv").write_text(TICKETS)
    accounts = {
        "table": "accounts",
        "from": "accounts",
        "columns": {"account_id": "id", "created_at": "made", **more},
        "current_only": current_only,
    }
    tickets = {
        "table": "tickets",
        "from": "tickets",
        "columns": {"ticket_id": "no", "account_id": "id", "created_at": "made"},
        "current_only": {"state": "state"},
    }
    said = {
        "sources": {"accounts": {"path": "accounts.csv"}, "tickets": {"path": "tickets.csv"}},
        "mapping": [accounts, tickets],
        "rule": [{"name": "is_fine", "table": "accounts", **rule}] if rule else [],
    }
    return read_settings(folder, toml({key: value for key, value in said.items() if value}))


def past(settings: Settings, table: str):
    return History(history_folder(settings), "UTC").upto(moment("2026-12-31")).table(table)


def broken(settings: Settings) -> dict[str, int]:
    landed(settings)
    return validate(history_folder(settings), settings).broken


@pytest.mark.parametrize(
    ("bad", "rows"),
    [
        ("r.health = '17'", 1),
        ("r.health is not null", 2),
        ("r.plan = 'gold'", 1),
        ("r.plan is null", 1),  # an empty cell is no value
        ("exists (select 1 from tickets t where t.account_id = r.account_id and t.state = 'open')", 1),
    ],
)
def test_a_rule_sees_it_as_a_column(tmp_path, bad, rows):
    settings = project(tmp_path, {"plan": "plan", "health": "health"}, {"bad": bad})
    assert broken(settings) == {"accounts.is_fine": rows}


def test_the_past_does_not_see_it(tmp_path):
    settings = project(tmp_path, {"plan": "plan", "health": "health"})
    landed(settings)
    assert {"plan", "health", "current_only"}.isdisjoint(past(settings, "accounts").columns)
    assert {"state", "current_only"}.isdisjoint(past(settings, "tickets").columns)


def test_a_canonical_name_is_null_in_the_past_and_has_its_type_in_rules(tmp_path):
    """`churned` is a boolean, so that `not r.churned` can be asked."""
    settings = project(tmp_path, {"churned": "gone", "industry": "plan"}, {"bad": "r.churned and r.industry = 'gold'"})
    assert broken(settings) == {"accounts.is_fine": 1}
    accounts = past(settings, "accounts")
    assert accounts["industry"].isna().all()
    assert "churned" not in accounts.columns  # it never has a clock, so the past has no such column


def test_an_expression_may_stand_for_it(tmp_path):
    settings = project(tmp_path, {"lower_plan": "upper(plan) || '!'"}, {"bad": "r.lower_plan = 'GOLD!'"})
    assert broken(settings) == {"accounts.is_fine": 1}


def test_a_name_with_spaces_and_quotes_is_a_name(tmp_path):
    settings = project(tmp_path, {'it\'s "so"': "plan"}, {"bad": 'r."it\'s ""so""" = \'gold\''})
    assert broken(settings) == {"accounts.is_fine": 1}


def test_a_column_that_is_named_twice_is_refused_with_its_line(tmp_path):
    settings = project(tmp_path, {"industry": "gone"}, industry="plan")
    with pytest.raises(SettingsError) as raised:
        landed(settings)
    where = line_of(settings, "industry = ", 2)
    assert str(raised.value) == f"{where}: industry is under columns and under current_only. Keep one of the two."


def test_what_does_not_fit_is_named_with_its_line(tmp_path):
    settings = project(tmp_path, {"plan": "plan", "mood": "feeling"})
    with pytest.raises(Exception, match=r"line \d+: accounts\.mood does not fit its source: .*feeling") as raised:
        landed(settings)
    assert str(raised.value).startswith(line_of(settings, "mood = "))
    assert not history_folder(settings).exists()


def test_a_value_that_changes_is_news_about_the_row_and_nothing_in_the_past(tmp_path):
    settings = project(tmp_path, {"health": "health"})
    landed(settings)
    before = past(settings, "accounts")
    export = tmp_path / "export" / "accounts.csv"
    export.write_text(ACCOUNTS.replace("gold,true,17", "gold,true,99"))
    assert landed(settings).new == {"accounts": 1, "tickets": 0}
    assert past(settings, "accounts")["account_id"].tolist() == before["account_id"].tolist()
    verdicts = validate(history_folder(settings), settings)
    assert verdicts.held["accounts"] == 0
    assert verdicts_file(history_folder(settings), settings).is_file()


def test_a_rule_may_name_a_value_that_only_later_loads_have(tmp_path):
    """Rows that landed before it have none."""
    landed(project(tmp_path, {"plan": "plan"}))
    settings = project(tmp_path, {"plan": "plan", "health": "health"}, {"bad": "r.health is not null"})
    landed(settings, rebuild=True)
    assert validate(history_folder(settings), settings).broken == {"accounts.is_fine": 2}
