"""Features of how much the product is used."""

from __future__ import annotations

from churnrisk.features.catalogue import Feature, Wording, over
from churnrisk.features.streams import Derivation, Moments, Stream
from churnrisk.history import FOREVER, Engine, Stage

_PARTS = "case when abs(value) < 9e14 then cast(round(value * 10000) as bigint) end"
_BY_DAY = f"""
    cast(sum({_PARTS}) as double) / 10000 as amount, max(active_users) as people
"""
_DAYS = (
    Stage(
        "usage_mixed",
        "select account_id, d from usage group by account_id, d"
        f" having min(greatest(d, k)) <> max(greatest(d, k)) or min(x) < {FOREVER}",
    ),
    Stage(
        "usage_days",
        f"""
        select u.account_id, u.d, min(greatest(u.d, u.k)) as v, {FOREVER} as x, {_BY_DAY}
        from usage u left join usage_mixed m on m.account_id = u.account_id and m.d = u.d
        where m.account_id is null group by u.account_id, u.d
        union all
        select u.account_id, u.d, a.as_of as v, a.as_of + 1 as x, {_BY_DAY}
        from usage u join usage_mixed m on m.account_id = u.account_id and m.d = u.d
        join as_ofs a on greatest(u.d, u.k) <= a.as_of and u.x > a.as_of group by u.account_id, u.d, a.as_of
        """,
    ),
)
#: With one metric every row is a day already, and nothing need be added up; its amount is the same.
_ROWS = (
    f"select account_id, d, greatest(d, k) as v, x, cast({_PARTS} as double) / 10000 as amount,"
    " active_users as people from usage"
)


#: Days that the features of what was used look back.
_LATELY = 90
#: The last use of each thing until each as_of is enough to count them; a corrected row stays by itself.
_METRICS = f"""
select u.account_id, u.metric, max(u.d) as d, n.upto as v, {FOREVER} as x
from usage u join next_as_of n on n.day = greatest(u.d, u.k)
where u.value > 0 and u.x = {FOREVER} and u.d > (select min(as_of) from as_ofs) - {_LATELY}
group by u.account_id, u.metric, n.upto
union all
select account_id, metric, d, greatest(d, k) as v, x from usage where value > 0 and x < {FOREVER}
"""


def _days(engine: Engine, _: Moments) -> list[Stage]:
    metrics = engine.frame("select min(metric) as one, max(metric) as other from usage")
    if metrics["one"].equals(metrics["other"]):
        engine.view("usage_days", _ROWS)
        return [Stage("usage_metrics", _METRICS)]
    return [*_DAYS, Stage("usage_metrics", _METRICS)]


_DAYS_MADE = Derivation("usage_days", ("usage",), _days, says=f"{_DAYS} {_ROWS} {_METRICS}")


#: Use on a day, whatever was counted.
USAGE = Stream(
    "usage",
    "select account_id, d, v, x, amount, people from usage_days",
    needs=("usage",),
    after=(_DAYS_MADE,),
    dense=True,
)

#: What was used, apart.
METRICS = Stream("metrics", "select account_id, d, v, x, metric from usage_metrics", ("usage",), after=(_DAYS_MADE,))

_FELL = Wording("usage_drop", "Use fell by {change} in the last {days} days against the {before} days before")
_USED = over(
    (30, 90),
    Feature,
    "usage_last_{days}d",
    stream=USAGE,
    aggregate="sum",
    unit="ratio",
    meaning="What was counted of the use of the product in the last {days} days.",
    value="amount",
    empty=0,
    low=Wording("usage_drop", "Use counted {value} in the last {days} days; usual is {usual}"),
)
_PEOPLE = over(
    (30, 90),
    Feature,
    "active_users_last_{days}d",
    stream=USAGE,
    aggregate="mean",
    unit="people",
    meaning="People who used the product on a day, on average over the days with use in the last {days} days.",
    value="people",
    where="amount > 0",
    low=Wording("usage_drop", "On a day with use, {value} used the product in the last {days} days; usual is {usual}"),
)

FEATURES = (
    *_USED,
    *over(
        (7, 30, 90),
        Feature,
        "usage_change_{days}d",
        stream=USAGE,
        aggregate="change",
        unit="change",
        meaning="Use in the last {days} days against the three times as many days before; -0.6 is a fall by 60 %.",
        value="amount",
        low=_FELL,
    ),
    Feature(
        "usage_against_own_last_30d",
        USAGE,
        "against_own",
        "deviations",
        "How far the use of the last 30 days is off what the account used in the months before.",
        value="amount",
        window=30,
        low=Wording("usage_drop", "Less use in the last {days} days than this account is used to: {value} off"),
    ),
    Feature(
        "usage_against_peers_last_90d",
        USAGE,
        "against_peers",
        "share",
        "The share of accounts in its segment that used the product less in the last 90 days.",
        window=90,
        of=_USED[1],
        low=Wording("usage_drop", "Only {value} of the accounts in its segment used it less in the last {days} days"),
    ),
    Feature(
        "usage_slope_last_90d",
        USAGE,
        "slope",
        "change",
        "By how much daily use rises from day to day over the last 90 days.",
        value="amount",
        window=90,
        low=Wording("usage_drop", "Use has been falling day by day over the last {days} days"),
    ),
    *over(
        (7, 30, 90),
        Feature,
        "active_days_last_{days}d",
        stream=USAGE,
        aggregate="count",
        unit="days",
        meaning="Days with any use in the last {days} days.",
        where="amount > 0",
        empty=0,
        low=Wording("usage_drop", "The product was used on only {value} of the last {days}; usual is {usual}"),
    ),
    Feature(
        "days_since_usage",
        USAGE,
        "days_since",
        "days",
        "Days since the product was last used.",
        where="amount > 0",
        high=Wording("inactivity", "The product was last used {value} ago; usual is {usual}"),
    ),
    Feature(
        "usage_gap_last_365d",
        USAGE,
        "gap",
        "ratio",
        "Days since the last use against the usual days between two days with use, of the last 365 days.",
        where="amount > 0",
        window=365,
        high=Wording("inactivity", "No use for {value} times as long as is usual for this account"),
    ),
    *_PEOPLE,
    Feature(
        "active_users_change_30d",
        USAGE,
        "trend",
        "ratio",
        "People on a day with use in the last 30 days over those in the last 90.",
        window=30,
        of=_PEOPLE[0],
        by=_PEOPLE[1],
        low=Wording(
            "usage_drop", "People on a day with use fell by {change} in the last {days} days against the last 90"
        ),
    ),
    *over(
        (30, 90),
        Feature,
        "products_used_last_{days}d",
        stream=METRICS,
        aggregate="distinct",
        unit="products",
        meaning="Different things that were used in the last {days} days, of those that are counted apart.",
        value="metric",
        empty=0,
        low=Wording("usage_drop", "Only {value} were used in the last {days} days; usual is {usual}"),
    ),
)
