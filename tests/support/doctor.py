"""Histories for the doctor: one in which all is well, and a way to look at any other."""

from __future__ import annotations

import random
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from churnrisk.doctor import Diagnosis, Finding, examine
from churnrisk.history import History
from churnrisk.parameters import Parameters
from churnrisk.settings import Settings
from churnrisk.validate import validate, verdicts_file
from tests.support.history import LATER, Row, Tables, completed, land_rows

FIRST, LAST = date(2022, 1, 1), date(2025, 6, 30)


def examined(
    folder: Path,
    tables: Tables,
    sources: dict[str, Any] | None = None,
    landed_at: datetime = LATER,
    own_accounts: bool = False,
    today: date | None = None,
    **parameters: Any,
) -> Diagnosis:
    """Land these tables and examine them.

    Args:
        folder: of the history.
        tables: text tables or rows; a source is called `given_` and the table.
        sources: what churnrisk.toml says of them, such as `fresh_days`.
        landed_at: when they arrive.
        own_accounts: land the accounts that are given and no others.
        today: when it is looked at.
        parameters: changes of parts of parameters.toml, such as `label={"kind": "event"}`.
    """
    rows = completed(tables)
    if own_accounts and "accounts" not in tables:
        del rows["accounts"]
    land_rows(folder, rows, landed_at)
    settings = Settings.model_validate({"sources": sources or {}, "company": {"name": "Example"}})
    asked = Parameters.read(folder).model_dump()
    for part, change in parameters.items():
        asked[part] |= change
    verdicts = validate(folder, settings)
    history = History(folder, "UTC", verdicts_file(folder, settings))
    return examine(history, verdicts, settings, Parameters.model_validate(asked), today)


def found(diagnosis: Diagnosis, name: str, about: str = "") -> Finding:
    """The one finding of a check about something."""
    (one,) = (f for f in diagnosis.findings if (f.name, f.about) == (name, about))
    return one


def all_of(diagnosis: Diagnosis, name: str) -> dict[str, str]:
    """The status of every finding of a check, by what it is about."""
    return {finding.about: finding.status for finding in diagnosis.findings if finding.name == name}


def healthy(accounts: int = 1500, seed: int = 5) -> dict[str, list[Row]]:
    """A company with everything: accounts come and go evenly, and each is busy in its own rhythm. Seeded."""
    chance = random.Random(seed)
    days = (LAST - FIRST).days
    tables: dict[str, list[Row]] = {
        "accounts": [],
        "subscriptions": [],
        "contacts": [],
        "invoices": [],
        "tickets": [],
        "ticket_events": [],
        "messages": [],
        "surveys": [],
        "usage": [],
    }
    for number in range(accounts):
        begins = chance.randrange(-600, days)
        ends = begins + chance.randrange(300, 1100)
        _live(tables, f"a{number}", begins, ends if ends < days else None, chance)
    for invoice in tables["invoices"]:
        invoice["currency"] = "EUR"
    for ticket in tables["tickets"]:
        ticket |= {"priority": "normal", "contact_id": ticket["account_id"], "category": "login"}
    return tables


def _live(tables: dict[str, list[Row]], account: str, begins: int, ends: int | None, chance: random.Random) -> None:
    began, ended = _day(begins), _day(ends) if ends is not None else None
    alike = {"segment": "small", "industry": "retail"}
    tables["accounts"].append({"account_id": account, "created_at": began, "csm": "ida", **alike})
    tables["subscriptions"].append(
        {
            "account_id": account,
            "subscription_id": account,
            "started_at": began,
            "ended_at": ended,
            "mrr": "100",
            "seats": "5",
            "auto_renew": "true",
            "currency": "EUR",
            "renewal_at": _day(begins + 1200),
            "notice_at": _day(ends - 20) if ends is not None else None,
        }
    )
    left = _day(begins + 100) if begins + 100 < (LAST - FIRST).days else None
    tables["contacts"].append(
        {"account_id": account, "contact_id": account, "role": "champion", "created_at": began, "left_at": left}
    )
    last = ends if ends is not None else (LAST - FIRST).days
    for day in range(max(begins, 0) + chance.randrange(45), last, 45):
        _one_contact(tables, f"{account}-{day}", account, day)


def _one_contact(tables: dict[str, list[Row]], key: str, account: str, day: int) -> None:
    """What happens at once: a ticket with its answer, a survey, an invoice, a day of use."""
    at, later = _day(day), _day(day, 1)
    tables["tickets"].append({"ticket_id": key, "account_id": account, "created_at": at})
    tables["ticket_events"].append({"ticket_id": key, "at": later, "field": "status", "value": "solved", "seq": "1"})
    tables["messages"].append(
        {"message_id": key, "ticket_id": key, "author_role": "agent", "public": "true", "created_at": later}
    )
    tables["surveys"].append(
        {"survey_id": key, "account_id": account, "kind": "csat", "sent_at": at, "responded_at": later, "score": "4"}
    )
    tables["invoices"].append(
        {"invoice_id": key, "account_id": account, "amount": "100", "issued_at": at, "due_at": later, "paid_at": later}
    )
    tables["usage"].append({"account_id": account, "day": at[:10], "metric": "m", "value": "3", "active_users": "2"})


def _day(number: int, hour: int = 0) -> str:
    return (datetime.combine(FIRST, datetime.min.time()) + timedelta(days=number, hours=10 + hour)).isoformat(" ")
