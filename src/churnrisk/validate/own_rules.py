"""Rules of one's own beside those built in: where they stand in churnrisk.toml, and whether they fit the tables."""

from __future__ import annotations

import duckdb

from churnrisk.errors import SettingsError
from churnrisk.history import connect, first_line, name, one_row
from churnrisk.settings import OwnRule, Settings
from churnrisk.tables import TABLES, Table
from churnrisk.validate.contradictions import contradictions
from churnrisk.validate.rules import Rule, rules

#: What landing adds to every row, beside the canonical columns.
_LANDED = (
    "null::timestamp as happened_at, null::timestamp as known_at, null::timestamp as landed_at,"
    " null::varchar as source, null::varchar as problem, null::map(varchar, varchar) as current_only,"
    " null::ubigint as row_hash, null::boolean as is_declared"
)


def applied_rules(settings: Settings | None) -> tuple[Rule, ...]:
    """All rules: those built in and those of one's own."""
    own = [Rule(o.name, o.table, o.bad, o.says or o.name.replace("_", " "), 1, o.hold) for o in _own(settings)]
    return (*rules(), *contradictions(), *own)


def _own(settings: Settings | None) -> tuple[OwnRule, ...]:
    return settings.rule if settings is not None else ()


def placed_rules(settings: Settings | None) -> list[tuple[str, Rule]]:
    """Every rule, with the line of churnrisk.toml where it is one of one's own."""
    every = applied_rules(settings)
    own = len(_own(settings))
    places = [settings.place("rule", position, "bad") for position in range(own)] if settings is not None else []
    return list(zip([""] * (len(every) - own) + places, every, strict=True))


def refuse_unknown_tables(settings: Settings | None) -> None:
    """Raise SettingsError, with its line, where a rule of one's own is about no canonical table."""
    for position, own in enumerate(_own(settings)):
        if own.table not in TABLES and settings is not None:
            raise SettingsError(
                f"{settings.place('rule', position, 'table')}: no canonical table is called {own.table}",
                f"Use one of {', '.join(TABLES)}",
            )


def counted(connection: duckdb.DuckDBPyConnection, place: str, rule: Rule, sql: str) -> int:
    """The number that the SQL of a rule gives; where one of one's own does not fit, its line is named."""
    try:
        [one] = connection.extract_statements(sql)  # what comes after a semicolon is no condition
        return int(one_row(connection, one.query)[0])
    except (duckdb.Error, ValueError) as error:
        if not place:
            raise
        raise SettingsError(
            f"{place}: the rule {rule.name} does not fit {rule.table}: {first_line(error)}",
            "Correct `bad`: the row is r, other canonical tables go by their names",
            rule=rule.name,
        ) from error


def check_own_rules(settings: Settings) -> None:
    """Try every rule of one's own on empty tables, before anything lands.

    Raises:
        SettingsError: one is about no canonical table, or is no condition over the tables; file and line are named.
    """
    refuse_unknown_tables(settings)
    own = [(place, rule) for place, rule in placed_rules(settings) if place]
    if not own:
        return
    connection = connect()
    try:
        for table in TABLES.values():
            connection.execute(f"create view {name(table.name)} as {_empty(table, settings)}")
        for place, rule in own:
            counted(connection, place, rule, f"select count(*) from {name(rule.table)} r where ({rule.bad}\n)")
    finally:
        connection.close()


def _empty(table: Table, settings: Settings) -> str:
    """The SQL of the table without rows, with the values of today that are mapped as columns of text."""
    columns = [f"null::{column.sql_type} as {name(column.name)}" for column in table.columns]
    mapped = (key for mapping in settings.mapping if mapping.table == table.name for key in mapping.current_only)
    texts = [f"null::varchar as {name(key)}" for key in dict.fromkeys(mapped) if key not in table.column_names]
    return f"select {', '.join([*columns, *texts])}, {_LANDED} where false"
