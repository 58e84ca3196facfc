"""What a column is found to hold: times, numbers, truths, and the words of short lists."""

import re
from datetime import datetime

import pytest

from churnrisk.extract.proposal.dates import number_moment, text_moment
from churnrisk.extract.proposal.names import COLUMNS, fit, words
from churnrisk.extract.proposal.values import enumerated, enumeration, is_truth, number_form, scores, truth
from churnrisk.history import connect


def read(expression: str, value: object):
    """What the expression over a column `c` gives for that value."""
    [(found,)] = connect().execute(f"select {expression} from (select ? as c)", [value]).fetchall()
    return found


def moment(*values: str, month_first: bool = False):
    return text_moment("c", dict.fromkeys(values, 1), month_first)


@pytest.mark.parametrize(
    ("values", "value", "is_read_as"),
    [
        (["24.12.2025", "01.02.2025"], "01.02.2025", datetime(2025, 2, 1)),
        (["24/12/2025 10:05", "03/04/2025 09:00"], "03/04/2025 09:00", datetime(2025, 4, 3, 9)),
        (["12/24/2025 10:05 PM", "3/4/2025 9:00 AM"], "3/4/2025 9:00 AM", datetime(2025, 3, 4, 9)),
        (["24-12-25", "03-04-25"], "03-04-25", datetime(2025, 4, 3)),
        (["24 Dec 2025", "3 Mar 2025"], "3 Mar 2025", datetime(2025, 3, 3)),
        (["December 24, 2025", "March 3, 2025"], "March 3, 2025", datetime(2025, 3, 3)),
        (["24.12.2025 10:00", "2025-12-24 10:00:00"], "2025-12-24 10:00:00", datetime(2025, 12, 24, 10)),
        (["24.12.2025 10:00", "2025-12-24 10:00:00"], "24.12.2025 10:00", datetime(2025, 12, 24, 10)),
        (["2025-12", "2025-11"], "2025-11", datetime(2025, 11, 1)),
        (["24.12.2025 10:00:00.250"], "24.12.2025 10:00:00.250", datetime(2025, 12, 24, 10, 0, 0, 250_000)),
        (["2025-01-31", "9999-12-31"], "9999-12-31", None),
    ],
)
def test_a_time_is_read_as_the_column_writes_it(values, value, is_read_as):
    found = moment(*values)
    assert found is not None
    assert read(found.typed, value) == is_read_as


@pytest.mark.parametrize(
    "values", [["2025-12-24", "2025-01-02 10:00"], ["2025-12-24T10:00:00Z", "2025-12-24T10:00:00+02:00"]]
)
def test_iso_times_need_no_expression(values):
    assert moment(*values).sql == "c"


def test_day_and_month_that_no_value_tells_apart_are_a_doubt():
    assert moment("03/04/2025").doubts == ("no value tells day and month apart; the day is taken first",)
    assert read(moment("03/04/2025", month_first=True).typed, "03/04/2025") == datetime(2025, 3, 4)
    assert moment("13/04/2025", "03/04/2025").doubts == ()


def test_words_and_numbers_are_no_times():
    assert moment("12", "13") is None
    assert moment("1.5.2 beta", "2.0.1 beta") is None


@pytest.mark.parametrize(
    ("value", "is_read_as"),
    [
        (1_766_570_400, datetime(2025, 12, 24, 10)),
        (1_766_570_400_000, datetime(2025, 12, 24, 10)),
        (20_251_224, datetime(2025, 12, 24)),
        (46_015, datetime(2025, 12, 24)),
    ],
)
def test_numbers_called_like_a_time_are_epochs_or_days_of_excel(value, is_read_as):
    found = number_moment("c", value, value, whole=True)
    assert read(found.typed, str(value)) == is_read_as


@pytest.mark.parametrize(
    ("values", "value", "is_read_as"),
    [
        (["1.234,50", "12,00"], "1.234,50", 1234.5),
        (["1,234.50", "12.00"], "1,234.50", 1234.5),
        (["1 234,50 zł", "12,00 zł"], "1 234,50 zł", 1234.5),
        (["€ 12", "€ 1.200"], "€ 1.200", 1200.0),
        (["12 %", "7 %"], "12 %", 12.0),
        (["1.234,50", "12.75", "3,25", "1,25"], "12.75", 12.75),
        (["-3,50", "2,50"], "-3,50", -3.5),
    ],
)
def test_a_number_is_read_as_the_column_writes_it(values, value, is_read_as):
    found = number_form("c", dict.fromkeys(values, 1))
    assert read(found.sql, value) == is_read_as


def test_plain_numbers_need_no_expression_and_signs_tell_the_currency():
    assert number_form("c", {"1.5": 1, "2": 1}).sql == "c"
    assert number_form("c", {"€ 12": 1}).currency == "EUR"
    assert number_form("c", {"12 DKK": 1}).currency == "DKK"
    assert number_form("c", {"one": 1, "two": 1}) is None


@pytest.mark.parametrize("yes", ["ja", "tak", "Yes", "TRUE", "1", "wahr", "sand"])
def test_yes_and_no_are_known_in_several_languages(yes):
    no = {"ja": "nej", "tak": "nie", "Yes": "No", "TRUE": "FALSE", "1": "0", "wahr": "falsch", "sand": "falsk"}[yes]
    assert is_truth([yes, no])
    assert read(f"({truth('c', [yes, no], 'VARCHAR')})::boolean", yes) is True
    assert read(f"({truth('c', [yes, no], 'VARCHAR')})::boolean", no) is False


@pytest.mark.parametrize(
    ("values", "canonical"),
    [
        (["P1", "P2", "P3", "P4"], ["urgent", "high", "normal", "low"]),
        (["1", "2", "3", "4"], ["urgent", "high", "normal", "low"]),
        (["Blocker", "Major", "Medium", "Minor"], ["urgent", "high", "normal", "low"]),
        (["Sofort", "Hoch", "Mittel", "Niedrig"], ["urgent", "high", "normal", "low"]),
        (["Akut", "Høj", "Normal", "Lav"], ["urgent", "high", "normal", "low"]),
        (["Krytyczny", "Wysoki", "Średni", "Niski"], ["urgent", "high", "normal", "low"]),
    ],
)
def test_priorities_are_known_in_several_languages(values, canonical):
    known, unknown = enumerated("priority", values)
    assert [known[value] for value in values] == canonical
    assert unknown == []


def test_a_value_that_no_word_explains_falls_to_a_usual_one():
    known, unknown = enumerated("priority", ["High", "Purple"])
    assert unknown == ["Purple"]
    expression = enumeration("c", known, unknown, "normal")
    assert [read(expression, value) for value in ("high", "Purple", None)] == ["high", "normal", None]


def test_values_that_are_canonical_need_no_expression():
    assert enumeration("c", {"high": "high", "low": "low"}) == "c"


@pytest.mark.parametrize(
    ("values", "points"),
    [
        (["Good", "Bad"], ["5", "1"]),
        (["very satisfied", "satisfied", "neutral", "dissatisfied", "very dissatisfied"], ["5", "4", "3", "2", "1"]),
        (["Meget tilfreds", "Tilfreds", "Utilfreds", "Meget utilfreds"], ["5", "4", "2", "1"]),
        (["sehr gut", "gut", "nicht gut"], ["5", "4", "2"]),
    ],
)
def test_words_of_satisfaction_become_points(values, points):
    assert [scores(values)[0][value] for value in values] == points


@pytest.mark.parametrize(
    ("table", "column", "name"),
    [
        ("tickets", "created_at", "Eröffnet am"),
        ("tickets", "created_at", "eroeffnet_am"),
        ("tickets", "created_at", "oprettet_dato"),
        ("tickets", "created_at", "Data utworzenia"),
        ("tickets", "created_at", "createdAt"),
        ("subscriptions", "ended_at", "Vertragsende"),
        ("subscriptions", "started_at", "Obowiązuje od"),
        ("invoices", "due_at", "Forfaldsdato"),
        ("churn_events", "at", "Kündigungsdatum"),
    ],
)
def test_columns_are_known_by_their_names_in_several_languages(table, column, name):
    assert fit(name, COLUMNS[table][column]) == 1


def test_a_name_is_its_words_however_it_is_written():
    assert words("TicketCreatedAt") == words("ticket_created at") == ("ticket", "created", "at")
    assert words("Kündigung") == words("Kuendigung")


def test_every_phrase_of_every_column_says_something():
    for columns in COLUMNS.values():
        for phrases in columns.values():
            assert all(words(phrase) for phrase in phrases.split(",")), phrases
            assert not re.search(r",\s*,", phrases)
