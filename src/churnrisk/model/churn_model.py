"""ChurnModel: what predicts, with everything needed to predict the same tomorrow.

A folder of a native booster (text) and JSON with a SHA-256 for each; never a pickle. The checksums are compared before
anything is loaded: LightGBM aborts the process on a truncated file and loads a file with one wrong digit silently.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from churnrisk.errors import CorruptError
from churnrisk.model.calibration import Calibration
from churnrisk.model.kept import from_json, to_json
from churnrisk.model.scorers import Scorer, Trees
from churnrisk.settings import digest
from churnrisk.store import sha256_of

_BOOSTER, _MODEL, _SUMS = "booster.txt", "model.json", "sha256.json"


@dataclass(frozen=True)
class ChurnModel:
    """A fitted model.

    Attributes:
        scorer: gives the score in log-odds and what each feature adds to it.
        calibration: turns the score into a risk.
        label_hash: of the label definition it was trained for.
        catalogue_hash: of the feature definitions it was trained on.
        lead: days between as_of and the label window.
        horizon: days the label window is long.
        name: what it is called in reports: "model" for the trees, or the baseline's name.
    """

    scorer: Scorer
    calibration: Calibration
    label_hash: str
    catalogue_hash: str
    lead: int
    horizon: int
    name: str

    @property
    def features(self) -> tuple[str, ...]:
        """The columns of the matrix that are read."""
        return self.scorer.features

    def risk(self, rows: pd.DataFrame) -> np.ndarray:
        """The probability to leave in the label window, shape (n,)."""
        return self.calibration.risk(self.scorer.score(rows))

    def log_odds(self, rows: pd.DataFrame) -> np.ndarray:
        """Calibrated log-odds, shape (n,)."""
        return self.calibration.log_odds(self.scorer.score(rows))

    def contributions(self, rows: pd.DataFrame) -> pd.DataFrame:
        """What each feature adds to the calibrated log-odds, shape (n, features); `base` + their sum is the whole."""
        return self.scorer.contributions(rows) * self.calibration.slope

    @property
    def base(self) -> float:
        """Calibrated log-odds before any feature is looked at."""
        return float(self.calibration.log_odds(np.array([self.scorer.base()]))[0])

    @property
    def version(self) -> str:
        """The digest of everything that decides a prediction."""
        return digest([self._as_json(), self.scorer.text if isinstance(self.scorer, Trees) else ""])

    def save(self, folder: Path) -> None:
        """Write the model into a folder, checksums last."""
        folder.mkdir(parents=True, exist_ok=True)
        text = self.scorer.text if isinstance(self.scorer, Trees) else ""
        (folder / _BOOSTER).write_text(text, encoding="utf-8")
        (folder / _MODEL).write_text(json.dumps(self._as_json(), indent=1), encoding="utf-8")
        sums = {name: sha256_of(folder / name) for name in (_BOOSTER, _MODEL)}
        (folder / _SUMS).write_text(json.dumps(sums, indent=1), encoding="utf-8")

    @classmethod
    def load(cls, folder: Path) -> ChurnModel:
        """Read a model that `save` wrote; raises CorruptError before anything damaged is loaded."""
        try:
            sums = json.loads((folder / _SUMS).read_text(encoding="utf-8"))
            damaged = [name for name in (_BOOSTER, _MODEL) if sha256_of(folder / name) != sums[name]]
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise _corrupt(folder / _SUMS) from error
        if damaged:
            raise _corrupt(folder / damaged[0])
        content = json.loads((folder / _MODEL).read_text(encoding="utf-8"))
        text = (folder / _BOOSTER).read_text(encoding="utf-8")
        return cls(
            scorer=from_json(content.pop("scorer"), text),
            calibration=Calibration(**content.pop("calibration")),
            **content,
        )

    def _as_json(self) -> dict[str, Any]:
        return {
            "scorer": to_json(self.scorer),
            "calibration": asdict(self.calibration),
            "label_hash": self.label_hash,
            "catalogue_hash": self.catalogue_hash,
            "lead": self.lead,
            "horizon": self.horizon,
            "name": self.name,
        }


def _corrupt(path: Path) -> CorruptError:
    return CorruptError(
        f"The model file {path} is missing or damaged: it does not match its checksum",
        "Restore it from a backup, or train again",
        file=str(path),
    )
