"""Checks of what the tables hold: which reasons can be given, which columns are filled, value, CSMs, first days."""

from __future__ import annotations

import re
from collections.abc import Iterator

from churnrisk.doctor.facts import Facts
from churnrisk.doctor.finding import Check, Seen
from churnrisk.doctor.words import count, listed, percent, spoken
from churnrisk.features import CATALOGUE, Feature
from churnrisk.features.streams import seen
from churnrisk.history import name
from churnrisk.tables import CURRENT_ONLY, ROW, TABLES, Column

#: A column that is empty more often than this tells of the minority only.
MOST_EMPTY = 0.5
#: With more accounts than this without a value, or a CSM, the order of the list, or its division, says little.
FEW_UNKNOWN = 0.1
#: The share of accounts that may begin on one day; more is the day of an import. Two launches a year stay below.
MOST_ON_ONE_DAY = 0.2
#: Fewer accounts than this can begin on one day by chance.
LEAST_ON_ONE_DAY = 20

_VALUES = """
    select count(*) filter (has_mrr), count(*) filter (not has_mrr and has_invoice) from (
        select a.account_id in (
            select account_id from subscriptions
            where mrr is not null and started_at <= $now and (ended_at is null or ended_at > $now)
        ) as has_mrr,
        a.account_id in (
            select account_id from invoices where amount is not null and issued_at > $year_ago and issued_at <= $now
        ) as has_invoice
        from asked a
    )
"""


def reasons(facts: Facts) -> Iterator[Seen]:
    """The reason codes that can be given, and the tables that the others lack."""
    present = facts.history.present
    # What a text model reads is not mapped: it is made here.
    mapped = [feature for feature in CATALOGUE.features if "message_scores" not in feature.needs]
    every = _codes(mapped)
    having = CATALOGUE.having(present, facts.parameters.features.leave_out).features
    here = _codes([feature for feature in having if feature in mapped])
    missing = [code for code in every if code not in here]
    telling = {code: [feature for feature in mapped if code in _codes([feature])] for code in missing}
    needed = {table for those in telling.values() for table in min(those, key=lambda f: len(f.needs)).needs}
    absent = [table for table in TABLES if table in needed and table not in present]
    have = f"{len(here)} of {count(len(every), 'reason')}"
    if not here:
        yield Seen("fail", have, f"Without {listed(absent, 'or')} there is nothing to learn from")
    elif missing:
        told = listed((spoken(code) for code in missing), "or")
        without = f"Without {listed(absent)}" if absent else "With those features left out"
        yield Seen("warn", have, f"{without} nobody can be told of {told}")
    else:
        yield Seen("ok", have, "Every kind of reason can be given")


def _codes(features: tuple[Feature, ...] | list[Feature]) -> dict[str, None]:
    """The reason codes of these features, in the order of the catalogue."""
    wordings = [wording for feature in features for wording in (feature.high, feature.low) if wording is not None]
    return dict.fromkeys(wording.code for wording in wordings)


def columns(facts: Facts) -> Iterator[Seen]:
    """Columns that features read and that are mostly, or always, empty."""
    looked_at, all_filled = 0, True
    for table in facts.history.present:
        used = _used(table)
        empty = {column: share for column, share in _empty(facts, table, used).items() if _is_poor(column, share)}
        looked_at += len(used)
        if empty:
            all_filled = False
            weakened = listed(dict.fromkeys(spoken(code) for column in empty for code in used[column]))
            sentence = f"In {table}, {_emptiness(empty)}; this weakens {weakened}"
            have = listed(f"{column.name} {percent(1 - share)}" for column, share in empty.items())
            yield Seen("warn", have, sentence, table)
    if all_filled:
        yield Seen("ok", "all filled", f"What features read is filled: {count(looked_at, 'column')}")


def _empty(facts: Facts, table: str, used: dict[Column, list[str]]) -> dict[Column, float]:
    """The share of the rows in which each column is empty."""
    if not used:
        return {}
    counts = ", ".join(f"count({name(column.name)})" for column in used)
    rows, *filled = facts.one(f"select count(*), {counts} from {name(table)}")
    return {column: 1 - has / rows for column, has in zip(used, filled, strict=True)} if rows else {}


def _is_poor(column: Column, share: float) -> bool:
    """Whether it is too empty. A moment that has not come yet is empty, and that is no fault."""
    return share > MOST_EMPTY if column.clock == ROW else share >= 1


def _emptiness(empty: dict[Column, float]) -> str:
    never = [column.name for column, share in empty.items() if share >= 1]
    parts = [f"{listed(never)} {'is' if len(never) == 1 else 'are'} never filled"] if never else []
    parts += [f"{one.name} is empty in {percent(share)} of the rows" for one, share in empty.items() if share < 1]
    return listed(parts)


def _used(table: str) -> dict[Column, list[str]]:
    """The columns of a table that some feature reads, with the reason codes that rest on them."""
    found: dict[Column, dict[str, None]] = {}
    required = TABLES[table].required
    if table == "message_scores":
        return {}  # made by the product: most messages speak of no intent, and nothing could be mapped
    for feature in CATALOGUE.features:
        if table in feature.needs:
            words = set(re.findall(r"\w+", f"{_own(feature, table)} {feature.value} {feature.where}"))
            for column in TABLES[table].columns:
                if column.name in words and column.name not in required and column.clock != CURRENT_ONLY:
                    found.setdefault(column, {}).update(_codes([feature]))
    return {column: list(codes) for column, codes in found.items()}


def _own(feature: Feature, table: str) -> str:
    """What the stream says of columns, without the lists of all of them."""
    rows = feature.stream.rows.replace(seen(table), "")
    lists_all = set(TABLES[table].required) < set(re.findall(r"\w+", rows))
    return rows.rsplit(" from ", 1)[-1] if lists_all and not feature.stream.after else rows


def value(facts: Facts) -> Iterator[Seen]:
    """What an account is worth: MRR, invoices, or unknown."""
    of = len(facts.eligible)
    if not of:
        return
    by_mrr, by_invoice = _valued(facts)
    unknown, parts = of - by_mrr - by_invoice, []
    if by_mrr:
        parts.append(f"{by_mrr:,} by MRR")
    if by_invoice:
        parts.append(f"{by_invoice:,} by invoices")
    have = f"{listed(parts)} of {of:,}" if parts else "neither"
    if not parts:
        yield Seen("warn", have, "Value is unknown: every account counts as 1, so the list is ordered by risk alone")
    elif unknown > FEW_UNKNOWN * of:
        yield Seen("warn", have, f"{unknown:,} of {of:,} accounts have no value, and end at the bottom of the list")
    else:
        yield Seen("ok", have, f"The value of an account is known: {listed(parts)}, of {of:,}")
    if without_rate := _without_rate(facts):
        sentence = (
            f"Amounts in {listed(without_rate)} have no rate into {facts.settings.company.currency} and count as 0"
        )
        step = "Say the rates under [company.rates] in churnrisk.toml"
        yield Seen("warn", listed(without_rate), sentence, "currency", "a rate for each currency", step)


def _valued(facts: Facts) -> tuple[int, int]:
    import pyarrow as pa

    moments = (("$now", facts.now.instant), ("$year_ago", facts.now.edge(-365)))
    sql = _VALUES
    for word, moment in moments:
        sql = sql.replace(word, f"timestamp '{moment}'")
    asked = pa.table({"account_id": pa.array(facts.eligible, pa.string())})
    by_mrr, by_invoice = facts.known.frame_for(asked, sql).iloc[0]
    return int(by_mrr), int(by_invoice)


def _without_rate(facts: Facts) -> list[str]:
    company = facts.settings.company
    found = facts.known.frame("select distinct currency from (from subscriptions union all by name from invoices)")
    return sorted(set(found["currency"].dropna()) - {company.currency, *company.rates})


def csms(facts: Facts) -> Iterator[Seen]:
    """Who would call the account."""
    of = len(facts.eligible)
    if not of:
        return
    owned = facts.known.frame("select account_id from accounts where csm is not null")["account_id"]
    having = int(facts.eligible.isin(owned).sum())
    have = f"{having:,} of {of:,}"
    if not having:
        sentence = "No account has a CSM: there is one list for all, which cannot be divided"
        yield Seen("warn", have, sentence)
    elif having < (1 - FEW_UNKNOWN) * of:
        yield Seen("warn", have, f"{of - having:,} of {of:,} accounts have no CSM, and are on nobody's list")
    else:
        yield Seen("ok", have, f"{having:,} of {of:,} accounts have a CSM")


def first_days(facts: Facts) -> Iterator[Seen]:
    """Whether `created_at` is when accounts began, or when they were imported."""
    days = facts.days.get("accounts")
    if days is None:
        return
    most, of = int(days.max()), int(days.sum())
    day = days.idxmax().date()
    have = f"{percent(most / of)} on {day}"
    if most >= LEAST_ON_ONE_DAY and most > MOST_ON_ONE_DAY * of:
        sentence = (
            f"{most:,} of {of:,} accounts were created on {day}: this looks like the day of an import,"
            " and before it they count as not there"
        )
        yield Seen("warn", have, sentence)
    else:
        yield Seen("ok", have, f"At most {count(most, 'account')} of {of:,} began on one day ({day})")


CHECKS = (
    Check(
        "reasons_have_their_tables",
        "the tables of every reason",
        "A reason is only given where the tables that tell of it are there; nothing is guessed.",
        "a reason cannot be given to anybody",
        "no reason at all can be given",
        "Map those tables if there is a source of them; otherwise the list goes without these reasons",
        reasons,
    ),
    Check(
        "columns_that_features_read_are_filled",
        f"filled in {percent(1 - MOST_EMPTY)} of the rows",
        "A column that is mostly empty tells of few accounts, and a model may learn who fills it in.",
        f"a column is empty in more than {percent(MOST_EMPTY)} of the rows; one that is filled only when something has"
        " happened, such as left_at, when it is never filled",
        "",
        "Map the column if the source has it; otherwise the list goes without it",
        columns,
    ),
    Check(
        "value_is_known",
        "MRR or invoices of each account",
        "The list is ordered by what is at risk: the risk times the monthly value.",
        f"more than {percent(FEW_UNKNOWN)} of the eligible accounts have neither, or a currency has no rate",
        "",
        "Map mrr in subscriptions, or amount in invoices",
        value,
    ),
    Check(
        "accounts_have_a_csm",
        "a CSM for each account",
        "Each CSM gets the accounts that are theirs, as many as they can call.",
        f"more than {percent(FEW_UNKNOWN)} of the eligible accounts have none",
        "",
        "Map csm in accounts",
        csms,
    ),
    Check(
        "accounts_did_not_all_begin_at_once",
        f"at most {percent(MOST_ON_ONE_DAY)} on one day",
        "An account is not there before it was created; the day of an import makes every account new at once.",
        f"more than {percent(MOST_ON_ONE_DAY)} of the accounts, and at least {LEAST_ON_ONE_DAY}, were created at once",
        "",
        "Map created_at to when the customer began, such as its first contract, not to when its record was made",
        first_days,
    ),
)
