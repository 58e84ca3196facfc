"""Planted truth: what makes customers of the simulated company leave is found, in order of strength; nothing else."""

import pytest

from churnrisk import jobs
from churnrisk.extract.simulated import CAUSES


@pytest.fixture(scope="module")
def company(tmp_path_factory):
    """Two thousand accounts over three years, landed."""
    folder = tmp_path_factory.mktemp("planted") / "company"
    jobs.make_company(folder, accounts=2000, seed=3)
    config = folder / "churnrisk.toml"
    jobs.extract(jobs.Project.read(config))
    return config


def test_planted_causes_come_out_in_their_order_of_strength(company):
    trained = jobs.train(jobs.Project.read(company))
    assert trained.grade != "do not use"
    for simpler in ("recency", "ticket_count", "best_feature", "health_score"):
        assert trained.metrics[f"auc_gain_over_{simpler}_low"] > 0
    planted = [cause.name for cause in CAUSES]
    found = [code for code in trained.drivers if code in planted]
    assert found == planted
    jobs.score(jobs.Project.read(company))
    top = jobs.read_worklist(jobs.Project.read(company)).entries[:20]
    assert sum(len(entry.reasons) == 3 for entry in top) >= 15, "three reasons for most of those on top"


def test_shuffled_labels_give_chance(company):
    control = jobs.train(jobs.Project.read(company), shuffle_labels=True)
    assert 0.45 <= control.metrics["model_auc"] <= 0.55
    assert control.version == 0
