"""Named rules and their verdicts: good rows go on, bad rows are held back with the reason, contradictions are named."""

from churnrisk.validate.contradictions import contradictions
from churnrisk.validate.held_rows import HeldRow, held_rows
from churnrisk.validate.own_rules import check_own_rules
from churnrisk.validate.rules import Rule, rules
from churnrisk.validate.verdicts import (
    Contradiction,
    Verdicts,
    are_judged,
    read_verdicts,
    validate,
    verdicts_file,
)

__all__ = [
    "Contradiction",
    "HeldRow",
    "Rule",
    "Verdicts",
    "are_judged",
    "check_own_rules",
    "contradictions",
    "held_rows",
    "read_verdicts",
    "rules",
    "validate",
    "verdicts_file",
]
