"""What every test shares: seeded examples, the real exports beside the checkout, and no silent skip.

Where the environment variable CI is set, a test that skips fails, unless `tests/allowed_skips.toml` names it with a
reason. Everywhere else a skip prints its reason at the end of the run.
"""

import os
import tomllib
from fnmatch import fnmatch
from pathlib import Path

import hypothesis
import pytest

ROOT = Path(__file__).parent.parent
ALLOWED_SKIPS = Path(__file__).parent / "allowed_skips.toml"

# Read by the libraries when they are first imported: they talk to nobody, and draw without a screen.
os.environ.setdefault("DO_NOT_TRACK", "1")
os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
os.environ.setdefault("PREFECT_SERVER_ANALYTICS_ENABLED", "false")
os.environ.setdefault("MPLBACKEND", "Agg")

# The same examples on every run and machine, and no deadline: a busy machine is no failure.
hypothesis.settings.register_profile("house", derandomize=True, deadline=None, database=None, max_examples=50)
hypothesis.settings.load_profile("house")


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder with the real exports kept beside the checkout; CHURNRISK_SHARED_DATA names another one."""
    folder = Path(os.environ.get("CHURNRISK_SHARED_DATA") or ROOT.parent / "shared" / "data")
    if not folder.is_dir():
        pytest.skip("real exports are not at ../shared/data")
    return folder


@pytest.fixture(scope="session")
def finished(tmp_path_factory: pytest.TempPathFactory):
    """A small simulated company on which the main job has run; read it, do not change it (`copied` may be)."""
    from tests.support.company import finish  # imports half the house, which not every test needs

    return finish(tmp_path_factory.mktemp("finished") / "company")


def _allowed_skips() -> dict[str, str]:
    return tomllib.loads(ALLOWED_SKIPS.read_text(encoding="utf-8"))["allowed"]


def _refuse_skip(report: pytest.TestReport | pytest.CollectReport) -> None:
    expected_failure = hasattr(report, "wasxfail")
    if not report.skipped or expected_failure or not os.environ.get("CI"):
        return
    if any(fnmatch(report.nodeid, pattern) for pattern in _allowed_skips()):
        return
    reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longrepr
    report.outcome = "failed"
    report.longrepr = (
        f"{report.nodeid} skipped ({reason}). Make it run here, or name it in tests/allowed_skips.toml with a reason."
    )


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    """Turn the skip of a test into a failure where CI is set."""
    report = yield
    _refuse_skip(report)
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(collector):
    """Turn the skip of a whole file into a failure where CI is set."""
    report = yield
    _refuse_skip(report)
    return report
