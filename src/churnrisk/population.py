"""Who is eligible at a moment: every known account, with the reason where it is not.

Reads `history.upto(as_of)`. With subscriptions: a live one without notice. Under a silence label: activity in the
look-back window that is as long as the silence. Otherwise: no cancellation yet. Accounts that gave notice are not at
risk any more but lost; they belong on the recovery list.
"""

from __future__ import annotations

import pandas as pd

from churnrisk.errors import InputError
from churnrisk.history import Past
from churnrisk.parameters import Label

ELIGIBLE = "eligible"
GAVE_NOTICE = "gave notice"
NO_LIVE_SUBSCRIPTION = "no live subscription"
CANCELLED = "cancelled before"
SILENT = "silent already"

_BY_SUBSCRIPTION = f"""
    select
        a.account_id,
        case
            when bool_or(s.account_id is not null and s.notice_at is null) then '{ELIGIBLE}'
            when count(s.account_id) > 0 then '{GAVE_NOTICE}'
            else '{NO_LIVE_SUBSCRIPTION}'
        end as standing
    from accounts a
    left join subscriptions s
        on s.account_id = a.account_id and s.started_at <= $as_of and (s.ended_at is null or s.ended_at > $as_of)
    group by a.account_id
"""

_BY_ACTIVITY = f"""
    select
        a.account_id,
        case when count(t.account_id) > 0 then '{ELIGIBLE}' else '{SILENT}' end as standing
    from accounts a
    left join {{activity}} t
        on t.account_id = a.account_id and t.happened_at > $window_start and t.happened_at <= $as_of
    group by a.account_id
"""

_BY_CANCELLATION = f"""
    select
        a.account_id,
        case when count(c.account_id) = 0 then '{ELIGIBLE}' else '{CANCELLED}' end as standing
    from accounts a
    left join churn_events c on c.account_id = a.account_id and c.at <= $as_of
    group by a.account_id
"""


def population(past: Past, label: Label) -> pd.DataFrame:
    """Every account known at that moment, once.

    Returns:
        account_id and standing, ordered by account_id; standing is `eligible` or why the account is not.

    Raises:
        InputError: the label needs a table that has no rows.
    """
    parameters = {"as_of": past.as_of.instant}
    if label.kind == "silence":
        query = _BY_ACTIVITY.format(activity=label.signs_of_life)
        parameters["window_start"] = past.as_of.edge(-label.horizon)
    elif _has_rows(past, "subscriptions"):
        query = _BY_SUBSCRIPTION
    elif label.kind == "contract_end":
        raise InputError(
            "The label is the end of a contract, and there are no subscriptions",
            'Map subscriptions, or set [label] kind = "silence" or "event" in parameters.toml',
        )
    else:
        query = _BY_CANCELLATION
    return past.frame(f"select * from ({query}) order by account_id", parameters)


def eligible(past: Past, label: Label) -> list[str]:
    """The accounts that can be scored at that moment, ordered."""
    accounts = population(past, label)
    return accounts.loc[accounts["standing"] == ELIGIBLE, "account_id"].tolist()


def _has_rows(past: Past, table: str) -> bool:
    return bool(past.arrow(f"select 1 from {table} limit 1").num_rows)
