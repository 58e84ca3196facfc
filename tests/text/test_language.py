"""The language of messages: the library's answers, only faster; what is too short to tell is not known."""

import random
import re
import tomllib
import unicodedata
from functools import cache
from itertools import permutations
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from churnrisk.text import TAUGHT, detect
from churnrisk.text.language import SURE, _best, _odds, identifier
from churnrisk.text.measure import read_cases

CASES = Path(__file__).parent / "cases"
#: One text a language that no model and no rule was taught.
OTHERS = {
    "th": "ฉันไม่สามารถเข้าสู่ระบบได้ตั้งแต่วันจันทร์ กรุณาช่วยด้วย",
    "ka": "ორშაბათიდან სისტემაში შესვლა არ შემიძლია, გთხოვთ დამეხმაროთ",
    "hy": "Երկուշաբթիից չեմ կարողանում մուտք գործել համակարգ, խնդրում եմ օգնեք",
    "am": "ከሰኞ ጀምሮ ወደ ስርዓቱ መግባት አልቻልኩም እባክዎ ይርዱኝ",
    "el": "Από τη Δευτέρα δεν μπορώ να συνδεθώ στο σύστημα, παρακαλώ βοηθήστε με",
    "ru": "С понедельника не могу войти в систему, помогите пожалуйста",
    "ar": "لا أستطيع تسجيل الدخول منذ يوم الاثنين، أرجو المساعدة",
    "ja": "月曜日からシステムにログインできません。助けてください。",
    "zh": "从星期一开始我就无法登录系统，请帮忙解决这个问题。",
}


@cache
def said(code):
    """What customers say in a language: the cases of tone and intent."""
    tables = [read_cases(CASES / f"{kind}_{code}.tsv") for kind in ("intent", "sentiment")]
    return tuple(dict.fromkeys(text for table in tables for text in table.text))


@cache
def everything():
    """All sentences, and the bodies of mails with their headers, links and traces."""
    files = [tomllib.loads((CASES / f"cleaning_{code}.toml").read_text(encoding="utf-8")) for code in TAUGHT]
    mails = [unicodedata.normalize("NFC", case["body"]) for file in files for case in file["case"]]
    return [text for code in TAUGHT for text in said(code)] + mails + list(OTHERS.values())


def letters(text):
    return sum(map(str.isalpha, text))


def paragraph(code, characters=160, seed=0):
    """Sentences of one language, one after the other, until there are so many characters."""
    sentences = [text for text in said(code) if letters(text) >= 12]
    random.Random(f"{code} {seed}").shuffle(sentences)
    text = ""
    while len(text) < characters:
        text += sentences.pop() + " "
    return text.strip()


def sentences(code):
    """Of 40 to 70 characters; Korean and Hebrew say as much in fewer."""
    least = 20 if code in ("ko", "he") else 40
    return [text for text in said(code) if least <= len(text) <= 70]


def walked(texts):
    """What the batch walk says where no language is expected more than another."""
    codes, sure = _best(texts, _odds(frozenset()))
    return list(zip(codes, sure.tolist(), strict=True))


def by_library(texts):
    cut = [text.encode()[:240].decode(errors="ignore") for text in texts]
    return [identifier().classify(text) for text in cut]


def test_the_batch_walk_gives_the_languages_of_the_library():
    assert [code for code, _ in walked(everything())] == [code for code, _ in by_library(everything())]


def test_the_batch_walk_is_as_sure_as_the_library():
    ours, library = (
        [confidence for _, confidence in told] for told in (walked(everything()), by_library(everything()))
    )
    assert np.allclose(ours, library, atol=1e-4)


@given(st.lists(st.text(max_size=80), max_size=6))
def test_the_batch_walk_is_as_sure_as_the_library_of_any_text(texts):
    texts = [unicodedata.normalize("NFC", text) for text in texts]
    ours, library = ([confidence for _, confidence in told] for told in (walked(texts), by_library(texts)))
    assert np.allclose(ours, library, atol=1e-3)


def test_capitals_are_read_as_the_library_reads_them():
    loud = [text.upper() for text in everything()[:200]]
    assert [code for code, _ in walked(loud)] == [code for code, _ in by_library(loud)]


@pytest.mark.parametrize("code", TAUGHT)
def test_texts_of_twelve_letters_are_told_in_nineteen_of_twenty_cases(code):
    texts = [text for text in said(code) if letters(text) >= 12]
    wrong = [(found, text) for found, text in zip(detect(texts), texts, strict=True) if found.language != code]
    assert len(wrong) <= 0.05 * len(texts), wrong


@pytest.mark.parametrize("code", TAUGHT)
def test_the_same_sentences_are_told_in_every_language(code):
    texts = read_cases(CASES / "parallel.tsv")[code].tolist()
    right = [found.language == code for found in detect(texts)]
    assert sum(right) >= 0.9 * len(texts)


def test_an_expected_language_tips_a_tie():
    tie = "Det er ikke nok"
    assert [detect([tie], expected=[code])[0].language for code in ("da", "no")] == ["da", "no"]


def test_an_expected_language_does_not_overrule_what_is_plain():
    text = paragraph("pl")
    assert detect([text], expected=["da"])[0].language == "pl"


@pytest.mark.parametrize("text", ["", " ", "\n\n", "12345", "!!!", "+45 33 12 34 56", "👍", "---", "2026-01-03 10:15"])
def test_a_text_without_words_is_in_no_known_language(text):
    found = detect([text])[0]
    assert (found.language, found.confidence, found.is_mixed) == ("", 0.0, False)


@pytest.mark.parametrize("text", ["ok", "x", "Jan", "id"])
def test_a_word_that_many_languages_have_is_in_no_known_language(text):
    assert detect([text])[0].language == ""


@given(st.lists(st.text(max_size=60), min_size=1, max_size=5))
def test_a_language_is_known_only_where_it_is_sure(texts):
    assert all(bool(found.language) <= (found.confidence >= SURE) for found in detect(texts))


@given(st.lists(st.text(st.characters(), max_size=300), max_size=5))
def test_every_text_has_an_answer(texts):
    assert len(detect(texts)) == len(texts)


@pytest.mark.parametrize(
    "text", ["\x00", "\ud800", "a\udc00 b", "\U0010ffff", "x" * 100_000, "ż" * 239 + " " + "ż" * 1300]
)
def test_no_letter_breaks_it(text):
    assert 0 <= detect([text])[0].confidence <= 1


@pytest.mark.parametrize(("first", "second"), list(permutations(TAUGHT, 2)))
def test_a_text_half_in_another_language_is_mixed(first, second):
    assert detect([f"{paragraph(first)} {paragraph(second)}"])[0].is_mixed


@pytest.mark.parametrize("code", TAUGHT)
def test_a_text_in_one_language_is_not_mixed(code):
    texts = [paragraph(code, characters, seed) for characters in (130, 300, 900) for seed in range(20)]
    assert [text for text, found in zip(texts, detect(texts), strict=True) if found.is_mixed] == []


@pytest.mark.parametrize(("first", "second"), [("da", "en"), ("de", "pl"), ("ko", "en"), ("he", "de")])
def test_two_sentences_in_two_languages_are_mixed(first, second):
    """Three of four pairs of sentences, about a hundred letters together; none of two sentences in one language."""
    pairs = [f"{one} {other}" for one, other in zip(sentences(first), sentences(second), strict=False)][:40]
    alone = [f"{one} {other}" for one, other in zip(sentences(first), sentences(first)[1:], strict=False)][:40]
    assert np.mean([found.is_mixed for found in detect(pairs)]) >= 0.75
    assert not any(found.is_mixed for found in detect(alone))


def test_a_mixed_text_is_in_the_language_of_most_of_it():
    text = f"{paragraph('de', 600)} {paragraph('en', 60)}"
    assert detect([text])[0].language == "de"


def test_answers_do_not_depend_on_the_batch():
    texts = [text for text in everything()[::7] if text]
    alone = [detect([text])[0] for text in texts]
    random.Random(5).shuffle(order := list(range(len(texts))))
    together = detect([texts[place] for place in order])
    differing = [
        texts[place]
        for place, found in zip(order, together, strict=True)
        if (found.language, found.is_mixed) != (alone[place].language, alone[place].is_mixed)
        or abs(found.confidence - alone[place].confidence) > 2e-4
    ]
    assert differing == []


def test_more_texts_than_one_batch_holds_are_all_told():
    few = [said(code)[0] for code in TAUGHT]
    assert [found.language for found in detect(few * 800)] == [found.language for found in detect(few)] * 800


@pytest.mark.parametrize("code", OTHERS)
def test_a_language_in_another_script_is_taken_for_none_that_was_taught(code):
    assert detect([OTHERS[code]])[0].language not in TAUGHT


@pytest.mark.parametrize("code", ["ko", "he"])
def test_korean_and_hebrew_are_told_by_a_few_of_their_letters(code):
    signs = re.sub(r"[\x00-\x7f]", "", "".join(said(code)))
    assert detect([signs[:12]])[0].language == code
