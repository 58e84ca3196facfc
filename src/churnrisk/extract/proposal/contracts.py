"""Subscriptions and invoices: their [[mapping]] blocks, with amounts by month and in whole units."""

from __future__ import annotations

import duckdb

from churnrisk.extract.proposal import values
from churnrisk.extract.proposal.cells import Block, Cell, arrived_at, cell, cells, changed_at, moment, told, words_of
from churnrisk.extract.proposal.links import Links, relation_of
from churnrisk.extract.proposal.match import Match, spare_key
from churnrisk.extract.proposal.names import says, spelled, words
from churnrisk.extract.proposal.people import is_current
from churnrisk.extract.proposal.profile import Column

_VERSIONS = "a later change overwrites it; where the export keeps no versions a feature may look ahead"


def amount(column: Column) -> Cell:
    """An amount as it is, in whole units of its currency."""
    assert column.number
    made = Cell(column.number.sql, doubt="; ".join(column.number.doubts), used=(column.name,))
    if says(column.name, "hundredths"):
        made.sql, made.guess = f"{numeric(column)} / 100.0", "counted in hundredths"
    return made


def numeric(column: Column) -> str:
    """The column's numbers as numbers."""
    assert column.number
    return column.number.sql if column.type != "VARCHAR" or "try_cast" in column.number.sql else (
        f"try_cast({column.number.sql} as double)")  # fmt: skip


def monthly(column: Column, billing: Column | None = None) -> Cell:
    """An amount by month, whatever period its name says it is for."""
    made = amount(column)
    if says(column.name, "yearly"):
        made.sql, made.guess = f"{made.sql if '/' in made.sql else numeric(column)} / 12", "an amount by year"
    elif not says(column.name, "monthly"):
        beside = f"; {billing.name} has {told(billing.values)}" if billing else ""
        made.doubt = f"{column.name} is taken for an amount by month{beside}"
    return made


def subscriptions_block(connection: duckdb.DuckDBPyConnection, match: Match, links: Links) -> Block | str:
    """The contracts, or why they are left out."""
    reach = links.reached.get(match.profile.label)
    if reach is None:
        return "no column leads to an account"
    block = Block("subscriptions", reach.relation, match.profile.label, sure=match.sure)
    block.columns = {"account_id": Cell(reach.account), **_contract_cells(match)}
    block.doubts += list(reach.doubts)
    if told_by := " and ".join(name for name in ("mrr", "seats") if name in block.columns):
        block.doubts.append(f"{told_by}: {_VERSIONS}")
    block.known_at = arrived_at(match)
    key = match.columns.get("subscription_id")
    if key is None or not key.is_unique:
        spare = spare_key(match)
        if spare:
            block.columns["subscription_id"] = Cell(spare.id_sql, guess="unique in every row", used=(spare.name,))
        else:
            _make_key(block, match, key)
    _end(block, match)
    _until_next_day(connection, block)
    _renewal(block, match)
    for column in match.profile.columns.values():
        if column.name not in block.used and is_current(column) and column.kind not in ("empty", "nested"):
            block.current_only["_".join(spelled(column.name))] = Cell(
                column.sql, guess="holds the value at the time of the export", used=(column.name,)
            )
    return block


def _contract_cells(match: Match) -> dict[str, Cell]:
    made = cells(match, ("subscription_id", "plan", "seats", "currency", "started_at", "notice_at", "auto_renew"))
    billing = next((column for column in match.profile.columns.values() if "billing" in words(column.name)), None)
    if column := match.columns.get("mrr"):
        made["mrr"] = monthly(column, billing)
    if reason := match.columns.get("end_reason"):
        made["end_reason"] = words_of(reason, "end_reason")
    return made


def _make_key(block: Block, match: Match, key: Column | None) -> None:
    account, start = block.columns["account_id"].sql, match.columns["started_at"]
    if key is not None:
        block.columns["subscription_id"] = Cell(
            f"{key.id_sql} || '@' || {start.sql}::varchar",
            doubt=f"{key.name} is not unique ({key.distinct:,} of {key.filled:,}): each row is taken for a period",
            used=(key.name,),
        )
    else:
        block.columns["subscription_id"] = Cell(
            f"md5(concat_ws('|', {account}, {start.sql}::varchar))", doubt="no key: account and start make one"
        )


def _end(block: Block, match: Match) -> None:
    """When contracts ended: the end on the row; only of those that are over where all rows have one."""
    column = match.columns.get("ended_at")
    if column is None or column.moment is None:
        return
    made = moment(column)
    status = match.columns.get("-status")
    gone = [value for value in (status.values if status else ()) if says(value, "gone")]
    if column.missing < 0.05 and status is not None and gone:
        listed = ", ".join("'" + value.replace("'", "''").lower() + "'" for value in gone)
        over = f"case when lower(trim({status.sql})) in ({listed}) then {column.moment.typed} end"
        block.columns["ended_at"] = Cell(
            over, doubt=f"every contract has a {column.name}: only those with {told(gone)} are taken for ended",
            used=(column.name, status.name),
        )  # fmt: skip
        block.current_only.setdefault("renewal_at", Cell(column.sql, guess="the end of the term", used=(column.name,)))
        return
    if column.missing < 0.05:
        made.doubt = (
            made.doubt or f"every contract has a {column.name}: an end that is to come may be the end of the term"
        )
    block.columns["ended_at"] = made


def _until_next_day(connection: duckdb.DuckDBPyConnection, block: Block) -> None:
    """Where the next contract begins the day after, the end is the last day: the contract is over a day later."""
    made = block.columns.get("ended_at")
    if made is None:
        return
    source = f"({block.relation})" if block.relation.startswith("select") else block.relation
    ended, started = (f"try_cast({block.columns[name].sql} as date)" for name in ("ended_at", "started_at"))
    spans = f"select {block.columns['account_id'].sql} as a, {started} as s, {ended} as e from {source}"
    try:
        [(followed, closely)] = connection.execute(
            f"with spans as ({spans}), pairs as (select e, lead(s) over (partition by a order by s) as next from spans)"
            " select count(*) filter (next >= e), count(*) filter (next = e + 1) from pairs"
        ).fetchall()
    except duckdb.Error:  # the expression is looked at again before it is written
        return
    if closely >= 10 and closely > 0.5 * followed:
        made.sql = f"{ended} + interval 1 day"
        made.guess = f"{closely:,} of {followed:,} contracts are followed a day later: the end is their last day"


def _renewal(block: Block, match: Match) -> None:
    """The next renewal: a current value, unless something says when it was set."""
    made = cell(match, "renewal_at")
    if made is None:
        return
    if changed_at(match) is None:
        made.guess = "moves on with every renewal; the export holds only the next one"
        block.current_only["renewal_at"] = made
    else:
        made.doubt = "moves on with every renewal; put it under current_only where the export overwrites it"
        block.columns["renewal_at"] = made


def subscriptions_from_accounts(match: Match) -> Block | None:
    """One contract an account, where the list of accounts tells price, renewal or end."""
    started, ended = match.columns.get("created_at"), match.columns.get("-churned_at")
    price = match.columns.get("-mrr")
    if started is None or started.moment is None or started.missing > 0.2 or not (price or ended):
        return None
    block = Block("subscriptions", relation_of(match.profile), match.profile.label, sure="likely")
    key = match.columns["account_id"].id_sql
    block.columns = {"subscription_id": Cell(key), "account_id": Cell(key), "started_at": moment(started)}
    if ended and ended.moment:
        block.columns["ended_at"] = moment(ended)
    if price:
        block.columns["mrr"] = monthly(price)
        block.columns["mrr"].doubt = block.columns["mrr"].doubt or _VERSIONS
    block.guesses.append("no source lists the contracts: each account is taken for one")
    return block


def invoices_block(match: Match, links: Links) -> Block | str:
    """The invoices or orders, or why they are left out; lines of one invoice are added up."""
    reach = links.reached.get(match.profile.label)
    if reach is None:
        return "no column leads to an account"
    key = match.columns.get("invoice_id")
    if key is not None and key.distinct < 0.9 * key.filled:
        return _from_lines(match, reach.account, reach.relation, list(reach.doubts))
    block = Block("invoices", reach.relation, match.profile.label, sure=match.sure)
    block.columns = {
        "account_id": Cell(reach.account),
        **cells(match, ("invoice_id", "currency", "issued_at", "due_at", "paid_at")),
    }
    block.doubts += list(reach.doubts)
    block.known_at = arrived_at(match)
    if column := match.columns.get("amount"):
        block.columns["amount"] = amount(column)
    if status := match.columns.get("status"):
        block.columns["status"] = Cell(status.sql, guess="the state at the time of the export", used=(status.name,))
    if key is None:
        parts = ", ".join(f"{part.sql}::varchar" for part in match.profile.columns.values() if part.kind != "nested")
        block.columns["invoice_id"] = Cell(
            f"md5(concat_ws('|', {parts}))", doubt="no key: a digest of the row is taken"
        )
    elif key.distinct < key.filled:
        block.doubts.append(f"{key.filled - key.distinct:,} rows repeat a {key.name}; rows of one key are its versions")
    return block


def _from_lines(match: Match, account: str, relation: str, doubts: list[str]) -> Block:
    """Invoices added up from their lines."""
    key, issued = match.columns["invoice_id"], match.columns["issued_at"]
    quantity, price, total = (match.columns.get(name) for name in ("-quantity", "-unit_price", "amount"))
    if quantity and price and quantity is not price:
        line, told_by = f"{numeric(quantity)} * {numeric(price)}", f"{quantity.name} times {price.name}"
    else:
        column = total or price
        assert column is not None
        line, told_by = amount(column).sql if "/" in amount(column).sql else numeric(column), column.name
    source = f"({relation})" if relation.startswith("select") else relation
    assert issued.moment
    block = Block(
        "invoices",
        f"select {key.id_sql} as invoice_id, {account} as account_id, min({issued.moment.typed}) as issued_at,"
        f"\n    sum({line}) as amount\nfrom {source}\nwhere {account} is not null\ngroup by 1, 2",
        match.profile.label,
        sure=match.sure,
    )
    block.columns = {name: Cell(name) for name in ("invoice_id", "account_id", "issued_at", "amount")}
    block.columns["amount"].guess = f"the sum of {told_by} over the lines"
    block.columns["amount"].used = tuple(column.name for column in (quantity, price, total) if column)
    block.columns["issued_at"].doubt = "; ".join(issued.moment.doubts)
    block.doubts += doubts
    block.guesses.append(
        f"{key.name} is on several rows ({key.filled:,} rows, {key.distinct:,} values): they are taken for lines"
    )
    return block


__all__ = ["amount", "invoices_block", "monthly", "subscriptions_block", "subscriptions_from_accounts", "values"]
