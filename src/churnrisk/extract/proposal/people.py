"""Accounts, contacts, CSMs and agents: the [[mapping]] of whoever the export is about."""

from __future__ import annotations

from churnrisk.extract.proposal import values
from churnrisk.extract.proposal.cells import Block, Cell, cell, cells, moment, told
from churnrisk.extract.proposal.links import Links, relation_of, source_of
from churnrisk.extract.proposal.match import Match
from churnrisk.extract.proposal.names import says, spelled, words
from churnrisk.extract.proposal.profile import Column, identifier

_NO_CLOCK = "holds the value at the time of the export; a feature made of it would look ahead"
#: The moment of a fact, by table.
_HAPPENS = {
    "tickets": "created_at", "subscriptions": "started_at", "invoices": "issued_at", "usage": "day",
    "ticket_events": "at", "messages": "created_at", "surveys": "sent_at", "churn_events": "at",
}  # fmt: skip
#: What of an account a source of facts may tell.
_TOLD_OF_ACCOUNT = ("country", "industry", "segment", "csm", "language")


def accounts_block(matches: list[Match], links: Links) -> Block | None:
    """The accounts: from their own source, else from whoever the facts are about."""
    return _listed(links.accounts, matches, links) if links.accounts else _derived(matches, links)


def facts(matches: list[Match], links: Links, but: str = "") -> list[str]:
    """A SELECT of account_id and happened for each source of facts whose rows find their account."""
    found = []
    for match in matches:
        reach = links.reached.get(match.profile.label)
        column = match.columns.get(_HAPPENS.get(match.table, ""))
        if reach and column and column.moment and match.profile.label != but:
            relation = f"({reach.relation})" if reach.relation.startswith("select") else reach.relation
            found.append(f"select {reach.account} as account_id, {column.moment.typed} as happened from {relation}")
    return found


def first_facts(matches: list[Match], links: Links) -> str:
    """A SELECT of every account with its first fact; empty where no source has facts."""
    parts = facts(matches, links)
    if not parts:
        return ""
    inner = "\n    union all\n    ".join(parts)
    first = f"select account_id, min(happened) as first_fact\nfrom (\n    {inner}\n)"
    return f"{first}\nwhere nullif(account_id, '') is not null\ngroup by 1"


def _listed(match: Match, matches: list[Match], links: Links) -> Block:
    wanted = ("account_id", "name", "parent_account_id", "segment", "industry", "country", "language", "created_at",
              "csm", "support_plan")  # fmt: skip
    made = cells(match, wanted)
    relation, doubts = _one_row_each(match)
    block = Block("accounts", relation, match.profile.label, made, sure=match.sure, doubts=doubts)
    _fill_created(block, match, matches, links)
    if churned := match.columns.get("-churned"):
        truth = values.truth(churned.sql, churned.values, churned.type)
        block.columns["churned"] = Cell(truth, guess=_NO_CLOCK, used=(churned.name,))
    block.current_only = _without_clock(match, block)
    key = match.columns["account_id"]
    if key.kind == "number" and key.strays:
        block.where = f"try_cast({key.sql} as double) is not null"
        block.doubts.append(f"{key.strays} rows have a {key.name} that is no number, as sums have: they are left out")
    return block


#: How the last line of a sheet calls itself.
_SUMS = ("total", "totals", "sum", "summe", "gesamt", "gesamtsumme", "grand total", "i alt", "ialt", "razem", "suma")


def _one_row_each(match: Match) -> tuple[str, list[str]]:
    """The list of accounts with one row for each key and without sums, as a relation; and what was done, in words."""
    key, columns = match.columns["account_id"], list(match.profile.columns.values())
    doubts, relation = [], relation_of(match.profile)
    sums = [column for column in columns if column.type == "VARCHAR" and column.kind in ("text", "number")
            and set(_SUMS) & {value.strip().lower() for value in column.last}]  # fmt: skip
    if key.distinct < key.filled:
        filled = " + ".join(f"(nullif(trim({column.sql}::varchar), '') is not null)::integer" for column in columns)
        changed = next((column for column in columns if column.moment and says(column.name, "changed")), None)
        latest = f"{changed.moment.typed} desc nulls last, " if changed and changed.moment else ""
        first = f"row_number() over (partition by {key.id_sql} order by {latest}{filled} desc) = 1"
        relation = f"select * from {source_of(match.profile)} qualify {first}"
        how = f"the last one by {changed.name}" if changed else "the one with most cells filled"
        doubts.append(f"{key.filled - key.distinct} rows repeat a {key.name}: of each {how} is taken")
    if sums:
        listed = ", ".join(f"'{word}'" for word in _SUMS)
        said = " and ".join(f"coalesce(lower(trim({column.sql})), '') not in ({listed})" for column in sums)
        relation = (
            f"select * from ({relation}) where {said}"
            if relation.startswith("select")
            else (f"select * from {relation} where {said}")
        )
        doubts.append(f"rows with a word such as total in {', '.join(column.name for column in sums)} are left out")
    return relation, doubts


def _fill_created(block: Block, match: Match, matches: list[Match], links: Links) -> None:
    """Give every account a beginning: its own, else its first fact."""
    column = match.columns.get("created_at")
    if column is not None and column.missing == 0:
        return
    first = first_facts(matches, links)
    if not first:
        if column is None:
            block.columns["created_at"] = Cell("timestamp '2000-01-01'", doubt="nothing says when an account began")
        return
    own = f"({block.relation})" if block.relation.startswith("select") else block.relation
    key = match.columns["account_id"].id_sql
    on = f"c.{key}" if key == identifier(match.columns["account_id"].name) else "c.link_key"
    child = f"{own} c" if on != "c.link_key" else f"(select *, {key} as link_key from {own}) c"
    cast = "" if match.columns["account_id"].type == "VARCHAR" or on == "c.link_key" else "::varchar"
    block.relation = (
        f"with firsts as (\n{first}\n)\nselect c.*,"
        f" coalesce(f.first_fact, (select min(first_fact) from firsts)) as first_fact\n"
        f"from {child}\nleft join firsts f on f.account_id = {on}{cast}"
    )
    if column is None or column.moment is None:
        doubt = "no column says when an account began: its first fact is taken"
        block.columns["created_at"] = Cell("first_fact", doubt=doubt)
        return
    empty = f"{column.rows - column.filled:,} of {column.rows:,} rows"
    doubt = f"{column.name} is empty in {empty}: there the first fact is taken"
    block.columns["created_at"] = Cell(f"coalesce({column.moment.typed}, first_fact)", doubt=doubt, used=(column.name,))


def _without_clock(match: Match, block: Block) -> dict[str, Cell]:
    """The columns that hold a current value and are used by nothing else."""
    found: dict[str, Cell] = {}
    mapped = {name for made in block.columns.values() for name in made.used}
    for column in match.profile.columns.values():
        if column.name in mapped or column.kind in ("empty", "nested") or not is_current(column):
            continue
        own = "_".join(spelled(column.name)) or "value"
        own = own if own[0].isalpha() and own not in block.columns else f"current_{own}"
        found[own] = Cell(column.sql, guess=_NO_CLOCK, used=(column.name,))
    return found


def is_current(column: Column) -> bool:
    """Whether a column is called like a value at the time of the export, or is a yes or no on a snapshot."""
    return says(column.name, "current") or (column.is_truth and column.kind == "truth")


def _derived(matches: list[Match], links: Links) -> Block | None:
    """Accounts from the facts, where no source lists them."""
    first = first_facts(matches, links)
    if not first:
        return None
    main = next(match for match in matches if match.profile.label in links.reached)
    block = Block("accounts", first, main.profile.label, sure="likely")
    block.columns = {
        "account_id": Cell("account_id"),
        "name": Cell("account_id", guess="no column names the customer"),
        "created_at": Cell("first_fact", doubt="no source lists the accounts: an account begins with its first fact"),
    }
    _add_what_facts_tell(block, matches, links, first)
    return block


def _add_what_facts_tell(block: Block, matches: list[Match], links: Links, first: str) -> None:
    """Country and the like, where a source of facts says them of each account."""
    for match in matches:
        reach = links.reached.get(match.profile.label)
        if reach is None:
            continue
        found = {name: column for name, column in _account_columns(match).items() if name not in match.columns}
        if not found:
            continue
        inner = ", ".join(f"min({column.sql}) as {name}" for name, column in found.items())
        relation = f"({reach.relation})" if reach.relation.startswith("select") else reach.relation
        picked = ", ".join(f"o.{name}" for name in found)
        block.relation = (
            f"select f.*, {picked}\nfrom ({first}) f\nleft join (select {reach.account} as account_id, {inner}"
            f" from {relation} group by 1) o\n    on o.account_id = f.account_id"
        )
        for name, column in found.items():
            block.columns[name] = Cell(name, guess=f"the first {column.name} of its rows", used=(column.name,))
        return


def _account_columns(match: Match) -> dict[str, Column]:
    from churnrisk.extract.proposal.match import assigned

    columns, fits = assigned(match.profile, "accounts")
    return {name: columns[name] for name in _TOLD_OF_ACCOUNT if name in columns and fits[name] > 0.9}


def contacts_block(match: Match, links: Links) -> Block | str:
    """The contacts, or why they are left out."""
    reach = links.reached.get(match.profile.label)
    if reach is None:
        return "no column leads to an account"
    block = Block("contacts", reach.relation, match.profile.label, sure=match.sure)
    block.columns = cells(match, ("contact_id", "role", "created_at", "left_at"))
    block.columns["account_id"] = Cell(reach.account)
    block.doubts += reach.doubts
    created = match.columns.get("created_at")
    if created is None or created.missing > 0.2:
        return f"{_share_of(created)} say when the contact came"
    if "contact_id" not in block.columns:
        return "no column tells the contacts apart"
    return block


def _share_of(column: Column | None) -> str:
    return "no rows" if column is None else f"only {1 - column.missing:.0%} of the rows"


def csms_block(match: Match) -> Block:
    """The CSMs."""
    block = Block("csms", relation_of(match.profile), match.profile.label, sure=match.sure)
    block.columns = cells(match, ("csm", "name", "team", "email", "language", "weekly_capacity"))
    return block


#: Words in the name of a column that tells what came of a cancellation.
_OUTCOMES = frozenset(
    "outcome result status state stage kind type art typ ergebnis resultat udfald stan wynik rodzaj disposition"
    " resolution decision vorgang".split()
)


def agents_block(match: Match) -> Block | str:
    """The support staff, or why they are left out."""
    block = Block("agents", relation_of(match.profile), match.profile.label, sure=match.sure)
    block.columns = cells(match, ("agent_id", "team", "languages", "joined_at", "left_at"))
    return block if {"agent_id", "joined_at"} <= set(block.columns) else "no column says when an agent joined"


def churn_block(match: Match, links: Links) -> Block | str:
    """The cancellations, or why they are left out."""
    reach = links.reached.get(match.profile.label)
    if reach is None:
        return "no column leads to an account"
    block = Block("churn_events", reach.relation, match.profile.label, sure=match.sure)
    block.columns = {"account_id": Cell(reach.account), **cells(match, ("at", "reason"))}
    block.doubts += reach.doubts
    if column := match.columns.get("voluntary"):
        block.columns["voluntary"] = _voluntary(column)
    _without_stayers(block, match)
    back = next((column for column in match.profile.columns.values() if "reactivation" in words(column.name)), None)
    if back is not None and back.is_truth:
        block.doubts.append(f"{back.name} marks accounts that came back; such rows are still cancellations here")
    return block


def _without_stayers(block: Block, match: Match) -> None:
    """Leave out cancellations that were taken back or turned into something smaller, where a column says so.

    Why somebody left is no outcome: "switched to a competitor" is among the reasons, and has left.
    """
    for column in match.profile.columns.values():
        if not _OUTCOMES & set(words(column.name)):
            continue
        stayed = [value for value in column.values if says(value, "stayed")]
        if not stayed or len(stayed) == len(column.values) or column.type != "VARCHAR" or column.is_truth:
            continue
        listed = ", ".join("'" + value.strip().lower().replace("'", "''") + "'" for value in stayed)
        condition = f"coalesce(lower(trim({column.sql})), '') not in ({listed})"
        block.where = f"{block.where} and {condition}" if block.where else condition
        others = told(value for value in column.values if value not in stayed)
        block.doubts.append(f"rows whose {column.name} is {told(stayed)} are no cancellations; {others} are")


def _voluntary(column: Column) -> Cell:
    if column.is_truth:
        return Cell(values.truth(column.sql, column.values, column.type), used=(column.name,))
    known, unknown = values.enumerated("end_reason", column.values)
    sql = values.enumeration(column.sql, known)
    doubt = f"no word explains {told(unknown)}" if unknown else ""
    return Cell(f"({sql}) = 'voluntary'", doubt=doubt, used=(column.name,))


def churn_from_accounts(match: Match) -> Block | None:
    """Cancellations from a date on the accounts themselves."""
    column = match.columns.get("-churned_at")
    if column is None or column.moment is None or not 0 < column.filled < column.rows:
        return None
    block = Block("churn_events", relation_of(match.profile), match.profile.label, sure="likely")
    block.columns = {"account_id": Cell(match.columns["account_id"].id_sql), "at": moment(column)}
    block.where = f"{column.moment.typed} is not null"
    block.guesses.append(f"{column.name} of the accounts is when they left")
    return block


def moment_cell(match: Match, wanted: str) -> Cell | None:
    """The cell of a time that leads to another table, such as when a ticket was solved."""
    column = match.columns.get(wanted)
    return moment(column) if column and column.moment else None


__all__ = [
    "accounts_block", "agents_block", "cell", "churn_block", "churn_from_accounts", "contacts_block", "csms_block",
    "facts", "first_facts", "is_current", "moment_cell", "source_of",
]  # fmt: skip
