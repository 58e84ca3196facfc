"""Features of how support answers: replies, waits, solutions, reopenings, promises, and what stays open.

A ticket that still waits at the as_of counts as long as it has waited, so that slow support does not look fast because
its slowest cases are not there yet.
"""

from __future__ import annotations

from functools import partial

from churnrisk.features.cases import (
    AGENT_MESSAGES,
    ASKED,
    CASES,
    HANDOFFS,
    OPEN,
    PROMISES,
    REOPENS,
    REPLIES,
    SOLVES,
    WAITS,
)
from churnrisk.features.catalogue import Feature, Wording, over

_SLOW = Wording("slow_response", "First reply took {value} on average in the last {days} days; usual is {usual}")
_hours = partial(Feature, unit="hours", per=3600)

FIRST_RESPONSES = over(
    (30, 90, 365),
    Feature,
    "first_response_hours_last_{days}d",
    stream=ASKED,
    aggregate="mean_wait",
    unit="hours",
    meaning="Expected time to the first reply, of the tickets of the last {days} days: all time waited, also by those"
    " that still wait, for each reply that came. What was solved without a reply does not count.",
    value="first_response",
    where="first_response is not null or resolution is null",
    high=_SLOW,
)

_SOLVING = {
    "requester_wait": "waited for support (status new, open or on hold)",
    "agent_wait": "waited for the customer (status pending)",
    "on_hold": "was on hold",
    "agent_work": "was with an agent (status new or open)",
}

FEATURES = (
    *FIRST_RESPONSES,
    Feature(
        "first_response_change_30d",
        ASKED,
        "trend",
        "ratio",
        "Time to the first reply in the last 30 days over that of the last 90.",
        window=30,
        of=FIRST_RESPONSES[0],
        by=FIRST_RESPONSES[1],
        high=Wording("slow_response", "First reply took {change} longer in the last {days} days than in the last 90"),
    ),
    Feature(
        "first_response_against_peers_last_90d",
        ASKED,
        "against_peers",
        "share",
        "The share of accounts in its segment that were answered sooner in the last 90 days.",
        window=90,
        of=FIRST_RESPONSES[1],
        high=Wording("slow_response", "{value} of the accounts in its segment were answered sooner in {days} days"),
    ),
    _hours(
        "first_response_p90_hours_last_90d",
        REPLIES,
        "p90",
        meaning="Nine of ten first replies of the last 90 days came within this time.",
        value="waited",
        where="is_first",
        window=90,
        high=Wording("slow_response", "One in ten first replies took {value} or more in {days} days; usual is {usual}"),
    ),
    _hours(
        "first_response_business_hours_last_90d",
        REPLIES,
        "mean",
        meaning="Mean time to the first replies of the last 90 days, in business hours.",
        value="waited_business",
        where="is_first",
        window=90,
        high=Wording("slow_response", "First reply took {value} of business time in {days} days; usual is {usual}"),
    ),
    *over(
        (30, 90),
        Feature,
        "next_response_hours_last_{days}d",
        stream=WAITS,
        aggregate="mean_wait",
        unit="hours",
        meaning="Expected time to the next reply, of customers who wrote again in the last {days} days: all time that"
        " they waited, also those who still wait on a ticket that is not solved, for each reply that came.",
        value="waited",
        high=Wording("slow_response", "Later replies took {value} on average in {days} days; usual is {usual}"),
    ),
    Feature(
        "customers_waiting",
        WAITS,
        "count",
        "tickets",
        "Tickets that are not solved, on which a customer wrote again and has no reply yet.",
        where="waited is null",
        empty=0,
        high=Wording("slow_response", "{value} on which a customer waits for the next reply; usual is {usual}"),
    ),
    Feature(
        "unanswered_tickets_last_30d",
        ASKED,
        "count",
        "tickets",
        "Tickets of the last 30 days that are not answered and not solved.",
        where="first_response is null and resolution is null",
        window=30,
        empty=0,
        high=Wording("slow_response", "{value} of the last {days} days without an answer; usual is {usual}"),
    ),
    Feature(
        "promises_broken_share_last_90d",
        PROMISES,
        "share",
        "share",
        "Share of the promises (first reply, resolution) due in the last 90 days that were not kept.",
        value="kept_v is null",
        window=90,
        high=Wording(
            "slow_response", "{value} of what was promised was late in the last {days} days; usual is {usual}"
        ),
    ),
    *over(
        (90, 365),
        Feature,
        "resolution_hours_last_{days}d",
        stream=CASES,
        aggregate="mean_wait",
        unit="hours",
        meaning="Expected time to the first solution, of the tickets opened in the last {days} days: all time until it,"
        " also of those that are not solved yet, for each that was solved.",
        value="resolution",
        high=Wording("unresolved", "Solving a ticket took {value} on average in {days} days; usual is {usual}"),
    ),
    Feature(
        "unsolved_share_last_90d",
        CASES,
        "share",
        "share",
        "Share of the tickets opened in the last 90 days that have never been solved.",
        value="resolution is null",
        window=90,
        high=Wording(
            "unresolved", "{value} of the tickets of the last {days} days were never solved; usual is {usual}"
        ),
    ),
    Feature(
        "solved_within_3_days_last_90d",
        CASES,
        "within",
        "share",
        "Share of the tickets opened in the last 90 days that are solved within three days.",
        value="resolution",
        limit=72,
        window=90,
        low=Wording("unresolved", "Only {value} of its tickets were solved within three days; usual is {usual}"),
    ),
    *(
        _hours(
            f"{name}_hours_last_90d",
            SOLVES,
            "mean",
            meaning=f"Mean time that a ticket {says} until it was solved, of those solved in the last 90 days.",
            value=name,
            window=90,
            high=Wording("unresolved", f"A ticket {says.split(' (')[0]} {{value}} on average; usual is {{usual}}"),
        )
        for name, says in _SOLVING.items()
    ),
    Feature(
        "touches_last_90d",
        SOLVES,
        "mean",
        "replies",
        "Mean replies of agents until a ticket was solved, of those solved in the last 90 days.",
        value="touches",
        window=90,
        high=Wording("unresolved", "A solution took {value} on average in the last {days} days; usual is {usual}"),
    ),
    Feature(
        "handoffs_last_90d",
        HANDOFFS,
        "count",
        "times",
        "How often tickets were handed from one agent to another in the last 90 days.",
        window=90,
        empty=0,
        high=Wording("unresolved", "Tickets changed hands {value} in the last {days} days; usual is {usual}"),
    ),
    *over(
        (30, 90, 180),
        Feature,
        "reopens_last_{days}d",
        stream=REOPENS,
        aggregate="count",
        unit="times",
        meaning="How often solved tickets were opened again in the last {days} days.",
        empty=0,
        high=Wording("reopened", "Solved tickets were opened again {value} in the last {days} days; usual is {usual}"),
    ),
    Feature(
        "open_tickets",
        OPEN,
        "count",
        "tickets",
        "Tickets that are not solved.",
        empty=0,
        high=Wording("unresolved", "{value} still open; usual is {usual}"),
    ),
    Feature(
        "urgent_open_tickets",
        OPEN,
        "count",
        "tickets",
        "Tickets opened with high or urgent priority that are not solved.",
        where="priority in ('high', 'urgent')",
        empty=0,
        high=Wording("unresolved", "{value} of high priority still open; usual is {usual}"),
    ),
    Feature(
        "oldest_open_ticket_days",
        OPEN,
        "max",
        "days",
        "Age of the oldest ticket that is not solved.",
        value="(now - moment) / 1000000.0",
        per=86400,
        high=Wording("unresolved", "The oldest open ticket is {value} old; usual is {usual}"),
    ),
    Feature(
        "after_hours_share_last_90d",
        AGENT_MESSAGES,
        "share",
        "share",
        "Share of the agents' messages of the last 90 days that were written outside business hours.",
        value="in_hours = 0",
        where="in_hours is not null",
        window=90,
        high=Wording(
            "staff_change", "{value} of the agents' messages came after hours in {days} days; usual is {usual}"
        ),
    ),
)
