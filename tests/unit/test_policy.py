"""Policy: pure functions over frames."""

import numpy as np
import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

from churnrisk.parameters import Policy
from churnrisk.policy import HIGH, LOW, MEDIUM, at_risk, rank, tiers, value_at_risk, within_capacity

POLICY = Policy(weekly_capacity=2, tier_high=0.25, tier_medium=0.10)
accounts = st.lists(
    st.tuples(st.sampled_from([0.0, 0.1, 0.2]), st.sampled_from([0.0, 10.0, 20.0]), st.sampled_from(["x", "y", None])),
    max_size=12,
)


def rows_of(drawn: list[tuple[float, float, str | None]]) -> pd.DataFrame:
    risk, value, csm = zip(*drawn, strict=True) if drawn else ((), (), ())
    names = [f"{place:02d}" for place in range(len(drawn))]
    rows = pd.DataFrame({"account_id": names, "risk": risk, "value": value, "csm": pd.Series(csm, dtype="object")})
    return rows.assign(value_at_risk=value_at_risk(rows["risk"].astype(float), rows["value"].astype(float)))


def test_a_tier_begins_at_its_limit():
    risk = pd.Series([0.0, 0.0999, 0.10, 0.2499, 0.25, 1.0], index=list("abcdef"))
    assert tiers(risk, POLICY).to_dict() == dict(zip("abcdef", [LOW, LOW, MEDIUM, MEDIUM, HIGH, HIGH], strict=True))


def test_value_at_risk_is_what_is_expected_to_be_lost():
    assert value_at_risk(pd.Series([0.5, 0.0]), pd.Series([100.0, 7.0])).tolist() == [50, 0]


def test_most_value_at_risk_is_first_then_risk_then_name():
    rows = pd.DataFrame(
        {"account_id": ["d", "c", "b", "a"], "risk": [0.1, 0.2, 0.2, 0.9], "value_at_risk": [10.0, 10.0, 10.0, 1.0]}
    )
    assert rank(rows)["account_id"].tolist() == ["b", "c", "d", "a"]


@given(drawn=accounts, seed=st.integers(0, 99))
def test_the_order_of_a_list_does_not_depend_on_the_order_of_its_rows(drawn, seed):
    rows = rows_of(drawn)
    shuffled = rows.iloc[np.random.default_rng(seed).permutation(len(rows))]
    pd.testing.assert_frame_equal(rank(rows), rank(shuffled))


@given(drawn=accounts, x=st.integers(0, 5), y=st.integers(0, 5))
def test_a_csm_gets_the_first_of_their_own_and_no_more_than_their_capacity(drawn, x, y):
    """Somebody without a capacity, and nobody, get none."""
    ranked = rank(rows_of(drawn))
    chosen = within_capacity(ranked, pd.Series({"x": x, "y": y}))
    assert chosen.dtype == bool
    for csm, capacity in (("x", x), ("y", y)):
        own = chosen[ranked["csm"] == csm].tolist()
        assert own == [place < capacity for place in range(len(own))]
    assert not chosen[ranked["csm"].isna()].any()


def test_a_low_tier_is_not_on_the_list():
    rows = pd.DataFrame({"account_id": ["a", "b", "c"], "tier": [HIGH, LOW, MEDIUM]})
    assert at_risk(rows)["account_id"].tolist() == ["a", "c"]
