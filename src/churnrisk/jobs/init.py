"""Init: look at an export and write the four kinds of configuration it seems to need."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from churnrisk.errors import InputError
from churnrisk.extract.proposal import propose
from churnrisk.extract.proposal.propose import DoubtLine, SourceSummary
from churnrisk.jobs.progress import Progress, quiet
from churnrisk.store import write_atomic


@dataclass(frozen=True)
class Initiated:
    """What was found in an export, and what was written.

    Attributes:
        folder: the export.
        out: where the configuration lies.
        written: the files, relative to `out`.
        sources: what each source is taken for, and how sure that is.
        doubts: what somebody should look at, with file and line.
        unread: files that no source reads, with the reason.
        label: what leaving means.
    """

    folder: str
    out: str
    written: tuple[str, ...]
    sources: tuple[SourceSummary, ...]
    doubts: tuple[DoubtLine, ...]
    unread: dict[str, str]
    label: str


def init(folder: Path, out: Path, force: bool = False, on_progress: Progress = quiet) -> Initiated:
    """Propose and write the configuration for an export.

    Args:
        folder: the export.
        out: the folder to write into.
        force: replace files that are there.
        on_progress: told how many sources of how many have been looked at.

    Raises:
        InputError: nothing in the export can be read, or a file is there already.
    """
    _refuse_present(out, ("churnrisk.toml", "parameters.toml", "policy.toml", "plays/first-call.toml"), force)
    proposal = propose(folder, out, on_progress)
    if not any(source.tables for source in proposal.sources):
        named = ", ".join(source.path for source in proposal.sources[:5])
        raise InputError(
            f"Nothing in {folder} is like a table of accounts, tickets, usage, subscriptions or invoices: {named}",
            "Check that it is the right folder, or write churnrisk.toml by hand as docs/own-data.md tells",
            folder=str(folder),
        )
    for file, content in proposal.files.items():
        write_atomic(out / file, content)
    return Initiated(
        str(folder),
        str(out),
        tuple(proposal.files),
        proposal.sources,
        proposal.doubts,
        proposal.unread,
        proposal.label,
    )


def _refuse_present(out: Path, files: tuple[str, ...], force: bool) -> None:
    there = [file for file in files if (out / file).exists()]
    if there and not force:
        raise InputError(
            f"{out / there[0]} is there already",
            "Pass --force to replace it, or --out DIR to write elsewhere",
            files=there,
        )
