"""Claims on the declarations of the canonical tables."""

import pytest

from churnrisk.tables import ACTIVITY_TABLES, ALWAYS, CURRENT_ONLY, ROW, TABLES, Column, Table

every_table = pytest.mark.parametrize("table", TABLES.values(), ids=list(TABLES))


def test_every_promised_table_is_declared():
    """These names are a contract: mappings, documents and rules are written in them."""
    assert set(TABLES) == {
        "accounts",
        "contacts",
        "csms",
        "subscriptions",
        "invoices",
        "tickets",
        "ticket_events",
        "messages",
        "message_scores",
        "surveys",
        "usage",
        "agents",
        "agent_surveys",
        "schedules",
        "holidays",
        "sla_targets",
        "churn_events",
        "outreach",
    }


def test_an_account_is_active_through_tables_that_belong_to_accounts():
    for name in ACTIVITY_TABLES:
        assert TABLES[name].column("account_id").references == "accounts.account_id"


@every_table
def test_a_table_begins_with_its_key_and_cannot_do_without_it(table):
    assert table.column_names[: len(table.key)] == table.key
    assert set(table.key) <= set(table.required)


@every_table
def test_a_table_is_placed_in_time_by_a_time_that_is_known_with_its_row(table):
    if table.happened_at != ALWAYS:
        placed = table.column(table.happened_at)
        assert placed.kind in ("timestamp", "date")
        assert placed.clock == ROW


@every_table
def test_what_a_table_points_at_is_landed_before_it(table):
    order = list(TABLES)
    targets = {column.references.partition(".")[0] for column in table.columns if column.references}
    assert all(order.index(target) < order.index(table.name) for target in targets - {table.name})


@every_table
def test_a_reference_points_at_a_key_of_the_same_kind(table):
    for column in table.columns:
        if column.references:
            target, _, name = column.references.partition(".")
            assert name in TABLES[target].key, column.name
            assert TABLES[target].column(name).kind == column.kind, column.name


@every_table
def test_a_column_has_one_valid_clock(table):
    """With its row, never for features, or a timestamp beside it which reveals itself at its own time."""
    for column in table.columns:
        if column.clock not in (ROW, CURRENT_ONLY):
            revealing = table.column(column.clock)
            assert (revealing.kind, revealing.clock) == ("timestamp", revealing.name), column.name


@every_table
def test_a_key_is_known_with_its_row(table):
    assert {table.column(name).clock for name in table.key} == {ROW}


@every_table
def test_a_meaning_ends_as_a_sentence_does(table):
    assert [meaning for meaning in (table.meaning, *(c.meaning for c in table.columns)) if meaning[-1] != "."] == []


@every_table
def test_a_measured_number_tells_its_unit(table):
    assert [column.name for column in table.columns if column.kind == "number" and not column.unit] == []


@every_table
def test_the_name_of_a_time_says_that_it_is_one(table):
    """`..._at` or `at` for a moment, `day` for a day."""
    for column in table.columns:
        assert (column.kind == "timestamp") == (column.name == "at" or column.name.endswith("_at")), column.name
        assert (column.kind == "date") == (column.name == "day"), column.name


@pytest.mark.parametrize(
    ("happened_at", "columns", "fault"),
    [
        ("at", (Column("id", "text", "One."),), "does not declare at"),
        (ALWAYS, (Column("id", "text", "One."), Column("id", "text", "Two.")), "declares a column twice"),
        (ALWAYS, (Column("name", "text", "One."),), "does not declare id"),
        (ALWAYS, (Column("id", "text", "One."), Column("score", "number", "Two.", clock="id")), "is no timestamp"),
    ],
)
def test_a_faulty_declaration_is_refused(happened_at, columns, fault):
    with pytest.raises(ValueError, match=fault):
        Table("things", key=("id",), happened_at=happened_at, meaning="Things.", columns=columns)


def test_an_undeclared_column_is_a_key_error_that_names_it():
    with pytest.raises(KeyError, match=r"accounts\.mood"):
        TABLES["accounts"].column("mood")
