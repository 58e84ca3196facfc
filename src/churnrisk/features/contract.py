"""Features of what was bought and paid, and of who stands behind it at the account."""

from __future__ import annotations

from churnrisk.features.catalogue import Feature, Stream, Wording

ACCOUNTS = Stream("accounts", "select account_id, happened_at from accounts", needs=("accounts",))

SUBSCRIPTIONS = Stream(
    "subscriptions",
    """
    select account_id, happened_at, case when ended_at is null and notice_at is null then renewal_at end as renews_at
    from subscriptions
    """,
    needs=("subscriptions",),
)

#: A new price at the moment one subscription follows another: MRR for each seat, against the one before.
PRICES = Stream(
    "prices",
    """
    select account_id, happened_at,
        mrr / nullif(before_mrr, 0) - 1 as rise, seats / nullif(before_seats, 0) - 1.0 as growth
    from (
        select account_id, happened_at, mrr, seats,
            lag(mrr) over (partition by account_id order by happened_at, subscription_id) as before_mrr,
            lag(seats) over (partition by account_id order by happened_at, subscription_id) as before_seats,
            lag(ended_at) over (partition by account_id order by happened_at, subscription_id) as before_ended_at
        from subscriptions
    ) where before_ended_at <= happened_at
    """,
    needs=("subscriptions",),
)

#: What accounts without a subscription order. Under a subscription invoices follow the calendar, not the customer.
ORDERS = Stream(
    "orders",
    """
    select account_id, happened_at, amount from invoices
    where account_id not in (select account_id from subscriptions where account_id is not null)
    """,
    needs=("invoices",),
)

#: Whether an invoice is or was paid after it was due, placed at its due day.
DUE = Stream(
    "due",
    """
    select account_id, due_at as happened_at,
        paid_at is null as is_unpaid, paid_at is null or paid_at > due_at as is_late
    from invoices where due_at is not null
    """,
    needs=("invoices",),
)

CHAMPIONS_GONE = Stream(
    "champions_gone",
    "select account_id, left_at as happened_at from contacts where role = 'champion' and left_at is not null",
    needs=("contacts",),
)


def _invoices_last(days: int) -> Feature:
    return Feature(
        f"invoices_last_{days}d",
        ORDERS,
        "count",
        "invoices",
        f"Invoices issued in the last {days} days.",
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
        value="renews_at",
        low=Wording("renewal_near", "The contract comes up for renewal in {value}", actionable=False),
    ),
    Feature(
        "price_rise_last_180d",
        PRICES,
        "sum",
        "share",
        "How much MRR rose beyond the seats when subscriptions were renewed in the last 180 days; .1 is 10 %.",
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
        "How much the seats grew when subscriptions were changed in the last 180 days; -.2 is 20 % fewer.",
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
        value="case when is_unpaid then 1 else 0 end",
        empty=0,
        high=Wording("billing", "{value} overdue; usual is {usual}"),
    ),
    Feature(
        "late_payments_share_last_180d",
        DUE,
        "share",
        "share",
        "Share of the invoices due in the last 180 days that were paid late or not at all.",
        value="is_late",
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
        "Invoiced in the last 90 days.",
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
        "champions_left_last_180d",
        CHAMPIONS_GONE,
        "count",
        "people",
        "Champions who left the account in the last 180 days.",
        window=180,
        empty=0,
        high=Wording("champion_left", "The champion left in the last {days} days"),
    ),
)
