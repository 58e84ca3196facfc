"""Being told how far a job is."""

from __future__ import annotations

from collections.abc import Callable

#: Called with how many are done, and of how many.
Progress = Callable[[int, int], None]


def quiet(_done: int, _of: int) -> None:
    """Tell nobody."""
