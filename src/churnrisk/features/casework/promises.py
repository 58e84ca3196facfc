"""The stage about promises: what was due by when, by support plan and priority, and whether it was kept.

After `replies` and `solves`. Reads `case_tickets`, `promised_targets` (the rows of `sla_targets`
that are known), `business_days`, `case_replies` and `case_solves`;
gives `case_instants` (the way back from business seconds to an instant) and `case_promises`, one row for each promise
at the moment it falls due. A promise in business hours on a ticket without a schedule cannot fall due.
"""

from __future__ import annotations

from churnrisk.features.casework.calendar import DAY, MINUTE, DayOf, business_instants, business_seconds, on_day
from churnrisk.history.stage import Stage

#: What is promised, the column of `promised_targets` with its minutes, and when it was first done.
_KINDS = (
    ("first_response", "first_response_minutes", "case_replies", "replied"),
    ("resolution", "resolution_minutes", "case_solves", "solved"),
)


def promise_stages(stretches: int, day_of: DayOf) -> list[Stage]:
    """The stages, in order.

    Args:
        stretches: of a day of `business_days`.
        day_of: from the SQL of microseconds since the epoch to the SQL of the company's day number.
    """
    return [
        Stage("case_instants", business_instants(stretches)),
        Stage("case_promises", _promises(stretches, day_of)),
    ]


def _promises(stretches: int, day_of: DayOf) -> str:
    opened = business_seconds("t.opened // 1000000", "b", stretches)
    promised = " union all ".join(
        f"select '{kind}' as kind, support_plan, priority, {minutes} * {MINUTE} as target, business_hours"
        f" from promised_targets where {minutes} > 0"
        for kind, minutes, _, _ in _KINDS
    )
    done = " union all ".join(
        f"select world, ticket_id, '{kind}' as kind, {moment} as moment, v from {facts} where is_first"
        for kind, _, facts, moment in _KINDS
    )
    return f"""
with promised as ({promised}), done as ({done}), clocked as (
    select t.world, greatest(t.v, t.plan_v) as v, t.ticket_id, t.account_id, t.schedule_id, t.support_plan, t.priority,
        t.opened, {opened} as clock
    from case_tickets t left join business_days b on {on_day("b", "t", "t.opened")}
), made as (
    select t.world, t.v, t.ticket_id, t.account_id, t.schedule_id, p.kind, p.business_hours,
        t.opened // 1000000 + p.target as by_calendar, t.clock + p.target as by_business
    from clocked t join promised p on p.support_plan = t.support_plan and p.priority = t.priority
), due as (
    select m.world, m.v, m.ticket_id, m.account_id, m.kind,
        case when m.business_hours then i.second + m.by_business - i.passed else m.by_calendar end as second
    from made m
    left join case_instants i on m.business_hours and i.schedule_id = m.schedule_id
        and i.bucket = (m.by_business - 1) // {DAY}
        and i.passed < m.by_business and m.by_business <= i.passed + i.length
), placed as (
    select d.*, {day_of("(d.second * 1000000)")} as d from due d where d.second is not null
)
select p.world, greatest(p.v, p.d) as v, p.d, p.ticket_id, p.account_id, p.kind, p.second * 1000000 as due,
    k.v as kept_v
from placed p
left join done k on k.world = p.world and k.ticket_id = p.ticket_id and k.kind = p.kind
    and k.moment // 1000000 <= p.second
"""
