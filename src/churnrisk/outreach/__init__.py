"""Outreach: the worklist, ranked by value at risk within what each CSM can do."""

from churnrisk.outreach.build import build_worklist
from churnrisk.outreach.worklist import Entry, Worklist
from churnrisk.score import Reason

__all__ = ["Entry", "Reason", "Worklist", "build_worklist"]
