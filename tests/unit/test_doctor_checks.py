"""Every check of the doctor: silent on a company in which all is well, and a sentence where something is wrong."""

from datetime import datetime

import pytest

from churnrisk.doctor import CHECKS
from tests.support.doctor import all_of, examined, found, healthy
from tests.support.history import Row


@pytest.fixture(scope="module")
def well(tmp_path_factory):
    """The diagnosis of a company with 1,500 accounts and nothing wrong."""
    return examined(tmp_path_factory.mktemp("well"), healthy())


def test_where_all_is_well_every_check_says_so(well):
    assert {finding.name for finding in well.findings} == {check.name for check in CHECKS}
    assert {finding.status for finding in well.findings} == {"ok"}, [f for f in well.findings if f.status != "ok"]
    assert well.status == "ok"
    assert (well.known_from, well.known_until) == ("2022-01-01", "2025-06-29")


def test_what_is_well_has_no_next_step_and_every_finding_tells_need_and_have(well):
    for finding in well.findings:
        assert (finding.next_step, bool(finding.need), bool(finding.have)) == ("", True, True), finding.name
        assert finding.sentence[0].isupper() or finding.sentence[0].isdigit()


def test_rows_of_each_month_are_counted_for_the_picture(well):
    assert (well.months[0], well.months[-1]) == ("2020-05", "2025-06")
    assert sum(well.rows["accounts"]) == 1500
    assert all(len(rows) == len(well.months) for rows in well.rows.values())


def test_a_check_is_named_once_and_has_words_for_everything():
    names = [check.name for check in CHECKS]
    assert len(set(names)) == len(names)
    for check in CHECKS:
        assert all((check.need, check.why, check.do, check.warns or check.fails)), check.name


ACCOUNT = "account_id | created_at\n A | 2025-01-01"


def tickets(*rows: str) -> str:
    return "\n".join(["account_id | ticket_id | created_at", *rows])


def test_accounts_alone_cannot_tell_anything(tmp_path):
    one = found(examined(tmp_path, {"accounts": ACCOUNT}), "the_needed_tables_are_there")
    assert one.status == "fail"
    assert one.sentence == "There is no row of tickets, usage, subscriptions or invoices that can be used"
    assert one.next_step.startswith("Export tickets, usage, subscriptions or invoices")


def test_where_no_row_can_be_used_the_rows_are_looked_at_and_nothing_else(tmp_path):
    """Tickets of accounts that nobody knows are all held back."""
    diagnosis = examined(tmp_path, {"tickets": tickets("A | 1 | 2026-01-10")}, own_accounts=True)
    assert diagnosis.status == "fail"
    assert (diagnosis.known_until, diagnosis.months) == ("", ())
    one = found(diagnosis, "the_needed_tables_are_there")
    assert one.next_step == "Export accounts, and map it in churnrisk.toml"
    assert found(diagnosis, "rows_belong_to_known_accounts", "tickets").sentence == (
        "1 of 1 rows of tickets belong to an account that is not in the export"
    )


def held(good: int, bad: int) -> list[Row]:
    """Accounts of which some are known before they began."""
    ids = [(f"a{number}", number < bad) for number in range(good + bad)]
    return [{"account_id": a, "created_at": "x" if is_bad else "2025-01-01"} for a, is_bad in ids]


@pytest.mark.parametrize(("good", "bad", "status"), [(98, 2, "warn"), (49, 51, "fail")])
def test_rows_that_are_held_back_are_told_with_the_rule_that_holds_most(tmp_path, good, bad, status):
    tables = {"accounts": held(good, bad), "tickets": tickets("a99 | 1 | 2025-01-10")}
    one = found(examined(tmp_path, tables), "few_rows_are_held_back", "accounts")
    assert (one.status, one.have) == (status, f"{bad} %")
    assert one.sentence.startswith(f"{bad} of 100 rows of accounts are held back, most often because ")


def test_one_bad_row_among_many_is_no_warning(tmp_path):
    tables = {"accounts": held(100, 1), "tickets": tickets("a99 | 1 | 2025-01-10")}
    assert all_of(examined(tmp_path, tables), "few_rows_are_held_back") == {"": "ok"}


@pytest.mark.parametrize(("known", "strange", "status"), [(9, 1, "warn"), (4, 6, "fail")])
def test_tickets_of_accounts_that_nobody_knows_are_counted(tmp_path, known, strange, status):
    rows = [f"{'A' if number < known else 'B'} | {number} | 2025-02-01" for number in range(known + strange)]
    diagnosis = examined(tmp_path, {"accounts": ACCOUNT, "tickets": tickets(*rows)})
    one = found(diagnosis, "rows_belong_to_known_accounts", "tickets")
    assert (one.status, one.have) == (status, f"{10 * strange} %")
    assert "same ids" in one.next_step
    told = all_of(diagnosis, "few_rows_are_held_back")
    assert told.get("tickets") == ("fail" if status == "fail" else None), "the same rows are not told twice"


def test_two_rows_with_one_key_are_told(tmp_path):
    rows = tickets("A | 1 | 2025-02-01", "A | 1 | 2025-02-02")
    one = found(examined(tmp_path, {"accounts": ACCOUNT, "tickets": rows}), "keys_are_told_once", "tickets")
    assert one.status == "warn"
    assert "ticket_id" in one.sentence


LEFT = {
    "subscriptions": "account_id | subscription_id | started_at\n A | 1 | 2024-01-01\n B | 2 | 2024-01-01",
    "churn_events": "account_id | at\n A | 2025-01-01\n B | 2025-01-01",
}


@pytest.mark.parametrize(("kind", "status"), [("event", "fail"), ("contract_end", "warn")])
def test_a_contradiction_fails_only_where_it_is_about_who_left(tmp_path, kind, status):
    """Churn events on live subscriptions: by the label event nobody can say who left, by contract_end one can."""
    rule = "churn_events.leaves_no_subscription_live"
    one = found(examined(tmp_path, LEFT, label={"kind": kind}), "tables_agree", rule)
    assert (one.status, one.have) == (status, "100 %")
    assert one.sentence.startswith("2 of 2 rows of churn_events contradict others: the account has a live subscription")
    assert ("another [label] kind is safer" in one.next_step) == (status == "fail")


def test_reasons_that_cannot_be_given_are_named_with_the_tables_they_lack(tmp_path):
    invoices = "account_id | invoice_id | issued_at\n A | 1 | 2025-01-01"
    one = found(examined(tmp_path, {"invoices": invoices}), "reasons_have_their_tables")
    assert one.status == "warn"
    assert one.sentence.startswith("Without contacts, subscriptions, tickets,")
    assert "usage drop" in one.sentence


def test_columns_that_are_mostly_empty_are_named_with_what_rests_on_them(tmp_path):
    header = "account_id | subscription_id | started_at | mrr | seats | renewal_at\n"
    rows = " A | 1 | 2024-01-01 | 1 | 1 | 2026-01-01\n B | 2 | 2024-01-01 | 1 | | \n C | 3 | 2024-01-01 | 1 | | "
    one = found(
        examined(tmp_path, {"subscriptions": header + rows}), "columns_that_features_read_are_filled", "subscriptions"
    )
    assert one.status == "warn"
    assert "seats is empty in 67 % of the rows" in one.sentence
    assert "ended_at, notice_at, currency and auto_renew are never filled" in one.sentence
    assert "renewal near" in one.sentence
    assert "mrr" not in one.sentence


def test_without_mrr_and_invoices_value_is_unknown(tmp_path):
    diagnosis = examined(tmp_path, {"tickets": tickets("A | 1 | 2025-01-10")}, label={"kind": "silence", "lead": 0})
    one = found(diagnosis, "value_is_known")
    assert (one.status, one.have) == ("warn", "neither")
    assert "ordered by risk alone" in one.sentence


def test_a_currency_without_a_rate_is_told(tmp_path):
    rows = "account_id | subscription_id | started_at | mrr | currency\n A | 1 | 2024-01-01 | 1 | USD"
    diagnosis = examined(tmp_path, {"subscriptions": rows})
    assert found(diagnosis, "value_is_known").sentence == "The value of an account is known: 1 by MRR, of 1"
    one = found(diagnosis, "value_is_known", "currency")
    assert one.sentence == "Amounts in USD have no rate into EUR and count as 0"


def test_accounts_without_a_csm_are_counted(tmp_path):
    diagnosis = examined(tmp_path / "one", LEFT)
    assert found(diagnosis, "accounts_have_a_csm").sentence.startswith("No account has a CSM")
    accounts = "account_id | created_at | csm\n A | 2024-01-01 | ida\n B | 2024-01-01 | "
    one = found(examined(tmp_path / "two", {**LEFT, "accounts": accounts}), "accounts_have_a_csm")
    assert (one.status, one.have) == ("warn", "1 of 2")


@pytest.mark.parametrize(("imported", "status"), [(30, "warn"), (19, "ok")])
def test_accounts_that_were_all_created_on_one_day_look_like_an_import(tmp_path, imported, status):
    days = ["2024-03-01"] * imported + [f"2024-04-{day:02}" for day in range(1, 31)]
    accounts = [{"account_id": f"a{n}", "created_at": f"{day} 10:00"} for n, day in enumerate(days)]
    tables = {"accounts": accounts, "tickets": tickets("a1 | 1 | 2024-05-01")}
    one = found(examined(tmp_path, tables), "accounts_did_not_all_begin_at_once")
    assert one.status == status
    if status == "warn":
        assert one.sentence.startswith("30 of 60 accounts were created on 2024-03-01: this looks like the day of an")


def test_lines_that_could_not_be_read_are_counted_beside_the_rows(tmp_path):
    """One of ten lines is a warning; more is a file that is read in the wrong way."""
    from churnrisk import jobs

    (tmp_path / "accounts.csv").write_text("id,since\n" + "".join(f"a{n},2024-01-01\n" for n in range(20)))
    (tmp_path / "tickets.csv").write_text("id,who,at\n" + "".join(f"{n},a1,2024-02-01\n" for n in range(7)) + "8,a1\n")
    (tmp_path / "churnrisk.toml").write_text("""
[export]
folder = "."
[sources.crm]
path = "accounts.csv"
[sources.desk]
path = "tickets.csv"
[[mapping]]
table = "accounts"
from = "crm"
columns = { account_id = "id", created_at = "since" }
[[mapping]]
table = "tickets"
from = "desk"
columns = { ticket_id = "id", account_id = "who", created_at = "at" }
""")
    jobs.extract(jobs.Project.read(tmp_path / "churnrisk.toml"))
    diagnosis = jobs.doctor(jobs.Project.read(tmp_path / "churnrisk.toml"))
    one = found(diagnosis, "lines_can_be_read", "desk")
    assert (one.status, one.have) == ("fail", "12 %")
    assert one.sentence == "1 line of the source desk could not be read, beside 7 rows that could"


def test_a_history_of_one_account_is_a_diagnosis_and_no_traceback(tmp_path):
    diagnosis = examined(tmp_path, {"tickets": tickets("A | 1 | 2025-01-10")})
    assert diagnosis.status == "fail"
    assert found(diagnosis, "enough_accounts_are_eligible").status == "fail"


def test_the_worst_come_first(tmp_path):
    order = [finding.status for finding in examined(tmp_path, LEFT, landed_at=datetime(2026, 1, 1)).findings]
    assert order == sorted(order, key=["fail", "warn", "ok"].index)
