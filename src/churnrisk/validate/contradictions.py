"""Where two sources, or two tables of one source, cannot both be right.

Rows that contradict each other are counted and named, and go on: nobody can say which of them is wrong. The doctor
tells how much weight they have.
"""

from __future__ import annotations

from churnrisk.history import name
from churnrisk.tables import TABLES, Table
from churnrisk.validate.rules import Rule

#: Days that two sources may differ in telling of one thing, such as a cancellation and the end of its contract.
GRACE_DAYS = 31

_LIVE = (
    "exists (select 1 from subscriptions s where s.account_id = r.account_id and s.started_at <= {at}"
    " and (s.ended_at is null or s.ended_at > {at}))"
)
_FIRST_START = "(select min(s.started_at) from subscriptions s where s.account_id = r.account_id)"
_LAST_END = (
    "(select max(coalesce(s.ended_at, timestamp '9999-01-01')) from subscriptions s where s.account_id = r.account_id)"
)
_LEFT = "r.account_id in (select c.account_id from churn_events c)"


def contradictions() -> tuple[Rule, ...]:
    """All of them, none of which holds a row back."""
    return (
        *(_before_its_account(table) for table in ("subscriptions", "invoices", "tickets", "surveys", "usage")),
        *(_before_the_first_subscription(table) for table in ("usage", "invoices")),
        *(_after_the_last_subscription(table) for table in ("usage", "tickets")),
        *(_before_its_ticket(table) for table in ("ticket_events", "messages")),
        *(_key_told_twice(table) for table in TABLES.values()),
        *_AROUND_CHURN,
        *_BELONGING,
    )


def _counting(rule: str, table: str, bad: str, says: str, *needs: str, detail: str = "") -> Rule:
    return Rule(rule, table, bad, says, hold=False, needs=needs, detail=detail)


def _day_before(table: str, moment: str) -> str:
    """SQL that is true where a row is of a day before that moment: many sources tell days without their hours."""
    own = "r.day::timestamp" if table == "usage" else "r.happened_at"
    return f"{own} + interval 1 day <= {moment}"


def _before_its_account(table: str) -> Rule:
    created = "(select min(a.created_at) from accounts a where a.account_id = r.account_id)"
    return _counting(
        "is_not_before_its_account",
        table,
        _day_before(table, created),
        "it happened before the day its account was created",
        "accounts",
    )


def _before_the_first_subscription(table: str) -> Rule:
    return _counting(
        "is_not_before_the_first_subscription",
        table,
        _day_before(table, _FIRST_START),
        "it happened before the day the first subscription of its account began",
        "subscriptions",
    )


def _after_the_last_subscription(table: str) -> Rule:
    return _counting(
        "is_not_after_the_last_subscription",
        table,
        f"r.happened_at > {_LAST_END} + interval {GRACE_DAYS} day",
        f"it happened more than {GRACE_DAYS} days after the last subscription of its account had ended",
        "subscriptions",
    )


def _before_its_ticket(table: str) -> Rule:
    opened = "(select min(t.created_at) from tickets t where t.ticket_id = r.ticket_id)"
    return _counting(
        "is_not_before_its_ticket",
        table,
        _day_before(table, opened),
        "it happened before the day its ticket was opened",
        "tickets",
    )


def _key_told_twice(table: Table) -> Rule:
    """Versions of a row that tell their own clock are no contradiction; two rows of one export are."""
    own, same = (", ".join(f"{row}.{name(column)}" for column in (*table.key, "landed_at")) for row in "ro")
    has_key = " and ".join(f"r.{name(column)} is not null" for column in table.key)
    return Rule(
        "has_a_key_of_its_own",
        table.name,
        f"not r.is_declared and {has_key} and ({own}) in (select ({same}) from main.{name(table.name)} o"
        f" where not o.is_declared group by {same} having count(*) > 1)",
        f"another row of the same export has the same {', '.join(table.key)} and says something else",
        hold=False,
        every_version=True,
    )


_AROUND_CHURN = (
    _counting(
        "leaves_no_subscription_live",
        "churn_events",
        _LIVE.format(at="r.at"),
        "the account has a live subscription after the moment at which it is said to have left",
        "subscriptions",
    ),
    _counting(
        "is_told_as_a_churn_event",
        "subscriptions",
        f"r.ended_at = {_LAST_END} and r.ended_at < (select max(c.at) from churn_events c)"
        " and not exists (select 1 from churn_events c where c.account_id = r.account_id"
        f" and abs(epoch(c.at) - epoch(r.ended_at)) <= {GRACE_DAYS} * 86400)",
        f"the last subscription ended, and no churn event is within {GRACE_DAYS} days of it",
        "churn_events",
    ),
    _counting(
        "is_flagged_as_its_churn_events_say",
        "accounts",
        f"r.churned <> ({_LEFT})",
        "it is flagged as churned without a churn event, or has one and is not flagged",
        "churn_events",
        detail=(
            "select case when count(*) filter (r.churned) > 0 then format('{:,} accounts are flagged as churned,"
            " {:,} have a churn event, {:,} have both', count(*) filter (r.churned),"
            f" count(*) filter ({_LEFT}), count(*) filter (r.churned and {_LEFT})) end from accounts r"
        ),
    ),
    _counting(
        "is_flagged_as_its_subscriptions_say",
        "accounts",
        f"r.churned and {_LIVE.format(at='r.landed_at')} or not r.churned and {_FIRST_START} is not null"
        f" and {_LAST_END} + interval {GRACE_DAYS} day < r.landed_at",
        "it is flagged as churned with a live subscription, or is not flagged and has none",
        "subscriptions",
    ),
)

_BELONGING = (
    _counting(
        "is_about_a_ticket_of_its_account",
        "surveys",
        "exists (select 1 from tickets t where t.ticket_id = r.ticket_id and t.account_id <> r.account_id)",
        "it is about a ticket of another account",
        "tickets",
    ),
    _counting(
        "is_asked_by_a_contact_of_its_account",
        "tickets",
        "exists (select 1 from contacts c where c.contact_id = r.contact_id and c.account_id <> r.account_id)",
        "it was asked by a contact of another account",
        "contacts",
    ),
    _counting(
        "gives_notice_before_it_ends",
        "subscriptions",
        "r.notice_at > r.ended_at",
        "notice was given after it had ended",
    ),
)
