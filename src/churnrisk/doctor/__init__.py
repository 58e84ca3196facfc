"""The doctor: what the data can support, need against have, one sentence for each check."""

from churnrisk.doctor.doctor import CHECKS, THEMES, Diagnosis, examine
from churnrisk.doctor.finding import Check, Finding
from churnrisk.doctor.freshness import Freshness, freshness, refuse_stale

__all__ = ["CHECKS", "THEMES", "Check", "Diagnosis", "Finding", "Freshness", "examine", "freshness", "refuse_stale"]
