"""The mapping of a whole export: the blocks of every source, what is left out and why, and rules on the rows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import duckdb

from churnrisk.extract.proposal import contracts, people, support, surveys, usage
from churnrisk.extract.proposal.cells import Block, OwnRule, changed_at
from churnrisk.extract.proposal.checks import drop_unfitting
from churnrisk.extract.proposal.drift import with_siblings
from churnrisk.extract.proposal.links import Links, key_of, source_of
from churnrisk.extract.proposal.match import Match, activity_of, match_all
from churnrisk.extract.proposal.profile import Profile
from churnrisk.extract.proposal.rekey import with_the_key_others_use
from churnrisk.tables import ACTIVITY_TABLES, TABLES


@dataclass
class Draft:
    """A mapping and what is told beside it.

    Attributes:
        blocks: the [[mapping]] blocks, in the order of the canonical tables.
        rules: rules on their rows.
        left: sources and parts that are left out, with the reason.
    """

    blocks: list[Block] = field(default_factory=list)
    rules: list[OwnRule] = field(default_factory=list)
    left: list[str] = field(default_factory=list)


def draft(connection: duckdb.DuckDBPyConnection, looked_at: list[Profile]) -> Draft:
    """The mapping that the profiles of an export suggest, without what its sources refuse."""
    made = Draft()
    matches, unlike = match_all([profile for profile in looked_at if profile.rows])
    matches, unlike = with_siblings(matches, unlike)
    matches = with_the_key_others_use(connection, matches, unlike)
    matches = _without_copies(connection, made, matches)
    links, matches, unlike = _with_activity(connection, matches, unlike)
    blocks = _blocks(connection, made, matches, links)
    blocks, lost = drop_unfitting(connection, blocks)
    order = list(TABLES)
    made.blocks = sorted(blocks, key=lambda block: order.index(block.table))
    for block in made.blocks:
        block.columns = {
            name: block.columns[name] for name in TABLES[block.table].column_names if name in block.columns
        }
    _explain_changes(made.blocks, matches)
    made.rules = [rule for rule in made.rules if any(block.table == rule.table for block in made.blocks)]
    seen = {match.profile.sample.found.label for match in matches}
    unlike = [profile for profile in unlike if profile.sample.found.label not in seen]
    made.left += lost + [f"the source {profile.label} is like no canonical table" for profile in unlike]
    _say_what_is_missing(made)
    return made


def _with_activity(
    connection: duckdb.DuckDBPyConnection, matches: list[Match], unlike: list[Profile]
) -> tuple[Links, list[Match], list[Profile]]:
    """The ways to the accounts; what has a moment and comes again and again for an account is use of something."""
    maybe = [found for profile in unlike if (found := activity_of(profile))]
    links = Links(connection, [*matches, *maybe])
    lively = [match for match in maybe if links.comes_again(match)]
    if len(lively) < len(maybe):
        for match in maybe:
            if match not in lively:
                links.reached.pop(match.profile.label, None)
                links.matches.remove(match)
    labels = {match.profile.label for match in lively}
    return links, [*matches, *lively], [profile for profile in unlike if profile.label not in labels]


def _explain_changes(blocks: list[Block], matches: list[Match]) -> None:
    """Say why the moment of the last change is not when a row became known."""
    for match in matches:
        column = changed_at(match)
        own = next((block for block in blocks if block.label == match.profile.label), None)
        if column is not None and own is not None and column.name not in own.used:
            said = "is when a row was last changed: as known_at it would hide what was known before"
            own.guesses.append(f"{column.name} {said}")


def _without_copies(connection: duckdb.DuckDBPyConnection, made: Draft, matches: list[Match]) -> list[Match]:
    """The matches without sources whose rows another source of the same table has too, as an older snapshot does."""
    kept: list[Match] = []
    for match in sorted(matches, key=lambda match: -len(match.profile.columns)):
        key = key_of(match)
        other = next((one for one in kept if one.table == match.table and key and _holds(connection, one, match)), None)
        if other is None:
            kept.append(match)
        else:
            label = match.profile.label
            made.left.append(
                f"{label} is left out: {other.profile.label} has its {match.table} too; check which is newer"
            )
    return [match for match in matches if match in kept]


def _holds(connection: duckdb.DuckDBPyConnection, one: Match, other: Match) -> bool:
    """Whether nearly all keys of the other source are in this one."""
    key, own = key_of(one), key_of(other)
    if key is None or own is None:
        return False
    [(lost, rows)] = connection.execute(
        f"select count(*) filter ({own.id_sql} not in (select {key.id_sql} from {source_of(one.profile)}"
        f" where {key.id_sql} is not null)), count({own.id_sql}) from {source_of(other.profile)}"
    ).fetchall()
    return bool(rows) and lost < 0.1 * rows


def _blocks(connection: duckdb.DuckDBPyConnection, made: Draft, matches: list[Match], links: Links) -> list[Block]:
    accounts = people.accounts_block(matches, links)
    blocks = [accounts] if accounts else []
    tickets = next((match for match in matches if match.table == "tickets"), None)
    for match in matches:
        found, why = _of(connection, made, match, links, tickets)
        if why:
            made.left.append(f"{match.profile.label} looks like {match.table}, but {why}")
        if found and match.runner_up:
            found[0].doubts.insert(0, f"{match.profile.label} could be {match.runner_up} as well")
        blocks += found
    return blocks + _from_accounts({block.table for block in blocks}, links)


def _of(
    connection: duckdb.DuckDBPyConnection, made: Draft, match: Match, links: Links, tickets: Match | None
) -> tuple[list[Block], str]:
    """The blocks of one source, or why there are none."""
    if match.table == "accounts":
        return [], ""
    if match.table == "tickets":
        return support.tickets_blocks(match, links)
    if match.table == "ticket_events":
        return support.events_blocks(match, links, tickets is not None)
    if match.table == "surveys":
        return surveys.surveys_blocks(match, links, tickets)
    if match.table == "usage":
        found, rule = usage.usage_block(connection, match, links)
        made.rules += [rule] if rule else []
    elif match.table == "subscriptions":
        found = contracts.subscriptions_block(connection, match, links)
    else:
        found = _MAKERS[match.table](match, links, tickets)
    return ([], found) if isinstance(found, str) else ([found], "")


_MAKERS: dict[str, Callable[[Match, Links, Match | None], Block | str]] = {
    "contacts": lambda match, links, _: people.contacts_block(match, links),
    "csms": lambda match, _links, _: people.csms_block(match),
    "agents": lambda match, _links, _: people.agents_block(match),
    "churn_events": lambda match, links, _: people.churn_block(match, links),
    "invoices": lambda match, links, _: contracts.invoices_block(match, links),
    "messages": support.messages_block,
}


def _from_accounts(there: set[str], links: Links) -> list[Block]:
    """Contracts and cancellations that only the list of accounts tells of."""
    if links.accounts is None:
        return []
    contract = None if "subscriptions" in there else contracts.subscriptions_from_accounts(links.accounts)
    cancelled = None if "churn_events" in there else people.churn_from_accounts(links.accounts)
    return [block for block in (contract, cancelled) if block]


def _say_what_is_missing(made: Draft) -> None:
    tables = {block.table for block in made.blocks}
    if "accounts" not in tables:
        said = "no source names the accounts: write a [[mapping]] of accounts, or nothing can be extracted"
        made.left.insert(0, said)
    if not tables & set(ACTIVITY_TABLES):
        made.left.insert(0, f"nothing was found that is one of {', '.join(ACTIVITY_TABLES)}: one of them is needed")
