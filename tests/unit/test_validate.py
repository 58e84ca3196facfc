"""Every rule holds back the row that breaks it and no other, and what is held back is not seen."""

from datetime import datetime

import pytest

from churnrisk.errors import InputError
from churnrisk.features import CATALOGUE, Catalogue, matrix
from churnrisk.history import History
from churnrisk.tables import ALWAYS, TABLES
from churnrisk.validate import rules, validate, verdicts_file
from tests.support.history import Row, land_rows, moment

NOW = datetime(2026, 3, 1, 12)
CELLS = {"text": "1", "integer": "1", "number": "1", "boolean": "true", "timestamp": "2026-01-10", "date": "2026-01-10"}


def good_row(table: str) -> Row:
    """A row that breaks no rule."""
    columns = TABLES[table].columns
    return {column.name: column.values[0] if column.values else CELLS[column.kind] for column in columns}


def broken_row(table: str, rule: str) -> Row:
    """The same row, but for what that rule is about; with a key of its own where it can have one."""
    declared, row = TABLES[table], good_row(table)
    for column in declared.key:
        if declared.column(column).kind == "text" and not declared.column(column).references:
            row[column] = "2"
    if rule == "is_readable":
        row |= {next(column.name for column in declared.columns if column.kind != "text"): "?"}
    elif rule == "has_what_it_needs":
        row |= {declared.required[-1]: None}
    elif rule == "is_not_from_the_future":
        row |= {"known_at": "2026-03-01 12:11"}
    elif rule == "is_known_after_it_happened":
        row |= {"known_at": "2026-01-09" if declared.happened_at != ALWAYS else "1969-12-31"}
    elif rule.startswith("has_a_known_"):
        row |= {rule.removeprefix("has_a_known_"): "strange"}
    elif rule.startswith("has_a_possible_"):
        row |= {rule.removeprefix("has_a_possible_"): "-1000000000001"}
    elif rule.startswith("belongs_to_"):
        row |= {f"{rule.rpartition('_')[2]}_id": "9"}
    else:
        row |= {
            "ends_after_it_starts": {"ended_at": "2026-01-09 23:59"},
            "gives_notice_after_it_starts": {"notice_at": "2026-01-09 23:59"},
            "is_paid_after_it_is_issued": {"paid_at": "2026-01-09 23:59"},
            "is_answered_after_it_is_sent": {"responded_at": "2026-01-09 23:59"},
            "leaves_after_it_comes": {"left_at": "2026-01-09 23:59"},
            "leaves_after_joining": {"left_at": "2026-01-09 23:59"},
        }[rule]
    return row


def everything() -> dict[str, list[Row]]:
    return {table: [good_row(table)] for table in TABLES}


def test_rows_that_are_good_are_held_back_by_no_rule(tmp_path):
    land_rows(tmp_path, everything(), NOW)
    verdicts = validate(tmp_path)
    assert verdicts.broken == {}
    assert verdicts.landed == verdicts.good == dict.fromkeys(TABLES, 1)


def test_each_rule_finds_the_row_that_breaks_it_and_only_that(tmp_path):
    """One bad row for each rule, beside the good ones; a bad row may break a second rule, never the good row one."""
    tables = everything()
    for rule in rules():
        tables[rule.table].append(broken_row(rule.table, rule.name))
    landed = land_rows(tmp_path, tables, NOW)
    verdicts = validate(tmp_path)
    assert set(verdicts.broken) == {f"{rule.table}.{rule.name}" for rule in rules()}
    assert verdicts.good == dict.fromkeys(TABLES, 1)
    assert verdicts.landed == {table: verdicts.good[table] + verdicts.held[table] for table in TABLES}
    assert verdicts.landed == landed.new
    history = History(tmp_path, "UTC", verdicts_file(tmp_path))
    past = history.upto(moment("2026-02-28"))
    assert {table: len(past.table(table)) for table in TABLES} == dict.fromkeys(TABLES, 1)


def test_a_rule_is_a_claim_with_words_and_is_named_once():
    named = [(rule.table, rule.name) for rule in rules()]
    assert len(set(named)) == len(named)
    assert all(rule.says and rule.name.islower() for rule in rules())


def tickets(*rows: str) -> str:
    return "\n".join(["account_id | ticket_id | created_at", *rows])


def tickets_seen(folder) -> list[str]:
    past = History(folder, "UTC", verdicts_file(folder)).upto(moment("2026-12-31"))
    return past.table("tickets")["ticket_id"].tolist()


ACCOUNT = "account_id | created_at\n A | 2026-01-01"


def test_a_row_whose_account_arrives_later_becomes_free(tmp_path):
    land_rows(tmp_path, {"accounts": ACCOUNT, "tickets": tickets("A | 1 | 2026-01-10", "B | 2 | 2026-01-10")}, NOW)
    assert validate(tmp_path).broken == {"tickets.belongs_to_an_account": 1}
    assert tickets_seen(tmp_path) == ["1"]
    land_rows(tmp_path, {"accounts": ACCOUNT + "\n B | 2026-01-01"}, datetime(2026, 3, 2))
    assert validate(tmp_path).broken == {}
    assert tickets_seen(tmp_path) == ["1", "2"]


def test_a_row_from_the_future_is_held_back_until_its_time_has_come(tmp_path):
    """The source sends it again; ten minutes are forgiven, because clocks differ."""
    rows = {"accounts": ACCOUNT, "tickets": tickets("A | 1 | 2026-03-01 12:10", "A | 2 | 2026-03-01 12:11")}
    land_rows(tmp_path, rows, NOW)
    assert validate(tmp_path).broken["tickets.is_not_from_the_future"] == 1
    assert land_rows(tmp_path, rows, datetime(2026, 3, 1, 12, 5)).load == 0
    assert land_rows(tmp_path, rows, datetime(2026, 3, 2)).new == {"accounts": 0, "tickets": 2}
    verdicts = validate(tmp_path)
    assert (verdicts.landed["tickets"], verdicts.good["tickets"]) == (4, 2)
    assert tickets_seen(tmp_path) == ["1", "2"]
    assert land_rows(tmp_path, rows, datetime(2026, 3, 3)).load == 0


def test_half_a_day_of_use_is_held_back_and_the_whole_day_counts_even_where_it_is_the_same(tmp_path):
    """A run at noon sees today's usage so far; nothing more may come of it."""
    rows = {"accounts": ACCOUNT, "usage": "account_id | day | metric | value\n A | 2026-03-01 | m | 5"}
    land_rows(tmp_path, rows, NOW)
    assert validate(tmp_path).good["usage"] == 0
    land_rows(tmp_path, rows, datetime(2026, 3, 2, 2))
    assert validate(tmp_path).good["usage"] == 1
    past = History(tmp_path, "UTC", verdicts_file(tmp_path)).upto(moment("2026-03-02"))
    assert past.table("usage")["value"].tolist() == [5]


def test_one_clock_that_runs_wild_does_not_move_what_is_known(tmp_path):
    accounts = "account_id | created_at | known_at\n A | 2026-01-01 | 2026-01-02\n B | 2026-01-01 | 2999-01-01"
    land_rows(tmp_path, {"accounts": accounts}, NOW)
    assert validate(tmp_path).broken == {"accounts.is_not_from_the_future": 1}
    assert History(tmp_path, "UTC", verdicts_file(tmp_path)).known_until == moment("2026-01-01")


def test_a_contract_that_begins_later_is_no_fault(tmp_path):
    contract = "account_id | subscription_id | started_at\n A | 1 | 2026-12-01"
    land_rows(tmp_path, {"accounts": ACCOUNT, "subscriptions": contract}, NOW)
    assert validate(tmp_path).broken == {}


def test_a_bad_version_does_not_hide_the_good_one(tmp_path):
    contract = "account_id | subscription_id | seats | started_at | ended_at\n A | 1 | {} | 2026-01-01 | {}"
    land_rows(tmp_path, {"accounts": ACCOUNT, "subscriptions": contract.format(5, "")}, NOW)
    land_rows(tmp_path, {"subscriptions": contract.format(6, "2025-01-01")}, datetime(2026, 3, 2))
    validate(tmp_path)
    past = History(tmp_path, "UTC", verdicts_file(tmp_path)).upto(moment("2026-03-31"))
    assert past.table("subscriptions")["seats"].tolist() == [5]


def test_one_poison_row_is_one_row_held_back(tmp_path):
    rows = [f"A | {n} | 2026-01-10" for n in range(2000)]
    land_rows(tmp_path, {"accounts": ACCOUNT, "tickets": tickets(*rows, "A | x | never")}, NOW)
    verdicts = validate(tmp_path)
    assert (verdicts.landed["tickets"], verdicts.held["tickets"]) == (2001, 1)
    history = History(tmp_path, "UTC", verdicts_file(tmp_path))
    counted = matrix(history, Catalogue([CATALOGUE["tickets_last_30d"]]), moment("2026-01-31"), ["A"])
    assert counted["tickets_last_30d"].tolist() == [2000]


def test_what_no_table_can_be_compared_with_is_held_back_without_a_traceback(tmp_path):
    """Tickets without any account, messages without any ticket."""
    messages = "message_id | ticket_id | created_at\n 1 | 1 | 2026-01-10"
    land_rows(tmp_path, {"tickets": tickets("A | 1 | 2026-01-10"), "messages": messages}, NOW)
    assert validate(tmp_path).broken == {"tickets.belongs_to_an_account": 1}


def test_where_everything_is_held_back_there_is_nothing_to_stand_on(tmp_path):
    land_rows(tmp_path, {"tickets": tickets("A | 1 | 2026-01-10")}, NOW)
    validate(tmp_path)
    with pytest.raises(InputError, match="has no row that can be used"):
        _ = History(tmp_path, "UTC", verdicts_file(tmp_path)).known_until


def test_verdicts_are_the_same_each_time(tmp_path):
    land_rows(tmp_path, {"accounts": ACCOUNT, "tickets": tickets("B | 2 | 2026-01-10")}, NOW)
    assert validate(tmp_path) == validate(tmp_path)


def test_no_history_is_told(tmp_path):
    with pytest.raises(InputError, match="There is no history"):
        validate(tmp_path)
