"""How text files are written: what is found out about encoding, delimiter and header."""

import gzip
from pathlib import Path

import pyarrow as pa
import pytest

from churnrisk.extract.dialect import dialect_of


def written(folder: Path, content: str | bytes, encoding: str = "utf-8", name: str = "export.csv") -> Path:
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode(encoding))
    return path


@pytest.mark.parametrize("delim", [",", ";", "\t", "|"])
def test_the_delimiter_is_the_one_under_which_rows_agree(tmp_path, delim):
    rows = "".join(f"{n}{delim}Name {n}{delim}1.5\n" for n in range(20))
    found = dialect_of(written(tmp_path, f"id{delim}name{delim}amount\n{rows}"))
    assert (found.delim, found.skip, found.header) == (delim, 0, ("id", "name", "amount"))


def test_decimal_commas_do_not_make_the_comma_a_delimiter(tmp_path):
    rows = "".join(f"{n};{n},50;{n},75\n" for n in range(50))
    assert dialect_of(written(tmp_path, "nr;netto;brutto\n" + rows)).delim == ";"


def test_delimiters_and_line_ends_inside_quotes_are_text(tmp_path):
    rows = "".join(f'{n},"a; b; c\nd; e; f"\n' for n in range(20))
    found = dialect_of(written(tmp_path, "id,text\n" + rows))
    assert (found.delim, found.header) == (",", ("id", "text"))


def test_lines_above_the_header_are_counted(tmp_path):
    table = "id;name;amount\n" + "".join(f"{n};Name;2\n" for n in range(20))
    assert dialect_of(written(tmp_path, "Report of the month\n\nmade by nobody\n" + table)).skip == 3
    assert dialect_of(written(tmp_path, "Report;;\n;;\n" + table)).skip == 2


def test_a_header_without_the_last_empty_column_of_its_rows_is_still_the_header(tmp_path):
    found = dialect_of(written(tmp_path, "id,name,amount\n" + "1,x,2,\n" * 10))
    assert (found.skip, found.header) == (0, ("id", "name", "amount"))


def test_a_single_column_is_a_table_too(tmp_path):
    found = dialect_of(written(tmp_path, "id\n1\n2\n"))
    assert (found.delim, found.skip, found.header) == (",", 0, ("id",))


def test_an_empty_file_has_no_header(tmp_path):
    assert dialect_of(written(tmp_path, "")).header == ()


@pytest.mark.parametrize(
    ("encoding", "text"),
    [
        ("utf-8", "Größe für Łódź, 한국, שלום"),
        ("cp1252", "Kündigung wegen Größe, Straße, schöne Grüße"),
        ("cp1252", "Køb på række, ændring af æske, små børn"),
        ("cp1250", "Zgłoszenie, wdrożenie, łączność, ścieżka, późno"),
        ("iso8859-2", "Zgłoszenie, łączność, ścieżka, późno, mąż"),
        ("cp1255", "שלום לכולם, החשבון שלנו"),
        ("cp949", "고객 문의, 해지 요청입니다"),
        ("cp850", "Kündigung wegen Größe, Straße"),
    ],
)
def test_the_encoding_is_the_one_whose_letters_belong_together(tmp_path, encoding, text):
    rows = "".join(f'{n};"{text}"\n' for n in range(20))
    assert dialect_of(written(tmp_path, "id;text\n" + rows, encoding)).encoding == encoding


def test_a_mark_at_the_beginning_says_the_encoding_and_is_no_part_of_the_header(tmp_path):
    for encoding, found in (("utf-8-sig", "utf-8"), ("utf-16", "utf-16")):
        dialect = dialect_of(written(tmp_path, "id;name\n1;Müller\n", encoding))
        assert (dialect.encoding, dialect.header) == (found, ("id", "name"))


def test_one_foreign_byte_far_behind_the_beginning_is_found(tmp_path):
    content = b"id,name\n" + b"1,plain\n" * 700_000 + "2,Müller\n".encode("cp1252")
    assert dialect_of(written(tmp_path, content)).encoding == "cp1252"


def test_packed_files_are_read_through(tmp_path):
    content = "id;größe\n1;2\n".encode()
    packed = {"a.csv.gz": gzip.compress(content), "a.csv.zst": pa.compress(content, codec="zstd", asbytes=True)}
    for name, data in packed.items():
        assert dialect_of(written(tmp_path, data, name=name)).header == ("id", "größe")
