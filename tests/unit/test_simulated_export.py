"""The simulated company as files: same arguments, same bytes; nothing half made; memory by row groups."""

from __future__ import annotations

from pathlib import Path

import pyarrow.parquet as pq
import pytest

from churnrisk.errors import CannotWriteError
from churnrisk.extract.simulated import simulate
from churnrisk.extract.simulated.frames import schema
from churnrisk.tables import TABLES

WRITTEN = [name for name in TABLES if name not in ("message_scores", "outreach")]


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def test_the_same_arguments_write_the_same_bytes_and_another_seed_does_not(tmp_path: Path) -> None:
    for name, seed in (("a", 7), ("b", 7), ("c", 8)):
        simulate(tmp_path / name, accounts=40, seed=seed, weeks=6)
    assert contents(tmp_path / "a") == contents(tmp_path / "b")
    assert contents(tmp_path / "a") != contents(tmp_path / "c")


def test_every_table_is_written_in_canonical_form(tmp_path: Path) -> None:
    """One file for each canonical table that a source has; the rows told are the rows written."""
    export = simulate(tmp_path / "co", accounts=40, seed=1, weeks=5)
    assert sorted(path.stem for path in export.export.iterdir()) == sorted(WRITTEN)
    for name in WRITTEN:
        table = pq.read_table(export.export / f"{name}.parquet")
        assert table.schema.equals(schema(name)), name
        assert table.num_rows == export.rows[name], name
    assert (export.first_day, export.last_day) == ("2023-01-02", "2023-02-05")


def test_truth_tells_what_it_holds(tmp_path: Path) -> None:
    """Every file of truth/ is described in its README, and every file described is there."""
    truth = simulate(tmp_path / "co", accounts=40, seed=1, weeks=5).truth
    readme = (truth / "README.md").read_text(encoding="utf-8")
    described = {line.split("|")[1].strip() for line in readme.splitlines() if ".parquet" in line}
    assert described == {path.name for path in truth.glob("*.parquet")}


class Killed(BaseException):
    """Stands for a kill: nothing catches it."""


def test_a_killed_run_leaves_nothing_half_made(tmp_path: Path) -> None:
    """A run killed midway leaves the earlier export as it was, and the next run is whole."""
    out = tmp_path / "co"
    simulate(out, accounts=40, seed=1, weeks=3)
    before = contents(out)

    def kill(done: int, weeks: int) -> None:
        if done == 2:
            raise Killed

    with pytest.raises(Killed):
        simulate(out, accounts=40, seed=2, weeks=3, on_progress=kill)
    assert contents(out) == before
    simulate(out, accounts=40, seed=2, weeks=3)
    simulate(tmp_path / "fresh", accounts=40, seed=2, weeks=3)
    assert contents(out) == contents(tmp_path / "fresh")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["co", "fresh"]


def test_progress_is_told_after_every_week(tmp_path: Path) -> None:
    told: list[tuple[int, int]] = []
    simulate(tmp_path / "co", accounts=40, seed=1, weeks=3, on_progress=lambda done, weeks: told.append((done, weeks)))
    assert told == [(1, 3), (2, 3), (3, 3)]


def test_a_folder_that_cannot_be_written_is_told_in_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way", encoding="utf-8")
    with pytest.raises(CannotWriteError, match="choose another folder"):
        simulate(tmp_path / "file" / "co", accounts=40, seed=1, weeks=1)
