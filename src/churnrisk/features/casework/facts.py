"""All facts about tickets, as one list of stages in the order in which they run.

What `features` asks for: the rooms beside this one each know a part.
"""

from __future__ import annotations

from churnrisk.features.casework.calendar import DayOf
from churnrisk.features.casework.promises import promise_stages
from churnrisk.features.casework.replies import reply_stages
from churnrisk.features.casework.solves import handoff_stages, solve_stages
from churnrisk.features.casework.statuses import status_stages
from churnrisk.history.stage import Stage

#: The stages whose rows are facts: world, v (the day from which it is known), d (the day of it), ticket, account.
FACTS = (
    "case_spans",
    "case_reopens",
    "case_open",
    "case_replies",
    "case_handoffs",
    "case_solves",
    "case_promises",
)


def fact_stages(stretches: int, day_of: DayOf) -> list[Stage]:
    """The stages that make every fact, and those in between.

    Args:
        stretches: of a day of `business_days`.
        day_of: from the SQL of microseconds since the epoch to the SQL of the company's day number.
    """
    return [
        *status_stages(stretches, day_of),
        *reply_stages(stretches, day_of),
        *handoff_stages(day_of),
        *solve_stages(),
        *promise_stages(stretches, day_of),
    ]
