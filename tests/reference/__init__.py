"""The feature engine's truth: every feature of the catalogue, computed the slow way for small data.

Beside the engine, for tests only. It looks at one as_of through `History.upto` and at nothing else, so that what it
says of a moment is made of what was known then. No SQL, no arrays: lists of facts, and for each aggregate a function of
a few lines. Numbers are fractions, so that nothing is lost on the way and ties are ties.

To check a feature by reading: its stream is in `facts` (or `desk`, for what happens on tickets), its words are in
`words`, its aggregate is in `numbers`.
"""

from tests.reference.answers import reference

__all__ = ["reference"]
