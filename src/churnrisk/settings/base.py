"""What every configuration file has in common: frozen, strict, hashed; read with the line of each key."""

from __future__ import annotations

import hashlib
import json
import tomllib
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from churnrisk.errors import SettingsError
from churnrisk.settings.places import Step, places

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


def read_toml(path: Path) -> dict[str, Any]:
    """The content of a TOML file; raises SettingsError with the line where it cannot be read."""
    try:
        return tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, OSError) as error:
        raise SettingsError(f"{path} cannot be read: {error}", "Mend that line", file=str(path)) from error


def parse(kind: type[Kind], content: dict[str, Any], path: Path) -> Kind:
    """Check the content of a configuration file; raises SettingsError naming file, line and key of the first fault."""
    try:
        return kind.model_validate(content)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        said = first["msg"].removeprefix("Value error, ").rstrip(".")
        key = ".".join(str(step) for step in first["loc"])
        what = "is not a key that is read here" if first["type"] == "extra_forbidden" else f"is wrong: {said}"
        where = place(path, first["loc"])
        raise SettingsError(
            f"{where}: {key or 'the file'} {what}", "Correct or remove it", file=str(path), key=key
        ) from error


def place(path: Path, steps: tuple[Step, ...]) -> str:
    """The file and, where it is there, the line of a key or of the nearest table around it."""
    try:
        lines = places(path.read_text(encoding="utf-8-sig"))
    except (OSError, UnicodeDecodeError):
        return str(path)
    around = (steps[:length] for length in range(len(steps), 0, -1))
    line = next((lines[part] for part in around if part in lines), None)
    return f"{path}, line {line}" if line else str(path)
