"""Use of the product: one row for each account, day and metric, whatever shape the export has."""

from __future__ import annotations

import re

import duckdb

from churnrisk.extract.proposal.cells import Block, Cell, OwnRule
from churnrisk.extract.proposal.contracts import numeric
from churnrisk.extract.proposal.links import Links, Reach
from churnrisk.extract.proposal.match import Match
from churnrisk.extract.proposal.names import says, words
from churnrisk.extract.proposal.profile import Column, identifier


def usage_block(
    connection: duckdb.DuckDBPyConnection, match: Match, links: Links
) -> tuple[Block | str, OwnRule | None]:
    """The use of the product, or why it is left out; and a rule where use can come before what it belongs to."""
    reach, day = links.reached.get(match.profile.label), match.columns["day"]
    if reach is None:
        return "no column leads to an account", None
    wide = [column for column in _wide(match) if not _leads(column, reach)]
    block = Block("usage", "", match.profile.label, sure=match.sure)
    placed = _placed(connection, match, day, block)
    source = f"({reach.relation})" if reach.relation.lstrip().startswith("select") else reach.relation
    started = f", min({reach.start}) as subscription_started_at" if reach.start else ""
    if len(wide) > 1 and "metric" not in match.columns:
        block.relation = _unpivoted(match, wide, reach, placed, source, started)
        block.guesses.append(f"one metric for each of {', '.join(column.name for column in wide)}")
    else:
        block.relation = _added_up(match, wide, reach, placed, source, started, block)
    block.columns = {name: Cell(name) for name in ("account_id", "day", "metric", "value")}
    block.columns["day"].used = (day.name,)
    block.columns["value"].used = tuple(column.name for column in wide)
    if people := _people(match):
        block.columns["active_users"] = Cell("active_users", used=(people.name,))
    block.doubts += list(reach.doubts)
    return block, _rule(block) if reach.start else None


def _leads(column: Column, reach: Reach) -> bool:
    """Whether a number is what leads to the account."""
    told = reach.step[0] or reach.account
    return bool(re.search(rf"(?<![\w\"]){re.escape(identifier(column.name))}(?![\w\"])", told))


def _people(match: Match) -> Column | None:
    column = match.columns.get("active_users")
    return column if column is not None and column is not match.columns.get("value") else None


def _wide(match: Match) -> list[Column]:
    """The numbers that tell how much was used: the value, and others beside it where nothing names a metric."""
    value, people = match.columns.get("value"), _people(match)
    if "metric" in match.columns:
        return [value] if value else []
    taken = {column.name for name, column in match.columns.items() if name != "value"}
    found = [
        column
        for column in match.profile.columns.values()
        if column.kind == "number" and column.name not in taken and not says(column.name, "not_use")
        and not (column.is_unique and column.number and column.number.whole and column.number.low >= 0
                 and column.distinct > 50 and "id" in words(column.name))
    ]  # fmt: skip
    return found or ([people] if people else [])


def _placed(connection: duckdb.DuckDBPyConnection, match: Match, day: Column, block: Block) -> str:
    """The day that a row is placed on: the last one of its period."""
    assert day.moment
    typed = f"({day.moment.typed})::date"
    block.doubts += list(day.moment.doubts)
    period = _period(connection, match, typed)
    if period == "month":
        block.doubts.append(f"{day.name} is always the first of a month: the whole month is placed on its last day")
        return f"last_day({typed})"
    if period == "week":
        block.doubts.append(f"{day.name} is always the same day of the week: the whole week is placed six days later")
        return f"{typed} + 6"
    return typed


def _period(connection: duckdb.DuckDBPyConnection, match: Match, typed: str) -> str:
    from churnrisk.extract.proposal.links import source_of

    [(firsts, weekdays, weekday, days)] = connection.execute(
        f"select avg((day(d) = 1)::integer), count(distinct isodow(d)), min(isodow(d)), count(distinct d)"
        f" from (select {typed} as d from {source_of(match.profile)}) where d is not null"
    ).fetchall()
    if not days or days < 3:
        return ""
    if firsts == 1:
        return "month"
    return "week" if weekdays == 1 and weekday == 1 else ""


def _metric(match: Match, wide: list[Column]) -> str:
    if column := match.columns.get("metric"):
        text = column.sql if column.type == "VARCHAR" else f"{column.sql}::varchar"
        return f"coalesce({text}, 'use')"
    return f"'{'_'.join(words(wide[0].name))}'" if wide else "'events'"


def _added_up(
    match: Match, wide: list[Column], reach: Reach, placed: str, source: str, started: str, block: Block
) -> str:
    """A SELECT that adds up what falls on one account, day and metric."""
    wide = [] if _is_each_event(match) else wide
    value = f"sum({numeric(wide[0])})" if wide else "count(*)"
    if not wide:
        block.guesses.append("no column counts: each row is one use")
    people = _people(match)
    users = f", max({numeric(people)}) as active_users" if people else ""
    block.guesses.append(f"rows of one account, day and metric are added up ({match.profile.rows:,} rows looked at)")
    return (
        f"select {reach.account} as account_id, {placed} as day, {_metric(match, wide)} as metric,"
        f"\n    {value} as value{users}{started}\nfrom {source}\ngroup by 1, 2, 3"
    )


def _is_each_event(match: Match) -> bool:
    """Whether each row is one event with its moment and name, so that rows are counted."""
    day, value = match.columns["day"], match.columns.get("value")
    counted = value is not None and says(value.name, "counts")
    return "metric" in match.columns and bool(day.moment and day.moment.has_time) and not counted


def _unpivoted(match: Match, wide: list[Column], reach: Reach, placed: str, source: str, started: str) -> str:
    """A SELECT that makes one row of each metric."""
    called = {column.name: identifier(match.renamed.get(column.name, column.name)) for column in wide}
    sums = ", ".join(f"sum({numeric(column)})::double as {called[column.name]}" for column in wide)
    people = _people(match)
    users = f", max({numeric(people)}) as active_users" if people else ""
    names = ", ".join(called.values())
    picked = f"select {reach.account} as account_id, {placed} as day{users}{started},\n        {sums}"
    inner = f"{picked}\n    from {source} group by 1, 2"
    return f"from (\n    {inner}\n)\nunpivot (value for metric in ({names}))"


def _rule(block: Block) -> OwnRule:
    """Use before its own contract began is named; nobody knows better than the company whether it is wrong."""
    block.current_only["subscription_started_at"] = Cell(
        "subscription_started_at", guess="when the contract that the use belongs to began, for the rule below"
    )
    return OwnRule(
        "usage_follows_its_subscription",
        "usage",
        "r.day < r.subscription_started_at::timestamp::date",
        "it was used before its own subscription began",
        "where rows were added up, the earliest start among their subscriptions counts",
    )
