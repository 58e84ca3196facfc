"""Whether the share that leaves moved: planted moves are found, chance and too small ones are not told as moves."""

import numpy as np
import pandas as pd

from churnrisk.labels import base_rate_drift

DAYS = pd.date_range("2025-01-31", periods=8, freq="28D")


def rows(shares: list[float], accounts: int = 2000, seed: int = 3) -> pd.DataFrame:
    """Accounts at each as_of, leaving with the given share."""
    chance = np.random.default_rng(seed)
    parts = [
        pd.DataFrame(
            {"account_id": [f"a{n}" for n in range(accounts)], "as_of": day, "left": chance.random(accounts) < s}
        )
        for day, s in zip(DAYS, shares, strict=True)
    ]
    return pd.concat(parts, ignore_index=True).astype({"left": float})


def test_a_move_is_told_with_both_shares_their_days_and_the_interval():
    drift = base_rate_drift(rows([0.28] * 2 + [0.4] * 4 + [0.58] * 2))
    assert drift.is_notable
    assert drift.low < 0.30 < drift.high
    assert drift.sentence.startswith(
        "The share that leaves moved from 29 % (2025-01-31 to 2025-02-28) to 60 % (2025-07-18"
    )
    assert drift.sentence.endswith(" points with 95 % confidence")


def test_a_fall_is_told_as_one():
    drift = base_rate_drift(rows([0.4] * 4 + [0.2] * 4))
    assert drift.is_notable
    assert "moved from 4" in drift.sentence
    assert drift.high < 0


def test_chance_is_not_told_as_a_move():
    """Of 40 companies in which nothing moves, the interval leaves out zero in about one of twenty."""
    drifts = [base_rate_drift(rows([0.1] * 8, accounts=300, seed=seed)) for seed in range(40)]
    assert sum(drift.is_sure for drift in drifts) <= 5
    assert "did not move beyond chance" in next(d for d in drifts if not d.is_sure).sentence


def test_a_sure_but_small_move_changes_no_decision():
    drift = base_rate_drift(rows([0.20] * 4 + [0.22] * 4, accounts=20_000))
    assert (drift.is_sure, drift.is_notable) == (True, False)
    assert "hardly moved" in drift.sentence


def test_the_interval_takes_accounts_and_not_rows_anew():
    """The same accounts leave at every as_of: eight rows of one account are one witness."""
    once = rows([0.3] * 8, accounts=100)
    first = once[once["as_of"] == DAYS[0]]["left"].to_numpy()
    same = once.assign(left=np.tile(first, 8))
    drift = base_rate_drift(same)
    assert (drift.low, drift.high) == (0, 0)
    moved = rows([0.3] * 8, accounts=100, seed=1)
    assert base_rate_drift(moved).high - base_rate_drift(moved).low > 0.05


def test_one_as_of_has_no_drift_and_the_answer_is_always_the_same():
    two = rows([0.3] * 8)
    assert base_rate_drift(two[two["as_of"] == DAYS[0]]) is None
    assert base_rate_drift(two.iloc[:0]) is None
    assert base_rate_drift(two) == base_rate_drift(two.sample(frac=1, random_state=1))
