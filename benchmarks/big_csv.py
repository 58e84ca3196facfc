"""A CSV of some hundred megabytes is landed within a bound of memory that does not grow with it.

    python -m benchmarks.big_csv --json FILE [--scale 1] [--broken]

Makes an export of 300 MB at scale 1 in a temporary folder, runs `churnrisk extract` on it in a process of its own, and
gives the most memory that the process had, beside the bound. With `--broken`, the last line of the file opens a
quotation mark, so that the file is mended before it is read. Takes half a minute on two cores; more than twice that
with `--broken`.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from benchmarks.report import Bar, parser, publish
from benchmarks.timing import in_child

MEGABYTES = 300
#: DuckDB may have 1 GB, the rest of the process needs about 200 MB.
BARS = {"big_csv_peak_gb": Bar(1.5, None, "memory to land one large CSV")}
SETTINGS = """
[sources]
accounts = { path = "accounts.csv" }
tickets = { path = "tickets.csv" }
messages = { path = "messages.csv" }

[[mapping]]
table = "accounts"
from = "accounts"
columns = { account_id = "id", created_at = "made" }

[[mapping]]
table = "tickets"
from = "tickets"
columns = { ticket_id = "no", account_id = "id", created_at = "made" }

[[mapping]]
table = "messages"
from = "messages"
columns = { message_id = "no", ticket_id = "ticket", created_at = "made", body = "text" }
"""


def make(folder: Path, megabytes: float, broken: bool) -> int:
    """Write the project; gives the number of messages."""
    export = folder / "export"
    export.mkdir()
    (folder / "churnrisk.toml").write_text(SETTINGS, encoding="utf-8")
    (export / "accounts.csv").write_text("id,made\nA,2026-01-01\n", encoding="utf-8")
    (export / "tickets.csv").write_text("no,id,made\n1,A,2026-01-02\n", encoding="utf-8")
    text = '1,2026-01-02 10:00,"' + "We cannot log in since this morning. " * 14 + '\nThanks"\n'
    rows = int(megabytes * 1_000_000) // len(text)
    with (export / "messages.csv").open("w", encoding="utf-8") as file:
        file.write("no,ticket,made,text\n")
        for begin in range(0, rows, 10_000):
            file.write("".join(f"{number},{text}" for number in range(begin, min(begin + 10_000, rows))))
        file.write('x,1,2026-01-02,"open\n' if broken else "")
    return rows


def extract(folder: Path) -> str:
    """What `churnrisk extract --json` says of a project."""
    command = [sys.executable, "-m", "churnrisk", "extract", "--json", "--config", f"{folder}/churnrisk.toml"]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def main(arguments: Sequence[str] | None = None) -> None:
    """Make, extract, tell."""
    options = parser(__doc__)
    options.add_argument("--broken", action="store_true", help="leave the last quotation mark open")
    chosen = options.parse_args(arguments)
    megabytes = MEGABYTES * chosen.scale
    with tempfile.TemporaryDirectory() as place:
        rows = make(Path(place), megabytes, chosen.broken)
        run = in_child("benchmarks.big_csv:extract", folder=Path(place))
    record = json.loads(run.answer)
    assert record["tables"]["messages"] == rows
    assert record["unreadable"] == ({"messages": 1} if chosen.broken else {})
    figures = {"big_csv_peak_gb": run.peak_gb, "big_csv_s": run.seconds, "megabytes": megabytes, "rows": rows}
    publish(figures, BARS, chosen.json)


if __name__ == "__main__":
    main()
