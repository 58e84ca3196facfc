"""The settings: `churnrisk.toml`, read once, refused where it says something nobody reads.

First of the four kinds of configuration: the company, the folders, the sources and their mapping. Paths in the file
are relative to it. `configuration` is the base that `parameters` shares: frozen, strict, hashed.
"""

from __future__ import annotations

import hashlib
import json
import tomllib
from functools import cached_property
from pathlib import Path
from typing import Any, Self, TypeVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from churnrisk.errors import SettingsError

Kind = TypeVar("Kind", bound="Configuration")


def digest(content: Any) -> str:
    """Twelve hexadecimal digits that change when the content does; any JSON-able content."""
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:12]


class Configuration(BaseModel):
    """A part of a configuration file: frozen, and a key that it does not know is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    @property
    def hash(self) -> str:
        """The digest of this part; stored with everything it governs."""
        return digest(self.model_dump(mode="json"))


class Company(Configuration):
    """Whose data this is."""

    name: str = "company"
    time_zone: str = "UTC"
    currency: str = "EUR"
    #: Fixed rates into `currency`, by three-letter code.
    rates: dict[str, float] = Field(default_factory=dict)

    @field_validator("time_zone")
    @classmethod
    def _is_a_zone(cls, name: str) -> str:
        return _zone_name(name)


class Export(Configuration):
    """Where the source files lie, and whether they are already canonical tables."""

    folder: Path = Path("export")
    canonical: bool = False


class Source(Configuration):
    """One file (or glob) of the export, readable under its name in the mapping."""

    path: str
    format: str = ""
    options: dict[str, Any] = Field(default_factory=dict)


class Mapping(Configuration):
    """How a source becomes a canonical table.

    `from` is the name of a source or a SELECT over sources; `columns` are SQL expressions of DuckDB over it; a
    timestamp without an offset is local to `time_zone`. `known_at` is an expression; without one a fact is known
    `delay_days` after it happened.
    """

    table: str
    source: str = Field(alias="from")
    columns: dict[str, str]
    where: str = ""
    known_at: str = ""
    delay_days: int = Field(default=0, ge=0)
    time_zone: str = ""

    @field_validator("time_zone")
    @classmethod
    def _is_a_zone_if_said(cls, name: str) -> str:
        return _zone_name(name) if name else name


class Settings(Configuration):
    """Everything `churnrisk.toml` says.

    Attributes:
        company: whose data this is.
        export: where the source files lie.
        data: the folder that history, models and lists are kept in.
        sources: the files of the export by the name the mapping uses.
        mapping: how they become canonical tables.
        folder: where the file was; paths are relative to it.
    """

    company: Company = Company()
    export: Export = Export()
    data: Path = Path("churnrisk-data")
    sources: dict[str, Source] = Field(default_factory=dict)
    mapping: tuple[Mapping, ...] = ()
    folder: Path = Path()

    @classmethod
    def read(cls, path: Path) -> Self:
        """Read the file; raises SettingsError naming the file, the key and what to write."""
        if not path.is_file():
            raise SettingsError(
                f"There is no {path}",
                "Pass --config FILE, or start with `churnrisk simulate --out DIR` or one of the examples",
                file=str(path),
            )
        content = read_toml(path)
        if "folder" in content:
            raise SettingsError(f"{path}: folder is not a key that is read here", "Remove it", file=str(path))
        settings = parse(cls, content, path)
        return settings.model_copy(update={"folder": path.parent.resolve()})

    @cached_property
    def data_folder(self) -> Path:
        """Where history, models and lists are kept."""
        return (self.folder / self.data).resolve()

    @property
    def export_folder(self) -> Path:
        """Where the source files lie."""
        return (self.folder / self.export.folder).resolve()

    @property
    def mapping_hash(self) -> str:
        """The digest of everything that decides how source rows become canonical rows."""
        return digest(
            [
                self.export.canonical,
                self.company.time_zone,
                {name: source.hash for name, source in self.sources.items()},
                [mapping.hash for mapping in self.mapping],
            ]
        )

    def with_export(self, folder: Path | None) -> Self:
        """The same settings with the source files in another folder."""
        if folder is None:
            return self
        return self.model_copy(update={"export": self.export.model_copy(update={"folder": folder.resolve()})})


def zone(name: str) -> ZoneInfo:
    """The time zone of that IANA name; raises SettingsError for a name that is none."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise SettingsError(
            f"{name!r} is no time zone", 'Write an IANA name such as "Europe/Copenhagen"', time_zone=name
        ) from error


def _zone_name(name: str) -> str:
    """The name, where it is one; ValueError lets `parse` name the file and the key."""
    try:
        zone(name)
    except SettingsError as error:
        raise ValueError(str(error)) from error
    return name


def read_toml(path: Path) -> dict[str, Any]:
    """The content of a TOML file; raises SettingsError with the line where it cannot be read."""
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, OSError) as error:
        raise SettingsError(f"{path} cannot be read: {error}", "Mend that line", file=str(path)) from error


def parse(kind: type[Kind], content: dict[str, Any], path: Path) -> Kind:
    """Check the content of a configuration file; raises SettingsError naming file and key of the first fault."""
    try:
        return kind.model_validate(content)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        key = ".".join(str(part) for part in first["loc"])
        said = first["msg"].removeprefix("Value error, ").rstrip(".")
        what = "is not a key that is read here" if first["type"] == "extra_forbidden" else f"is wrong: {said}"
        raise SettingsError(
            f"{path}: {key or 'the file'} {what}", "Correct or remove it", file=str(path), key=key
        ) from error
