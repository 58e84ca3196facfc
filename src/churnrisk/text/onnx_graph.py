"""A transformer in ONNX with its tokenizer: what it gives for texts, told as tones or as vectors.

Reads a folder with `model.onnx` (or `onnx/model.onnx`), `tokenizer.json` and `config.json`. Nothing that can be
executed is loaded: no pickle, no remote code.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from churnrisk.errors import CorruptError, InputError
from churnrisk.store import sha256_of
from churnrisk.text.phrases import LABELS

Floats: TypeAlias = NDArray[np.float32]
#: So many texts go through a model together.
BATCH = 32
_MOST_TOKENS = 256
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
GRAPHS = ("model.onnx", "onnx/model.onnx")
WEIGHTS = "model.onnx_data"


def needed(module: str, extra: str, model: str) -> Any:
    """A package of an extra; raises InputError, with how to install it, where it is not there."""
    try:
        return import_module(module)
    except ImportError as error:
        raise InputError(
            f"The text model {model} needs {module}, which is not installed",
            f'Install it with `pip install "churnrisk[{extra}]"`, or use the model small',
        ) from error


class Graph:
    """An ONNX model with its tokenizer.

    Attributes:
        content: digest of its files, and of what its classes are called.
        tones: of each class that is called by a tone, its place among negative, neutral, positive; of none where the
            model only encodes.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        runtime, tokenizers = (needed(name, "encoder", str(folder)) for name in ("onnxruntime", "tokenizers"))
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
        weights = [path for path in (self._file.with_name(WEIGHTS),) if path.is_file()]
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
        shares = softmax(self._run(texts)[0])
        chances = np.zeros((len(texts), 3), np.float32)
        for place, tone in self.tones.items():
            chances[:, tone] += shares[:, place]
        return np.asarray(chances / np.maximum(chances.sum(axis=1, keepdims=True), 1e-9))

    def encoded(self, texts: Sequence[str]) -> Floats:
        """Each text's vector, of length one: the mean of those of its tokens, where the model gives these."""
        order = sorted(range(len(texts)), key=lambda number: len(texts[number]))
        parts = [
            self._encoded([texts[number] for number in order[start : start + BATCH]])
            for start in range(0, len(order), BATCH)
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
    graphs = [folder / name for name in GRAPHS if (folder / name).is_file()]
    tokens = folder / "tokenizer.json"
    if graphs and tokens.is_file():
        return graphs[0], tokens
    raise InputError(
        f"{folder} has no {tokens.name if graphs else GRAPHS[0]}",
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


def softmax(speaks: Floats) -> Floats:
    """Probabilities of what a model says of each class, row by row."""
    odds = np.exp(speaks - speaks.max(axis=1, keepdims=True))
    return np.asarray(odds / odds.sum(axis=1, keepdims=True))
