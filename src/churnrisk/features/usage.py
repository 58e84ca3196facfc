"""Features of how much the product is used."""

from __future__ import annotations

from churnrisk.features.catalogue import Feature, Stream, Wording

#: One row a day: metrics count the same day once.
USAGE = Stream(
    "usage",
    """
    select account_id, happened_at, sum(round(value * 10000)::bigint) / 10000.0 as amount, max(active_users) as people
    from usage group by all
    """,
    needs=("usage",),
)

#: Every row with use; only its moment counts.
USE = Stream("use", "select account_id, happened_at from usage where value > 0", needs=("usage",))

_FELL = Wording("usage_drop", "Use fell by {change} in the last {days} days against the {before} days before")


def _usage_change(days: int) -> Feature:
    return Feature(
        f"usage_change_{days}d",
        USAGE,
        "change",
        "change",
        f"Use in the last {days} days against the {3 * days} days before; -0.6 is a fall by 60 %.",
        value="amount",
        window=days,
        low=_FELL,
    )


FEATURES = (
    _usage_change(30),
    _usage_change(90),
    Feature(
        "active_days_last_30d",
        USAGE,
        "count",
        "days",
        "Days with any use in the last 30 days.",
        where="amount > 0",
        window=30,
        empty=0,
        low=Wording("usage_drop", "The product was used on only {value} of the last {days}; usual is {usual}"),
    ),
    Feature(
        "days_since_usage",
        USE,
        "days_since",
        "days",
        "Days since the product was last used.",
        high=Wording("inactivity", "The product was last used {value} ago; usual is {usual}"),
    ),
    Feature(
        "active_users_last_30d",
        USAGE,
        "mean",
        "people",
        "People who used the product on a day, on average over the days with use in the last 30 days.",
        value="people",
        where="amount > 0",
        window=30,
        low=Wording(
            "usage_drop", "On a day with use, {value} used the product in the last {days} days; usual is {usual}"
        ),
    ),
)
