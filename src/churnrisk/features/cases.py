"""Streams about tickets as cases: replies, solves, what is open, what was promised.

Reads what `casework` makes of the logs; each fact comes with its world (`features.worlds`) and the day from which it
is known.
"""

from __future__ import annotations

import pyarrow as pa

from churnrisk.features.casework import BusinessCalendar, business_calendar, fact_stages
from churnrisk.features.casework.calendar import business_seconds, on_day
from churnrisk.features.streams import Derivation, Moments, Stream
from churnrisk.features.worlds import GONE, WORLDS
from churnrisk.history import FOREVER, Engine, Stage, day_number

#: Days that business time reaches beyond the last as_of: what falls due then is a promise that is not broken yet.
_AHEAD = 400

_HOURS = pa.schema(
    [("schedule_id", pa.string()), *((name, pa.int64()) for name in ("weekday", "opens", "closes"))]
    + [("time_zone", pa.string())]
)
_DAYS_OFF = pa.schema([("schedule_id", pa.string()), ("day", pa.date32())])


def calendar(engine: Engine, moments: Moments) -> BusinessCalendar:
    """Lay out business time from the first ticket to the last as_of, and give it to the engine as `business_days`."""
    schedules, holidays = (
        pa.Table.from_pandas(engine.frame(f"select {columns} from {table} where x = {FOREVER}"), schema)
        for table, columns, schema in (
            ("schedules", "schedule_id, weekday, opens, closes, time_zone", _HOURS),
            ("holidays", "schedule_id, day", _DAYS_OFF),
        )
    )
    last = day_number(moments.as_ofs[-1])
    first = engine.frame("select cast(min(d) as bigint) as first from tickets")["first"].fillna(last)[0]
    laid_out = business_calendar(schedules, holidays, int(min(first, last)) - 1, last + _AHEAD)
    engine.give("business_days", laid_out.days)
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
#: A promise at the moment it falls due.
PROMISES = _stream(
    "promises",
    f"select account_id, d, v, {GONE} as x, kind, kept_v from case_promises",
    ("messages", "ticket_events", "sla_targets"),
    {"kept_v": "kept_v"},
)

_CASES = """
    select t.account_id, t.d, t.v, least(coalesce(g.v, {gone}), {gone}) as x, t.opened as moment, t.priority,
        r.waited as first_response, r.v as answered_v, s.resolution, s.v as solved_v
    from case_tickets t
    left join case_replies r on r.world = t.world and r.ticket_id = t.ticket_id and r.is_first
    left join case_solves s on s.world = t.world and s.ticket_id = t.ticket_id and s.is_first
    left join (
        select world, ticket_id, min(v) as v from case_spans where status = 'deleted' group by world, ticket_id
    ) g on g.world = t.world and g.ticket_id = t.ticket_id
""".format(gone=GONE.replace("world", "t.world"))
_LATER = {"first_response": "answered_v", "resolution": "solved_v"}
#: Tickets from their opening on, with what became of them when it is known; without those that were deleted.
ASKED = _stream("asked_cases", _CASES, ("messages",), _LATER)
CASES = _stream("cases", _CASES, ("ticket_events",), _LATER)
AGENT_MESSAGES = _stream(
    "agent_messages",
    f"select account_id, d, v, {GONE} as x, in_hours from case_agent_messages",
    ("messages",),
)
