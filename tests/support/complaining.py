"""Accounts that complain, and leave because of what they complain of."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np

from tests.support.history import Row

WORDS = {
    "login": ["the password reset mail never arrives", "sign in with the password fails"],
    "invoice": ["the invoice shows a wrong amount", "wrong amount charged on the invoice"],
    "export": ["the report export stays empty", "empty report after the export"],
}


def world(leavers_had: str = "login", months: int = 14) -> dict[str, list[Row]]:
    """120 accounts; each complains every other month; those who complain of one subject leave within 60 days."""
    generator = np.random.default_rng(5)
    names = ("accounts", "tickets", "messages", "subscriptions", "message_scores")
    tables: dict[str, list[Row]] = {name: [] for name in names}
    first = date(2025, 1, 1)
    for number in range(120):
        account, ended = f"A{number:03}", None
        tables["accounts"].append({"account_id": account, "created_at": "2024-01-01 00:00"})
        for month in range(months):
            day = first + timedelta(days=30 * month + int(generator.integers(0, 28)))
            if ended or generator.random() < 0.3:
                continue
            subject = str(generator.choice(list(WORDS)))
            if generator.random() < (0.35 if subject == leavers_had else 0.03):
                ended = day + timedelta(days=int(generator.integers(40, 60)))
            key = f"{number:03}{month:02}"
            said = f"{generator.choice(WORDS[subject])} write to me@example.com or call 555 1234"
            at = f"{day} 12:00"
            tables["tickets"].append(
                {"ticket_id": f"T{key}", "account_id": account, "created_at": at, "language": "en"}
            )
            tables["tickets"][-1]["category"] = subject
            tables["messages"].append({"message_id": f"m{key}", "ticket_id": f"T{key}", "author_role": "customer"})
            tables["messages"][-1] |= {"public": "true", "created_at": at, "body": said}
            tables["message_scores"].append({"message_id": f"m{key}", "model_version": "1", "created_at": at})
            tables["message_scores"][-1] |= {"language": "en", "sentiment": "-0.7"}
        tables["subscriptions"].append(
            {"subscription_id": f"S{number}", "account_id": account, "started_at": "2024-01-01 00:00", "mrr": "10"}
        )
        tables["subscriptions"][-1] |= {"ended_at": f"{ended} 00:00" if ended else None}
    return tables
