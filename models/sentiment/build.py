"""Builds the small sentiment model: `python models/sentiment/build.py --data FOLDER`.

Reads `train.parquet` (lang, src, lic, text, label) from FOLDER, sources whose licences let weights be shipped, and the
words and sentences in `phrases/`, written for this model. Writes `small.npz`, `small.json` and `card.md`; the same
input gives the same bytes on the same machine. `dev.parquet`, in the same folder, and the cases under `tests/` are
measured on and never trained on. Takes about ten minutes and 4 GB on two cores. The data is not part of the project;
the weights are.
"""

from __future__ import annotations

import argparse
import io
import json
from collections import Counter
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import scipy.sparse as sp
from numpy.typing import NDArray
from rich.console import Console
from scipy.optimize import minimize

from churnrisk.store import sha256_of, write_atomic
from churnrisk.text import grams
from churnrisk.text.language import TAUGHT
from churnrisk.text.measure import auc_by_source, case_accuracy, kept_apart, same_meaning
from churnrisk.text.phrases import LABELS, Row, written
from churnrisk.text.small import LanguageConstants, SmallModel

HERE = Path(__file__).parent
CASES = HERE.parents[1] / "tests" / "text" / "cases"
#: How much one row of a kind counts. Subtitles are labelled by emotions, not by tone: little.
WEIGHTS = {"word": 0.6, "phrase": 3.0, "filled": 1.0, "joined": 0.7, "plain": 0.7, "data": 0.3, "xed": 0.1}
PENALTY, ROUNDS = 1e-6, 200
#: Every fifth sentence is kept aside for the constants of the languages.
KEPT_ASIDE = 5
#: Under this probability of the likeliest of the three tones a text is unscored.
UNSURE_BELOW = 0.45
SOURCES = {
    "uci-amazon_cells": "Sentiment Labelled Sentences (Kotzias et al., 2015), Amazon",
    "uci-imdb": "Sentiment Labelled Sentences (Kotzias et al., 2015), IMDb",
    "uci-yelp": "Sentiment Labelled Sentences (Kotzias et al., 2015), Yelp",
    "xed": "XED, emotions in film subtitles (Öhman et al., 2020), mapped to negative and positive",
    "nsmc": "Naver sentiment movie corpus",
    "omilab": "Hebrew sentiment, Omilab",
    "hebert": "HeBERT comments (Chriqui and Yahav, 2022)",
    "lcc": "Danish news sentences, LCC sentiment",
}
console = Console(stderr=True)


def given(data: Path) -> tuple[list[Row], pd.DataFrame]:
    """The rows of `train.parquet` in the languages that are taught, each text once, and where they come from."""
    frame = pd.read_parquet(data / "train.parquet").drop_duplicates(["lang", "text"])
    frame = frame[frame.lang.isin(TAUGHT)]
    kinds = np.where(frame.src == "xed", "xed", "data")
    texts = frame.text.str.slice(0, grams.MOST_CHARACTERS)
    rows = [Row(*values) for values in zip(frame.lang, map(str, kinds), frame.label, texts, strict=True)]
    return rows, frame.groupby(["src", "lang", "lic"]).size().rename("rows").reset_index()


def features(texts: list[str]) -> sp.csr_array:
    """Hashed features, each row divided by its length, as the model sees them."""
    blocks = []
    for start in range(0, len(texts), 4096):
        batch = texts[start : start + 4096]
        found = list(grams.families(batch))
        rows, columns = (np.concatenate([family[part] for family in found]) for part in (0, 1))
        values = np.concatenate([np.full(len(family[0]), family[2], np.float32) for family in found])
        values /= grams.lengths(found, len(batch)).astype(np.float32)[rows]
        block = sp.csr_array((values, (rows, columns)), shape=(len(batch), grams.BUCKETS))
        block.sum_duplicates()
        blocks.append(block)
    return sp.csr_array(sp.vstack(blocks))


def learn(matrix: sp.csr_array, rows: list[Row]) -> NDArray[np.float64]:
    """Weights (buckets + 1, 2) of a multinomial regression with neutral as the reference; the last row is the bias.

    Buckets that few texts have weigh more before the penalty (inverse document frequency), or rare words would learn
    nothing.
    """
    count, buckets = matrix.shape
    targets = np.eye(3, dtype=np.float32)[[LABELS.index(row.label) for row in rows]]
    counts = np.array([WEIGHTS[row.kind] for row in rows], np.float32)
    counts /= counts.mean()
    seen = np.bincount(matrix.indices, minlength=buckets)
    rarity = (np.log(count / (1 + seen)) / 5).clip(0.1).astype(np.float32)
    scaled = sp.csr_array(matrix @ sp.diags_array(rarity))
    turned = sp.csr_array(scaled.T)

    def loss(flat: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        weights = flat.reshape(buckets + 1, 2).astype(np.float32)
        chances = _chances(scaled @ weights[:-1] + weights[-1])
        gap = (counts[:, None] * (chances - targets) / count)[:, [0, 2]].astype(np.float32)
        down = np.vstack([turned @ gap + PENALTY * weights[:-1], gap.sum(axis=0)])
        fit = -(counts * (targets * np.log(chances + 1e-9)).sum(axis=1)).mean()
        return float(fit + PENALTY / 2 * (weights[:-1] ** 2).sum()), down.ravel().astype(float)

    start = np.zeros((buckets + 1) * 2)
    with console.status("") as status:
        rounds = iter(range(1, ROUNDS + 1))
        found = minimize(
            loss,
            start,
            jac=True,
            method="L-BFGS-B",
            options={"maxiter": ROUNDS, "maxcor": 6},
            callback=lambda _: status.update(f"round {next(rounds, ROUNDS)} of at most {ROUNDS}"),
        )
    weights: NDArray[np.float64] = found.x.reshape(buckets + 1, 2)
    weights[:-1] *= rarity[:, None]
    return weights


def _chances(speaks: NDArray[np.float32]) -> NDArray[np.float32]:
    odds = np.exp(np.clip(speaks, -30, 30))
    whole = np.column_stack([odds[:, 0], np.ones(len(odds), odds.dtype), odds[:, 1]])
    return np.asarray(whole / whole.sum(axis=1, keepdims=True))


def constants(matrix: sp.csr_array, rows: list[Row]) -> dict[str, dict[str, float]]:
    """The constants of each language: fitted on sentences that a first model has not seen, all tones counting alike."""
    aside = {row.text for number, row in enumerate(dict.fromkeys(rows)) if number % KEPT_ASIDE == 0}
    is_aside = np.array([row.text in aside for row in rows])
    kept = np.flatnonzero(~is_aside & np.array([row.kind != "joined" for row in rows]))
    weights = learn(sp.csr_array(matrix[kept]), [rows[number] for number in kept])
    found = {}
    for lang in TAUGHT:
        held = [
            n for n, row in enumerate(rows) if is_aside[n] and row.lang == lang and row.kind in ("phrase", "filled")
        ]
        speaks = np.asarray(matrix[held] @ weights[:-1] + weights[-1])
        found[lang] = asdict(_constants(speaks, np.array([LABELS.index(rows[n].label) for n in held])))
    return found


def _constants(speaks: NDArray[np.float64], labels: NDArray[np.int64]) -> LanguageConstants:
    """Shifts and slope under which the three tones are as likely as they are, each tone counting a third."""
    counts = 1 / np.bincount(labels, minlength=3)[labels]

    def loss(values: NDArray[np.float64]) -> float:
        chances = _chances(speaks * values[2] + values[:2])
        return float(-(counts * np.log(chances[np.arange(len(labels)), labels] + 1e-9)).sum())

    negative, positive, slope = minimize(loss, [0.0, 0.0, 1.0], method="Nelder-Mead", options={"maxiter": 2000}).x
    return LanguageConstants(round(float(negative), 3), round(float(positive), 3), round(float(slope), 3))


def main() -> None:
    """Build, measure, write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="the folder with train.parquet and dev.parquet")
    parser.add_argument("--out", type=Path, default=HERE, help="where the model is written")
    options = parser.parse_args()
    data_rows, sources = given(options.data)
    rows = written(HERE / "phrases", kept_apart(CASES)) + data_rows
    console.print(f"{len(rows):,} rows")
    matrix = features([row.text for row in rows])
    by_language = constants(matrix, rows)
    weights = learn(matrix, rows)
    model = _write(options.out, weights, by_language, rows, sources)
    write_atomic(options.out / "card.md", card(model, options.data, rows, sources))


def _write(
    out: Path,
    weights: NDArray[np.float64],
    by_language: dict[str, dict[str, float]],
    rows: list[Row],
    sources: pd.DataFrame,
) -> SmallModel:
    scale = float(np.quantile(np.abs(weights[:-1]), 0.9999)) / 127
    small = np.clip(np.round(weights[:-1] / scale), -127, 127).astype(np.int8)
    target = out / "small.npz"
    buffer = io.BytesIO()
    np.savez_compressed(buffer, weights=small)
    write_atomic(target, buffer.getvalue())
    kinds = Counter((row.lang, row.kind) for row in rows if row.kind not in ("data", "xed"))
    content: dict[str, Any] = {
        "sha256": sha256_of(target),
        "scale": scale,
        "bias": weights[-1].round(6).tolist(),
        "unsure_below": UNSURE_BELOW,
        "languages": by_language,
        "training": {
            "sources": sources.to_dict("records"),
            "written": [{"lang": lang, "kind": kind, "rows": count} for (lang, kind), count in sorted(kinds.items())],
        },
    }
    write_atomic(out / "small.json", json.dumps(content, ensure_ascii=False, indent=1) + "\n")
    return SmallModel.read(out)


def card(model: SmallModel, data: Path, rows: list[Row], sources: pd.DataFrame) -> str:
    """The model card, with what was measured."""
    auc = auc_by_source(model, pd.read_parquet(data / "dev.parquet"))
    right = case_accuracy(model, CASES)
    parity = same_meaning(model, CASES / "parallel.tsv")
    written_rows = Counter(row.lang for row in rows if row.kind in ("word", "phrase", "filled"))
    table = "\n".join(
        f"| {lang} | {written_rows[lang]:,} | {right[lang].cases} | {right[lang].share:.2f}"
        f" | {', '.join(f'{source} {value:.2f}' for source, value in auc.get(lang, {}).items()) or 'none'}"
        f" | {parity[lang].complaint:+.2f} | {parity[lang].neutral:+.2f} | {parity[lang].praise:+.2f} |"
        for lang in TAUGHT
    )
    used = "\n".join(
        f"| {SOURCES[src]} | {', '.join(sorted(rows_of.lang))} | {', '.join(sorted(set(rows_of.lic)))}"
        f" | {rows_of.rows.sum():,} |"
        for src, rows_of in sources.groupby("src")
    )
    return CARD.format(table=table, used=used, unsure=UNSURE_BELOW, buckets=f"{grams.BUCKETS:,}")


CARD = """\
# The small sentiment model

What it is: two 8-bit weights for each of {buckets} buckets of hashed character sequences, words, word pairs and words
near a negation; numpy alone, about a megabyte, tens of thousands of messages a second on one core. What it is for: the
tone of messages that customers write to a support desk, as one signal among many. What it is not for: judging people,
single messages that matter, literature, languages that are not in the table (they stay `unscored`).

It answers from -1 (negative) to 1 (positive). It is unsure, and the message `unscored`, where none of negative, neutral
and positive reaches a probability of {unsure}.

| language | written for it | cases | right | AUC, negative against positive | same complaint | same neutral | praise |
|---|---:|---:|---:|---|---:|---:|---:|
{table}

*Cases*: `tests/text/cases/sentiment_*.tsv`, written apart from the training sentences; right means under -0.3, over
0.3, or between. They are no blind measure any more: which of them failed was looked at while sentences were added, in
German one by one, so new sentences will come out right a little less often. *AUC*: on `dev.parquet`, sources that are
not trained on or parts kept aside: reviews, tweets and comments rather than support mail. *Same complaint* and so on:
the mean sentiment of sentences of the same meaning in every language (`tests/text/cases/parallel.tsv`).

## What it learnt from

| source | languages | licence | rows |
|---|---|---|---:|
{used}

With thanks to those who made them. The words and sentences in `phrases/` were written for this model and are part of
the project under its licence. Nothing of a customer is in it.

## Where it fails

Irony, facts that are bad only for those who know the product, long mails in which one clause decides, mixed languages,
words it never saw. Sentences without any word of feeling are its weakest kind. Subtitles, labelled by emotion, count
little in it.

## Made by

`python models/sentiment/build.py --data FOLDER`, where FOLDER has `train.parquet` and `dev.parquet`; the rows of each
source and the checksum of the weights are in `small.json`.
"""


if __name__ == "__main__":
    main()
