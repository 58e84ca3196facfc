"""Which model serves: a person promotes the one that waits, or rolls back to the one before."""

from __future__ import annotations

from dataclasses import dataclass

from churnrisk.errors import HeldError, InputError, NothingToDoError
from churnrisk.jobs.project import Project
from churnrisk.registry import Registry
from churnrisk.store import single_writer


@dataclass(frozen=True)
class Promoted:
    """A change of the model that serves.

    Attributes:
        version: that serves now.
        name: of the candidate: the model, or a baseline.
        before: the version that served before; 0 where none did.
        by: who decided it.
        reason: why.
        despite: names of the gates that it had not passed.
    """

    version: int
    name: str
    before: int
    by: str
    reason: str
    despite: tuple[str, ...]


def promote(project: Project, by: str, reason: str, version: int = 0, despite_gates: bool = False) -> Promoted:
    """Let the model that waits, or another version, serve from the next score on.

    Raises:
        NothingToDoError: none waits, or it serves already.
        HeldError: it did not pass every gate, and that is not waived.
        InputError: nobody is named, no reason is given, or there is no such version.
    """
    _refuse_unsaid(by, reason)
    with single_writer(project.data):
        registry = Registry(project.registry_folder)
        known = registry.versions()
        waiting, serving = known.get("challenger"), known.get("champion")
        if not version and waiting is None:
            raise NothingToDoError("No model waits to be promoted", "Run `churnrisk train`, or name a --version")
        chosen = registry.version(version) if version else waiting
        assert chosen is not None
        if serving is not None and serving.number == chosen.number:
            raise NothingToDoError(f"Version {chosen.number} serves already", "Run `churnrisk score`")
        if chosen.failed and not despite_gates:
            raise HeldError(
                f"Version {chosen.number} did not pass {_listed(chosen.failed)}",
                "Read the training report; where it is right all the same, say in --reason why, with --despite-gates",
                version=chosen.number,
                failed=list(chosen.failed),
            )
        registry.promote(chosen.number, by.strip(), reason.strip())
    before = serving.number if serving else 0
    return Promoted(chosen.number, chosen.name, before, by.strip(), reason.strip(), chosen.failed)


def rollback(project: Project, by: str, reason: str) -> Promoted:
    """Let the model serve again that served before; the one that is set aside can be rolled back to in turn.

    Raises:
        NothingToDoError: none served before.
        InputError: nobody is named, or no reason is given.
    """
    _refuse_unsaid(by, reason)
    with single_writer(project.data):
        registry = Registry(project.registry_folder)
        known = registry.versions()
        previous, serving = known.get("previous"), known.get("champion")
        if previous is None or serving is None:
            raise NothingToDoError(
                "No model served before this one", "Promote another version with `churnrisk promote`"
            )
        registry.promote(previous.number, by.strip(), reason.strip())
    return Promoted(previous.number, previous.name, serving.number, by.strip(), reason.strip(), previous.failed)


def _refuse_unsaid(by: str, reason: str) -> None:
    if not by.strip() or not reason.strip():
        raise InputError(
            "A change of the model needs a name and a reason", "Pass both: --by 'Ann Smith' --reason 'better at ...'"
        )


def _listed(names: tuple[str, ...]) -> str:
    return f"the gate {names[0]}" if len(names) == 1 else f"the gates {', '.join(names)}"
