"""Files as they come: what is read, what is kept as unreadable with its line, and what is refused in one sentence."""

import bz2
import codecs
import csv
import gzip
import io
from datetime import date, datetime, time
from functools import cache
from pathlib import Path
from typing import NamedTuple

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from churnrisk.errors import InputError, SettingsError
from churnrisk.extract import rejected
from churnrisk.extract.files import open_source
from churnrisk.extract.landing import history_folder
from churnrisk.history import connect
from churnrisk.settings import Source
from tests.support.projects import TICKETS, contents, landed, line_of, read_settings, toml, unreadable

FEWER = "it has fewer values than the header"
MORE = "it has more values than the header"
QUOTE = "a quotation mark stands inside a value or is not closed"
LETTER = "it is not in the file's encoding"
OBJECT = "it is no JSON object"

HEADER = "id,name,note\n"
TEN = "".join(f"{n},n{n},x\n" for n in range(10))


class Read(NamedTuple):
    """What came of a file: the names of its columns, its rows, and the lines that could not be read."""

    columns: list[str]
    rows: list[tuple]
    bad: list[tuple]

    @property
    def ids(self) -> list:
        return [row[0] for row in self.rows]


def read(folder: Path, *files: tuple[str, str | bytes], path: str = "", **source) -> Read:
    """Read files as one source."""
    for name, content in files:
        (folder / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    connection = workbench()
    rejected.begin(connection)
    open_source(connection, "s", Source(path=path or files[0][0], **source), folder, folder / ".scratch")
    rows = connection.execute("from s").fetchall()
    columns = [column[0] for column in connection.description or ()]
    bad = connection.execute("select line, reason, text from unreadable order by file, line").fetchall()
    return Read(columns, rows, bad)


@cache
def workbench():
    """One connection for all: opening one takes longer than reading a small file."""
    connection = connect()
    # Rows are compared in the order in which they stand.
    connection.execute("set preserve_insertion_order = true")
    return connection


def text(folder: Path, content: str | bytes, **source) -> Read:
    return read(folder, ("a.csv", content), **source)


def refused(folder: Path, name: str, content: str | bytes, **source) -> str:
    with pytest.raises(InputError) as raised:
        read(folder, (name, content), **source)
    said = str(raised.value)
    assert "\n" not in said
    assert str(folder / name) in said
    assert int(raised.value.exit_code) == 30
    return said.replace(f"{folder}/", "")


# --- Lines that have no place


def test_a_line_with_too_few_or_too_many_values_is_kept_with_its_number_and_the_others_are_read(tmp_path):
    found = text(tmp_path, HEADER + TEN + "7,few\n" + TEN + "8,a,b,c,d\n" + TEN)
    assert len(found.rows) == 30
    assert found.bad == [(12, FEWER, "7,few"), (23, MORE, "8,a,b,c,d")]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("packed", [False, True])
def test_the_number_of_a_line_counts_every_line_also_those_inside_quotes(tmp_path, end, packed):
    """The number is the one that an editor shows."""
    content = (HEADER + '1,"a\nb\nc",x\n' * 3 + "7,few\n" + TEN + "8,few\n").replace("\n", end).encode()
    name, content = ("a.csv.gz", gzip.compress(content)) if packed else ("a.csv", content)
    found = read(tmp_path, (name, content))
    assert found.bad == [(11, FEWER, "7,few"), (22, FEWER, "8,few")]
    assert found.rows[0] == ("1", end.join("abc"), "x")


def test_the_number_of_a_line_is_right_beyond_the_first_blocks_of_a_file(tmp_path):
    """Two threads read it, in blocks of their own."""
    block = TEN * 100 + '1,"a\nb",x\n'
    found = text(tmp_path, HEADER + (block + "7,few\n") * 300)
    assert [line for line, *_ in found.bad] == [1 + 1003 * n for n in range(1, 301)]
    assert len(found.rows) == 1001 * 300


@pytest.mark.parametrize(
    "after",
    ["", TEN, TEN + '8,"ok",x\n', TEN + '8,"ok",x\n' + TEN + '9,"two\nlines",x\n' + TEN, TEN * 40_000],
    ids=["nothing", "rows", "a quote", "quotes", "more than a record can hold"],
)
def test_an_open_quotation_mark_costs_its_line_and_no_other(tmp_path, after):
    """It would take all that follows along, to the end of the file, and nobody would know."""
    found = text(tmp_path, HEADER + TEN + '7,"open,x\n' + after)
    assert found.bad == [(12, QUOTE, '7,"open,x')]
    assert len(found.rows) == 10 + sum(part[0].isdigit() for part in after.splitlines())


def test_every_open_quotation_mark_is_named(tmp_path):
    found = text(tmp_path, HEADER + (TEN + '7,"open,x\n') * 3 + '8,"a" b,x\n')
    assert [line for line, *_ in found.bad] == [12, 23, 34, 35]
    assert len(found.rows) == 30


def test_a_quotation_mark_inside_a_value_without_any_is_text(tmp_path):
    assert text(tmp_path, HEADER + '1,5" pipe,x\n2,a "b" c,"d ""e"" f"\n').rows == [
        ("1", '5" pipe', "x"),
        ("2", 'a "b" c', 'd "e" f'),
    ]


def test_quotation_marks_may_be_escaped_instead_of_doubled(tmp_path):
    found = text(tmp_path, HEADER + '1,"a \\"b\\", c",x\n' * 3 + TEN)
    assert found.rows[0] == ("1", 'a "b", c', "x")
    assert (len(found.rows), found.bad) == (13, [])


def test_a_value_longer_than_there_is_room_for_is_one_unreadable_line(tmp_path):
    long = '7,"' + "o" * 9_000_000 + '",x\n'
    found = text(tmp_path, HEADER + TEN + long + TEN)
    [(line, reason, kept)] = found.bad
    assert (line, reason, len(kept)) == (12, "it is longer than 8 MB", rejected.KEPT)
    assert len(found.rows) == 20


def test_a_value_of_seven_megabytes_is_read(tmp_path):
    body = "o\n" * 3_500_000
    assert text(tmp_path, HEADER + f'7,"{body}",x\n').rows == [("7", body, "x")]


def test_a_nul_is_a_sign_like_others(tmp_path):
    assert text(tmp_path, HEADER + "1,a\0b,x\n").rows == [("1", "a\0b", "x")]


@pytest.mark.parametrize("bad", [7, 10], ids=["more than half", "nearly all"])
def test_a_file_most_lines_of_which_cannot_be_read_is_refused_with_the_first_of_them(tmp_path, bad):
    said = refused(tmp_path, "a.csv", HEADER + "1,a,b\n" * 6 + "2\n" * bad)
    assert said.startswith(f"a.csv, line 8: {FEWER}, and so with {bad} of {6 + bad} lines. Set delim, encoding or skip")
    assert said.endswith("[sources.s] in churnrisk.toml.")


def test_half_of_the_lines_may_be_unreadable(tmp_path):
    found = text(tmp_path, HEADER + "1,a,b\n" * 6 + "2\n" * 6)
    assert (len(found.rows), len(found.bad)) == (6, 6)


def test_blank_lines_are_no_rows(tmp_path):
    found = text(tmp_path, HEADER + TEN + "\n\n" + TEN + "\n")
    assert (len(found.rows), found.bad) == (20, [])


def test_spaces_before_a_quotation_mark_do_not_make_it_text(tmp_path):
    assert text(tmp_path, HEADER + '1, "a, b",x\n').rows == [("1", "a, b", "x")]


# --- Ends of lines


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_lines_may_end_in_any_way(tmp_path, end):
    found = text(tmp_path, (HEADER + TEN).replace("\n", end))
    assert (found.columns, found.ids) == (["id", "name", "note"], [str(n) for n in range(10)])


def test_ends_of_lines_may_change_within_a_file(tmp_path):
    mixed = HEADER.replace("\n", "\r\n") + TEN + TEN.replace("\n", "\r\n") + "7,few\n" + '8,"open,x\n' + TEN
    found = text(tmp_path, mixed)
    assert len(found.rows) == 30
    assert found.bad == [(22, FEWER, "7,few"), (23, QUOTE, '8,"open,x')]


def test_ends_of_lines_inside_a_value_stay_as_they_are(tmp_path):
    found = text(tmp_path, '1,2\n"a\r\nb","c\rd"\n"e\nf",g\r\n"open,h\n')
    assert found.rows == [("a\r\nb", "c\rd"), ("e\nf", "g")]


# --- Encodings


def test_a_mark_at_the_beginning_is_no_part_of_the_first_name(tmp_path):
    for content in (HEADER + TEN, '"id","name","note"\n' + TEN):
        assert text(tmp_path, codecs.BOM_UTF8 + content.encode()).columns == ["id", "name", "note"]


WRITTEN = [
    ("utf-16", "Łódź, שלום"),
    ("cp1252", "Kündigung wegen Größe, schöne Grüße"),
    ("cp1250", "Zgłoszenie, łączność, ścieżka, późno"),
    ("cp1255", "שלום לכולם, החשבון שלנו"),
]


@pytest.mark.parametrize(("encoding", "words"), WRITTEN)
def test_a_file_in_another_encoding_is_refused_with_what_to_write(tmp_path, encoding, words):
    said = refused(tmp_path, "a.csv", (HEADER + f'1,"{words}",x\n' * 9).encode(encoding))
    assert said == (
        f'a.csv is not UTF-8; it looks like {encoding}. Add `encoding = "{encoding}"` to [sources.s] in churnrisk.toml.'
    )


@pytest.mark.parametrize(("encoding", "words"), WRITTEN)
@pytest.mark.parametrize("packed", [False, True])
def test_a_file_in_the_encoding_that_is_said_is_read(tmp_path, encoding, words, packed):
    content = (HEADER + f'1,"{words}",x\n' * 9).encode(encoding)
    name, content = ("a.csv.gz", gzip.compress(content)) if packed else ("a.csv", content)
    found = read(tmp_path, (name, content), encoding=encoding)
    assert (found.columns, found.rows[0], found.bad) == (["id", "name", "note"], ("1", words, "x"), [])


def test_utf16_without_a_mark_is_told(tmp_path):
    said = refused(tmp_path, "a.csv", (HEADER + TEN).encode("utf-16-le"))
    assert 'Add `encoding = "utf-16-le"`' in said
    assert text(tmp_path, (HEADER + TEN).encode("utf-16-le"), encoding="utf-16-le").columns[0] == "id"


def test_one_broken_byte_is_one_unreadable_line_and_not_another_encoding(tmp_path):
    """Whichever columns are asked for: the row is not there."""
    rows = TEN.replace("n3", "schöne")
    found = text(tmp_path, (HEADER + rows * 3).encode() + b"7,br\xfccken,x\n" + rows.encode())
    assert (len(found.rows), found.bad) == (40, [(32, LETTER, "7,br\ufffdcken,x")])
    (tmp_path / "a.csv").write_bytes((HEADER + rows * 3).encode() + b"seven,br\xfccken,x\n" + rows.encode())
    connection = connect()
    open_source(connection, "s", Source(path="a.csv"), tmp_path, tmp_path / ".scratch")
    assert connection.execute("select count(*) from s where id = 'seven'").fetchall() == [(0,)]
    connection.close()


def test_a_byte_that_is_nothing_in_the_encoding_is_one_unreadable_line(tmp_path):
    content = (HEADER + TEN.replace("n3", "Grüße")).encode("cp1252") + b"7,\x81,x\n"
    found = text(tmp_path, content, encoding="cp1252")
    assert (len(found.rows), found.bad) == (10, [(12, LETTER, "7,\ufffd,x")])


def test_a_file_that_is_not_in_the_encoding_that_is_said_is_refused(tmp_path):
    said = refused(tmp_path, "a.csv", HEADER + TEN, encoding="utf-16")
    assert said.startswith("a.csv is not in the encoding utf-16. Correct `encoding` of [sources.s]")


def test_an_encoding_that_nobody_knows_is_refused_with_its_line(tmp_path):
    said = '[sources.a]\npath = "a.csv"\nencoding = "klingon"\n'
    with pytest.raises(SettingsError, match=r"churnrisk\.toml, line 3: sources\.a\.encoding is wrong: 'klingon' is no"):
        read_settings(tmp_path, said)


# --- Headers


@pytest.mark.parametrize("header", [HEADER, HEADER.strip()])
def test_a_file_with_its_header_alone_has_no_row(tmp_path, header):
    assert text(tmp_path, header) == (["id", "name", "note"], [], [])


@pytest.mark.parametrize("name", ["a.csv", "a.jsonl", "a.json", "a.parquet", "a.xlsx"])
def test_an_empty_file_is_refused(tmp_path, name):
    assert refused(tmp_path, name, "") == f"{name} is empty. Export it again, or leave its source out."


@pytest.mark.parametrize(("content", "skip", "line"), [("\n\n", 0, 1), (" , ,\n1,2,3\n", 0, 1), (HEADER + TEN, 50, 51)])
def test_a_header_without_names_is_refused_with_its_line(tmp_path, content, skip, line):
    assert f"a.csv, line {line} " in refused(tmp_path, "a.csv", content, skip=skip)


def test_a_name_that_comes_again_gets_a_number_and_one_that_is_missing_its_place(tmp_path):
    """Capital letters make no other name in SQL."""
    assert text(tmp_path, "id,ID,id,\n1,2,3,4\n").columns == ["id", "ID_1", "id_2", "column4"]


def test_a_delimiter_at_the_end_of_every_row_is_no_column(tmp_path):
    assert text(tmp_path, "id,name\n1,a,\n2,b,\n") == (["id", "name"], [("1", "a"), ("2", "b")], [])


@pytest.mark.parametrize("above", ["Report\nmade by nobody\n\n", "Report,,\n,,\n,,\n"])
def test_lines_above_the_header_are_told_with_how_many_they_are(tmp_path, above):
    """A merged cell above a table comes out as a title with empty cells beside it."""
    assert refused(tmp_path, "a.csv", above + HEADER + TEN) == (
        "a.csv, line 1 is no header: the table begins further down. Add `skip = 3` to [sources.s] in churnrisk.toml."
    )
    found = text(tmp_path, above + HEADER + TEN + "7,few\n", skip=3)
    assert (found.columns, len(found.rows), found.bad) == (["id", "name", "note"], 10, [(15, FEWER, "7,few")])


def test_signs_that_only_python_takes_for_ends_of_lines_are_none(tmp_path):
    found = text(tmp_path, "id\u2028x,na\x0bme\n1,a\x85b\n")
    assert (found.columns, found.rows) == (["id\u2028x", "na\x0bme"], [("1", "a\x85b")])


def test_other_quotation_marks_can_be_said(tmp_path):
    said = {"quote": "'", "escape": "'"}
    assert text(tmp_path, "'id','na,me'\n1,'a, b'\n", options=said) == (["id", "na,me"], [("1", "a, b")], [])


# --- Files


def test_packed_files_are_read(tmp_path):
    content = (HEADER + TEN + "7,few\n").encode()
    packed = {
        "a.csv.gz": gzip.compress(content),
        "a.csv.zst": pa.compress(content, codec="zstd", asbytes=True),
        "a.csv.bz2": bz2.compress(content),
    }
    for name, data in packed.items():
        found = read(tmp_path, (name, data))
        assert (found.columns, len(found.rows), found.bad) == (["id", "name", "note"], 10, [(12, FEWER, "7,few")])


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.csv.gz", gzip.compress((HEADER + TEN * 500).encode())[:-80]),
        ("a.csv.gz", (HEADER + TEN).encode()),
        ("a.csv.zst", (HEADER + TEN).encode()),
        ("a.jsonl.gz", b"{}"),
        ("a.json", b'[{"id": 1}, {"id": 2'),
        ("a.parquet", b"PAR1" + b"x" * 500 + b"PAR1"),
        ("a.parquet", (HEADER + TEN).encode()),
        ("a.xlsx", b"PK\x03\x04" + b"x" * 500),
        ("a.xlsx", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"x" * 600),
    ],
)
def test_a_file_that_is_broken_off_or_something_else_is_refused_by_name(tmp_path, name, content):
    assert " cannot be read" in refused(tmp_path, name, content)


def test_a_truncated_parquet_file_is_refused(tmp_path):
    pq.write_table(pa.table({"id": list(range(1000))}), tmp_path / "whole.parquet")
    whole = (tmp_path / "whole.parquet").read_bytes()
    assert " cannot be read" in refused(tmp_path, "a.parquet", whole[: len(whole) // 2])


def test_files_of_one_source_may_have_their_columns_in_another_order(tmp_path):
    found = read(
        tmp_path,
        ("a1.csv", "id,name\n1,a\n"),
        ("a2.csv", "name;more;id\nb;x;2\n"),
        ("a3.csv", "id\n3\n"),
        path="a*.csv",
    )
    assert found.columns == ["id", "name", "more"]
    assert sorted(found.rows) == [("1", "a", None), ("2", "b", "x"), ("3", None, None)]


# --- JSON

ONE = '{"id": 1, "name": "a"}\n'


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        ('{"id": 2, "name": ', OBJECT),
        ("[1, 2]", OBJECT),
        ("7", OBJECT),
        ("[" * 100_000, OBJECT),
        ('{"id": 1, "id": 2}', "it names a key twice"),
    ],
)
def test_a_line_that_is_no_object_is_kept_and_the_others_are_read(tmp_path, bad, reason):
    found = read(tmp_path, ("a.jsonl", ONE * 3 + bad + "\n" + ONE))
    assert found == (["id", "name"], [(1, "a")] * 4, [(4, reason, bad[: rejected.KEPT])])


def test_a_broken_byte_in_a_line_of_json_is_one_unreadable_line(tmp_path):
    found = read(tmp_path, ("a.jsonl", ONE.encode() * 3 + b'{"id": 2, "name": "\xfc"}\n'))
    assert (len(found.rows), found.bad) == (3, [(4, LETTER, '{"id": 2, "name": "\ufffd"}')])


def test_the_last_line_of_a_file_that_was_cut_is_unreadable(tmp_path):
    found = read(tmp_path, ("a.jsonl", ONE * 3 + '{"id": 2, "na'))
    assert (len(found.rows), found.bad) == (3, [(4, OBJECT, '{"id": 2, "na')])


def test_blank_lines_are_nothing_and_an_object_without_keys_is_a_row_without_values(tmp_path):
    found = read(tmp_path, ("a.jsonl", ONE + "\n  \n{}\n" + ONE))
    assert found == (["id", "name"], [(1, "a"), (None, None), (1, "a")], [])
    found = read(tmp_path, ("a.jsonl", ONE + "\n  \n{}\nbroken\n" + ONE))
    assert found == (["id", "name"], [(1, "a"), (None, None), (1, "a")], [(5, OBJECT, "broken")])


def test_a_key_of_several_types_is_text(tmp_path):
    lines = '{"k": 1}\n{"k": "x"}\n{"k": {"a": 1}}\n{"k": null}\n{"k": true}\n'
    assert read(tmp_path, ("a.jsonl", lines)).ids == ["1", "x", '{"a":1}', None, "true"]


@pytest.mark.parametrize(
    "value", ["3F2504E0-4F89-11D3-9A0C-0305E82C3301", "2026-01-02", "10:20", "2026-01-02T10:00:00Z", "007"]
)
def test_a_text_stays_the_text_it_is(tmp_path, value):
    """An id that looks like a UUID is the same id in a CSV beside it, with its capital letters."""
    for name, content in (("a.jsonl", f'{{"id": "{value}"}}\n' * 2), ("a.json", f'[{{"id": "{value}"}}]')):
        assert set(read(tmp_path, (name, content)).ids) == {value}


def test_nested_objects_keep_their_fields(tmp_path):
    (tmp_path / "a.jsonl").write_text('{"id": 1, "owner": {"name": "Ann", "tags": ["x", "y"]}}\n' * 2)
    connection = connect()
    open_source(connection, "s", Source(path="a.jsonl"), tmp_path, tmp_path / ".scratch")
    assert connection.execute("select owner.name, owner.tags[2] from s").fetchall() == [("Ann", "y")] * 2
    connection.close()


@pytest.mark.parametrize(
    "content", ['[{"id": 1}, {"id": 2}]', '[\n{"id": 1},\n{"id": 2}\n]\n', '{"id": 1}\n{"id": 2}\n']
)
def test_a_list_of_objects_is_read(tmp_path, content):
    assert read(tmp_path, ("a.json", content)) == (["id"], [(1,), (2,)], [])


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
@pytest.mark.parametrize(("name", "content"), [("a.jsonl", ONE * 2), ("a.json", "[" + ONE + "]")])
def test_json_may_begin_with_a_mark(tmp_path, encoding, name, content):
    found = read(tmp_path, (name, content.encode(encoding)))
    assert (found.columns, found.rows[0], found.bad) == (["id", "name"], (1, "a"), [])


def test_a_list_that_is_called_lines_is_refused_with_its_first_line(tmp_path):
    said = refused(tmp_path, "a.jsonl", '[{"id": 1},\n{"id": 2}]')
    assert said == (
        f"a.jsonl, line 1: {OBJECT}, and so with 2 of 2 lines."
        " Check the file, or set `format` of [sources.s] in churnrisk.toml."
    )


# --- Excel


def workbook(*sheets: tuple[str, list[list]], merged: str = "") -> bytes:
    book = openpyxl.Workbook()
    book.remove(book.active)
    for title, rows in sheets:
        sheet = book.create_sheet(title)
        for row in rows:
            sheet.append(row)
        if merged:
            sheet.merge_cells(merged)
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def test_cells_of_a_sheet_are_texts_as_in_a_csv(tmp_path):
    rows = [
        ["id", "whole", "part", "day", "moment", "time", "truth", "text"],
        [1, 3.0, 0.25, date(2026, 1, 2), datetime(2026, 1, 2, 3, 4), time(3, 4), True, " a "],
        [2, None, None, None, None, None, None, None],
        [None] * 8,
        ["003", 10**12, 1.5, None, None, None, False, "  "],
    ]
    found = read(tmp_path, ("a.xlsx", workbook(("One", rows))))
    assert found.columns == rows[0]
    assert found.rows == [
        ("1", "3", "0.25", "2026-01-02", "2026-01-02 03:04:00", "03:04:00", "true", "a"),
        ("2", *[None] * 7),
        ("003", "1000000000000", "1.5", None, None, None, "false", None),
    ]


def test_a_percentage_is_its_share_and_an_error_is_an_empty_cell(tmp_path):
    book = openpyxl.Workbook()
    sheet = book.active
    for row in (["id", "share", "looked up"], ["A", 0.25, "#N/A"], ["B", 1, "#DIV/0!"]):
        sheet.append(row)
    sheet["B2"].number_format = sheet["B3"].number_format = "0%"
    book.save(tmp_path / "made.xlsx")
    found = read(tmp_path, ("a.xlsx", (tmp_path / "made.xlsx").read_bytes()))
    assert found.rows == [("A", "0.25", None), ("B", "1", None)]


def test_the_first_sheet_is_read_or_the_one_that_is_said(tmp_path):
    book = workbook(("One", [["a"], [1]]), ("Two", [["b", "c"], [2, 3]]))
    assert read(tmp_path, ("a.xlsx", book)).columns == ["a"]
    assert read(tmp_path, ("a.xlsx", book), sheet="Two") == (["b", "c"], [("2", "3")], [])
    assert refused(tmp_path, "a.xlsx", book, sheet="Three") == (
        "a.xlsx has no sheet called 'Three'. Set `sheet` of [sources.s] in churnrisk.toml to one of One, Two."
    )


def test_a_merged_title_above_the_header_is_told_with_what_to_write(tmp_path):
    rows = [["Report of 2026", None, None], [None] * 3, ["id", "day", "amount"], [1, 2, 3], [4, 5, 6]]
    book = workbook(("One", rows), merged="A1:C1")
    said = refused(tmp_path, "a.xlsx", book)
    assert said.startswith("a.xlsx, sheet 1: row 1 names only 1 of 3 columns, as merged cells do. Add `skip = 2` to ")
    assert read(tmp_path, ("a.xlsx", book), skip=2) == (["id", "day", "amount"], [("1", "2", "3"), ("4", "5", "6")], [])


@pytest.mark.parametrize(("rows", "skip"), [([], 0), ([["id"], [1]], 5)])
def test_a_sheet_without_a_header_is_told(tmp_path, rows, skip):
    said = refused(tmp_path, "a.xlsx", workbook(("One", rows)), skip=skip)
    assert said.startswith(f"a.xlsx, sheet 1: there is no row {skip + 1} that names columns. Set `sheet` or `skip`")


def test_a_csv_that_is_called_a_workbook_is_told_and_can_be_read_as_one(tmp_path):
    said = refused(tmp_path, "a.xlsx", HEADER + TEN)
    assert said.startswith("a.xlsx cannot be read as a workbook: ")
    assert said.endswith('It is no workbook: add `format = "csv"` to [sources.s] in churnrisk.toml if it is text.')
    assert len(read(tmp_path, ("a.xlsx", HEADER + TEN), format="csv").rows) == 10


# --- Landing what could not be read


def project(folder: Path, accounts: str, **source):
    export = folder / "export"
    export.mkdir(exist_ok=True)
    (export / "accounts.csv").write_text(accounts)
    (export / "tickets.csv").write_text(TICKETS)
    said = {
        "sources": {"accounts": {"path": "accounts.csv", **source}, "tickets": {"path": "tickets.csv"}},
        "mapping": [
            {"table": "accounts", "from": "accounts", "columns": {"account_id": "id", "created_at": "made"}},
            {
                "table": "tickets",
                "from": "tickets",
                "columns": {"ticket_id": "no", "account_id": "id", "created_at": "made"},
            },
        ],
    }
    return read_settings(folder, toml(said))


ACCOUNTS = "id,made\n" + "".join(f"{n},2026-01-01\n" for n in range(20))


def test_rows_and_unreadable_lines_together_are_the_lines_of_the_file(tmp_path):
    accounts = ACCOUNTS + 'x\ny,2026-01-01,z\n"open,2026-01-01\nA,2026-01-01\n'
    read_from = project(tmp_path, accounts)
    brought = landed(read_from)
    assert brought.read["accounts"] + brought.unreadable == accounts.count("\n") - 1
    assert unreadable(read_from) == [
        ("accounts", "accounts.csv", 22, FEWER, "x"),
        ("accounts", "accounts.csv", 23, MORE, "y,2026-01-01,z"),
        ("accounts", "accounts.csv", 24, QUOTE, '"open,2026-01-01'),
    ]


def test_a_second_extract_writes_nothing_also_where_lines_are_unreadable(tmp_path):
    read_from = project(tmp_path, ACCOUNTS + "x\n")
    assert landed(read_from).load == 1
    before = contents(history_folder(read_from))
    again = landed(read_from)
    assert (again.load, again.unreadable) == (0, 0)
    assert contents(history_folder(read_from)) == before


def test_an_unreadable_line_is_kept_once_wherever_it_stands_in_the_next_export(tmp_path):
    read_from = project(tmp_path, ACCOUNTS + "x\n")
    landed(read_from)
    project(tmp_path, "id,made\nx\nnew,2026-01-01\n" + ACCOUNTS.partition("\n")[2] + "another\n")
    assert landed(read_from).unreadable == 1
    assert sorted(text for *_, text in unreadable(read_from)) == ["another", "x"]


def test_a_delimiter_that_is_wrong_is_told_where_the_mapping_does_not_fit(tmp_path):
    read_from = project(tmp_path, ACCOUNTS, options={"delim": ";"})
    with pytest.raises(InputError) as raised:
        landed(read_from)
    assert str(raised.value).startswith(f"{line_of(read_from, 'account_id = ')}: accounts.account_id does not fit")
    assert str(raised.value).endswith(
        "its source has id,made. Set `options = { delim = ... }` of the source: its header was not divided."
    )
    assert not history_folder(read_from).exists()


# --- For any table

CELLS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0\ufeff"), max_size=8)
TABLES = st.integers(2, 4).flatmap(
    lambda width: st.lists(st.lists(CELLS, min_size=width, max_size=width), min_size=1, max_size=6)
)


@settings(max_examples=30)
@given(
    table=TABLES,
    delim=st.sampled_from(",;\t|"),
    end=st.sampled_from(["\n", "\r\n"]),
    style=st.sampled_from([csv.QUOTE_ALL, csv.QUOTE_MINIMAL]),
)
def test_what_python_writes_is_read_back_cell_for_cell(tmp_path_factory, table, delim, end, style):
    """An empty cell is empty, quoted or not; the rest is the same text."""
    if style == csv.QUOTE_MINIMAL:  # Python puts no marks around a CR where lines end in LF
        table = [[cell.replace("\r", "") for cell in row] for row in table]
    file = io.StringIO(newline="")
    writer = csv.writer(file, delimiter=delim, lineterminator=end, quoting=style)
    header = [f"column {n}" for n in range(len(table[0]))]
    writer.writerows([header, *(["r", *row[1:]] for row in table)])
    found = text(tmp_path_factory.mktemp("written"), file.getvalue(), options={"delim": delim})
    assert found.columns == header
    assert found.rows == [("r", *(cell or None for cell in row[1:])) for row in table]
    assert found.bad == []


@settings(max_examples=25)
@given(table=TABLES, broken=st.lists(st.integers(0, 40), min_size=1, max_size=3), delim=st.sampled_from(",;"))
def test_open_quotation_marks_cost_no_row_but_their_own(tmp_path_factory, table, broken, delim):
    """Lines that open one are put between the rows; every row is still there."""
    rows = [["r", *(cell.replace("\n", " ").replace("\r", " ") for cell in row[1:])] for row in table] * 5
    file = io.StringIO(newline="")
    csv.writer(file, delimiter=delim, lineterminator="\n").writerows([["a"] * len(rows[0]), *rows])
    lines = file.getvalue().split("\n")[:-1]
    for place in sorted(broken, reverse=True):
        lines.insert(1 + min(place, len(rows)), f'bad{delim}"never closed')
    found = text(tmp_path_factory.mktemp("broken"), "\n".join(lines) + "\n", options={"delim": delim})
    assert len(found.bad) == len(broken)
    assert found.rows == [tuple(cell or None for cell in row) for row in rows]


@pytest.mark.parametrize(
    ("above", "rows"),
    [("Report;;\nmore;;\na;b;c\r\n", "1;2;3\r\n"), ("Report;;\r\nmore;;\r\na;b;c\r\n", "1;2;3\n")],
    ids=["above with LF", "below with LF"],
)
def test_line_ends_that_change_at_the_header_lose_no_row(tmp_path, above, rows):
    """DuckDB takes the first line end for that of the file and then sees no row at all."""
    found = text(tmp_path, above + rows * 50, skip=2, options={"delim": ";"})
    assert (len(found.rows), found.rows[0], found.bad) == (50, ("1", "2", "3"), [])
