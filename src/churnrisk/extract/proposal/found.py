"""Which files an export has, and which of them are parts of one table.

Reads names, headers and the beginning of files. Gives the sources as churnrisk.toml will name them; what cannot be
read is listed with the reason.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb

from churnrisk.errors import ChurnriskError
from churnrisk.extract.dialect import dialect_of
from churnrisk.extract.files import format_of
from churnrisk.extract.proposal.names import spelled
from churnrisk.settings import Source

#: What stands at the end of the names of parts: a number, a date, a quarter.
_NUMBERED = re.compile(
    r"[-_. ]*(?:(?:part|teil|del|czesc)?[-_. ]*\d[\d\-_. ]*|q[1-4])(?:[-_.]c000)?$",
    re.IGNORECASE,
)
_PACKED = (".gz", ".zst", ".bz2")
#: Folders in which nobody keeps an export.
_NOT_OURS = {"churnrisk-data", "mlruns", "__pycache__", "node_modules"}
#: Names that SQL could take for something else.
TAKEN = frozenset(
    row[0]
    for row in duckdb.connect()
    .execute("select keyword_name from duckdb_keywords() where keyword_category <> 'unreserved'")
    .fetchall()
) | {"user", "with", "at", "by"}


@dataclass(frozen=True)
class Found:
    """One source that was found.

    Attributes:
        label: its name in churnrisk.toml.
        source: what is said of it there.
        files: the files behind it.
        guesses: what was found out about how it is written.
        doubts: what somebody should look at.
    """

    label: str
    source: Source
    files: tuple[Path, ...]
    guesses: tuple[str, ...] = ()
    doubts: tuple[str, ...] = ()


@dataclass
class Inventory:
    """Everything in an export folder: the sources, and with the reason the files of other kinds and the broken ones."""

    sources: list[Found] = field(default_factory=list)
    unread: list[tuple[str, str]] = field(default_factory=list)
    broken: list[tuple[str, str]] = field(default_factory=list)


def inventory(folder: Path) -> Inventory:
    """The sources of an export folder."""
    found = Inventory()
    tables: list[tuple[Path, str, Dialects]] = []
    for file in _candidates(folder):
        shown = file.relative_to(folder).as_posix()
        try:
            kind = format_of(file.name)
            if not file.stat().st_size:
                found.unread.append((shown, "it is empty"))
                continue
            tables += [(file, kind, way) for way in _ways(file, kind)]
        except ChurnriskError:
            found.unread.append((shown, "its ending is not one that is read"))
        except (OSError, ValueError, EOFError) as error:
            found.broken.append((shown, f"it cannot be opened ({type(error).__name__})"))
    groups = _groups(folder, tables)
    labels = _labels([group[0] for group in groups])
    found.sources = [_source(folder, label, group) for label, group in zip(labels, groups, strict=True)]
    return found


@dataclass(frozen=True)
class Dialects:
    """How one table of a file is read: what goes into its Source, and its header where that is known."""

    settings: dict[str, Any]
    header: tuple[str, ...] = ()
    doubts: tuple[str, ...] = ()
    guesses: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()


def _kind_of(kind: str) -> str:
    """What a typed column holds, so far that files of one kind can be read together."""
    return next(
        (same for same in ("int", "date", "time", "string") if same in kind),
        "int" if "float" in kind or "double" in kind or "decimal" in kind else kind,
    )


Table = tuple[Path, str, Dialects]


def _candidates(folder: Path) -> Iterable[Path]:
    for file in sorted(folder.rglob("*")):
        parts = file.relative_to(folder).parts
        hidden = any(part.startswith((".", "~$", "_SUCCESS")) for part in parts)
        if (
            file.is_file()
            and not hidden
            and not set(parts) & _NOT_OURS
            and file.suffix.lower() not in (".lock", ".tmp")
        ):
            yield file


def _ways(file: Path, kind: str) -> list[Dialects]:
    if kind == "csv":
        return [_csv(file)]
    if kind == "excel":
        from churnrisk.extract.proposal.sheets import sheets

        return [Dialects(sheet.settings, sheet.header, sheet.doubts) for sheet in sheets(file)]
    if kind == "parquet":
        import pyarrow.parquet as pq

        schema = pq.read_schema(file)
        kinds = tuple(_kind_of(str(column.type)) for column in schema)
        return [Dialects({}, tuple(schema.names), kinds=kinds)]
    return [Dialects({})]


def _csv(file: Path) -> Dialects:
    seen = dialect_of(file)
    settings: dict[str, Any] = {}
    doubts: list[str] = []
    guesses: list[str] = []
    if seen.encoding != "utf-8":
        settings["encoding"] = seen.encoding
        guesses.append(f"not UTF-8; its letters look like {seen.encoding}")
    if seen.delim != ",":
        settings["options"] = {"delim": seen.delim}
    if seen.skip:
        settings["skip"] = seen.skip
        doubts.append(f"{seen.skip} lines above the header are skipped")
    if seen.header and all(re.fullmatch(r"[\d.,:/ \-]+", cell) for cell in seen.header if cell):
        doubts.append("the first row looks like data: export a header, or nothing here has a name")
    return Dialects(settings, seen.header, tuple(doubts), tuple(guesses))


def _groups(folder: Path, tables: list[Table]) -> list[list[Table]]:
    """The tables, those together that are called alike, read alike and have the same columns."""
    groups: dict[tuple[Any, ...], list[Table]] = defaultdict(list)
    for table in tables:
        file, kind, way = table
        header = tuple(sorted(column.lower() for column in way.header))
        read = (str(way.settings), header, tuple(kind for _, kind in sorted(zip(way.header, way.kinds, strict=False))))
        groups[(file.parent, stem_of(file), file.suffix.lower(), kind, *read)].append(table)
    return [part for group in groups.values() for part in _parts(folder, group)]


def _parts(folder: Path, group: list[Table]) -> list[list[Table]]:
    """The group as few parts as patterns can tell from the other files: whole, else runs of it."""
    parts: list[list[Table]] = []
    rest = sorted(group, key=lambda table: table[0])
    while rest:
        size = len(rest)
        while size > 1 and not _glob(folder, rest[:size]):
            size -= 1
        parts.append(rest[:size])
        rest = rest[size:]
    return parts


def stem_of(file: Path) -> str:
    """What the parts of one table are called alike: the name without endings and without a number or date."""
    return _stem(file).lower()


def _stem(file: Path) -> str:
    """The name without endings and without the number or date at its end."""
    bare = file.name.removesuffix(file.suffix) if file.suffix.lower() in _PACKED else file.name
    bare = bare.rpartition(".")[0] or bare
    return _NUMBERED.sub("", bare)


def _glob(folder: Path, group: list[Table]) -> str:
    """A pattern that finds exactly the files of the group; empty where there is none."""
    files = {file for file, _, _ in group}
    first = min(files)
    common = len(_stem(first))
    ending = "".join(first.suffixes[-2:] if first.suffix.lower() in _PACKED else first.suffixes[-1:])
    parent = first.parent.relative_to(folder).as_posix()
    shared = _shared_beginning([file.name for file in files]).rstrip("0123456789")
    for start in (shared + "*", first.name[:common] + "[-_. 0-9]*", first.name[:common] + "*"):
        pattern = (f"{parent}/" if parent != "." else "") + start + ending
        if {file for file in folder.glob(pattern) if file.is_file()} == files:
            return pattern
    return _by_letters(folder, parent, files, ending)


def _by_letters(folder: Path, parent: str, files: set[Path], ending: str) -> str:
    """A pattern that lists the letters that stand at each place, as few places as tell the files from others."""
    names = sorted(file.name for file in files)
    start = ""
    for letters in zip(*names, strict=False):
        distinct = "".join(sorted(set(letters)))
        start += distinct if len(distinct) == 1 else f"[{distinct}]"
        if len(distinct) == 1 or not distinct.isalnum():
            continue
        pattern = (f"{parent}/" if parent != "." else "") + start + "*" + ending
        if {file for file in folder.glob(pattern) if file.is_file()} == files:
            return pattern
    return ""


def _shared_beginning(names: list[str]) -> str:
    first, last = min(names), max(names)
    return first[: next((place for place, sign in enumerate(first) if last[place : place + 1] != sign), len(first))]


def _source(folder: Path, label: str, group: list[Table]) -> Found:
    file, kind, way = group[0]
    path = file.relative_to(folder).as_posix() if len(group) == 1 else _glob(folder, group)
    guesses = [f"{len(group)} files with the same columns"] if len(group) > 1 else []
    settings = {"path": path, **way.settings}
    if _needs_format(file, kind):
        settings["format"] = kind
    return Found(label, Source(**settings), tuple(table[0] for table in group), (*guesses, *way.guesses), way.doubts)


def _needs_format(file: Path, kind: str) -> bool:
    return format_of(file.name) != kind


def _labels(tables: list[Table]) -> list[str]:
    """Short names: what the files are called, without what all of them share at the beginning."""
    raw = [_named(file, way) for file, _, way in tables]
    shared = _shared_prefix(raw)
    labels: list[str] = []
    for number, name in enumerate(raw, start=1):
        label = "_".join(name[shared:])[:40].strip("_") or f"source_{number}"
        label = f"t_{label}" if label[0].isdigit() else label
        label = f"{label}_rows" if label in TAKEN else label
        plain, again = label, 1
        while label in labels:
            again += 1
            label = f"{plain}_{again}"
        labels.append(label)
    return labels


def _named(file: Path, way: Dialects) -> tuple[str, ...]:
    sheet = str(way.settings.get("sheet", ""))
    stem = _stem(file)
    own = spelled(sheet) if sheet else spelled(stem)
    generic = {"part", "data", "export", "sheet", "tabelle", "ark", "arkusz", ""}
    if not sheet and set(own) <= generic:
        own = spelled(file.parent.name) or own
    if sheet and {re.sub(r"\d+$", "", word) for word in own} <= generic:
        own = spelled(stem) or own
    ascii_only = tuple(word for word in own if word.isascii())
    return tuple(re.sub(r"[^a-z0-9]", "", word) for word in ascii_only)


def _shared_prefix(names: list[tuple[str, ...]]) -> int:
    if len(names) < 2:
        return 0
    shared = 0
    while all(len(name) > shared + 1 for name in names) and len({name[shared] for name in names}) == 1:
        shared += 1
    return shared
