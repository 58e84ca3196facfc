"""The diagnosis: every check on one history, the worst first.

Reads the history, its verdicts and the configuration; gives findings, and how many rows of each table there are in
each month, because people look at pictures.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from churnrisk.doctor import checks_label, checks_rows, checks_tables, checks_time
from churnrisk.doctor.facts import Facts
from churnrisk.doctor.finding import STATUSES, Check, Finding, Status
from churnrisk.history import History
from churnrisk.parameters import Parameters
from churnrisk.settings import Settings
from churnrisk.validate import Verdicts

#: Every check by its theme, in the order of the path of the data.
THEMES: dict[str, tuple[Check, ...]] = {
    "What came in": checks_rows.CHECKS,
    "How it arrives": checks_time.CHECKS,
    "What the tables hold": checks_tables.CHECKS,
    "What can be learnt": checks_label.CHECKS,
}
CHECKS: tuple[Check, ...] = tuple(check for checks in THEMES.values() for check in checks)


@dataclass(frozen=True)
class Diagnosis:
    """What the data can support.

    Attributes:
        company: whose data it is.
        status: the worst of all findings.
        known_from: the first day of the history; empty where no row can be used.
        known_until: the last day that is known to its end; likewise.
        findings: what the checks found, fails first, then warnings.
        months: every month of the history, as in 2026-01.
        rows: rows of each table in each of these months.
    """

    company: str
    status: Status
    known_from: str
    known_until: str
    findings: tuple[Finding, ...]
    months: tuple[str, ...]
    rows: dict[str, tuple[int, ...]]

    def having(self, status: Status) -> tuple[Finding, ...]:
        """The findings of that status."""
        return tuple(finding for finding in self.findings if finding.status == status)


def examine(
    history: History, verdicts: Verdicts, settings: Settings, parameters: Parameters, today: date | None = None
) -> Diagnosis:
    """Hold what is needed against what the data have.

    Args:
        history: opened with its verdicts.
        verdicts: on every landed row.
        settings: the company and its sources.
        parameters: the label, the matrix and the split.
        today: the company's day on which this is looked at; None where it does not matter.
    """
    facts = Facts(history, verdicts, settings, parameters, today)
    # Where no row can be used, only the rows that came in can be looked at.
    asked = CHECKS if facts.has_rows else checks_rows.CHECKS
    found = [finding for check in asked for finding in check.examine(facts)]
    found.sort(key=lambda finding: STATUSES.index(finding.status))
    months = next(iter(facts.months.values())).index if facts.months else ()
    return Diagnosis(
        company=settings.company.name,
        status=found[0].status,
        known_from=str(history.first_day) if facts.has_rows else "",
        known_until=str(history.known_until) if facts.has_rows else "",
        findings=tuple(found),
        months=tuple(str(month) for month in months),
        rows={table: tuple(int(rows) for rows in by_month) for table, by_month in facts.months.items()},
    )
