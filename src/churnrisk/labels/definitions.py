"""What counts as leaving: one readable query for each definition.

Each query gives, for a moment `$as_of`, when an account leaves after it, as far as is known now. It reads the history
as it is known today, not as of the past: a label is about the future of its as_of.
"""

from __future__ import annotations

#: The moment after which an account has no live subscription any more. A subscription that follows at once, such as
#: an upgrade, keeps the account.
CONTRACT_END = """
    select s.account_id, min(s.ended_at) as left_at
    from subscriptions s
    where s.ended_at > $as_of
      and not exists (
          select 1
          from subscriptions o
          where o.account_id = s.account_id
            and o.started_at <= s.ended_at
            and (o.ended_at is null or o.ended_at > s.ended_at)
      )
    group by s.account_id
"""

#: The first explicit cancellation.
EVENT = """
    select c.account_id, min(c.at) as left_at
    from churn_events c
    where c.at > $as_of
    group by c.account_id
"""

#: No sign of life in the whole label window; the account is taken to have left as the window ends.
SILENCE = """
    select a.account_id, $window_end::timestamp as left_at
    from accounts a
    where not exists (
        select 1
        from {activity} t
        where t.account_id = a.account_id
          and t.happened_at > $window_start
          and t.happened_at <= $window_end
    )
"""
