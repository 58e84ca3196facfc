"""The last stage: one row for each ticket with everything a help desk reports about it, in seconds.

After `statuses`, `replies` and `solves`. Reads `case_tickets`, `case_events`, `case_messages`, `business_days`, and of
the earlier stages `case_spans`, `case_replies`, `case_handoffs`; gives `case_spent` and `ticket_metrics`.

The definitions are those of dbt_zendesk, which many help desks report by; docs/ticket-metrics.md lists them. Rows must
be cut at the as_of first: a status that lasts is counted until then. Unlike the other stages this one is not made of
facts that stay: it is what the ticket looks like at the as_of.
"""

from __future__ import annotations

from churnrisk.features.casework.calendar import business_seconds, on_day
from churnrisk.features.casework.statuses import SOLVED
from churnrisk.history.stage import Stage

#: The times that are added up, and the statuses they are made of.
TIMES = {
    "new_time": ("new",),
    "open_time": ("open",),
    "agent_wait": ("pending",),
    "on_hold": ("hold",),
    "requester_wait": ("new", "open", "hold"),
    "agent_work": ("new", "open"),
    "solve_time": ("new", "open", "hold", "pending"),
}

_SOLUTIONS = f"""
select world, ticket_id,
    coalesce(min(case when status = 'solved' then since end), min(since)) as first_solved,
    coalesce(max(case when status = 'solved' then since end), max(since)) as last_solved,
    count(case when status = 'solved' then 1 end) as resolutions
from case_spans where status in {SOLVED} and solves_before is not null group by world, ticket_id
"""

_ANSWERS = """
select world, ticket_id, max(case when is_first then waited end) as first_response,
    max(case when is_first then waited_business end) as first_response_business,
    cast(sum(waited) as bigint) as total_response, cast(sum(waited_business) as bigint) as total_response_business
from case_replies group by world, ticket_id
"""

#: Of messages of one moment those of an agent come last; the first public one is no reply.
_TALK = """
select world, ticket_id, count(*) as messages,
    count(case when author_role = 'agent' then 1 end) as agent_messages,
    count(case when author_role = 'agent' and public then 1 end) as public_agent_messages,
    count(case when author_role = 'customer' then 1 end) as customer_messages,
    count(case when public then 1 end) as public_messages,
    count(case when not public then 1 end) as private_messages,
    count(case when author_role = 'agent' and public then 1 end)
        - coalesce(min(case when public then "at" * 2 + case when author_role = 'agent' then 1 else 0 end end) % 2, 0)
        as agent_replies
from case_messages group by world, ticket_id
"""

#: A ticket is unassigned before its first assignee, and from a change to nobody until the next change.
_ASSIGNMENTS = """
select e.world, e.ticket_id, count(distinct e.agent_id) as assignees, count(e.agent_id) as assignments,
    min(case when e.agent_id is not null then greatest(e.moment, t.opened) end) as first_assigned,
    max(case when e.agent_id is not null then greatest(e.moment, t.opened) end) as last_assigned,
    cast(sum(case when e.before is null then greatest(e.moment, t.opened) // 1000000
        - greatest(coalesce(e.changed, t.opened), t.opened) // 1000000 else 0 end) as bigint) as unassigned
from (
    select world, ticket_id, "at" as moment, value as agent_id,
        lag(value) over (partition by world, ticket_id order by "at", seq) as before,
        lag("at") over (partition by world, ticket_id order by "at", seq) as changed
    from case_events where field = 'assignee'
) e join case_tickets t on t.world = e.world and t.ticket_id = e.ticket_id
group by e.world, e.ticket_id
"""

_HANDOFFS = "select world, ticket_id, count(*) as handoffs from case_handoffs group by world, ticket_id"


def metric_stages(stretches: int, as_of: int) -> list[Stage]:
    """The stages, in order.

    Args:
        stretches: of a day of `business_days`.
        as_of: the moment at which the rows were cut, in microseconds since the epoch.
    """
    return [Stage("case_spent", _spent(stretches, as_of)), Stage("ticket_metrics", _metrics(stretches))]


def _spent(stretches: int, as_of: int) -> str:
    """The SQL of the status of each ticket and of the times, the status that lasts counted until the as_of."""
    passed = business_seconds(str(as_of // 1_000_000), "z", stretches)
    before = business_seconds("p.since // 1000000", "a", stretches)
    times = ", ".join(f"{_sum(name, '')}, {_sum(name, '_business')}" for name in TIMES)
    return f"""
with lasted as (
    select p.world, p.ticket_id, p.status, p.until is null as lasts,
        case when p.until is null then {as_of // 1_000_000} - p.since // 1000000 else p.seconds end as seconds,
        case when p.until is null then ({passed}) - ({before}) else p.business_seconds end as seconds_business
    from case_spans p
    join case_tickets t on t.world = p.world and t.ticket_id = p.ticket_id
    left join business_days a on p.until is null and {on_day("a", "t", "p.since")}
    left join business_days z on p.until is null and {on_day("z", "t", str(as_of))}
)
select world, ticket_id, max(case when lasts then status end) as status, {times}
from lasted group by world, ticket_id
"""


def _sum(time: str, ending: str) -> str:
    """The SQL of one of the times, with its name; null where no span of the ticket has business time."""
    seconds, statuses = f"seconds{ending}", ", ".join(f"'{status}'" for status in TIMES[time])
    part = f"case when status in ({statuses}) then {seconds} when {seconds} is not null then 0 end"
    return f"cast(sum({part}) as bigint) as {time}{ending}"


def _metrics(stretches: int) -> str:
    opened, first, last = (
        f"({business_seconds(f'{moment} // 1000000', alias, stretches)})"
        for moment, alias in (("t.opened", "a"), ("s.first_solved", "f"), ("s.last_solved", "l"))
    )
    times = ", ".join(f"p.{time}, p.{time}_business" for time in TIMES)
    return f"""
with solutions as ({_SOLUTIONS}), answers as ({_ANSWERS}), talk as ({_TALK}), assignments as ({_ASSIGNMENTS}),
handed as ({_HANDOFFS}), tickets as (
    select t.world, t.ticket_id, t.account_id, t.opened, p.status, p.status in {SOLVED} as is_solved, {times},
        s.first_solved, s.last_solved, s.resolutions,
        {first} - {opened} as first_business, {last} - {opened} as final_business
    from case_tickets t
    join case_spent p on p.world = t.world and p.ticket_id = t.ticket_id
    left join solutions s on s.world = t.world and s.ticket_id = t.ticket_id
    left join business_days a on {on_day("a", "t", "t.opened")}
    left join business_days f on {on_day("f", "t", "s.first_solved")}
    left join business_days l on {on_day("l", "t", "s.last_solved")}
)
select t.world, t.ticket_id, t.account_id, t.opened, t.status,
    w.first_response, w.first_response_business, w.total_response, w.total_response_business,
    coalesce(m.messages, 0) as messages, coalesce(m.agent_messages, 0) as agent_messages,
    coalesce(m.public_agent_messages, 0) as public_agent_messages,
    coalesce(m.customer_messages, 0) as customer_messages, coalesce(m.public_messages, 0) as public_messages,
    coalesce(m.private_messages, 0) as private_messages,
    coalesce(m.agent_replies, 0) as agent_replies,
    t.is_solved and coalesce(m.public_agent_messages, 0) = 1 as one_touch,
    t.is_solved and coalesce(m.public_agent_messages, 0) = 2 as two_touch,
    t.is_solved and coalesce(m.public_agent_messages, 1) not in (1, 2) as multi_touch,
    g.assignees, g.assignments, coalesce(h.handoffs, 0) as handoffs, g.first_assigned, g.last_assigned, g.unassigned,
    t.first_solved, t.last_solved, t.resolutions,
    case when t.resolutions > 1 then t.resolutions - 1 else t.resolutions * 0 end as reopens,
    t.first_solved // 1000000 - t.opened // 1000000 as first_resolution,
    case when t.is_solved then t.first_business end as first_resolution_business,
    t.last_solved // 1000000 - t.opened // 1000000 as final_resolution,
    case when t.is_solved then t.final_business end as final_resolution_business,
    case when t.is_solved then t.last_solved // 1000000 - g.first_assigned // 1000000 end
        as first_assignment_to_resolution,
    case when t.is_solved then t.last_solved // 1000000 - g.last_assigned // 1000000 end
        as last_assignment_to_resolution,
    {times.replace("p.", "t.")}
from tickets t
left join answers w on w.world = t.world and w.ticket_id = t.ticket_id
left join talk m on m.world = t.world and m.ticket_id = t.ticket_id
left join assignments g on g.world = t.world and g.ticket_id = t.ticket_id
left join handed h on h.world = t.world and h.ticket_id = t.ticket_id
"""
