"""The doctor as a step: what the data of a project can support, and the refusal where they cannot."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime

from churnrisk.doctor import Diagnosis, examine
from churnrisk.errors import HeldError
from churnrisk.extract.landing import history_folder
from churnrisk.jobs.project import Project
from churnrisk.settings import zone
from churnrisk.validate import read_verdicts


def doctor(project: Project) -> Diagnosis:
    """Hold what is needed against what the data have; nothing is changed.

    Raises:
        InputError: there is no history.
    """
    history = project.history
    verdicts = read_verdicts(history_folder(project.settings), project.settings)
    today = datetime.now(zone(project.settings.company.time_zone)).date()
    return examine(history, verdicts, project.settings, project.parameters, today)


def refuse_failing(diagnosis: Diagnosis) -> None:
    """Raise HeldError, with the whole diagnosis as its facts, where a check failed."""
    failed = diagnosis.having("fail")
    if failed:
        checks = "One check failed" if len(failed) == 1 else f"{len(failed)} checks failed, the first of them"
        raise HeldError(
            f"{checks}: {failed[0].sentence}",
            f"{failed[0].next_step}; then run `churnrisk doctor` again",
            **asdict(diagnosis),
        )
