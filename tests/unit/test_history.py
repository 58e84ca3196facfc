"""Landing, its clocks, and what a moment can see."""

import json
import shutil
import signal
import subprocess
import sys
from datetime import datetime

import duckdb
import pytest

from churnrisk.errors import CorruptError, InputError
from churnrisk.history import History, connect, land
from churnrisk.history.landing import read_manifests
from tests.conftest import ROOT
from tests.support.history import completed, incoming, land_rows, moment, seen

ACCOUNT = "account_id | created_at\n A | 2026-01-05 10:00"
FEBRUARY, MARCH, APRIL = datetime(2026, 2, 1), datetime(2026, 3, 1), datetime(2026, 4, 1)


def account(name: str) -> dict[str, str]:
    return {"accounts": f"account_id | name | created_at\n A | {name} | 2026-01-05 10:00"}


def names(folder, day: str) -> list[object]:
    return [row[0] for row in seen(folder, "accounts", day, "name")]


# --- The clocks of decision 1


def test_a_first_load_is_known_when_it_happened_and_not_when_it_arrived(tmp_path):
    land_rows(tmp_path, {"accounts": ACCOUNT}, landed_at=APRIL)
    assert seen(tmp_path, "accounts", "2026-01-04", "account_id") == []
    assert seen(tmp_path, "accounts", "2026-01-05", "account_id") == [("A",)]


def test_a_declared_delay_is_added_on_the_first_load(tmp_path):
    land_rows(tmp_path, {"accounts": ACCOUNT}, landed_at=APRIL, delay_days=3)
    assert seen(tmp_path, "accounts", "2026-01-07", "account_id") == []
    assert seen(tmp_path, "accounts", "2026-01-08", "account_id") == [("A",)]


def test_what_has_arrived_is_known_even_before_its_delay_is_over(tmp_path):
    """And so a delay never makes the history known beyond the day it was landed."""
    land_rows(tmp_path, {"accounts": ACCOUNT}, landed_at=datetime(2026, 1, 6, 12), delay_days=30)
    assert seen(tmp_path, "accounts", "2026-01-06", "account_id") == [("A",)]
    assert History(tmp_path, "UTC").known_until == moment("2026-01-05")


def test_a_declared_clock_goes_before_delay_and_arrival(tmp_path):
    rows = "account_id | created_at | known_at\n A | 2026-01-05 10:00 | 2026-01-20 10:00"
    land_rows(tmp_path, {"accounts": rows}, landed_at=APRIL, delay_days=90)
    assert seen(tmp_path, "accounts", "2026-01-19", "account_id") == []
    assert seen(tmp_path, "accounts", "2026-01-20", "account_id") == [("A",)]


def test_a_later_load_is_known_when_it_arrives(tmp_path):
    """A row that is new in March tells nothing of February, whenever it happened."""
    land_rows(tmp_path, {"accounts": ACCOUNT}, landed_at=FEBRUARY)
    land_rows(tmp_path, {"accounts": ACCOUNT + "\n B | 2026-01-06 10:00"}, landed_at=datetime(2026, 3, 1, 1))
    assert seen(tmp_path, "accounts", "2026-02-28", "account_id") == [("A",)]
    assert seen(tmp_path, "accounts", "2026-03-01", "account_id") == [("A",), ("B",)]


def test_the_first_load_of_another_table_is_a_first_load(tmp_path):
    land_rows(tmp_path, {"accounts": ACCOUNT}, landed_at=FEBRUARY)
    tickets = {"tickets": "account_id | ticket_id | created_at\n A | 1 | 2026-01-10 10:00"}
    land_rows(tmp_path, tickets, landed_at=MARCH)
    assert seen(tmp_path, "tickets", "2026-01-10", "ticket_id") == [("1",)]


def test_a_usage_day_is_known_at_its_end(tmp_path):
    land_rows(tmp_path, completed({"usage": "account_id | day | value\n A | 2026-01-10 | 1"}))
    assert seen(tmp_path, "usage", "2026-01-09", "value") == []
    assert seen(tmp_path, "usage", "2026-01-10", "value, happened_at") == [(1.0, datetime(2026, 1, 11))]


def test_what_describes_the_company_is_known_from_the_beginning(tmp_path):
    land_rows(tmp_path, {"csms": "csm | name\n x | Ann", "accounts": ACCOUNT})
    assert seen(tmp_path, "csms", "1999-01-01", "name") == [("Ann",)]


# --- Versions


def test_a_correction_supersedes_from_its_arrival_on(tmp_path):
    land_rows(tmp_path, account("before"), landed_at=FEBRUARY)
    land_rows(tmp_path, account("after"), landed_at=MARCH)
    days = ("2026-01-31", "2026-02-27", "2026-02-28")
    assert [names(tmp_path, day) for day in days] == [["before"], ["before"], ["after"]]


def test_a_source_that_goes_back_to_an_earlier_version_is_followed(tmp_path):
    for name, landed_at in (("a", FEBRUARY), ("b", MARCH), ("a", APRIL)):
        assert land_rows(tmp_path, account(name), landed_at=landed_at).new == {"accounts": 1}
    assert [names(tmp_path, day) for day in ("2026-02-10", "2026-03-10", "2026-04-10")] == [["a"], ["b"], ["a"]]


def test_a_load_is_later_than_the_one_before_even_when_the_clock_was_put_back(tmp_path):
    for name, landed_at in (("a", MARCH), ("b", MARCH), ("a", FEBRUARY)):
        assert land_rows(tmp_path, account(name), landed_at=landed_at).new == {"accounts": 1}
    assert names(tmp_path, "2026-03-01") == ["a"]
    assert [manifest["landed_at"] for manifest in read_manifests(tmp_path)] == [
        "2026-03-01T00:00:00",
        "2026-03-01T00:00:00.000001",
        "2026-03-01T00:00:00.000002",
    ]


def test_an_identical_second_load_writes_nothing(tmp_path):
    rows = {"accounts": ACCOUNT + "\n B | 2026-01-06 10:00\n B | 2026-01-06 10:00"}
    first = land_rows(tmp_path, rows, landed_at=FEBRUARY)
    before = sorted(path.relative_to(tmp_path) for path in tmp_path.rglob("*"))
    second = land_rows(tmp_path, rows, landed_at=MARCH)
    assert (first.read, first.new) == ({"accounts": 3}, {"accounts": 2})
    assert (second.load, second.new) == (0, {"accounts": 0})
    assert sorted(path.relative_to(tmp_path) for path in tmp_path.rglob("*")) == before


def test_a_source_that_tells_two_things_of_one_key_comes_to_rest(tmp_path):
    """Of two rows with one key only one can be seen; that it changes once does not make it change every night."""
    for landed_at, name, new in ((FEBRUARY, "b", 2), (MARCH, "c", 1), (APRIL, "c", 0), (datetime(2026, 5, 1), "c", 0)):
        rows = f"account_id | name | created_at\n A | a | 2026-01-05\n A | {name} | 2026-01-05"
        assert land_rows(tmp_path, {"accounts": rows}, landed_at=landed_at).new == {"accounts": new}
    assert names(tmp_path, "2026-04-10") == names(tmp_path, "2026-06-10") == ["c"]


def test_of_two_versions_known_at_the_same_moment_the_same_one_counts_whatever_came_first(tmp_path):
    versions = [f"account_id | name | created_at | known_at\n A | {name} | 2026-01-05 | 2026-01-06" for name in "abcd"]
    for folder, order in (("forth", versions), ("back", versions[::-1])):
        for rows in order:
            land_rows(tmp_path / folder, {"accounts": rows})
    assert names(tmp_path / "forth", "2026-01-31") == names(tmp_path / "back", "2026-01-31")


def test_a_column_that_is_revealed_later_is_empty_before(tmp_path):
    surveys = """
        account_id | survey_id | kind | sent_at    | responded_at     | score
        A          | 1         | csat | 2026-01-10 | 2026-01-20 12:00 | 4
    """
    land_rows(tmp_path, completed({"surveys": surveys}))
    assert seen(tmp_path, "surveys", "2026-01-19", "kind, responded_at, score") == [("csat", None, None)]
    assert seen(tmp_path, "surveys", "2026-01-20", "score") == [(4.0,)]


def test_a_column_without_a_clock_is_not_there(tmp_path):
    invoices = "account_id | issued_at | status\n A | 2026-01-10 | paid"
    land_rows(tmp_path, completed({"invoices": invoices}))
    columns = History(tmp_path, "UTC").upto(moment("2026-01-31")).table("invoices").columns
    assert "status" not in columns
    assert "paid_at" in columns


# --- What is known


@pytest.mark.parametrize(
    ("known_at", "time_zone", "day"),
    [
        ("2026-01-31 23:59Z", "UTC", "2026-01-30"),
        ("2026-02-01 00:00Z", "UTC", "2026-01-31"),
        ("2026-01-31 22:59Z", "Europe/Copenhagen", "2026-01-30"),
        ("2026-01-31 23:00Z", "Europe/Copenhagen", "2026-01-31"),
        ("2026-02-01 04:59Z", "America/New_York", "2026-01-30"),
        ("2026-02-01 05:00Z", "America/New_York", "2026-01-31"),
        ("2026-01-31 23:00Z", "Pacific/Kiritimati", "2026-01-31"),
    ],
)
def test_a_day_is_known_when_it_is_over(tmp_path, known_at, time_zone, day):
    rows = f"account_id | created_at | known_at\n A | 2026-01-05 10:00 | {known_at}"
    land_rows(tmp_path, {"accounts": rows}, time_zone=time_zone)
    assert History(tmp_path, time_zone).known_until == moment(day, time_zone)


def test_known_until_moves_with_a_later_load_and_not_with_what_describes_the_company(tmp_path):
    land_rows(tmp_path, {"accounts": ACCOUNT}, landed_at=FEBRUARY)
    assert History(tmp_path, "UTC").known_until == moment("2026-01-04")
    land_rows(tmp_path, {"csms": "csm\n x"}, landed_at=MARCH)
    assert History(tmp_path, "UTC").known_until == moment("2026-01-04")
    land_rows(tmp_path, {"accounts": "account_id | created_at\n B | 2026-01-06"}, landed_at=APRIL)
    assert History(tmp_path, "UTC").known_until == moment("2026-03-31")


def test_a_contract_that_begins_later_does_not_make_the_future_known(tmp_path):
    """It is seen from its arrival on, so that a renewal signed early is no loss."""
    contract = "account_id | subscription_id | started_at\n A | 1 | 2026-12-01"
    land_rows(tmp_path, {"accounts": ACCOUNT, "subscriptions": contract}, landed_at=FEBRUARY)
    assert History(tmp_path, "UTC").known_until == moment("2026-01-31")
    assert seen(tmp_path, "subscriptions", "2026-01-30", "subscription_id") == []
    assert seen(tmp_path, "subscriptions", "2026-01-31", "subscription_id") == [("1",)]


def test_the_machine_s_time_zone_changes_nothing(tmp_path):
    code = (
        "import sys\nfrom pathlib import Path\nfrom tests.support.history import *\n"
        "land_rows(Path(sys.argv[1]), completed({'usage': 'account_id | day | value\\n A | 2026-03-29 | 1'}),"
        " time_zone='Europe/Copenhagen')\n"
        "history = History(Path(sys.argv[1]), 'Europe/Copenhagen')\n"
        "past = history.upto(moment('2026-03-29', 'Europe/Copenhagen'))\n"
        "print(past.frame('select happened_at, happened_at::timestamptz::varchar as t from usage').iloc[0].tolist())"
    )
    said = []
    for place, zone in enumerate(("UTC", "America/New_York")):
        command = [sys.executable, "-c", code, str(tmp_path / str(place))]
        environment = {"TZ": zone, "PYTHONPATH": str(ROOT)}
        said.append(subprocess.check_output(command, cwd=ROOT, env=environment, text=True, timeout=60))
    assert said[0] == said[1]
    assert "2026-03-29 22:00:00" in said[0]


def test_no_history_is_told_with_the_next_step(tmp_path):
    with pytest.raises(InputError, match=r"There is no history in .*Run `churnrisk extract` first"):
        History(tmp_path, "UTC")


def test_the_content_hash_tells_content_and_not_the_order_of_landing(tmp_path):
    one = {"accounts": "account_id | created_at | known_at\n A | 2026-01-05 | 2026-01-05"}
    two = {"accounts": "account_id | created_at | known_at\n B | 2026-01-06 | 2026-01-06"}
    for rows in (one, two):
        land_rows(tmp_path / "forth", rows)
    for rows in (two, one):
        land_rows(tmp_path / "back", rows)
    land_rows(tmp_path / "one", one)
    forth, back, other = (History(tmp_path / name, "UTC").content_hash for name in ("forth", "back", "one"))
    assert forth == back != other


# --- Damage


@pytest.mark.parametrize("place", ["first", "middle", "last"])
def test_a_flipped_byte_is_found_before_anything_is_read(tmp_path, place):
    land_rows(tmp_path, {"accounts": ACCOUNT})
    path = tmp_path / "loads" / "000001" / "accounts.parquet"
    content = bytearray(path.read_bytes())
    content[{"first": 0, "middle": len(content) // 2, "last": -1}[place]] ^= 1
    path.write_bytes(content)
    with pytest.raises(CorruptError, match=r"accounts\.parquet is missing or damaged.*backup"):
        History(tmp_path, "UTC")


def test_a_truncated_or_missing_file_is_found(tmp_path):
    land_rows(tmp_path, {"accounts": ACCOUNT})
    path = tmp_path / "loads" / "000001" / "accounts.parquet"
    path.write_bytes(path.read_bytes()[:50])
    with pytest.raises(CorruptError):
        History(tmp_path, "UTC")
    path.unlink()
    with pytest.raises(CorruptError):
        History(tmp_path, "UTC")


@pytest.mark.parametrize("content", [None, "", "{", "[]", "{}", '{"load": 2}', "\x00"])
def test_a_damaged_or_missing_manifest_is_found_and_never_written_over(tmp_path, content):
    """Otherwise the next load would take the number of one that is there."""
    land_rows(tmp_path, account("a"), landed_at=FEBRUARY)
    land_rows(tmp_path, account("b"), landed_at=MARCH)
    path = tmp_path / "loads" / "000001" / "manifest.json"
    path.unlink() if content is None else path.write_text(content)
    before = files(tmp_path)
    with pytest.raises(CorruptError, match=r"000001/manifest\.json is missing or damaged"):
        History(tmp_path, "UTC")
    with pytest.raises(CorruptError):
        land_rows(tmp_path, account("c"), landed_at=APRIL)
    assert files(tmp_path) == before


def test_a_load_that_is_missing_is_found(tmp_path):
    land_rows(tmp_path, account("a"), landed_at=FEBRUARY)
    land_rows(tmp_path, account("b"), landed_at=MARCH)
    shutil.rmtree(tmp_path / "loads" / "000001")
    with pytest.raises(CorruptError):
        History(tmp_path, "UTC")


@pytest.mark.parametrize("key", ["load", "landed_at", "mapping_hash", "tables"])
def test_a_manifest_without_one_of_its_parts_is_damaged(tmp_path, key):
    land_rows(tmp_path, account("a"))
    path = tmp_path / "loads" / "000001" / "manifest.json"
    path.write_text(json.dumps({name: part for name, part in json.loads(path.read_text()).items() if name != key}))
    with pytest.raises(CorruptError):
        read_manifests(tmp_path)


def files(folder):
    return {file: file.read_bytes() for file in folder.rglob("*") if file.is_file()}


def test_a_landing_that_fails_half_way_leaves_the_history_as_it_was(tmp_path):
    """The accounts are written when the managers turn out to be unreadable."""
    land_rows(tmp_path, account("a"), landed_at=FEBRUARY)
    before = files(tmp_path)
    connection = connect()
    broken = [
        incoming(connection, "accounts", {"account_id": "'B'", "created_at": "timestamp '2026-01-01'"}),
        incoming(connection, "csms", {"csm": "error('the source broke off')"}),
    ]
    with pytest.raises(duckdb.Error, match="the source broke off"):
        land(connection, tmp_path, broken, MARCH, "UTC")
    connection.close()
    assert files(tmp_path) == before
    assert [path.name for path in (tmp_path / "loads").iterdir()] == ["000001"]


ATTACKED = """
import os, resource, signal, sys
from datetime import datetime
from pathlib import Path
from churnrisk.errors import ChurnriskError
from churnrisk.history import connect, land
from tests.support.history import incoming

connection = connect()
rows = [incoming(connection, "accounts", {"account_id": "i::varchar", "name": "md5(i::varchar)",
                                          "created_at": "timestamp '2026-01-01'"}, "range(20000) r(i)")]
if sys.argv[2] == "killed":
    connection.create_function("die", lambda i: os.kill(os.getpid(), signal.SIGKILL), ["BIGINT"], "VARCHAR")
    rows.append(incoming(connection, "csms", {"csm": "die(i)"}))
else:
    resource.setrlimit(resource.RLIMIT_FSIZE, (20000, 20000))
try:
    land(connection, Path(sys.argv[1]), rows, datetime(2026, 3, 1), "UTC")
except ChurnriskError as error:
    print(int(error.exit_code), error)
"""


def attacked(folder, how: str):
    command = [sys.executable, "-c", ATTACKED, str(folder), how]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)


def test_a_landing_that_is_killed_half_way_leaves_the_history_as_it_was(tmp_path):
    """Kill -9 with the accounts written: they are not there, and the next load is."""
    land_rows(tmp_path, account("a"), landed_at=FEBRUARY)
    assert attacked(tmp_path, "killed").returncode == -signal.SIGKILL
    assert (tmp_path / "loads" / ".staging-000002" / "accounts.parquet").is_file()
    assert names(tmp_path, "2026-05-01") == ["a"]
    assert land_rows(tmp_path, account("b"), landed_at=MARCH).load == 2
    assert names(tmp_path, "2026-05-01") == ["b"]
    assert sorted(path.name for path in (tmp_path / "loads").iterdir()) == ["000001", "000002"]


def test_a_full_disk_is_told_as_such_and_leaves_the_history_as_it_was(tmp_path):
    """A limit on the size of a file stands in for the end of the disk: the write itself fails."""
    land_rows(tmp_path, account("a"), landed_at=FEBRUARY)
    before = files(tmp_path)
    done = attacked(tmp_path, "full")
    assert done.stdout.startswith("74 "), done.stdout + done.stderr
    assert "could not be written" in done.stdout
    assert files(tmp_path) == before


def test_a_changed_mapping_is_refused(tmp_path):
    """Rows of two mappings would not be versions of each other."""
    land_rows(tmp_path, account("a"), mapping_hash="one")
    with pytest.raises(InputError, match=r"The mapping has changed since load 1.*extract --rebuild"):
        land_rows(tmp_path, account("a"), mapping_hash="two")


def test_no_progress_bar_is_drawn_into_our_answers():
    """Without a main file DuckDB takes Python for interactive and draws a bar on stdout."""
    code = (
        "from churnrisk.history.engine import connect, cursor_of\n"
        "c = connect(); k = cursor_of(c)\n"
        "print([x.execute(\"select current_setting('enable_progress_bar')\").fetchall()[0][0] for x in (c, k)])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[False, False]"
