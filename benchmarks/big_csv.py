"""A CSV of some hundred megabytes is landed within a bound of memory that does not grow with it.

    python benchmarks/big_csv.py [MEGABYTES [broken]]

Makes an export in a temporary folder, runs `churnrisk extract` on it in a process of its own, and compares the most
memory that the process had with the bound. With `broken`, the last line of the file opens a quotation mark, so that the
file is mended before it is read. Takes half a minute for 300 MB on two cores; more than twice that with `broken`.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

#: The bound, in bytes: DuckDB may have 1 GB, the rest of the process needs about 200 MB.
MOST = 1_500_000_000
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


def make(folder: Path, megabytes: int, broken: bool) -> int:
    """Write the project; gives the number of messages."""
    export = folder / "export"
    export.mkdir()
    (folder / "churnrisk.toml").write_text(SETTINGS, encoding="utf-8")
    (export / "accounts.csv").write_text("id,made\nA,2026-01-01\n", encoding="utf-8")
    (export / "tickets.csv").write_text("no,id,made\n1,A,2026-01-02\n", encoding="utf-8")
    text = '1,2026-01-02 10:00,"' + "We cannot log in since this morning. " * 14 + '\nThanks"\n'
    rows = megabytes * 1_000_000 // len(text)
    with (export / "messages.csv").open("w", encoding="utf-8") as file:
        file.write("no,ticket,made,text\n")
        for begin in range(0, rows, 10_000):
            file.write("".join(f"{number},{text}" for number in range(begin, min(begin + 10_000, rows))))
        file.write('x,1,2026-01-02,"open\n' if broken else "")
    return rows


def main(megabytes: int = 300, broken: bool = False) -> None:
    """Make, extract, compare."""
    with tempfile.TemporaryDirectory() as place:
        rows = make(Path(place), megabytes, broken)
        began = time.monotonic()
        command = [sys.executable, "-m", "churnrisk", "extract", "--json", "--config", f"{place}/churnrisk.toml"]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        seconds = time.monotonic() - began
    record = json.loads(done.stdout)
    assert record["tables"]["messages"] == rows
    assert record["unreadable"] == ({"messages": 1} if broken else {})
    most = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024
    sys.stdout.write(f"{megabytes} MB, {rows:,} rows: {seconds:.0f} s, {most / 1e9:.2f} GB at most\n")
    assert most < MOST, f"more than {MOST / 1e9} GB"


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 300, "broken" in sys.argv)
