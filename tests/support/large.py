"""A history of some size in which every table tells something, made by arithmetic on row numbers.

No company looks like this; but every feature has a number for many accounts, some rows come in late, and some are
corrected, so that engines and plans can be compared on all of it.
"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from churnrisk.history import connect, land
from tests.support.history import incoming

LANDED = datetime(2026, 3, 1)
_AT = "timestamp '2025-01-01' + to_seconds((i * {step}) % 31000000)"


def _dealt(column: str, *values: str) -> str:
    """One value after the other, by a hash of the row number."""
    listed = ", ".join(f"'{value}'" for value in values)
    return f"[{listed}][(1 + hash(i, '{column}') % {len(values)})::int]"


def large_history(folder: Path, accounts: int, time_zone: str = "Europe/Copenhagen") -> list[str]:
    """Land it; gives the accounts, ordered."""
    account = f"'A' || lpad(((hash(i, 'account') % {accounts}))::varchar, 6, '0')"
    tickets, contacts, agents = accounts * 8, accounts * 2, 40
    ticket = f"'T' || (i % {tickets})"
    opened = f"timestamp '2025-01-01' + to_seconds(((i % {tickets}) * 7919) % 31000000)"
    assigns = f"(i // {tickets}) in (1, 3) and (i % {tickets}) % 3 = 0"
    statuses = _dealt("status", "new", "open", "pending", "hold", "solved", "open", "solved", "closed")
    changed_at = f"{opened} + to_seconds(((i // {tickets}) * (3600 + hash(i, 'wait') % 200000))::bigint)"
    written_at = f"{opened} + to_seconds(((i // {tickets}) * (1800 + hash(i, 'said') % 90000))::bigint)"
    issued = "timestamp '2023-06-01' + to_seconds((i * 15485863) % 81000000)"  # what is usual takes years to know
    late = "case when i % 17 = 0 then {0} + interval 3 day else {0} end"
    rows: list[tuple[str, int, dict[str, str]]] = [
        (
            "accounts",
            accounts,
            {
                "account_id": "'A' || lpad(i::varchar, 6, '0')",
                "segment": _dealt("segment", "small", "mid", "large"),
                "industry": _dealt("industry", "retail", "care", "print", "energy"),
                "support_plan": _dealt("plan", "basic", "premium"),
                "created_at": "timestamp '2022-01-01' + to_days((i % 900)::int)",
            },
        ),
        (
            "contacts",
            contacts,
            {
                "contact_id": "'C' || i",
                "account_id": account,
                "role": _dealt("role", "champion", "user", "admin"),
                "created_at": "timestamp '2024-01-01'",
                "left_at": f"case when i % 5 = 0 then {_AT.format(step=104729)} end",
            },
        ),
        (
            "subscriptions",
            accounts * 8 // 5,
            {
                "subscription_id": "'S' || i",
                "account_id": "'A' || lpad((i // 2)::varchar, 6, '0')",
                "seats": "(5 + hash(i, 'seats') % 40)::bigint",
                "mrr": "(100 + hash(i, 'mrr') % 9000) / 7.0",
                "started_at": "timestamp '2023-01-01' + to_days((700 * (i % 2) + i % 300)::int)",
                "ended_at": "case when i % 2 = 0 then timestamp '2023-01-01' + to_days((690 + i % 300)::int)"
                " when i % 9 = 0 then timestamp '2025-10-01' + to_days((i % 90)::int) end",
                "renewal_at": "timestamp '2026-02-01' + to_days((i % 365)::int)",
                "notice_at": "case when i % 31 = 0 then timestamp '2025-09-01' + to_days((i % 120)::int) end",
                "auto_renew": "i % 3 > 0",
                "end_reason": "case when i % 2 = 0 then 'voluntary' end",
            },
        ),
        (
            "invoices",
            accounts * 4,
            {
                "invoice_id": "'I' || i",
                "account_id": account,
                "amount": "(hash(i, 'amount') % 100000) / 9.0 - 500",
                "issued_at": issued,
                "due_at": f"{issued} + interval 30 day",
                "paid_at": f"case when i % 6 > 0 then {issued} + to_days((i % 50)::int) end",
            },
        ),
        (
            "tickets",
            tickets,
            {
                "ticket_id": ticket,
                "account_id": account,
                "contact_id": f"'C' || (hash(i, 'contact') % {contacts})",
                "created_at": opened,
                "channel": _dealt("channel", "email", "chat"),
                "priority": _dealt("priority", "low", "normal", "high", "urgent"),
                "category": _dealt("category", "login", "billing", "export"),
                "schedule_id": "case when i % 4 > 0 then 'office' end",
                "known_at": late.format(opened),
            },
        ),
        (
            "ticket_events",
            tickets * 5,
            {
                "ticket_id": ticket,
                "at": changed_at,
                "seq": f"(i // {tickets})::bigint",
                "field": f"case when {assigns} then 'assignee' else 'status' end",
                "value": f"case when {assigns} then 'G' || (hash(i, 'agent') % {agents}) else {statuses} end",
                "actor_role": "'agent'",
                "known_at": late.format(changed_at),
            },
        ),
        (
            "messages",
            tickets * 3,
            {
                "message_id": "'M' || i",
                "ticket_id": ticket,
                "author_role": _dealt("author", "customer", "agent", "agent"),
                "public": "i % 7 > 0",
                "created_at": written_at,
            },
        ),
        (
            "message_scores",
            tickets * 3,
            {
                "message_id": "'M' || i",
                "model_version": "'1'",
                "created_at": written_at,
                "sentiment": "case when i % 11 > 0 then (hash(i, 'tone') % 2001) / 1000.0 - 1 end",
                "intent": "case when i % 23 = 0 then 'cancel' end",
            },
        ),
        (
            "surveys",
            accounts * 4,
            {
                "survey_id": "'Q' || i",
                "account_id": account,
                "kind": _dealt("kind", "csat", "nps", "ces"),
                "sent_at": _AT.format(step=32452843),
                "responded_at": f"case when i % 3 > 0 then {_AT.format(step=32452843)} + to_hours((i % 700)::int) end",
                "score": "(1 + hash(i, 'score') % 5)::double",
            },
        ),
        (
            "usage",
            accounts * 40,
            {
                "account_id": f"'A' || lpad((i % {accounts})::varchar, 6, '0')",
                "day": f"date '2025-03-20' + ((i // {accounts}) * 7 + i % 5)::int",
                "metric": _dealt("metric", *["logins", "exports"] * 9, "forecasts"),
                "value": "(hash(i, 'value') % 1000) / 3.0",
                "active_users": "(hash(i, 'users') % 30)::bigint",
            },
        ),
        (
            "agents",
            agents,
            {
                "agent_id": "'G' || i",
                "joined_at": "timestamp '2024-01-01'",
                "left_at": "case when i % 4 = 0 then timestamp '2025-11-01' + to_days(i::int) end",
            },
        ),
        (
            "agent_surveys",
            agents * 6,
            {
                "agent_id": f"'G' || (i % {agents})",
                "at": f"timestamp '2025-01-15' + to_days(((i // {agents}) * 60)::int)",
                "kind": "'pulse'",
                "score": "(hash(i, 'pulse') % 100) / 10.0",
            },
        ),
        (
            "schedules",
            5,
            {
                "schedule_id": "'office'",
                "weekday": "i + 1",
                "opens": "540",
                "closes": "1020",
                "time_zone": "'Europe/Copenhagen'",
            },
        ),
        ("holidays", 3, {"schedule_id": "'office'", "day": "date '2025-12-24' + i::int"}),
        (
            "sla_targets",
            8,
            {
                "support_plan": "['basic', 'premium'][1 + i % 2]",
                "priority": "['low', 'normal', 'high', 'urgent'][1 + i // 2]",
                "first_response_minutes": "60 * (8 - i)",
                "resolution_minutes": "480 * (8 - i)",
                "business_hours": "i % 3 = 0",
            },
        ),
        (
            "churn_events",
            accounts // 20,
            {"account_id": account, "at": _AT.format(step=49979687), "voluntary": "true"},
        ),
    ]
    connection = connect()
    loads = [incoming(connection, table, columns, f"range({count}) r(i)") for table, count, columns in rows]
    land(connection, folder, loads, LANDED, time_zone)
    # Some tickets, contracts and days of use are corrected later.
    connection = connect()
    corrected = [
        incoming(
            connection,
            table,
            {**columns, **changed, "known_at": "timestamp '2025-12-20'"},
            f"(select i * 97 as i from range({count} // 97) s(i)) r",
        )
        for table, count, columns, changed in (
            (*rows[4], {"priority": "'urgent'"}),
            (*rows[2], {"seats": "3"}),
            (*rows[9], {"value": "7.5"}),
        )
    ]
    land(connection, folder, corrected, datetime(2026, 3, 2), time_zone)
    return [f"A{number:06d}" for number in range(accounts)]
