"""Themes: complaints of made-up subjects fall into themes, in whatever order they come, week after week."""

import json
import random
from dataclasses import replace
from itertools import count

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import adjusted_rand_score

from churnrisk.errors import CorruptError
from churnrisk.text.themes import MOST_ENCODED, ThemeModel, find, has_words

#: What customers say of three subjects, and around them, in four languages.
SAID = {
    "en": {
        "login": ["I cannot sign in with my password", "the password reset mail never arrives", "sign in is refused"],
        "invoice": ["the invoice shows a wrong amount", "we were charged twice on the invoice", "wrong amount charged"],
        "export": ["the export of the report stays empty", "the report export fails", "empty report after the export"],
    },
    "de": {
        "login": ["die Anmeldung mit Passwort scheitert", "mein Passwort wird abgelehnt", "Anmeldung nicht möglich"],
        "invoice": [
            "die Rechnung zeigt einen falschen Betrag",
            "falscher Betrag abgebucht",
            "die Rechnung ist doppelt",
        ],
        "export": ["der Export des Berichts bleibt leer", "der Berichtsexport bricht ab", "leerer Bericht im Export"],
    },
    "ko": {
        "login": [
            "비밀번호로 로그인이 안 됩니다",
            "로그인할 때 비밀번호가 거부됩니다",
            "로그인이 되지 않아요 비밀번호 문제",
        ],
        "invoice": [
            "청구서 금액이 잘못되었습니다",
            "청구서에 금액이 두 번 나왔습니다",
            "잘못된 금액이 청구서에 있어요",
        ],
        "export": [
            "보고서 내보내기가 비어 있습니다",
            "보고서를 내보내기 하면 실패합니다",
            "내보내기 보고서가 계속 비어요",
        ],
    },
    "he": {
        "login": ["ההתחברות עם הסיסמה נכשלת", "הסיסמה נדחית בהתחברות", "אי אפשר להתחבר עם סיסמה"],
        "invoice": ["בחשבונית מופיע סכום שגוי", "חויבנו פעמיים בחשבונית", "סכום שגוי בחשבונית שלנו"],
        "export": ["ייצוא הדוח נשאר ריק", "הדוח ריק אחרי הייצוא", "הייצוא של הדוח נכשל"],
    },
}
AROUND = {
    "en": ["please help us today", "this is the third time", "my colleagues are angry", "we wait since monday"],
    "de": ["bitte helfen Sie uns heute", "das ist das dritte Mal", "meine Kollegen sind verärgert", "wir warten lange"],
    "ko": ["오늘 꼭 도와주세요", "벌써 세 번째입니다", "동료들이 화가 났어요", "월요일부터 기다립니다"],
    "he": ["אנא עזרו לנו היום", "זו הפעם השלישית", "העמיתים שלי כועסים", "אנחנו מחכים מיום שני"],
}
OUTAGE = ["the whole server is down again", "your server went down at noon", "server outage and everything is down"]


def complaints(languages="en", many=60, seed=1, first=0, with_category=True, said=None):
    """So many complaints of each subject in each language, written by 20 accounts; `subject` is the truth."""
    generator, number, rows = random.Random(seed), count(first), []
    for language in languages.split():
        for subject, sentences in (said or SAID[language]).items():
            for _ in range(many):
                around = generator.sample(AROUND[language], 2)
                text = f"{around[0]}. {generator.choice(sentences)}. {around[1]} {generator.randint(1000, 9999)}."
                key = next(number)
                rows.append((f"m{key:06}", f"a{generator.randrange(20)}", language, subject, text))
    made = pd.DataFrame(rows, columns=["message_id", "account_id", "language", "subject", "text"])
    return made.assign(category=made["subject"] if with_category else "")


def found_in(made, **options):
    return find(made, "2026-01-31", 90, **options)


@pytest.mark.parametrize("language", SAID)
@pytest.mark.parametrize("with_category", [True, False])
def test_themes_of_a_language_follow_the_subjects(language, with_category):
    made = complaints(language, with_category=with_category)
    found = found_in(made)
    assert adjusted_rand_score(made["subject"], found.strands) >= (0.9 if with_category else 0.3)
    purity = pd.crosstab(found.strands, made["subject"]).max(axis=1).sum() / len(made)
    assert purity >= 0.9


def test_the_order_of_the_rows_changes_nothing():
    made = complaints("en ko")
    shuffled = made.sample(frac=1.0, random_state=3)
    one, other = found_in(made), found_in(shuffled)
    assert one.model.to_json() == other.model.to_json()
    assert list(one.strands) == list(pd.Series(other.strands, shuffled.index).sort_index())


def test_a_week_later_themes_keep_their_ids_and_labels():
    made = complaints("en de")
    before = found_in(made).model
    week = complaints("en de", many=8, seed=2, first=10_000)
    later = find(pd.concat([made.iloc[40:], week], ignore_index=True), "2026-02-07", 90, before)
    assert later.new == later.gone == ()
    assert {s.id: (s.theme, s.label) for s in later.model.strands.values()} == {
        s.id: (s.theme, s.label) for s in before.strands.values()
    }


def test_a_subject_that_comes_up_is_a_new_theme_and_one_that_ends_is_gone():
    before = found_in(complaints("en")).model
    made = complaints("en", seed=4, said={key: SAID["en"][key] for key in ("login", "invoice")} | {"outage": OUTAGE})
    later = find(made, "2026-05-01", 90, before)
    strands = later.model.strands
    assert [
        strands[new].label.lower().count("server") + strands[new].label.lower().count("down") > 0 for new in later.new
    ]
    assert len(later.new) == len(later.gone) == 1
    assert "export" in before.strands[later.gone[0]].label.lower()
    assert set(later.new).isdisjoint(before.strands)


def test_languages_are_joined_by_ticket_category():
    made = complaints("en de ko he")
    found = found_in(made)
    themes = pd.Series([found.model.strands[s].theme if s else "" for s in found.strands])
    joined = {subject: set(themes[made["subject"] == subject]) - {""} for subject in SAID["en"]}
    assert all(len(of) == 1 for of in joined.values())
    assert len(set.union(*joined.values())) == 3
    assert any("joined by the categories" in note for note in found.notes)


def test_without_categories_themes_are_told_by_language():
    found = found_in(complaints("en de", with_category=False))
    themes = [strand.theme for strand in found.model.strands.values()]
    assert len(set(themes)) == len(themes)
    assert any("told by language: tickets have no categories" in note for note in found.notes)


class Understanding:
    """An encoder that knows the three subjects in every language, and counts what it is given."""

    def __init__(self):
        self.texts = 0

    def encode(self, texts):
        self.texts += len(texts)
        return np.array([self._meaning(text) for text in texts], np.float32)

    def _meaning(self, text):
        subjects = [any(s in text for of in SAID.values() for s in of[subject]) for subject in SAID["en"]]
        return np.array([*subjects, text.isascii()], np.float32)


def test_an_encoder_joins_languages_by_what_messages_mean():
    encoder = Understanding()
    made = complaints("en de ko he", many=200)
    found = found_in(made, encoder=encoder)
    assert any("an encoder reads" in note for note in found.notes)
    assert 0 < encoder.texts <= MOST_ENCODED
    languages = {}
    for strand in found.model.strands.values():
        languages.setdefault(strand.theme, []).append(strand.id[:2])
    assert any(len(set(of)) > 1 for of in languages.values())
    assert all(len(set(of)) == len(of) for of in languages.values())


def test_a_handful_of_complaints_is_no_theme_and_that_is_said():
    found = found_in(complaints("en", many=5))
    assert found.model.strands == {}
    assert set(found.strands) == {""}
    assert "15 complaints in the language en are too few" in found.notes[0]


def test_fifty_complaints_are_enough():
    made = complaints("en", many=17)
    assert len(set(found_in(made).strands) - {""}) >= 2


def test_a_message_has_its_theme_by_its_text_alone():
    made = complaints("en de")
    found = found_in(made)
    for row in (0, 100, 300):
        alone, likeness = found.model.assign([made["text"][row]], [made["language"][row]])
        assert (alone[0], likeness[0]) == (found.strands[row], pytest.approx(found.likeness[row]))


def test_labels_are_words_that_customers_wrote():
    made = complaints("en de ko he")
    for strand in found_in(made).model.strands.values():
        own = " ".join(made.loc[made["language"] == strand.id[:2], "text"]).replace(".", " ")
        phrases = strand.label.split(" · ")
        assert 1 <= len(phrases) <= 3
        assert all(phrase in " ".join(own.split()) for phrase in phrases)
        assert not any(letter.isdigit() or letter in "@~" for letter in strand.label)


def test_what_one_account_alone_writes_is_in_no_label():
    made = complaints("en")
    own = made["subject"].eq("login") & made["account_id"].eq("a3")
    made.loc[own, "text"] = "Zanzibar Holding Zanzibar Holding cannot sign in with my password"
    assert all("zanzibar" not in s.label.lower() for s in found_in(made).model.strands.values())


def test_what_two_accounts_say_is_no_theme():
    made = complaints(many=40)
    of_two = made["subject"] == "export"
    made.loc[of_two, "account_id"] = ["a1" if number % 2 else "a2" for number in range(int(of_two.sum()))]
    found = found_in(made)
    subjects = made.assign(strand=found.strands).groupby("subject")["strand"].agg(lambda one: sorted(set(one)))
    assert subjects["export"] == [""]
    assert all(subjects[other] != [""] for other in ("login", "invoice"))


def test_what_is_kept_is_read_back_as_it_was():
    model = found_in(complaints("en ko")).model
    assert ThemeModel.from_json(model.to_json(), "themes.json") == model


@pytest.mark.parametrize("damage", ["half", "changed", "other form", "no JSON"])
def test_damaged_themes_are_refused_with_what_to_do(damage):
    text = found_in(complaints("en")).model.to_json()
    kept = json.loads(text)
    damaged = {
        "half": text[: len(text) // 2],
        "changed": text.replace('"days": 90', '"days": 91'),
        "other form": json.dumps(kept | {"form": 99}),
        "no JSON": "[]",
    }[damage]
    with pytest.raises(CorruptError, match=r"themes.json .* Remove it"):
        ThemeModel.from_json(damaged, "themes.json")


def test_a_language_that_falls_silent_keeps_its_themes():
    before = found_in(complaints("en de")).model
    made = complaints("en de", seed=5)
    fewer = made[(made["language"] == "en") | (made.index % 30 == 0)]
    later = find(fewer, "2026-02-07", 90, before)
    assert later.gone == ()
    assert later.model.languages["de"].terms == before.languages["de"].terms


def test_messages_without_words_have_no_theme():
    made = complaints("en")
    empty = made.head(3).assign(message_id=["x1", "x2", "x3"], text=["12345 999", "?!", "👍 👍 👍"])
    found = found_in(pd.concat([made, empty], ignore_index=True))
    assert list(found.strands[-3:]) == ["", "", ""]
    assert [has_words(text) for text in ("no no", "it is broken", "1 2 3", "")] == [False, True, False, False]


def test_long_mails_and_one_repeated_sentence_do_not_stop_it():
    made = complaints("en")
    long = made.assign(text=[text + " lorem ipsum dolor" * 400 for text in made["text"]])
    assert found_in(long).model.strands
    same = made.assign(text="the export is broken", category="")
    assert len(found_in(same).model.strands) <= 1


def test_numbers_of_themes_are_never_used_twice():
    model = found_in(complaints("en")).model
    emptied = replace(model, languages={})
    later = find(complaints("en", seed=9), "2026-03-01", 90, emptied)
    assert {s.theme for s in later.model.strands.values()}.isdisjoint({s.theme for s in model.strands.values()})
