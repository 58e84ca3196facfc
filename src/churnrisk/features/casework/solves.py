"""The stages about solving: what a ticket took, from its opening to each moment at which it was solved.

After `statuses`, beside `replies`. Reads `case_tickets`, `case_events`, `case_messages`, and of the earlier stages
`case_spans` and `case_reopens`; gives `case_handoffs` and `case_solves`.

A ticket is solved when its status becomes `solved`, or `closed` straight from an open one. Requester wait, agent wait
and the others are what is left of the time since the opening, without the time in other statuses.
"""

from __future__ import annotations

from churnrisk.features.casework.calendar import DayOf
from churnrisk.features.casework.statuses import CLOSED, SOLVED
from churnrisk.history.stage import Stage

_SOLVED = f"""
select world, v, d, ticket_id, account_id, solves_before as n, since as solved,
    since // 1000000 - opened // 1000000 as resolution, business_age as resolution_business
from case_spans where status in {SOLVED} and coalesce(before, 'new') not in {CLOSED} and solves_before is not null
"""

_TOUCHES = """
select s.world, s.ticket_id, s.n, count(*) as touches
from solved s join case_messages m on m.world = s.world and m.ticket_id = s.ticket_id
where m.public and m.author_role = 'agent' and m."at" <= s.solved
group by s.world, s.ticket_id, s.n
"""

#: What counts towards a solution besides: how often it was handed on or reopened, and time in other statuses than new
#: and open, in calendar and in business seconds.
_TIMES = tuple(f"{what}{ending}" for ending in ("", "_business") for what in ("pending", "hold", "other"))
_SUMS = ("handoffs", "reopens", *_TIMES)


def solve_stages() -> list[Stage]:
    """The stage, by itself; `handoff_stages` come before it."""
    return [Stage("case_solves", _solves())]


def handoff_stages(day_of: DayOf) -> list[Stage]:
    """The stage about changes of hands, by itself: only tickets that had two assignees are put in order.

    Args:
        day_of: from the SQL of microseconds since the epoch to the SQL of the company's day number.
    """
    handoffs = f"""
with assigned as (
    select world, ticket_id, "at" as moment, seq, v, value as agent_id
    from case_events where field = 'assignee' and value is not null
), several as (
    select world, ticket_id from assigned group by world, ticket_id having min(agent_id) <> max(agent_id)
), ordered as (
    select a.*, lag(a.agent_id) over (partition by a.world, a.ticket_id order by a.moment, a.seq) as before
    from assigned a join several s on s.world = a.world and s.ticket_id = a.ticket_id
), handed as (
    select t.world, greatest(o.v, t.v) as v, t.ticket_id, t.account_id,
        greatest(o.moment, t.opened) as handed, o.before as from_agent, o.agent_id as to_agent
    from ordered o join case_tickets t on t.world = o.world and t.ticket_id = o.ticket_id
    where o.before <> o.agent_id
)
select world, v, {day_of("handed")} as d, ticket_id, account_id, handed, from_agent, to_agent from handed
"""
    return [Stage("case_handoffs", handoffs)]


def _aside() -> str:
    times = {
        f"{what}{ending}": f"case when status {which} then {ending and 'business_'}seconds else 0 end"
        for ending in ("", "_business")
        for what, which in (("pending", "= 'pending'"), ("hold", "= 'hold'"), ("other", "not in ('pending', 'hold')"))
    }
    counted = " union all ".join(
        (
            _counted("handed", "case_handoffs", {"handoffs": "1"}),
            _counted("reopened", "case_reopens", {"reopens": "1"}),
            _counted("until", "case_spans where status not in ('new', 'open') and until is not null", times),
        )
    )
    return f"""
select s.world, s.ticket_id, s.n, {", ".join(f"cast(sum(c.{name}) as bigint) as {name}" for name in _SUMS)}
from solved s join ({counted}) c on c.world = s.world and c.ticket_id = s.ticket_id and c.moment <= s.solved
group by s.world, s.ticket_id, s.n
"""


def _counted(moment: str, rows: str, counts: dict[str, str]) -> str:
    """The SQL of rows that count towards a solution: what they add to, and nothing to the others."""
    columns = ", ".join(f"cast({counts.get(name, '0')} as bigint) as {name}" for name in _SUMS)
    return f"select world, ticket_id, {moment} as moment, {columns} from {rows}"


def _solves() -> str:
    return f"""
with solved as ({_SOLVED}), touched as ({_TOUCHES}), aside as ({_aside()})
select s.world, s.v, s.d, s.ticket_id, s.account_id, s.n = 0 as is_first, s.solved,
    {_times("")},
    {_times("_business")},
    coalesce(m.touches, 0) as touches, coalesce(a.handoffs, 0) as handoffs, coalesce(a.reopens, 0) as reopens
from solved s
left join touched m on m.world = s.world and m.ticket_id = s.ticket_id and m.n = s.n
left join aside a on a.world = s.world and a.ticket_id = s.ticket_id and a.n = s.n
"""


def _times(ending: str) -> str:
    """The SQL of the resolution and of the times that make it up.

    Args:
        ending: of the columns: nothing for calendar seconds, `_business` for business seconds.
    """
    resolution = f"s.resolution{ending}"
    pending, hold, other = (f"coalesce(a.{what}{ending}, 0)" for what in ("pending", "hold", "other"))
    times = {
        "resolution": resolution,
        "requester_wait": f"{resolution} - {pending} - {other}",
        # Without a schedule there is no business time, though nothing was pending.
        "agent_wait": f"case when {resolution} is not null then {pending} end",
        "on_hold": f"case when {resolution} is not null then {hold} end",
        "agent_work": f"{resolution} - {pending} - {hold} - {other}",
        "solve_time": f"{resolution} - {other}",
    }
    return ", ".join(f"{sql} as {name}{ending}" for name, sql in times.items())
