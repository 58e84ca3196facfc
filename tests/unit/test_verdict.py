"""The verdict says what may serve; each case is one line of figures."""

import pytest

from churnrisk.train.metrics import Comparison, Figure, Quality
from churnrisk.train.verdict import verdict

ANY = Figure(0.2, 0.1, 0.3)


def _judge(trees, best, gain, feature="tickets_last_90d"):
    quality = {"model": Quality(Figure(*trees), ANY), "best single feature": Quality(Figure(*best), ANY)}
    return verdict(Comparison(quality, {"best single feature": Figure(*gain)}, {"best single feature": ANY}), feature)


@pytest.mark.parametrize(
    ("trees", "best", "gain", "feature", "serves"),
    [
        ((0.80, 0.76, 0.84), (0.70, 0.66, 0.74), (0.10, 0.05, 0.15), "tickets_last_90d", "model"),
        ((0.72, 0.68, 0.76), (0.70, 0.66, 0.74), (0.02, -0.01, 0.05), "tickets_last_90d", "best single feature"),
        ((0.70, 0.66, 0.74), (0.73, 0.69, 0.77), (-0.03, -0.06, 0.0), "tickets_last_90d", "best single feature"),
        ((0.56, 0.48, 0.64), (0.55, 0.47, 0.63), (0.01, -0.05, 0.06), "tickets_last_90d", ""),
        ((0.60, 0.55, 0.65), (0.64, 0.60, 0.68), (-0.04, -0.08, 0.0), "account_age_days", ""),
    ],
    ids=["better with confidence", "no better", "worse", "chance", "only tenure"],
)
def test_only_what_earned_its_place_serves(trees, best, gain, feature, serves):
    told = _judge(trees, best, gain, feature)
    assert told.serves == serves
    assert told.is_usable == bool(serves)
    assert told.reason
