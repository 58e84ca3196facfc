"""The same complaint in six languages moves an account's risk by nearly the same."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pytest

from churnrisk.features import CATALOGUE, Matrices
from churnrisk.history import History
from churnrisk.jobs.progress import quiet
from churnrisk.registry import Registry
from churnrisk.text import TAUGHT, Reader, score_messages
from churnrisk.text.measure import read_cases
from tests.support.history import completed, land_rows, moment

#: Between two languages the risk of an account differs by less, whichever account it is. Told in docs/text.md.
EPSILON = 0.05
COMPLAINTS = read_cases(Path(__file__).parent / "cases" / "parallel.tsv").query("expected == 'neg'")


def complaining(folder):
    """Accounts that wrote the same complaints in the last weeks, each in a language of its own, among neutral words."""
    tickets = [{"account_id": code, "ticket_id": code, "created_at": "2026-01-05 08:00"} for code in TAUGHT]
    messages = [
        {
            "message_id": f"{code}{number}",
            "ticket_id": code,
            "author_role": "customer",
            "created_at": f"2026-01-{6 + 2 * number:02d} 09:00",
            "body": COMPLAINTS[code].iloc[number],
        }
        for code in TAUGHT
        for number in range(len(COMPLAINTS))
    ]
    land_rows(folder / "history", completed({"tickets": tickets, "messages": messages}), datetime(2026, 2, 1))
    reader = Reader()
    score_messages(folder / "history", reader, "UTC", folder / "scratch", quiet, datetime(2026, 2, 2))
    history = History(folder / "history", "UTC", text_version=reader.version)
    asked = tuple(each for each in CATALOGUE.features if "message_scores" in each.needs)
    catalogue = type(CATALOGUE)(asked, reader.version)
    return Matrices(history, catalogue, folder / "kept").at(moment("2026-01-31"), sorted(TAUGHT)), catalogue.names


@pytest.mark.slow
def test_the_same_complaints_in_six_languages_move_the_risk_by_nearly_the_same(finished, tmp_path):
    """What the messages give is put in the place of what each account has, and the champion asked for the risk."""
    told, names = complaining(tmp_path)
    project = finished.project
    model = Registry(project.registry_folder).champion().model
    catalogue = CATALOGUE.having(project.history.present, (), project.history.text_version)
    accounts = sorted(project.history.upto(project.moment()).table("accounts")["account_id"])[:60]
    rows = Matrices(project.history, catalogue, tmp_path / "matrices").at(project.moment(), accounts)
    risks = []
    for _, one in told.sort_values("account_id").iterrows():
        written = rows.assign(**{name: one[name] for name in names if name in rows})
        risks.append(model.risk(written))
    spread = [max(each) - min(each) for each in zip(*risks, strict=True)]
    assert max(spread) < EPSILON, told[["account_id", *names]].T.to_string()
