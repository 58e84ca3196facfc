"""The sheet on which one stream's features are laid out: facts, totals over windows, and steps from these to numbers.

Aggregates (`features.aggregates`) ask the sheet for totals, and equal wishes are met once. Sums are of whole
ten-thousandths, so that no order of rows, threads or machines changes a bit of them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from churnrisk.features.expressions import Expression, read
from churnrisk.features.streams import AS_OF, Stream
from churnrisk.history import FOREVER

#: Values are added as whole parts of this size: seconds are exact, money to a hundredth of a cent.
PARTS = 10_000
#: A value beyond this cannot be one, and counts as none.
_LARGEST = "9e14"
#: Columns that every fact has.
_DAYS = ("d", "v", "x")
#: In a dense stream, where facts are added up by stretches of days: the last day of the stretch, the day of the fact.
STRETCH_END, STRETCH_DAY = "e.upto", "i.d"
#: A sheet without this reach looks at all facts there ever were.
ALL_TIME = 0


@dataclass
class Facts:
    """The projected facts of a stream: one column for each value and condition that does not depend on the as_of.

    Attributes:
        stream: whose they are.
        columns: SQL over the stream's rows, by alias.
        sums: in a dense stream, totals within a stretch of days, by alias.
        edges: in a dense stream, the distances from an as_of at which a window begins or ends.
    """

    stream: Stream
    columns: dict[str, str] = field(default_factory=dict)
    sums: dict[str, str] = field(default_factory=dict)
    edges: set[int] = field(default_factory=set)

    def value(self, text: str) -> Expression:
        """A value in whole parts, and empty where it cannot be one."""
        expression = read(text, self.stream)
        number = f"cast({expression.sql} as double)"
        whole = f"case when abs({number}) < {_LARGEST} then cast(round({number} * {PARTS}) as bigint) end"
        return Expression(whole, expression.columns, expression.moves)

    def where(self, *texts: str) -> Expression | None:
        """All of these conditions in one, or None where there is none."""
        read_ones = [read(text, self.stream) for text in texts if text]
        if not read_ones:
            return None
        columns = tuple(column for one in read_ones for column in one.columns)
        return Expression(" and ".join(one.sql for one in read_ones), columns, any(one.moves for one in read_ones))

    def column(self, what: Expression, where: Expression | None = None) -> str:
        """SQL over the facts for a value, empty where the condition does not hold."""
        columns = (*what.columns, *(where.columns if where else ()))
        sql = f"case when {where.sql} then {what.sql} end" if where else what.sql
        if not (what.moves or (where is not None and where.moves)):
            return self.put(sql)
        if self.stream.dense:
            raise ValueError(f"{self.stream.name} is dense: {sql} may not depend on the as_of")
        for name in columns:
            if name not in _DAYS:
                self.columns.setdefault(name, name)
        return f"({sql})"

    def put(self, sql: str) -> str:
        """The alias of a column of the facts."""
        return _alias(self.columns, sql, "c")

    def summed(self, function: str, part: str) -> str:
        """The part itself; in a dense stream the alias of its total within a stretch of days."""
        if not self.stream.dense:
            return part
        kinds = {"sum": "bigint", "count": "double"}
        total = f"{function}({part})"
        return self.put_sum(f"cast({total} as {kinds[function]})" if function in kinds else total)

    def put_sum(self, total: str) -> str:
        """The alias of a total within a stretch of days."""
        return _alias(self.sums, total, "t")

    def latest_of(self, value: str, where: str) -> tuple[str, str]:
        """Two columns for counting different values once, each by the last of its facts that is seen.

        Returns:
            The day on which the fact's value comes again; and the value itself, only where its facts did not become
            known in the order in which they happened, so that the day cannot tell.
        """
        wanted = self.where(f"({value}) is not null", where)
        assert wanted is not None
        if wanted.moves:
            raise ValueError(f"{self.stream.name}: what is counted as different may not depend on the as_of")
        told = read(value, self.stream).sql
        late = f"case when s.v > s.d or s.x < {FOREVER} then 1 else 0 end"
        # Where any of its facts is late, the first one is: one order answers both.
        by = f"over (partition by p.no, {told}, {wanted.sql} order by {late} desc, s.d)"
        late, again = f"first_value({late}) {by}", f"coalesce(lead(s.d) {by}, {FOREVER})"
        return (
            self.put(f"case when {wanted.sql} and {late} = 0 then {again} end"),
            self.put(f"case when {wanted.sql} and {late} = 1 then {told} end"),
        )


@dataclass
class Sheet:
    """What one query over a stream's facts computes.

    Attributes:
        facts: the stream's.
        reach: days that it looks back; ALL_TIME for all.
        totals: totals of an account over a window, by alias.
        steps: expressions over totals and earlier steps, by alias, each level over those before.
        numbers: the features, by name.
    """

    facts: Facts
    reach: int
    totals: dict[str, str] = field(default_factory=dict)
    steps: list[dict[str, str]] = field(default_factory=list)
    numbers: dict[str, str] = field(default_factory=dict)

    def count(self, where: str = "", value: str = "", after: int = ALL_TIME, until: int = 0) -> str:
        """Facts in the window `(as_of - after, as_of - until]`; with a value, those that have one."""
        # Whole numbers in doubles are added in less time than rows are counted under a condition.
        bounds = self._bounds(after, until)
        inside = f"cast({bounds} as double)" if bounds else ""
        if not (value or where or self.facts.stream.dense):
            return self._total(f"sum({inside})" if inside else "count(*)")
        part = self.facts.column(self.facts.value(value) if value else _ONE, self.facts.where(where))
        if self.facts.stream.dense:
            rows = self.facts.summed("count", part)
            return self._total(f"sum({inside} * {rows})" if inside else f"sum({rows})")
        return self._total(f"count({self._within(part, after, until)})")

    def sum(self, value: str, where: str = "", after: int = ALL_TIME, until: int = 0) -> str:
        """The sum of a value in whole parts; empty where no fact has one."""
        part = self.facts.column(self.facts.value(value), self.facts.where(where))
        return self._total(f"cast(sum({self._within(self.facts.summed('sum', part), after, until)}) as double)")

    def sum_by_age(self, value: str, where: str = "", after: int = ALL_TIME) -> str:
        """The sum of a value in whole parts, each times the days since its fact."""
        part = self.facts.column(self.facts.value(value), self.facts.where(where))
        # In doubles: whole until they are many times larger than a sum may be, and beyond that no error.
        aged = f"cast({self.facts.summed('sum', part)} as double) * ({AS_OF} - d)"
        if self.facts.stream.dense:
            aged += f" + {self.facts.put_sum(f'sum(cast({part} as double) * ({STRETCH_END} - {STRETCH_DAY}))')}"
        return self._total(f"sum({self._within(aged, after, 0)})")

    def extreme(self, which: str, value: str, where: str = "", after: int = ALL_TIME) -> str:
        """The `min` or `max` of a value in whole parts."""
        part = self.facts.column(self.facts.value(value), self.facts.where(where))
        return self._total(f"{which}({self._within(self.facts.summed(which, part), after, 0)})")

    def day(self, which: str, where: str = "", after: int = ALL_TIME) -> str:
        """The `min` or `max` of the days on which facts happened."""
        part = self.facts.column(_DAY, self.facts.where(where))
        return self._total(f"{which}({self._within(self.facts.summed(which, part), after, 0)})")

    def different(self, value: str, where: str = "", after: int = ALL_TIME) -> str:
        """How many values there are in the window, of those whose facts came in in order."""
        again, _ = self.facts.latest_of(value, where)
        return self._total(f"count({self._within(f'case when {again} > {AS_OF} then 1 end', after, 0)})")

    def quantile(self, value: str, share: float, where: str = "", after: int = ALL_TIME) -> str:
        """The value below which that share lies, between two facts in proportion; in parts."""
        self._refuse_dense("a quantile")
        part = self.facts.column(self.facts.value(value), self.facts.where(where))
        return self._total(f"quantile_cont(cast({self._within(part, after, 0)} as double), {share})")

    def last(self, value: str, where: str = "", after: int = ALL_TIME) -> str:
        """The value of the latest fact, in parts; of two at one moment the larger."""
        self._refuse_dense("the last value")
        wanted = self.facts.where(where, f"({value}) is not null")
        part = self.facts.value(value)
        if part.moves:
            raise ValueError(f"{self.facts.stream.name}: the last {value} may not depend on the as_of")
        order = self.facts.put(f"row_number() over (partition by p.no order by moment, s.d, {part.sql}, s.v, s.x)")
        told = self._within(self.facts.column(part, wanted), after, 0)
        return self._total(f"max_by({told}, case when {told} is not null then {order} end)")

    def step(self, level: int, expression: str) -> str:
        """An expression over totals (level 1) or over steps of lower levels, computed once."""
        while len(self.steps) < level:
            self.steps.append({})
        return _alias(self.steps[level - 1], expression, f"s{level}_")

    def _within(self, part: str, after: int, until: int) -> str:
        """The part where its fact is in the window."""
        bounds = self._bounds(after, until)
        return f"case when {bounds} then {part} end" if bounds else part

    def _bounds(self, after: int, until: int) -> str:
        """What makes the window; the query itself is bounded by its reach and by the as_of."""
        if self.facts.stream.dense:
            self.facts.edges |= {after, until}
        bounds = [f"d > {AS_OF} - {after}"] if after not in (ALL_TIME, self.reach) else []
        return " and ".join(bounds + ([f"d <= {AS_OF} - {until}"] if until else []))

    def _refuse_dense(self, what: str) -> None:
        if self.facts.stream.dense:
            raise ValueError(f"{self.facts.stream.name} is dense: {what} cannot be taken from stretches of days")

    def _total(self, sql: str) -> str:
        return _alias(self.totals, sql, "a")


_ONE = Expression("1", (), moves=False)
_DAY = Expression("d", (), moves=False)


def _alias(among: dict[str, Any], what: Any, prefix: str) -> str:
    for alias, known in among.items():
        if known == what:
            return alias
    alias = f"{prefix}{len(among)}"
    among[alias] = what
    return alias
