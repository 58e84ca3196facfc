"""What customers complain about: themes found in each language, joined across languages, kept from week to week.

Reads complaints (customers' own words with language, account and, where known, ticket category) and the themes of a
run before; gives a `ThemeModel` and what is worth saying about how it was made. The same messages give the same themes
in whatever order they come.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np
import pandas as pd
import scipy.sparse as sp
from scipy.optimize import linear_sum_assignment

from churnrisk.text.theme_joining import Joinable, joined, profile_vector
from churnrisk.text.theme_labels import LEAST_ACCOUNTS, labels
from churnrisk.text.theme_learning import LEAST_OF_LANGUAGE, groups, settled, with_new
from churnrisk.text.theme_model import LanguageThemes, Strand, ThemeModel, centroids
from churnrisk.text.theme_words import counted, learn_terms, words_of

#: A message of fewer words tells no theme.
LEAST_WORDS = 3
#: Themes of a language are learnt from so many messages at most; all are then assigned.
MOST_TO_LEARN = 10_000
#: A theme is the same as one before where their centroids are at least this alike.
SAME = 0.5
#: A theme's shares over the ticket categories are taken as if so many messages more were as all of its language.
USUAL = 8
#: With an encoder, so many messages are encoded in all.
MOST_ENCODED = 2_000


class Encoder(Protocol):
    """Something that turns texts of any language into vectors that mean the same in all of them."""

    def encode(self, texts: list[str]) -> np.ndarray:
        """One row of 32-bit numbers for each text."""


@dataclass(frozen=True)
class Found:
    """The themes, and how they came about.

    Attributes:
        model: what is kept.
        new: strands that were not there in the run before; none where there was no run before.
        gone: strands of the run before that are not there any more.
        notes: sentences a reader should know.
        strands: of each complaint, in the order they were given in; empty for none.
        likeness: how like its strand each of them is.
    """

    model: ThemeModel
    new: tuple[str, ...]
    gone: tuple[str, ...]
    notes: tuple[str, ...]
    strands: np.ndarray
    likeness: np.ndarray


def has_words(text: str) -> bool:
    """Whether a message says enough to have a theme."""
    return len(words_of(text)) >= LEAST_WORDS


def find(
    complaints: pd.DataFrame,
    as_of: str,
    days: int,
    before: ThemeModel | None = None,
    encoder: Encoder | None = None,
) -> Found:
    """Find the themes of complaints, starting from those of a run before where there are some.

    Args:
        complaints: message_id, account_id, language (two letters or empty), category (empty where not known) and text,
            the customer's own words; in any order.
        as_of: ISO day of the moment.
        days: length of the window that the complaints are of.
        before: the themes of the run before.
        encoder: joins themes across languages by what their messages mean, instead of by ticket category.
    """
    order = np.argsort(complaints["message_id"].to_numpy(object), kind="stable")
    ordered = complaints.iloc[order].reset_index(drop=True)
    model = ThemeModel(
        as_of,
        days,
        {},
        before.next_theme if before else 1,
        before.next_strand if before else 1,
    )
    notes: list[str] = []
    for language in _by_volume(ordered["language"]):
        known = before.languages.get(language) if before else None
        model, note = _with_language(model, ordered[ordered["language"] == language], language, known)
        notes += [note] if note else []
    strands, likeness = model.assign(ordered["text"].to_numpy(object), ordered["language"].to_numpy(object))
    model, note = _with_themes(model, ordered, strands, likeness, encoder)
    back = np.argsort(order)
    now, then = set(model.strands), set(before.strands) if before else set()
    return Found(
        model,
        tuple(sorted(now - then, key=_number)) if before else (),
        tuple(sorted(then - now, key=_number)),
        (*notes, *([note] if note else [])),
        strands[back],
        likeness[back],
    )


def _number(strand: str) -> int:
    return int(strand.rpartition("-")[2])


def _by_volume(languages: pd.Series) -> list[str]:
    counts = languages.value_counts()
    return sorted(counts.index, key=lambda code: (-int(counts[code]), code))


def _with_language(
    model: ThemeModel, complaints: pd.DataFrame, language: str, known: LanguageThemes | None
) -> tuple[ThemeModel, str]:
    """The model with the themes of one more language, and what is to be said where there are none."""
    if len(complaints) < LEAST_OF_LANGUAGE:
        said = f"{len(complaints)} complaints in {named(language)} are too few to find themes in ({LEAST_OF_LANGUAGE})"
        return (replace(model, languages=model.languages | {language: known}), "") if known else (model, said)
    learnt = _sampled(complaints)
    found, vectors = _strands(learnt, known)
    if not found.strands:
        return model, f"The complaints in {named(language)} do not fall into themes"
    kept = _matched(found, known)
    following, strands = model.next_strand, []
    for strand, same in zip(found.strands, kept, strict=True):
        if same is None:
            strands.append(replace(strand, id=f"{language or 'und'}-{following}"))
            following += 1
        else:
            strands.append(replace(strand, id=same.id, theme=same.theme, label=same.label))
    told = _told(replace(found, strands=tuple(strands)), learnt, vectors)
    languages = model.languages | {language: told}
    return replace(model, languages=languages, next_strand=following), ""


def named(language: str) -> str:
    """A language in a sentence."""
    return f"the language {language}" if language else "an unknown language"


def _sampled(complaints: pd.DataFrame) -> pd.DataFrame:
    """At most MOST_TO_LEARN of them; which, is decided by their ids alone, so that it stays the same next week."""
    if len(complaints) <= MOST_TO_LEARN:
        return complaints
    drawn = np.array([zlib.crc32(message.encode()) for message in complaints["message_id"]])
    return complaints.iloc[np.sort(np.argsort(drawn, kind="stable")[:MOST_TO_LEARN])]


def _strands(complaints: pd.DataFrame, known: LanguageThemes | None) -> tuple[LanguageThemes, sp.csr_matrix]:
    """The themes of a language without their names, and the vectors of the messages."""
    texts, categories = complaints["text"].to_numpy(object), complaints["category"].tolist()
    words = counted(texts)
    terms = learn_terms(words, categories)
    vectors, names = terms.vectors(words), list(terms.weights)
    if known is None or not known.strands:
        found = groups(vectors, categories)
    else:
        found = with_new(vectors, known.closest(texts)[0], categories)
    themes = LanguageThemes(terms.weights, tuple(settled(vectors, found, names)), {})
    return _of_many(themes, vectors, complaints["account_id"].to_numpy(object)), vectors


def _of_many(found: LanguageThemes, vectors: sp.csr_matrix, accounts: np.ndarray) -> LanguageThemes:
    """Without the themes that fewer than LEAST_ACCOUNTS accounts speak of: these are single cases, and no theme."""
    places = found.closest_of(vectors)[0]
    kept = [
        strand
        for place, strand in enumerate(found.strands)
        if len(set(accounts[places == place].tolist())) >= LEAST_ACCOUNTS
    ]
    return replace(found, strands=tuple(kept))


def _matched(found: LanguageThemes, known: LanguageThemes | None) -> list[Strand | None]:
    """Which of the strands of before each strand is, one to one."""
    same: list[Strand | None] = [None] * len(found.strands)
    if known is None or not known.strands:
        return same
    terms = dict.fromkeys(sorted({*found.terms, *known.terms}), 0.0)
    likeness = centroids(found.strands, terms) @ centroids(known.strands, terms).T
    for row, column in zip(*linear_sum_assignment(-likeness), strict=True):
        if likeness[row, column] >= SAME:
            same[row] = known.strands[column]
    return same


def _told(found: LanguageThemes, complaints: pd.DataFrame, vectors: sp.csr_matrix) -> LanguageThemes:
    """With the label of new strands and the category profile of all."""
    places = found.closest_of(vectors)[0]
    asked = [place for place, strand in enumerate(found.strands) if not strand.label]
    texts, accounts = complaints["text"].tolist(), complaints["account_id"].tolist()
    given = dict(zip(asked, labels(texts, accounts, places.tolist(), asked) if asked else [], strict=True))
    categories = complaints["category"].to_numpy()
    base = _shares(categories)
    strands = tuple(
        replace(
            strand,
            label=given.get(place, strand.label) or f"theme {_number(strand.id)}",
            profile=_drawn(categories[places == place], base),
        )
        for place, strand in enumerate(found.strands)
    )
    return replace(found, strands=strands, base=base)


def _shares(categories: np.ndarray) -> dict[str, float]:
    """Shares over the categories, of the messages that have one."""
    names, counts = np.unique([category for category in categories if category], return_counts=True)
    return {str(name): round(float(count / counts.sum()), 4) for name, count in zip(names, counts, strict=True)}


def _drawn(categories: np.ndarray, base: dict[str, float]) -> dict[str, float]:
    """Shares over the categories as if some more messages were as all of the language: a few say little."""
    many = sum(bool(category) for category in categories)
    own = _shares(categories)
    weight = many / (many + USUAL)
    return (
        {name: round(weight * own.get(name, 0.0) + (1 - weight) * share, 4) for name, share in base.items()}
        if many
        else {}
    )


def _with_themes(
    model: ThemeModel, complaints: pd.DataFrame, strands: np.ndarray, likeness: np.ndarray, encoder: Encoder | None
) -> tuple[ThemeModel, str]:
    """The model with a theme for every strand, and how the languages were joined."""
    volumes = pd.Series(strands).value_counts()
    vector = _by_meaning(complaints, strands, likeness, encoder) if encoder else _by_category(model)
    joinable = [
        Joinable(strand.id, language, strand.theme, vector(strand.id), int(volumes.get(strand.id, 0)))
        for language, found in model.languages.items()
        for strand in found.strands
    ]
    themes, following = joined(joinable, model.next_theme)
    languages = {
        code: replace(found, strands=tuple(replace(one, theme=themes[one.id]) for one in found.strands))
        for code, found in model.languages.items()
    }
    return replace(model, languages=languages, next_theme=following), _how(joinable, themes, bool(encoder))


def _by_category(model: ThemeModel) -> Callable[[str], np.ndarray | None]:
    categories = sorted({name for found in model.languages.values() for name in found.base})
    vectors = {
        strand.id: profile_vector(strand.profile, found.base, categories)
        for found in model.languages.values()
        for strand in found.strands
    }
    return vectors.__getitem__


def _by_meaning(
    complaints: pd.DataFrame, strands: np.ndarray, likeness: np.ndarray, encoder: Encoder
) -> Callable[[str], np.ndarray | None]:
    """The mean direction of each strand's most typical messages, seen from the middle of its language."""
    names = sorted({strand for strand in strands if strand})
    each = max(MOST_ENCODED // max(len(names), 1), 1)
    rows = {name: _typical(strands, likeness, name, each) for name in names}
    vectors = {name: _unit(encoder.encode(complaints["text"].iloc[rows[name]].tolist()).mean(axis=0)) for name in names}
    of = {name: name.rpartition("-")[0] for name in names}
    middle = {code: np.mean([vectors[n] for n in names if of[n] == code], axis=0) for code in set(of.values())}
    alone = {code for code in middle if sum(one == code for one in of.values()) == 1}
    seen = {name: vectors[name] if of[name] in alone else _unit(vectors[name] - middle[of[name]]) for name in names}
    return seen.get


def _typical(strands: np.ndarray, likeness: np.ndarray, name: str, many: int) -> np.ndarray:
    rows = np.flatnonzero(strands == name)
    typical: np.ndarray = rows[np.lexsort((rows, -likeness[rows]))][:many]
    return typical


def _unit(vector: np.ndarray) -> np.ndarray:
    unit: np.ndarray = np.asarray(vector, float) / max(float(np.linalg.norm(vector)), 1e-9)
    return unit


def _how(strands: Sequence[Joinable], themes: dict[str, str], by_meaning: bool) -> str:
    """One sentence on how themes of several languages became one; empty where there is one language."""
    if len({strand.language for strand in strands}) < 2:
        return ""
    sizes = pd.Series(themes).value_counts()
    many = int((sizes > 1).sum())
    way = "by what an encoder reads in their messages" if by_meaning else "by the categories of their tickets"
    if many:
        alone = int((sizes == 1).sum())
        rest = f", {alone} only one" if alone else ""
        return f"Themes of several languages are joined {way}: {many} span several languages{rest}"
    if not by_meaning and all(strand.vector is None for strand in strands):
        return "Themes are told by language: tickets have no categories, or none that tell the themes apart"
    return f"Themes are told by language: no two match clearly enough {way}"
