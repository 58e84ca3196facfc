"""Features of the people at the account, and of accounts like it."""

from __future__ import annotations

from churnrisk.features.catalogue import Feature, Wording, over
from churnrisk.features.streams import Stream, rows_of, seen

CONTACTS = rows_of("contacts")
CONTACTS_GONE = rows_of("contacts", "contacts_gone", at="left_at")
#: Days over which leaving is counted among accounts that are alike.
_LATELY = 180


def _left(by: str) -> Stream:
    """Of the accounts that are alike and were there, how many left lately: all contracts ended, or they cancelled."""
    return Stream(
        f"left_in_{by}",
        f"""
        with contracts as (
            select as_of, account_id, max(ended_day) as ended, count(*) - count(ended_day) as live
            from ({seen("subscriptions")}) s where d <= as_of group by as_of, account_id
        ), cancelled as (
            select as_of, account_id, max(d) as d from ({seen("churn_events")}) c where d <= as_of
            group by as_of, account_id
        ), placed as (
            select a.as_of, a.account_id, a.{by} as kind,
                case when s.live > 0 then case when c.d > a.as_of - {_LATELY} then c.d end
                    else greatest(coalesce(s.ended, c.d), coalesce(c.d, s.ended)) end as left_day
            from ({seen("accounts")}) a
            left join contracts s on s.as_of = a.as_of and s.account_id = a.account_id
            left join cancelled c on c.as_of = a.as_of and c.account_id = a.account_id
            where a.{by} is not null
        ), alike as (
            select as_of, kind, count(*) as accounts, count(left_day) as leavers from placed
            where left_day is null or left_day > as_of - {_LATELY} group by as_of, kind
        )
        select a.account_id, a.as_of as d, a.as_of as v, a.as_of + 1 as x,
            cast(k.leavers as double) / nullif(k.accounts, 0) as share
        from ({seen("accounts")}) a join alike k on k.as_of = a.as_of and k.kind = a.{by}
        """,
        needs=("accounts",),
    )


def _leaving(by: str, says: str) -> Feature:
    return Feature(
        f"churn_in_{by}_last_180d",
        _left(by),
        "max",
        "share",
        f"Share of the accounts {says} that left in the last 180 days.",
        value="share",
        window=_LATELY,
        high=Wording(
            "inactivity", f"{{value}} of the accounts {says} left in the last {{days}} days; usual is {{usual}}", False
        ),
    )


FEATURES = (
    *over(
        (90, 180),
        Feature,
        "champions_left_last_{days}d",
        stream=CONTACTS_GONE,
        aggregate="count",
        unit="people",
        meaning="Champions who left the account in the last {days} days.",
        where="role = 'champion'",
        empty=0,
        high=Wording("champion_left", "The champion left in the last {days} days"),
    ),
    Feature(
        "contacts_left_last_180d",
        CONTACTS_GONE,
        "count",
        "people",
        "People we knew who left the account in the last 180 days.",
        window=180,
        empty=0,
        high=Wording("champion_left", "{value} we knew left the account in the last {days} days; usual is {usual}"),
    ),
    Feature(
        "champions",
        CONTACTS,
        "count",
        "people",
        "Champions at the account.",
        where="role = 'champion' and left_at is null",
        empty=0,
        low=Wording("champion_left", "It has {value} we know as champion; usual is {usual}"),
    ),
    Feature(
        "contacts",
        CONTACTS,
        "count",
        "people",
        "People we know at the account.",
        where="left_at is null",
        empty=0,
        low=Wording("champion_left", "We know only {value} there; usual is {usual}"),
    ),
    _leaving("segment", "in its segment"),
    _leaving("industry", "in its industry"),
)
