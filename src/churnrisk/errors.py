"""One tree of errors, each with its exit code; every message ends in what to do next.

At the bottom of the house: every layer may import it. `cli` turns an error into one sentence on stderr and the exit
code of its class; anything else that escapes is a fault of ours (exit code 1).
"""

from __future__ import annotations

from enum import IntEnum
from typing import Any


class Exit(IntEnum):
    """The exit codes of every command; a contract that schedulers rely on."""

    DONE = 0  #: done, also: already published and identical
    FAULT = 1  #: a fault of ours
    USAGE = 2  #: the command line was not understood
    NOTHING_TO_DO = 10  #: an empty window, no newly matured label
    HELD = 20  #: doctor FAIL, "do not use", a gate, no champion
    BAD_INPUT = 30  #: unreadable, unmapped or empty input
    SOURCE_UNAVAILABLE = 40  #: a source did not answer within its budget
    CANNOT_WRITE = 74  #: disk full, no permission
    LOCKED = 75  #: another run holds the lock
    INTERRUPTED = 130  #: stopped from the keyboard


class ChurnriskError(Exception):
    """The root: a sentence, the next step, and the facts behind them.

    Args:
        fact: what is the case, as a sentence without its full stop.
        next_step: what the reader should do, as a sentence without its full stop.
        facts: the values the sentence was made of, for `--json`.
    """

    exit_code: Exit = Exit.FAULT

    def __init__(self, fact: str, next_step: str, **facts: Any) -> None:
        self.fact = fact.rstrip(".")
        self.next_step = next_step.rstrip(".")
        self.facts = facts
        super().__init__(f"{self.fact}. {self.next_step}.")


class SettingsError(ChurnriskError):
    """A configuration file is missing, unreadable, or has a key nobody reads."""

    exit_code = Exit.BAD_INPUT


class InputError(ChurnriskError):
    """A source is unreadable, unmapped or empty."""

    exit_code = Exit.BAD_INPUT


class SourceUnavailableError(ChurnriskError):
    """A source did not answer; yesterday's list stays."""

    exit_code = Exit.SOURCE_UNAVAILABLE


class CorruptError(ChurnriskError):
    """A stored file does not match its checksum."""

    exit_code = Exit.BAD_INPUT


class HeldError(ChurnriskError):
    """A gate held the result back; what was published before stays."""

    exit_code = Exit.HELD


class NothingToDoError(ChurnriskError):
    """Nothing in the asked window, nothing newly matured."""

    exit_code = Exit.NOTHING_TO_DO


class CannotWriteError(ChurnriskError):
    """The disk is full or the folder is not ours to write."""

    exit_code = Exit.CANNOT_WRITE


class LockedError(ChurnriskError):
    """Another run holds the lock."""

    exit_code = Exit.LOCKED
