"""Files that are there whole or not at all.

Everything that is published is written beside its place first and then renamed, which the file system does at once; a
run that was killed leaves only a staging name, and the next run removes it.
"""

from __future__ import annotations

import errno
import hashlib
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from churnrisk.errors import CannotWriteError

_STAGING = ".staging-"


def sha256_of(path: Path) -> str:
    """The SHA-256 of a file, as hexadecimal digits."""
    with path.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()


def write_atomic(path: Path, content: str | bytes) -> Path:
    """Write a file so that a reader sees the old content or the new, never half of it."""
    staging = path.parent / f"{_STAGING}{path.name}"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        staging.write_bytes(content.encode() if isinstance(content, str) else content)
        _flush(staging)
        staging.replace(path)
    except OSError as error:
        raise _cannot_write(path, error) from error
    return path


@contextmanager
def replaced_file(path: Path) -> Iterator[Path]:
    """A file to write beside `path` that takes its place when the block ends well, and is gone when it does not."""
    staging = path.parent / f"{_STAGING}{path.name}"
    with _told_when_full(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            yield staging
            _flush(staging)
            staging.replace(path)
        finally:
            staging.unlink(missing_ok=True)


def parquet_bytes(rows: pd.DataFrame) -> bytes:
    """A frame as a Parquet file; the same rows give the same bytes."""
    sink = pa.BufferOutputStream()
    pq.write_table(pa.Table.from_pandas(rows, preserve_index=False), sink)
    return bytes(sink.getvalue().to_pybytes())


@contextmanager
def atomic_folder(path: Path) -> Iterator[Path]:
    """A folder to fill that appears at `path` when the block ends well, and not at all when it does not.

    Nothing may be at `path` before. The caller holds `single_writer`, so that nobody else fills the same name.
    """
    if path.exists():
        raise FileExistsError(path)
    staging = path.parent / f"{_STAGING}{path.name}"
    with _told_when_full(path):
        shutil.rmtree(staging, ignore_errors=True)
        staging.mkdir(parents=True)
        try:
            yield staging
        except BaseException:
            shutil.rmtree(staging, ignore_errors=True)
            raise
        for file in staging.rglob("*"):
            if file.is_file():
                _flush(file)
        staging.rename(path)


def _flush(path: Path) -> None:
    with path.open("rb") as handle:
        os.fsync(handle.fileno())


@contextmanager
def _told_when_full(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT, errno.EACCES, errno.EPERM, errno.EROFS):
            raise
        raise _cannot_write(path, error) from error


def _cannot_write(path: Path, error: OSError) -> CannotWriteError:
    return CannotWriteError(
        f"{path} could not be written: {error.strerror}", "Make room or choose another folder, then start again"
    )
