"""The stages about the status of tickets: how long each status lasts, when tickets are open, when taken up again.

First on the way from the case relations to the ticket metrics. Reads `case_tickets`, `case_events` and
`business_days`; gives `case_spans`, `case_reopens` and `case_open`.

A ticket is `new` from its opening until the first status that is told; what is told of a moment before the opening
counts from the opening. Ties are broken by `seq`. Every row is made of what happened until its own moment; what
becomes known later stands beside the day from which it is known.
"""

from __future__ import annotations

from churnrisk.features.casework.calendar import DayOf, business_seconds, on_day
from churnrisk.history.stage import Stage

#: Statuses in which nobody works on a ticket any more, as SQL.
CLOSED = "('solved', 'closed', 'deleted')"
#: Of these, those in which the customer has an answer.
SOLVED = "('solved', 'closed')"

_OF_TICKET = "partition by world, ticket_id order by moment, seq"

#: Each change of status between the one before and the one after. Narrow: sorting is what takes the time.
_STEPS = f"""
    select world, ticket_id, moment, v, status,
        lag(status) over ({_OF_TICKET}) as before,
        lead(moment) over ({_OF_TICKET}) as until,
        lead(v) over ({_OF_TICKET}) as until_v,
        count(case when status in {SOLVED} then 1 end)
            over ({_OF_TICKET} rows between unbounded preceding and 1 preceding) as solves_before,
        min(case when status in {CLOSED} then v end)
            over ({_OF_TICKET} rows between 1 following and unbounded following) as closed_v
    from (
        select world, ticket_id, "at" as moment, seq, v, value as status
        from case_events where field = 'status' and value is not null
    ) told
"""

_REOPENS = f"""
select world, v, d, ticket_id, account_id, since as reopened
from case_spans where before in {SOLVED} and status not in {CLOSED}
"""

#: From the opening, unless it was closed in the same moment, and from each status that follows a closed one.
_OPEN = f"""
select world, v, d, ticket_id, account_id, priority, opened, since, closed_v as until_v
from case_spans where status not in {CLOSED} and (before is null or before in {CLOSED})
"""


def status_stages(stretches: int, day_of: DayOf) -> list[Stage]:
    """The stages, in order.

    Args:
        stretches: of a day of `business_days`.
        day_of: from the SQL of microseconds since the epoch to the SQL of the company's day number.
    """
    return [
        Stage("case_spans", _spans(stretches, day_of)),
        Stage("case_reopens", _REOPENS),
        Stage("case_open", _OPEN),
    ]


def _spans(stretches: int, day_of: DayOf) -> str:
    """The SQL of the stretches, with what the other stages need to know of them.

    That is: priority and opened of the ticket; business_age, the business seconds from the opening to the beginning of
    the stretch; before, the status before, which is null at the opening; solves_before, how often the status had been
    solved or closed, which is null where it was told of a moment before the opening; closed_v, the day from which it
    is known that the ticket was closed next.
    """
    at_opening = business_seconds("t.opened // 1000000", "b", stretches)
    at_start = f"({business_seconds('p.since // 1000000', 'a', stretches)})"
    at_end = f"({business_seconds('p.until // 1000000', 'z', stretches)})"
    return f"""
with steps as ({_STEPS}), clocked as (
    select t.world, t.v, t.ticket_id, t.account_id, t.schedule_id, t.priority, t.opened, {at_opening} as clock
    from case_tickets t left join business_days b on {on_day("b", "t", "t.opened")}
), stepped as (
    select t.world, t.ticket_id, t.account_id, t.schedule_id, t.priority, t.opened, t.clock, t.v, s.v as step_v,
        s.status, s.before, s.until_v, s.closed_v,
        case when s.moment >= t.opened then s.solves_before end as solves_before,
        case when s.moment < t.opened then t.opened else s.moment end as moment,
        case when s.until < t.opened then t.opened else s.until end as until
    from clocked t left join steps s on s.world = t.world and s.ticket_id = t.ticket_id
), placed as (
    select world, ticket_id, account_id, schedule_id, priority, opened, clock, greatest(v, step_v) as v,
        status, case when moment > opened then coalesce(before, 'new') else before end as before, solves_before,
        moment as since, until, until_v, closed_v
    from stepped where moment is not null
    union all
    select world, ticket_id, account_id, schedule_id, priority, opened, clock, v,
        'new' as status, null as before, 0 as solves_before,
        opened as since, moment as until, step_v as until_v, case when status in {CLOSED} then step_v else closed_v end
    from stepped where moment is null or (before is null and moment > opened)
)
select p.world, p.v, {day_of("p.since")} as d, p.ticket_id, p.account_id, p.status, p.since, p.until, p.until_v,
    p.until // 1000000 - p.since // 1000000 as seconds, {at_end} - {at_start} as business_seconds,
    p.priority, p.opened, {at_start} - p.clock as business_age, p.before, p.solves_before, p.closed_v
from placed p
left join business_days a on {on_day("a", "p", "p.since")}
left join business_days z on {on_day("z", "p", "p.until")}
"""
