"""The parameters and the policy: `parameters.toml` (label, matrix, features, model) and `policy.toml`.

Second and third of the four kinds of configuration. The defaults are reviewed like code, in `models/churn/`; a file
beside `churnrisk.toml` overrides what it names. Each part has a hash that is stored with what it governs.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal, Self

from pydantic import Field, model_validator

from churnrisk.settings import Configuration, Kind, parse, read_toml


def models_folder() -> Path:
    """Where the reviewed files of `models/` are: inside the wheel, or at the top of a checkout."""
    packaged = Path(__file__).parent / "_models"
    return packaged if packaged.is_dir() else Path(__file__).parents[2] / "models"


class Label(Configuration):
    """What counts as leaving; see `churnrisk.labels`."""

    kind: Literal["contract_end", "event", "silence"]
    lead: int = Field(ge=0)
    horizon: int = Field(gt=0)
    activity: Literal["tickets", "invoices", "usage"]

    @property
    def signs_of_life(self) -> str:
        """Under silence, the relation whose rows are signs of life; a credit note is none."""
        relations = {
            "tickets": "tickets",
            "invoices": "(select * from invoices where amount > 0)",
            "usage": "(select * from usage where value > 0)",
        }
        return relations[self.activity]


class Matrix(Configuration):
    """Which as_of the matrix has."""

    step_days: int = Field(gt=0)
    as_ofs: int = Field(gt=0)
    warm_up_days: int = Field(ge=0)


class SplitSizes(Configuration):
    """How many as_of are kept for testing and calibration."""

    test: int = Field(gt=0)
    calibrate: int = Field(ge=0)


class Features(Configuration):
    """Which features are used."""

    leave_out: tuple[str, ...] = ()


class Model(Configuration):
    """What LightGBM is told; names as LightGBM's documentation has them, `rounds` for num_boost_round."""

    rounds: int = Field(gt=0)
    learning_rate: float = Field(gt=0)
    num_leaves: int = Field(gt=1)
    max_depth: int
    min_data_in_leaf: int = Field(ge=1)
    lambda_l2: float = Field(ge=0)
    feature_fraction: float = Field(gt=0, le=1)
    bagging_fraction: float = Field(gt=0, le=1)
    seed: int
    threads: int = Field(gt=0)


class Parameters(Configuration):
    """Everything `parameters.toml` says."""

    label: Label
    matrix: Matrix
    split: SplitSizes
    features: Features
    model: Model

    @classmethod
    def read(cls, folder: Path) -> Self:
        """The defaults, overridden by `parameters.toml` in that folder if there is one."""
        return _read(cls, folder, "parameters.toml")


class Policy(Configuration):
    """Everything `policy.toml` says."""

    weekly_capacity: int = Field(gt=0)
    tier_high: float = Field(gt=0, le=1)
    tier_medium: float = Field(gt=0, le=1)

    @model_validator(mode="after")
    def _has_rising_tiers(self) -> Self:
        if self.tier_medium > self.tier_high:
            raise ValueError("tier_medium is above tier_high")
        return self

    @classmethod
    def read(cls, folder: Path) -> Self:
        """The defaults, overridden by `policy.toml` in that folder if there is one."""
        return _read(cls, folder, "policy.toml")


def _read(kind: type[Kind], folder: Path, name: str) -> Kind:
    default = models_folder() / "churn" / name
    content = read_toml(default)
    own = folder / name
    if own.is_file():
        content = _override(content, read_toml(own))
    return parse(kind, content, own if own.is_file() else default)


def _override(content: dict[str, Any], own: dict[str, Any]) -> dict[str, Any]:
    merged = dict(content)
    for key, value in own.items():
        both = isinstance(value, dict) and isinstance(merged.get(key), dict)
        merged[key] = _override(merged[key], value) if both else value
    return merged
