"""Reading the small expressions of features, through the one door to the SQL of engines."""

from churnrisk.history.dialect import expression as parsed

__all__ = ["parsed"]
