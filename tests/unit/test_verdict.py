"""The verdict says what may serve; each case is one line of figures."""

import pytest

from churnrisk.train.evaluation import Evaluation
from churnrisk.train.fit import BEST_FEATURE, REGRESSION, TENURE, TREES
from churnrisk.train.metrics import Comparison, Figure, Quality
from churnrisk.train.verdict import verdict

ANY = Figure(0.2, 0.1, 0.3)
CHANCE = (0.52, 0.47, 0.57)
GOOD = (0.75, 0.71, 0.79)
BETTER = (0.80, 0.76, 0.84)
AHEAD = (0.05, 0.01, 0.09)
LEVEL = (0.01, -0.03, 0.05)


def judge(gains, calibration_error=0.01, over_tenure=None, **candidates):
    """Candidates and the model's gains over them, each as value, low, high."""
    names = {"trees": TREES, "best": BEST_FEATURE, "tenure": TENURE, "regression": REGRESSION}
    quality = {names[key]: Quality(Figure(*auc), ANY, ANY) for key, auc in candidates.items()}
    gain = {names[key]: Figure(*figure) for key, figure in gains.items()}
    over = {names[key]: Figure(*figure) for key, figure in (over_tenure or {}).items()}
    return verdict(Comparison(quality, gain, gain, over), calibration_error)


@pytest.mark.parametrize(
    ("trees", "best", "gain", "serves", "grade"),
    [
        (BETTER, GOOD, AHEAD, TREES, "A"),
        ((0.72, 0.68, 0.76), (0.66, 0.62, 0.70), AHEAD, TREES, "B"),
        (GOOD, GOOD, LEVEL, BEST_FEATURE, "C"),
        (GOOD, BETTER, (-0.05, -0.09, -0.01), BEST_FEATURE, "C"),
        (GOOD, CHANCE, LEVEL, TREES, "C"),
        (CHANCE, CHANCE, LEVEL, "", "do not use"),
    ],
    ids=["surely good", "better", "no better", "worse", "none to beat", "chance"],
)
def test_only_what_earned_its_place_serves(trees, best, gain, serves, grade):
    told = judge({"best": gain}, trees=trees, best=best)
    assert (told.serves, told.grade, told.is_usable) == (serves, grade, bool(serves))
    assert told.reason


def test_a_good_order_with_risks_that_do_not_come_true_is_no_grade_a():
    assert judge({"best": AHEAD}, trees=BETTER, best=GOOD, calibration_error=0.06).grade == "B"


def test_the_age_of_the_account_never_serves_and_is_no_knowledge():
    told = judge({"best": LEVEL, "tenure": LEVEL}, over_tenure={"trees": LEVEL}, trees=GOOD, best=CHANCE, tenure=GOOD)
    assert (told.serves, told.grade) == ("", "do not use")
    assert told.reason.startswith("Only the age of the account ranks better than chance")


def test_what_reads_the_age_must_beat_it_and_what_does_not_need_not():
    gains = {"best": LEVEL, "tenure": AHEAD, "regression": LEVEL}
    one = {"trees": GOOD, "tenure": (0.65, 0.60, 0.70), "regression": GOOD}
    level = judge(gains, over_tenure={"trees": AHEAD, "regression": LEVEL}, best=CHANCE, **one)
    assert (level.serves, level.grade) == (TREES, "C"), "the regression knows no more than the age"
    ahead = judge(gains, over_tenure={"trees": AHEAD, "regression": AHEAD}, best=CHANCE, **one)
    assert ahead.serves == REGRESSION
    known = judge(gains, over_tenure={"trees": LEVEL, "regression": LEVEL}, best=(0.6, 0.55, 0.65), **one)
    assert known.serves == BEST_FEATURE


def test_an_age_that_tells_nothing_is_no_hurdle():
    told = judge({"best": AHEAD, "tenure": AHEAD}, over_tenure={"trees": LEVEL}, trees=GOOD, best=CHANCE, tenure=CHANCE)
    assert told.serves == TREES


@pytest.mark.parametrize(("auc", "is_told"), [(0.89, False), (0.91, True)])
def test_a_model_that_is_too_good_to_be_true_is_told_with_what_to_look_at(auc, is_told):
    comparison = Comparison({TREES: Quality(Figure(auc, 0.8, 0.95), ANY, ANY)}, {}, {})
    told = Evaluation(
        comparison=comparison,
        verdict=judge({"best": AHEAD}, trees=BETTER, best=GOOD),
        brier={},
        log_loss={},
        deciles=[],
        base_rates={},
        drift=None,
        drivers={},
        importance={"seats_growth_last_180d": 2.0, "open_tickets": 0.1},
        best_feature="open_tickets",
        rows={},
        as_ofs={},
        left_within_lead=0,
    ).suspicion
    assert ("seats_growth_last_180d" in told and "[mapping.current_only]" in told) == is_told
    assert bool(told) == is_told
