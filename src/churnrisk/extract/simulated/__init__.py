"""The simulated company: customers who leave *because* something happened, and everything a company records of them.

It reads nothing and gives canonical tables with `known_at`: week by week from `Company`, or as files from `simulate`.
Data for the demo and for tests that plant a truth and look whether it is found; `docs/simulated-company.md` tells all.
"""

from churnrisk.extract.simulated.causes import CAUSES, Cause
from churnrisk.extract.simulated.company import Company, Week
from churnrisk.extract.simulated.export import SimulatedExport, simulate
from churnrisk.extract.simulated.outreach import FRIENDLY_CALL, PLAY_FITS, Action

__all__ = [
    "CAUSES",
    "FRIENDLY_CALL",
    "PLAY_FITS",
    "Action",
    "Cause",
    "Company",
    "SimulatedExport",
    "Week",
    "simulate",
]
