"""What a check is, and what it finds: need against have, one sentence, and what to do."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

from churnrisk.doctor.facts import Facts

Status = Literal["ok", "warn", "fail"]
#: The worst first.
STATUSES: tuple[Status, ...] = ("fail", "warn", "ok")


@dataclass(frozen=True)
class Seen:
    """What a check saw, before it is put beside its need.

    Attributes:
        status: ok, warn or fail.
        have: what the data have, in a few words.
        sentence: what that means.
        about: the table, part, source or rule it is about, where the check looks at several.
        need: where it is more exact than the check's own.
        next_step: where it is more exact than the check's own.
    """

    status: Status
    have: str
    sentence: str
    about: str = ""
    need: str = ""
    next_step: str = ""


@dataclass(frozen=True)
class Finding:
    """One line of the diagnosis.

    Attributes:
        name: the check, a claim that holds for good data.
        about: the table, part, source or rule it is about; empty where it is about everything.
        status: ok, warn or fail.
        need: what is needed.
        have: what the data have.
        sentence: what that means, without its full stop.
        next_step: what to do; empty where all is well.
    """

    name: str
    about: str
    status: Status
    need: str
    have: str
    sentence: str
    next_step: str


@dataclass(frozen=True)
class Check:
    """A rule on the whole of the data.

    Attributes:
        name: a claim that holds for good data.
        need: what is needed.
        why: why it matters, one sentence.
        warns: when it warns; empty where it never does.
        fails: when it fails; empty where it never does.
        do: what to do then.
        look: looks at the facts; gives nothing where it has nothing to look at.
    """

    name: str
    need: str
    why: str
    warns: str
    fails: str
    do: str
    look: Callable[[Facts], Iterable[Seen]]

    def examine(self, facts: Facts) -> Iterator[Finding]:
        """What this check finds."""
        for seen in self.look(facts):
            step = "" if seen.status == "ok" else seen.next_step or self.do
            need = seen.need or self.need
            yield Finding(self.name, seen.about, seen.status, need, seen.have, seen.sentence.rstrip("."), step)
