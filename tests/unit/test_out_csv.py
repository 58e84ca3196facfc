"""The worklist as a CSV file: every number a number, no text a formula."""

import csv
import io
import math
from dataclasses import replace

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from churnrisk.out import safe_text, worklist_csv
from tests.support.worklists import ATTACKS, a_hostile_worklist, a_worklist

NUMBERS = ["rank", "risk", "value", "value_at_risk", "days_to_renewal", "lead_days", "horizon_days"]
#: What starts a formula in one spreadsheet or another, after whatever it may pass over.
STARTS = tuple("=+-@＝＋－＠﹢﹣﹦﹫−\t\r\n\x00")
PASSED_OVER = ' \u00a0\u3000\ufeff\u200b\u200e\u200f"'


def rows_of(content: bytes, separator: str = ",") -> list[list[str]]:
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline=""), delimiter=separator))


def is_number(cell: str) -> bool:
    try:
        return math.isfinite(float(cell))
    except ValueError:
        return False


@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_no_cell_of_a_hostile_list_starts_a_formula(separator):
    """Opened with a comma, a semicolon or a tab between cells, the only cells that start with a sign are numbers."""
    for row in rows_of(worklist_csv(a_hostile_worklist()), separator):
        for cell in row:
            assert is_number(cell) or not cell.lstrip(PASSED_OVER).startswith(STARTS), cell


@pytest.mark.parametrize("sign", "=+-@＝＋－＠")
@pytest.mark.parametrize("before", ["", " ", "\t", "\r", "\n", "\x00", "\u00a0", "\ufeff", "\u200f", '"', "A;", 'A; "'])
def test_a_sign_that_a_spreadsheet_would_act_on_gets_an_apostrophe(before, sign):
    safe = safe_text(f"{before}{sign}1+1")
    assert safe.replace("'", "", 1) == f"{before}{sign}1+1".translate(dict.fromkeys(map(ord, "\t\r\n\x00"), " "))
    assert "'" in safe


@pytest.mark.parametrize("text", ["Nordworks A/S", "a = b", "1-2", "O'Neill & Søn", "אור-גל", "한빛", "👩‍👩‍👧‍👦", ""])
def test_text_that_is_no_formula_stays_as_it_is(text):
    assert safe_text(text) == text


@given(st.text(st.characters()))
def test_any_text_is_one_cell_that_can_be_written(text):
    """No line break, nothing that UTF-8 cannot hold, no sign first, and doing it twice changes nothing."""
    safe = safe_text(text)
    assert safe.encode().decode() == safe
    assert safe.splitlines() in ([], [safe])
    assert not safe.lstrip(PASSED_OVER).startswith(STARTS)
    assert safe_text(safe) == safe


def test_numbers_are_numbers_when_read_again():
    listed = a_worklist()
    frame = pd.read_csv(io.BytesIO(worklist_csv(listed)), keep_default_na=False, na_values={"days_to_renewal": [""]})
    assert len(frame) == len(listed.entries)
    for column in NUMBERS:
        assert pd.api.types.is_numeric_dtype(frame[column]), column
    assert frame["risk"].tolist() == [round(entry.risk, 4) for entry in listed.entries]
    assert frame["value_at_risk"].tolist() == pytest.approx([e.value_at_risk for e in listed.entries], abs=0.005)
    assert frame["account"].tolist() == [entry.name for entry in listed.entries]
    assert (frame["days_to_renewal"] < 0).any()


def test_every_entry_is_one_line_ended_by_cr_lf_after_a_byte_order_mark():
    for listed in (a_worklist(), a_hostile_worklist()):
        content = worklist_csv(listed)
        assert content.startswith(b"\xef\xbb\xbfrank,account_id,account,csm,")
        assert content.count(b"\n") == content.count(b"\r\n") == content.count(b"\r") == len(listed.entries) + 1
        assert {len(row) for row in rows_of(content)} == {len(rows_of(content)[0])}


def test_a_row_says_all_that_the_list_knows():
    listed = a_worklist(3)
    entry = listed.entries[0]
    first = dict(zip(*rows_of(worklist_csv(listed))[:2], strict=True))
    assert first["account_id"] == entry.account_id
    assert first["renewal"] == entry.renews_on
    assert first["this_week"] == "yes"
    assert (first["as_of"], first["currency"], first["model"]) == ("2026-01-31", "EUR", "churnrisk-churn 4")
    for place, reason in enumerate(entry.reasons, start=1):
        assert first[f"reason_{place}"] == reason.sentence
        assert first[f"reason_{place}_code"] == reason.code
        assert first[f"reason_{place}_actionable"] == ("yes" if reason.actionable else "no")


def test_what_is_unknown_is_empty():
    listed = a_worklist(1)
    unknown = replace(listed.entries[0], value=math.nan, value_at_risk=math.inf, days_to_renewal=None, reasons=())
    row = dict(zip(*rows_of(worklist_csv(replace(listed, entries=(unknown,), lineage={}))), strict=True))
    assert {row[name] for name in ("value", "value_at_risk", "days_to_renewal", "reason_1", "model")} == {""}


def test_the_same_list_gives_the_same_bytes():
    assert worklist_csv(a_worklist()) == worklist_csv(a_worklist())
    assert len(ATTACKS) == len(set(ATTACKS))
