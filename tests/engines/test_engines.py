"""What an engine promises, on each: relations with names, stages, one whole file in order, and nothing left behind."""

from datetime import date, datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from churnrisk.history.spark import SparkEngine
from churnrisk.history.stage import Engine, Stage

ROWS = pa.table({"account_id": ["b", "a", "c", "a"], "n": pa.array([1, 2, None, 4], pa.int64())})


def values(engine: Engine, sql: str) -> list[tuple[object, ...]]:
    return list(engine.frame(sql).itertuples(index=False, name=None))


def landed(path: Path, **columns: pa.Array) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.table(columns), path)
    return path


def test_a_stage_reads_what_was_given_and_earlier_stages(engine):
    engine.give("rows_", ROWS)
    engine.stage(Stage("sums", "select account_id, cast(sum(n) as bigint) as n from rows_ group by account_id"))
    engine.stage(Stage("known", "select * from sums where n is not null", cluster_by=("account_id",)))
    assert values(engine, "select account_id, n from known order by account_id") == [("a", 6), ("b", 1)]


def test_a_stage_of_the_same_name_takes_the_place_of_the_one_it_reads(engine):
    engine.give("rows_", ROWS)
    engine.stage(Stage("kept", "select n from rows_"))
    engine.stage(Stage("kept", "select n + 1 as n from kept where n > 1"))
    assert values(engine, "select n from kept order by n") == [(3,), (5,)]


def test_a_view_shows_what_its_relations_hold_when_it_is_read(engine):
    engine.give("rows_", ROWS)
    engine.view("large", "select n from rows_ where n > 1")
    engine.give("rows_", ROWS.slice(0, 2))
    assert values(engine, "select n from large") == [(2,)]


def test_a_stage_without_a_row_is_written_with_its_columns(engine, tmp_path):
    engine.give("rows_", ROWS)
    engine.stage(Stage("none", "select account_id, max(n) as n from rows_ where n > 99 group by account_id"))
    engine.write("select account_id, n from none order by account_id", tmp_path / "none.parquet")
    assert pq.read_table(tmp_path / "none.parquet").to_pydict() == {"account_id": [], "n": []}


def test_columns_that_some_files_lack_are_empty_there(engine, tmp_path):
    old = landed(tmp_path / "1.parquet", a=pa.array([1]))
    new = landed(tmp_path / "2.parquet", a=pa.array([2]), b=pa.array(["x"]))
    engine.files("both_", [old, new])
    assert values(engine, "select a, coalesce(b, '-') as b from both_ order by a") == [(1, "-"), (2, "x")]


@pytest.mark.parametrize("folder", ["as_of=2024-01-01", "büro nr. 1", "[old]", "{a,b}", "50% *?", "a#b", "back\\slash"])
def test_the_name_of_a_folder_is_neither_a_pattern_nor_a_column(engine, tmp_path, folder):
    path = landed(tmp_path / folder / "x.parquet", a=pa.array([1]))
    engine.files("one", [path, landed(tmp_path / "other" / folder / "x.parquet", a=pa.array([2]))])
    assert list(engine.frame("select * from one").columns) == ["a"]
    assert values(engine, "select a from one order by a") == [(1,), (2,)]


def test_hashes_of_rows_order_and_tell_apart_as_they_are(engine, tmp_path):
    hashes = pa.array([2**64 - 1, 2**63, 1, 2**63 + 1], pa.uint64())
    engine.files("one", [landed(tmp_path / "x.parquet", h=hashes, a=pa.array([4, 2, 1, 3]))])
    in_order = "select a, row_number() over (order by h) as place from one order by a"
    assert values(engine, in_order) == [(1, 1), (2, 2), (3, 3), (4, 4)]
    assert values(engine, "select count(distinct h) as many from one") == [(4,)]


def test_timestamps_with_and_without_offset_are_in_utc(engine, tmp_path):
    moments = [datetime(2024, 3, 31, 1, 30), datetime(2024, 10, 27, 2, 30)]
    columns = {"plain": pa.array(moments, pa.timestamp("us")), "told": pa.array(moments, pa.timestamp("us", "UTC"))}
    engine.files("one", [landed(tmp_path / "x.parquet", **columns)])
    seconds = [(1711848600, 1711848600), (1729996200, 1729996200)]
    assert values(
        engine, "select epoch_us(plain) // 1000000 as p, epoch_us(told) // 1000000 as t from one order by p"
    ) == (seconds)


def test_a_result_is_one_file_in_order_with_the_types_of_a_matrix(engine, tmp_path):
    engine.give("rows_", ROWS)
    path = tmp_path / "matrix.parquet"
    engine.write(
        "select account_id, n, n / 4 as x, date '2024-01-01' + cast(n as int) as day from rows_ order by n desc", path
    )
    written = pq.read_table(path)
    assert [str(field.type) for field in written.schema] == ["string", "int64", "double", "date32[day]"]
    assert written.to_pydict() == {
        "account_id": ["a", "a", "b", "c"],
        "n": [4, 2, 1, None],
        "x": [1.0, 0.5, 0.25, None],
        "day": [date(2024, 1, 5), date(2024, 1, 3), date(2024, 1, 2), None],
    }
    assert pq.ParquetFile(path).metadata.row_group(0).column(0).compression == "ZSTD"
    assert [file.name for file in tmp_path.iterdir() if file.is_file()] == ["matrix.parquet"]


def test_many_rows_stay_in_the_order_that_was_asked_for_by_a_column_that_is_not_written(engine, tmp_path):
    many = 300_000
    engine.give("rows_", pa.table({"no": pa.array(range(many), pa.int64())}))
    path = tmp_path / "many.parquet"
    engine.write("select cast(no * 7919 % 300000 as double) as x from rows_ order by no * 7919 % 300000", path)
    written = pq.read_table(path)
    assert written.schema.names == ["x"]
    assert written["x"].to_pylist() == [float(number) for number in range(many)]


def test_no_row_is_a_file_with_its_columns(engine, tmp_path):
    engine.give("rows_", ROWS)
    engine.write("select account_id, n from rows_ where n > 99 order by n", tmp_path / "none.parquet")
    assert pq.read_table(tmp_path / "none.parquet").to_pydict() == {"account_id": [], "n": []}


@pytest.mark.parametrize("column", ["n > 1", "timestamp '2024-01-01 00:00:00'", "list_value(n, n)"])
def test_a_column_of_another_type_is_refused_and_what_was_there_stays(engine, tmp_path, column):
    engine.give("rows_", ROWS)
    path = tmp_path / "matrix.parquet"
    path.write_bytes(b"from before")
    with pytest.raises(ValueError, match=r"c is .*; cast it to one of double, bigint, varchar, date"):
        engine.write(f"select {column} as c from rows_", path)
    assert path.read_bytes() == b"from before"
    assert [file.name for file in tmp_path.iterdir() if file.is_file()] == ["matrix.parquet"]


def test_what_is_dropped_is_gone_and_an_unknown_name_is_nothing_to_drop(engine):
    engine.give("rows_", ROWS)
    engine.view("seen", "select n from rows_")
    engine.stage(Stage("kept", "select n from rows_"))
    engine.drop(["seen", "kept", "rows_", "never"])
    for name in ("seen", "kept", "rows_"):
        with pytest.raises(Exception, match=name):
            engine.frame(f"select n from {name}")


def test_frames_of_both_engines_have_the_same_types(duck, spark, tmp_path):
    typed = pa.table(
        {
            "i": pa.array([2**53 + 1, None], pa.int64()),
            "b": pa.array([True, None]),
            "d": pa.array([date(2024, 1, 1), None]),
            "t": pa.array([datetime(2024, 1, 1, 0, 0, 0, 1), None], pa.timestamp("us")),
            "s": ["ä", None],
        }
    )
    frames = []
    for each in (duck, spark):
        each.give("typed", typed)
        frames.append(each.frame("select * from typed order by i"))
    assert list(frames[0].dtypes) == list(frames[1].dtypes)
    assert frames[0].equals(frames[1])


def test_an_engine_on_a_session_that_is_there_leaves_it_as_it_was(spark_runs, tmp_path):
    from pyspark.sql import SparkSession

    session = SparkSession.getActiveSession()
    zone = session.conf.get("spark.sql.session.timeZone")
    session.conf.set("spark.sql.session.timeZone", "Asia/Seoul")
    session.sql("select 1 as mine").createOrReplaceTempView("rows_")
    try:
        with SparkEngine(session, folder=tmp_path) as own:
            own.give("rows_", ROWS)
            assert values(own, "select epoch_us(timestamp '1970-01-01 00:00:01') as s") == [(1_000_000,)]
        assert session.sql("select mine from rows_").collect()[0].mine == 1
        assert session.conf.get("spark.sql.session.timeZone") == "Asia/Seoul"
        assert list(tmp_path.iterdir()) == []
    finally:
        session.catalog.dropTempView("rows_")
        session.conf.set("spark.sql.session.timeZone", zone)


def test_stages_that_are_replaced_or_dropped_take_no_room(spark, tmp_path):
    spark.give("rows_", ROWS)
    for _ in range(3):
        spark.stage(Stage("kept", "select n from rows_"))
    (place,) = (tmp_path / "spark").iterdir()
    assert sum(entry.name.startswith("kept") for entry in place.iterdir()) == 1
    spark.drop(["kept", "rows_"])
    assert [entry.name for entry in place.iterdir() if entry.name.startswith(("kept", "rows_"))] == []


def test_within_one_machine_spark_listens_to_nobody_else(spark_runs):
    from pyspark.sql import SparkSession

    settings = SparkSession.getActiveSession().sparkContext.getConf()
    assert settings.get("spark.driver.bindAddress") == "127.0.0.1"
    assert settings.get("spark.ui.enabled") == "false"
