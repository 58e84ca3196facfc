"""Features of what was bought, what it costs, and how it is paid."""

from __future__ import annotations

from churnrisk.features.catalogue import Feature, Wording, over
from churnrisk.features.streams import Stream, rows_of, seen
from churnrisk.history import FOREVER

ACCOUNTS = rows_of("accounts")
SUBSCRIPTIONS = rows_of("subscriptions")
ENDED = rows_of("subscriptions", "ended", at="ended_at")
DUE = rows_of("invoices", "due", at="due_at", where="amount > 0")
#: What contracts said while they said it: one that is changed in place ends as it was and begins as it is, on the day
#: on which the change becomes known.
TERMS = Stream(
    "terms",
    f"""
    select account_id, case when version = 1 then d else v end as d, v, {FOREVER} as x, mrr, seats,
        least(coalesce(ended_day, {FOREVER}), x) as ended_day
    from (
        select *, greatest(d, k) as v, row_number() over (partition by subscription_id order by k, x) as version
        from subscriptions where x > greatest(d, k)
    ) t
    """,
    needs=("subscriptions",),
)
#: A contract follows another that ended so many days before it began, at most.
_PAUSE = 90
#: Contracts as they were known at each as_of, each beside the one that it took the place of: the last one that had
#: ended, of several that whose price is nearest.
PRICES = Stream(
    "prices",
    f"""
    select account_id, d, as_of as v, as_of + 1 as x,
        case when currency is not distinct from before_currency then mrr / nullif(before_mrr, 0) - 1 end as rise,
        seats / nullif(cast(before_seats as double), 0) - 1 as growth
    from (
        select s.account_id, s.as_of, s.d, s.mrr, s.seats, s.currency,
            b.mrr as before_mrr, b.seats as before_seats, b.currency as before_currency,
            row_number() over (
                partition by s.as_of, s.subscription_id
                order by b.ended_at desc, coalesce(abs(s.mrr - b.mrr), 1e300), b.subscription_id
            ) as place
        from ({seen("subscriptions")}) s join ({seen("subscriptions")}) b
            on b.as_of = s.as_of and b.account_id = s.account_id
            and b.ended_at <= s.happened_at and b.ended_day >= s.d - {_PAUSE}
    ) c where place = 1
    """,
    needs=("subscriptions",),
)

#: What accounts without a subscription order. Under a subscription invoices follow the calendar, not the customer.
ORDERS = Stream(
    "orders",
    f"""
    select i.account_id, i.d, greatest(i.d, i.k) as v, i.x, epoch_us(i.happened_at) as moment, i.amount
    from invoices i left join (select distinct account_id from subscriptions) s on s.account_id = i.account_id
    where s.account_id is null
    union all
    select i.account_id, i.d, u.as_of as v, u.as_of + 1 as x, epoch_us(i.happened_at) as moment, i.amount
    from (
        select b.account_id, a.as_of from (select distinct account_id from subscriptions) b cross join as_ofs a
        left join (select distinct account_id, as_of from ({seen("subscriptions")}) s) y
            on y.account_id = b.account_id and y.as_of = a.as_of
        where y.account_id is null
    ) u join invoices i on i.account_id = u.account_id and greatest(i.d, i.k) <= u.as_of and i.x > u.as_of
    """,
    needs=("invoices",),
)


def _invoices_last(days: int) -> Feature:
    return Feature(
        f"invoices_last_{days}d",
        ORDERS,
        "count",
        "invoices",
        f"Invoices issued in the last {days} days to an account without a subscription.",
        where="amount > 0",
        window=days,
        empty=0,
        low=Wording("inactivity", "Only {value} in the last {days} days; usual is {usual}"),
    )


FEATURES = (
    Feature(
        "account_age_days",
        ACCOUNTS,
        "days_since",
        "days",
        "Days since it became an account.",
        low=Wording("new_account", "It has been an account for {value} only", actionable=False),
    ),
    Feature(
        "days_to_renewal",
        SUBSCRIPTIONS,
        "days_until",
        "days",
        "Days until the next renewal of a live subscription.",
        value="renewal_day",
        where="ended_at is null and notice_at is null",
        low=Wording("renewal_near", "The contract comes up for renewal in {value}", actionable=False),
    ),
    Feature(
        "price_rise_last_180d",
        PRICES,
        "sum",
        "share",
        "How much MRR rose beyond the seats where a contract took the place of another in 180 days; .1 is 10 %.",
        value="rise - greatest(growth, 0)",
        where="rise is not null",
        window=180,
        empty=0,
        high=Wording("price_change", "The price rose by {change} in the last {days} days"),
    ),
    Feature(
        "seats_growth_last_180d",
        PRICES,
        "sum",
        "share",
        "How much the seats grew where a contract took the place of another in 180 days; -.2 is 20 % fewer.",
        value="growth",
        where="growth is not null",
        window=180,
        empty=0,
        low=Wording("seats_drop", "Seats were cut by {change} in the last {days} days"),
    ),
    Feature(
        "overdue_invoices",
        DUE,
        "sum",
        "invoices",
        "Invoices that are due and not paid.",
        value="case when paid_at is null then 1 else 0 end",
        empty=0,
        high=Wording("billing", "{value} overdue; usual is {usual}"),
    ),
    Feature(
        "late_payments_share_last_180d",
        DUE,
        "share",
        "share",
        "Share of the invoices due in the last 180 days that were paid late or not at all.",
        value="paid_at is null or paid_at > due_at",
        window=180,
        high=Wording(
            "billing",
            "{value} of the invoices due in the last {days} days were paid late or are unpaid; usual is {usual}",
        ),
    ),
    _invoices_last(30),
    _invoices_last(90),
    _invoices_last(365),
    Feature(
        "invoiced_last_90d",
        ORDERS,
        "sum",
        "money",
        "Invoiced in the last 90 days to an account without a subscription.",
        value="amount",
        window=90,
        empty=0,
        low=Wording("inactivity", "Only {value} was invoiced in the last {days} days; usual is {usual}"),
    ),
    Feature(
        "invoiced_change_90d",
        ORDERS,
        "change",
        "change",
        "Invoiced in the last 90 days against the 270 days before; -0.6 is a fall by 60 %.",
        value="amount",
        window=90,
        low=Wording("inactivity", "What was invoiced fell by {change} in the last {days} days"),
    ),
    Feature(
        "days_since_invoice",
        ORDERS,
        "days_since",
        "days",
        "Days since the last invoice.",
        where="amount > 0",
        high=Wording("inactivity", "The last invoice was issued {value} ago; usual is {usual}"),
    ),
    Feature(
        "invoiced_against_own_last_90d",
        ORDERS,
        "against_own",
        "deviations",
        "How far what was invoiced in the last 90 days is off what the account is used to.",
        value="amount",
        window=90,
        low=Wording(
            "inactivity", "Less was invoiced in the last {days} days than this account is used to: {value} off"
        ),
    ),
    Feature(
        "invoice_gap_last_365d",
        ORDERS,
        "gap",
        "ratio",
        "Days since the last invoice against the usual days between two, of the last 365 days.",
        where="amount > 0",
        window=365,
        high=Wording("inactivity", "No invoice for {value} times as long as is usual for this account"),
    ),
    Feature(
        "mrr",
        SUBSCRIPTIONS,
        "sum",
        "money",
        "MRR of the live subscriptions, added up in their own currencies.",
        value="mrr",
        where="ended_at is null",
        low=Wording("new_account", "Its subscriptions are worth {value} a month; usual is {usual}", actionable=False),
    ),
    *over(
        (90, 365),
        Feature,
        "mrr_change_{days}d",
        stream=TERMS,
        aggregate="growth",
        unit="change",
        meaning="MRR of the live subscriptions against that of {days} days before; -0.2 is a fall by 20 %.",
        value="mrr",
        low=Wording("seats_drop", "MRR fell by {change} in {days} days"),
    ),
    Feature(
        "seats",
        SUBSCRIPTIONS,
        "sum",
        "seats",
        "Seats of the live subscriptions.",
        value="seats",
        where="ended_at is null",
        low=Wording("seats_drop", "It pays for {value}; usual is {usual}"),
    ),
    *over(
        (90, 365),
        Feature,
        "seats_change_{days}d",
        stream=TERMS,
        aggregate="growth",
        unit="change",
        meaning="Seats of the live subscriptions against those of {days} days before; -0.2 is a fall by 20 %.",
        value="seats",
        low=Wording("seats_drop", "Seats fell by {change} in {days} days"),
    ),
    Feature(
        "subscriptions_with_notice",
        SUBSCRIPTIONS,
        "count",
        "times",
        "Live subscriptions on which notice was given, while others go on.",
        where="notice_at is not null and ended_at is null",
        empty=0,
        high=Wording("intent_to_leave", "Notice was given {value}, on some of its subscriptions"),
    ),
    Feature(
        "renews_by_itself_share",
        SUBSCRIPTIONS,
        "share",
        "share",
        "Share of the live subscriptions that renew unless they are cancelled.",
        value="auto_renew",
        where="auto_renew is not null and ended_at is null",
        low=Wording("renewal_near", "{value} of its subscriptions renew by themselves; usual is {usual}"),
    ),
    Feature(
        "subscriptions_ended_last_180d",
        ENDED,
        "count",
        "times",
        "Subscriptions that ended in the last 180 days.",
        window=180,
        empty=0,
        high=Wording("seats_drop", "A subscription ended {value} in the last {days} days"),
    ),
)
