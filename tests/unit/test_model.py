"""The model: calibration that is found again, contributions that add up, files that are whole or refused."""

import json
import subprocess
import sys
from contextlib import suppress

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score

from churnrisk.errors import CorruptError
from churnrisk.model import (
    Calibration,
    ChurnModel,
    fit_calibration,
    fit_linear,
    fit_one_feature,
    fit_trees,
    health_score,
)
from churnrisk.model.calibration import LEAST_SLOPE
from churnrisk.model.linear import PENALTY
from churnrisk.parameters import Model

FEATURES = ["tickets_last_30d", "usage_change_30d", "nps_score"]
SMALL = Model(
    rounds=30,
    learning_rate=0.1,
    num_leaves=7,
    max_depth=4,
    min_data_in_leaf=20,
    lambda_l2=1.0,
    feature_fraction=1.0,
    bagging_fraction=1.0,
    seed=7,
    threads=1,  # one is quicker on so few rows
)


def rows_of(count: int, seed: int = 1) -> tuple[pd.DataFrame, np.ndarray]:
    """Accounts that leave because of tickets and falling use; a third have no NPS score."""
    generator = np.random.default_rng(seed)
    rows = pd.DataFrame(
        {
            "tickets_last_30d": generator.poisson(3, count).astype(float),
            "usage_change_30d": generator.normal(0, 0.3, count),
            "nps_score": generator.integers(0, 11, count).astype(float),
        }
    )
    rows.loc[generator.random(count) < 1 / 3, "nps_score"] = np.nan
    log_odds = -2 + 0.4 * (rows["tickets_last_30d"] - 3) - 3 * rows["usage_change_30d"]
    return rows, (generator.random(count) < expit(log_odds)).astype(float)


def model_of(scorer) -> ChurnModel:
    return ChurnModel(scorer, Calibration(-0.3, 0.8), "label", "catalogue", 14, 90, "trees")


@pytest.fixture(scope="module")
def trees() -> ChurnModel:
    rows, left = rows_of(1500)
    return model_of(fit_trees(rows, left, FEATURES, SMALL))


@pytest.fixture(scope="module")
def baseline() -> ChurnModel:
    rows, left = rows_of(1500)
    return model_of(fit_one_feature(rows, left, "nps_score"))


@pytest.fixture(scope="module")
def regression() -> ChurnModel:
    rows, left = rows_of(1500)
    return model_of(fit_linear(rows, left, FEATURES))


@pytest.fixture(scope="module")
def points() -> ChurnModel:
    return model_of(health_score(FEATURES))


every = pytest.mark.parametrize("kind", ["trees", "baseline", "regression", "points"])
simple = pytest.mark.parametrize("kind", ["baseline", "regression", "points"])


@pytest.fixture
def model(kind, request) -> ChurnModel:
    return request.getfixturevalue(kind)


# --- Calibration


@pytest.mark.parametrize(("intercept", "slope"), [(-1.0, 0.5), (0.7, 1.0), (-2.0, 1.8)])
def test_a_planted_calibration_is_found_again(intercept, slope):
    generator = np.random.default_rng(3)
    score = generator.normal(0, 1.5, 40_000)
    left = (generator.random(len(score)) < expit(intercept + slope * score)).astype(float)
    found = fit_calibration(score, left)
    assert found.intercept == pytest.approx(intercept, abs=0.07)
    assert found.slope == pytest.approx(slope, abs=0.07)


def test_calibration_never_turns_an_order_round():
    """A score that is worse than chance is flattened, not inverted."""
    score = np.linspace(-2, 2, 400)
    found = fit_calibration(score, (score < 0).astype(float))
    assert found.slope == LEAST_SLOPE
    assert (np.diff(found.risk(score)) > 0).all()


@pytest.mark.parametrize("left", [np.zeros(50), np.ones(50), np.zeros(0)])
def test_one_class_and_no_row_at_all_give_a_finite_calibration(left):
    score = np.linspace(-1, 1, len(left))
    found = fit_calibration(score, left)
    assert np.isfinite([found.intercept, found.slope]).all()
    assert ((found.risk(score) >= 0) & (found.risk(score) <= 1)).all()


# --- Scores and contributions


@every
def test_base_and_contributions_add_up_to_the_log_odds(model):
    rows, _ = rows_of(300, seed=2)
    whole = model.base + model.contributions(rows).sum(axis=1)
    np.testing.assert_allclose(whole, model.log_odds(rows), rtol=0, atol=1e-9)
    np.testing.assert_allclose(expit(whole), model.risk(rows), rtol=0, atol=1e-9)


@every
def test_one_account_alone_scores_as_it_does_among_others(model):
    """To the last bit, and the order of rows and further columns do not matter."""
    rows, _ = rows_of(200, seed=2)
    together, contributions = model.risk(rows), model.contributions(rows)
    for place in (0, 7, 199):
        alone = rows.iloc[[place]]
        assert model.risk(alone)[0] == together[place]
        assert (model.contributions(alone).iloc[0] == contributions.iloc[place]).all()
    other = rows.iloc[::-1, ::-1].assign(extra=1)
    assert (model.risk(other)[::-1] == together).all()


@every
def test_no_account_gives_no_score(model):
    empty = rows_of(5)[0].iloc[:0]
    assert model.risk(empty).shape == (0,)
    assert model.log_odds(empty).shape == (0,)
    assert model.contributions(empty).shape == (0, len(model.features))
    assert tuple(model.contributions(empty).columns) == model.features


@every
def test_an_account_of_which_nothing_is_known_has_a_risk(model):
    nothing = pd.DataFrame({name: [np.nan] for name in FEATURES})
    assert 0 < model.risk(nothing)[0] < 1


def test_the_same_rows_give_the_same_trees():
    rows, left = rows_of(600)
    assert fit_trees(rows, left, FEATURES, SMALL).text == fit_trees(rows, left, FEATURES, SMALL).text


def test_trees_find_what_was_planted(trees):
    rows, left = rows_of(1500, seed=9)
    strength = trees.contributions(rows).abs().mean()
    assert strength["nps_score"] < strength[["tickets_last_30d", "usage_change_30d"]].min()
    assert roc_auc_score(left, trees.risk(rows)) > 0.68


# --- The single feature


@pytest.mark.parametrize(("feature", "rises"), [("tickets_last_30d", True), ("usage_change_30d", False)])
def test_the_curve_of_a_single_feature_is_monotone_in_the_direction_of_the_data(feature, rises):
    rows, left = rows_of(1500)
    scorer = fit_one_feature(rows, left, feature)
    values = pd.DataFrame({feature: np.linspace(rows[feature].min() - 5, rows[feature].max() + 5, 500)})
    steps = np.diff(scorer.score(values))
    assert (steps >= -1e-12).all() if rises else (steps <= 1e-12).all()
    assert abs(scorer.score(values)[-1] - scorer.score(values)[0]) > 0.5


def test_a_single_feature_that_is_missing_has_a_level_of_its_own():
    rows, left = rows_of(1500)
    left = np.where(rows["nps_score"].isna(), 1.0, left * 0.5 > 0.4)
    scorer = fit_one_feature(rows, left.astype(float), "nps_score")
    missing, there = scorer.score(pd.DataFrame({"nps_score": [np.nan, 5.0]}))
    assert missing > there + 1


def test_regression_equals_scikit_learn_on_the_same_terms():
    rows, left = rows_of(1500)
    scorer = fit_linear(rows, left, FEATURES[:2])
    terms = (rows[FEATURES[:2]] - rows[FEATURES[:2]].mean()) / rows[FEATURES[:2]].std(ddof=0)
    expected = (
        LogisticRegression(C=PENALTY, max_iter=500).fit(terms.clip(-3, 3), left).decision_function(terms.clip(-3, 3))
    )
    assert scorer.score(rows) == pytest.approx(expected, abs=1e-3)


def test_a_value_far_beyond_all_others_moves_a_regression_no_further_than_the_furthest_step():
    rows, left = rows_of(1500)
    scorer = fit_linear(rows, left, FEATURES)
    far = rows.head(2).assign(tickets_last_30d=[1e3, 1e12])
    assert scorer.contributions(far)["tickets_last_30d"].nunique() == 1


def test_points_are_given_for_signs_that_are_there_and_for_nothing_unknown():
    rows = pd.DataFrame({"usage_change_30d": [-0.3, -0.29, np.nan], "nps_score": [6.0, 7.0, np.nan]})
    assert health_score(list(rows)).contributions(rows).to_numpy().tolist() == [[2.0, 2.0], [0.0, 0.0], [0.0, 0.0]]
    assert health_score(["nps_score"]) is None, "one rule is no score"


@pytest.mark.parametrize("values", [[np.nan] * 40, [3.0] * 40, [3.0] * 20 + [np.nan] * 20, [0.0] * 39 + [1e300]])
@pytest.mark.parametrize("left", [[0.0] * 40, [1.0] * 40, [0.0, 1.0] * 20])
def test_a_single_feature_without_anything_to_tell_gives_finite_scores(values, left):
    """All missing, constant, one extreme, one class."""
    scorer = fit_one_feature(pd.DataFrame({"x": values}), np.array(left), "x")
    assert np.isfinite(scorer.score(pd.DataFrame({"x": [np.nan, -1e300, 0.0, 3.0, 1e300]}))).all()


# --- Files


@every
def test_a_model_read_again_is_the_same(model, tmp_path):
    model.save(tmp_path)
    again = ChurnModel.load(tmp_path)
    rows, _ = rows_of(100, seed=4)
    assert again.version == model.version
    assert again.features == model.features
    assert (again.risk(rows) == model.risk(rows)).all()
    pd.testing.assert_frame_equal(again.contributions(rows), model.contributions(rows), check_exact=True)
    assert (again.label_hash, again.catalogue_hash, again.lead, again.horizon, again.name) == (
        "label",
        "catalogue",
        14,
        90,
        "trees",
    )


def test_a_version_changes_with_all_that_decides_a_prediction(trees, baseline):
    others = [
        baseline,
        ChurnModel(trees.scorer, Calibration(-0.3, 0.9), "label", "catalogue", 14, 90, "trees"),
        ChurnModel(trees.scorer, trees.calibration, "label", "catalogue", 14, 60, "trees"),
        ChurnModel(trees.scorer, trees.calibration, "other", "catalogue", 14, 90, "trees"),
    ]
    assert len({model.version for model in (trees, *others)}) == len(others) + 1


def test_a_model_is_text_and_json_and_no_pickle(trees, tmp_path):
    trees.save(tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["booster.txt", "model.json", "sha256.json"]
    assert (tmp_path / "booster.txt").read_text().startswith("tree\n")
    assert json.loads((tmp_path / "model.json").read_text())["scorer"] == {"kind": "trees"}


@pytest.mark.parametrize("name", ["booster.txt", "model.json", "sha256.json"])
@pytest.mark.parametrize("damage", ["flipped", "truncated", "empty", "missing"])
def test_a_damaged_model_is_refused_before_it_is_loaded(trees, tmp_path, name, damage):
    """LightGBM would abort the process on a truncated file and read a wrong digit silently."""
    trees.save(tmp_path)
    path = tmp_path / name
    content = path.read_bytes()
    middle = len(content) // 2
    path.write_bytes(
        {
            "flipped": content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1 :],
            "truncated": content[:middle],
            "empty": b"",
            "missing": b"",
        }[damage]
    )
    if damage == "missing":
        path.unlink()
    with pytest.raises(CorruptError, match=r"is missing or damaged.*backup, or train again"):
        ChurnModel.load(tmp_path)


def test_every_flipped_bit_of_the_small_files_is_found(baseline, tmp_path):
    """A bit of blank space in the list of checksums may be another blank: then nothing is wrong."""
    baseline.save(tmp_path)
    version = baseline.version
    generator = np.random.default_rng(5)
    for name in ("model.json", "sha256.json"):
        content = (tmp_path / name).read_bytes()
        for place in generator.choice(len(content), 60, replace=False):
            flipped = bytes([content[place] ^ (1 << int(generator.integers(8)))])
            (tmp_path / name).write_bytes(content[:place] + flipped + content[place + 1 :])
            with suppress(CorruptError):
                assert (name, ChurnModel.load(tmp_path).version) == ("sha256.json", version)
        (tmp_path / name).write_bytes(content)


def test_a_truncated_booster_does_not_abort_the_process(trees, tmp_path):
    trees.save(tmp_path)
    path = tmp_path / "booster.txt"
    path.write_text(path.read_text()[:700])
    code = (
        "import sys\nfrom pathlib import Path\nfrom churnrisk.errors import CorruptError\n"
        "from churnrisk.model import ChurnModel\n"
        "try:\n    ChurnModel.load(Path(sys.argv[1]))\nexcept CorruptError as error:\n    print(error)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path)], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "booster.txt is missing or damaged" in done.stdout


def test_a_folder_that_is_no_model_is_refused(tmp_path):
    with pytest.raises(CorruptError):
        ChurnModel.load(tmp_path / "nowhere")
    for text in ("[]", "3", "null", '"x"', "{}"):
        (tmp_path / "sha256.json").write_text(text)
        with pytest.raises(CorruptError):
            ChurnModel.load(tmp_path)


@simple
def test_a_baseline_has_no_booster_and_is_read_as_what_it_was(model, tmp_path):
    model.save(tmp_path)
    assert (tmp_path / "booster.txt").read_text() == ""
    assert ChurnModel.load(tmp_path).scorer == model.scorer
