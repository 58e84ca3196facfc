"""Labels: what counts as leaving, whether it is known yet, and where training stands."""

from churnrisk.labels.drift import Drift, base_rate_drift
from churnrisk.labels.labels import definition, label_hash, labels
from churnrisk.labels.moments import LEAST_LEAVERS, outcomes, split_of, usable_as_ofs

__all__ = [
    "LEAST_LEAVERS",
    "Drift",
    "base_rate_drift",
    "definition",
    "label_hash",
    "labels",
    "outcomes",
    "split_of",
    "usable_as_ofs",
]
