"""Whether an account left in `(as_of + lead, as_of + lead + horizon]`; with 31 January, 14 and 30 days: from the end
of 14 February to the end of 16 March.
"""

import math

import pandas as pd
import pytest

from churnrisk.errors import InputError
from churnrisk.history import History
from churnrisk.labels import label_hash, labels
from churnrisk.parameters import Label
from tests.support.history import Tables, completed, land_rows, moment

AS_OF = moment("2026-01-31")
KNOWN = "2026-12-31"


def label(kind: str, lead: int = 14, horizon: int = 30, activity: str = "tickets") -> Label:
    return Label(kind=kind, lead=lead, horizon=horizon, activity=activity)


def left(folder, tables: Tables, wanted: Label, accounts: str, known_until: str = KNOWN) -> dict[str, float | None]:
    land_rows(folder, completed(tables))
    known = History(folder, "UTC").upto(moment(known_until))
    asked = pd.Series(list(accounts), index=range(10, 10 + len(accounts)), dtype="str")
    found = labels(known, AS_OF, wanted, asked)
    assert found.index.equals(asked.index)
    return {name: None if math.isnan(value) else value for name, value in zip(accounts, found, strict=True)}


def ends(*moments: str) -> dict[str, str]:
    rows = [f"{account} | {account} | 2025-01-01 | {at}" for account, at in zip("ABCDEFGH", moments, strict=False)]
    return {"subscriptions": "\n".join(["account_id | subscription_id | started_at | ended_at", *rows])}


EDGES = ("2026-02-15 00:00", "2026-02-15 00:01", "2026-03-17 00:00", "2026-03-17 00:01", "2026-02-01 00:01", "")


def test_a_contract_that_ends_in_the_window_is_a_loss(tmp_path):
    """Within the lead it is neither a loss nor a stay; the window is half-open; after it, and never, is a stay."""
    found = left(tmp_path, ends(*EDGES), label("contract_end"), "ABCDEF")
    assert found == {"A": None, "B": 1, "C": 1, "D": 0, "E": None, "F": 0}


def test_without_a_lead_nothing_is_left_open(tmp_path):
    found = left(
        tmp_path, ends("2026-02-01 00:01", "2026-03-03 00:00", "2026-03-03 00:01"), label("contract_end", 0), "ABC"
    )
    assert found == {"A": 1, "B": 1, "C": 0}


def test_an_end_before_as_of_is_no_loss_of_this_window(tmp_path):
    assert left(tmp_path, ends("2026-02-01 00:00", "2026-01-15"), label("contract_end"), "AB") == {"A": 0, "B": 0}


def test_a_contract_that_follows_at_once_keeps_the_account(tmp_path):
    """An upgrade, a renewal, a second contract beside it; one that begins a moment later does not."""
    tables = {
        "subscriptions": """
            account_id | subscription_id | started_at       | ended_at
            A          | 1               | 2025-01-01       | 2026-02-20
            A          | 2               | 2026-02-20       |
            B          | 3               | 2025-01-01       | 2026-02-20
            B          | 4               | 2026-02-20 00:01 |
            C          | 5               | 2025-01-01       | 2026-02-20
            C          | 6               | 2025-06-01       | 2026-03-01
            D          | 7               | 2025-01-01       | 2026-02-20
            D          | 8               | 2025-06-01       | 2026-02-20
            E          | 9               | 2025-01-01       | 2026-02-20
            E          | 10              | 2026-02-20       | 2026-06-01
        """
    }
    found = left(tmp_path, tables, label("contract_end"), "ABCDE")
    assert found == {"A": 0, "B": 1, "C": 1, "D": 1, "E": 0}


def test_a_cancellation_in_the_window_is_a_loss(tmp_path):
    rows = [f"{account} | {at}" for account, at in zip("ABCDE", EDGES[:5], strict=True)]
    tables = {"churn_events": "\n".join(["account_id | at", *rows])}
    found = left(tmp_path, tables, label("event"), "ABCDEF")
    assert found == {"A": None, "B": 1, "C": 1, "D": 0, "E": None, "F": 0}


def test_the_first_cancellation_counts(tmp_path):
    """One within the lead makes the label open even if a second follows in the window."""
    events = "account_id | at\n A | 2026-02-10\n A | 2026-02-20\n B | 2026-02-20\n B | 2026-06-01\n C | 2026-01-10"
    assert left(tmp_path, {"churn_events": events}, label("event"), "ABC") == {"A": None, "B": 1, "C": 0}


def test_silence_in_the_whole_window_is_a_loss(tmp_path):
    """With lead 0: one ticket at the last moment is a sign of life, one at as_of itself is not."""
    moments = ("2026-02-01 00:00", "2026-02-01 00:01", "2026-03-03 00:00", "2026-03-03 00:01")
    rows = [f"{account} | {at}" for account, at in zip("ABCD", moments, strict=True)]
    tickets = "\n".join(["account_id | created_at", *rows])
    found = left(tmp_path, {"tickets": tickets}, label("silence", 0), "ABCD")
    assert found == {"A": 1, "B": 0, "C": 0, "D": 1}


def test_where_nobody_left_everybody_stayed(tmp_path):
    tickets = {"tickets": "account_id | created_at\n A | 2026-02-10"}
    assert left(tmp_path, tickets, label("event"), "AB") == {"A": 0, "B": 0}
    known = History(tmp_path, "UTC").upto(moment(KNOWN))
    assert labels(known, AS_OF, label("event"), pd.Series([], dtype="str")).empty


def test_a_label_is_not_given_before_its_window_is_known(tmp_path):
    """The whole window is known at the end of 16 March and not a day sooner."""
    assert left(tmp_path, ends("2026-02-20"), label("contract_end"), "A", known_until="2026-03-16") == {"A": 1}
    known = History(tmp_path, "UTC").upto(moment("2026-03-15"))
    with pytest.raises(InputError, match=r"The label of 2026-01-31 is not known before 2026-03-16.*up to 2026-01-30"):
        labels(known, AS_OF, label("contract_end"), pd.Series(["A"]))


def test_the_hash_of_a_label_changes_with_what_decides_it():
    kinds = [label("contract_end"), label("event"), label("silence", 0), label("silence", 0, activity="usage")]
    kinds += [label("event", 7), label("event", 14, 60)]
    assert len({label_hash(kind) for kind in kinds}) == len(kinds)
    assert label_hash(label("event")) == label_hash(label("event", activity="usage"))
