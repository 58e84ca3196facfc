"""Challenger against champion: each gate passes what is no worse and fails what is."""

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit

from churnrisk.model import Calibration, ChurnModel, Linear
from churnrisk.train.promotion import gates, misfit

ACCOUNTS, AS_OFS = 1500, 3


def linear(weights: dict[str, float], intercept: float = -1.0) -> Linear:
    names = tuple(weights)
    nothing = (0.0,) * len(names)
    return Linear(names, nothing, (1.0,) * len(names), tuple(weights.values()), nothing, intercept)


def model(weights: dict[str, float], intercept: float = -1.0, label: str = "label") -> ChurnModel:
    return ChurnModel(linear(weights, intercept), Calibration(), label, "catalogue", 14, 90, "model")


def rows(truth: dict[str, float], seed: int = 3) -> pd.DataFrame:
    """Accounts at three as_of that leave by a known model; a third each in their first year, to the third, older."""
    generator = np.random.default_rng(seed)
    many = ACCOUNTS * AS_OFS
    made = pd.DataFrame(
        {
            "account_id": np.tile(np.arange(ACCOUNTS), AS_OFS),
            "as_of": np.repeat(pd.date_range("2026-01-31", periods=AS_OFS, freq="28D"), ACCOUNTS),
            "tickets": generator.normal(size=many),
            "usage": generator.normal(size=many),
            "account_age_days": np.tile(generator.choice([100.0, 700.0, 2000.0], ACCOUNTS), AS_OFS),
        }
    )
    log_odds = linear(truth).score(made)
    return made.assign(left=(generator.random(many) < expit(log_odds)).astype(float))


TRUTH = {"tickets": 1.0, "usage": -1.0}
TEST = rows(TRUTH)


def failed(
    challenger: ChurnModel, champion: ChurnModel | None, test: pd.DataFrame = TEST, suspicion: str = ""
) -> set[str]:
    return {gate.name for gate in gates(challenger, champion, test, suspicion) if not gate.passed}


def test_a_model_as_good_as_the_champion_passes_every_gate():
    asked = gates(model({"tickets": 1.0, "usage": -0.9}), model(TRUTH), TEST, "")
    assert [gate.name for gate in asked] == ["plausibility", "value", "calibration", "slices", "stability"]
    assert all(gate.passed for gate in asked), asked


def test_a_model_that_ranks_surely_worse_fails_on_value():
    assert "value" in failed(model({"tickets": 1.0}), model(TRUTH))


def test_a_better_model_may_turn_the_list_over_only_with_a_person():
    """A champion that knew nothing: the new one is far better, and no account on the list stays."""
    assert failed(model(TRUTH), model({"tickets": -0.1})) == {"stability"}


def test_risks_that_are_off_fail_unless_the_champions_are_too():
    off = model(TRUTH, intercept=1.0)
    assert failed(off, model(TRUTH)) == {"calibration"}
    assert failed(off, model(TRUTH, intercept=1.2)) == set()


def test_a_slice_that_is_ranked_worse_fails_though_the_whole_is_not():
    """Old accounts are ranked at random by the new model, young ones better than before."""
    test = TEST.assign(
        old=np.where(TEST["account_age_days"] > 1095, TEST["usage"], 0.0),
        young=np.where(TEST["account_age_days"] > 1095, 0.0, TEST["usage"]),
    )
    new, before = model({"tickets": 1.0, "young": -1.0}), model({"tickets": 1.0, "old": -1.0})
    asked = {gate.name: gate for gate in gates(new, before, test, "")}
    assert not asked["slices"].passed
    assert asked["slices"].says.startswith("It ranks surely worse among accounts older than three years: AUC lower by")
    assert asked["value"].passed


@pytest.mark.parametrize("champion", [None, model(TRUTH)])
def test_what_is_too_good_to_be_true_waits_for_a_person(champion):
    assert failed(model(TRUTH), champion, suspicion="An AUC of 0.99 is more often a look ahead") == {"plausibility"}


def test_models_for_different_labels_or_features_are_not_compared_and_that_is_said():
    other, gone = model(TRUTH, label="another"), model({"nps": 1.0})
    assert "another label" in misfit(model(TRUTH), other, TEST)
    assert "nps" in misfit(model(TRUTH), gone, TEST)
    assert [gate.name for gate in gates(model(TRUTH), other, TEST, "")] == ["plausibility", "fit"]
