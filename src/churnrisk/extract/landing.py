"""The extract step: sources in, history out, nothing in between kept.

Reads the export that the settings name, gives a load in the history; stops on a missing, unreadable or empty source.
"""

from __future__ import annotations

import shutil
from datetime import UTC, datetime
from pathlib import Path

import duckdb

from churnrisk.errors import InputError
from churnrisk.extract import rejected
from churnrisk.extract.mapping import map_export
from churnrisk.history import Incoming, Landed, connect, first_line, land, one_row
from churnrisk.settings import Settings
from churnrisk.tables import ACTIVITY_TABLES


def history_folder(settings: Settings) -> Path:
    """Where the history of these settings is."""
    return settings.data_folder / "history"


def extract(settings: Settings, landed_at: datetime | None = None, rebuild: bool = False) -> Landed:
    """Land what is new in the sources; an identical second run writes nothing.

    Args:
        settings: the company, its sources and their mapping.
        landed_at: now, in UTC without offset.
        rebuild: read everything again, then set the old history aside.

    Raises:
        InputError: a source is missing, unreadable, unmapped or empty.
    """
    folder = history_folder(settings)
    target = folder.with_name("history.new") if rebuild else folder
    if rebuild:
        shutil.rmtree(target, ignore_errors=True)
    connection = connect(spill=settings.data_folder / ".spill")
    scratch = settings.data_folder / ".scratch"
    try:
        rejected.begin(connection)
        incoming = map_export(connection, settings, scratch)
        _refuse_incomplete({item.table for item in incoming})
        _refuse_no_account(connection, incoming)
        landed = land(
            connection,
            target,
            incoming,
            landed_at or datetime.now(UTC).replace(tzinfo=None),
            settings.company.time_zone,
            settings.mapping_hash,
            rejected.UNREADABLE,
        )
    except duckdb.Error as error:
        said = first_line(error)
        raise InputError(
            f"A source could not be read: {said}", "Check the file and the expressions in churnrisk.toml"
        ) from error
    finally:
        connection.close()
        shutil.rmtree(scratch, ignore_errors=True)
    if rebuild:
        _replace(folder, target)
    return landed


def _refuse_incomplete(tables: set[str]) -> None:
    if "accounts" not in tables:
        raise InputError("No source is mapped to accounts", 'Add a [[mapping]] with table = "accounts"')
    if not tables & set(ACTIVITY_TABLES):
        raise InputError(
            "Accounts alone cannot tell who will leave",
            f"Map at least one of {', '.join(ACTIVITY_TABLES)} in churnrisk.toml",
        )


def _refuse_no_account(connection: duckdb.DuckDBPyConnection, incoming: list[Incoming]) -> None:
    """Stop before anything is landed, so that the history stays as it was."""
    relations = [item.relation for item in incoming if item.table == "accounts"]
    if not any(one_row(connection, f"select count(*) from {relation}")[0] for relation in relations):
        raise InputError("The source of accounts has no row", "Check the export and `where` in its mapping")


def _replace(folder: Path, new: Path) -> None:
    """Set the old history aside, now that the new one is whole."""
    if folder.exists():
        kept = sum(1 for _ in folder.parent.glob("history.old-*"))
        folder.rename(folder.with_name(f"history.old-{kept + 1:03d}"))
    new.rename(folder)
