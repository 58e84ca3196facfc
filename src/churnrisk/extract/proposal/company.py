"""Whose data it is: name, time zone and currency, as far as an export tells them."""

from __future__ import annotations

from pathlib import Path

import duckdb

from churnrisk.extract.proposal import zones
from churnrisk.extract.proposal.names import words
from churnrisk.extract.proposal.profile import Profile
from churnrisk.history import Incoming

#: Names of folders that say nothing of a company.
_NO_NAMES = ("export", "exports", "data", "dump", "csv", "files", "out", "input")
_CURRENCY = ("currency", "wahrung", "valuta", "waluta")


def told_by_rows(connection: duckdb.DuckDBPyConnection, incoming: list[Incoming]) -> dict[str, tuple[str, str]]:
    """Time zone and currency, where canonical rows tell them."""
    found: dict[str, tuple[str, str]] = {}
    for item in incoming:
        if item.table == "usage" and (zone := zones.of_usage(connection, item.relation)):
            said = f"days of use become known at midnight in {zone}; other zones have the same clock"
            found["time_zone"] = (zone, said)
        if item.table in ("subscriptions", "invoices"):
            [(code,)] = connection.execute(f"select mode(currency) from {item.relation}").fetchall()
            found |= {"currency": (code, "")} if code else {}
    return found


def company(folder: Path, looked_at: list[Profile]) -> dict[str, tuple[str, str]]:
    """Name, time zone and currency, each with a doubt or none."""
    offsets = any(column.moment and column.moment.has_offset for p in looked_at for column in p.columns.values())
    likely = zones.suggested(looked_at)
    say = f"perhaps {likely}" if likely else "such as Europe/Copenhagen"
    zone = "" if offsets else f"no time says its zone: UTC is taken; write the company's, {say}"
    currency = _currency(looked_at)
    return {
        "name": (_company_name(folder.resolve()), ""),
        "time_zone": ("UTC", zone),
        "currency": (currency or "EUR", "" if currency else "nothing says the currency: EUR is taken"),
    }


def _company_name(folder: Path) -> str:
    """The name of the folder, or of the one around it where it says nothing."""
    return folder.parent.name or folder.name if folder.name.lower() in _NO_NAMES else folder.name


def _currency(looked_at: list[Profile]) -> str:
    """The currency that a column names most often, else a sign or a code beside the amounts."""
    columns = [column for profile in looked_at for column in profile.columns.values()]
    for column in columns:
        if set(_CURRENCY) & set(words(column.name)) and column.values and len(column.values[0].strip()) == 3:
            return column.values[0].strip().upper()
    signs = [column.number.currency for column in columns if column.number]
    codes = {"eur", "usd", "gbp", "dkk", "pln", "sek", "nok", "chf"}
    named = [word.upper() for column in columns for word in words(column.name) if word in codes]
    return next((sign for sign in [*signs, *named] if sign), "")
