"""Long text tables for the spec tests: rows of one account on many days."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta

from tests.support.history import Row


def days(first: str, last: str, step: int = 1) -> list[str]:
    """Every day of a stretch, both ends included, or every n-th."""
    begin, end = date.fromisoformat(first), date.fromisoformat(last)
    return [(begin + timedelta(days=n)).isoformat() for n in range(0, (end - begin).days + 1, step)]


def at_noon(on: Iterable[str], account: str = "A", column: str = "created_at", **cells: str) -> list[Row]:
    """A row at noon of each of these days."""
    return [{"account_id": account, column: f"{day} 12:00", **cells} for day in on]


def used(on: Iterable[str], value: float, account: str = "A", metric: str = "events") -> list[Row]:
    """Usage of that much on each of these days."""
    return [{"account_id": account, "day": day, "metric": metric, "value": str(value)} for day in on]


def blocks(as_of: str, length: int, amounts: Iterable[int]) -> list[tuple[str, int]]:
    """The first day of each block of so many days up to the as_of, newest block first, with the amount of the block."""
    end = date.fromisoformat(as_of)
    return [((end - timedelta(days=length * (n + 1) - 1)).isoformat(), amount) for n, amount in enumerate(amounts)]


def tickets_in_blocks(as_of: str, length: int, numbers: Iterable[int], account: str = "A") -> list[Row]:
    """So many tickets in each block of days up to the as_of, newest block first."""
    return [row for day, number in blocks(as_of, length, numbers) for row in at_noon([day] * number, account)]
