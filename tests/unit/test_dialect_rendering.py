"""What becomes of a stage's SQL on its way to an engine, word by word.

That the result gives the same values is shown on real engines, in `tests/engines/test_rendering.py`.
"""

import subprocess
import sys

import pytest

from churnrisk.history.dialect import expression, relations_of, render

#: What is written, and what Spark is given for it.
RULES = {
    "epoch_us(t)": "UNIX_MICROS(CAST(t AS TIMESTAMP_LTZ))",
    "x * 0.5": "x * 0.5e0",
    "1e300": "1e300",
    "n // 86400": "n DIV 86400",
    "n / 7": "n / 7",
    "quantile_cont(x, 0.9)": "PERCENTILE(x, 0.9e0)",
    "quantile_cont(x, 0.5) filter (where b)": "PERCENTILE(x, 0.5e0) FILTER(WHERE b)",
    "max_by(x, n)": "MAX_BY(x, CASE WHEN NOT (x) IS NULL THEN n END)",
    "min_by(x, n)": "MIN_BY(x, CASE WHEN NOT (x) IS NULL THEN n END)",
    "d - date '1970-01-01'": "CAST(DATEDIFF(CAST(d AS DATE), CAST(CAST('1970-01-01' AS DATE) AS DATE)) AS BIGINT)",
    "date '1970-01-01' + n": "CAST('1970-01-01' AS DATE) + n",
    "date_diff('day', a, c)": "CAST(DATEDIFF(CAST(c AS DATE), CAST(a AS DATE)) AS BIGINT)",
    "year(d)": "CAST(YEAR(d) AS BIGINT)",
    "length(s)": "CAST(LENGTH(s) AS BIGINT)",
    "cast(x as bigint)": "CAST(BROUND(x) AS BIGINT)",
    "cast(x > 1 as bigint)": "CAST(x > 1 AS BIGINT)",
    "null::int": "CAST(NULL AS INT)",
    "x::double": "CAST(x AS DOUBLE)",
    "floor(x)": "(RINT(x) - CAST(RINT(x) > (x) AS DOUBLE))",
    "ceil(x)": "(RINT(x) + CAST(RINT(x) < (x) AS DOUBLE))",
    "ln(x)": "(CASE WHEN (x) = 0 THEN CAST('-infinity' AS DOUBLE)"
    " WHEN (x) < 0 THEN CAST('nan' AS DOUBLE) ELSE LN(x) END)",
    "a is distinct from c": "a IS DISTINCT FROM c",
    "rank() over (order by a)": "CAST(RANK() OVER (ORDER BY a NULLS LAST) AS BIGINT)",
    "lag(x) over (order by n desc)": "LAG(x) OVER (ORDER BY n DESC)",
    "bool_or(b)": "BOOL_OR(b)",
    "list_extract(list_sort(list_value(x, y)), 2)": "GET(ARRAY_SORT(ARRAY(x, y)), CAST((2) - 1 AS INT))",
    "concat(a, s)": "CONCAT(COALESCE(a, ''), COALESCE(s, ''))",
    "'it''s a \\ ü'": "'it\\'s a \\\\ ü'",
    '"at"': "`at`",
    "case when n > 0 then x / n end": "CASE WHEN n > 0 THEN x / n END",
    "case when b and n <> 0 then x // (n) end": "CASE WHEN b AND n <> 0 THEN x DIV (n) END",
    "x / (2 * nullif(n, 0))": "x / (2 * NULLIF(n, 0))",
    "x / greatest(n, 7)": "x / GREATEST(n, 7)",
}

#: What is refused, and a word of what to write instead.
REFUSED = {
    "x / n": "nullif",
    "x // n": "nullif",
    "x % n": "nullif",
    "x / (n - 1)": "nullif",
    "x / 0": "nullif",
    "case when n > 0 then 1 else x / n end": "nullif",
    "median(x)": "quantile_cont",
    "round(x, 2)": "round(x * 100) / 100",
    "log(x)": "ln(x)",
    "lower(s)": "letters",
    "upper(s)": "letters",
    "hash(s)": "nobody compared",
    "random()": "nobody compared",
    "strftime(d, '%Y')": "nobody compared",
    "dayofweek(d)": "% 7",
    "isodow(d)": "% 7",
    "t + interval 1 day": "days or microseconds",
    "date_diff('month', a, c)": "days",
    "count_if(b)": "sum(case",
    "any_value(x)": "min(x)",
    "first(x)": "max_by",
    "try_cast(s as double)": "case",
    "cast(x as decimal(18, 2))": "types are",
    "cast(x as float)": "types are",
    "cast(x as varchar)": "bigint or date",
    "s like 'a\\%'": "backslash",
    "s like a": "backslash",
    "s ilike 'a'": "nobody compared",
    "substr(s, 0)": "from 1",
    "trim(both 'x' from s)": "blanks",
    "row_number() over (partition by a)": "order by",
    "lag(x) over ()": "order by",
    "n in (select n from u)": "semi",
    "list_extract(list_value(x, y), n)": "greatest",
    "current_date": "nobody compared",
    "1 & 2": "nobody compared",
}

REFUSED_QUERIES = {
    "select * exclude (a) from t": "name the columns",
    "select * replace (1 as a) from t": "name the columns",
    "select distinct on (a) a from t": "number the rows",
    "select a, count(*) from t group by all": "name the columns",
    "select a from t order by all": "name the columns",
    "select a from t limit 3": "order by",
    "select a from t union all by name select a from u": "in one order",
    "select a from t qualify row_number() over (order by a) = 1": "subquery",
    "select a from t asof join u on t.a >= u.a": "on or using",
    "select a from t natural join u": "on or using",
    "select a from t positional join u": "on or using",
    "select unnest([1, 2])": "nobody compared",
    "select a from t tablesample 10%": "nobody compared",
    "select a from read_parquet('x')": "nobody compared",
    "select sum(x) over w from t window w as (order by a)": "where it is used",
    "pivot t on a using sum(x)": "nobody compared",
}


@pytest.mark.parametrize(("written", "given"), RULES.items())
def test_what_differs_is_said_in_sparks_words(written, given):
    assert render(f"select {written} as c from t", "spark") == f"SELECT {given} AS c FROM t"


@pytest.mark.parametrize(("written", "told"), REFUSED.items())
def test_what_would_differ_unseen_is_refused_with_what_to_write(written, told):
    with pytest.raises(ValueError, match=r"Engines may answer .* differently: ") as refused:
        render(f"select {written} as c from t", "spark")
    assert told in str(refused.value)


@pytest.mark.parametrize(("query", "told"), REFUSED_QUERIES.items())
def test_a_query_of_a_kind_that_would_differ_is_refused(query, told):
    with pytest.raises(ValueError, match=r"Engines may answer .* differently: ") as refused:
        render(query, "spark")
    assert told in str(refused.value)


def test_a_relation_that_is_computed_once_is_a_plain_one_for_spark():
    sql = "with a as materialized (select 1 as n) select n from a order by n desc"
    assert render(sql, "spark") == "WITH a AS (SELECT 1 AS n) SELECT n FROM a ORDER BY n DESC"


def test_what_stands_within_a_rule_is_ruled_too():
    assert render("select cast(floor(n / 2.5) as bigint) from t", "spark") == (
        "SELECT CAST(BROUND((RINT(n / 2.5e0) - CAST(RINT(n / 2.5e0) > (n / 2.5e0) AS DOUBLE))) AS BIGINT) FROM t"
    )


def test_duckdb_gets_the_text_as_it_is_but_for_numbers_with_a_point_which_are_doubles():
    sql = """select 'it''s 1.5', "1.5", t1.x, 1.5, .5 + 2., 1.5e3, 7 -- of 2.5"""
    assert render(sql, "duckdb") == ("""select 'it''s 1.5', "1.5", t1.x, 1.5e0, .5e0 + 2.e0, 1.5e3, 7 -- of 2.5""")


def test_duckdb_gets_what_is_refused_on_spark():
    assert render("select median(x) from t", "duckdb") == "select median(x) from t"


def test_the_relations_that_a_query_reads_are_told_once_and_without_those_it_makes():
    sql = "with b as (select * from t) select * from (select a from t union all select a from u) x join b on x.a = b.a"
    assert relations_of(sql) == ["t", "u"]


def test_a_small_expression_gives_each_column_its_place():
    assert expression("score >= 9 and kind = 'nps'", lambda column: f"s.{column}") == (
        "((s.score) >= 9 AND (s.kind) = 'nps')"
    )


@pytest.mark.parametrize("text", ["(select 1)", "sum(x)", "lag(x) over (order by y)"])
def test_a_small_expression_looks_at_its_own_row_only(text):
    with pytest.raises(ValueError, match="a feature may not use"):
        expression(text, lambda column: column)


@pytest.mark.parametrize("text", ["x > current_date", "now() > t", "random() > x", "x / y"])
def test_a_small_expression_has_nothing_in_it_that_differs_or_moves_by_itself(text):
    with pytest.raises(ValueError, match="differently"):
        expression(text, lambda column: column)


def test_spark_is_imported_by_nothing_that_does_not_run_on_it():
    """Spark is an extra: neither the library nor the command needs it."""
    look = "import churnrisk.cli, churnrisk.history.spark, churnrisk.jobs, sys; print('pyspark' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", look], capture_output=True, text=True, timeout=120, check=True)
    assert done.stdout.strip() == "False"
