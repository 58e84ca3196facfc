"""Features of the support staff who serve the account: who left, how much they carry, how they are."""

from __future__ import annotations

from churnrisk.features.catalogue import Feature, Wording, over
from churnrisk.features.streams import Stream, seen
from churnrisk.features.worlds import GONE, WORLDS

#: Days for which an agent is one of those who serve an account, and over which load is counted.
SERVES, LOAD = 180, 30

_ASSIGNED = """
    select e.world, e.v, e.d, t.account_id, e.ticket_id, e.value as agent_id
    from case_events e join case_tickets t on t.world = e.world and t.ticket_id = e.ticket_id
    where e.field = 'assignee' and e.value is not null
"""
_NEEDS = ("tickets", "ticket_events")

ASSIGNED = Stream(
    "assigned", f"select account_id, d, v, {GONE} as x, agent_id from ({_ASSIGNED}) a", _NEEDS, after=(WORLDS,)
)

#: Agents who left, placed at their leaving, with each account they had served lately.
DEPARTURES = Stream(
    "departures",
    f"""
    select a.account_id, g.d, g.as_of as v, g.as_of + 1 as x, g.agent_id
    from (
        select as_of, agent_id, left_day as d from ({seen("agents")}) s
        where left_day is not null and left_day > as_of - {SERVES}
    ) g join ({_ASSIGNED}) a on a.agent_id = g.agent_id and a.v <= g.as_of and (a.world = -1 or a.world = g.as_of)
        and a.d <= g.d and a.d > g.d - {SERVES}
    group by a.account_id, g.d, g.as_of, g.agent_id
    """,
    (*_NEEDS, "agents"),
    after=(WORLDS,),
)

#: Tickets given to agents lately, each with what its agent carries and how they felt when last asked.
_SEEN = f"""
    select o.as_of, a.account_id, a.ticket_id, a.agent_id, max(a.d) as d from ({_ASSIGNED}) a
    join as_ofs o on a.v <= o.as_of and (a.world = -1 or a.world = o.as_of) and a.d > o.as_of - {LOAD}
    group by o.as_of, a.account_id, a.ticket_id, a.agent_id
"""
CARRIED = Stream(
    "carried",
    f"""
    select s.account_id, s.d, s.as_of as v, s.as_of + 1 as x, c.tickets as tickets
    from ({_SEEN}) s join (
        select as_of, agent_id, count(*) as tickets from ({_SEEN}) t group by as_of, agent_id
    ) c on c.as_of = s.as_of and c.agent_id = s.agent_id
    """,
    _NEEDS,
    after=(WORLDS,),
)
FELT = Stream(
    "felt",
    f"""
    select s.account_id, s.d, s.as_of as v, s.as_of + 1 as x, f.score
    from ({_SEEN}) s join (
        select as_of, agent_id, score, row_number() over (
            partition by as_of, agent_id order by happened_at desc, score desc, kind
        ) as place from ({seen("agent_surveys")}) g where d <= as_of and score is not null
    ) f on f.as_of = s.as_of and f.agent_id = s.agent_id and f.place = 1
    """,
    (*_NEEDS, "agent_surveys"),
    after=(WORLDS,),
)

FEATURES = (
    *over(
        (90, 365),
        Feature,
        "agents_last_{days}d",
        stream=ASSIGNED,
        aggregate="distinct",
        unit="people",
        meaning="Different agents who were given tickets of the account in the last {days} days.",
        value="agent_id",
        empty=0,
        high=Wording("staff_change", "{value} of support worked for it in the last {days} days; usual is {usual}"),
    ),
    Feature(
        "agents_left_last_180d",
        DEPARTURES,
        "distinct",
        "people",
        "Agents who left in the last 180 days and had served the account in the half year before.",
        value="agent_id",
        window=SERVES,
        empty=0,
        high=Wording("staff_change", "{value} of support who knew it left in the last {days} days; usual is {usual}"),
    ),
    Feature(
        "agent_load_last_30d",
        CARRIED,
        "mean",
        "tickets",
        "Tickets of the last 30 days that the agent of a ticket of the account was given, of all accounts, on average.",
        value="tickets",
        window=LOAD,
        high=Wording(
            "staff_change", "The agents of its tickets were given {value} on average in {days} days; usual is {usual}"
        ),
    ),
    Feature(
        "agent_engagement_last_30d",
        FELT,
        "mean",
        "points",
        "Engagement, 0 to 10, of the agents who were given the account's tickets in the last 30 days.",
        value="score",
        window=LOAD,
        low=Wording("staff_change", "The engagement of its agents is {value} of 10; usual is {usual}", actionable=True),
    ),
)
