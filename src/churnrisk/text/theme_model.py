"""The themes that were found, as they are kept: terms with weights, by language, and what each message belongs to.

`ThemeModel` is made by `themes.find`, written as JSON, and is all that a later run needs to know the same themes again
and to say of any message, by its text alone, which theme it has.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
import scipy.sparse as sp
from sklearn.preprocessing import normalize

from churnrisk.errors import CorruptError
from churnrisk.settings import digest
from churnrisk.text.theme_words import Terms

#: Of the form of the file; a file of another form is not read.
FORM = 1
#: Terms that a theme keeps.
MOST_OF_THEME = 250
_NEXT = "Remove it; the themes are then found anew"


@dataclass(frozen=True)
class Strand:
    """A theme within one language.

    Attributes:
        id: language and number, kept for as long as it is the same theme.
        theme: the theme it is a part of, which may span languages.
        label: words and phrases of customers that tell it.
        centroid: its terms with their weights.
        floor: a message less like the centroid than this does not have the theme.
        profile: shares over the ticket categories; empty where these are not known.
    """

    id: str
    theme: str
    label: str
    centroid: dict[str, float]
    floor: float
    profile: dict[str, float]


@dataclass(frozen=True)
class LanguageThemes:
    """The themes of one language, and the terms they are told by.

    Attributes:
        terms: weight of each term.
        strands: the themes, in the order of their ids.
        base: shares of all its complaints over the ticket categories.
    """

    terms: dict[str, float]
    strands: tuple[Strand, ...]
    base: dict[str, float]

    def closest(self, texts: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
        """Of each text the place of its strand, -1 for none, and how like the strand it is."""
        found = [self.closest_of(vectors) for vectors in Terms(self.terms).batches(texts)]
        if not found:
            return np.zeros(0, int), np.zeros(0)
        return np.concatenate([places for places, _ in found]), np.concatenate([likeness for _, likeness in found])

    def closest_of(self, vectors: sp.csr_matrix) -> tuple[np.ndarray, np.ndarray]:
        """The same of texts whose vectors are known."""
        floors = np.array([strand.floor for strand in self.strands])
        return nearest(vectors, centroids(self.strands, self.terms), floors)


@dataclass(frozen=True)
class ThemeModel:
    """All themes of a company at one moment.

    Attributes:
        as_of: ISO day of the moment.
        days: length of the window they were found in.
        languages: by two-letter code; empty for messages in an unknown language.
        next_theme: number of the next new theme.
        next_strand: number of the next new strand.
    """

    as_of: str
    days: int
    languages: dict[str, LanguageThemes]
    next_theme: int = 1
    next_strand: int = 1

    def assign(self, texts: Sequence[str], languages: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
        """The strand of each text by its words alone, empty for none, and how like the strand it is."""
        told, codes = np.asarray(languages, dtype=object), np.asarray(texts, dtype=object)
        strands, likeness = np.full(len(codes), "", dtype=object), np.zeros(len(codes))
        for code, found in self.languages.items():
            rows = np.flatnonzero(told == code)
            if len(rows) and found.strands:
                places, likeness[rows] = found.closest(codes[rows].tolist())
                names = np.array([*(strand.id for strand in found.strands), ""], dtype=object)
                strands[rows] = names[places]
        return strands, likeness

    @property
    def strands(self) -> dict[str, Strand]:
        """Every strand by its id."""
        return {strand.id: strand for found in self.languages.values() for strand in found.strands}

    def only(self, strand: str) -> LanguageThemes:
        """One strand with the terms of its language."""
        return next(
            replace(found, strands=(one,))
            for found in self.languages.values()
            for one in found.strands
            if one.id == strand
        )

    def to_json(self) -> str:
        """As it is kept: with the number of its form and a checksum."""
        content = asdict(self)
        return json.dumps({"form": FORM, "sha256": digest(content), "themes": content}, ensure_ascii=False, indent=0)

    @classmethod
    def from_json(cls, text: str, where: str) -> ThemeModel:
        """Read what was kept.

        Raises:
            CorruptError: it is not what was written, or was written in another form.
        """
        try:
            kept = json.loads(text)
            form, checksum, content = kept["form"], kept["sha256"], kept["themes"]
        except (ValueError, KeyError, TypeError) as error:
            raise CorruptError(f"{where} holds no themes", _NEXT, file=where) from error
        if form != FORM or checksum != digest(content):
            raise CorruptError(f"{where} does not match its checksum or is of another form", _NEXT, file=where)
        return cls(**{**content, "languages": {code: _language(found) for code, found in content["languages"].items()}})


def _language(content: dict[str, Any]) -> LanguageThemes:
    found = LanguageThemes(**content)
    return replace(found, strands=tuple(Strand(**strand) for strand in content["strands"]))


def centroids(strands: Sequence[Strand], terms: dict[str, float]) -> np.ndarray:
    """One row of length one for each strand, a column for each term; terms that are not known any more are left out."""
    place = {term: column for column, term in enumerate(terms)}
    rows = np.zeros((len(strands), len(place)), np.float32)
    for row, strand in enumerate(strands):
        for term, weight in strand.centroid.items():
            if term in place:
                rows[row, place[term]] = weight
    unit: np.ndarray = normalize(rows) if rows.size else rows
    return unit


def centroid_of(vectors: sp.csr_matrix, terms: Sequence[str]) -> dict[str, float]:
    """The terms that tell these messages, heaviest first, as a vector of length one."""
    mean = np.asarray(vectors.mean(axis=0)).ravel()
    heaviest = np.lexsort((np.arange(len(mean)), -mean))[:MOST_OF_THEME]
    length = float(np.sqrt((mean[heaviest] ** 2).sum())) or 1.0
    return {terms[term]: round(float(mean[term]) / length, 5) for term in heaviest if mean[term] > 0}


def nearest(vectors: sp.csr_matrix, rows: np.ndarray, floors: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Of each vector the most similar row, -1 where none reaches its floor, and the similarity."""
    if not len(rows):
        return np.full(vectors.shape[0], -1), np.zeros(vectors.shape[0])
    likeness = np.asarray(vectors @ rows.T)
    places = likeness.argmax(axis=1)
    best = likeness[np.arange(len(places)), places]
    return np.where(best >= np.maximum(floors[places], 1e-6), places, -1), best
