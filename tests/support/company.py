"""A small simulated company, taken through the main job once for each worker and copied where a test changes it."""

import shutil
from dataclasses import dataclass
from pathlib import Path

from churnrisk import jobs

ACCOUNTS, WEEKS, SEED = 400, 104, 11


@dataclass(frozen=True)
class Finished:
    """A project on which every step has run once.

    Attributes:
        config: its churnrisk.toml.
        extracted, trained, scored: the records of the steps.
    """

    config: Path
    extracted: jobs.Extracted
    trained: jobs.TrainSummary
    scored: jobs.ScoreSummary

    @property
    def project(self) -> jobs.Project:
        """The project, read anew."""
        return jobs.Project.read(self.config)

    def copied(self, to: Path) -> "Finished":
        """The same project in a folder of its own, which a test may change."""
        shutil.copytree(self.config.parent, to)
        return Finished(to / self.config.name, self.extracted, self.trained, self.scored)


def finish(folder: Path) -> Finished:
    """Make the company and run the main job on it."""
    config = folder / "churnrisk.toml"
    jobs.make_company(folder, ACCOUNTS, SEED, WEEKS)
    extracted = jobs.extract(jobs.Project.read(config))
    trained = jobs.train(jobs.Project.read(config))
    scored = jobs.score(jobs.Project.read(config))
    return Finished(config, extracted, trained, scored)
