"""What can be learnt: accounts, history, the label, leavers and stayers, and whether their share is steady."""

import pytest

from churnrisk.history import History
from churnrisk.labels import LEAST_LEAVERS, usable_as_ofs
from churnrisk.parameters import Parameters
from tests.support.doctor import FIRST, _day, all_of, examined, found, healthy
from tests.support.history import Row


def contracts(lives: list[tuple[int, int | None]], known: int = 1200) -> dict[str, list[Row]]:
    """Accounts with one subscription each, from one day to another; something is known of the day `known`."""
    accounts, subscriptions = [], []
    for number, (begins, ends) in enumerate(lives):
        account, began = f"a{number}", _day(begins)
        accounts.append({"account_id": account, "created_at": began})
        ended = _day(ends) if ends is not None else None
        row = {"account_id": account, "subscription_id": account, "started_at": began, "ended_at": ended}
        subscriptions.append(row)
    agents = [{"agent_id": "last", "joined_at": _day(known)}]
    return {"accounts": accounts, "subscriptions": subscriptions, "agents": agents}


@pytest.mark.parametrize(("many", "status"), [(49, "fail"), (50, "warn"), (300, "ok")])
def test_accounts_that_could_be_scored_are_counted(tmp_path, many, status):
    one = found(examined(tmp_path, contracts([(0, None)] * many + [(0, 10)])), "enough_accounts_are_eligible")
    assert (one.status, one.have) == (status, f"{many} accounts")
    assert one.sentence.startswith(f"{many} of {many + 1} accounts are eligible on ")
    assert ("no live subscription" in one.sentence) == (status != "ok")


def test_a_history_that_is_too_short_says_by_how_much(tmp_path):
    """From 1 January to the end of 11 April: 100 days; 180 to look back, 14 of lead and 90 of horizon make 284."""
    one = found(examined(tmp_path, contracts([(0, None)], known=101)), "history_is_long_enough")
    assert (one.status, one.have) == ("fail", "100 days")
    assert "which is 184 days too short for a single as_of" in one.sentence


def test_where_nothing_is_left_for_training_it_is_told(tmp_path):
    one = found(examined(tmp_path, contracts([(0, None)], known=350)), "history_is_long_enough")
    assert one.status == "fail"
    assert "no as_of is left for training" in one.sentence


def test_few_as_of_are_a_warning(tmp_path):
    one = found(examined(tmp_path, contracts([(0, None)], known=550)), "history_is_long_enough")
    assert one.status == "warn"


def test_the_doctor_stands_where_training_stands(tmp_path):
    """It says the as_of that the functions of training give."""
    one = found(examined(tmp_path, contracts([(0, None)], known=900)), "history_is_long_enough")
    as_ofs = usable_as_ofs(History(tmp_path, "UTC"), Parameters.read(tmp_path))
    assert one.status == "ok"
    assert f"from {as_ofs[0]} to " in one.sentence
    assert one.sentence.endswith(f" to {as_ofs[-1]}")


def test_a_table_that_begins_late_is_told(tmp_path):
    tables = contracts([(0, None)])
    tables["tickets"] = [_ticket(0, 400), _ticket(0, 900)]
    tables["invoices"] = [{"invoice_id": str(day), "account_id": "a0", "issued_at": _day(day)} for day in (0, 900)]
    diagnosis = examined(tmp_path, tables)
    one = found(diagnosis, "tables_reach_back_far_enough")
    assert one.status == "warn"
    assert one.sentence.startswith("tickets begins on 2023-02-05, and training looks back 180 days from ")


def test_contracts_without_a_single_end_fail_and_another_label_is_offered(tmp_path):
    """With how many accounts would have left by it."""
    tables = contracts([(0, None)] * 61)
    tables["churn_events"] = [{"account_id": f"a{number}", "at": _day(600)} for number in range(1, 31)]
    one = found(examined(tmp_path, tables), "the_label_can_be_told")
    assert one.status == "fail"
    assert one.sentence.startswith("Not a single subscription has an end")
    assert one.next_step.startswith('Set kind = "event" under [label] in parameters.toml (by it 30 accounts left)')


def test_the_label_event_without_churn_events_fails(tmp_path):
    tables = contracts([(0, 600)])
    one = found(examined(tmp_path, tables, label={"kind": "event"}), "the_label_can_be_told")
    assert (one.status, one.have) == ("fail", "no churn events")
    assert 'kind = "contract_end"' in one.next_step


def test_the_label_silence_without_its_activity_fails(tmp_path):
    tables = contracts([(0, None)])
    tables["tickets"] = [_ticket(0, 0), _ticket(0, 1000)]
    silence = {"kind": "silence", "lead": 0, "activity": "usage"}
    one = found(examined(tmp_path, tables, label=silence), "the_label_can_be_told")
    assert one.status == "fail"
    assert 'kind = "silence" with activity = "tickets"' in one.next_step


def test_nobody_left_is_a_fail_in_each_part_with_what_is_needed(tmp_path):
    """One class only: a single end, long before training."""
    diagnosis = examined(tmp_path, contracts([(0, 1), *[(0, None)] * 60]))
    parts = all_of(diagnosis, "enough_left_and_enough_stayed")
    assert parts == {"training": "fail", "testing": "fail"}
    one = found(diagnosis, "enough_left_and_enough_stayed", "training")
    assert f"at least {LEAST_LEAVERS} rows that left" in one.sentence
    assert found(diagnosis, "leaving_is_neither_rare_nor_the_rule").sentence.startswith("Only 0 % leave")


def test_some_leavers_are_a_warning_that_intervals_will_be_wide(tmp_path):
    diagnosis = examined(tmp_path, healthy(250))
    assert set(all_of(diagnosis, "enough_left_and_enough_stayed").values()) == {"warn"}
    assert "intervals will be wide" in found(diagnosis, "enough_left_and_enough_stayed", "testing").sentence


def test_where_more_leave_than_stay_the_label_is_doubted(tmp_path):
    tables = {
        "tickets": [_ticket(number, day) for number in range(60) for day in (number, 500 + number, 1000 + number)]
    }
    silence = {"kind": "silence", "lead": 0, "horizon": 60, "activity": "tickets"}
    one = found(examined(tmp_path, tables, label=silence), "leaving_is_neither_rare_nor_the_rule")
    assert one.status == "warn"
    assert "more than stay" in one.sentence


def _ticket(number: int, day: int) -> Row:
    return {"ticket_id": f"{number}-{day}", "account_id": f"a{number}", "created_at": _day(day)}


def test_a_share_that_moves_is_told_with_its_interval(tmp_path):
    """Few leave in the first years, many in the last one."""
    early = [(0, 500 + 7 * number) for number in range(20)]
    late = [(0, 950 + number) for number in range(300)]
    one = found(examined(tmp_path, contracts([*early, *late, *[(0, None)] * 400])), "the_share_that_leaves_is_steady")
    assert one.status == "warn"
    assert one.sentence.startswith("The share that leaves moved from ")
    assert "with 95 % confidence" in one.sentence


def test_the_first_day_of_these_histories_is_what_it_is_said_to_be():
    assert _day(0).startswith(FIRST.isoformat())
