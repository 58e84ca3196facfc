"""The history: append-only landing, and `upto(as_of)` as the only way to look at the past."""

from churnrisk.history.engine import connect, first_line, name, one_row, quoted
from churnrisk.history.landing import Incoming, Landed, land, read_manifests
from churnrisk.history.past import History, Past

__all__ = [
    "History",
    "Incoming",
    "Landed",
    "Past",
    "connect",
    "first_line",
    "land",
    "name",
    "one_row",
    "quoted",
    "read_manifests",
]
