"""The matrix: one row for each account and as_of, one column for each feature.

One function for training and for scoring, so that both see the same numbers. Peers are those of the whole population
at that as_of, whichever accounts are asked for.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from pathlib import Path

import pandas as pd
import pyarrow as pa

from churnrisk.features.catalogue import Catalogue
from churnrisk.features.planner import Plan, plan
from churnrisk.features.streams import Moments
from churnrisk.history import Engine, History, Stage, day_number, micros
from churnrisk.timeline import AsOf

#: Tables that say how time and service are counted, not what happened.
STANDING = ("schedules", "holidays", "sla_targets")
#: The columns that identify a row of the matrix.
KEYS = ["account_id", "as_of"]


def matrix(history: History, catalogue: Catalogue, as_of: AsOf, population: Sequence[str]) -> pd.DataFrame:
    """The features of the whole population at one as_of, computed anew.

    Args:
        history: opened; features see of it what was known at the as_of.
        catalogue: the features.
        as_of: the moment.
        population: the eligible accounts.

    Returns:
        account_id, as_of (the day), and a float column for each feature of the catalogue, in its order; ordered by
        account_id. NaN where there is nothing to say.
    """
    engine, planned = history.engine(), plan(catalogue, [as_of])
    prepare(engine, planned, {as_of: population}, history.day_of)
    return framed(engine.frame(asked(engine, planned, as_of, population)), as_of, catalogue)


def computed(
    engine: Engine,
    history: History,
    catalogue: Catalogue,
    populations: Mapping[AsOf, Sequence[str]],
    paths: Mapping[AsOf, Path],
) -> Iterator[AsOf]:
    """Write the matrix of each as_of as a Parquet file: account_id and the features, ordered by account_id.

    Yields:
        Each as_of when its file is there, rising.
    """
    for as_ofs in _alike(history, populations):
        planned = plan(catalogue, as_ofs)
        prepare(engine, planned, {as_of: populations[as_of] for as_of in as_ofs}, history.day_of)
        for as_of in planned.as_ofs:
            engine.write(asked(engine, planned, as_of, populations[as_of]), paths[as_of])
            yield as_of


def _alike(history: History, as_ofs: Iterable[AsOf]) -> list[list[AsOf]]:
    """The as_of, rising, together while the same was known of hours, days off and promises."""
    changes = history.changes_of(STANDING)
    grouped = groupby(sorted(as_ofs), key=lambda as_of: bisect_right(changes, day_number(as_of)))
    return [list(group) for _, group in grouped]


def framed(numbers: pd.DataFrame, as_of: AsOf, catalogue: Catalogue) -> pd.DataFrame:
    """What an engine gave for an as_of, in the columns of the matrix."""
    rows = numbers[["account_id"]].astype("str")
    rows["as_of"] = pd.Timestamp(as_of.day)
    return pd.concat([rows, numbers[list(catalogue.names)].astype(float)], axis=1)


def prepare(
    engine: Engine, planned: Plan, populations: Mapping[AsOf, Sequence[str]], day_of: Callable[[str], str]
) -> None:
    """Run everything that the as_of of a plan share: its small relations, its derivations, its facts.

    Args:
        engine: with the relations of the history.
        planned: the plan.
        populations: the accounts at each as_of.
        day_of: from SQL of an instant in microseconds to SQL of its day number.
    """
    everyone = sorted({account for accounts in populations.values() for account in accounts})
    numbers = pa.array(range(len(everyone)), pa.int32())
    engine.give("people", pa.table({"no": numbers, "account_id": pa.array(everyone, pa.string())}))
    days = [day_number(as_of) for as_of in planned.as_ofs]
    ends = [micros(as_of.instant) for as_of in planned.as_ofs]
    engine.give("as_ofs", pa.table({"as_of": pa.array(days, pa.int32()), "now": pa.array(ends, pa.int64())}))
    for name, table in planned.given().items():
        engine.give(name, table)
    for derivation in planned.derivations:
        for stage in derivation.prepare(engine, Moments(planned.as_ofs, day_of)):
            engine.stage(stage)
    for stage in planned.facts():
        engine.stage(stage)


def asked(engine: Engine, planned: Plan, as_of: AsOf, accounts: Sequence[str]) -> str:
    """The query that gives the matrix at an as_of, once `prepare` was run; what it reads is made here."""
    engine.give("asked", pa.table({"account_id": pa.array(accounts, pa.string())}))
    engine.stage(_who(day_number(as_of)))
    for part in planned.parts(as_of):
        engine.part(part)
    return planned.query(as_of)


def usual(rows: pd.DataFrame, catalogue: Catalogue) -> pd.Series:
    """The median of each feature over the rows of one as_of; NaN where no account has a number."""
    return rows[list(catalogue.names)].median()


def _who(day: int) -> Stage:
    return Stage(
        "who",
        "select p.no, p.account_id, a.segment from asked q join people p on p.account_id = q.account_id"
        f" left join accounts a on a.account_id = p.account_id and a.k <= {day} and a.x > {day}",
    )
