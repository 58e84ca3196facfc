"""Example tickets of a theme: a few short quotes that show it, with e-mail addresses and digits masked.

Reads the messages of one theme, the most typical first; gives at most five tickets, of different accounts, of every
language of the theme, and saying different things where there are such. Of a message the sentence is shown that
complains, where one of those that show the theme does.
"""

from __future__ import annotations

import re
from functools import cache

import numpy as np
import pandas as pd

from churnrisk.insights.report import Example
from churnrisk.text.small import SmallModel
from churnrisk.text.theme_model import ThemeModel

MOST = 5
#: Letters of a quote.
LONGEST = 120
#: So many of the most typical messages are looked at.
_LOOKED_AT = 60
#: A sentence shows the theme that is at least this share as like it as the best of its message.
SHOWS = 0.5

_MAIL = re.compile(r"[^\s@<>]+@[^\s@<>]+")
_DIGIT = re.compile(r"\d")
_SENTENCE = re.compile(r"(?<=[.!?…])\s+|\n+")


def examples(rows: pd.DataFrame, model: ThemeModel) -> tuple[Example, ...]:
    """At most five tickets that show a theme.

    Args:
        rows: the theme's messages: ticket_id, account_id, language, strand, likeness, message_id and text.
        model: the themes.
    """
    typical = rows.sort_values(["likeness", "message_id"], ascending=[False, True], kind="stable")
    once = typical.drop_duplicates("account_id").drop_duplicates("ticket_id").head(_LOOKED_AT)
    said = quotes(once, model)
    once = once.assign(quote=said)
    again = once.groupby("quote", sort=False).cumcount()
    turn = once.groupby([again, "language"], sort=False).cumcount()
    chosen = once.assign(again=again, turn=turn).sort_values(["again", "turn"], kind="stable").head(MOST)
    return tuple(Example(str(row.ticket_id), str(row.language), str(row.quote)) for row in chosen.itertuples())


def quotes(rows: pd.DataFrame, model: ThemeModel) -> list[str]:
    """Of each message the most negative of the sentences that show its theme, masked and cut."""
    parts = [[part.strip() for part in _SENTENCE.split(text[:4_000]) if part.strip()] or [""] for text in rows["text"]]
    places = np.repeat(np.arange(len(rows)), [len(sentences) for sentences in parts])
    said = [sentence for sentences in parts for sentence in sentences]
    likeness = np.zeros(len(said))
    of = rows["strand"].to_numpy()[places]
    for strand in sorted(set(of)):
        chosen = np.flatnonzero(of == strand)
        likeness[chosen] = model.only(strand).closest([said[row] for row in chosen])[1]
    tones = np.nan_to_num(_small().score(said, rows["language"].to_numpy()[places].tolist()))
    best = [_best(np.flatnonzero(places == row), likeness, tones) for row in range(len(rows))]
    return [cut(masked(said[row])) for row in best]


def _best(sentences: np.ndarray, likeness: np.ndarray, tones: np.ndarray) -> int:
    shows = sentences[likeness[sentences] >= SHOWS * likeness[sentences].max()]
    return int(shows[np.lexsort((shows, -likeness[shows], tones[shows]))[0]])


@cache
def _small() -> SmallModel:
    return SmallModel.read()


def masked(text: str) -> str:
    """The text with e-mail addresses and digits made unreadable."""
    return _DIGIT.sub("#", _MAIL.sub("[e-mail]", text))


def cut(text: str) -> str:
    """One line of at most LONGEST letters."""
    line = " ".join(text.split())
    return line if len(line) <= LONGEST else line[: LONGEST - 1].rstrip() + "…"
