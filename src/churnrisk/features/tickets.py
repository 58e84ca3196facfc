"""Features of support: how much is asked, how soon it is answered, how much stays open or comes back."""

from __future__ import annotations

from churnrisk.features.catalogue import Feature, Stream, Wording

TICKETS = Stream("tickets", "select account_id, happened_at from tickets", needs=("tickets",))

#: The first public reply of an agent, placed at the moment it was given.
FIRST_REPLIES = Stream(
    "first_replies",
    """
    select t.account_id, min(m.created_at) as happened_at,
        (epoch(min(m.created_at)) - epoch(t.created_at)) / 3600.0 as hours
    from tickets t join messages m on m.ticket_id = t.ticket_id
    where m.author_role = 'agent' and m.public and m.created_at >= t.created_at
    group by t.ticket_id, t.account_id, t.created_at
    """,
    needs=("tickets", "messages"),
)

#: The first time a ticket was solved, placed at that moment.
SOLVED = Stream(
    "solved",
    """
    select t.account_id, min(e.at) as happened_at, (epoch(min(e.at)) - epoch(t.created_at)) / 3600.0 as hours
    from tickets t join ticket_events e on e.ticket_id = t.ticket_id
    where e.field = 'status' and e.value = 'solved' and e.at >= t.created_at
    group by t.ticket_id, t.account_id, t.created_at
    """,
    needs=("tickets", "ticket_events"),
)

#: The latest status of every ticket, placed at the ticket's creation.
BACKLOG = Stream(
    "backlog",
    """
    select t.account_id, t.created_at as happened_at,
        coalesce(e.status, 'new') not in ('solved', 'closed', 'deleted') as is_open
    from tickets t
    left join (
        select ticket_id, max_by(value, ("at", seq)) as status
        from ticket_events where field = 'status' group by ticket_id
    ) e on e.ticket_id = t.ticket_id
    """,
    needs=("tickets", "ticket_events"),
)

#: A ticket that was taken up again after it had been solved. Few are: only their events are put in order.
REOPENED = Stream(
    "reopened",
    """
    with statuses as (
        select ticket_id, "at", seq, value, value in ('new', 'open', 'pending', 'hold') as is_open
        from ticket_events where field = 'status'
    ), again as (
        select ticket_id from statuses group by ticket_id
        having max("at") filter (where is_open) >= min("at") filter (where value = 'solved')
    )
    select account_id, moment as happened_at from (
        select t.account_id, e.at as moment, e.is_open,
            lag(e.value) over (partition by e.ticket_id order by e.at, e.seq) as before
        from tickets t join statuses e on e.ticket_id = t.ticket_id
        where e.ticket_id in (select ticket_id from again)
    ) where before = 'solved' and is_open
    """,
    needs=("tickets", "ticket_events"),
)

_MANY = Wording("unresolved", "{value} opened in the last {days} days; usual is {usual}")
_FEW = Wording("inactivity", "Only {value} opened in the last {days} days; usual is {usual}")


def _tickets_last(days: int) -> Feature:
    return Feature(
        f"tickets_last_{days}d",
        TICKETS,
        "count",
        "tickets",
        f"Tickets opened in the last {days} days.",
        window=days,
        empty=0,
        high=_MANY,
        low=_FEW,
    )


FEATURES = (
    _tickets_last(30),
    _tickets_last(90),
    _tickets_last(365),
    Feature(
        "days_since_ticket",
        TICKETS,
        "days_since",
        "days",
        "Days since the last ticket was opened.",
        high=Wording("inactivity", "The last ticket was opened {value} ago; usual is {usual}"),
    ),
    Feature(
        "first_response_hours_last_30d",
        FIRST_REPLIES,
        "mean",
        "hours",
        "Mean time to the first reply, of the replies given in the last 30 days.",
        value="hours",
        window=30,
        high=Wording("slow_response", "First reply took {value} on average in the last {days} days; usual is {usual}"),
    ),
    Feature(
        "first_response_hours_last_90d",
        FIRST_REPLIES,
        "mean",
        "hours",
        "Mean time to the first reply, of the replies given in the last 90 days.",
        value="hours",
        window=90,
        high=Wording("slow_response", "First reply took {value} on average in the last {days} days; usual is {usual}"),
    ),
    Feature(
        "resolution_hours_last_90d",
        SOLVED,
        "mean",
        "hours",
        "Mean time from opening to the first solution, of the tickets solved in the last 90 days.",
        value="hours",
        window=90,
        high=Wording(
            "unresolved", "Solving a ticket took {value} on average in the last {days} days; usual is {usual}"
        ),
    ),
    Feature(
        "open_tickets",
        BACKLOG,
        "sum",
        "tickets",
        "Tickets that are not solved.",
        value="case when is_open then 1 else 0 end",
        empty=0,
        high=Wording("unresolved", "{value} still open; usual is {usual}"),
    ),
    Feature(
        "reopens_last_90d",
        REOPENED,
        "count",
        "times",
        "How often solved tickets were opened again in the last 90 days.",
        window=90,
        empty=0,
        high=Wording("reopened", "Solved tickets were opened again {value} in the last {days} days; usual is {usual}"),
    ),
)
