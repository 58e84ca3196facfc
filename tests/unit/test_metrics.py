"""Figures with intervals agree with scikit-learn and with what was planted."""

import numpy as np
import pytest
from sklearn.metrics import average_precision_score, roc_auc_score

from churnrisk.train.metrics import compare, deciles


@pytest.fixture
def drawn():
    """Scores of 300 accounts at three as_of each, one telling, one not, with ties."""
    generator = np.random.default_rng(3)
    accounts = np.repeat(np.arange(300), 3)
    truth = np.repeat(generator.normal(size=300), 3)
    left = (generator.random(900) < 1 / (1 + np.exp(2 - 1.5 * truth))).astype(float)
    return {"good": np.round(truth, 1), "noise": np.round(generator.normal(size=900), 1)}, left, accounts


def test_auc_and_average_precision_equal_scikit_learn_also_with_ties(drawn):
    scores, left, accounts = drawn
    for name, quality in compare(scores, left, accounts).quality.items():
        assert quality.auc.value == pytest.approx(roc_auc_score(left, scores[name]))
        assert quality.pr_auc.value == pytest.approx(average_precision_score(left, scores[name]))


def test_lift_is_the_share_that_left_in_the_top_tenth_against_all():
    generator = np.random.default_rng(5)
    score, left, accounts = generator.normal(size=500), (generator.random(500) < 0.2).astype(float), np.arange(500)
    top = np.argsort(-score)[:50]
    same = np.zeros(500)
    found = compare({"score": score, "same": same, "perfect": left}, left, accounts).quality
    assert found["score"].lift.value == pytest.approx(left[top].mean() / left.mean())
    assert found["same"].lift.value == pytest.approx(1)
    assert found["perfect"].lift.value == pytest.approx(1 / left.mean())
    assert found["score"].lift.low < 1 < found["score"].lift.high


def test_an_interval_holds_the_value_and_tells_signal_from_noise(drawn):
    compared = compare(*drawn)
    assert compared.quality["good"].auc.low > 0.5
    noise = compared.quality["noise"].auc
    assert noise.low < 0.5 < noise.high
    assert compared.auc_gain["noise"].low > 0


def test_rows_of_one_account_count_as_one_draw(drawn):
    """Each account ten times over must not make the interval narrower."""
    scores, left, accounts = drawn
    once = compare(scores, left, accounts).quality["good"].auc
    tenfold = compare({k: np.tile(v, 10) for k, v in scores.items()}, np.tile(left, 10), np.tile(accounts, 10))
    repeated = tenfold.quality["good"].auc
    assert repeated.high - repeated.low == pytest.approx(once.high - once.low, rel=1e-6)


def test_a_score_compared_with_itself_gains_nothing(drawn):
    scores, left, accounts = drawn
    gain = compare({"one": scores["good"], "two": scores["good"]}, left, accounts).auc_gain["two"]
    assert (gain.value, gain.low, gain.high) == (0, 0, 0)


def test_deciles_hold_every_row_once_and_rise():
    risk = np.random.default_rng(0).random(103)
    groups = deciles(risk, (risk > 0.5).astype(float))
    assert sum(group["rows"] for group in groups) == 103
    means = [group["risk"] for group in groups]
    assert means == sorted(means)
