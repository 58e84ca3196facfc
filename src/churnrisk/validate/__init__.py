"""Named rules and their verdicts: good rows go on, bad rows are held back with the reason, contradictions are named."""

from churnrisk.validate.contradictions import contradictions
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
    "Rule",
    "Verdicts",
    "are_judged",
    "contradictions",
    "read_verdicts",
    "rules",
    "validate",
    "verdicts_file",
]
