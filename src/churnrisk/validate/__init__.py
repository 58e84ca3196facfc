"""Named rules and their verdicts: good rows go on, bad rows are held back with the reason."""

from churnrisk.validate.rules import Rule, rules
from churnrisk.validate.verdicts import Verdicts, are_judged, validate, verdicts_file

__all__ = ["Rule", "Verdicts", "are_judged", "rules", "validate", "verdicts_file"]
