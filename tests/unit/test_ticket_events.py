"""From a snapshot of tickets, one row each with the moments at which it changed, to the events that features read."""

from datetime import datetime
from pathlib import Path

import pytest

from churnrisk.errors import ChurnriskError, SettingsError
from churnrisk.extract.landing import history_folder
from churnrisk.settings import Settings
from churnrisk.validate import validate
from tests.support.history import seen
from tests.support.projects import landed, line_of, read_settings, toml

SNAPSHOT = """no,id,opened,answered,solved
1,A,2026-01-02 10:00,2026-01-02 12:00,2026-01-05 09:00
2,A,2026-01-03 10:00,,
3,A,2026-01-04 10:00,2026-01-04 11:00,
"""
EVENTS = {"new": "opened", "open": "answered", "solved": "solved"}


def project(folder: Path, snapshot: str = SNAPSHOT, events: dict | None = None, **more) -> Settings:
    export = folder / "export"
    export.mkdir(exist_ok=True)
    (export / "accounts.csv").write_text("id,made\nA,2026-01-01\n")
    (export / "tickets.csv").write_text(snapshot)
    tickets = {"ticket_id": "no", "account_id": "id", "created_at": "opened"}
    changes = {"table": "ticket_events", "from": "tickets", "columns": {"ticket_id": "no"}}
    said = {
        "sources": {"accounts": {"path": "accounts.csv"}, "tickets": {"path": "tickets.csv"}},
        "mapping": [
            {"table": "accounts", "from": "accounts", "columns": {"account_id": "id", "created_at": "made"}},
            {"table": "tickets", "from": "tickets", "columns": tickets},
            {**changes, **more, "events": EVENTS if events is None else events},
        ],
    }
    return read_settings(folder, toml(said))


def events(settings: Settings) -> list[tuple]:
    columns = 'ticket_id, "at", seq, field, value'
    return seen(history_folder(settings), "ticket_events", "2026-12-31", columns)


def test_each_moment_that_is_filled_is_an_event(tmp_path):
    settings = project(tmp_path)
    assert landed(settings).new["ticket_events"] == 6
    assert events(settings) == [
        ("1", datetime(2026, 1, 2, 10), 0, "status", "new"),
        ("1", datetime(2026, 1, 2, 12), 1, "status", "open"),
        ("1", datetime(2026, 1, 5, 9), 2, "status", "solved"),
        ("2", datetime(2026, 1, 3, 10), 0, "status", "new"),
        ("3", datetime(2026, 1, 4, 10), 0, "status", "new"),
        ("3", datetime(2026, 1, 4, 11), 1, "status", "open"),
    ]


def test_an_event_is_known_when_it_happened_and_not_before(tmp_path):
    settings = project(tmp_path)
    landed(settings)
    assert len(seen(history_folder(settings), "ticket_events", "2026-01-04")) == 5
    assert len(seen(history_folder(settings), "ticket_events", "2026-01-01")) == 0


def test_moments_that_are_the_same_keep_the_order_in_which_they_are_named(tmp_path):
    settings = project(tmp_path, "no,id,opened,answered,solved\n1,A,2026-01-02,2026-01-02,2026-01-02\n")
    landed(settings)
    assert [(seq, value) for _, _, seq, _, value in events(settings)] == [(0, "new"), (1, "open"), (2, "solved")]


def test_the_condition_of_the_mapping_holds_for_every_event(tmp_path):
    settings = project(tmp_path, where="no = '1' or no = '2'")
    landed(settings)
    assert {row[0] for row in events(settings)} == {"1", "2"}
    assert len(events(settings)) == 4


def test_a_field_and_a_role_can_be_said(tmp_path):
    columns = {"ticket_id": "no", "field": "'priority'", "actor_role": "'agent'"}
    settings = project(tmp_path, events={"high": "answered"}, columns=columns)
    landed(settings)
    wanted = "field, value, actor_role"
    assert seen(history_folder(settings), "ticket_events", "2026-12-31", wanted) == [("priority", "high", "agent")] * 2


def test_a_moment_that_cannot_be_read_is_held_back_and_counted(tmp_path):
    settings = project(tmp_path, SNAPSHOT + "4,A,2026-01-05 10:00,yesterday,\n")
    brought = landed(settings)
    assert brought.new["ticket_events"] == 8
    verdicts = validate(history_folder(settings), settings)
    assert verdicts.held["ticket_events"] == 1
    assert verdicts.broken["ticket_events.is_readable"] == 1
    assert len(events(settings)) == 7


def test_a_ticket_that_moves_on_brings_only_its_new_event(tmp_path):
    landed(project(tmp_path))
    settings = project(tmp_path, SNAPSHOT.replace("2026-01-03 10:00,,", "2026-01-03 10:00,2026-01-06 10:00,"))
    assert landed(settings).new == {"accounts": 0, "tickets": 0, "ticket_events": 1}
    assert landed(settings).load == 0


def test_another_table_has_no_events(tmp_path):
    settings = project(
        tmp_path, table="tickets", columns={"ticket_id": "no", "account_id": "id", "created_at": "opened"}
    )
    with pytest.raises(SettingsError) as raised:
        landed(settings)
    where = line_of(settings, "[mapping.events]")
    assert str(raised.value) == f"{where}: only ticket_events are made of moments on one row. Remove [mapping.events]."


def test_a_moment_that_does_not_fit_is_named_with_its_line(tmp_path):
    settings = project(tmp_path, events={"new": "opened", "closed": "shut_at"})
    with pytest.raises(ChurnriskError) as raised:
        landed(settings)
    assert int(raised.value.exit_code) == 30
    assert str(raised.value).startswith(
        f"{line_of(settings, 'closed = ')}: ticket_events.closed does not fit its source:"
    )


def test_a_moment_that_is_made_twice_is_refused_with_its_line(tmp_path):
    settings = project(tmp_path, columns={"ticket_id": "no", "at": "opened"})
    with pytest.raises(SettingsError) as raised:
        landed(settings)
    assert str(raised.value).startswith(f"{line_of(settings, 'at = ')}: at is under columns and is made by events")
