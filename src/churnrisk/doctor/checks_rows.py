"""Checks of the rows as they came in: what is there, what was held back, what contradicts what.

They read the verdicts of validation, and stand also where nothing at all can be used.
"""

from __future__ import annotations

from collections.abc import Iterator

from churnrisk.doctor.facts import Facts
from churnrisk.doctor.finding import Check, Seen, Status
from churnrisk.doctor.freshness import SEPARATOR
from churnrisk.doctor.words import count, listed, percent, spoken
from churnrisk.parameters import Label
from churnrisk.tables import ACTIVITY_TABLES
from churnrisk.validate import Contradiction, contradictions

#: Up to this share of bad rows no figure moves visibly.
FEW = 0.01
#: From this share on the good rows are the exception: it is the mapping that is wrong, not the rows.
MOST = 0.5
#: A file of which more lines than this cannot be read is read in the wrong way, or is damaged.
MOST_UNREADABLE = 0.1
_ORPHANED = ("belongs_to_an_account", "belongs_to_a_ticket")
_KEY = "has_a_key_of_its_own"


def needed_tables(facts: Facts) -> Iterator[Seen]:
    """Accounts, and one table that tells of them."""
    present = facts.history.present
    activity = [table for table in ACTIVITY_TABLES if table in present]
    if "accounts" in present and activity:
        yield Seen("ok", listed(["accounts", *activity]), f"There are accounts, and {listed(activity)} to tell of them")
        return
    lacking = ("accounts",) if "accounts" not in present else ACTIVITY_TABLES
    missing = listed(lacking, "or")
    step = f"Export {missing}, and map it in churnrisk.toml"
    if any(facts.verdicts.landed.get(table) for table in lacking):
        step = "Look at what was held back with `churnrisk quarantine list`, and correct the mapping"
    yield Seen("fail", "no usable row", f"There is no row of {missing} that can be used", next_step=step)


def held_back(facts: Facts) -> Iterator[Seen]:
    """The share of each table that is held back, and the rule that holds most."""
    shares = {table: facts.verdicts.held[table] / rows for table, rows in facts.verdicts.landed.items() if rows}
    activity = [shares[table] for table in ACTIVITY_TABLES if table in shares]
    nothing_left = bool(activity) and min(activity) > MOST
    many = [table for table, share in shares.items() if share > FEW]
    for table in many:
        rule = next((title for title in facts.verdicts.broken if title.startswith(f"{table}.")), f"{table}.")
        fails = shares[table] > MOST and (table == "accounts" or (nothing_left and table in ACTIVITY_TABLES))
        if rule.endswith(_ORPHANED) and not fails:
            continue  # told by the check of rows without an owner
        held, landed = facts.verdicts.held[table], facts.verdicts.landed[table]
        yield Seen(
            "fail" if fails else "warn",
            percent(shares[table]),
            f"{held:,} of {landed:,} rows of {table} are held back, most often because"
            f" {facts.verdicts.says.get(rule, 'a rule says so')}",
            table,
        )
    if not many:
        yield Seen("ok", percent(max(shares.values(), default=0.0)), _total_held(facts))


def _total_held(facts: Facts) -> str:
    held, landed = sum(facts.verdicts.held.values()), sum(facts.verdicts.landed.values())
    return f"{held:,} of {landed:,} rows are held back" if held else f"None of {landed:,} rows is held back"


def orphaned(facts: Facts) -> Iterator[Seen]:
    """Rows whose account, or whose ticket, nobody knows."""
    worst = 0.0
    for title, rows in facts.verdicts.broken.items():
        table, _, rule = title.partition(".")
        if rule not in _ORPHANED:
            continue
        landed = facts.verdicts.landed[table]
        worst = max(worst, rows / landed)
        if rows / landed > FEW:
            owner = spoken(rule.removeprefix("belongs_to_"))
            status: Status = "fail" if rows / landed > MOST and table in ACTIVITY_TABLES else "warn"
            sentence = f"{rows:,} of {landed:,} rows of {table} belong to {owner} that is not in the export"
            yield Seen(status, percent(rows / landed), sentence, table)
    if worst <= FEW:
        yield Seen("ok", percent(worst), "The rows belong to accounts and tickets that are there")


def unreadable(facts: Facts) -> Iterator[Seen]:
    """Lines of the sources that could not be divided into cells."""
    for source, lines in facts.verdicts.unreadable.items():
        rows = _rows_from(facts, source)
        share = lines / (lines + rows)
        yield Seen(
            "fail" if share > MOST_UNREADABLE else "warn",
            percent(share),
            f"{count(lines, 'line')} of the source {source} could not be read, beside {count(rows, 'row')} that could",
            source,
        )
    if not facts.verdicts.unreadable:
        yield Seen("ok", "0 lines", "Every line of every source could be read")


def _rows_from(facts: Facts, source: str) -> int:
    if not facts.has_rows:
        return 0
    arrivals = facts.arrivals
    return int(arrivals.loc[[source in names.split(SEPARATOR) for names in arrivals["source"]], "rows"].sum())


def keys(facts: Facts) -> Iterator[Seen]:
    """Rows that say something else than another row with the same key."""
    found = [one for one in facts.verdicts.contradictions if one.rule.endswith(f".{_KEY}")]
    for one in found:
        table = one.rule.partition(".")[0]
        sentence = f"In {one.rows:,} of {one.of:,} rows of {table}, {one.says}; one of them is taken, always the same"
        yield Seen("warn", percent(one.share), sentence, table)
    if not found:
        yield Seen("ok", "0 rows", "No two rows tell different things under one key")


def agreement(facts: Facts) -> Iterator[Seen]:
    """Rows that cannot be right beside others."""
    found = [one for one in facts.verdicts.contradictions if not one.rule.endswith(f".{_KEY}")]
    deciding = _deciding(facts.parameters.label, facts.history.present)
    small = [one for one in found if one.share < FEW]
    for one in found:
        if one in small:
            continue
        table = one.rule.partition(".")[0]
        decides = _judged(one) in deciding
        fails = decides and one.share > MOST
        sentence = f"{one.rows:,} of {one.of:,} rows of {table} contradict others: {one.says}"
        if fails:
            sentence += f"; who left is told by {_judged(one)}"
        step = (
            "Find out which side is right and map that one; until then another [label] kind is safer" if fails else ""
        )
        yield Seen("fail" if fails else "warn", percent(one.share), sentence, one.rule, next_step=step)
    if small:
        told = ", ".join(f"{one.rule} ({one.rows:,} of {one.of:,})" for one in small)
        yield Seen("ok", f"{len(small)} below 1 %", f"Too few rows to matter contradict others: {told}")
    if not found:
        yield Seen("ok", "0 rows", "No table contradicts another")


def _judged(one: Contradiction) -> str:
    """The table that a contradiction casts doubt on: a flag of an account doubts the table it is compared with."""
    table = one.rule.partition(".")[0]
    needs = next((rule.needs for rule in contradictions() if rule.title == one.rule), ())
    return needs[0] if table == "accounts" and needs else table


def _deciding(label: Label, present: tuple[str, ...]) -> set[str]:
    """The tables that decide who is asked about and who left."""
    if label.kind == "silence":
        return {label.activity}
    return {"churn_events", "subscriptions"} & set(present) if label.kind == "event" else {"subscriptions"}


CHECKS = (
    Check(
        "the_needed_tables_are_there",
        f"accounts, and one of {listed(ACTIVITY_TABLES, 'or')}",
        "Without accounts there is nobody to list; accounts alone do not tell who will leave.",
        "",
        "no row of one of them can be used",
        "Export it, and map it in churnrisk.toml",
        needed_tables,
    ),
    Check(
        "few_rows_are_held_back",
        f"at most {percent(FEW)} of a table",
        "Rows that break a rule are left out; where they are many, what is left is no fair picture.",
        f"more than {percent(FEW)} of a table is held back",
        f"more than {percent(MOST)} of the accounts, or of every one of {listed(ACTIVITY_TABLES)} that is there",
        "Look at them with `churnrisk quarantine list`, and correct the export or the mapping",
        held_back,
    ),
    Check(
        "rows_belong_to_known_accounts",
        f"at most {percent(FEW)} of a table without its account or ticket",
        "A row that belongs to nobody cannot count for anybody; many of them mean that two sources use different ids.",
        f"more than {percent(FEW)} of a table",
        f"more than {percent(MOST)} of one of {listed(ACTIVITY_TABLES, 'or')}",
        "Check that both sources use the same ids, and that the accounts are exported whole",
        orphaned,
    ),
    Check(
        "lines_can_be_read",
        "every line",
        "A line that cannot be divided into cells is lost.",
        "a line cannot be read",
        f"more than {percent(MOST_UNREADABLE)} of a source",
        "Look at the file around those lines; see delim, quote and encoding of its source in churnrisk.toml",
        unreadable,
    ),
    Check(
        "keys_are_told_once",
        "one row for each key",
        "Of two rows with one key that say different things at the same time, only one can be taken.",
        "two rows of one key say different things",
        "",
        "Map a key that tells the rows apart, or choose one row for each key in the mapping",
        keys,
    ),
    Check(
        "tables_agree",
        "fewer than 1 % of a table",
        "Where two tables cannot both be right, one of them is wrong, and nobody can say which by looking at the data.",
        "rows contradict others",
        f"more than {percent(MOST)} of the table that tells who left contradicts another",
        "Find out which side is right and map that one; the rows count until then",
        agreement,
    ),
)
