"""How the data arrive: sources that stopped, tables that fell silent, empty months, less than usual."""

from datetime import date, datetime, timedelta

import pytest

from churnrisk.doctor import freshness, refuse_stale
from churnrisk.doctor.facts import Facts
from churnrisk.errors import Exit, HeldError
from churnrisk.history import History
from churnrisk.parameters import Parameters
from churnrisk.settings import Settings
from churnrisk.validate import Verdicts
from tests.support.doctor import all_of, examined, found
from tests.support.history import LATER, Row, completed, land_rows, moment

BEGIN = datetime(2025, 1, 1)


def usage(until: int, begin: int = 0, account: str = "A") -> list[Row]:
    """A row of use a day."""
    days = [(BEGIN + timedelta(days=day)).date().isoformat() for day in range(begin, until)]
    return [{"account_id": account, "day": day, "metric": "m", "value": "1"} for day in days]


def tickets(until: int, a_day: int = 1, but: range = range(0)) -> list[Row]:
    """Tickets every day until one, but for some days."""
    return [
        {"ticket_id": f"{day}-{n}", "account_id": "A", "created_at": str(BEGIN + timedelta(days=day, hours=10))}
        for day in range(until)
        if day not in but
        for n in range(a_day)
    ]


def settings(**fresh_days: int) -> Settings:
    return Settings.model_validate({"sources": {name: {"fresh_days": days} for name, days in fresh_days.items()}})


def test_a_source_that_stopped_is_an_outage_and_not_less_use(tmp_path):
    """The last day of use is 3 May; tickets go on for 41 days more."""
    sources = {"given_usage": {"fresh_days": 2}}
    one = found(
        examined(tmp_path, {"usage": usage(123), "tickets": tickets(165)}, sources), "sources_are_fresh", "given_usage"
    )
    assert (one.status, one.need, one.have) == ("fail", "at most 2 days old", "until 2025-05-03")
    assert one.sentence == (
        "The source given_usage (usage) stopped arriving on 2025-05-03, 41 days before 2025-06-13; allowed: 2 days"
    )


@pytest.mark.parametrize(("today", "told"), [(date(2025, 6, 16), False), (date(2025, 6, 17), True)])
def test_where_nothing_at_all_arrives_any_more_today_tells_it(tmp_path, today, told):
    """Known until 13 June, 2 days allowed: on the 16th the 15th should be known, or the 13th at least."""
    sources = {"given_usage": {"fresh_days": 2}}
    diagnosis = examined(tmp_path, {"usage": usage(164), "tickets": tickets(165)}, sources, today=today)
    expected = {"given_usage": "ok"} | ({"all sources": "warn"} if told else {})
    assert all_of(diagnosis, "sources_are_fresh") == expected


@pytest.mark.parametrize(("days", "age", "is_stale"), [(164, 0, False), (162, 2, False), (161, 3, True)])
def test_the_newest_fact_may_be_as_old_as_is_said(tmp_path, days, age, is_stale):
    """Known until 13 June, the 164th day; 2 days are allowed."""
    land_rows(tmp_path, completed({"usage": usage(days), "tickets": tickets(165)}))
    (one,) = freshness(History(tmp_path, "UTC"), settings(given_usage=2), moment("2025-06-13"))
    assert (one.age, one.is_stale) == (age, is_stale)


def test_a_day_is_the_company_s_also_where_its_midnight_is_not_that_of_utc(tmp_path):
    land_rows(tmp_path, completed({"usage": usage(164)}), time_zone="Asia/Seoul")
    history = History(tmp_path, "Asia/Seoul")
    (one,) = freshness(history, settings(given_usage=0), history.known_until)
    assert (str(history.known_until), str(one.newest), one.age) == ("2025-06-13", "2025-06-13", 0)


def test_in_the_past_only_what_was_known_then_counts(tmp_path):
    """A list of any earlier day is held or not as it would have been then."""
    land_rows(tmp_path, completed({"usage": usage(123), "tickets": tickets(165)}))
    history = History(tmp_path, "UTC")
    assert refuse_stale(history, settings(given_usage=2), moment("2025-05-05")) is None
    with pytest.raises(HeldError, match=r"stopped arriving on 2025-05-03, 3 days before 2025-05-06; allowed: 2 days"):
        refuse_stale(history, settings(given_usage=2), moment("2025-05-06"))


def test_a_source_that_began_later_has_not_stopped(tmp_path):
    land_rows(tmp_path, completed({"usage": usage(165, begin=100), "tickets": tickets(165)}))
    history = History(tmp_path, "UTC")
    assert refuse_stale(history, settings(given_usage=2), moment("2025-03-01")) is None


def test_a_source_without_any_row_is_an_outage_and_the_names_that_there_are_told(tmp_path):
    sources = {"given_usgae": {"fresh_days": 2}}
    one = found(examined(tmp_path, {"usage": usage(165)}, sources), "sources_are_fresh", "given_usgae")
    assert (one.status, one.sentence) == ("fail", "No row comes from the source given_usgae")
    assert "rows come from given_accounts and given_usage" in one.next_step
    with pytest.raises(HeldError) as raised:
        refuse_stale(History(tmp_path, "UTC"), settings(given_usgae=2), moment("2025-06-01"))
    assert raised.value.exit_code == Exit.HELD
    assert raised.value.facts["sources"] == ["given_usgae"]


def test_what_a_row_told_of_days_to_come_is_no_sign_that_its_source_still_arrives(tmp_path):
    """A contract landed in May with an end in June; nothing came from its source after May."""
    contract = "account_id | subscription_id | started_at | ended_at\n A | 1 | 2025-01-01 | 2025-06-10"
    land_rows(tmp_path, completed({"subscriptions": contract, "tickets": tickets(100)}), datetime(2025, 5, 3, 12))
    land_rows(tmp_path, {"tickets": tickets(165)}, datetime(2025, 6, 14, 12))
    (one,) = freshness(History(tmp_path, "UTC"), settings(given_subscriptions=9), moment("2025-06-13"))
    assert str(one.newest) == "2025-05-03"


def test_an_end_that_is_told_later_is_a_sign_that_its_source_arrives(tmp_path):
    """The newest fact of contracts that began long ago is the end of one of them."""
    contract = "account_id | subscription_id | started_at | ended_at\n A | 1 | 2025-01-01 | 2025-06-10 09:00"
    land_rows(tmp_path, completed({"subscriptions": contract, "tickets": tickets(165)}), LATER)
    (one,) = freshness(History(tmp_path, "UTC"), settings(given_subscriptions=9), moment("2025-06-13"))
    assert (str(one.newest), one.is_stale) == ("2025-06-10", False)


def test_rows_of_several_sources_count_for_each(tmp_path):
    from churnrisk import jobs

    (tmp_path / "a.csv").write_text("id,since\nA,2025-01-01\n")
    (tmp_path / "t.csv").write_text("id,who,at\n1,A,2025-02-01\n")
    (tmp_path / "churnrisk.toml").write_text("""
[export]
folder = "."
[sources.crm]
path = "a.csv"
fresh_days = 9
[sources.desk]
path = "t.csv"
fresh_days = 9
[[mapping]]
table = "accounts"
from = "crm"
columns = { account_id = "id", created_at = "since" }
[[mapping]]
table = "tickets"
from = "select desk.id, who, desk.at from desk join crm on crm.id = who"
columns = { ticket_id = "id", account_id = "who", created_at = "at" }
""")
    project = jobs.Project.read(tmp_path / "churnrisk.toml")
    jobs.extract(project)
    one, other = freshness(project.history, project.settings, project.moment())
    assert (one.source, one.tables, other.tables) == ("crm", ("accounts", "tickets"), ("tickets",))
    assert one.newest == other.newest


def test_what_says_only_how_fresh_a_source_must_be_asks_for_no_new_history():
    plain = Settings.model_validate({"export": {"canonical": True}})
    declared = plain.model_copy(update={"sources": settings(usage=2).sources})
    assert plain.mapping_hash == declared.mapping_hash


def test_a_table_that_falls_silent_is_a_warning_by_its_own_measure(tmp_path):
    diagnosis = examined(tmp_path, {"usage": usage(155), "tickets": tickets(165)})
    assert all_of(diagnosis, "tables_did_not_fall_silent") == {"usage": "warn"}
    assert found(diagnosis, "tables_did_not_fall_silent", "usage").sentence == (
        "The last row of usage is of 2025-06-04, 9 days before 2025-06-13; a long gap between its rows is 1 day"
    )


def test_a_table_that_comes_once_a_month_is_not_silent_after_three_weeks(tmp_path):
    monthly = [row for row in tickets(145) if row["created_at"][8:10] == "01"]
    assert len(monthly) == 5
    invoices = [{"invoice_id": r["ticket_id"], "account_id": "A", "issued_at": r["created_at"]} for r in monthly]
    invoices += [{"invoice_id": "x", "account_id": "A", "issued_at": "2025-05-20"}]
    diagnosis = examined(tmp_path, {"invoices": invoices, "tickets": tickets(165)})
    assert all_of(diagnosis, "tables_did_not_fall_silent") == {"": "ok"}


def test_a_silence_that_its_source_declares_is_told_once(tmp_path):
    sources = {"given_usage": {"fresh_days": 2}}
    diagnosis = examined(tmp_path, {"usage": usage(123), "tickets": tickets(165)}, sources)
    assert all_of(diagnosis, "sources_are_fresh") == {"given_usage": "fail"}
    assert all_of(diagnosis, "tables_did_not_fall_silent") == {"": "ok"}


def test_months_without_a_row_are_named(tmp_path):
    diagnosis = examined(tmp_path, {"tickets": tickets(165, but=range(58, 121))})
    one = found(diagnosis, "months_are_not_empty", "tickets")
    assert (one.status, one.have) == ("warn", "2 empty months")
    assert one.sentence == "tickets has no row in 2025-03 and 2025-04; a usual month has 28 rows"


@pytest.mark.parametrize("zone", ["America/New_York", "Asia/Kolkata", "Europe/Copenhagen"])
def test_a_day_without_a_time_is_counted_on_that_day_in_every_zone_and_season(tmp_path, zone):
    """A date alone, and a day of use, in winter and in summer."""
    dates = ("2025-01-10", "2025-07-10")
    tables = {
        "tickets": [{"ticket_id": day, "account_id": "A", "created_at": day} for day in (*dates, "2025-08-01")],
        "usage": [{"account_id": "A", "day": day, "metric": "m", "value": "1"} for day in dates],
    }
    land_rows(tmp_path, completed(tables), time_zone=zone)
    facts = Facts(History(tmp_path, zone), Verdicts({}, {}, {}, {}), Settings(), Parameters.read(tmp_path))
    for table in tables:
        assert [str(day.date()) for day in facts.days[table].index[:2]] == list(dates)


def test_less_than_half_of_what_is_usual_is_a_warning(tmp_path):
    rows = tickets(270, a_day=3)
    few = [row for row in rows if row["created_at"] < "2025-09-01" or row["ticket_id"].endswith("-0")]
    assert all_of(examined(tmp_path / "well", {"tickets": rows}), "as_much_comes_as_before") == {"": "ok"}
    one = found(examined(tmp_path / "few", {"tickets": few}), "as_much_comes_as_before", "tickets")
    assert one.status == "warn"
    assert "rows of tickets came in the last 30 days" in one.sentence
