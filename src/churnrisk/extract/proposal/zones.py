"""Which time zone the company may be in: from where its accounts are, or from when its days end."""

from __future__ import annotations

from collections.abc import Iterable

import duckdb

from churnrisk.extract.proposal.names import fit
from churnrisk.extract.proposal.profile import Profile
from churnrisk.history import quoted

_COUNTRIES = {
    "AT": "Europe/Vienna", "BE": "Europe/Brussels", "CH": "Europe/Zurich", "CZ": "Europe/Prague", "DE": "Europe/Berlin",
    "DK": "Europe/Copenhagen", "ES": "Europe/Madrid", "FI": "Europe/Helsinki", "FR": "Europe/Paris",
    "GB": "Europe/London", "UK": "Europe/London", "IE": "Europe/Dublin", "IL": "Asia/Jerusalem", "IN": "Asia/Kolkata",
    "IT": "Europe/Rome", "JP": "Asia/Tokyo", "KR": "Asia/Seoul", "NL": "Europe/Amsterdam", "NO": "Europe/Oslo",
    "PL": "Europe/Warsaw", "PT": "Europe/Lisbon", "SE": "Europe/Stockholm",
}  # fmt: skip
_NAMES = {
    "GERMANY": "DE", "DEUTSCHLAND": "DE", "DENMARK": "DK", "DANMARK": "DK", "POLAND": "PL", "POLSKA": "PL",
    "UNITED KINGDOM": "GB", "FRANCE": "FR", "SWEDEN": "SE", "SVERIGE": "SE", "NORWAY": "NO", "NORGE": "NO",
    "AUSTRIA": "AT", "NETHERLANDS": "NL", "SPAIN": "ES", "ITALY": "IT", "ISRAEL": "IL", "SOUTH KOREA": "KR",
}  # fmt: skip
#: The share of days that have to end at midnight for a zone to be believed.
_BELIEVED = 0.9


def suggested(looked_at: Iterable[Profile]) -> str:
    """The zone of the country that most rows of a source name; empty where none does."""
    for profile in looked_at:
        for column in profile.columns.values():
            if column.values and fit(column.name, "country,country code,land,kraj") >= 1:
                first = column.values[0].strip().upper()
                return _COUNTRIES.get(_NAMES.get(first, first), "")
    return ""


def of_usage(connection: duckdb.DuckDBPyConnection, relation: str) -> str:
    """The zone in whose midnights days of use become known; empty where that cannot be seen."""
    zones = dict.fromkeys(["UTC", *_COUNTRIES.values(), "America/New_York", "America/Chicago", "America/Los_Angeles"])
    for zone in zones:
        local = f"(known_at at time zone 'UTC') at time zone {quoted(zone)}"
        [(rows, ended)] = connection.execute(
            f"select count(*), count(*) filter ({local} = (day + 1)::timestamp)"
            f" from (select day, known_at from {relation} where known_at is not null limit 20000)"
        ).fetchall()
        if rows and ended >= _BELIEVED * rows:
            return zone
    return ""
