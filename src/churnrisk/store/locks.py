"""One writer at a time: a lock that the kernel releases when its holder dies.

`fcntl.flock` on a file that stays: a lock file whose existence is the lock would stay behind after kill -9.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from churnrisk.errors import CannotWriteError, LockedError


@contextmanager
def single_writer(folder: Path) -> Iterator[None]:
    """Hold the folder's lock; raises LockedError (exit code 75) while another process holds it."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        handle = os.open(folder / ".lock", os.O_RDWR | os.O_CREAT, 0o644)
    except OSError as error:
        raise CannotWriteError(
            f"{folder} cannot be written: {error.strerror}", "Free or choose another folder"
        ) from error
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise LockedError(
                f"Another run is writing to {folder}", "Wait until it has ended and start again", folder=str(folder)
            ) from error
        yield
    finally:
        os.close(handle)
