"""The main job on a small simulated company: simulate, extract, train, score, worklist."""

import json

import numpy as np
import pandas as pd
import pytest

from churnrisk import jobs
from churnrisk.errors import HeldError, LockedError, NothingToDoError, SettingsError
from churnrisk.registry import Registry
from churnrisk.store import single_writer


def test_everything_that_came_in_is_good_or_held_back(finished):
    extracted = finished.extracted
    assert extracted.new > 0
    assert 0 < extracted.held < 0.01 * extracted.landed
    assert sum(extracted.tables.values()) == extracted.landed


def test_an_identical_second_extract_writes_nothing(finished, tmp_path):
    config = finished.copied(tmp_path / "company").config
    again = jobs.extract(jobs.Project.read(config))
    assert (again.load, again.new) == (0, 0)
    assert again.landed == finished.extracted.landed


def test_the_model_that_earned_its_place_serves(finished):
    assert finished.trained.serves
    assert finished.trained.version == 1
    champion = Registry(finished.project.registry_folder).champion()
    assert (champion.version, champion.run) == (1, finished.trained.run)


def test_training_again_gives_the_same_figures(finished, tmp_path):
    again = jobs.train(finished.copied(tmp_path / "company").project)
    assert again.metrics == finished.trained.metrics
    assert again.version == 2


def test_every_account_is_scored_or_excluded_with_a_reason(finished):
    past = finished.project.history.upto(finished.project.moment())
    accounts = past.arrow("select count(*) from accounts").column(0)[0].as_py()
    assert finished.scored.accounts + sum(finished.scored.excluded.values()) == accounts
    assert set(finished.scored.excluded) <= {"gave notice", "no live subscription"}


def test_contributions_add_up_to_the_score_on_every_row(finished):
    published = jobs.read_worklist(finished.project)
    folder = finished.project.lists / f"{published.as_of}-{finished.scored.run_key}"
    scores = pd.read_parquet(folder / "scores.parquet")
    contributions = pd.read_parquet(folder / "contributions.parquet")
    np.testing.assert_allclose(contributions.sum(axis=1) + scores["base"], scores["log_odds"], rtol=0, atol=1e-9)
    np.testing.assert_allclose(scores["risk"], 1 / (1 + np.exp(-scores["log_odds"])), atol=1e-12)


def test_scoring_again_publishes_nothing_and_gives_the_same_bytes(finished, tmp_path):
    copy = finished.copied(tmp_path / "company")
    before = {file.name: file.read_bytes() for file in _list_files(finished)}
    again = jobs.score(copy.project)
    assert not again.published
    for folder in copy.project.lists.glob("2*"):
        for file in folder.iterdir():
            file.unlink()
        folder.rmdir()
    anew = jobs.score(copy.project)
    assert anew.published
    assert {file.name: file.read_bytes() for file in _list_files(copy)} == before


def test_any_as_of_in_history_can_be_scored_and_the_newest_list_stays_the_newest(finished, tmp_path):
    copy = finished.copied(tmp_path / "company")
    earlier = str(copy.project.moment().shift(-100))
    scored = jobs.score(copy.project, earlier)
    assert scored.as_of == earlier
    assert jobs.read_worklist(copy.project, earlier).as_of == earlier
    assert jobs.read_worklist(copy.project).as_of == finished.scored.as_of


def test_a_day_outside_the_history_is_nothing_to_do(finished):
    with pytest.raises(NothingToDoError, match="is not in the history"):
        finished.project.moment("2031-01-01")


def test_the_list_is_ranked_by_value_at_risk_with_up_to_three_reasons(finished):
    listed = jobs.read_worklist(finished.project)
    at_risk = [entry.value_at_risk for entry in listed.entries]
    assert at_risk == sorted(at_risk, reverse=True)
    assert all(len(entry.reasons) <= 3 for entry in listed.entries)
    assert {entry.tier for entry in listed.entries} <= {"high", "medium"}
    assert all(entry.reasons for entry in listed.entries[:10])
    for entry in listed.entries:
        codes = [reason.code for reason in entry.reasons]
        assert len(set(codes)) == len(codes), "one reason for each code"
        assert not any("_" in reason.sentence or "{" in reason.sentence for reason in entry.reasons)


def test_no_csm_has_more_accounts_this_week_than_capacity(finished):
    listed = jobs.read_worklist(finished.project)
    past = finished.project.history.upto(finished.project.moment())
    capacity = past.frame("select csm, weekly_capacity from csms").set_index("csm")["weekly_capacity"]
    this_week = pd.Series([entry.csm for entry in listed.entries if entry.within_capacity]).value_counts()
    assert (this_week <= capacity.reindex(this_week.index)).all()
    assert len(this_week) > 1


def test_one_csm_sees_only_their_own_accounts(finished):
    listed = jobs.read_worklist(finished.project)
    name = listed.entries[0].csm
    own = jobs.read_worklist(finished.project, csm=name)
    assert {entry.csm for entry in own.entries} == {name}
    with pytest.raises(SettingsError, match="Nobody"):
        jobs.read_worklist(finished.project, csm="Nobody")


def test_shuffled_labels_promote_nothing(finished, tmp_path):
    copy = finished.copied(tmp_path / "company")
    control = jobs.train(copy.project, shuffle_labels=True)
    assert control.version == 0
    assert Registry(copy.project.registry_folder).champion().version == 1


def test_a_changed_label_is_not_scored_with_the_old_model(finished, tmp_path):
    copy = finished.copied(tmp_path / "company")
    (copy.config.parent / "parameters.toml").write_text("[label]\nhorizon = 60\n")
    with pytest.raises(HeldError, match="another label"):
        jobs.score(copy.project)
    assert jobs.read_worklist(copy.project).as_of == finished.scored.as_of


def test_two_runs_never_write_at_once(finished, tmp_path):
    copy = finished.copied(tmp_path / "company")
    with single_writer(copy.project.data), pytest.raises(LockedError):
        jobs.score(copy.project)


def test_the_matrix_of_an_as_of_is_a_file_with_the_same_bytes_each_time(finished, tmp_path):
    written = [tmp_path / "one.parquet", tmp_path / "two.parquet"]
    for path in written:
        record = jobs.features(finished.project, "2024-06-30", path)
        assert record.rows == len(pd.read_parquet(path))
    assert written[0].read_bytes() == written[1].read_bytes()


def test_another_company_in_the_same_folder_is_refused(finished):
    with pytest.raises(Exception, match="holds another simulated company"):
        jobs.make_company(finished.config.parent, 400, seed=12, weeks=104)


def test_the_run_holds_parameters_metrics_plots_hashes_and_no_pickle(finished):
    artifacts = finished.project.registry_folder / "artifacts" / finished.trained.run / "artifacts"
    names = {str(file.relative_to(artifacts)) for file in artifacts.rglob("*") if file.is_file()}
    assert {"report.html", "report.json", "label.sql", "plots/calibration.png", "trees/booster.txt"} <= names
    assert {"model/churnrisk/model.json", "model/churnrisk/booster.txt", "model/churnrisk/sha256.json"} <= names
    assert not [name for name in names if name.endswith((".pkl", ".pickle", ".joblib", ".skops"))]
    told = json.loads((artifacts / "report.json").read_text())
    assert told["data"] == finished.project.history.content_hash


def _list_files(finished):
    (folder,) = finished.project.lists.glob(f"{finished.scored.as_of}-*")
    return sorted(folder.iterdir())
