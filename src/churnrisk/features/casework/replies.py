"""The stages about replies: how long customers wait for the public message of an agent.

Beside `statuses` on the way from the case relations to the ticket metrics. Reads `case_tickets`, `case_messages` and
`business_days`; gives `case_waits` and `case_replies`.

The first wait begins with the opening, every other one with the first public message of the customer after one of an
agent. Each ends with the next public message of an agent, later than what it answers, never of the same moment. An
agent who opens a ticket by writing to the customer has not replied: the first public message of a ticket, where an
agent writes it within a minute of the opening and nothing was there before, is no reply.
"""

from __future__ import annotations

from churnrisk.features.casework.calendar import DayOf, business_seconds, on_day
from churnrisk.history.stage import Stage

#: So long after the opening a public message of an agent may be what the ticket was opened with, in microseconds.
#: Help desks that open a ticket with its first message put a second or so between the two. Where the customer's words
#: are no message of their own, as on the phone, what an agent writes later is the reply.
OPENING = 60_000_000

#: Moments with the customer before the agent, packed into one number.
_IN_ORDER = "partition by world, ticket_id order by packed"
_LATER = f"{_IN_ORDER} range between 2 following and unbounded following"

#: Each wait, answered or not: what began it, and the next public message of an agent.
_WAITS = f"""
    select b.world, b.ticket_id, b.after_agent is null as is_first, b.by_agent, b.moment as asked, b.v as asked_v,
        b.replied, b.replied_v, coalesce(o.first_other <= b.moment, false) as is_preceded
    from (
        select world, ticket_id, moment, v, by_agent,
            lag(by_agent) over ({_IN_ORDER}) as after_agent,
            min(case when by_agent then moment end) over ({_LATER}) as replied,
            min(case when by_agent then v end) over ({_LATER}) as replied_v
        from talk
    ) b
    left join others o on b.by_agent and o.world = b.world and o.ticket_id = b.ticket_id
    where b.after_agent is null or (b.after_agent and not b.by_agent)
"""


def reply_stages(stretches: int, day_of: DayOf) -> list[Stage]:
    """The stages, in order.

    Args:
        stretches: of a day of `business_days`.
        day_of: from the SQL of microseconds since the epoch to the SQL of the company's day number.
    """
    return [Stage("case_waits", _waits(day_of)), Stage("case_replies", _replies(stretches, day_of))]


def _waits(day_of: DayOf) -> str:
    at_once = f"w.by_agent and (w.is_preceded or w.asked > t.opened + {OPENING})"
    return f"""
with talk as (
    select world, ticket_id, "at" as moment, v, author_role = 'agent' as by_agent,
        "at" * 2 + case when author_role = 'agent' then 1 else 0 end as packed
    from case_messages where public and author_role in ('customer', 'agent')
), others as (
    select world, ticket_id, min("at") as first_other
    from case_messages where not coalesce(public, false) or coalesce(author_role, 'system') = 'system'
    group by world, ticket_id
), waits as ({_WAITS}), answered as (
    select t.world, greatest(t.v, w.asked_v) as v, t.ticket_id, t.account_id, t.schedule_id, t.opened, w.is_first,
        case when w.is_first then t.opened else greatest(w.asked, t.opened) end as asked,
        case when {at_once} then w.asked else w.replied end as replied,
        case when {at_once} then w.asked_v else greatest(t.v, w.replied_v) end as replied_v
    from waits w join case_tickets t on t.world = w.world and t.ticket_id = w.ticket_id
)
select *, {day_of("asked")} as d, case when replied >= opened then replied // 1000000 - asked // 1000000 end as waited
from answered
"""


def _replies(stretches: int, day_of: DayOf) -> str:
    passed = f"({business_seconds('p.replied // 1000000', 'z', stretches)})"
    before = f"({business_seconds('p.asked // 1000000', 'a', stretches)})"
    return f"""
select p.world, greatest(p.v, p.replied_v) as v, {day_of("p.replied")} as d, p.ticket_id, p.account_id, p.is_first,
    p.asked, p.replied, p.waited, {passed} - {before} as waited_business
from case_waits p
left join business_days a on {on_day("a", "p", "p.asked")}
left join business_days z on {on_day("z", "p", "p.replied")}
where p.waited is not null
"""
