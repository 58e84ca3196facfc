"""Checks of how the data arrive: sources that stopped, tables that fell silent, empty months, less than usual."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from churnrisk.doctor.facts import Facts
from churnrisk.doctor.finding import Check, Seen
from churnrisk.doctor.freshness import freshness
from churnrisk.doctor.words import count, listed, percent

#: A table is silent after this many of its own long gaps: where rows come by chance, one such silence in a million.
SILENT_GAPS = 3
#: The gap between two days with rows that is long for a table: all but one in a hundred are shorter.
LONG_GAP = 0.99
#: Fewer gaps than this tell nothing of what is usual.
LEAST_GAPS = 5
#: A week of silence may be a holiday.
LEAST_SILENCE_DAYS = 7
#: Rows of a usual month from which on a month without any is no chance (1 in 20,000 where rows come by chance).
ROWS_OF_A_MONTH = 10
#: Days that are compared with the same number of days before them.
VOLUME_DAYS = 30
#: How many such stretches before the last one make what is usual.
STRETCHES_BEFORE = 6
#: Half of the usual is more than a season.
LITTLE = 0.5
#: Rows of a usual stretch from which on half as many is no chance.
ROWS_OF_A_STRETCH = 50
#: Months that are named before the others are counted only.
NAMED = 4


def sources(facts: Facts) -> Iterator[Seen]:
    """Sources that say how fresh they must be."""
    found = freshness(facts.history, facts.settings, facts.now)
    for one in found:
        need = f"at most {count(one.allowed, 'day')} old"
        have = f"until {one.newest}" if one.newest else "no row"
        if not one.is_stale:
            yield Seen("ok", have, one.sentence, one.source, need)
        elif one.is_absent:
            there = listed(sorted({name for names in facts.arrivals["source"] for name in names.split("+")}))
            step = f"Correct [sources.{one.source}] in churnrisk.toml (rows come from {there}), or export it"
            yield Seen("fail", have, one.sentence, one.source, need, step)
        else:
            yield Seen("fail", have, one.sentence, one.source, need)
    # Yesterday is the last day that can be known to its end.
    if found and facts.today and (old := (facts.today - facts.now.day).days) > min(one.allowed for one in found) + 1:
        sentence = (
            f"The newest fact of all is of {facts.now}, {count(old, 'day')} before today: nothing arrives any more"
        )
        yield Seen("warn", f"until {facts.now}", sentence, "all sources")
    if not found:
        sentence = "No source says how fresh it must be; with fresh_days an outage holds the list instead of misleading"
        yield Seen("ok", "none declared", f"{sentence} it")


def silence(facts: Facts) -> Iterator[Seen]:
    """Tables whose last rows are older than their own gaps let expect."""
    declared = _declared_tables(facts)
    silent = False
    for table, rows in facts.days.items():
        gaps = np.diff(rows.index.to_numpy()).astype("timedelta64[D]").astype(int)
        if table in declared or len(gaps) < LEAST_GAPS:
            continue
        last = rows.index[-1].date()
        quiet, usual = (facts.now.day - last).days, float(np.quantile(gaps, LONG_GAP))
        if quiet > max(SILENT_GAPS * usual, LEAST_SILENCE_DAYS):
            silent = True
            sentence = (
                f"The last row of {table} is of {last}, {count(quiet, 'day')} before {facts.now}; a long gap between"
                f" its rows is {count(round(usual), 'day')}"
            )
            yield Seen("warn", f"{count(quiet, 'day')} silent", sentence, table)
    if not silent:
        yield Seen("ok", f"until {facts.now}", "Every table that comes often came to the end")


def _declared_tables(facts: Facts) -> set[str]:
    """The tables of sources whose freshness is declared, which another check tells of."""
    return {table for one in freshness(facts.history, facts.settings, facts.now) for table in one.tables}


def gaps(facts: Facts) -> Iterator[Seen]:
    """Months inside the range of a table in which nothing came."""
    whole = True
    for table, rows in facts.months.items():
        there = rows[rows > 0]
        if there.empty or there.median() < ROWS_OF_A_MONTH:
            continue
        inside = rows[there.index[0] : there.index[-1]]
        if empty := [str(month) for month in inside.index[inside == 0]]:
            whole = False
            more = [*empty[:NAMED], f"{len(empty) - NAMED} more"] if len(empty) > NAMED else empty
            sentence = f"{table} has no row in {listed(more)}; a usual month has {count(int(there.median()), 'row')}"
            yield Seen("warn", count(len(empty), "empty month"), sentence, table)
    if whole:
        yield Seen("ok", "no empty month", "No table that comes often has a month without rows")


def volume(facts: Facts) -> Iterator[Seen]:
    """Tables of which much less came lately than before."""
    steady = True
    for table, rows in facts.days.items():
        stretches = _stretches(rows, pd.Timestamp(facts.now.day))
        usual = float(np.median(stretches[1:])) if len(stretches) > STRETCHES_BEFORE else 0.0
        if usual >= ROWS_OF_A_STRETCH and 0 < stretches[0] < LITTLE * usual:
            steady = False
            sentence = (
                f"{stretches[0]:,} rows of {table} came in the last {VOLUME_DAYS} days, {percent(stretches[0] / usual)}"
                f" of the {round(usual):,} that are usual"
            )
            yield Seen("warn", percent(stretches[0] / usual), sentence, table)
    if steady:
        yield Seen("ok", "as usual", f"As many rows as usual came in the last {VOLUME_DAYS} days")


def _stretches(rows: pd.Series, last: pd.Timestamp) -> list[int]:
    """Rows in the last stretch, in the one before it and so on, as far as the table has whole ones."""
    ages = (last - rows.index).days.to_numpy() // VOLUME_DAYS
    whole = int((last - rows.index[0]).days + 1) // VOLUME_DAYS
    return [int(rows.to_numpy()[ages == place].sum()) for place in range(min(whole, STRETCHES_BEFORE + 1))]


CHECKS = (
    Check(
        "sources_are_fresh",
        "the fresh_days of each source",
        "Where a source stops, usage that did not arrive looks like usage that fell, and every account looks at risk.",
        "fresh_days are declared, and the newest fact of all sources is older than that today",
        "the newest fact of a source is older than its fresh_days, counted from the last day known of any source;"
        " scoring holds the list then, too",
        "Mend the source and run `churnrisk extract`; until then the last good list stays",
        sources,
    ),
    Check(
        "tables_did_not_fall_silent",
        f"a row within {SILENT_GAPS} of its own long gaps",
        "A table without rows at the end is an outage, or a thing that is no longer recorded.",
        f"no row came for {SILENT_GAPS} times the gap that all but one in a hundred of its gaps are shorter than, and"
        f" for more than {LEAST_SILENCE_DAYS} days; not where its source declares fresh_days",
        "",
        "Ask whether the source still sends; set fresh_days of its source in churnrisk.toml, and an outage holds the"
        " list",
        silence,
    ),
    Check(
        "months_are_not_empty",
        "rows in every month",
        "A month that was never exported looks like a month in which nothing happened.",
        f"a month inside the range of a table has no row, where a usual month has at least {ROWS_OF_A_MONTH}",
        "",
        "Export these months again, or start the history after them",
        gaps,
    ),
    Check(
        "as_much_comes_as_before",
        f"at least {percent(LITTLE)} of what is usual",
        "Where only part of the rows arrive, every account looks quieter than it is.",
        f"in the last {VOLUME_DAYS} days less than {percent(LITTLE)} of the median of the {STRETCHES_BEFORE} stretches"
        " before came",
        "",
        "Ask whether a part of the source is missing, such as one region or one product",
        volume,
    ),
)
