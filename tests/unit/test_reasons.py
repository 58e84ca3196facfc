"""Reasons: sentences that are true of the value, in the words of the catalogue."""

import numpy as np
import pandas as pd
import pytest

from churnrisk.features import CATALOGUE
from churnrisk.score.reasons import in_words, reasons


def _told(values, added, usual):
    frame = pd.DataFrame([values])
    return reasons(pd.DataFrame([added]), frame, pd.Series(usual, dtype=float), CATALOGUE, "EUR")[0]


def test_a_long_wait_is_told_with_what_is_usual():
    (reason,) = _told(
        {"first_response_hours_last_30d": 31.2},
        {"first_response_hours_last_30d": 0.8},
        {"first_response_hours_last_30d": 6.04},
    )
    assert reason.code == "slow_response"
    assert reason.sentence == "First reply took 31 h on average in the last 30 days; usual is 6 h"
    assert reason.actionable


def test_windows_of_one_story_are_told_once_by_the_strongest():
    told = _told(
        {"usage_change_30d": -0.61, "usage_change_90d": -0.3},
        {"usage_change_30d": 0.5, "usage_change_90d": 0.2},
        {"usage_change_30d": 0.0, "usage_change_90d": 0.0},
    )
    assert [reason.sentence for reason in told] == ["Use fell by 61 % in the last 30 days against the 90 days before"]


def test_a_number_on_the_good_side_is_no_reason_even_if_it_adds_risk():
    assert _told({"csat_last_180d": 4.9}, {"csat_last_180d": 0.4}, {"csat_last_180d": 4.2}) == ()


def test_what_lowers_the_risk_is_no_reason():
    assert _told({"open_tickets": 3}, {"open_tickets": -0.4}, {"open_tickets": 0}) == ()


def test_a_missing_value_is_no_reason():
    assert _told({"csat_last_180d": np.nan}, {"csat_last_180d": 0.4}, {"csat_last_180d": 4.2}) == ()


def test_few_tickets_and_many_tickets_have_different_words():
    few = _told({"tickets_last_90d": 1}, {"tickets_last_90d": 0.3}, {"tickets_last_90d": 4})[0]
    many = _told({"tickets_last_90d": 9}, {"tickets_last_90d": 0.3}, {"tickets_last_90d": 4})[0]
    assert (few.code, many.code) == ("inactivity", "unresolved")
    assert few.sentence == "Only 1 ticket opened in the last 90 days; usual is 4"


def test_no_more_than_three_and_the_strongest_first():
    values = {"open_tickets": 5, "reopens_last_90d": 4, "overdue_invoices": 2, "champions_left_last_180d": 1}
    added = {"open_tickets": 0.1, "reopens_last_90d": 0.4, "overdue_invoices": 0.3, "champions_left_last_180d": 0.9}
    told = _told(values, added, dict.fromkeys(values, 0))
    assert [reason.code for reason in told] == ["champion_left", "reopened", "billing"]


def test_what_nobody_can_change_is_marked():
    (reason,) = _told({"days_to_renewal": 12.2}, {"days_to_renewal": 0.5}, {"days_to_renewal": 200.0})
    assert reason.sentence == "The contract comes up for renewal in 12 days"
    assert not reason.actionable


@pytest.mark.parametrize(
    ("value", "unit", "noun", "words"),
    [
        (1, "tickets", True, "1 ticket"),
        (0, "tickets", True, "0 tickets"),
        (1.4, "tickets", True, "1.4 tickets"),
        (3, "tickets", False, "3"),
        (47.6, "hours", True, "48 h"),
        (60, "hours", True, "2.5 days"),
        (0.456, "share", True, "46 %"),
        (1234.4, "money", True, "1,234 EUR"),
        (1, "days", True, "1 day"),
        (0.3, "days", True, "less than a day"),
        (2, "times", True, "twice"),
        (0, "times", False, "0"),
        (5, "times", True, "5 times"),
        (1, "people", True, "1 person"),
        (-1.84, "deviations", True, "1.8 deviations"),
        (3.7, "replies", True, "3.7 replies"),
    ],
)
def test_numbers_are_said_as_people_say_them(value, unit, noun, words):
    assert in_words(value, unit, "EUR", noun) == words


def test_every_wording_of_the_catalogue_makes_a_sentence():
    """No placeholder is left, no name of a column is shown, and the first letter is large or a number."""
    for feature in CATALOGUE.features:
        for wording in filter(None, (feature.high, feature.low)):
            is_change = "{change}" in wording.sentence or feature.unit == "deviations"
            value = 5.0 if wording is feature.high else -0.5 if is_change else 0.4
            usual = 0.0 if wording is feature.high or is_change else 2.0
            told = _told({feature.name: value}, {feature.name: 1.0}, {feature.name: usual})
            assert told, feature.name
            sentence = told[0].sentence
            assert "{" not in sentence
            assert "_" not in sentence
            assert sentence[0].isupper() or sentence[0].isdigit()


def test_a_ratio_is_told_as_a_change():
    """Half as many people is a fall by 50 %; a ratio over one is no fall, whatever is usual."""
    name = "active_users_change_30d"
    (fell,) = _told({name: 0.5}, {name: 1.0}, {name: 0.4})
    assert fell.sentence == "People on a day with use fell by 50 % in the last 30 days against the last 90"
    assert _told({name: 1.2}, {name: 1.0}, {name: 2.0}) == ()
