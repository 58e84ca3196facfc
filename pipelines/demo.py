"""`make demo`: the main job on a simulated company, as a Prefect flow that needs no server of its own.

The order of the steps is told in `churnrisk.jobs`; here every step becomes a task.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

FOLDER = Path("demo-company")

# Before Prefect is imported: its files stay with the company's, nothing calls home, and a busy machine may take long
# to start the flow's own little server.
_HOME = (FOLDER / ".prefect").resolve()
_HOME.mkdir(parents=True, exist_ok=True)
for _name, _value in {
    "PREFECT_HOME": str(_HOME),
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    "PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS": "180",
    "PREFECT_LOGGING_LEVEL": "WARNING",
    "DO_NOT_TRACK": "1",
}.items():
    os.environ.setdefault(_name, _value)

from prefect import flow, task  # noqa: E402  # the environment above must be set first

from churnrisk import jobs  # noqa: E402
from churnrisk.cli import ending  # noqa: E402


def as_task(name: str, step: Callable[..., Any], *arguments: Any) -> Any:
    """Run a step of a job as a task of the flow."""
    return task(step, name=name, persist_result=False)(*arguments)


@flow(name="demo", persist_result=False)
def demo(folder: str = str(FOLDER), accounts: int = jobs.DEMO_ACCOUNTS) -> jobs.DemoOutcome:
    """Simulate, extract, validate, features, train, register, score, worklist."""
    return jobs.demo(Path(folder), accounts, run=as_task)


if __name__ == "__main__":
    sys.exit(ending(demo))
