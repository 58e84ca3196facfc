"""The training frame: the matrix of every as_of that is used, with its labels, and how it is split."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from churnrisk.errors import HeldError, InputError
from churnrisk.features import Catalogue, Matrices
from churnrisk.history import History
from churnrisk.labels import LEAST_LEAVERS, labels, split_of, usable_as_ofs
from churnrisk.parameters import Parameters
from churnrisk.population import eligible
from churnrisk.timeline import AsOf, Split


@dataclass(frozen=True)
class TrainingFrame:
    """Everything that training reads.

    Attributes:
        rows: one row for each account and as_of: keys, features, `left` (1.0 or 0.0).
        split: which as_of are for training, calibration and testing.
        catalogue: the features that are there.
        left_within_lead: rows left out because the account left before the label window began.
    """

    rows: pd.DataFrame
    split: Split
    catalogue: Catalogue
    left_within_lead: int

    def part(self, as_ofs: tuple[AsOf, ...]) -> pd.DataFrame:
        """The rows of these as_of."""
        return self.rows[self.rows["as_of"].isin([pd.Timestamp(as_of.day) for as_of in as_ofs])]


def training_frame(
    history: History,
    catalogue: Catalogue,
    parameters: Parameters,
    folder: Path,
    on_progress: Callable[[int, int], None],
) -> TrainingFrame:
    """Compute features and labels at every usable as_of, and split them.

    Args:
        history: opened.
        catalogue: every feature there is.
        parameters: label, matrix and split.
        folder: where matrices are kept.
        on_progress: told how many as_of of how many are done.

    Raises:
        InputError: the history is too short.
        HeldError: there are too few leavers to learn from or to test on.
    """
    as_ofs = usable_as_ofs(history, parameters)
    known = history.upto(history.known_until)
    here = catalogue.having(history.present, parameters.features.leave_out, history.text_version)
    populations = {as_of: eligible(history.upto(as_of), parameters.label) for as_of in as_ofs}
    parts = []
    for as_of, rows in Matrices(history, here, folder).over(populations, on_progress):
        rows["left"] = labels(known, as_of, parameters.label, rows["account_id"])
        parts.append(rows)
    rows = pd.concat(parts, ignore_index=True)
    early = int(rows["left"].isna().sum())
    rows = rows.dropna(subset=["left"], ignore_index=True)
    frame = TrainingFrame(rows, split_of(as_ofs, parameters), here, early)
    _refuse_too_few(frame)
    return frame


def shuffled(frame: TrainingFrame, seed: int) -> TrainingFrame:
    """The same frame with the labels of each as_of dealt out anew among its accounts: nothing can be learnt from it."""
    generator = np.random.default_rng(seed)
    rows = frame.rows.copy()
    rows["left"] = rows.groupby("as_of")["left"].transform(generator.permutation)
    return TrainingFrame(rows, frame.split, frame.catalogue, frame.left_within_lead)


def _refuse_too_few(frame: TrainingFrame) -> None:
    if not frame.split.train:
        raise InputError(
            "No as_of is left for training once those for testing are set aside with their gap",
            "Export a longer history, or lower [split] test or [label] horizon in parameters.toml",
        )
    for part, as_ofs in (("training", frame.split.train), ("testing", frame.split.test)):
        left = frame.part(as_ofs)["left"]
        if left.empty:
            raise InputError(
                f"No account is eligible at the as_of for {part}, {as_ofs[0]} to {as_ofs[-1]}",
                "Check that the export reaches to the last day that is known in the history, and that the mapping"
                " says with known_at when its rows became known",
                part=part,
            )
        if left.sum() < LEAST_LEAVERS or (1 - left).sum() < LEAST_LEAVERS:
            raise HeldError(
                f"Of {len(left)} rows for {part}, {int(left.sum())} left and {int((1 - left).sum())} stayed; at least"
                f" {LEAST_LEAVERS} of each are needed",
                "Export a longer history, or check the label in parameters.toml",
                part=part,
                left=int(left.sum()),
            )
