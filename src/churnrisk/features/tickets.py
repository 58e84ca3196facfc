"""Features of how much an account asks: tickets by number, kind and rhythm, and who asks."""

from __future__ import annotations

from functools import partial

from churnrisk.features.catalogue import Feature, Wording, over
from churnrisk.features.streams import rows_of

TICKETS = rows_of("tickets")

_MANY = Wording("unresolved", "{value} opened in the last {days} days; usual is {usual}")
_FEW = Wording("inactivity", "Only {value} opened in the last {days} days; usual is {usual}")

_tickets = partial(Feature, stream=TICKETS, unit="tickets", aggregate="count", empty=0)

COUNTS = over(
    (7, 30, 90, 180, 365),
    _tickets,
    "tickets_last_{days}d",
    meaning="Tickets opened in the last {days} days.",
    high=_MANY,
    low=_FEW,
)

FEATURES = (
    *COUNTS,
    *over(
        (30, 90),
        _tickets,
        "urgent_tickets_last_{days}d",
        meaning="Tickets opened with high or urgent priority in the last {days} days.",
        where="priority in ('high', 'urgent')",
        high=Wording("unresolved", "{value} of high priority opened in the last {days} days; usual is {usual}"),
    ),
    *over(
        (30, 90),
        _tickets,
        "tickets_change_{days}d",
        aggregate="change",
        unit="change",
        empty=None,
        meaning="Tickets in the last {days} days against the three times as many days before; 1 is twice as many.",
        high=Wording("unresolved", "Tickets rose by {change} in the last {days} days against the {before} days before"),
        low=Wording("inactivity", "Tickets fell by {change} in the last {days} days against the {before} days before"),
    ),
    Feature(
        "tickets_against_own_last_30d",
        TICKETS,
        "against_own",
        "deviations",
        "How far the tickets of the last 30 days are off what the account opened in the months before.",
        window=30,
        high=Wording("unresolved", "More tickets in the last {days} days than this account is used to: {value} off"),
        low=Wording("inactivity", "Fewer tickets in the last {days} days than this account is used to: {value} off"),
    ),
    Feature(
        "tickets_against_peers_last_90d",
        TICKETS,
        "against_peers",
        "share",
        "The share of accounts in its segment that opened fewer tickets in the last 90 days.",
        window=90,
        of=COUNTS[2],
        high=Wording("unresolved", "More tickets in the last {days} days than {value} of the accounts in its segment"),
        low=Wording("inactivity", "Only {value} of the accounts in its segment opened fewer tickets in {days} days"),
    ),
    Feature(
        "tickets_weekly",
        TICKETS,
        "weekly",
        "tickets",
        "Tickets a week, the last twelve weeks averaged with the newest weighing most.",
        empty=0,
        high=Wording("unresolved", "About {value} a week lately; usual is {usual}"),
        low=Wording("inactivity", "Only about {value} a week lately; usual is {usual}"),
    ),
    Feature(
        "days_since_ticket",
        TICKETS,
        "days_since",
        "days",
        "Days since the last ticket was opened.",
        high=Wording("inactivity", "The last ticket was opened {value} ago; usual is {usual}"),
    ),
    Feature(
        "ticket_gap_last_365d",
        TICKETS,
        "gap",
        "ratio",
        "Days since the last ticket against the usual days between two of the account's tickets, of the last 365 days.",
        window=365,
        high=Wording("inactivity", "No ticket for {value} times as long as is usual for this account"),
    ),
    *over(
        (90, 365),
        Feature,
        "contacts_asking_last_{days}d",
        stream=TICKETS,
        aggregate="distinct",
        unit="people",
        meaning="Different people who opened tickets in the last {days} days.",
        value="contact_id",
        empty=0,
        low=Wording("inactivity", "Tickets came from only {value} in the last {days} days; usual is {usual}"),
    ),
    Feature(
        "ticket_topics_last_90d",
        TICKETS,
        "distinct",
        "topics",
        "Different categories of the tickets opened in the last 90 days.",
        value="category",
        window=90,
        empty=0,
        high=Wording("unresolved", "Tickets were about {value} in the last {days} days; usual is {usual}"),
    ),
)
