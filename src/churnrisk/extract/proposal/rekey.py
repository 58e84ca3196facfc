"""Which column of the list of accounts is its key: the one that other sources point at, whatever it is called."""

from __future__ import annotations

from dataclasses import replace

import duckdb

from churnrisk.extract.proposal.links import Links
from churnrisk.extract.proposal.match import Match
from churnrisk.extract.proposal.profile import Column, Profile

#: A column points at a key where at least this share of its values lies in it ...
_POINTS = 0.6
#: ... and it has at least so many values: a few could lie there by chance.
_LEAST = 20
#: The share of values of several words from which they are names, not identifiers.
_PROSE = 0.1


def with_the_key_others_use(
    connection: duckdb.DuckDBPyConnection, matches: list[Match], others: list[Profile]
) -> list[Match]:
    """The matches, with the key of the accounts moved to the unique column that most other sources point at."""
    accounts = next((match for match in matches if match.table == "accounts"), None)
    if accounts is None:
        return matches
    key = accounts.columns["account_id"]
    keys = [column for column in accounts.profile.columns.values() if column is key or _can_be_key(column)]
    if len(keys) < 2:
        return matches
    links = Links(connection, [])
    profiles = [*others, *(match.profile for match in matches if match is not accounts)]
    pointing = {
        column.name: sum(_points(links, profile, accounts.profile, column) for profile in profiles) for column in keys
    }
    best = max(keys, key=lambda column: (pointing[column.name], column.whitespace <= _PROSE, column is key))
    is_name = key.whitespace > _PROSE >= best.whitespace
    if best is key or pointing[best.name] < pointing[key.name] + (1 if is_name else 2):
        return matches
    columns = {name: column for name, column in accounts.columns.items() if column is not best}
    columns |= {"account_id": best} | ({} if "name" in columns else {"name": key})
    fits = {"name": 1.0, **accounts.fits, "account_id": 1.0}
    moved = replace(accounts, columns=columns, fits=fits, score=accounts.score + 2)
    return [moved if match is accounts else match for match in matches]


def _can_be_key(column: Column) -> bool:
    return column.is_unique and column.kind in ("text", "number") and column.width < 60 and column.missing < 0.05


def _points(links: Links, child: Profile, parent: Profile, key: Column) -> bool:
    """Whether some column of a source holds values of that key."""
    for column in child.columns.values():
        if column.kind in ("text", "number") and column.distinct >= _LEAST:
            link = links.link(child, column, parent, key)
            if link is not None and link.share >= _POINTS:
                return True
    return False
