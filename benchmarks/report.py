"""Figures beside their bars: one flat JSON file for machines, one table for people.

Where every benchmark ends. A figure is told as it was measured; a bar that is missed is told as missed.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table

Figures = Mapping[str, float | str]
_NOT_JSON = (float("inf"), float("-inf"))


@dataclass(frozen=True)
class Bar:
    """What a figure has to reach.

    Attributes:
        bar: what is needed.
        goal: where we want to be; None where no more is asked for than the bar.
        at_least: whether more is better.
        meaning: what the figure is.
    """

    bar: float
    goal: float | None
    meaning: str
    at_least: bool = False

    def verdict(self, figure: float) -> str:
        """One of `goal`, `bar` and `MISSED`."""
        if self.goal is not None and self._reached(figure, self.goal):
            return "goal"
        return "bar" if self._reached(figure, self.bar) else "MISSED"

    def _reached(self, figure: float, mark: float) -> bool:
        return figure >= mark if self.at_least else figure <= mark


def parser(description: str | None) -> argparse.ArgumentParser:
    """The options that every benchmark has."""
    options = argparse.ArgumentParser(description=(description or "").partition("\n")[0])
    options.add_argument("--json", type=Path, metavar="FILE", help="write the figures as one flat JSON object")
    options.add_argument("--scale", type=float, default=1.0, help="0.1 runs a tenth (default: 1)")
    return options


def publish(figures: Figures, bars: Mapping[str, Bar], file: Path | None, console: Console | None = None) -> None:
    """Write the figures, and print them, those that have a bar first; an infinite one is `null` in the file."""
    console = console or Console(width=110)
    if file is not None:
        record = {name: None if figure in _NOT_JSON else figure for name, figure in figures.items()}
        file.write_text(json.dumps(record, indent=2, allow_nan=False) + "\n", encoding="utf-8")
    table = Table("figure", "measured", "bar", "goal", "reached", "meaning", box=None, pad_edge=False)
    for name, bar in bars.items():
        sign = "≥" if bar.at_least else "≤"
        goal = "" if bar.goal is None else f"{sign} {bar.goal:g}"
        figure = figures.get(name)
        told = ("not run", "") if figure is None else (_told(figure), bar.verdict(float(figure)))
        table.add_row(name, told[0], f"{sign} {bar.bar:g}", goal, told[1], bar.meaning)
    console.print(table)
    for name, figure in figures.items():
        if name not in bars:
            console.print(f"{name}: {_told(figure)}", highlight=False, soft_wrap=True)


def _told(figure: float | str) -> str:
    if isinstance(figure, str):
        return figure
    return f"{figure:,}" if isinstance(figure, int) else f"{figure:.4g}"
