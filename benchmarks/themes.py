"""How long themes take on 200,000 complaints in six languages, and how much memory: `python -m benchmarks.themes`.

With `--agreement churnrisk.toml` instead: how well the themes of a project follow the categories of its tickets.

The messages are made by arithmetic: words of made-up languages, as frequent as words are (Zipf), 5 to 60 of them, and
words of 12 subjects a language. Measured is finding themes (terms, groups, labels, joining) and telling of each message
which theme it has; reading messages from the history and cleaning them is measured by `path_per_second_core`.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks.timing import in_child

MESSAGES = 200_000
SHARES = {"en": 0.4, "de": 0.2, "da": 0.15, "pl": 0.1, "ko": 0.09, "he": 0.06}
LETTERS = {"ko": "가나다라마바사아자차카타파하고노도로모보소오조초", "he": "אבגדהוזחטיכלמנסעפצקרשת"}
WORDS, SUBJECTS, OF_SUBJECT = 20_000, 12, 60


def run(scale: float = 1.0) -> dict[str, float]:
    """The figures of one run in a process of its own; a scale of 0.1 is 20,000 messages."""
    made = in_child("benchmarks.themes:find_and_assign", messages=max(int(MESSAGES * scale), 600))
    return {"themes_200k_seconds": made.answer["seconds"], "themes_200k_peak_gb": made.peak_gb}


def find_and_assign(messages: int) -> dict[str, float]:
    """Find the themes of so many messages and assign them all; gives seconds and how many themes there are."""
    import time

    from churnrisk.text.themes import find

    complaints = made(messages)
    began = time.perf_counter()
    found = find(complaints, "2026-01-31", 90)
    seconds = time.perf_counter() - began
    return {"seconds": seconds, "themes": len(found.model.strands), "assigned": float((found.strands != "").mean())}


def made(messages: int) -> pd.DataFrame:
    """Complaints as `churnrisk.text.themes.find` reads them."""
    parts = [_language(code, int(messages * share), seed) for seed, (code, share) in enumerate(SHARES.items())]
    complaints = pd.concat(parts, ignore_index=True)
    complaints["message_id"] = [f"m{number}" for number in range(len(complaints))]
    complaints["account_id"] = [f"a{number % 9_973}" for number in range(len(complaints))]
    return complaints


def agreement(config: Path, days: int) -> dict[str, float]:
    """Of each language the adjusted Rand index of themes against ticket categories, and the share with a theme.

    The first half of a longer window teaches the themes; the messages of its second half, which were not seen, are told
    their theme by their text alone and compared.
    """
    from sklearn.metrics import adjusted_rand_score

    from churnrisk.insights.complaints import complaint_slices, scored_languages
    from churnrisk.jobs import Project
    from churnrisk.text.themes import find

    history = Project.read(config).history
    past, (after, until) = history.upto(history.known_until), history.known_until.window(2 * days)
    languages = scored_languages(past, after, until)
    scored = languages.loc[languages["scored"] > 0, "language"].tolist()
    rows = pd.concat(list(complaint_slices(past, after, until, scored)), ignore_index=True)
    seen = rows["at"] <= history.known_until.edge(-days)
    model = find(rows[seen], str(history.known_until.shift(-days)), days).model
    unseen = rows[~seen].reset_index(drop=True)
    strands, _ = model.assign(unseen["text"].tolist(), unseen["language"].tolist())
    figures = {}
    for code, of in unseen.assign(strand=strands).groupby("language"):
        told = of[of["strand"] != ""]
        figures[f"rand_{code}"] = round(float(adjusted_rand_score(told["category"], told["strand"])), 3)
        figures[f"with_theme_{code}"] = round(len(told) / len(of), 3)
        figures[f"messages_{code}"] = len(of)
    return figures


def _language(code: str, messages: int, seed: int) -> pd.DataFrame:
    generator = np.random.default_rng(seed)
    words = _words(code, generator)
    often = 1 / np.arange(1, WORDS + 1)
    drawn = generator.choice(WORDS, size=messages * 30, p=often / often.sum())
    subjects = generator.integers(0, SUBJECTS, messages)
    own = WORDS - 1 - (subjects[:, None] * OF_SUBJECT + generator.integers(0, OF_SUBJECT, (messages, 6)))
    lengths = generator.integers(5, 60, messages)
    starts = generator.integers(0, len(drawn) - 60, messages)
    texts = [
        " ".join([*words[drawn[start : start + length]], *words[subject]])
        for start, length, subject in zip(starts, lengths, own, strict=True)
    ]
    categories = [f"category {subject % 6}" for subject in subjects]
    return pd.DataFrame({"text": texts, "language": code, "category": categories})


def _words(code: str, generator: np.random.Generator) -> np.ndarray:
    letters = np.array(list(LETTERS.get(code, "abcdefghijklmnoprstuvwy")))
    longest = 5 if code == "ko" else 12
    lengths = generator.integers(2, longest, WORDS)
    spelled = generator.choice(letters, (WORDS, longest))
    return np.array(["".join(row[:length]) for row, length in zip(spelled, lengths, strict=True)], dtype=object)


def main() -> None:
    """Print the figures as one JSON object."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--scale", type=float, default=1.0)
    parser.add_argument("--agreement", type=Path)
    parser.add_argument("--days", type=int, default=90)
    asked = parser.parse_args()
    figures = agreement(asked.agreement, asked.days) if asked.agreement else run(asked.scale)
    sys.stdout.write(json.dumps(figures) + "\n")


if __name__ == "__main__":
    main()
