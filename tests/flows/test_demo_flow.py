"""`make demo` as Prefect runs it: the whole flow in a process of its own, without a server to start."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
_SMALL = """
import sys
from churnrisk.cli import ending
from pipelines.demo import demo
sys.exit(ending(lambda: demo(accounts=400)))
"""


def _run(folder):
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PREFECT_HOME": str(folder / "prefect")}
    return subprocess.run(
        [sys.executable, "-c", _SMALL], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )


def test_the_flow_ends_with_the_list_its_files_and_what_to_do_next(tmp_path):
    first = _run(tmp_path)
    assert first.returncode == 0, first.stderr
    company = tmp_path / "demo-company"
    for name in (
        "worklist.html",
        "worklist.csv",
        "churnrisk-data/training/report.html",
        "churnrisk-data/mlflow/mlflow.db",
    ):
        assert (company / name).stat().st_size > 0
    assert "Look further" in first.stdout
    assert "worklist.html" in first.stdout


def test_steps_are_tasks_and_their_functions_need_no_prefect():
    from churnrisk import jobs
    from pipelines.demo import as_task

    assert as_task.__module__ == "pipelines.demo"
    assert jobs.demo.__module__ == "churnrisk.jobs.demo"
    assert not hasattr(jobs.extract, "with_options")
