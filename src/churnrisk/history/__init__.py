"""The history: append-only landing, and `upto(as_of)` as the only way to look at the past."""

from churnrisk.history.days import FOREVER, day_column, day_columns, day_number, day_of, micros
from churnrisk.history.engine import connect, first_line, name, one_row, quoted
from churnrisk.history.landing import Incoming, Landed, files_of, land, read_manifests, relation_of
from churnrisk.history.past import History, Past
from churnrisk.history.stage import Engine, Stage

__all__ = [
    "FOREVER",
    "Engine",
    "History",
    "Incoming",
    "Landed",
    "Past",
    "Stage",
    "connect",
    "day_column",
    "day_columns",
    "day_number",
    "day_of",
    "files_of",
    "first_line",
    "land",
    "micros",
    "name",
    "one_row",
    "quoted",
    "read_manifests",
    "relation_of",
]
