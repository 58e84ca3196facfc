"""Every known account is eligible, or there is a reason why it is not."""

import pytest

from churnrisk.errors import InputError
from churnrisk.history import History
from churnrisk.parameters import Label
from churnrisk.population import (
    CANCELLED,
    ELIGIBLE,
    GAVE_NOTICE,
    NO_LIVE_SUBSCRIPTION,
    SILENT,
    eligible,
    population,
)
from tests.support.history import Tables, completed, land_rows, moment

CONTRACT_END = Label(kind="contract_end", lead=14, horizon=90, activity="tickets")
EVENT = Label(kind="event", lead=14, horizon=90, activity="tickets")


def silence(activity: str, days: int = 30) -> Label:
    return Label(kind="silence", lead=0, horizon=days, activity=activity)


def past(folder, tables: Tables, day: str):
    land_rows(folder, completed(tables))
    return History(folder, "UTC").upto(moment(day))


def standing(folder, tables: Tables, day: str, label: Label) -> dict[str, str]:
    rows = population(past(folder, tables, day), label)
    assert rows["account_id"].is_monotonic_increasing
    assert rows["account_id"].is_unique
    return dict(zip(rows["account_id"], rows["standing"], strict=True))


SUBSCRIPTIONS = {
    "accounts": "account_id | created_at\n" + "\n".join(f"{name} | 2025-01-01" for name in "ABCDEFG"),
    "subscriptions": """
        account_id | subscription_id | started_at | ended_at   | notice_at
        A          | 1               | 2025-01-01 |            |
        B          | 2               | 2025-01-01 | 2026-02-01 |
        C          | 3               | 2025-01-01 | 2026-02-02 |
        D          | 4               | 2025-01-01 |            | 2026-02-01
        E          | 5               | 2025-01-01 |            | 2026-01-15
        E          | 6               | 2025-06-01 |            |
        F          | 7               | 2026-02-02 |            |
    """,
}


def test_with_subscriptions_a_live_one_without_notice_makes_eligible(tmp_path):
    """A contract that ends at this moment is over; notice for one of two leaves the other; one that begins later and
    none at all are no live ones.
    """
    assert standing(tmp_path, SUBSCRIPTIONS, "2026-01-31", CONTRACT_END) == {
        "A": ELIGIBLE,
        "B": NO_LIVE_SUBSCRIPTION,
        "C": ELIGIBLE,
        "D": GAVE_NOTICE,
        "E": ELIGIBLE,
        "F": NO_LIVE_SUBSCRIPTION,
        "G": NO_LIVE_SUBSCRIPTION,
    }


def test_an_end_or_a_notice_still_to_come_is_not_known(tmp_path):
    seen = standing(tmp_path, SUBSCRIPTIONS, "2026-01-30", CONTRACT_END)
    assert [seen[account] for account in "BDF"] == [ELIGIBLE, ELIGIBLE, NO_LIVE_SUBSCRIPTION]


def test_a_contract_begins_at_its_first_moment(tmp_path):
    assert standing(tmp_path, SUBSCRIPTIONS, "2026-02-01", CONTRACT_END)["F"] == ELIGIBLE


def test_an_account_that_is_not_known_yet_is_not_there(tmp_path):
    accounts = {"accounts": "account_id | created_at\n A | 2025-01-01\n B | 2026-02-02", "tickets": TICKETS}
    assert list(standing(tmp_path, accounts, "2026-01-31", EVENT)) == ["A"]


TICKETS = "account_id | created_at\n A | 2026-02-01 00:00\n B | 2026-01-02 00:00\n C | 2026-01-02 00:01"


def test_under_silence_a_sign_of_life_in_the_window_makes_eligible(tmp_path):
    """The window is half-open, and as long as the silence."""
    seen = standing(tmp_path, {"tickets": TICKETS}, "2026-01-31", silence("tickets"))
    assert seen == {"A": ELIGIBLE, "B": SILENT, "C": ELIGIBLE}


def test_a_credit_note_and_a_day_without_use_are_no_signs_of_life(tmp_path):
    tables = {
        "invoices": "account_id | amount | issued_at\n A | 10 | 2026-01-20\n B | -10 | 2026-01-20\n C | 0 | 2026-01-20",
        "usage": "account_id | day | value\n A | 2026-01-20 | 0\n B | 2026-01-20 | 3",
    }
    here = past(tmp_path, tables, "2026-01-31")
    assert eligible(here, silence("invoices")) == ["A"]
    assert eligible(here, silence("usage")) == ["B"]


def test_without_subscriptions_a_cancellation_ends_it(tmp_path):
    tables = {"tickets": TICKETS, "churn_events": "account_id | at\n A | 2026-02-01 00:00\n B | 2026-02-01 00:01"}
    assert standing(tmp_path, tables, "2026-01-31", EVENT) == {"A": CANCELLED, "B": ELIGIBLE, "C": ELIGIBLE}


def test_the_end_of_a_contract_needs_contracts(tmp_path):
    with pytest.raises(InputError, match=r"there are no subscriptions.*silence"):
        population(past(tmp_path, {"tickets": TICKETS}, "2026-01-31"), CONTRACT_END)


def test_no_account_at_all_is_an_empty_population(tmp_path):
    assert eligible(past(tmp_path, {"tickets": TICKETS}, "2019-01-31"), EVENT) == []
