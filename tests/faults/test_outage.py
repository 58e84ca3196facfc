"""A source stops sending: an outage is reported, the last good list stays, and nobody is told that usage fell."""

import pandas as pd
import pytest
from click.testing import CliRunner

from churnrisk import jobs
from churnrisk.cli import main

DECLARED = "\n[sources.usage]\nfresh_days = 2\n"


@pytest.fixture
def company(finished, tmp_path):
    """A company of its own that says how fresh its usage must be."""
    copy = finished.copied(tmp_path / "company")
    copy.config.write_text(copy.config.read_text() + DECLARED)
    return copy


def run(command, config):
    return CliRunner().invoke(main, [command, "--config", str(config)])


def stop_usage(config, days: int) -> str:
    """Take the last days of use out of the export and extract it anew; gives the last day there is."""
    (path,) = (config.parent / "export").glob("usage.*")
    usage = pd.read_parquet(path) if path.suffix == ".parquet" else pd.read_csv(path)
    day = pd.to_datetime(usage["day"])
    last = day.max() - pd.Timedelta(days=days)
    kept = usage[day <= last]
    kept.to_parquet(path, index=False) if path.suffix == ".parquet" else kept.to_csv(path, index=False)
    jobs.extract(jobs.Project.read(config), rebuild=True)
    return str(last.date())


def test_where_usage_arrives_nothing_changes_and_no_new_history_is_asked_for(company):
    assert run("extract", company.config).exit_code == 0
    done = run("score", company.config)
    assert done.exit_code == 0
    assert "Already published and identical" in done.output


def test_where_usage_stops_the_list_is_held_and_the_last_good_one_stays(company):
    before = jobs.read_worklist(company.project)
    last = stop_usage(company.config, 41)
    done = run("score", company.config)
    assert done.exit_code == 20
    assert f"usage stopped arriving on {last}, " in done.output
    assert "the last good list stays" in done.output
    assert jobs.read_worklist(company.project) == before
    assert run("worklist", company.config).exit_code == 0
    done = run("doctor", company.config)
    assert done.exit_code == 20
    assert "FAIL  sources are fresh (usage): usage stopped arriving on" in done.output


def test_without_fresh_days_the_list_is_made_and_the_doctor_warns(company):
    stop_usage(company.config, 41)
    company.config.write_text(company.config.read_text().replace(DECLARED, ""))
    assert run("score", company.config).exit_code == 0
    done = run("doctor", company.config)
    assert done.exit_code == 0
    assert "WARN  tables did not fall silent (usage): The last row of usage is of " in done.output
