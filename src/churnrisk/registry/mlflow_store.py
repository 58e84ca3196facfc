"""Runs and models in MLflow, on SQLite, without a server.

Every training is a run with parameters, metrics, plots and hashes. What may serve becomes a version of the registered
model `churn`: a native LightGBM booster that MLflow itself can load, and beside it the ChurnModel's own files with
their checksums. No pickle anywhere. Aliases `champion`, `challenger` and `previous` say which version serves, which
waits for a person to promote it, and which served before; who promoted a version, when and why stands in its tags.
"""

from __future__ import annotations

import json
import logging
import os
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from churnrisk.errors import CorruptError, HeldError, InputError
from churnrisk.model import ChurnModel, Trees
from churnrisk.settings import digest

if TYPE_CHECKING:
    from mlflow import MlflowClient

MODEL_NAME = "churn"
EXPERIMENT = "churn"
_DATABASE = "mlflow.db"
CHAMPION, CHALLENGER, PREVIOUS = "champion", "challenger", "previous"
#: Tags of a version: the gates it failed, and who let it serve.
_FAILED, _BY, _REASON, _WHEN = "gates_failed", "promoted_by", "promoted_because", "promoted_at"
#: MLflow refuses artifacts that run code when they are loaded; no usage figures leave the machine.
_ENVIRONMENT = {
    "MLFLOW_ALLOW_PICKLE_DESERIALIZATION": "false",
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "MLFLOW_LOGGING_LEVEL": "WARNING",
    "DO_NOT_TRACK": "1",
}
_SMOKE = "import sys, pathlib; from churnrisk.model import ChurnModel; ChurnModel.load(pathlib.Path(sys.argv[1]))"


@dataclass(frozen=True)
class RunRecord:
    """What a training leaves behind.

    Attributes:
        parameters: flat names to values.
        metrics: flat names to numbers.
        tags: hashes and the verdict.
        files: file name to content; names ending in .png are plots.
    """

    parameters: dict[str, Any] = field(default_factory=dict)
    metrics: dict[str, float] = field(default_factory=dict)
    tags: dict[str, str] = field(default_factory=dict)
    files: dict[str, bytes] = field(default_factory=dict)


@dataclass(frozen=True)
class Version:
    """What is known of a version of the registered model.

    Attributes:
        number: from 1.
        failed: names of the gates that it did not pass.
        name: of the candidate: the model, or a baseline.
        by: who promoted it; empty where nobody did.
        reason: why.
        at: when, in UTC.
    """

    number: int
    failed: tuple[str, ...]
    name: str
    by: str
    reason: str
    at: str


@dataclass(frozen=True)
class Champion:
    """The model that serves.

    Attributes:
        model: as it was trained.
        version: of the registered model, from 1.
        run: the MLflow run that trained it.
    """

    model: ChurnModel
    version: int
    run: str


class Registry:
    """The models of one company."""

    def __init__(self, folder: Path) -> None:
        """Open the registry in a folder, making it if it is not there."""
        os.environ.update(_ENVIRONMENT)
        for talkative in ("mlflow", "alembic"):
            logging.getLogger(talkative).setLevel(logging.WARNING)
        self.folder = folder
        self._artifacts = folder / "artifacts"
        self._artifacts.mkdir(parents=True, exist_ok=True)
        _refuse_damaged(folder / _DATABASE)
        self.uri = f"sqlite:///{folder / _DATABASE}"

    def record(self, record: RunRecord) -> str:
        """Log one training as a run; gives its id."""
        client = self._client()
        run = client.create_run(self._experiment(client), tags=record.tags)
        run_id = str(run.info.run_id)
        try:
            for name, value in record.parameters.items():
                client.log_param(run_id, name, value)
            for name, number in record.metrics.items():
                client.log_metric(run_id, name, number)
            with tempfile.TemporaryDirectory() as scratch:
                for name, content in record.files.items():
                    path = Path(scratch) / name
                    path.parent.mkdir(parents=True, exist_ok=True)
                    path.write_bytes(content)
                client.log_artifacts(run_id, scratch)
        except BaseException:
            client.set_terminated(run_id, "FAILED")
            raise
        client.set_terminated(run_id)
        return run_id

    def register(self, run_id: str, model: ChurnModel, failed: Sequence[str] = ()) -> int:
        """Make the run's model a version of the registered model; gives its number.

        Args:
            run_id: of the run that trained it.
            model: what is kept.
            failed: names of the gates that it did not pass.

        The files are read back in a process of their own first: LightGBM ends the process on a file it cannot read.
        """
        client = self._client()
        with tempfile.TemporaryDirectory() as scratch:
            folder = Path(scratch) / "model"
            _save(model, folder)
            smoke = subprocess.run(
                [sys.executable, "-c", _SMOKE, str(folder / "churnrisk")], capture_output=True, check=False
            )
            if smoke.returncode:
                raise CorruptError("The trained model cannot be read back", "Train again; if it repeats, report it")
            client.log_artifacts(run_id, str(folder), "model")
        if not client.search_registered_models(f"name = '{MODEL_NAME}'"):
            client.create_registered_model(MODEL_NAME)
        source = f"{client.get_run(run_id).info.artifact_uri}/model"
        tags = {"label": model.label_hash, "catalogue": model.catalogue_hash, "content": model.version}
        tags |= {"serves": model.name, _FAILED: ", ".join(failed)}
        return int(client.create_model_version(MODEL_NAME, source, run_id=run_id, tags=tags).version)

    def challenge(self, version: int) -> None:
        """Let that version wait for a person to promote it; one that waited before does not any more."""
        self._client().set_registered_model_alias(MODEL_NAME, CHALLENGER, str(version))

    def promote(self, version: int, by: str, reason: str) -> None:
        """Let that version serve; the one that served before keeps the alias `previous`.

        Training again on the same data gives the same model: then there is nothing to go back to, and `previous` stays.

        Args:
            version: of the registered model.
            by: who decided it.
            reason: why.
        """
        client = self._client()
        current = self._version_of(CHAMPION)
        if current is not None and self._content_of(current) != self._content_of(version):
            client.set_registered_model_alias(MODEL_NAME, PREVIOUS, str(current))
        now = datetime.now(UTC).isoformat(timespec="seconds")
        for tag, value in ((_BY, by), (_REASON, reason), (_WHEN, now)):
            client.set_model_version_tag(MODEL_NAME, str(version), tag, value)
        client.set_registered_model_alias(MODEL_NAME, CHAMPION, str(version))
        if self._version_of(CHALLENGER) == version:
            client.delete_registered_model_alias(MODEL_NAME, CHALLENGER)

    def versions(self) -> dict[str, Version]:
        """The versions that have an alias, by alias."""
        found = {alias: self._version_of(alias) for alias in (CHAMPION, CHALLENGER, PREVIOUS)}
        return {alias: self.version(number) for alias, number in found.items() if number is not None}

    def version(self, number: int) -> Version:
        """What is known of a version; raises InputError where there is none of that number."""
        from mlflow.exceptions import MlflowException

        try:
            tags = self._client().get_model_version(MODEL_NAME, str(number)).tags
        except MlflowException as error:
            raise InputError(
                f"There is no version {number} of the model", "Run `churnrisk promote` without --version"
            ) from error
        failed = tuple(name for name in tags.get(_FAILED, "").split(", ") if name)
        told = (tags.get(key, "") for key in ("serves", _BY, _REASON, _WHEN))
        return Version(number, failed, *told)

    def champion_or_none(self) -> Champion | None:
        """The model that serves, where one does."""
        return self.champion() if self._version_of(CHAMPION) is not None else None

    def champion(self) -> Champion:
        """The model that serves; raises HeldError where none was promoted."""
        version = self._version_of(CHAMPION)
        if version is None:
            raise HeldError(
                "No model has been promoted",
                'Run `churnrisk train`, which says why where it ends in "do not use"; let a model that waits serve'
                " with `churnrisk promote`",
            )
        run = str(self._client().get_model_version(MODEL_NAME, str(version)).run_id)
        # Not the address that MLflow keeps, which is of the place where the project was when it trained.
        return Champion(ChurnModel.load(self._artifacts / run / "artifacts/model/churnrisk"), version, run)

    def _version_of(self, alias: str) -> int | None:
        from mlflow.exceptions import MlflowException

        try:
            return int(self._client().get_model_version_by_alias(MODEL_NAME, alias).version)
        except MlflowException as error:
            if error.error_code in (
                "RESOURCE_DOES_NOT_EXIST",
                "INVALID_PARAMETER_VALUE",
            ):  # no such model, no such alias
                return None
            raise

    def _content_of(self, version: int) -> str:
        return str(self._client().get_model_version(MODEL_NAME, str(version)).tags.get("content"))

    def _client(self) -> MlflowClient:
        from mlflow import MlflowClient

        return MlflowClient(tracking_uri=self.uri, registry_uri=self.uri)

    def _experiment(self, client: MlflowClient) -> str:
        """The experiment whose artifacts are here; after the project was moved or copied, a new one."""
        here = self._artifacts.as_uri()
        for name in (EXPERIMENT, f"{EXPERIMENT} {digest(here)}"):
            found = client.get_experiment_by_name(name)
            if found is None:
                return str(client.create_experiment(name, artifact_location=here))
            if found.artifact_location == here:
                return str(found.experiment_id)
        raise CorruptError(f"{self.uri} has experiments of another place", "Move the folder away and train again")


def _refuse_damaged(database: Path) -> None:
    """SQLite answers a damaged file with whatever it reads; ask before anything is built on it."""
    if not database.is_file():
        return
    try:
        with closing(sqlite3.connect(database)) as connection:
            (said,) = connection.execute("pragma quick_check(1)").fetchone()
    except sqlite3.DatabaseError as error:
        said = str(error)
    if said != "ok":
        raise CorruptError(
            f"MLflow's database {database} is damaged: {said}",
            "Restore it from a backup, or move its folder away and train again",
            file=str(database),
        )


def _save(model: ChurnModel, folder: Path) -> None:
    """The ChurnModel's own files, and around them what MLflow needs to load the booster by itself."""
    if isinstance(model.scorer, Trees):
        import lightgbm as lgb
        import mlflow.lightgbm
        from mlflow.models import ModelSignature
        from mlflow.types import ColSpec, DataType, Schema

        columns = Schema([ColSpec(DataType.double, name) for name in model.features])
        mlflow.lightgbm.save_model(
            lgb.Booster(model_str=model.scorer.text),
            str(folder),
            signature=ModelSignature(columns, Schema([ColSpec(DataType.double)])),
            pip_requirements=["lightgbm", "mlflow"],  # told, because guessing them takes 12 to 25 s
        )
    model.save(folder / "churnrisk")
    (folder / "features.json").write_text(json.dumps(list(model.features), indent=1), encoding="utf-8")
