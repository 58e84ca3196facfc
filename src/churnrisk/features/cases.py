"""Streams about tickets as cases: replies, solves, what is open, what was promised.

Reads what `casework` makes of the logs; each fact comes with its world (`features.worlds`) and the day from which it
is known.
"""

from __future__ import annotations

import pyarrow as pa

from churnrisk.features.casework import BusinessCalendar, business_calendar, fact_stages
from churnrisk.features.casework.calendar import business_seconds, on_day
from churnrisk.features.streams import Derivation, Moments, Stream
from churnrisk.features.worlds import GONE, WORLDS, gone_of
from churnrisk.history import Engine, Stage, day_number

#: Days that business time reaches beyond the last as_of: what falls due then is a promise that is not broken yet.
_AHEAD = 400

_HOURS = pa.schema(
    [
        ("schedule_id", pa.string()),
        *((name, pa.int64()) for name in ("weekday", "opens", "closes")),
        ("time_zone", pa.string()),
    ]
)
_DAYS_OFF = pa.schema([("schedule_id", pa.string()), ("day", pa.date32())])


def calendar(engine: Engine, moments: Moments) -> BusinessCalendar:
    """Lay out business time from the first ticket to the last as_of, and give it to the engine as `business_days`.

    Hours, days off and promises are those known at the as_of; `matrix` asks for as_of together that know the same.
    """
    day, last = (day_number(as_of) for as_of in (moments.as_ofs[0], moments.as_ofs[-1]))
    schedules, holidays = (
        pa.Table.from_pandas(engine.frame(f"select {columns} from {table} where k <= {day} and x > {day}"), schema)
        for table, columns, schema in (
            ("schedules", "schedule_id, weekday, opens, closes, time_zone", _HOURS),
            ("holidays", "schedule_id, day", _DAYS_OFF),
        )
    )
    first = engine.frame("select cast(min(d) as bigint) as first from tickets")["first"].fillna(last)[0]
    laid_out = business_calendar(schedules, holidays, int(min(first, last)) - 1, last + _AHEAD)
    engine.give("business_days", laid_out.days)
    engine.view("promised_targets", f"select * from sla_targets where k <= {day} and x > {day}")
    return laid_out


def _prepare(engine: Engine, moments: Moments) -> list[Stage]:
    stretches = calendar(engine, moments).stretches
    by_agents = (
        "select m.world, m.v, m.d, t.account_id, m.ticket_id, m.at,"
        f" ({business_seconds('m.at // 1000000 + 1', 'b', stretches)})"
        f" - ({business_seconds('m.at // 1000000', 'b', stretches)}) as in_hours"
        " from (select world, v, d, ticket_id, \"at\" as at from case_messages where author_role = 'agent') m"
        " join case_tickets t on t.world = m.world and t.ticket_id = m.ticket_id"
        f" left join business_days b on {on_day('b', 't', 'm.at')}"
    )
    return [*fact_stages(stretches, moments.day_of), Stage("case_agent_messages", by_agents)]


#: Everything `casework` knows about tickets.
CASEWORK = Derivation("casework", ("tickets",), _prepare, after=(WORLDS,), says="1")


def _stream(name: str, rows: str, needs: tuple[str, ...], later: dict[str, str] | None = None) -> Stream:
    return Stream(name, rows, ("tickets", *needs), tuple((later or {}).items()), (CASEWORK,))


REPLIES = _stream(
    "replies",
    f"select account_id, d, v, {GONE} as x, is_first, waited, waited_business from case_replies",
    ("messages",),
)
#: A customer who writes again, waiting for the next reply; until the ticket is closed without one.
WAITS = _stream(
    "waits",
    f"""
    select w.account_id, w.d, w.v, least(coalesce(c.v, {gone_of("w")}), {gone_of("w")}) as x, w.asked as moment,
        w.waited, case when w.waited is not null then w.replied_v end as replied_v
    from case_waits w left join (
        select w.world, w.ticket_id, w.asked, min(c.v) as v from case_waits w
        join case_spans c on c.world = w.world and c.ticket_id = w.ticket_id and c.since > w.asked
        where c.status in ('solved', 'closed', 'deleted') and (w.waited is null or c.since < w.replied)
        group by w.world, w.ticket_id, w.asked
    ) c on c.world = w.world and c.ticket_id = w.ticket_id and c.asked = w.asked
    where not w.is_first
    """,
    ("messages", "ticket_events"),
    {"waited": "replied_v"},
)
SOLVES = _stream("solves", f"select *, {GONE} as x from case_solves", ("ticket_events",))
REOPENS = _stream("reopens", f"select account_id, d, v, {GONE} as x from case_reopens", ("ticket_events",))
HANDOFFS = _stream("handoffs", f"select account_id, d, v, {GONE} as x from case_handoffs", ("ticket_events",))
#: What is open at an as_of: from the day on which it is known to be, until it is known to be closed.
OPEN = _stream(
    "open",
    f"""
    select account_id, d, v, least(coalesce(until_v, {GONE}), {GONE}) as x, opened as moment, priority from case_open
    """,
    ("ticket_events",),
)
#: From when on a ticket is no case any more, though nobody solved it: deleted, or closed before it was opened.
_DROPPED = """
    select c.world, c.ticket_id, min(c.v) as v from case_spans c
    left join case_solves s on s.world = c.world and s.ticket_id = c.ticket_id and s.solved = c.since
    where c.status = 'deleted' or (
        c.status in ('solved', 'closed') and coalesce(c.before, 'new') not in ('solved', 'closed', 'deleted')
        and s.ticket_id is null
    ) group by c.world, c.ticket_id
"""
#: A promise at the moment it falls due. What is solved in time needs no reply.
PROMISES = _stream(
    "promises",
    f"""
    select p.account_id, p.d, p.v, least(coalesce(g.v, {gone_of("p")}), {gone_of("p")}) as x, p.kind,
        coalesce(p.kept_v, s.v) as kept_v
    from case_promises p
    left join case_solves s on s.world = p.world and s.ticket_id = p.ticket_id and s.is_first and s.solved <= p.due
    left join ({_DROPPED}) g on g.world = p.world and g.ticket_id = p.ticket_id
    """,
    ("messages", "ticket_events", "sla_targets"),
    {"kept_v": "kept_v"},
)

_CASES = f"""
    select t.account_id, t.d, t.v, least(coalesce(g.v, {gone_of("t")}), {gone_of("t")}) as x, t.opened as moment,
        t.priority, r.waited as first_response, r.v as answered_v, s.resolution, s.v as solved_v
    from case_tickets t
    left join case_replies r on r.world = t.world and r.ticket_id = t.ticket_id and r.is_first
    left join case_solves s on s.world = t.world and s.ticket_id = t.ticket_id and s.is_first
    left join ({_DROPPED}) g on g.world = t.world and g.ticket_id = t.ticket_id
"""
_LATER = {"first_response": "answered_v", "resolution": "solved_v"}
#: Tickets from their opening on, with what became of them when it is known; without those that were deleted.
ASKED = _stream("asked_cases", _CASES, ("messages",), _LATER)
CASES = _stream("cases", _CASES, ("ticket_events",), _LATER)
AGENT_MESSAGES = _stream(
    "agent_messages",
    f"select account_id, d, v, {GONE} as x, in_hours from case_agent_messages",
    ("messages",),
)
