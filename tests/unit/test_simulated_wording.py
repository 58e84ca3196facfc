"""Messages of the simulated company are written in six languages, each in its own letters."""

from __future__ import annotations

import re

import pandas as pd
import pytest

from churnrisk.extract.simulated import Company
from churnrisk.extract.simulated.wording import banks

LETTERS = {"da": "[æøåÆØÅ]", "de": "[äöüßÄÖÜ]", "pl": "[ąćęłńóśźżŚŻŁ]", "ko": "[가-힣]", "he": "[א-ת]"}


@pytest.fixture(scope="module")
def threads() -> pd.DataFrame:
    company = Company(60, 2)
    weeks = [company.step() for _ in range(20)]
    tickets, messages = (pd.concat([week.tables[name] for week in weeks]) for name in ("tickets", "messages"))
    tickets = tickets.drop_duplicates("ticket_id", keep="last")
    return messages.merge(tickets[["ticket_id", "language", "channel"]], on="ticket_id")


def test_every_language_is_written_in_its_own_letters(threads: pd.DataFrame) -> None:
    """Six languages occur; most bodies hold letters that only theirs has, and none holds another script's."""
    by_language = threads.groupby("language")["body"]
    assert set(by_language.groups) == {"en", *LETTERS}
    for language, letters in LETTERS.items():
        bodies = by_language.get_group(language)
        assert bodies.str.contains(letters).mean() > (0.99 if language in ("ko", "he") else 0.6), language
    assert not by_language.get_group("en").str.contains("[א-ת가-힣æøåäöüßąęł]").any()


def test_every_bank_has_the_same_kinds_of_phrases() -> None:
    """No language lacks a kind of phrase, and no phrase stands twice."""
    english = banks()["en"]
    for language, bank in banks().items():
        assert set(bank) == set(english), language
        for kind, phrases in bank.items():
            if isinstance(phrases, dict):
                assert set(phrases) == set(english[kind]), f"{language}.{kind}"
            else:
                assert len(set(phrases)) == len(phrases) >= 2, f"{language}.{kind}"


def test_a_thread_starts_with_the_customer_and_has_an_answer(threads: pd.DataFrame) -> None:
    first = threads.sort_values("created_at", kind="stable").groupby("ticket_id").first()
    assert (first["author_role"] == "customer").all()
    assert (threads[~threads["public"]]["author_role"] == "agent").all()


def test_bodies_have_what_real_ones_have(threads: pd.DataFrame) -> None:
    """Signatures, quoted replies, links and stack traces occur, so that cleaning has work to do."""
    customers = threads[(threads["author_role"] == "customer") & (threads["channel"] != "chat")]["body"]
    assert customers.str.contains("\n\n").all()
    for trace in ("\n> ", "https://", re.escape("Traceback (most recent call last)")):
        assert customers.str.contains(trace).any(), trace
    assert customers.nunique() > 0.9 * len(customers)
