"""What customers wrote in the history: read once, known when the message is, one text model at a time."""

from __future__ import annotations

from datetime import datetime

import pytest

from churnrisk.history import History
from churnrisk.jobs.progress import quiet
from churnrisk.text import Reader, SmallModel, brought_scores, score_messages
from tests.support.history import completed, land_rows, moment, seen

READER = Reader()
TABLES = {
    "tickets": [{"account_id": "A", "ticket_id": "1", "created_at": "2026-01-02 08:00"}],
    "messages": [
        {
            "message_id": number,
            "ticket_id": "1",
            "author_role": role,
            "public": "true",
            "created_at": f"2026-01-{day} 08:00",
            "body": body,
            "known_at": f"2026-01-{known} 08:00",
        }
        for number, role, day, known, body in (
            ("a", "customer", "02", "02", "The export has been broken since Tuesday."),
            ("b", "agent", "03", "03", "We are very sorry, this is terrible."),
            ("c", "customer", "04", "09", "Wir werden den Vertrag kündigen.\n\nViele Grüße\nKai"),
            ("d", "customer", "05", "05", "12345"),
            ("e", "customer", "06", "06", None),
        )
    ],
}


def read(folder, reader=READER, landed_at=datetime(2030, 2, 1)):
    return score_messages(folder / "history", reader, "UTC", folder / "scratch", quiet, landed_at)


def landed(folder):
    land_rows(folder / "history", completed(TABLES))
    return folder / "history"


COLUMNS = "message_id, sentiment is null as unscored, intent, quote"


def test_customers_messages_are_read_and_known_when_they_are(tmp_path):
    """Agents are not read; what came in late is seen late; digits have no sentiment; an empty body is no message."""
    history = landed(tmp_path)
    found = read(tmp_path)
    assert (found.read, found.scored, found.leaving, found.version) == (3, 2, 1, READER.version)
    early = seen(history, "message_scores", "2026-01-08", COLUMNS)
    assert early == [("a", False, None, None), ("d", True, None, None)]
    assert seen(history, "message_scores", "2026-01-09", COLUMNS) == [
        ("a", False, None, None),
        ("c", False, "cancel", "Wir werden den Vertrag kündigen."),
        ("d", True, None, None),
    ]


def test_a_second_run_reads_and_writes_nothing(tmp_path):
    history = landed(tmp_path)
    read(tmp_path)
    loads = sorted((history / "loads").iterdir())
    assert read(tmp_path, landed_at=datetime(2030, 3, 1)).read == 0
    assert sorted((history / "loads").iterdir()) == loads
    assert not (tmp_path / "scratch").exists()


def test_a_corrected_message_is_read_again_and_the_past_keeps_what_it_saw(tmp_path):
    history = landed(tmp_path)
    read(tmp_path)
    corrected = TABLES["messages"][0] | {"body": "All is well, thank you!", "known_at": "2026-01-20 08:00"}
    land_rows(history, {"messages": [corrected]}, datetime(2030, 2, 2))
    assert read(tmp_path, landed_at=datetime(2030, 2, 3)).read == 1
    before, after = (seen(history, "message_scores", day, "sentiment")[0][0] for day in ("2026-01-19", "2026-01-20"))
    assert before < -0.3
    assert len(seen(history, "message_scores", "2026-01-20", "message_id")) == 3
    (now,) = [row[0] for row in seen(history, "message_scores", "2026-01-20", "sentiment, message_id") if row[1] == "a"]
    assert now > 0.3 > after


def test_another_text_model_reads_all_again_and_only_the_active_one_is_seen(tmp_path):
    history = landed(tmp_path)
    read(tmp_path)
    other = Reader(SmallModel.read(), ("de",))
    assert other.version != READER.version
    assert read(tmp_path, other, datetime(2030, 2, 3)).read == 3
    for reader in (READER, other):
        past = History(history, "UTC", text_version=reader.version).upto(moment("2026-01-31"))
        assert past.table("message_scores")["model_version"].unique().tolist() == [reader.version]


def test_scores_that_an_export_brought_are_told_from_ours(tmp_path):
    history = landed(tmp_path)
    read(tmp_path)
    assert not brought_scores(history)
    theirs = {"message_id": "a", "model_version": "x", "created_at": "2026-01-02 08:00", "sentiment": "0.4"}
    land_rows(history, {"message_scores": [theirs]}, datetime(2030, 2, 4))
    assert brought_scores(history)


def test_a_history_without_messages_has_nothing_to_read(tmp_path):
    land_rows(tmp_path / "history", completed({"tickets": TABLES["tickets"]}))
    assert read(tmp_path).read == 0


@pytest.mark.parametrize("model", ["none", "small"])
def test_the_version_of_the_text_model_is_part_of_the_catalogue(model):
    from churnrisk.features import CATALOGUE

    present = ("tickets", "messages", "message_scores")
    one, other = (CATALOGUE.having(present, (), version).hash for version in ("small-1", "small-2"))
    without = (CATALOGUE.having(("tickets",), (), version).hash for version in ("small-1", "small-2"))
    assert one != other
    assert len(set(without)) == 1
