"""One writer at a time, and files that are there whole or not at all: with real processes, really killed."""

import hashlib
import os
import signal
import subprocess
import sys
from contextlib import contextmanager

import pytest

from churnrisk.errors import CannotWriteError, Exit, LockedError
from churnrisk.store import atomic_folder, sha256_of, single_writer, write_atomic

HOLD = """
import sys, time
from pathlib import Path
from churnrisk.store import single_writer
with single_writer(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""
DIE_IN_FOLDER = """
import os, signal, sys
from pathlib import Path
from churnrisk.store import atomic_folder
with atomic_folder(Path(sys.argv[1])) as staging:
    (staging / "half").write_text("x")
    os.kill(os.getpid(), signal.SIGKILL)
"""


@contextmanager
def holder(folder):
    """Another process that holds the folder's lock until its input ends."""
    command = [sys.executable, "-c", HOLD, str(folder)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout.readline() == "held\n"
            yield process
        finally:
            process.kill()


def test_a_second_process_is_told_to_wait(tmp_path):
    with (
        holder(tmp_path),
        pytest.raises(LockedError, match="Another run is writing to") as raised,
        single_writer(tmp_path),
    ):
        pass
    assert raised.value.exit_code == Exit.LOCKED == 75


def test_a_second_writer_in_the_same_process_is_refused_too(tmp_path):
    with single_writer(tmp_path), pytest.raises(LockedError), single_writer(tmp_path):
        pass


def test_a_lock_is_released_at_the_end_and_after_an_error(tmp_path):
    with single_writer(tmp_path):
        pass
    with pytest.raises(ZeroDivisionError), single_writer(tmp_path):
        _ = 1 / 0
    with single_writer(tmp_path):
        pass


def test_a_holder_that_is_killed_releases_its_lock(tmp_path):
    """The file stays, the lock does not."""
    with holder(tmp_path) as process:
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
        with single_writer(tmp_path):
            assert (tmp_path / ".lock").is_file()


def test_two_folders_have_two_locks(tmp_path):
    with holder(tmp_path / "a"), single_writer(tmp_path / "b"):
        pass


def test_a_folder_that_cannot_be_made_is_told(tmp_path):
    (tmp_path / "file").write_text("x")
    with pytest.raises(CannotWriteError, match="cannot be written"), single_writer(tmp_path / "file"):
        pass


def test_a_folder_appears_whole_or_not_at_all(tmp_path):
    place = tmp_path / "list"
    with pytest.raises(IsADirectoryError), atomic_folder(place) as staging:
        staging.write_text("no file")
    assert list(tmp_path.iterdir()) == []
    with atomic_folder(place) as staging:
        (staging / "whole").write_text("x")
        assert not place.exists()
    assert [path.name for path in place.iterdir()] == ["whole"]
    assert [path.name for path in tmp_path.iterdir()] == ["list"]


def test_a_folder_that_is_there_is_never_filled_again(tmp_path):
    place = tmp_path / "list"
    with atomic_folder(place) as staging:
        (staging / "whole").write_text("x")
    with pytest.raises(FileExistsError), atomic_folder(place):
        pass
    assert [path.name for path in place.iterdir()] == ["whole"]


def test_a_writer_that_is_killed_leaves_nothing_in_its_place(tmp_path):
    place = tmp_path / "list"
    done = subprocess.run([sys.executable, "-c", DIE_IN_FOLDER, str(place)], check=False, timeout=60)
    assert done.returncode == -signal.SIGKILL
    assert not place.exists()
    with atomic_folder(place) as staging:
        assert list(staging.iterdir()) == []
    assert [path.name for path in tmp_path.iterdir()] == ["list"]


def test_a_file_is_replaced_at_once(tmp_path):
    path = write_atomic(tmp_path / "new" / "file", "one")
    write_atomic(path, b"two\x00")
    assert path.read_bytes() == b"two\x00"
    assert [file.name for file in path.parent.iterdir()] == ["file"]
    assert sha256_of(path) == hashlib.sha256(b"two\x00").hexdigest()
