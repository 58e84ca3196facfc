"""FAULTS 8, 9, 14 at the command line: a wrong export is one sentence, an exit code, and nothing half-written."""

from __future__ import annotations

import json
import re
from pathlib import Path

import openpyxl
import pytest
from click.testing import CliRunner, Result

from churnrisk.cli import main
from tests.support.projects import contents, line_of, read_settings, toml

ACCOUNTS = "id,name,made\n" + "".join(f"{n},Größe {n},2026-01-01\n" for n in range(20))
TICKETS = "no,id,made\n" + "".join(f"{n},{n % 20},2026-01-{n % 28 + 1:02d}\n" for n in range(60))
SAID = {
    "sources": {"accounts": {"path": "accounts.csv"}, "tickets": {"path": "tickets.csv"}},
    "mapping": [
        {
            "table": "accounts",
            "from": "accounts",
            "columns": {"account_id": "id", "created_at": "made", "name": "name"},
        },
        {
            "table": "tickets",
            "from": "tickets",
            "columns": {"ticket_id": "no", "account_id": "id", "created_at": "made"},
        },
    ],
}


class Project:
    """A project in a folder: its settings and its export."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.export, self.data = folder, folder / "export", folder / "churnrisk-data"
        self.export.mkdir()
        self.write("accounts.csv", ACCOUNTS)
        self.write("tickets.csv", TICKETS)
        self.settings = read_settings(folder, toml(SAID))

    def write(self, name: str, content: str | bytes) -> None:
        """Write a file of the export."""
        (self.export / name).write_bytes(content if isinstance(content, bytes) else content.encode())

    def says(self, table: str, **source) -> None:
        """Say something more about a source."""
        said = {**SAID, "sources": {**SAID["sources"], table: {**SAID["sources"][table], **source}}}
        self.settings = read_settings(self.folder, toml(said))

    def run(self, *command: str) -> Result:
        """Run a command on it."""
        return CliRunner().invoke(main, [*command, "--config", str(self.settings.file)])

    def kept(self) -> dict[str, bytes]:
        """All that the history holds."""
        return contents(self.data / "history")


@pytest.fixture
def project(tmp_path) -> Project:
    return Project(tmp_path)


def workbook(path: Path) -> None:
    book = openpyxl.Workbook()
    for row in (["Accounts of the year", None, None], [None] * 3, ["id", "name", "made"], ["1", "A", "2026-01-01"]):
        book.active.append(row)
    book.active.merge_cells("A1:C1")
    book.save(path)


def missing(project: Project) -> str:
    (project.export / "tickets.csv").unlink()
    return "The source tickets has no file "


def empty_folder(project: Project) -> str:
    for file in project.export.iterdir():
        file.unlink()
    return "The source accounts has no file "


def no_folder(project: Project) -> str:
    empty_folder(project)
    project.export.rmdir()
    return "The source accounts has no file "


def empty_file(project: Project) -> str:
    project.write("tickets.csv", "")
    return f"{project.export / 'tickets.csv'} is empty. Export it again, or leave its source out."


def no_row(project: Project) -> str:
    project.write("accounts.csv", "id,name,made\n")
    return "The source of accounts has no row. "


def wrong_delimiter(project: Project) -> str:
    project.says("accounts", options={"delim": ";"})
    return f"{line_of(project.settings, 'account_id = ')}: accounts.account_id does not fit its source: "


def wrong_encoding(project: Project) -> str:
    project.write("accounts.csv", ACCOUNTS.encode("cp1252"))
    return f'{project.export / "accounts.csv"} is not UTF-8; it looks like cp1252. Add `encoding = "cp1252"` to '


def another_encoding_said(project: Project) -> str:
    project.says("accounts", encoding="utf-16")
    return f"{project.export / 'accounts.csv'} is not in the encoding utf-16. "


def no_encoding(project: Project) -> str:
    project.settings.file.write_text(project.settings.file.read_text() + '[sources.x]\nencoding = "klingon"\n')
    return f"{line_of(project.settings, 'encoding = ')}: sources.x.encoding is wrong: "


def unknown_column(project: Project) -> str:
    project.write("accounts.csv", ACCOUNTS.replace("id,name", "number,name"))
    return f"{line_of(project.settings, 'account_id = ')}: accounts.account_id does not fit its source: "


def mostly_broken(project: Project) -> str:
    project.write("tickets.csv", "no,id,made\n1,1,2026-01-01\n2\n3\n")
    return f"{project.export / 'tickets.csv'}, line 3: it has fewer values than the header, and so with 2 of 3 lines. "


def title_above(project: Project) -> str:
    project.write("accounts.csv", "Accounts,,\n,,\n" + ACCOUNTS)
    return f"{project.export / 'accounts.csv'}, line 1 is no header: the table begins further down. Add `skip = 2` to "


def merged_header(project: Project) -> str:
    workbook(project.export / "accounts.xlsx")
    project.says("accounts", path="accounts.xlsx")
    return f"{project.export / 'accounts.xlsx'}, sheet 1: row 1 names only 1 of 3 columns, as merged cells do. "


def no_such_sheet(project: Project) -> str:
    workbook(project.export / "accounts.xlsx")
    project.says("accounts", path="accounts.xlsx", sheet="Clients")
    return f"{project.export / 'accounts.xlsx'} has no sheet called 'Clients'. "


def broken_off(project: Project) -> str:
    (project.export / "tickets.csv").rename(project.export / "tickets.parquet")
    project.says("tickets", path="tickets.parquet")
    return f"The source tickets ({project.export / 'tickets.parquet'}) cannot be read: "


REFUSED = [
    missing,
    empty_folder,
    no_folder,
    empty_file,
    no_row,
    wrong_delimiter,
    wrong_encoding,
    another_encoding_said,
    no_encoding,
    unknown_column,
    mostly_broken,
    title_above,
    merged_header,
    no_such_sheet,
    broken_off,
]


def told(done: Result) -> str:
    """The one sentence on stderr, after the line that says what is being done."""
    assert done.exit_code == 30, done.output
    [*progress, sentence] = done.stderr.splitlines()
    assert progress in ([], ["extract, read, validate ..."])
    assert "Traceback" not in done.output
    assert sentence.endswith(".")
    return sentence


@pytest.mark.parametrize("damage", REFUSED)
def test_it_is_told_in_one_sentence_and_the_history_stays_as_it_was(project, damage):
    """Also where the other sources have news: all of an export lands, or nothing of it."""
    assert project.run("extract").exit_code == 0
    before = project.kept()
    project.write("accounts.csv", ACCOUNTS + "new,new,2026-02-01\n")
    project.write("tickets.csv", TICKETS + "777,1,2026-02-01\n")
    expected = damage(project)
    assert told(project.run("extract")).startswith(expected)
    assert project.kept() == before
    assert not (project.data / ".scratch").exists()


def test_a_rule_that_does_not_fit_is_told_in_one_sentence_and_the_last_verdicts_stay(project):
    assert project.run("extract").exit_code == 0
    before = project.kept()
    rule = '[[rule]]\nname = "is_fine"\ntable = "tickets"\nbad = "r.mood = 1"\n'
    project.settings.file.write_text(project.settings.file.read_text() + rule)
    expected = f"{line_of(project.settings, 'bad = ')}: the rule is_fine does not fit tickets: "
    assert told(project.run("extract")).startswith(expected)
    assert project.kept() == before


@pytest.mark.parametrize("damage", REFUSED)
def test_at_the_first_time_there_is_no_history_afterwards(project, damage):
    expected = damage(project)
    assert told(project.run("extract")).startswith(expected)
    assert project.kept() == {}
    assert not (project.data / "history" / "loads").exists()


@pytest.mark.parametrize("damage", [missing, wrong_encoding, mostly_broken])
def test_for_programs_it_is_one_object(project, damage):
    expected = damage(project)
    done = project.run("extract", "--json")
    content = json.loads(done.stdout)
    assert (done.exit_code, content["exit_code"]) == (30, 30)
    assert f"{content['error']}. {content['next_step']}.".startswith(expected)


def extracted(project: Project) -> dict:
    done = project.run("extract", "--json")
    assert done.exit_code == 0, done.output
    return json.loads(done.stdout)


def test_two_ways_to_write_a_date_in_one_column_are_held_back_and_counted_not_dropped(project):
    """Whether 01.02. is in January or in February nobody can know: the mapping must say."""
    mixed = TICKETS.replace("2026-01-05", "05.01.2026").replace("2026-01-06", "06/01/2026")
    project.write("tickets.csv", mixed)
    record = extracted(project)
    odd = mixed.count("05.01.2026") + mixed.count("06/01/2026")
    assert record["rules"]["tickets.is_readable"] == odd > 0
    assert (record["tables"]["tickets"], record["landed"]) == (60, 80)
    assert record["held"] == odd


def test_a_table_that_is_mostly_held_back_is_a_table_that_is_read_wrongly(project):
    """All of it has landed and is counted; nothing that follows should believe that the rest is the company."""
    project.write("tickets.csv", re.sub(r"2026-(\d\d)-(\d\d)", r"\2/\1/2026", TICKETS))
    done = project.run("extract")
    assert done.exit_code == 20
    assert done.stderr.splitlines()[-1] == (
        "More than half of the rows of tickets are held back, most by the rule is_readable. Look at them with"
        " `churnrisk quarantine list`, correct the mapping, and run `churnrisk extract --rebuild`."
    )
    assert "created_at cannot be read as timestamp: " in project.run("quarantine", "list").stdout


def test_keys_that_come_twice_are_named_as_a_contradiction_and_go_on(project):
    project.write("tickets.csv", TICKETS + "0,7,2026-03-01\n")
    record = extracted(project)
    [found] = [one for one in record["contradictions"] if one["rule"] == "tickets.has_a_key_of_its_own"]
    assert (found["rows"], record["tables"]["tickets"], record["held"]) == (2, 61, 0)


def test_lines_that_cannot_be_read_are_told_and_the_others_landed(project):
    project.write("tickets.csv", TICKETS + '98\n99,"1,2026-01-01\n')
    record = extracted(project)
    assert (record["unreadable"], record["tables"]["tickets"]) == ({"tickets": 2}, 60)
    before = project.kept()
    again = extracted(project)
    assert again["load"] == 0
    # What changed since the last verdicts is part of their record; the rows and the lines are the same bytes.
    assert {name: data for name, data in project.kept().items() if "loads" in name} == {
        name: data for name, data in before.items() if "loads" in name
    }


def test_what_was_wrong_can_be_mended_and_run_again(project):
    project.write("accounts.csv", ACCOUNTS.encode("cp1252"))
    told(project.run("extract"))
    project.says("accounts", encoding="cp1252")
    assert extracted(project)["new"] == 80
