"""Scoring: every eligible account at a moment, with reasons, gated and published at once."""

from churnrisk.score.batch import Scores, lineage, score
from churnrisk.score.publish import Published, find, latest, publish
from churnrisk.score.reasons import Reason

__all__ = ["Published", "Reason", "Scores", "find", "latest", "lineage", "publish", "score"]
