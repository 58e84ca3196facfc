"""A project: the four kinds of configuration of one company, and the folders they lead to."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import cached_property
from pathlib import Path

from churnrisk.errors import NothingToDoError
from churnrisk.extract.landing import history_folder
from churnrisk.history import History, read_manifests
from churnrisk.parameters import Parameters, Policy
from churnrisk.settings import Settings
from churnrisk.text import Reader, brought_scores
from churnrisk.timeline import AsOf
from churnrisk.validate import are_judged, validate, verdicts_file


@dataclass(frozen=True)
class Project:
    """One company's configuration.

    Attributes:
        settings: churnrisk.toml.
        parameters: parameters.toml over the defaults.
        policy: policy.toml over the defaults.
    """

    settings: Settings
    parameters: Parameters
    policy: Policy

    @classmethod
    def read(cls, config: Path, export: Path | None = None) -> Project:
        """Read the configuration beside (and including) that churnrisk.toml; `export` replaces its export folder."""
        settings = Settings.read(config).with_export(export)
        return cls(settings, Parameters.read(settings.folder), Policy.read(settings.folder))

    @property
    def data(self) -> Path:
        """Where everything that is made is kept."""
        return self.settings.data_folder

    @property
    def lists(self) -> Path:
        """Where the published lists are."""
        return self.data / "lists"

    @property
    def registry_folder(self) -> Path:
        """Where MLflow's database and artifacts are."""
        return self.data / "mlflow"

    @property
    def matrices(self) -> Path:
        """Where the matrix of each as_of is kept."""
        return self.data / "matrices"

    @property
    def training(self) -> Path:
        """Where the training report is."""
        return self.data / "training"

    @cached_property
    def history(self) -> History:
        """The history, without the rows that validation holds back.

        Where a run ended between landing and judging, or the verdicts are damaged, the rows are judged now.
        """
        folder = history_folder(self.settings)
        if read_manifests(folder) and not are_judged(folder, self.settings):
            validate(folder, self.settings)
        version = self.reader.version if self.reader else ""
        return History(folder, self.settings.company.time_zone, verdicts_file(folder, self.settings), version)

    @cached_property
    def reader(self) -> Reader | None:
        """What reads customers' messages; None where nothing is read, or the export brought scores of its own."""
        told = self.settings.text
        if told.model == "none" or brought_scores(history_folder(self.settings)):
            return None
        return Reader.of(told.model, told.languages)

    def moment(self, day: str = "") -> AsOf:
        """The as_of of an ISO day; without one, the last day that is known to its end.

        Raises:
            NothingToDoError: the history does not reach that day, or begins after it.
        """
        known = self.history.known_until
        if not day:
            return known
        as_of = AsOf(date.fromisoformat(day), self.settings.company.time_zone)
        if as_of > known or as_of < self.history.first_day:
            raise NothingToDoError(
                f"{day} is not in the history, which is known from {self.history.first_day} to {known}",
                f"Extract newer data, or pass --as-of {known}",
                as_of=day,
                known_until=str(known),
            )
        return as_of
