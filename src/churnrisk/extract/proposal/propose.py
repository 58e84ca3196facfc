"""From a folder nobody has seen to the four kinds of configuration: the order of the steps."""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import duckdb

from churnrisk.errors import InputError
from churnrisk.extract.mapping import map_export
from churnrisk.extract.proposal.cells import Block
from churnrisk.extract.proposal.checks import drop_unreadable, tried
from churnrisk.extract.proposal.company import company, told_by_rows
from churnrisk.extract.proposal.draft import Draft, draft
from churnrisk.extract.proposal.found import Inventory, inventory
from churnrisk.extract.proposal.leaving import Choice, choose
from churnrisk.extract.proposal.profile import Profile, identifier, profiles
from churnrisk.extract.proposal.sample import Sample, sample
from churnrisk.extract.proposal.weights import numbered
from churnrisk.extract.proposal.write import PLAY, Page, parameters_page, policy_page, settings_page, toml_text
from churnrisk.history import Incoming, connect, name, one_row, quoted
from churnrisk.parameters import Parameters, Policy
from churnrisk.settings import Settings
from churnrisk.tables import ACTIVITY_TABLES, TABLES

#: From this share of rows with an unreadable cell on, a table that is called like a canonical one is not written so.
_MOST_PROBLEMS = 0.01


@dataclass(frozen=True)
class SourceSummary:
    """One source: its name, file, rows, the canonical tables it is taken for, and how sure that is."""

    source: str
    path: str
    rows: int
    tables: tuple[str, ...]
    sure: str


@dataclass(frozen=True)
class DoubtLine:
    """One doubt: the file and line where it is written, and what it says."""

    file: str
    line: int
    says: str


@dataclass(frozen=True)
class Proposal:
    """What was found, and the files to write.

    Attributes:
        sources: what each source is taken for.
        doubts: what somebody should look at, with file and line.
        unread: files that no source reads, with the reason.
        label: what leaving means.
        files: content by path, relative to the project's folder.
    """

    sources: tuple[SourceSummary, ...]
    doubts: tuple[DoubtLine, ...]
    unread: dict[str, str]
    label: str
    files: dict[str, str]


def propose(folder: Path, out: Path, on_progress: Callable[[int, int], None]) -> Proposal:
    """Look at an export and propose its configuration.

    Args:
        folder: of the export.
        out: where the configuration will lie; paths in it are relative to that.
        on_progress: told how many sources of how many have been looked at.

    Raises:
        InputError: there is no such folder, or nothing in it can be read.
    """
    if not folder.is_dir():
        raise InputError(f"There is no folder {folder}", "Name the folder that holds the export", folder=str(folder))
    found = inventory(folder)
    with tempfile.TemporaryDirectory(prefix="churnrisk-init-") as place:
        scratch = Path(place)
        samples = _samples(found, folder, scratch, on_progress)
        _refuse_nothing(folder, found, samples)
        proposal = _canonical(folder, out, found, samples) if _is_canonical(folder, samples) else None
        if proposal is None:
            proposal = _mapped(folder, out, found, samples, scratch)
        _refuse_unreadable(scratch, proposal.files)
    return proposal


def _samples(
    found: Inventory, folder: Path, scratch: Path, on_progress: Callable[[int, int], None]
) -> dict[str, Sample]:
    """The sample of every source that can be read."""
    taken: dict[str, Sample] = {}
    for number, source in enumerate(found.sources, start=1):
        try:
            taken[source.label] = sample(source, folder, scratch)
        except InputError as error:
            found.broken.append((source.source.path, error.fact))
        except duckdb.Error as error:
            found.broken.append((source.source.path, str(error).splitlines()[0]))
        on_progress(number, len(found.sources))
    return taken


def _refuse_nothing(folder: Path, found: Inventory, samples: dict[str, Sample]) -> None:
    if any(item.rows for item in samples.values()):
        return
    reasons = "; ".join(f"{file}: {reason}" for file, reason in [*found.broken, *found.unread][:3])
    raise InputError(
        f"{folder} holds nothing that can be read" + (f" ({reasons})" if reasons else ""),
        "Put the export there as csv, tsv, parquet, jsonl, json or Excel files, one for each table",
        folder=str(folder),
    )


def _is_canonical(folder: Path, samples: dict[str, Sample]) -> bool:
    """Whether the files are called and shaped like canonical tables."""
    there = {item.found.files[0].name.split(".")[0]: item for item in samples.values()
             if len(item.found.files) == 1 and item.found.files[0].parent == folder}  # fmt: skip
    ours = {table: item for table, item in there.items() if table in TABLES}
    if "accounts" not in ours or not set(ours) & set(ACTIVITY_TABLES):
        return False
    for table, item in ours.items():
        columns, known = set(item.columns), {*TABLES[table].column_names, "known_at"}
        if not set(TABLES[table].required) <= columns or len(columns & known) < 0.8 * len(columns):
            return False
    return True


def _canonical(folder: Path, out: Path, found: Inventory, samples: dict[str, Sample]) -> Proposal | None:
    """An export that is canonical already needs no mapping; None where its cells are not written as such tables are."""
    settings = Settings.model_validate({"export": {"folder": folder.resolve(), "canonical": True}})
    connection = connect()
    try:
        incoming = map_export(connection, settings)
        if any(_share_of_problems(connection, item) > _MOST_PROBLEMS for item in incoming):
            return None
        choice = choose(connection, incoming)
        about = company(folder, []) | told_by_rows(connection, incoming)
    finally:
        connection.close()
    ours = {label: item for label, item in samples.items() if label in TABLES}
    export = _export(folder, out) | {"canonical": "true  # the files are called and shaped like canonical tables"}
    left = [f"{item.found.source.path} is not called like a canonical table" for label, item in samples.items()
            if label not in ours]  # fmt: skip
    page = settings_page(_head(folder), about, export, [], {}, [], [], [*left, *_lost(found)], _not_read(found))
    rows = [SourceSummary(label, item.found.source.path, item.rows, (label,), "sure") for label, item in ours.items()]
    return _finished(page, rows, choice, found)


def _share_of_problems(connection: duckdb.DuckDBPyConnection, item: Incoming) -> float:
    """The share of rows with a cell that cannot be read as its column's type."""
    counted = f"select count(problem) / greatest(count(*), 1) from {item.relation}"
    return float(one_row(connection, counted)[0])


def _mapped(folder: Path, out: Path, found: Inventory, samples: dict[str, Sample], scratch: Path) -> Proposal:
    """A foreign export: look at its columns, draft a mapping, try it, choose what leaving means."""
    connection = connect(spill=scratch / ".spill")
    try:
        for label, item in samples.items():
            connection.execute(f"create view {name(label)} as from read_parquet({quoted(str(item.path))})")
        looked_at = _looked_at(connection, samples)
        made = draft(connection, looked_at)
        choice = _choice(connection, made, samples, out)
    finally:
        connection.close()
    page = settings_page(
        _head(folder),
        company(folder, looked_at),
        _export(folder, out),
        samples.values(),
        _unused(looked_at, made.blocks),
        made.blocks,
        made.rules,
        [*made.left, *_lost(found), *_refused(looked_at)],
        _not_read(found),
    )
    return _finished(page, _summaries(samples, made.blocks), choice, found)


def _looked_at(connection: duckdb.DuckDBPyConnection, samples: dict[str, Sample]) -> list[Profile]:
    """The profile of each source; where a column cannot tell day and month apart, the other columns decide."""
    found = [profile for item in samples.values() for profile in _profiles(connection, item, False)]
    columns = [column for profile in found for column in profile.columns.values()]
    orders = [column.moment.order for column in columns if column.moment]
    if "either" not in orders or "day" in orders:
        return found
    dollars = any(column.number and column.number.currency == "USD" for column in columns)
    american = any({"US", "USA", "United States"} & set(column.values[:1]) for column in columns)
    if "month" in orders or dollars or american:
        return [profile for item in samples.values() for profile in _profiles(connection, item, True)]
    return found


def _profiles(connection: duckdb.DuckDBPyConnection, item: Sample, month_first: bool) -> list[Profile]:
    """The profiles of a source; one that cannot be looked at must not cost the others."""
    try:
        return profiles(connection, item, month_first)
    except duckdb.Error as error:
        label = item.found.label
        return [Profile(label, name(label), item, 0, refused={"everything": str(error).splitlines()[0]})]


def _choice(connection: duckdb.DuckDBPyConnection, made: Draft, samples: dict[str, Sample], out: Path) -> Choice:
    """The parameters, from the mapped samples; what goes wrong there becomes a doubt."""
    try:
        drop_unreadable(connection, _as_settings(made, samples, out), made.blocks)
        return choose(connection, tried(connection, _as_settings(made, samples, out), made.blocks))
    except (InputError, duckdb.Error) as error:
        made.left.append(f"the mapping could not be tried as a whole: {str(error).splitlines()[0]}")
        return Choice()


def _as_settings(made: Draft, samples: dict[str, Sample], out: Path) -> Settings:
    """The mapping over the samples, as `extract` reads it."""
    mapping = [
        {
            "table": block.table,
            "from": block.relation,
            "columns": {key: cell.sql for key, cell in block.columns.items()},
            "current_only": {key: cell.sql for key, cell in block.current_only.items()},
            "events": {key: cell.sql for key, cell in block.events.items()},
            "where": block.where,
            "known_at": block.known_at,
        }
        for block in made.blocks
    ]
    sources = {label: item.as_source.model_dump() for label, item in samples.items()}
    return Settings.model_validate({"sources": sources, "mapping": mapping, "folder": out})


def _unused(looked_at: list[Profile], blocks: list[Block]) -> dict[str, str]:
    """For each source, the columns that no expression names."""
    parts = [block.relation + block.where + block.known_at for block in blocks]
    cells = [cell for block in blocks for part in (block.columns, block.current_only, block.events)
             for cell in part.values()]  # fmt: skip
    told = " ".join([*parts, *(cell.sql for cell in cells)])
    used = {title for cell in cells for title in cell.used}
    found: dict[str, str] = {}
    for profile in looked_at:
        titles = [title for title in profile.columns if title not in used and not _is_named(title, told)]
        found[profile.sample.found.label] = ", ".join(titles) if not profile.is_nested else found.get(profile.label, "")
    return found


def _is_named(title: str, told: str) -> bool:
    return bool(re.search(rf"(?<![\w\"]){re.escape(identifier(title))}(?![\w\"])", told))


def _summaries(samples: dict[str, Sample], blocks: list[Block]) -> list[SourceSummary]:
    found = []
    for label, item in samples.items():
        own = [block for block in blocks if block.label == label or block.label.startswith(f"{label}_")]
        tables = tuple(dict.fromkeys(block.table for block in own))
        sheet = f" [{item.found.source.sheet}]" if item.found.source.sheet else ""
        sure = own[-1].sure if own else ""
        found.append(SourceSummary(label, item.found.source.path + sheet, item.rows, tables, sure))
    return found


def _export(folder: Path, out: Path) -> dict[str, str]:
    try:
        path = os.path.relpath(folder.resolve(), out.resolve())
    except ValueError:  # another drive
        path = str(folder.resolve())
    return {"folder": toml_text(Path(path).as_posix())}


def _head(folder: Path) -> list[str]:
    said = f"Proposed by `churnrisk init` from {folder.resolve().name}. A line that begins with DOUBT is worth a look;"
    return [f"{said} other comments tell what was found. docs/own-data.md tells how to change things."]


def _lost(found: Inventory) -> list[str]:
    return [f"{file} cannot be read: {why}" for file, why in found.broken]


def _refused(looked_at: list[Profile]) -> list[str]:
    return [f"{title} of {profile.label} cannot be read: {why}" for profile in looked_at
            for title, why in profile.refused.items()]  # fmt: skip


def _not_read(found: Inventory) -> list[str]:
    return [f"{file} is not read: {why}" for file, why in found.unread]


def _finished(page: Page, sources: list[SourceSummary], choice: Choice, found: Inventory) -> Proposal:
    pages = {"churnrisk.toml": page, "parameters.toml": parameters_page(choice), "policy.toml": policy_page(choice)}
    doubts = _numbered(pages)
    files = {file: one.text for file, one in pages.items()} | {"plays/first-call.toml": PLAY}
    meaning = {"contract_end": "the last contract ends", "event": "a cancellation", "silence": f"no {choice.activity}"}
    label = f"{meaning[choice.kind]} in the {choice.horizon} days that begin {choice.lead} days after the as_of"
    return Proposal(tuple(sources), doubts, dict([*found.broken, *found.unread]), label, files)


def _numbered(pages: dict[str, Page]) -> tuple[DoubtLine, ...]:
    """The doubts of all files, the weightiest first; each page is told the numbers of its own."""
    places = [(file, place) for file, page in pages.items() for place in range(len(page.doubts))]
    numbers = numbered([pages[file].doubts[place][1] for file, place in places])
    for position, (file, place) in enumerate(places):
        pages[file].number(place, numbers.get(position))
    order = sorted(numbers, key=lambda position: numbers[position])
    return tuple(DoubtLine(places[one][0], *pages[places[one][0]].doubts[places[one][1]]) for one in order)


def _refuse_unreadable(scratch: Path, files: dict[str, str]) -> None:
    """Read back what will be written, as every command will; a fault here is ours."""
    for file in ("churnrisk.toml", "parameters.toml", "policy.toml"):
        (scratch / file).write_text(files[file], encoding="utf-8")
    Settings.read(scratch / "churnrisk.toml")
    Parameters.read(scratch)
    Policy.read(scratch)
