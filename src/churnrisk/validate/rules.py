"""The named rules: each a sentence about a good row, and the SQL that finds the bad ones.

A rule's name is its message. A new rule is one `Rule` in this file and one test in tests/unit/test_validate.py.
"""

from __future__ import annotations

from dataclasses import dataclass

from churnrisk.history import name, quoted
from churnrisk.tables import TABLES, Table

#: How far a source's clock may be ahead of ours, in minutes.
CLOCK_TOLERANCE_MINUTES = 10
#: The largest number that is taken for a quantity, either way.
LARGEST = 1e12
#: What a row that points there cannot do without, in words.
_OWNERS = {"accounts.account_id": "an_account", "tickets.ticket_id": "a_ticket"}


@dataclass(frozen=True)
class Rule:
    """What is true of every good row of a table.

    Attributes:
        name: a claim, such as `ends_after_it_starts`.
        table: the canonical table it is about.
        bad: SQL over the landed rows of that table (alias `r`) that is true of a bad row.
        says: what is wrong with a row that breaks it, for people.
        version: raised when the rule changes.
        hold: whether rows that break it are held back; otherwise it tells of a contradiction and they go on.
        needs: other tables without which it says nothing.
        detail: SQL of one text that tells more than the count; empty where there is no more to tell.
        every_version: whether a rule that holds nothing looks at every version of a row, not the newest only.
    """

    name: str
    table: str
    bad: str
    says: str
    version: int = 1
    hold: bool = True
    needs: tuple[str, ...] = ()
    detail: str = ""
    every_version: bool = False

    @property
    def title(self) -> str:
        """Its table and its name."""
        return f"{self.table}.{self.name}"


def rules() -> tuple[Rule, ...]:
    """The rules that hold rows back: those that follow from the declarations, and those about one table."""
    general = [rule for table in TABLES.values() for rule in _from_declaration(table)]
    return (*general, *_SPECIFIC)


def _from_declaration(table: Table) -> list[Rule]:
    missing = " or ".join(f"r.{name(column)} is null" for column in table.required)
    found = [
        Rule("is_readable", table.name, "r.problem is not null", "a cell could not be read as its type"),
        Rule("has_what_it_needs", table.name, missing, f"one of {', '.join(table.required)} is missing"),
        Rule(
            "is_not_from_the_future",
            table.name,
            f"{_latest_clock(table)} > r.landed_at + interval {CLOCK_TOLERANCE_MINUTES} minute",
            "it happened, or was known, after it was landed",
            version=2,
        ),
    ]
    if not table.announced:
        found.append(
            Rule(
                "is_known_after_it_happened",
                table.name,
                "r.known_at < r.happened_at",
                "it was known before it happened",
            )
        )
    for column in table.columns:
        if column.values:
            allowed = ", ".join(quoted(value) for value in column.values)
            found.append(
                Rule(
                    f"has_a_known_{column.name}",
                    table.name,
                    f"r.{name(column.name)} not in ({allowed})",
                    f"{column.name} is none of {', '.join(column.values)}",
                )
            )
        if column.kind in ("integer", "number"):
            found.append(
                Rule(
                    f"has_a_possible_{column.name}",
                    table.name,
                    f"abs(r.{name(column.name)}::double) > {LARGEST}",
                    f"{column.name} is larger than any quantity",
                )
            )
        if column.references in _OWNERS and column.required:
            owner, _, key = column.references.partition(".")
            found.append(
                Rule(
                    f"belongs_to_{_OWNERS[column.references]}",
                    table.name,
                    f"r.{name(column.name)} not in"
                    f" (select {name(key)} from {name(owner)} where {name(key)} is not null)",
                    f"its {column.name} is not in {owner}",
                )
            )
    return found


def _latest_clock(table: Table) -> str:
    return "r.known_at" if table.announced else "greatest(r.happened_at, r.known_at)"


def _order(rule: str, table: str, earlier: str, later: str) -> Rule:
    return Rule(rule, table, f"r.{later} < r.{earlier}", f"{later} is before {earlier}")


_SPECIFIC = (
    _order("ends_after_it_starts", "subscriptions", "started_at", "ended_at"),
    _order("gives_notice_after_it_starts", "subscriptions", "started_at", "notice_at"),
    _order("is_paid_after_it_is_issued", "invoices", "issued_at", "paid_at"),
    _order("is_answered_after_it_is_sent", "surveys", "sent_at", "responded_at"),
    _order("leaves_after_it_comes", "contacts", "created_at", "left_at"),
    _order("leaves_after_joining", "agents", "joined_at", "left_at"),
)
