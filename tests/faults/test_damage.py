"""What is damaged on disk is found before it is used, named, and can be repaired; nothing of others is touched."""

import json
import shutil

import pytest

from churnrisk import jobs
from churnrisk.cli.running import running
from churnrisk.errors import CorruptError, Exit, InputError
from churnrisk.registry import Registry


def _flip(path, place=500):
    content = bytearray(path.read_bytes())
    content[place] ^= 0xFF
    path.write_bytes(bytes(content))


@pytest.mark.parametrize("step", [jobs.extract, jobs.train, jobs.score, jobs.quarantine])
def test_a_damaged_load_stops_every_step_before_anything_is_written(finished, tmp_path, step):
    copy = finished.copied(tmp_path / "company")
    loads = copy.project.data / "history" / "loads"
    before = sorted(load.name for load in loads.iterdir())
    _flip(loads / "000001" / "tickets.parquet")
    with pytest.raises(CorruptError, match=r"tickets\.parquet"):
        step(copy.project)
    assert sorted(load.name for load in loads.iterdir()) == before


def test_verdicts_that_are_gone_or_damaged_are_made_anew(finished, tmp_path):
    copy = finished.copied(tmp_path / "company")
    jobs.features(copy.project, "2024-06-30", tmp_path / "whole.parquet")
    (verdicts,) = (copy.project.data / "history").glob("verdicts-*.parquet")
    for damage in (verdicts.unlink, lambda: verdicts.write_bytes(b"PAR1"), lambda: _flip(verdicts, 60)):
        damage()
        jobs.features(copy.project, "2024-06-30", tmp_path / "again.parquet")
        assert (tmp_path / "again.parquet").read_bytes() == (tmp_path / "whole.parquet").read_bytes()


def test_a_damaged_model_is_not_loaded(finished, tmp_path):
    copy = finished.copied(tmp_path / "company")
    for model in copy.project.registry_folder.rglob("model/churnrisk/model.json"):
        _flip(model, 20)
    with pytest.raises(CorruptError, match=r"model\.json"):
        jobs.score(copy.project)


def test_a_damaged_database_is_named_with_what_to_do(finished, tmp_path):
    copy = finished.copied(tmp_path / "company")
    database = copy.project.registry_folder / "mlflow.db"
    database.write_bytes(database.read_bytes()[:5000])
    with pytest.raises(CorruptError, match=r"mlflow\.db is damaged"):
        jobs.score(copy.project)


def test_a_damaged_list_is_refused_and_scoring_again_repairs_it(finished, tmp_path):
    copy = finished.copied(tmp_path / "company")
    (folder,) = copy.project.lists.glob("2*")
    whole = (folder / "worklist.json").read_bytes()
    (folder / "worklist.json").write_bytes(whole[:100])
    with pytest.raises(CorruptError, match="churnrisk score"):
        jobs.read_worklist(copy.project)
    assert jobs.score(copy.project).published
    assert (folder / "worklist.json").read_bytes() == whole


def test_a_project_that_was_moved_uses_its_own_model_and_trains_on(finished, tmp_path):
    moved = finished.copied(tmp_path / "elsewhere")
    assert not jobs.score(moved.project).published
    again = jobs.train(moved.project)
    assert (moved.project.registry_folder / "artifacts" / again.run).is_dir()
    assert Registry(moved.project.registry_folder).champion().run == again.run


def test_a_changed_currency_makes_another_list(finished, tmp_path):
    copy = finished.copied(tmp_path / "company")
    copy.config.write_text(
        copy.config.read_text().replace('currency = "EUR"', 'currency = "DKK"\nrates = { EUR = 7.46 }')
    )
    assert jobs.score(copy.project).published
    before = jobs.read_worklist(finished.project).entries[0]
    listed = jobs.read_worklist(copy.project)
    assert listed.currency == "DKK"
    assert listed.entries[0].value == pytest.approx(7.46 * before.value)


@pytest.mark.parametrize("name", ["export", "churnrisk.toml"])
def test_simulate_touches_no_folder_of_others(tmp_path, name):
    (tmp_path / name).mkdir()
    (tmp_path / name / "precious").write_text("mine")
    with pytest.raises(InputError, match="of its own"):
        jobs.make_company(tmp_path, accounts=40, weeks=26)
    assert (tmp_path / name / "precious").read_text() == "mine"


def test_a_simulation_that_was_killed_goes_on(tmp_path):
    jobs.make_company(tmp_path, accounts=40, weeks=26)
    whole = {file.name: file.read_bytes() for file in (tmp_path / "export").iterdir()}
    (tmp_path / "simulation.json").unlink()
    (tmp_path / ".simulating").write_text("")
    shutil.rmtree(tmp_path / "truth")
    assert jobs.make_company(tmp_path, accounts=40, weeks=26)
    assert {file.name: file.read_bytes() for file in (tmp_path / "export").iterdir()} == whole


def test_a_reader_that_goes_away_is_no_fault(finished, capsys):
    def gone():
        raise BrokenPipeError

    assert running(gone, as_json=False) == Exit.DONE


def test_published_lists_tell_their_sums(finished):
    (folder,) = finished.project.lists.glob("2*")
    assert set(json.loads((folder / "sha256.json").read_text())) == {
        file.name for file in folder.iterdir() if file.name != "sha256.json"
    }
