"""Small projects for tests: a real churnrisk.toml beside real files, read as the product reads them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from churnrisk.extract.landing import extract, history_folder
from churnrisk.history import Landed, connect, read_manifests
from churnrisk.history.landing import UNREADABLE, files_of, relation_of
from churnrisk.settings import Settings
from tests.support.history import LATER

#: A source of tickets, so that the accounts beside it are enough to land.
TICKETS = "no,id,made\n1,A,2026-01-02 10:00\n"


def toml(content: dict[str, Any], around: tuple[str, ...] = ()) -> str:
    """A TOML text that says the content: plain keys first, then tables, then arrays of tables."""
    plain = [f"{_key(key)} = {_value(value)}" for key, value in content.items() if not _is_table(value)]
    text = "\n".join(plain) + "\n"
    for key, value in content.items():
        path = (*around, _key(key))
        if isinstance(value, dict):
            text += f"\n[{'.'.join(path)}]\n{toml(value, path)}"
        elif _is_table(value):
            text += "".join(f"\n[[{'.'.join(path)}]]\n{toml(item, path)}" for item in value)
    return text


def _is_table(value: Any) -> bool:
    return isinstance(value, dict) or (isinstance(value, list | tuple) and bool(value) and isinstance(value[0], dict))


def _key(key: str) -> str:
    return key if key.replace("_", "").replace("-", "").isalnum() and key.isascii() else json.dumps(key)


def _value(value: Any) -> str:
    return json.dumps(value if isinstance(value, bool | int | float | list) else str(value), ensure_ascii=False)


def read_settings(folder: Path, text: str) -> Settings:
    """The settings of a project whose churnrisk.toml says that."""
    file = folder / "churnrisk.toml"
    file.write_text(text, encoding="utf-8")
    return Settings.read(file)


def line_of(settings: Settings, beginning: str, occurrence: int = 1) -> str:
    """The file and the line that begins so, as an error names them."""
    lines = settings.file.read_text(encoding="utf-8").splitlines()
    found = [number for number, line in enumerate(lines, start=1) if line.startswith(beginning)]
    return f"{settings.file}, line {found[occurrence - 1]}"


def landed(settings: Settings, **options: Any) -> Landed:
    """What an extract of the project brings, long after everything in it."""
    return extract(settings, LATER, **options)


def unreadable(settings: Settings) -> list[tuple[Any, ...]]:
    """The lines that were kept: source, file, line, reason and text, in their order."""
    folder = history_folder(settings)
    files = files_of(folder, read_manifests(folder), UNREADABLE)
    if not files:
        return []
    connection = connect()
    try:
        return connection.execute(f"from {relation_of(files)} order by source, file, line").fetchall()
    finally:
        connection.close()


def contents(folder: Path) -> dict[str, bytes]:
    """Every file below a folder with its bytes."""
    return {str(file.relative_to(folder)): file.read_bytes() for file in sorted(folder.rglob("*")) if file.is_file()}
