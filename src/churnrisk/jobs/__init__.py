"""Jobs: the order of the steps, told once, without Prefect. `cli` and `pipelines` both call these.

Every job takes a project folder or its configuration file and gives a small record; large things stay in files.
"""

from churnrisk.jobs.demo import DEMO_ACCOUNTS, DEMO_SEED, DEMO_WEEKS, DemoOutcome, demo, make_company
from churnrisk.jobs.doctor import doctor, refuse_failing
from churnrisk.jobs.features import FeaturesWritten, TicketsWritten, features, tickets
from churnrisk.jobs.init import Initiated, init
from churnrisk.jobs.progress import quiet
from churnrisk.jobs.project import Project
from churnrisk.jobs.promotion import Promoted, promote, rollback
from churnrisk.jobs.quarantine import Quarantine, quarantine, replay
from churnrisk.jobs.steps import (
    Extracted,
    ScoreSummary,
    TrainSummary,
    Written,
    extract,
    read_worklist,
    refuse_mostly_held,
    refuse_unusable,
    score,
    train,
    write_worklist,
)
from churnrisk.jobs.text import TextRead, read_file

__all__ = [
    "DEMO_ACCOUNTS",
    "DEMO_SEED",
    "DEMO_WEEKS",
    "DemoOutcome",
    "Extracted",
    "FeaturesWritten",
    "Initiated",
    "Project",
    "Promoted",
    "Quarantine",
    "ScoreSummary",
    "TextRead",
    "TicketsWritten",
    "TrainSummary",
    "Written",
    "demo",
    "doctor",
    "extract",
    "features",
    "init",
    "make_company",
    "promote",
    "quarantine",
    "quiet",
    "read_file",
    "read_worklist",
    "refuse_failing",
    "refuse_mostly_held",
    "refuse_unusable",
    "replay",
    "rollback",
    "score",
    "tickets",
    "train",
    "write_worklist",
]
