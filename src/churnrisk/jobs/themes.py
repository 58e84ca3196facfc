"""The themes job: what customers complain about at a moment, starting from the themes of the moment before.

What is kept is one file for each moment and window; a run starts from the latest file of an earlier moment, so the same
moment gives the same themes however often it is asked for.
"""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

from churnrisk.errors import SettingsError
from churnrisk.insights import ThemeReport, theme_report
from churnrisk.jobs.project import Project
from churnrisk.out.themes import themes_csv
from churnrisk.out.themes_page import themes_html
from churnrisk.store import single_writer, write_atomic
from churnrisk.text.themes import ThemeModel

#: Endings of the files that are written.
KINDS = ("html", "csv", "json")


def themes(project: Project, day: str = "", days: int = 90, language: str = "", anew: bool = False) -> ThemeReport:
    """What customers complained about, counted; the themes are kept for the next run.

    Args:
        project: whose.
        day: the as_of; the last day that is known to its end where it is not said.
        days: length of the window.
        language: count only complaints in this language.
        anew: find the themes without those of earlier runs, which get new numbers.
    """
    as_of = project.moment(day)
    with single_writer(project.data):
        folder = project.data / "themes"
        before = None if anew else _before(folder, str(as_of), days)
        report, model = theme_report(
            project.history,
            as_of,
            project.parameters,
            project.settings.company.name,
            days,
            language,
            before,
        )
        write_atomic(folder / _name(str(as_of), days), model.to_json())
    return report


def _name(as_of: str, days: int) -> str:
    return f"{as_of}_{days}d.json"


def _before(folder: Path, as_of: str, days: int) -> ThemeModel | None:
    """The themes of the latest moment before, found in a window of the same length."""
    earlier = sorted(file for file in folder.glob(f"????-??-??_{days}d.json") if file.name < _name(as_of, days))
    return ThemeModel.from_json(earlier[-1].read_text(encoding="utf-8"), str(earlier[-1])) if earlier else None


def kind_of(out: Path) -> str:
    """What a file is written as, by its ending.

    Raises:
        SettingsError: nothing is written with that ending.
    """
    kind = out.suffix.lower().removeprefix(".")
    if kind not in KINDS:
        raise SettingsError(f"Themes are not written as {out.name}", "End the name in .html, .csv or .json")
    return kind


def write_themes(report: ThemeReport, out: Path) -> None:
    """Write the report as a page, a table or JSON, by the ending of the file's name."""
    made = {
        "html": lambda: themes_html(report).encode(),
        "csv": lambda: themes_csv(report),
        "json": lambda: json.dumps(asdict(report), ensure_ascii=False, indent=1).encode(),
    }
    write_atomic(out, made[kind_of(out)]())
