"""Features: declared once, computed as of a moment, told in words.

Where a feature goes: in the module of its stream (`tickets`, `satisfaction`, `usage`, `contract`), as one `Feature`.
"""

from churnrisk.features import contract, satisfaction, tickets, usage
from churnrisk.features.catalogue import REASON_CODES, Catalogue, Feature, Stream, Wording
from churnrisk.features.matrix import KEYS, matrix, usual

#: Every feature there is.
CATALOGUE = Catalogue((*tickets.FEATURES, *satisfaction.FEATURES, *usage.FEATURES, *contract.FEATURES))

__all__ = [
    "CATALOGUE",
    "KEYS",
    "REASON_CODES",
    "Catalogue",
    "Feature",
    "Stream",
    "Wording",
    "matrix",
    "usual",
]
