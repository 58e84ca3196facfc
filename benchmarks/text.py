"""What customers write: how fast it is read, and how well.

    python -m benchmarks.text --json FILE [--scale 1] [--data FOLDER]

- `path_per_second_core`: bodies a second on one core, from body to language, sentiment and intent with its quote;
- `sentiment_per_second_core`: own words a second on one core, their language known, to sentiment;
- `language_library_per_second_core`: the same own words through py3langid's own `classify`, as a reference of how fast
  the machine is;
- `auc_LANG`: negative against positive on `dev.parquet` of FOLDER (lang, src, lic, text, label), sources together,
  the mean over sources; left out without a folder;
- `unscored_LANG`: the share of messages of three words or more there that have no sentiment; bar .1;
- `cases_LANG`: the share of the behavioural cases that come out right;
- `intent_precision`, `intent_recall`: on the cases of the intent to leave, all languages together;
- `themes_200k_seconds` and `_peak_gb`: see `benchmarks.themes`.

The bodies are what the customers of a simulated company wrote, each once: mails and chats in six languages, many with a
greeting, a signature and a quoted reply. Rates are taken over CPU-seconds, batches of some thousand, after a warm-up.
"""

from __future__ import annotations

import tempfile
import time
from pathlib import Path
from statistics import mean
from typing import Any

from benchmarks import themes
from benchmarks.report import Bar, parser, publish
from benchmarks.timing import ROOT, in_child

CASES = ROOT / "tests" / "text" / "cases"
ACCOUNTS, WEEKS, SEED = 400, 104, 11
BARS = {
    "sentiment_per_second_core": Bar(20_000, 40_000, "own words to sentiment", at_least=True),
    "path_per_second_core": Bar(6_000, 12_000, "bodies to language, sentiment and intent", at_least=True),
    "themes_200k_seconds": Bar(120, 60, "themes of 200,000 complaints"),
    "themes_200k_peak_gb": Bar(2, 1, "their memory"),
} | {f"cases_{code}": Bar(0.9, 0.95, "behavioural cases right", at_least=True) for code in "en da de pl ko he".split()}
#: Only where there is data to measure them on.
UNSCORED = {f"unscored_{code}": Bar(0.1, 0.05, "messages without a sentiment") for code in "en da de pl ko he".split()}


def bodies(folder: Path, accounts: int) -> list[str]:
    """What the customers of a simulated company wrote, each body once."""
    import duckdb

    from churnrisk.extract.simulated import simulate

    if not (folder / "export").exists():
        simulate(folder, accounts, SEED, WEEKS)
    messages = str(folder / "export" / "messages.parquet")
    rows = duckdb.execute(
        "select body from read_parquet(?) where author_role = 'customer' group by body order by md5(body)", [messages]
    ).fetchall()
    return [body for (body,) in rows]


def speed(folder: str, accounts: int) -> dict[str, float]:
    """Messages a second of CPU time, by the whole path and by the sentiment model alone."""
    from churnrisk.text import Reader, SmallModel, detect, own_words
    from churnrisk.text.language import identifier

    given = bodies(Path(folder), accounts)
    reader, model = Reader(), SmallModel.read()
    reader.read(given)
    path = _rate(lambda: reader.read(given), len(given))
    own = [own_words(body).text for body in given]
    languages = [found.language for found in detect(own)]
    sentiment = _rate(lambda: model.score(own, languages), len(own))
    return {
        "messages": len(given),
        "mean_characters": mean(map(len, given)),
        "path_per_second_core": path,
        "sentiment_per_second_core": sentiment,
        "language_library_per_second_core": _rate(lambda: [identifier().classify(text) for text in own], len(own)),
    }


def _rate(work: Any, count: int) -> float:
    rates = []
    for _ in range(3):
        began = time.process_time()
        work()
        rates.append(count / (time.process_time() - began))
    return sorted(rates)[1]


def quality(data: str) -> dict[str, float]:
    """How well sentiment and intents come out."""
    import pandas as pd

    from churnrisk.text import SmallModel, read_messages
    from churnrisk.text.measure import auc_by_source, case_accuracy, intent_accuracy

    model = SmallModel.read()
    found = {f"cases_{code}": right.share for code, right in case_accuracy(model, CASES).items()}
    intents = intent_accuracy(CASES)
    found |= {
        "intent_precision": sum(one.right for one in intents.values()) / sum(one.found for one in intents.values()),
        "intent_recall": sum(one.right for one in intents.values()) / sum(one.there for one in intents.values()),
    }
    for code, one in intents.items():
        found |= {f"intent_precision_{code}": one.right / one.found, f"intent_recall_{code}": one.right / one.there}
    if data:
        held = pd.read_parquet(Path(data) / "dev.parquet")
        auc = auc_by_source(model, held)
        found |= {f"auc_{code}": mean(by_source.values()) for code, by_source in auc.items()}
        said = held[held["text"].str.split().str.len() >= 3]
        unscored = pd.Series([one.sentiment is None for one in read_messages(said["text"].tolist())], index=said.index)
        found |= {f"unscored_{code}": float(share) for code, share in unscored.groupby(said["lang"]).mean().items()}
    return found


def main() -> None:
    """Run, print and write."""
    options = parser(__doc__ or "")
    options.add_argument("--data", default="", help="a folder with dev.parquet")
    asked = options.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        accounts = max(40, int(ACCOUNTS * asked.scale))
        figures = in_child("benchmarks.text:speed", folder=folder, accounts=accounts).answer
    figures |= in_child("benchmarks.text:quality", data=asked.data).answer
    figures |= themes.run(asked.scale)
    publish(figures, BARS | (UNSCORED if asked.data else {}), asked.json)


if __name__ == "__main__":
    main()
