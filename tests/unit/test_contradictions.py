"""Each contradiction names the rows that have it and no other, and holds nothing back."""

from datetime import datetime

import pytest

from churnrisk.tables import TABLES
from churnrisk.validate import Contradiction, contradictions, validate
from tests.support.history import land_rows

NOW = datetime(2026, 6, 1)
ACCOUNTS = "account_id | created_at\n A | 2026-01-10\n B | 2026-01-10"
#: A has left in spring, B is still here.
CONTRACTS = (
    "subscription_id | account_id | started_at | ended_at\n 1 | A | 2026-01-15 | 2026-04-01\n 2 | B | 2026-01-15 |"
)
TICKETS = "ticket_id | account_id | created_at | contact_id\n 1 | A | 2026-02-01 | a\n 2 | B | 2026-02-01 | b"
CONTACTS = "contact_id | account_id | created_at\n a | A | 2026-01-10\n b | B | 2026-01-10"
LEFT = "account_id | at\n A | 2026-04-01"
#: The end that the events can tell of: an account that ends before the last of them.
LATER_LEFT = LEFT + "\n B | 2026-05-20"


def flagged(a: str, b: str) -> str:
    return f"account_id | created_at | churned\n A | 2026-01-10 | {a}\n B | 2026-01-10 | {b}"


def contracts(*rows: str) -> str:
    return "\n".join(["subscription_id | account_id | started_at | ended_at | notice_at", *rows])


def surveys(*rows: str) -> str:
    return "\n".join(["survey_id | account_id | kind | sent_at | ticket_id", *rows])


#: By name: the tables around it, rows that are fine, rows that are not.
CASES = {
    "subscriptions.is_not_before_its_account": (
        {"accounts": ACCOUNTS},
        contracts("1 | A | 2026-01-10 | |"),
        contracts("1 | A | 2026-01-09 | |", "2 | B | 2026-01-10 | |"),
    ),
    "invoices.is_not_before_its_account": (
        {"accounts": ACCOUNTS},
        "invoice_id | account_id | issued_at\n 1 | A | 2026-01-09 00:01",
        "invoice_id | account_id | issued_at\n 1 | A | 2026-01-10\n 2 | A | 2026-01-08 23:59",
    ),
    "tickets.is_not_before_its_account": (
        {"accounts": ACCOUNTS},
        "ticket_id | account_id | created_at\n 1 | A | 2026-01-09 00:01",
        "ticket_id | account_id | created_at\n 1 | A | 2026-01-10\n 2 | A | 2026-01-08 23:59",
    ),
    "surveys.is_not_before_its_account": (
        {"accounts": ACCOUNTS},
        "survey_id | account_id | kind | sent_at\n 1 | A | nps | 2026-01-10",
        "survey_id | account_id | kind | sent_at\n 1 | A | nps | 2026-01-10\n 2 | A | nps | 2026-01-09",
    ),
    "usage.is_not_before_its_account": (
        {"accounts": ACCOUNTS},
        "account_id | day | metric | value\n A | 2026-01-10 | m | 1",
        "account_id | day | metric | value\n A | 2026-01-10 | m | 1\n A | 2026-01-08 | m | 1",
    ),
    "usage.is_not_before_the_first_subscription": (
        {"accounts": ACCOUNTS, "subscriptions": CONTRACTS},
        "account_id | day | metric | value\n A | 2026-01-15 | m | 1",
        "account_id | day | metric | value\n A | 2026-01-15 | m | 1\n A | 2026-01-13 | m | 1\n B | 2026-01-12 | m | 1",
    ),
    "invoices.is_not_before_the_first_subscription": (
        {"accounts": ACCOUNTS, "subscriptions": CONTRACTS},
        "invoice_id | account_id | issued_at\n 1 | A | 2026-01-15",
        "invoice_id | account_id | issued_at\n 1 | A | 2026-01-14\n 2 | B | 2026-01-20",
    ),
    "usage.is_not_after_the_last_subscription": (
        {"accounts": ACCOUNTS, "subscriptions": CONTRACTS},
        "account_id | day | metric | value\n A | 2026-05-01 | m | 1\n B | 2026-05-30 | m | 1",
        "account_id | day | metric | value\n A | 2026-05-02 | m | 1\n B | 2026-05-30 | m | 1",
    ),
    "tickets.is_not_after_the_last_subscription": (
        {"accounts": ACCOUNTS, "subscriptions": CONTRACTS},
        "ticket_id | account_id | created_at\n 1 | A | 2026-05-02\n 2 | B | 2026-05-30",
        "ticket_id | account_id | created_at\n 1 | A | 2026-05-02 00:01\n 2 | B | 2026-05-30",
    ),
    "ticket_events.is_not_before_its_ticket": (
        {"accounts": ACCOUNTS, "tickets": TICKETS},
        "ticket_id | at | seq | field | value\n 1 | 2026-02-01 | 0 | status | new",
        "ticket_id | at | seq | field | value\n 1 | 2026-01-31 | 0 | status | new\n 1 | 2026-02-02 | 0 | status | open",
    ),
    "messages.is_not_before_its_ticket": (
        {"accounts": ACCOUNTS, "tickets": TICKETS},
        "message_id | ticket_id | created_at\n 1 | 1 | 2026-02-01",
        "message_id | ticket_id | created_at\n 1 | 1 | 2026-01-31\n 2 | 1 | 2026-02-01",
    ),
    "churn_events.leaves_no_subscription_live": (
        {"accounts": ACCOUNTS, "subscriptions": CONTRACTS},
        LEFT,
        "account_id | at\n A | 2026-03-31\n B | 2026-05-01\n A | 2026-04-02",
    ),
    "subscriptions.is_told_as_a_churn_event": (
        {"accounts": ACCOUNTS, "churn_events": LATER_LEFT},
        contracts("1 | A | 2026-01-15 | 2026-05-02 |"),
        contracts("1 | A | 2026-01-15 | 2026-05-02 00:01 |", "2 | B | 2026-01-15 | |"),
    ),
    "surveys.is_about_a_ticket_of_its_account": (
        {"accounts": ACCOUNTS, "tickets": TICKETS},
        surveys("1 | A | csat | 2026-03-01 | 1", "2 | A | csat | 2026-03-01 |"),
        surveys("1 | A | csat | 2026-03-01 | 2", "2 | B | csat | 2026-03-01 | 2"),
    ),
    "tickets.is_asked_by_a_contact_of_its_account": (
        {"accounts": ACCOUNTS, "contacts": CONTACTS},
        TICKETS,
        TICKETS + "\n 3 | A | 2026-02-01 | b\n 4 | A | 2026-02-01 | unknown",
    ),
    "subscriptions.gives_notice_before_it_ends": (
        {"accounts": ACCOUNTS},
        contracts("1 | A | 2026-01-15 | 2026-04-01 | 2026-04-01", "2 | B | 2026-01-15 | | 2026-05-01"),
        contracts("1 | A | 2026-01-15 | 2026-04-01 | 2026-04-02", "2 | B | 2026-01-15 | | 2026-05-01"),
    ),
    "accounts.is_flagged_as_its_churn_events_say": (
        {"churn_events": LEFT},
        flagged("true", "false"),
        flagged("true", "true"),
    ),
    "accounts.is_flagged_as_its_subscriptions_say": (
        {"subscriptions": CONTRACTS},
        flagged("true", "false"),
        flagged("true", "true"),
    ),
}
COUNTS = {
    "usage.is_not_before_the_first_subscription": 2,
    "churn_events.leaves_no_subscription_live": 2,
}


def judged(folder, tables: dict) -> dict[str, Contradiction]:
    land_rows(folder, tables, NOW)
    verdicts = validate(folder)
    assert verdicts.broken == {}, "a contradiction holds nothing back"
    assert verdicts.good == verdicts.landed
    return {found.rule: found for found in verdicts.contradictions}


def test_every_contradiction_has_a_case_here():
    named = {rule.title for rule in contradictions() if rule.name != "has_a_key_of_its_own"}
    assert named == set(CASES)


@pytest.mark.parametrize("rule", CASES)
def test_rows_that_are_fine_have_none(tmp_path, rule):
    around, fine, _ = CASES[rule]
    assert rule not in judged(tmp_path, {**around, rule.partition(".")[0]: fine})


@pytest.mark.parametrize("rule", CASES)
def test_rows_that_are_not_are_counted_and_go_on(tmp_path, rule):
    table = rule.partition(".")[0]
    around, _, wrong = CASES[rule]
    found = judged(tmp_path, {**around, table: wrong})[rule]
    rows = len(wrong.strip().splitlines()) - 1
    assert (found.rows, found.of) == (COUNTS.get(rule, 1), rows)
    assert found.share == found.rows / found.of
    assert found.says


@pytest.mark.parametrize("rule", [rule for rule in CASES if set(CASES[rule][0]) - {"accounts"}])
def test_a_contradiction_with_a_table_that_is_not_there_is_none(tmp_path, rule):
    _, _, wrong = CASES[rule]
    table = rule.partition(".")[0]
    tables = {table: wrong} if table == "accounts" else {"accounts": ACCOUNTS, table: wrong}
    land_rows(tmp_path, tables, NOW)
    assert rule not in {found.rule for found in validate(tmp_path).contradictions}


def test_a_rule_of_two_tables_says_which_it_needs():
    needed = {rule.title: set(rule.needs) for rule in contradictions()}
    for rule, (around, _, _) in CASES.items():
        assert needed[rule] <= set(around), rule
        assert needed[rule] >= set(around) - {"accounts"}, rule


# --- Keys


def test_two_rows_of_one_key_that_come_together_are_both_named(tmp_path):
    header = "ticket_id | account_id | created_at | subject"
    tickets = f"{header}\n 1 | A | 2026-02-01 | x\n 1 | A | 2026-02-01 | y\n 2 | A | 2026-02-01 |"
    found = judged(tmp_path, {"accounts": ACCOUNTS, "tickets": tickets})["tickets.has_a_key_of_its_own"]
    assert (found.rows, found.of) == (2, 3)
    assert found.says == "another row of the same export has the same ticket_id and says something else"


def test_the_same_row_twice_is_one_row_and_no_contradiction(tmp_path):
    tickets = "ticket_id | account_id | created_at\n 1 | A | 2026-02-01\n 1 | A | 2026-02-01"
    assert judged(tmp_path, {"accounts": ACCOUNTS, "tickets": tickets}) == {}


def test_a_version_that_comes_in_a_later_load_is_no_contradiction(tmp_path):
    tickets = "ticket_id | account_id | created_at | subject\n 1 | A | 2026-02-01 | {}"
    land_rows(tmp_path, {"accounts": ACCOUNTS, "tickets": tickets.format("x")}, NOW)
    land_rows(tmp_path, {"accounts": ACCOUNTS, "tickets": tickets.format("y")}, datetime(2026, 6, 2))
    assert validate(tmp_path).contradictions == ()


def test_versions_that_tell_when_they_were_known_are_no_contradiction(tmp_path):
    tickets = (
        "ticket_id | account_id | created_at | subject | known_at\n"
        " 1 | A | 2026-02-01 | x | 2026-02-01\n 1 | A | 2026-02-01 | y | 2026-02-03"
    )
    assert judged(tmp_path, {"accounts": ACCOUNTS, "tickets": tickets}) == {}


def test_a_key_of_several_columns_is_one_key(tmp_path):
    usage = (
        "account_id | day | metric | value\n A | 2026-02-01 | m | 1\n A | 2026-02-01 | n | 1\n B | 2026-02-01 | m | 1"
    )
    assert judged(tmp_path, {"accounts": ACCOUNTS, "usage": usage}) == {}
    again = judged(tmp_path / "again", {"accounts": ACCOUNTS, "usage": usage + "\n A | 2026-02-01 | m | 7"})
    assert again["usage.has_a_key_of_its_own"].rows == 2


def test_a_row_without_a_key_is_held_back_and_contradicts_nobody(tmp_path):
    schedules = "schedule_id | weekday | opens | closes | time_zone\n | 1 | 0 | 1 | UTC\n | 1 | 0 | 2 | UTC"
    land_rows(tmp_path, {"accounts": ACCOUNTS, "schedules": schedules}, NOW)
    assert validate(tmp_path).contradictions == ()


def test_every_table_has_the_rule_of_its_key():
    assert {rule.table for rule in contradictions() if rule.name == "has_a_key_of_its_own"} == set(TABLES)


# --- What is told


def test_flags_and_events_are_told_with_all_three_numbers(tmp_path):
    found = judged(tmp_path, {"accounts": flagged("false", "true"), "churn_events": LEFT})
    told = found["accounts.is_flagged_as_its_churn_events_say"]
    assert told.rows == 2
    assert told.says == "1 accounts are flagged as churned, 1 have a churn event, 0 have both"


def test_accounts_without_a_flag_do_not_contradict_their_events(tmp_path):
    assert judged(tmp_path, {"accounts": ACCOUNTS, "churn_events": LEFT}) == {}


def test_the_largest_share_comes_first(tmp_path):
    tickets = "ticket_id | account_id | created_at\n 1 | A | 2026-02-01\n 2 | A | 2026-01-01"
    usage = "account_id | day | metric\n A | 2026-01-01 | m"
    land_rows(tmp_path, {"accounts": ACCOUNTS, "tickets": tickets, "usage": usage}, NOW)
    shares = [found.share for found in validate(tmp_path).contradictions]
    assert shares == [1.0, 0.5]


def test_a_row_that_is_held_back_contradicts_nobody(tmp_path):
    """Nor is it counted in the whole."""
    tickets = "ticket_id | account_id | created_at\n 1 | A | 2026-01-01\n 2 | nobody | 2026-01-01"
    land_rows(tmp_path, {"accounts": ACCOUNTS, "tickets": tickets}, NOW)
    verdicts = validate(tmp_path)
    assert verdicts.held["tickets"] == 1
    assert [(found.rows, found.of) for found in verdicts.contradictions] == [(1, 1)]


def test_of_each_row_the_newest_version_counts(tmp_path):
    """A contract that was mended is no contradiction any more."""
    contract = contracts("1 | A | 2026-01-15 | 2026-04-01 | {}")
    land_rows(tmp_path, {"accounts": ACCOUNTS, "subscriptions": contract.format("2026-04-02")}, NOW)
    assert len(validate(tmp_path).contradictions) == 1
    land_rows(tmp_path, {"subscriptions": contract.format("2026-03-02")}, datetime(2026, 6, 2))
    assert validate(tmp_path).contradictions == ()
