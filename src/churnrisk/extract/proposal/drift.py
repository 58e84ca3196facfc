"""Parts of one table whose columns drift over the years: a source called like a recognised one is the same table.

Columns are found by their names first, else by their place and kind beside the recognised source.
"""

from __future__ import annotations

from dataclasses import replace

from churnrisk.extract.proposal.found import stem_of
from churnrisk.extract.proposal.match import Match, assigned, can_be, needs_met
from churnrisk.extract.proposal.names import words
from churnrisk.extract.proposal.profile import Profile

#: The share of places that have to hold the same kind for columns to be the same under other names.
_ALIKE = 0.7


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
    renamed = _by_place(profile, elder.profile)
    columns, fits = assigned(profile, elder.table)
    own_of = {theirs: own for own, theirs in renamed.items()}
    for wanted, theirs in elder.columns.items():
        own = profile.columns.get(own_of.get(theirs.name, theirs.name))
        if own is not None and can_be(own, elder.table, wanted):
            columns = {name: column for name, column in columns.items() if column is not own or name in elder.columns}
            columns[wanted], fits[wanted] = own, 0.75
    if not needs_met(columns, elder.table):
        return None
    return replace(elder, profile=profile, columns=columns, fits=fits, runner_up="", renamed=renamed)


def _by_place(profile: Profile, elder: Profile) -> dict[str, str]:
    """The elder's name of each column: the same one, else the one at its place where most places hold the same kind."""
    own, theirs = list(profile.columns.values()), list(elder.columns.values())
    same = {title: title for title in profile.columns if title in elder.columns}
    moved = any(list(profile.columns).index(title) != list(elder.columns).index(title) for title in same)
    alike = sum(one.kind == other.kind for one, other in zip(own, theirs, strict=False))
    if len(own) != len(theirs) or moved or alike < _ALIKE * len(own):
        return same
    return {one.name: other.name for one, other in zip(own, theirs, strict=True)}
