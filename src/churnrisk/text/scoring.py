"""Reads what customers wrote, and lands what it says as `message_scores`.

Reads the messages that are in the history and that the active text model has not read yet; appends one row for each
version of each message, known when that version is. So a past as_of sees the reading of what stood there then. A second
run reads nothing. Bodies are looked at here and nowhere later; no body is ever logged.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from churnrisk.history import Incoming, connect, files_of, land, one_row, quoted, read_manifests, relation_of
from churnrisk.text.reading import Reader, Reading

#: The source of the rows that are made here; a row of any other source was brought by an export.
SOURCE = "churnrisk.text"
_BATCH = 4096
_SCHEMA = pa.schema(
    [
        ("message_id", pa.string()),
        ("created_at", pa.timestamp("us")),
        ("known_at", pa.timestamp("us")),
        ("language", pa.string()),
        ("sentiment", pa.float64()),
        ("intent", pa.string()),
        ("quote", pa.string()),
    ]
)


@dataclass(frozen=True)
class Scored:
    """What a run read.

    Attributes:
        version: of the text model.
        read: messages (and versions of messages) that were new to it.
        scored: of these, with a sentiment.
        leaving: of these, with an intent to leave.
    """

    version: str
    read: int = 0
    scored: int = 0
    leaving: int = 0


def score_messages(
    folder: Path,
    reader: Reader,
    time_zone: str,
    scratch: Path,
    on_progress: Callable[[int, int], None],
    landed_at: datetime | None = None,
) -> Scored:
    """Read what the reader has not read yet, and land it.

    Args:
        folder: of the history.
        reader: with the active text model.
        time_zone: the company's.
        scratch: a folder for what is not landed yet; removed again.
        on_progress: told messages read, and of how many.
        landed_at: now, in UTC without offset.
    """
    manifests = read_manifests(folder)
    messages = files_of(folder, manifests, "messages")
    if not messages:
        return Scored(reader.version)
    connection = connect(spill=scratch)
    try:
        connection.execute(
            f"create table unread as {_unread(messages, files_of(folder, manifests, 'message_scores'), reader.version)}"
        )
        total = int(one_row(connection, "select count(*) from unread")[0])
        if not total:
            return Scored(reader.version)
        path = scratch / "message_scores.parquet"
        counts = _write(_batches(connection), reader, path, lambda done: on_progress(done, total))
        connection.execute(
            f"create view read_now as select *, {quoted(reader.version)} as model_version, null::varchar as problem,"
            f" {quoted(SOURCE)} as source, null::map(varchar, varchar) as current_only"
            f" from read_parquet({quoted(str(path))})"
        )
        now = landed_at or datetime.now(UTC).replace(tzinfo=None)
        incoming = [Incoming("message_scores", "read_now")]
        land(connection, folder, incoming, now, time_zone, manifests[-1]["mapping_hash"])
        return Scored(reader.version, total, *counts)
    finally:
        connection.close()
        shutil.rmtree(scratch, ignore_errors=True)


def brought_scores(folder: Path) -> bool:
    """Whether an export brought message scores of its own; then nothing is read here."""
    files = files_of(folder, read_manifests(folder), "message_scores")
    if not files:
        return False
    with duckdb.connect() as connection:
        rows = f"select 1 from {relation_of(files)} where source <> {quoted(SOURCE)} limit 1"
        return connection.execute(rows).fetchone() is not None


def _unread(messages: list[Path], scores: list[Path], version: str) -> str:
    """The SQL of customers' messages, each of their versions, that this model has not read."""
    rows = (
        "select message_id, known_at, max_by(created_at, row_hash) as created_at, max_by(body, row_hash) as body"
        f" from {relation_of(messages)} where author_role = 'customer' and body is not null and message_id is not null"
        " group by message_id, known_at"
    )
    if not scores:
        return rows
    read = f"select message_id, known_at from {relation_of(scores)} where model_version = {quoted(version)}"
    return f"select * from ({rows}) where (message_id, known_at) not in ({read})"


def _batches(connection: duckdb.DuckDBPyConnection) -> Iterator[pa.RecordBatch]:
    """The unread messages in an order of their own, so that the same messages give the same file."""
    yield from connection.sql(
        "select message_id, created_at, known_at, body from unread order by known_at, message_id"
    ).to_arrow_reader(_BATCH)


def _write(
    batches: Iterator[pa.RecordBatch], reader: Reader, path: Path, told: Callable[[int], None]
) -> tuple[int, int]:
    """Write what each message says; gives how many have a sentiment, and how many an intent."""
    done = scored = leaving = 0
    with pq.ParquetWriter(path, _SCHEMA) as writer:
        for batch in batches:
            readings = reader.read(batch.column("body").to_pylist())
            writer.write_batch(_rows(batch, readings))
            done += len(readings)
            scored += sum(reading.sentiment is not None for reading in readings)
            leaving += sum(bool(reading.intent) for reading in readings)
            told(done)
    return scored, leaving


def _rows(batch: pa.RecordBatch, readings: list[Reading]) -> pa.RecordBatch:
    columns: dict[str, list[Any]] = {
        "language": [reading.language or None for reading in readings],
        "sentiment": [reading.sentiment for reading in readings],
        "intent": [reading.intent or None for reading in readings],
        "quote": [reading.quote or None for reading in readings],
    }
    arrays = [batch.column(name).cast(_SCHEMA.field(name).type) for name in ("message_id", "created_at", "known_at")]
    arrays += [pa.array(values, _SCHEMA.field(name).type) for name, values in columns.items()]
    return pa.record_batch(arrays, schema=_SCHEMA)
