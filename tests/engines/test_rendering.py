"""What may be written in a stage gives the same on both engines, also for values at the edge.

One row of the tables below is one construct. Its values over the relation `edges` are written by DuckDB and by Spark,
and must agree in type and value; doubles to 1e-12, since the engines add in different orders.
"""

import math
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from churnrisk.history.duck import DuckEngine
from churnrisk.history.spark import SparkEngine
from churnrisk.history.stage import Engine, Stage

#: Moments around the changes of the clocks in Berlin, before 1970, and a microsecond before a midnight.
MOMENTS = [
    *(datetime(2024, 3, 31, hour, 30) for hour in (0, 1, 2, 3)),
    *(datetime(2024, 10, 27, hour, 30) for hour in (0, 1, 2)),
    datetime(1969, 12, 31, 23, 59, 59, 999_999),
    datetime(2024, 2, 29, 23, 59, 59, 999_999),
    datetime(1900, 1, 1),
    None,
    datetime(2023, 12, 31, 23, 0),
]
NUMBERS = [0, 1, -1, 7, -7, 2**31, -(2**31), 2**53 + 1, 10**15, None, 3, 3]
FINITE = [0.5, 1.5, 2.5, -0.5, -1.5, -2.5, -0.0, 0.0, 1e15 + 0.5, None, 0.49999999999999994, 2.675]
ANY = [math.nan, math.inf, -math.inf, -0.0, 1e300, -1e300, 2.0**53, -0.1, 0.1, None, 5e-324, 1.0]
TEXTS = ["", "a", "Ä", "ß", "z", "Zoë", "it's", 'say "x"', "back\\slash", None, "👍 up", " a "]
EDGES = pa.table(
    {
        "id": pa.array(range(12), pa.int64()),
        "part": pa.array([0, 0, 0, 0, 1, 1, 1, 1, 1, 2, 3, 3], pa.int64()),
        "n": pa.array(NUMBERS, pa.int64()),
        "m": pa.array([1, 2, -2, 3, -3, 1000, 7, 5, -5, 11, None, 2], pa.int64()),
        "x": pa.array(FINITE, pa.float64()),
        "y": pa.array(ANY, pa.float64()),
        "s": pa.array(TEXTS, pa.string()),
        "b": pa.array([True, False, None] * 4, pa.bool_()),
        "t": pa.array(MOMENTS, pa.timestamp("us")),
        "u": pa.array([moment and moment.replace(tzinfo=UTC) for moment in MOMENTS], pa.timestamp("us", "UTC")),
        "d": pa.array([moment and moment.date() for moment in MOMENTS], pa.date32()),
    }
)

#: Over one row.
VALUES = """
n + m | n - m | -n | n * 2 | n % 7 | n // 7 | n // nullif(m, 0) | n % nullif(m, 0) | abs(n)
n / 7 | n / nullif(m, 0) | x / 3 | x / nullif(y, 0) | n / nullif(n, 0) | 1.0 / 3 | n * 0.1 | 0.1 + 0.2 + x
case when m > 0 then n / m end | case when x <> 0 and b then n / x end | n / greatest(m, 2) | x / (2 * nullif(m, 0))
round(x) | round(x * 100) / 100 | round(n) | floor(x) | ceil(x) | floor(y) | ceil(y) | floor(n) | ceil(n) | abs(y)
cast(x as bigint) | cast(x * 2 as bigint) | cast(-x as bigint) | cast(n as double) | cast(cast(m as int) as bigint)
cast(n > 1 as bigint) | cast(n is null or b as bigint) | cast(null as bigint) | cast(2.5 as bigint)
cast(m // 2 as bigint) | cast(round(x) as bigint) | cast(3.5 as bigint) | cast(null::int as bigint)
sqrt(abs(x)) | sqrt(y) | exp(x / 1e15) | ln(y) | ln(x) | ln(n) | power(2, x / 1e15) | power(y, 2) | y * 1e300 | y - y
greatest(x, y) | least(x, y) | greatest(n, m) | least(n, m, 0) | greatest(n, null) | least(d, date '2024-01-01')
coalesce(x, 0) | coalesce(n, m, -1) | nullif(n, 3) | if(b, n, m) | case n when 3 then 'three' when 7 then 'seven' end
case when b then n else 0.5 end | case when n > 0 and not b then 1.5 when n < 0 or b then 2.5 end
cast(b and n > 0 as bigint) | cast(b or n > 0 as bigint) | cast(not b as bigint) | cast(b is true as bigint)
cast(n in (3, 7) as bigint) | cast(n in (3, null) as bigint) | cast(n not in (3, null) as bigint)
cast(n between -1 and 7 as bigint) | cast(n is distinct from m as bigint) | cast(n is not distinct from 3 as bigint)
cast(y > 1 as bigint) | cast(y = y as bigint) | cast(x = 0 as bigint) | cast(s < 'a' as bigint) | cast(s = '' as bigint)
cast(exists (select 1 from few f where f.n = edges.n) as bigint)
s | s || 'ü' | concat(s, '-', s) | length(s) | trim(s) | substr(s, 2) | substr(s, 1, 3) | 'it''s "so" \\ ü'
cast(starts_with(s, 'Z') as bigint) | cast(contains(s, '''') as bigint) | cast(s like '%a%' as bigint)
cast(s like 'say "_"' as bigint) | cast(contains(s, '\\') as bigint) | cast(cast(n as bigint) as varchar)
cast(cast(d as date) as varchar) | cast(null as varchar) | cast('2024-02-29' as date) | cast('12' as bigint)
epoch_us(t) | epoch_us(u) | epoch_us(d) | cast(t as date) | cast(u as date) | year(t) | month(d) | day(t) | quarter(d)
d + cast(m as int) | date '1970-01-01' + cast(m as int) | d - 3 | d - date '1970-01-01' | d - cast(t as date)
date_diff('day', d, date '2024-06-01') | date_diff('day', t, timestamp '2024-04-01 00:00:00') | datediff('day', t, d)
cast(t < timestamp '2024-03-31 01:30:00' as bigint) | cast(d >= date '2024-03-31' as bigint) | cast(t = u as bigint)
cast(u > timestamptz '2024-03-31 01:30:00+01' as bigint) | (epoch_us(t) + 7199999999) // 86400000000
list_extract(list_sort(list_value(coalesce(x, 9.5), coalesce(y, 1.5), 2.0)), 2)
list_extract(list_value(1.5, x), greatest(m // 2, 1)) | list_extract(list_sort(list_value(x, 1.0)), 1)
"""

#: Over the rows of each part; part 2 has only a row of nulls, and the relation `none` has no row.
AGGREGATES = """
count(*) | count(n) | count(distinct n) | count(distinct s) | cast(sum(n) as bigint) | min(n) | max(n) | min(s) | max(s)
min(d) | max(d) | min(y) | max(y) | avg(n) | avg(x) | sum(x) | cast(sum(n) as double) / nullif(count(*), 0)
cast(sum(case when n > 0 then 1 else 0 end) as bigint) | sum(case when n > 0 then x end) | count(case when b then 1 end)
cast(bool_or(b) as bigint) | cast(bool_and(b) as bigint) | cast(bool_or(n > 3) as bigint)
max_by(x, id) | min_by(x, n * 12 + id) | max_by(s, id) | min_by(n, id) | max_by(n, case when b then id end)
quantile_cont(x, 0.5) | quantile_cont(n, 0.9) | quantile_cont(case when b then x end, 0.25)
stddev_samp(m) | stddev_pop(m) | stddev(m) | variance(m) | var_pop(m) | var_samp(case when id = 1 then m end)
max(n) filter (where b) | count(*) filter (where n > 0) | quantile_cont(x, 0.9) filter (where n < 5)
count(distinct x) | count(distinct y) | count(distinct case when b then n end) | cast(max(b) is true as bigint)
"""

#: Over the rows before and after.
WINDOWS = """
row_number() over (order by n, id) | row_number() over (partition by part order by y desc, id)
rank() over (order by n) | dense_rank() over (order by n desc) | percent_rank() over (order by s)
rank() over (partition by part order by n) - 1 | cast(rank() over (order by x) as double) / 2
lag(n) over (order by id) | lag(n, 2, -1) over (partition by part order by id) | lead(x) over (order by id)
lead(s) over (partition by part order by n desc, id) | lag(d) over (order by d, id) | lag(n) over (order by y, id)
first_value(n) over (partition by part order by id) | last_value(n) over (partition by part order by id)
cast(sum(m) over (order by id) as bigint) | cast(sum(m) over (partition by part) as bigint)
cast(sum(m) over (order by part) as bigint) | count(*) over (partition by b) | count(n) over (order by n, id)
cast(sum(m) over (order by id rows between unbounded preceding and 1 preceding) as bigint)
cast(sum(m) over (order by id rows between 1 following and unbounded following) as bigint)
cast(sum(m) over (order by id rows between 2 preceding and current row) as bigint)
min(m) over (order by id * 2 range between 2 following and unbounded following)
max(m) over (partition by part order by id range between 1 preceding and current row)
avg(m) over (order by id rows between 3 preceding and current row) | max(s) over (partition by part)
"""

#: Whole queries.
QUERIES = [
    "select part, b, count(*) as many from edges group by part, b",
    "select part as p, n + 1 as more, count(*) as many from edges group by 1, 2",
    "select distinct x from edges",
    "select x, count(*) as many from (select case when id < 4 then -0.0 else 0.0 end as x from edges) e group by x",
    "select part, count(*) as many from edges group by part having count(*) > 1",
    "select n from edges order by n limit 3",
    "select s from edges order by s desc limit 4",
    "select n from edges union all select n from few",
    "select n from edges union select n from few",
    "select n from edges except select n from few",
    "select n from edges intersect select n from few",
    "select e.id, f.word from edges e join few f on f.n = e.n",
    "select e.id, f.word from edges e left join few f on f.n = e.n and e.b",
    "select e.id, f.word, f.n from edges e full join few f on f.n = e.n",
    "select id, word, n from edges join few using (n)",
    "select id, n from edges semi join few using (n)",
    "select id, n from edges anti join few using (n)",
    "select e.id, f.word from edges e cross join few f",
    "select e.id, f.word from edges e, few f where f.n > e.id",
    "with a as materialized (select id, n from edges), c as (select * from a where n > 0) select * from c",
    "select id, twice + 1 as more from (select id, n * 2 as twice from edges where n < 10) t",
    "select id from edges where exists (select 1 from few where few.n = edges.n)",
    "select (select max(n) from few) as largest, id from edges",
    "select a, c from (values (1, 'x'), (2, 'it''s')) as t(a, c)",
    "select e.* from few e",
    'select n as "a b", word as "order", n as "no" from few',
    "select cast(sum(n) as bigint) as total, count(*) as many, max(word) as last from few where n > 99",
    "select part, max(n) as largest from none group by part",
]


def _listed(table: str) -> list[str]:
    return [construct.strip() for construct in table.replace("\n", "|").split("|") if construct.strip()]


def given(engine: Engine) -> Engine:
    few = pa.table({"n": pa.array([3, 7, None, 99], pa.int64()), "word": ["drei", "sieben", "nichts", "ünf"]})
    for name, rows in {"edges": EDGES, "few": few, "none": EDGES.slice(0, 0)}.items():
        engine.give(name, rows)
    return engine


def written(engine: Engine, sql: str, folder: Path) -> pa.Table:
    path = folder / f"{engine.name}.parquet"
    engine.stage(Stage("answered", sql))
    order = next((key for key in ("id", "part") if f"order by {key}" in sql), None)
    engine.write(f"select * from answered{f' order by {order}' if order else ''}", path)
    return pq.read_table(path)


def both(duck: DuckEngine, spark: SparkEngine, sql: str, folder: Path) -> list[pa.Table]:
    return [written(given(engine), sql, folder) for engine in (duck, spark)]


def assert_alike(one: pa.Table, other: pa.Table, told: dict[str, str]) -> None:
    assert one.schema.names == other.schema.names
    assert one.num_rows == other.num_rows
    different = {
        told.get(name, name): (one[name].to_pylist(), other[name].to_pylist())
        for name in one.schema.names
        if one.schema.field(name).type != other.schema.field(name).type
        or not all(map(alike, one[name].to_pylist(), other[name].to_pylist()))
    }
    assert not different


def alike(one: Any, other: Any) -> bool:
    if not isinstance(one, float) or not isinstance(other, float):
        return bool(one == other)
    return math.isclose(one, other, rel_tol=1e-12) or (math.isnan(one) and math.isnan(other))


@pytest.mark.parametrize(
    ("constructs", "rest"),
    [
        (VALUES, "from edges order by id"),
        (AGGREGATES, "from edges group by part order by part"),
        (AGGREGATES, "from none"),
        (WINDOWS, "from edges order by id"),
    ],
    ids=["values", "aggregates", "aggregates of nothing", "windows"],
)
def test_what_may_be_written_gives_the_same_on_both_engines(duck, spark, tmp_path, constructs, rest):
    told = {f"c{number}": construct for number, construct in enumerate(_listed(constructs))}
    keys = "id, " if "order by id" in rest else "part, " if "part" in rest else ""
    sql = f"select {keys}{', '.join(f'{construct} as {name}' for name, construct in told.items())} {rest}"
    assert_alike(*both(duck, spark, sql, tmp_path), told)


@pytest.mark.parametrize("sql", QUERIES)
def test_whole_queries_give_the_same_rows_on_both_engines(duck, spark, tmp_path, sql):
    one, other = (given(engine).frame(sql) for engine in (duck, spark))
    assert list(one.columns) == list(other.columns)
    assert _rows(one) == _rows(other)


def _rows(frame: pd.DataFrame) -> list[tuple[Any, ...]]:
    """The rows in an order of their own, with whole numbers that are floats for the sake of a null as they are."""
    rows = frame.astype(object).where(frame.notna(), None).itertuples(index=False, name=None)
    whole = [tuple(int(v) if isinstance(v, float) and v.is_integer() else v for v in row) for row in rows]
    return sorted(whole, key=repr)


#: What has no answer stops both engines, so that neither makes one up.
WITHOUT_ANSWER = """
n + 9223372036854775807 | n * 9223372036854775807 | cast(n as int) | cast(y * 1e300 as bigint) | cast('x' as double)
cast('x' as bigint) | cast('2024-02-30' as date) | cast(sum(n * 1000000000000000) over () as bigint)
"""


@pytest.mark.parametrize("construct", _listed(WITHOUT_ANSWER))
def test_what_has_no_answer_stops_both_engines(duck, spark, construct):
    from pyspark.errors import PySparkException  # an extra: it is there where `spark` is

    for engine, error in ((duck, duckdb.Error), (spark, PySparkException)):
        with pytest.raises(error):
            given(engine).frame(f"select {construct} as none from edges")
