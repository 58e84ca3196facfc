"""The planner: from declarations to stages, and to one query an as_of.

Facts are projected once for all as_of, with the days on which they can be seen; each as_of is then one query over
them, so that memory is bounded by one as_of and each can be kept. That a feature sees nothing later is decided here
and in `features.streams`, not by whoever declares it.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import groupby

import pyarrow as pa

from churnrisk.features.aggregates import AGGREGATES, reach
from churnrisk.features.catalogue import Catalogue, Feature, chain_of
from churnrisk.features.sheet import ALL_TIME, STRETCH_DAY, STRETCH_END, Facts, Sheet
from churnrisk.features.streams import AS_OF, NOW, Derivation
from churnrisk.history import FOREVER, Stage, day_number, micros
from churnrisk.timeline import AsOf

#: From so many as_of on, facts are put together by account before they are read again and again.
MANY = 3
#: Peers are the accounts of the segment; where these are fewer, all accounts.
LEAST_PEERS = 10


@dataclass
class StreamPlan:
    """How one stream's features are computed.

    Attributes:
        facts: what is projected.
        longest_window: days of the longest window of what looks back over windows only.
        sheets: what is counted over them, by whether it looks back for ever.
        distinct: features that count different values, by the column of values whose facts came in out of order.
    """

    facts: Facts
    longest_window: int
    sheets: dict[bool, Sheet] = field(default_factory=dict)
    distinct: dict[str, list[Feature]] = field(default_factory=dict)

    def add(self, feature: Feature) -> None:
        """Lay out one more feature."""
        # What looks back for ever reads all facts; the rest shares one look at the longest window.
        days = reach(feature)
        sheet = self.sheets.setdefault(days == ALL_TIME, Sheet(self.facts, self.longest_window if days else ALL_TIME))
        sheet.numbers[feature.name] = AGGREGATES[feature.aggregate](feature, sheet)
        if feature.aggregate == "distinct":
            _, mixed = self.facts.latest_of(feature.value, feature.where)
            self.distinct.setdefault(mixed, []).append(feature)

    @property
    def longest(self) -> int:
        """Days that any of it looks back; ALL_TIME where something needs all facts."""
        reaches = [sheet.reach for sheet in self.sheets.values()]
        return 0 if 0 in reaches else max(reaches)

    def queries(self) -> list[tuple[tuple[str, ...], str]]:
        """Pairs of feature names and a SELECT giving `no` and these columns at the as_of.

        A feature in several of them is the sum of what they give.
        """
        found = [(tuple(sheet.numbers), self._query(sheet)) for sheet in self.sheets.values()]
        return found + [
            (tuple(feature.name for feature in features), self._different(value, features))
            for value, features in self.distinct.items()
        ]

    @property
    def name(self) -> str:
        """The relation of the facts."""
        return f"facts_{self.facts.stream.name}"

    def _query(self, sheet: Sheet) -> str:
        totals = ", ".join(f"{sql} as {alias}" for alias, sql in sheet.totals.items())
        inner = f"select no, {totals} from {self.name} where {self._seen(sheet.reach)} group by no"
        for level in sheet.steps:
            steps = ", ".join(f"{sql} as {alias}" for alias, sql in level.items())
            inner = f"select *, {steps} from ({inner}) l"
        numbers = ", ".join(f"{sql} as {name}" for name, sql in sheet.numbers.items())
        return f"select no, {numbers} from ({inner}) t"

    def _different(self, value: str, features: list[Feature]) -> str:
        """Of each value the day it was last seen: it is in every window that this day is in."""
        windows = [feature.window for feature in features]
        last = (
            f"select no, max(d) as last from {self.name} where {value} is not null"
            f" and {self._seen(0 if 0 in windows else max(windows))} group by no, {value}"
        )
        counts = ", ".join(
            f"cast(count({f'case when last > {AS_OF} - {f.window} then 1 end' if f.window else '*'}) as double)"
            f" as {f.name}"
            for f in features
        )
        return f"select no, {counts} from ({last}) t group by no"

    def _seen(self, days: int) -> str:
        return f"v <= {AS_OF} and x > {AS_OF}" + (f" and d > {AS_OF} - {days}" if days else "")


@dataclass(frozen=True)
class Plan:
    """Everything an engine needs to compute the catalogue.

    Attributes:
        catalogue: the features, in the order of the columns.
        as_ofs: the moments, rising.
        streams: how each stream's features are computed.
        hidden: features that are not asked for, and that others are compared by.
    """

    catalogue: Catalogue
    as_ofs: tuple[AsOf, ...]
    streams: tuple[StreamPlan, ...]
    hidden: tuple[Feature, ...]

    @property
    def derivations(self) -> tuple[Derivation, ...]:
        """What is made before the facts, in order."""
        return chain_of(derivation for stream in self.streams for derivation in stream.facts.stream.after)

    def given(self) -> dict[str, pa.Table]:
        """Small relations that the facts are made with: where each day ends up, in a dense stream."""
        days = [day_number(as_of) for as_of in self.as_ofs]
        tables = {"next_as_of": _upto(days, days[-1])}
        for stream in self.streams:
            if stream.facts.stream.dense:
                edges = sorted({day - distance for day in days for distance in (0, *stream.facts.edges)})
                tables[f"edges_{stream.facts.stream.name}"] = _upto(edges, days[-1])
        return tables

    def facts(self) -> list[Stage]:
        """The stages that project the facts."""
        first, last = day_number(self.as_ofs[0]), day_number(self.as_ofs[-1])
        cluster = ("no",) if len(self.as_ofs) >= MANY else ()
        return [Stage(stream.name, _projected(stream, first, last), cluster) for stream in self.streams]

    def parts(self, as_of: AsOf) -> list[Stage]:
        """The numbers of each stream at that as_of, by account; what `query` puts together."""
        queries = [sql for stream in self.streams for _, sql in stream.queries()]
        return [Stage(self.called(f"part_{number}", as_of), _at(as_of, sql)) for number, sql in enumerate(queries)]

    def called(self, relation: str, as_of: AsOf) -> str:
        """The name of a relation of that as_of, which those of the one before and the one after do not have."""
        return f"{relation}_{'ab'[self.as_ofs.index(as_of) % 2]}"

    def query(self, as_of: AsOf) -> str:
        """The matrix at that as_of, of the accounts in the relation `who` (no, account_id, segment), in their order."""
        columns: dict[str, list[str]] = {}
        names = [names for stream in self.streams for names, _ in stream.queries()]
        for number, given in enumerate(names):
            for name in given:
                columns.setdefault(name, []).append(f"q{number}.{name}")
        joined = " ".join(
            f"left join {self.called(f'part_{number}', as_of)} q{number} on q{number}.no = w.no"
            for number in range(len(names))
        )
        plain = [feature for feature in (*self.catalogue.features, *self.hidden) if feature.of is None]
        numbers = ", ".join(f"{_filled(feature, _added(columns[feature.name]))} as {feature.name}" for feature in plain)
        base = f"select w.no, w.account_id, w.segment, {numbers} from {self.called('who', as_of)} w {joined}"
        ranked = [feature for feature in self.catalogue.features if feature.of is not None and feature.by is None]
        told = ", ".join(_told(feature) for feature in self.catalogue.features)
        # Ranks are taken over narrow rows: sorting carries all columns along.
        ranks = ", ".join(["no", *(f"{_among_peers(feature)} as {feature.name}" for feature in ranked)])
        return _at(
            as_of,
            f"with base as materialized ({base}), ranks as materialized (select {ranks} from base)"
            f" select b.account_id, {told} from base b left join ranks r on r.no = b.no order by b.no",
        )


def _at(as_of: AsOf, sql: str) -> str:
    return sql.replace(AS_OF, str(day_number(as_of))).replace(NOW, str(micros(as_of.instant)))


def plan(catalogue: Catalogue, as_ofs: Sequence[AsOf]) -> Plan:
    """Plan the catalogue for these moments."""
    asked = {feature.name for feature in catalogue.features}
    compared = [each for f in catalogue.features for each in (f.of, f.by) if each is not None]
    hidden = {each.name: each for each in compared if each.name not in asked}
    plain = [feature for feature in (*catalogue.features, *hidden.values()) if feature.of is None]
    plans = []
    for _, group in groupby(sorted(plain, key=lambda feature: feature.stream.name), key=lambda f: f.stream.name):
        features = list(group)
        stream = StreamPlan(Facts(features[0].stream), max(reach(feature) for feature in features))
        for feature in features:
            stream.add(feature)
        plans.append(stream)
    return Plan(catalogue, tuple(sorted(as_ofs)), tuple(plans), tuple(hidden.values()))


def _projected(stream: StreamPlan, first: int, last: int) -> str:
    facts = stream.facts
    columns = "".join(f", {sql} as {alias}" for alias, sql in facts.columns.items())
    seen = f"s.v <= {last} and s.x > {first}" + (f" and s.d > {first - stream.longest}" if stream.longest else "")
    rows = (
        f"select p.no, s.d, s.v, s.x{columns} from ({facts.stream.rows}) s"
        f" join people p on p.account_id = s.account_id where {seen}"
    )
    if not facts.stream.dense:
        return rows
    sums = ", ".join(f"{sql} as {alias}" for alias, sql in facts.sums.items())
    edges = f"join edges_{facts.stream.name} e on e.day = {STRETCH_DAY}"
    late = f"i.v > i.d or i.x < {FOREVER}"
    # Nearly all facts are known when they happen: one day number places them and says from when they are seen.
    return (
        f"select i.no, {STRETCH_END} as d, {STRETCH_END} as v, {FOREVER} as x, {sums} from ({rows}) i {edges}"
        f" where not ({late}) group by i.no, {STRETCH_END} union all"
        f" select i.no, {STRETCH_END} as d, n.upto as v, i.x, {sums} from ({rows}) i {edges}"
        f" join next_as_of n on n.day = i.v where {late} group by i.no, {STRETCH_END}, n.upto, i.x"
    )


def _upto(edges: list[int], last: int) -> pa.Table:
    """Every day up to the last with the first edge that is not before it."""
    days = range(last + 1)
    upto = [edges[bisect_left(edges, day)] for day in days]
    return pa.table({"day": pa.array(days, pa.int32()), "upto": pa.array(upto, pa.int32())})


def _added(columns: list[str]) -> str:
    return columns[0] if len(columns) == 1 else f"coalesce({' + '.join(columns)}, {', '.join(columns)})"


def _filled(feature: Feature, column: str) -> str:
    return column if feature.empty is None else f"coalesce({column}, cast({feature.empty} as double))"


def _told(feature: Feature) -> str:
    """A feature over the plain numbers and the ranks."""
    if feature.of is None:
        return f"b.{feature.name}"
    if feature.by is None:
        return f"r.{feature.name}"
    days = feature.by.window / feature.of.window if feature.of.aggregate in ("count", "sum") else 1.0
    return f"b.{feature.of.name} / nullif(b.{feature.by.name}, 0) * {days!r} as {feature.name}"


def _among_peers(feature: Feature) -> str:
    """The share of an account's peers whose number is lower: those of its segment, or all where these are few."""
    assert feature.of is not None
    name = feature.of.name
    has = f"case when {name} is null then 1 else 0 end"

    def among(by: str) -> tuple[str, str]:
        """How many of these are lower, and how many have a number; one sort for both."""
        over = f"over (partition by {by}{has} order by {name}"
        whole = "rows between unbounded preceding and unbounded following"
        return f"rank() {over}) - 1", f"count({name}) {over} {whole})"

    (lower, everyone), (lower_alike, alike) = among(""), among("segment, ")
    few = f"cast({lower} as double) / nullif({everyone} - 1, 0)"
    many = f"cast({lower_alike} as double) / nullif({alike} - 1, 0)"
    return f"case when {name} is not null then case when {alike} < {LEAST_PEERS} then {few} else {many} end end"
