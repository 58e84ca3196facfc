"""Text: what customers wrote, read into the history, and any file of messages read for whoever asks."""

from __future__ import annotations

import csv
import json
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from churnrisk.errors import InputError
from churnrisk.extract.files import open_source
from churnrisk.extract.landing import history_folder
from churnrisk.history import connect, name, one_row
from churnrisk.jobs.progress import Progress, quiet
from churnrisk.jobs.project import Project
from churnrisk.out.csv import safe_text
from churnrisk.settings import Source
from churnrisk.store import replaced_file
from churnrisk.text import Reader, Scored, as_row, score_messages

_BATCH = 8192
#: Rows that are shown, and given with --json, where no file is written.
SHOWN = 20
_WRITTEN = pa.schema(
    [
        ("language", pa.string()),
        ("language_confidence", pa.float64()),
        ("is_mixed", pa.bool_()),
        ("sentiment", pa.float64()),
        ("unscored", pa.string()),
        ("intent", pa.string()),
        ("quote", pa.string()),
        ("quote_start", pa.int64()),
        ("quote_end", pa.int64()),
        ("model_version", pa.string()),
    ]
)


@dataclass(frozen=True)
class TextRead:
    """What a file of messages says.

    Attributes:
        file: that was read.
        messages: rows.
        scored: rows with a sentiment.
        negative: of these, under -0.3.
        positive: of these, over 0.3.
        unscored: rows without, by reason.
        languages: rows by language, most first; under "" where it is not known.
        intents: rows by intent to leave, most first.
        model_version: of the text model.
        out: the file that was written; empty where none was.
        rows: the first rows, where no file was written: text and what it says.
    """

    file: str
    messages: int
    scored: int
    negative: int
    positive: int
    unscored: dict[str, int]
    languages: dict[str, int]
    intents: dict[str, int]
    model_version: str
    out: str = ""
    rows: tuple[dict[str, Any], ...] = ()


@dataclass
class _Counts:
    messages: int = 0
    negative: int = 0
    positive: int = 0
    unscored: Counter[str] = field(default_factory=Counter)
    languages: Counter[str] = field(default_factory=Counter)
    intents: Counter[str] = field(default_factory=Counter)
    shown: list[dict[str, Any]] = field(default_factory=list)

    def add(self, texts: Sequence[str | None], rows: list[dict[str, Any]]) -> None:
        self.messages += len(rows)
        self.negative += sum((row["sentiment"] or 0) < -0.3 for row in rows)
        self.positive += sum((row["sentiment"] or 0) > 0.3 for row in rows)
        self.unscored.update(row["unscored"] for row in rows if row["unscored"])
        self.languages.update(row["language"] or "" for row in rows)
        self.intents.update(row["intent"] for row in rows if row["intent"])
        room = SHOWN - len(self.shown)
        self.shown += [{"text": text or ""} | row for text, row in zip(texts[:room], rows[:room], strict=True)]


def read_history(project: Project, on_progress: Progress = quiet) -> Scored:
    """Read what customers wrote that is not read yet; the caller holds the company's lock."""
    settings = project.settings
    reader = project.reader
    if reader is None:
        return Scored("")
    return score_messages(
        history_folder(settings), reader, settings.company.time_zone, settings.data_folder / ".reading", on_progress
    )


def read_file(
    file: Path,
    column: str,
    reader: Reader,
    out: Path | None = None,
    on_progress: Progress = quiet,
    encoding: str = "",
) -> TextRead:
    """Read a column of messages in a CSV, Parquet, JSON Lines or Excel file.

    Args:
        file: any that a source can be.
        column: with the messages.
        reader: with the text model.
        out: a CSV, Parquet or JSON Lines file to write: the columns of the file, and what its messages say. The texts
            of a CSV are made safe for spreadsheets; the other two keep them as they are.
        on_progress: told rows read, and of how many.
        encoding: of a text file, as Python names it; UTF-8 where it is not said.

    Raises:
        InputError: the file cannot be read, has no such column, or no row; `out` ends in something else.
    """
    write = _writer(out)
    connection = connect()
    connection.execute("set preserve_insertion_order = true")
    counts = _Counts()
    try:
        with tempfile.TemporaryDirectory() as scratch:
            _open(connection, file, Path(scratch), encoding)
            total = _refuse_unfit(connection, file, column, out)
            batches = connection.sql("select * from messages").to_arrow_reader(_BATCH)
            with write(batches.schema) as append:
                for batch in batches:
                    texts = batch.column(column).cast(pa.string()).to_pylist()
                    rows = [as_row(reading, reader.version) for reading in reader.read(texts)]
                    counts.add(texts, rows)
                    append(batch, pa.RecordBatch.from_pylist(rows, _WRITTEN))
                    on_progress(counts.messages, total)
    finally:
        connection.close()
    return TextRead(
        file=str(file),
        messages=counts.messages,
        scored=counts.messages - counts.unscored.total(),
        negative=counts.negative,
        positive=counts.positive,
        unscored=dict(counts.unscored.most_common()),
        languages=dict(counts.languages.most_common()),
        intents=dict(counts.intents.most_common()),
        model_version=reader.version,
        out=str(out or ""),
        rows=() if out else tuple(counts.shown),
    )


def _open(connection: duckdb.DuckDBPyConnection, file: Path, scratch: Path, encoding: str) -> None:
    """Make the file the view `messages`; its faults are told without the settings, which this command does not read."""
    if not file.is_file():
        raise InputError(f"There is no file {file}", "Check its path", file=str(file))
    try:
        open_source(connection, "messages", Source(path=str(file.resolve()), encoding=encoding), file.parent, scratch)
    except InputError as error:
        if "churnrisk.toml" not in error.next_step:
            raise
        raise InputError(
            error.fact.replace("The source messages ", ""),
            "Check that it is whole and that its ending is right, or pass --encoding cp1252 or the like",
        ) from error


def _refuse_unfit(connection: duckdb.DuckDBPyConnection, file: Path, column: str, out: Path | None) -> int:
    """The number of rows; raises InputError where there is nothing to read, or something would be lost."""
    kinds = {str(row[0]): str(row[1]) for row in connection.execute("describe messages").fetchall()}
    there = list(kinds)
    if out is not None and out.resolve() == file.resolve():
        raise InputError(f"{out} is the file that is read", "Pass another --out", file=str(out))
    taken = [name for name in there if name in _WRITTEN.names]
    if out is not None and taken:
        raise InputError(
            f"{file} has a column {taken[0]!r} of its own, which {out} would lose", "Rename it", columns=taken
        )
    if column not in there:
        raise InputError(
            f"{file} has no column {column!r}", f"Pass --column with one of {', '.join(there)}", columns=there
        )
    if kinds[column].endswith("]") or kinds[column].startswith(("STRUCT", "MAP", "BLOB", "UNION")):
        raise InputError(f"The column {column} of {file} holds no text but {kinds[column]}", "Pass another --column")
    rows, messages = one_row(connection, f"select count(*), count({name(column)}) from messages")
    if not messages:
        raise InputError(f"{file} has no message in its column {column}", "Check the file, or pass another --column")
    return int(rows)


_Append = Callable[[pa.RecordBatch, pa.RecordBatch], None]


def _writer(out: Path | None) -> Callable[[pa.Schema], Any]:
    """What writes rows into the file, by its ending; nothing where there is no file."""
    if out is None:
        return _nowhere
    writers = {".parquet": _parquet, ".csv": _csv, ".jsonl": _json_lines, ".ndjson": _json_lines}
    if out.suffix.lower() not in writers:
        raise InputError(f"{out} ends in nothing that can be written", f"Use one of {', '.join(writers)}")
    made = writers[out.suffix.lower()]
    return lambda schema: made(out, schema)


@contextmanager
def _nowhere(_schema: pa.Schema) -> Iterator[_Append]:
    yield lambda _batch, _rows: None


@contextmanager
def _parquet(out: Path, schema: pa.Schema) -> Iterator[_Append]:
    kept = [column for column in schema.names if column not in _WRITTEN.names]
    whole = pa.schema([*(schema.field(column) for column in kept), *_WRITTEN])
    with replaced_file(out) as part, pq.ParquetWriter(part, whole) as writer:
        yield lambda batch, rows: writer.write_batch(
            pa.record_batch([*(batch.column(column) for column in kept), *rows.columns], schema=whole)
        )


@contextmanager
def _csv(out: Path, schema: pa.Schema) -> Iterator[_Append]:
    columns = [*(column for column in schema.names if column not in _WRITTEN.names), *_WRITTEN.names]
    with replaced_file(out) as part, part.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.DictWriter(file, columns, lineterminator="\r\n")
        writer.writerow({column: safe_text(column) for column in columns})

        def append(batch: pa.RecordBatch, rows: pa.RecordBatch) -> None:
            for one, more in zip(batch.to_pylist(), rows.to_pylist(), strict=True):
                writer.writerow({column: _cell(value) for column, value in (one | more).items()})

        yield append


@contextmanager
def _json_lines(out: Path, _schema: pa.Schema) -> Iterator[_Append]:
    with replaced_file(out) as part, part.open("w", encoding="utf-8") as file:

        def append(batch: pa.RecordBatch, rows: pa.RecordBatch) -> None:
            for one, more in zip(batch.to_pylist(), rows.to_pylist(), strict=True):
                file.write(json.dumps(one | more, ensure_ascii=False, default=str) + "\n")

        yield append


def _cell(value: Any) -> Any:
    return safe_text(value) if isinstance(value, str) else value
