"""Ticket metrics from the logs of the help desk, in calendar and in business seconds.

Between the history and the features about support. `fact_stages` makes facts with the day from which they are known,
for streams; `ticket_metrics_at` makes one row for each ticket as of a moment, for people. Both read the same
definitions, told in docs/ticket-metrics.md.

The stages read `case_tickets`, `case_events` and `case_messages`, each row in a world: what was known in order, or what
was known at one as_of of the tickets that were not. They read `business_days` (`business_calendar` makes it) and
`promised_targets`.
"""

from churnrisk.features.casework.calendar import BusinessCalendar, DayOf, business_calendar
from churnrisk.features.casework.facts import FACTS, fact_stages
from churnrisk.features.casework.metrics import TIMES, metric_stages
from churnrisk.features.casework.per_ticket import MOMENTS, ticket_metrics_at, ticket_spans_at

__all__ = [
    "FACTS",
    "MOMENTS",
    "TIMES",
    "BusinessCalendar",
    "DayOf",
    "business_calendar",
    "fact_stages",
    "metric_stages",
    "ticket_metrics_at",
    "ticket_spans_at",
]
