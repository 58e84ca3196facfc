"""Features: declared once, computed as of a moment, told in words.

Where a feature goes: in the module of its stream (`tickets`, `responses`, `usage`, ...), as one `Feature`.
"""

from churnrisk.features import contract, messages, people, responses, satisfaction, staff, tickets, usage
from churnrisk.features.catalogue import REASON_CODES, Catalogue, Feature, Wording
from churnrisk.features.kept import Matrices
from churnrisk.features.matrix import KEYS, matrix, usual
from churnrisk.features.streams import Stream

#: Every feature there is.
CATALOGUE = Catalogue(
    feature
    for stream in (tickets, responses, messages, satisfaction, usage, contract, people, staff)
    for feature in stream.FEATURES
)

__all__ = [
    "CATALOGUE",
    "KEYS",
    "REASON_CODES",
    "Catalogue",
    "Feature",
    "Matrices",
    "Stream",
    "Wording",
    "matrix",
    "usual",
]
