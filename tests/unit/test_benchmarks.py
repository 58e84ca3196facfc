"""The benchmarks compare like with like: the same rows, the same definitions, runs of their own."""

import json
import shutil
from datetime import UTC, date, datetime
from io import StringIO

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from rich.console import Console

from benchmarks import features, reference_data, reference_sql
from benchmarks.reference_data import TABLES, month_ends
from benchmarks.reference_features import FEATURES, cut, differences
from benchmarks.reference_pandas import pandas_matrix
from benchmarks.reference_sql import range_join
from benchmarks.report import Bar, publish
from benchmarks.timing import Measure, Run, in_child, interleaved

SCALE = 0.002
AS_OFS = month_ends()
SAME = 1e-9


@pytest.fixture(scope="module")
def company(tmp_path_factory):
    """200 accounts of the reference data."""
    return reference_data.reference_data(SCALE, place=tmp_path_factory.mktemp("data"))


@pytest.fixture(scope="module")
def joined(company, tmp_path_factory):
    """Their matrix, by the range join."""
    out = tmp_path_factory.mktemp("out") / "joined"
    range_join(company, out, AS_OFS)
    return out


def test_the_reference_data_has_the_stated_size_and_order(company):
    orders = {"accounts": "created_at", "tickets": "created_at", "usage": "day", "surveys": "responded_at"}
    for name, column in (orders | {"mrr": "started_at"}).items():
        moments = pq.read_table(company / f"{name}.parquet")[column].to_pylist()
        assert moments == sorted(moments)
    rows = {name: pq.read_metadata(company / f"{name}.parquet").num_rows for name in TABLES}
    assert (rows["accounts"], rows["tickets"], rows["surveys"]) == (200, 10_000, 1_000)
    assert rows["usage"] == pytest.approx(40_700, rel=0.1)
    assert rows["mrr"] == pytest.approx(360, rel=0.1)


def test_the_same_seed_makes_the_same_rows_and_another_seed_makes_others(company, tmp_path):
    again = reference_data.reference_data(SCALE, place=tmp_path)
    other = reference_data.reference_data(SCALE, seed=1, place=tmp_path)
    for name in TABLES:
        rows = pq.read_table(company / f"{name}.parquet")
        assert rows == pq.read_table(again / f"{name}.parquet")
        assert rows != pq.read_table(other / f"{name}.parquet")


def test_data_that_is_there_is_not_made_again(company):
    assert reference_data.reference_data(SCALE, place=company.parent) == company
    assert [folder.name for folder in company.parent.iterdir()] == [company.name]


def test_the_spine_is_the_last_day_of_each_of_twelve_months():
    assert AS_OFS[0] == date(2025, 1, 31)
    assert AS_OFS[1] == date(2025, 2, 28)
    assert AS_OFS[-1] == date(2025, 12, 31)
    assert len(AS_OFS) == 12


def test_there_are_65_features_and_each_has_its_sentence(joined):
    assert len(FEATURES) == 65
    assert all(sentence.endswith(".") for sentence in FEATURES.values())
    assert pq.read_schema(joined).names == ["account_id", "as_of", *FEATURES]


def test_pandas_and_the_range_join_give_the_same_matrix(company, joined, tmp_path):
    pandas_matrix(company, tmp_path / "pandas", AS_OFS)
    assert {name: value for name, value in differences(joined, tmp_path / "pandas").items() if value > SAME} == {}


def test_what_is_known_later_changes_nothing(company, joined, tmp_path):
    """The world is cut at the end of a day; what was computed of the whole world for that day stays."""
    day = AS_OFS[5]
    known = _cut_world(company, tmp_path / "known", day)
    range_join(known, tmp_path / "then", [day])
    _select(joined, tmp_path / "now", f"as_of = date '{day}'")
    assert max(differences(tmp_path / "then", tmp_path / "now").values()) == 0


def _cut_world(company, folder, day):
    folder.mkdir()
    for name in TABLES:
        shutil.copy(company / f"{name}.parquet", folder)
    now = f"make_timestamp({cut(day)}::bigint * 1000000)"
    known = {
        name: f"case when {name} <= {now} then {name} end as {name}" for name in ("first_response_at", "solved_at")
    }
    known |= {
        "agent_id": f"case when first_response_at <= {now} then agent_id else 'G000' end as agent_id",
        "satisfaction": f"case when solved_at <= {now} then satisfaction end as satisfaction",
        "reopened_count": f"case when solved_at <= {now} then reopened_count else 0 end as reopened_count",
    }
    _select(company / "tickets.parquet", folder / "tickets.parquet", f"created_at <= {now}", ", ".join(known.values()))
    _select(company / "usage.parquet", folder / "usage.parquet", f"day <= date '{day}'")
    _select(company / "surveys.parquet", folder / "surveys.parquet", f"responded_at <= {now}")
    _select(company / "mrr.parquet", folder / "mrr.parquet", f"started_at <= {now}")
    return folder


def _select(source, target, where, replaced=""):
    columns = f"* replace ({replaced})" if replaced else "*"
    query = f"select {columns} from read_parquet('{source}') where {where}"
    duckdb.connect().execute(f"copy ({query}) to '{target}' (format parquet)")


DAY = date(2025, 3, 31)


@pytest.fixture(scope="module")
def by_hand(tmp_path_factory):
    """One account with little enough to count by hand, and one with nothing; as of 2025-03-31 by both opponents."""
    folder = tmp_path_factory.mktemp("by_hand")
    tickets = [
        # created, first response, solved, reopened, priority, channel, rating, tone, agent
        (_at(3, 31, 23), _at(4, 1, 0), None, 0, "urgent", "chat", None, -0.25, "G001"),  # answered just in time
        (_at(3, 11), _at(3, 11, 2), _at(3, 12), 2, "high", "email", 1, -0.2499, "G001"),
        (_at(2, 1), _at(2, 1, 4), _at(4, 1, 1), 1, "low", "chat", 5, 0.5, "G002"),  # solved an hour too late
        (_at(1, 1), _at(1, 3), _at(1, 3), 0, "low", "web", 4, -1.0, "G003"),  # 90 days before: at the window's edge
    ]
    names = "created_at first_response_at solved_at reopened_count priority channel satisfaction sentiment agent_id"
    _write(folder, "tickets", names, tickets)
    _write(folder, "usage", "day events active_users", [(date(2025, 3, 31), 60, 4), (date(2025, 1, 1), 30, 2)])
    _write(folder, "surveys", "responded_at score", [(_at(3, 1), 9), (_at(3, 1), 10), (_at(4, 2), 0)])
    _write(folder, "mrr", "started_at ended_at mrr", [(_at(3, 2), _at(12, 31), 80.5), (_at(1, 1), _at(4, 1), 50.0)])
    accounts = pa.table({"account_id": ["A", "B"], "segment": ["small", "small"], "created_at": [_at(1, 1)] * 2})
    pq.write_table(accounts, folder / "accounts.parquet")
    range_join(folder, folder / "joined", [DAY])
    pandas_matrix(folder, folder / "pandas", [DAY])
    return folder


def _at(month, day, hour=0):
    return datetime(2025, month, day, hour, tzinfo=UTC).replace(tzinfo=None)


def _write(folder, name, columns, rows):
    table = pa.table(dict(zip(columns.split(), map(list, zip(*rows, strict=True)), strict=True)))
    moments = {column: pa.timestamp("us") for column in table.column_names if column.endswith("_at")}
    schema = pa.schema([(field.name, moments.get(field.name, field.type)) for field in table.schema])
    keys = {"account_id": ["A"] * len(rows)} | ({"ticket_id": list("1234")} if name == "tickets" else {})
    whole = table.cast(schema)
    for key, values in keys.items():
        whole = whole.append_column(key, [values])
    pq.write_table(whole, folder / f"{name}.parquet")


@pytest.mark.parametrize("opponent", ["joined", "pandas"])
def test_the_definitions_are_what_is_counted_by_hand(by_hand, opponent):
    matrix = pq.read_table(by_hand / opponent).sort_by("account_id").to_pylist()
    expected = {
        "tickets_last_7d": 1,
        "tickets_last_30d": 2,
        "tickets_last_90d": 3,
        "tickets_last_180d": 4,
        "solved_tickets_last_30d": 1,
        "solved_tickets_last_90d": 2,
        "high_priority_tickets_last_30d": 2,
        "chat_tickets_last_90d": 2,
        "resolution_hours_last_30d": 24,
        "resolution_hours_last_90d": 36,
        "resolution_hours_median_last_90d": 36,
        "resolution_hours_p90_last_90d": 45.6,
        "first_response_hours_last_30d": 1.5,
        "first_response_hours_median_last_90d": 3,
        "reopened_tickets_last_90d": 1,
        "reopened_share_last_90d": 1 / 2,
        "ratings_last_90d": 2,
        "satisfaction_last_90d": 2.5,
        "low_ratings_last_90d": 1,
        "resolution_share_last_90d": 1 / 3,
        "resolution_share_last_365d": 2 / 4,
        "negative_share_last_30d": 1 / 2,
        "negative_share_last_90d": 1 / 3,
        "sentiment_last_90d": (-0.25 - 0.2499 + 0.5) / 3,
        "agents_last_90d": 3,
        "days_since_ticket": 0,
        "tickets_change_30d": 2 / 30 / (3 / 90),
        "first_response_change_30d": 1.5 / ((1 + 2 + 4 + 48) / 4),
        "negative_share_change_30d": (1 / 2) / (1 / 3),
        "open_tickets": 2,
        "open_ticket_days": (1 / 24 + 59) / 2,
        "usage_last_90d": 90,
        "active_days_last_90d": 2,
        "active_days_last_30d": 1,
        "most_active_users_last_30d": 4,
        "active_users_last_90d": 3,
        "usage_slope_last_90d": (44.5 * 60 - 44.5 * 30) / 60_742.5,
        "days_since_usage": 0,
        "usage_change_30d": 60 / 30 / (90 / 90),
        "nps_answers_last_365d": 2,
        "nps_last_365d": 9.5,
        "nps_score": 10,
        "mrr": 80.5,
        "mrr_change_90d": 30.5,
    }
    assert {name: matrix[0][name] for name in expected} == pytest.approx(expected, rel=SAME)
    nothing = {name: value for name, value in matrix[1].items() if name in FEATURES and value is not None}
    assert set(nothing.values()) == {0}
    assert {"tickets_last_7d", "open_tickets", "usage_slope_last_90d", "mrr", "nps_answers_last_365d"} <= set(nothing)
    assert not {"resolution_hours_last_30d", "reopened_share_last_90d", "nps_score", "days_since_usage"} & set(nothing)


def test_two_matrices_differ_where_a_row_is_missing_and_where_a_cell_is_empty(joined, tmp_path):
    _select(joined, tmp_path / "fewer", "account_id <> 'A0000000'")
    assert min(differences(joined, tmp_path / "fewer").values()) == float("inf")
    _select(joined, tmp_path / "other", "true", "null as mrr, open_tickets * 1.01 as open_tickets")
    found = differences(joined, tmp_path / "other")
    assert found["mrr"] == float("inf")
    assert found["open_tickets"] == pytest.approx(0.01 / 1.01)
    assert found["tickets_last_7d"] == 0


def test_a_matrix_may_be_a_folder_with_a_file_for_each_as_of(joined, tmp_path):
    (tmp_path / "days").mkdir()
    for day in AS_OFS:
        _select(joined, tmp_path / "days" / f"{day}.parquet", f"as_of = date '{day}'")
    assert max(differences(joined, tmp_path / "days").values()) == 0


def test_the_floor_passes_over_each_of_the_three_large_files(company):
    assert set(reference_sql.floor(company)) == {"tickets", "usage", "surveys"}


def test_a_run_is_a_process_of_its_own_and_tells_its_memory(company):
    run = in_child("benchmarks.reference_sql:floor", folder=company)
    assert set(run.answer) == {"tickets", "usage", "surveys"}
    assert 0.01 < run.peak_gb < 2
    assert run.seconds > 0
    assert run.cpu_seconds > 0


def test_a_run_that_fails_says_why(tmp_path):
    with pytest.raises(RuntimeError, match="No files found"):
        in_child("benchmarks.reference_sql:floor", folder=tmp_path)


def test_runs_take_turns_and_their_medians_are_told():
    order, times = [], iter((1.0, 9.0, 3.0, 8.0, 2.0, 7.0))

    def job(name):
        order.append(name)
        return Run(next(times), 1.0, len(order) / 10, None)

    runs = interleaved({"one": lambda: job("one"), "two": lambda: job("two")}, repeat=3)
    assert order == ["one", "two"] * 3
    assert Measure.of(runs["one"]) == Measure(2.0, 1.0, 0.5)
    assert Measure.of(runs["two"]).figures("two") == {"two_s": 8.0, "two_cpu_s": 1.0, "two_peak_gb": 0.6}


def test_a_missed_bar_is_told_as_missed_and_a_figure_that_was_not_run_is_left_out(tmp_path):
    bars = {"slow": Bar(16, 12, "."), "quick": Bar(4, 6, ".", at_least=True), "later": Bar(1, None, ".")}
    console = Console(file=StringIO(), width=110)
    publish({"slow": 16.5, "quick": 5.0, "apart": float("inf")}, bars, tmp_path / "figures.json", console)
    slow, quick, later = console.file.getvalue().splitlines()[1:4]
    assert slow.split()[:7] == ["slow", "16.5", "≤", "16", "≤", "12", "MISSED"]
    assert quick.split()[:7] == ["quick", "5", "≥", "4", "≥", "6", "bar"]
    assert later.split()[:3] == ["later", "not", "run"]
    assert json.loads((tmp_path / "figures.json").read_text()) == {"slow": 16.5, "quick": 5.0, "apart": None}


@pytest.mark.slow
def test_the_benchmark_tells_every_figure_it_ran_and_that_a_stand_in_did_it(tmp_path, monkeypatch, capsys):
    """Without the engine, so that this tests the benchmark alone."""
    monkeypatch.setattr(features, "ENGINE", "benchmarks.no_such_engine")
    monkeypatch.setattr(features, "SAME", -1)
    told = tmp_path / "told.json"
    features.main(["--json", str(told), "--scale", str(SCALE), "--repeat", "1", "--data", str(tmp_path)])
    figures = json.loads(told.read_text())
    not_run = {"whole_catalogue_vs_reference", "second_month_vs_first", "spark_max_rel_diff"}
    assert features.BARS.keys() - figures.keys() == not_run
    assert figures["engine_max_rel_diff"] == 0
    assert {f"{name}_{what}" for name in ("engine", "pandas") for what in ("s", "cpu_s", "peak_gb")} <= figures.keys()
    printed = capsys.readouterr()
    assert printed.out.count("not run") == len(not_run)
    assert "the range join ran in its place" in printed.err
    assert "no time compares" in printed.err
