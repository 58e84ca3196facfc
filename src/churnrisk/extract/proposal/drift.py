"""Parts of one table whose columns drift over the years: a source called like a recognised one is the same table.

Columns are found by their names first, else by their place and kind beside the recognised source.
"""

from __future__ import annotations

from dataclasses import replace

from churnrisk.extract.proposal.found import stem_of
from churnrisk.extract.proposal.match import Match, assigned, can_be, needs_met
from churnrisk.extract.proposal.names import words
from churnrisk.extract.proposal.profile import Column, Profile


def with_siblings(matched: list[Match], left: list[Profile]) -> tuple[list[Match], list[Profile]]:
    """The matches and unmatched sources, where parts of one table are all taken for what the best of them is."""
    best: dict[tuple[str, str, str], Match] = {}
    for match in sorted(matched, key=lambda match: -match.score):
        best.setdefault(_family(match.profile), match)
    kept = [_like(match.profile, best[_family(match.profile)]) or match for match in matched]
    rest = []
    for profile in left:
        elder = best.get(_family(profile))
        found = _like(profile, elder) if elder else None
        kept += [found] if found else []
        rest += [] if found else [profile]
    return kept, rest


def _family(profile: Profile) -> tuple[str, str, str]:
    """What the parts of one table have alike: folder, name without numbers, and sheet."""
    found = profile.sample.found
    nested = profile.label if profile.is_nested else ""
    sheet = "".join(words(found.source.sheet)) if found.source.sheet else ""
    return str(found.files[0].parent / stem_of(found.files[0])), sheet, nested


def _like(profile: Profile, elder: Match) -> Match | None:
    """The source taken for what its elder sibling is; None where it is the elder, or no sibling."""
    if profile is elder.profile or elder.table == "accounts":
        return None
    columns, fits = assigned(profile, elder.table)
    for wanted, theirs in elder.columns.items():
        found = None if wanted in columns else _same(profile, elder, theirs, columns)
        if found is not None and can_be(found, elder.table, wanted):
            columns[wanted], fits[wanted] = found, 0.75
    if not needs_met(columns, elder.table):
        return None
    return replace(elder, profile=profile, columns=columns, fits=fits, runner_up="")


def _same(profile: Profile, elder: Match, theirs: Column, taken: dict[str, Column]) -> Column | None:
    """The column at the same place as one of the elder, of the same kind and not yet taken for something else."""
    used = {column.name for column in taken.values()}
    if theirs.name in profile.columns:
        own = profile.columns[theirs.name]
        return own if own.name not in used else None
    places = list(elder.profile.columns)
    own_places = list(profile.columns.values())
    place = places.index(theirs.name)
    if len(own_places) != len(places):
        return None
    own = own_places[place]
    return own if own.kind == theirs.kind and own.name not in used else None
