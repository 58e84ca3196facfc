"""`churnrisk text`: any file of messages, read; and bad input in one sentence."""

from __future__ import annotations

import csv
import json

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner

from churnrisk.cli import main

BODIES = [
    "Hi team,\n\nWe will cancel our contract at the end of May.\n\nKind regards,\nBob",
    "Danke, es funktioniert wieder!",
    '=HYPERLINK("https://x")',
    None,
    "12345",
]
OURS = ["language", "sentiment", "unscored", "intent", "quote", "quote_start", "quote_end", "model_version"]


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "messages.parquet"
    pq.write_table(pa.table({"id": [1, 2, 3, 4, 5], "body": pa.array(BODIES, pa.string())}), path)
    return path


def run(*options):
    return CliRunner().invoke(main, ["text", *map(str, options)])


def test_a_file_is_read_row_by_row_in_its_order(file, tmp_path):
    out = tmp_path / "out.parquet"
    done = run(file, "--column", "body", "--out", out)
    assert done.exit_code == 0, done.output
    rows = pq.read_table(out).to_pylist()
    assert [row["id"] for row in rows] == [1, 2, 3, 4, 5]
    assert set(OURS) <= set(rows[0])
    first, second = rows[0], rows[1]
    assert (first["language"], first["intent"]) == ("en", "cancel")
    assert first["quote"] == "We will cancel our contract at the end of May."
    assert BODIES[0][first["quote_start"] : first["quote_end"]] == first["quote"]
    assert (second["language"], second["sentiment"] > 0.3, second["intent"]) == ("de", True, None)
    assert [row["unscored"] for row in rows[3:]] == ["no words", "no words"]
    assert [row["sentiment"] for row in rows[3:]] == [None, None]
    assert len({row["model_version"] for row in rows}) == 1
    assert rows[0]["model_version"].startswith("small-")


def test_the_three_formats_say_the_same(file, tmp_path):
    for ending in ("csv", "jsonl", "parquet"):
        assert run(file, "--column", "body", "--out", tmp_path / f"out.{ending}").exit_code == 0
    from_parquet = pq.read_table(tmp_path / "out.parquet").to_pylist()
    from_json = [json.loads(line) for line in (tmp_path / "out.jsonl").read_text(encoding="utf-8").splitlines()]
    with (tmp_path / "out.csv").open(encoding="utf-8-sig", newline="") as handle:
        from_csv = list(csv.DictReader(handle))
    assert from_json == from_parquet
    assert [row["intent"] or None for row in from_csv] == [row["intent"] for row in from_parquet]
    assert [float(row["sentiment"]) if row["sentiment"] else None for row in from_csv] == [
        row["sentiment"] for row in from_parquet
    ]


def test_no_text_of_a_csv_becomes_a_formula(file, tmp_path):
    out = tmp_path / "out.csv"
    run(file, "--column", "body", "--out", out)
    with out.open(encoding="utf-8-sig", newline="") as handle:
        cells = [cell for row in csv.reader(handle) for cell in row]
    assert not [cell for cell in cells if cell.startswith(("=", "+", "@"))]


def test_without_a_file_to_write_the_rows_are_shown_and_counted(file):
    done = run(file, "--column", "body")
    assert done.exit_code == 0
    assert "5 messages, read by small-" in done.output
    assert "unscored: no words" in done.output
    assert "intent: cancel 1" in done.output


def test_a_file_in_another_encoding_is_read_when_it_is_told(tmp_path):
    file = tmp_path / "alt.csv"
    file.write_bytes("body\nWir möchten den Vertrag kündigen.\n".encode("cp1252"))
    refused = run(file, "--column", "body")
    assert (refused.exit_code, "--encoding" in refused.output) == (30, True)
    done = run(file, "--column", "body", "--encoding", "cp1252")
    assert done.exit_code == 0
    assert "intent: cancel 1" in done.output


def test_json_is_one_object(file):
    done = CliRunner().invoke(main, ["text", str(file), "--column", "body", "--json"])
    told = json.loads(done.stdout)
    assert (told["messages"], told["intents"], len(told["rows"])) == (5, {"cancel": 1}, 5)


@pytest.mark.parametrize(
    ("content", "options", "said"),
    [
        ("id,body\n1,hello there\n", ["--column", "text"], "has no column 'text'. Pass --column with one of id, body"),
        ("id,body\n1,\n", ["--column", "body"], "has no message in its column body"),
        ("", ["--column", "body"], "is empty"),
        ("id,body\n1,hello there\n", ["--column", "body", "--out", "out.docx"], "ends in nothing that can be written"),
        ("id,body\n1,hello there\n", ["--column", "body", "--out", "messages.csv"], "is the file that is read"),
        ("body,sentiment\nhello,1\n", ["--column", "body", "--out", "out.csv"], "has a column 'sentiment' of its own"),
        ("id,body\n1,hello there\n", ["--column", "body", "--language", "xx"], "No language is called 'xx'"),
        ("id,body\n1,hello there\n", ["--column", "body", "--model", "no-such"], "There is no text model no-such"),
    ],
)
def test_bad_input_is_one_sentence_with_the_next_step(tmp_path, monkeypatch, content, options, said):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "messages.csv").write_text(content, encoding="utf-8")
    done = run("messages.csv", *options)
    assert done.exit_code == 30, done.output
    assert said in done.output
    assert "Traceback" not in done.output
    assert not list(tmp_path.glob("out*"))


def test_a_file_that_is_not_there_is_told(tmp_path):
    done = run(tmp_path / "none.csv", "--column", "body")
    assert done.exit_code == 30
    assert "There is no file" in done.output
    assert "churnrisk.toml" not in done.output
