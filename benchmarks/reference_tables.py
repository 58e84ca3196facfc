"""The reference data told in the product's own tables, for the whole catalogue on any engine.

Reads the Parquet files of the reference data; gives every canonical table as a view, with its days. What was answered
and solved is told as messages and events, as a help desk would; what the data does not tell of has no rows.
"""

from __future__ import annotations

from pathlib import Path

from benchmarks.reference_data import FIRST_DAY, LAST_DAY
from benchmarks.reference_data import TABLES as FILES
from churnrisk.history import FOREVER, Engine
from churnrisk.history.past import with_days
from churnrisk.history.relations import no_rows
from churnrisk.tables import TABLES
from churnrisk.timeline import AsOf


def give_canonical(engine: Engine, folder: Path) -> None:
    """Make the relations that the product's features read; everything was known when it happened."""
    for name in FILES:
        engine.files(f"file_{name}", [folder / f"{name}.parquet"])
    for table in TABLES.values():
        if table.name not in CANONICAL:
            engine.view(table.name, no_rows(table))
            continue
        given, rows = CANONICAL[table.name]
        columns = ", ".join(
            f'{given.get(column.name, f"cast(null as {column.sql_type})")} as "{column.name}"'
            for column in table.columns
        )
        at = "at_end" if table.name == "usage" else given[table.happened_at]
        known = (
            f"select {columns}, {at} as happened_at, {at} as known_at, cast(0 as bigint) as row_hash from ({rows}) r"
        )
        dated = with_days(known, table, "UTC", AsOf(FIRST_DAY).instant, AsOf(LAST_DAY).instant)
        engine.view(table.name, f"select *, {FOREVER} as x from ({dated}) n")


#: The canonical tables that the reference data tells of: their columns, and the rows that these are told over.
CANONICAL: dict[str, tuple[dict[str, str], str]] = {
    "accounts": (
        {"account_id": "account_id", "segment": "segment", "created_at": "created_at"},
        "select * from file_accounts",
    ),
    "tickets": (
        {name: name for name in ("ticket_id", "account_id", "created_at", "priority", "channel")},
        "select * from file_tickets",
    ),
    "ticket_events": (
        {name: f'"{name}"' for name in ("ticket_id", "at", "seq", "field", "value")},
        (
            "select ticket_id, first_response_at as \"at\", 0 as seq, 'assignee' as field, agent_id as value"
            " from file_tickets where first_response_at is not null union all"
            " select ticket_id, solved_at, 1, 'status', 'solved' from file_tickets where solved_at is not null"
        ),
    ),
    "messages": (
        {name: name for name in ("message_id", "ticket_id", "created_at", "author_role", "public")},
        (
            "select concat(ticket_id, '-1') as message_id, ticket_id, created_at, 'customer' as author_role,"
            " true as public from file_tickets union all"
            " select concat(ticket_id, '-2'), ticket_id, first_response_at, 'agent', true"
            " from file_tickets where first_response_at is not null"
        ),
    ),
    "surveys": (
        {
            "survey_id": "concat(account_id, cast(cast(epoch_us(responded_at) as bigint) as varchar))",
            "account_id": "account_id",
            "sent_at": "responded_at",
            "responded_at": "responded_at",
            "kind": "'nps'",
            "score": "cast(score as double)",
        },
        "select * from file_surveys",
    ),
    "usage": (
        {
            "account_id": "account_id",
            "day": "day",
            "metric": "'events'",
            "value": "cast(events as double)",
            "active_users": "cast(active_users as bigint)",
        },
        "select *, cast(day + 1 as timestamp) as at_end from file_usage",
    ),
    "subscriptions": (
        {
            "subscription_id": "concat(account_id, cast(cast(epoch_us(started_at) as bigint) as varchar))",
            "account_id": "account_id",
            "started_at": "started_at",
            "ended_at": "ended_at",
            "mrr": "mrr",
            "currency": "'EUR'",
        },
        "select * from file_mrr",
    ),
}
