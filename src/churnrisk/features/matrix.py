"""The matrix: one row for each account and as_of, one column for each feature.

One function for training and for scoring, so that both see the same numbers. Peers are those of the whole population
at that as_of, whichever accounts are asked for.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
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
    numbers = prepare(engine, planned, {as_of: population}, history.day_of)
    return framed(engine.frame(asked(engine, planned, as_of, numbers)), as_of, catalogue)


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
        some = {as_of: populations[as_of] for as_of in as_ofs}
        yield from written(engine, planned, some, history.day_of, paths)


def written(
    engine: Engine,
    planned: Plan,
    populations: Mapping[AsOf, Sequence[str]],
    day_of: Callable[[str], str],
    paths: Mapping[AsOf, Path],
) -> Iterator[AsOf]:
    """Write the matrix of each as_of of a plan; each is put together beside the parts of the next one.

    Args:
        engine: with the relations of the history.
        planned: the plan.
        populations: the accounts at each as_of.
        day_of: from SQL of an instant in microseconds to SQL of its day number.
        paths: the file of each as_of.

    Yields:
        Each as_of when its file is there, rising.
    """
    numbers = prepare(engine, planned, populations, day_of)
    with ThreadPoolExecutor(max_workers=1) as beside:
        waiting: Future[AsOf] | None = None
        for as_of in planned.as_ofs:
            accounts = {account: numbers[account] for account in populations[as_of]}
            query = asked(engine, planned, as_of, accounts)
            if waiting is not None:
                yield waiting.result()
            waiting = beside.submit(_write, engine, query, paths[as_of], as_of)
        if waiting is not None:
            yield waiting.result()


def _write(engine: Engine, query: str, path: Path, as_of: AsOf) -> AsOf:
    engine.write(query, path)
    return as_of


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
) -> dict[str, int]:
    """Run everything that the as_of of a plan share: its small relations, its derivations, its facts.

    Args:
        engine: with the relations of the history.
        planned: the plan.
        populations: the accounts at each as_of.
        day_of: from SQL of an instant in microseconds to SQL of its day number.

    Returns:
        The number of each account, by which the queries that follow know it.
    """
    everyone = sorted({account for accounts in populations.values() for account in accounts})
    engine.give("people", pa.table({"no": _numbers(range(len(everyone))), "account_id": _texts(everyone)}))
    days = [day_number(as_of) for as_of in planned.as_ofs]
    ends = [micros(as_of.instant) for as_of in planned.as_ofs]
    engine.give("as_ofs", pa.table({"as_of": pa.array(days, pa.int32()), "now": pa.array(ends, pa.int64())}))
    for name, table in planned.given().items():
        engine.give(name, table)
    for derivation in planned.derivations:
        for stage in derivation.prepare(engine, Moments(planned.as_ofs, day_of)):
            engine.stage(stage)
    for stage in (_SEGMENTS, *planned.facts()):
        engine.stage(stage)
    return {account: no for no, account in enumerate(everyone)}


def asked(engine: Engine, planned: Plan, as_of: AsOf, accounts: Mapping[str, int]) -> str:
    """The query that gives the matrix at an as_of, once `prepare` was run; what it reads is made here.

    Args:
        engine: that `prepare` was run with.
        planned: the plan.
        as_of: one of its as_of.
        accounts: those that are asked for, with their numbers.
    """
    given, day = planned.called("asked", as_of), day_number(as_of)
    engine.give(given, pa.table({"no": _numbers(accounts.values()), "account_id": _texts(accounts)}))
    segment = f"left join segments s on s.no = q.no and s.k <= {day} and s.x > {day}"
    who = f"select q.no, q.account_id, s.segment from {given} q {segment}"
    engine.stage(Stage(planned.called("who", as_of), who))
    for part in planned.parts(as_of):
        engine.stage(part)
    return planned.query(as_of)


def usual(rows: pd.DataFrame, catalogue: Catalogue) -> pd.Series:
    """The median of each feature over the rows of one as_of; NaN where no account has a number."""
    return rows[list(catalogue.names)].median()


#: The segment of each account, as it was known from one day until another.
_SEGMENTS = Stage(
    "segments", "select p.no, a.k, a.x, a.segment from accounts a join people p on p.account_id = a.account_id"
)


def _numbers(numbers: Iterable[int]) -> pa.Array:
    return pa.array(list(numbers), pa.int32())


def _texts(texts: Iterable[str]) -> pa.Array:
    return pa.array(list(texts), pa.string())
