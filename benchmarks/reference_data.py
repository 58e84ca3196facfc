"""The reference data: made up, but of a size and shape that figures can be compared on.

The first step of every benchmark that needs a company of 100,000 accounts. Reads nothing; gives a folder of Parquet
files, each ordered by time: three years of accounts, tickets, use, surveys and contracts. Made in chunks, so that the
memory it takes hardly grows with the scale, and kept: the same scale and seed are made once.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import date, timedelta
from itertools import chain
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

#: Where data is kept between runs; .gitignore lists it.
DATA = Path(__file__).resolve().parent / ".data"
#: Part of the folder's name: raise it when a change below gives other rows.
VERSION = 1
SEED = 20251231

FIRST_DAY, LAST_DAY = date(2023, 1, 1), date(2025, 12, 31)
DAYS = (LAST_DAY - FIRST_DAY).days + 1
ACCOUNTS, TICKETS, SURVEYS, AGENTS = 100_000, 5_000_000, 500_000, 500
#: Use starts on one of the first days: with a share of days of 23.6 % it makes 20.35 million rows at scale 1.
DAYS_OF_STARTS, SHARE_OF_DAYS = 466, 0.236
SHARE_RENEWED, DAYS_OF_CONTRACT = 0.8, 365
TABLES = ("accounts", "tickets", "usage", "surveys", "mrr")

_DAY, _HOUR = 86_400, 3_600
_BEGIN = (FIRST_DAY - date(1970, 1, 1)).days * _DAY
_END = _BEGIN + DAYS * _DAY
#: Rows made at a time; each chunk is a row group.
_CHUNK = 480_000
#: A page that holds the ids of all accounts: with the usual megabyte the files, and the floor, are a third slower.
_DICTIONARY = 8 << 20
_MOMENT = pa.timestamp("us")


def month_ends(months: int = 12) -> tuple[date, ...]:
    """The last day of each of the last months of the three years, in order."""
    ends, day = [], LAST_DAY
    for _ in range(months):
        ends.append(day)
        day = day.replace(day=1) - timedelta(days=1)
    return tuple(reversed(ends))


def reference_data(scale: float = 1.0, seed: int = SEED, place: Path = DATA) -> Path:
    """The folder with the data of a scale, made where it is not there yet.

    Args:
        scale: 1.0 is 100,000 accounts, 5.0 million tickets, 20.35 million days of use, 0.5 million surveys and
            180,000 contracts.
        seed: other rows of the same shape.
        place: the folder in which each scale and seed has its own.
    """
    folder = place / f"v{VERSION}-scale-{scale:g}-seed-{seed}"
    if not folder.exists():
        unfinished = folder.with_name(folder.name + ".unfinished")
        shutil.rmtree(unfinished, ignore_errors=True)
        unfinished.mkdir(parents=True)
        _Company(scale, seed).write(unfinished)
        unfinished.rename(folder)
    return folder


class _Company:
    """What all tables of one scale and seed share."""

    def __init__(self, scale: float, seed: int) -> None:
        self.accounts = max(1, round(ACCOUNTS * scale))
        self.tickets = max(10, round(TICKETS * scale))
        self.surveys = max(1, round(SURVEYS * scale))
        self.random = dict(zip(TABLES, np.random.default_rng(seed).spawn(len(TABLES)), strict=True))
        self.ids = _ids("A", np.arange(self.accounts), 7)
        random = self.random["accounts"]
        self.weight = random.random(self.accounts) ** 2 * 3 + 0.05
        self.start = random.integers(0, DAYS_OF_STARTS, self.accounts)

    def write(self, folder: Path) -> None:
        for name in TABLES:
            chunks: Iterator[pa.Table] = getattr(self, f"_{name}")(self.random[name])
            first = next(chunks)
            options = {"compression": "zstd", "dictionary_pagesize_limit": _DICTIONARY}
            with pq.ParquetWriter(folder / f"{name}.parquet", first.schema, **options) as file:
                for chunk in chain((first,), chunks):
                    file.write_table(chunk, row_group_size=len(chunk))

    def _accounts(self, random: np.random.Generator) -> Iterator[pa.Table]:
        """Every account is older than the three years, so that no ticket comes before its account."""
        created = _BEGIN - random.integers(1, 365 * _DAY, self.accounts)
        segments = _words(random, ("small", "medium", "large"), (0.6, 0.3, 0.1), self.accounts)
        order = np.argsort(created, kind="stable")
        columns = {"account_id": self.ids, "segment": segments, "created_at": _moments(created)}
        yield pa.table(columns).take(pa.array(order))

    def _tickets(self, random: np.random.Generator) -> Iterator[pa.Table]:
        created = np.sort(random.integers(_BEGIN, _END, self.tickets))
        for begin in range(0, self.tickets, _CHUNK):
            yield self._some_tickets(random, begin, created[begin : begin + _CHUNK])

    def _some_tickets(self, random: np.random.Generator, begin: int, created: np.ndarray) -> pa.Table:
        count = len(created)
        response = created + random.exponential(4 * _HOUR, count).astype(np.int64)
        solved = response + random.exponential(3 * _DAY, count).astype(np.int64)
        has_response = (random.random(count) < 0.97) & (response < _END)
        has_solved = (random.random(count) < 0.93) & (solved < _END)
        reopened = random.choice(3, count, p=(0.85, 0.11, 0.04))
        is_rated = has_solved & (random.random(count) < 0.3)
        return pa.table(
            {
                "ticket_id": _ids("T", np.arange(begin, begin + count), 9),
                "account_id": self._skewed(random, count),
                "created_at": _moments(created),
                "first_response_at": _moments(response, has_response),
                "solved_at": _moments(solved, has_solved),
                "reopened_count": pa.array(np.where(has_solved, reopened, 0), pa.int32()),
                "priority": _words(random, ("low", "normal", "high", "urgent"), (0.2, 0.5, 0.23, 0.07), count),
                "channel": _words(random, ("email", "chat", "web", "phone"), (0.5, 0.25, 0.15, 0.1), count),
                "satisfaction": pa.array(random.integers(1, 6, count), pa.int32(), mask=~is_rated),
                "sentiment": pa.array(np.round(random.uniform(-1, 1, count), 4)),
                "agent_id": _ids("G", np.arange(AGENTS), 3).take(pa.array(random.integers(0, AGENTS, count))),
            }
        )

    def _usage(self, random: np.random.Generator) -> Iterator[pa.Table]:
        days, rows = [], 0
        for day in range(DAYS):
            used = np.flatnonzero((self.start <= day) & (random.random(self.accounts) < SHARE_OF_DAYS))
            days.append((day, used))
            rows += len(used)
            if rows >= _CHUNK or day == DAYS - 1:
                yield self._some_usage(random, days)
                days, rows = [], 0

    def _some_usage(self, random: np.random.Generator, days: list[tuple[int, np.ndarray]]) -> pa.Table:
        accounts = np.concatenate([used for _, used in days])
        numbers = np.concatenate([np.full(len(used), _BEGIN // _DAY + day) for day, used in days])
        events = 1 + (random.random(len(accounts)) * 40 * self.weight[accounts]).astype(np.int64)
        return pa.table(
            {
                "account_id": self.ids.take(pa.array(accounts)),
                "day": pa.array(numbers, pa.int32()).cast(pa.date32()),
                "events": pa.array(events, pa.int32()),
                "active_users": pa.array(random.integers(1, 7, len(accounts)), pa.int32()),
            }
        )

    def _surveys(self, random: np.random.Generator) -> Iterator[pa.Table]:
        responded = np.sort(random.integers(_BEGIN, _END, self.surveys))
        scores = pa.array(random.integers(0, 11, self.surveys), pa.int32())
        accounts = self._skewed(random, self.surveys)
        yield pa.table({"account_id": accounts, "responded_at": _moments(responded), "score": scores})

    def _mrr(self, random: np.random.Generator) -> Iterator[pa.Table]:
        """A contract of a year from the account's start; four of five accounts renew it once."""
        renewed = np.flatnonzero(random.random(self.accounts) < SHARE_RENEWED)
        accounts = np.concatenate([np.arange(self.accounts), renewed])
        begin = np.concatenate([self.start, self.start[renewed] + DAYS_OF_CONTRACT])
        mrr = np.round(100 + 400 * self.weight[accounts] * random.random(len(accounts)), 2)
        columns = {
            "account_id": self.ids.take(pa.array(accounts)),
            "started_at": _moments(_BEGIN + begin * _DAY),
            "ended_at": _moments(_BEGIN + (begin + DAYS_OF_CONTRACT) * _DAY),
            "mrr": pa.array(mrr),
        }
        yield pa.table(columns).take(pa.array(np.argsort(begin, kind="stable")))

    def _skewed(self, random: np.random.Generator, count: int) -> pa.Array:
        """Accounts, the first far more often than the last."""
        return self.ids.take(pa.array((random.random(count) ** 1.6 * self.accounts).astype(np.int64)))


def _ids(letter: str, numbers: np.ndarray, width: int) -> pa.Array:
    padded = pc.utf8_lpad(pa.array(numbers).cast(pa.string()), width, "0")
    return pc.binary_join_element_wise(letter, padded, "")


def _words(random: np.random.Generator, words: tuple[str, ...], shares: tuple[float, ...], count: int) -> pa.Array:
    return pa.array(words).take(pa.array(random.choice(len(words), count, p=shares)))


def _moments(seconds: np.ndarray, known: np.ndarray | None = None) -> pa.Array:
    """Moments in UTC; empty where they are not known."""
    return pa.array(seconds * 1_000_000, pa.int64(), mask=None if known is None else ~known).cast(_MOMENT)
