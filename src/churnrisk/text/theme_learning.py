"""Which themes one language has: messages are grouped by their terms, and by what their terms say of the category.

Reads vectors of `theme_words` and the categories of tickets where they are known; gives groups. Categories only help to
find the groups: which group a message belongs to is decided afterwards by its text alone. How many groups there are is
decided by the silhouette and, where there are categories, by how much the groups tell of them beyond chance (adjusted
mutual information, which falls where one category is cut in many), within what the number of messages can bear.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import scipy.sparse as sp
from sklearn.cluster import KMeans
from sklearn.decomposition import TruncatedSVD
from sklearn.metrics import adjusted_mutual_info_score, silhouette_score
from threadpoolctl import threadpool_limits

from churnrisk.text.theme_model import Strand, centroid_of, centroids, nearest
from churnrisk.text.theme_words import profiles_of

SEED = 7
#: Numbers of themes that are tried; nobody reads more than the last of a language.
NUMBERS = (2, 3, 4, 5, 6, 7, 8, 10, 12, 14, 16, 20, 24)
#: A theme has at least so many messages, and at least this share of the language's complaints.
LEAST_MESSAGES, LEAST_SHARE = 8, 0.01
#: Fewer complaints of a language than this are not grouped.
LEAST_OF_LANGUAGE = 30
#: After so many numbers of themes that were no better, no further one is tried.
PATIENCE = 3
#: The number of themes is chosen on so many messages at most.
MOST_TO_CHOOSE = 3_000
#: The meaning of a text has so many directions.
DIRECTIONS = 50
#: Which share of a group's own messages is allowed to be less like it than its floor.
STRAY = 0.05
#: No floor is lower, and none higher: short messages have few terms.
LOWEST_FLOOR, HIGHEST_FLOOR = 0.08, 0.3
#: A group that holds together less than this, against the middle one, is what fits nowhere else, and no theme.
LOOSE = 0.6


def least(many: int) -> int:
    """How many messages a theme needs, of so many complaints of its language."""
    return max(LEAST_MESSAGES, int(LEAST_SHARE * many))


def groups(vectors: sp.csr_matrix, categories: Sequence[str]) -> np.ndarray:
    """The group of each message, from 0; -1 for those that are in none."""
    filled = np.flatnonzero(np.diff(vectors.indptr))
    most = len(filled) // least(len(filled)) // 2 if len(filled) else 0
    found = np.full(vectors.shape[0], -1)
    if most < 2 or vectors.shape[1] < 3:
        return found
    with threadpool_limits(1):  # sums in one order, whatever the machine
        told = [categories[row] for row in filled.tolist()]
        space = _space(vectors[filled], told)
        number = _number(space, told, most)
        labels = KMeans(number, n_init=4, max_iter=100, random_state=SEED).fit(space).labels_
    found[filled] = _large_enough(_without_loose(vectors[filled], labels), least(len(filled)))
    return found


def _space(vectors: sp.csr_matrix, categories: Sequence[str]) -> np.ndarray:
    """Fewer directions than terms; and, beside them, which categories a message's terms are used in."""
    directions = min(DIRECTIONS, vectors.shape[1] - 1, vectors.shape[0] - 1)
    told = TruncatedSVD(directions, random_state=SEED).fit_transform(vectors)
    profiles, base, shared = profiles_of(vectors > 0, categories)
    if profiles is None:
        return told
    leaning = (profiles - base) / np.sqrt(base) * (shared / (shared + 5))[:, None]
    of_messages = np.asarray(vectors @ leaning)
    length = np.linalg.norm(of_messages, axis=1, keepdims=True)
    return np.hstack([told, of_messages / np.maximum(length, 1e-9)])


def _number(space: np.ndarray, categories: Sequence[str], most: int) -> int:
    """The number of groups with the best figure; none is tried after three that were no better."""
    rows = np.arange(len(space))
    if len(space) > MOST_TO_CHOOSE:
        rows = np.sort(np.random.default_rng(SEED).choice(rows, MOST_TO_CHOOSE, replace=False))
    told = [categories[row] for row in rows.tolist()]
    best, best_figure, worse = 2, -1.0, 0
    for number in (number for number in NUMBERS if number <= most):
        labels = KMeans(number, n_init=2, max_iter=50, random_state=SEED).fit(space[rows]).labels_
        figure = _figure(space[rows], labels, told)
        if figure > best_figure:
            best, best_figure, worse = number, figure, 0
        else:
            worse += 1
        if worse == PATIENCE:
            break
    return best


def _figure(space: np.ndarray, labels: np.ndarray, categories: Sequence[str]) -> float:
    """How well groups stand apart, and what they tell of the categories."""
    apart = float(silhouette_score(space, labels, sample_size=min(len(space), 1_500), random_state=SEED))
    known = [row for row, category in enumerate(categories) if category]
    if len(known) < len(categories) / 2:
        return apart
    return apart + float(adjusted_mutual_info_score([categories[row] for row in known], labels[known]))


def _without_loose(vectors: sp.csr_matrix, labels: np.ndarray) -> np.ndarray:
    """The groups without those in which only what fits nowhere else has come together; their messages get -1."""
    tightness = np.array([_tightness(vectors[labels == group]) for group in range(labels.max() + 1)])
    loose = tightness < LOOSE * np.median(tightness)
    return np.where(loose[labels], -1, labels)


def _large_enough(labels: np.ndarray, smallest: int) -> np.ndarray:
    """Groups of at least that size, the largest first; the messages of smaller ones are in none."""
    sizes = np.bincount(labels + 1)[1:]
    order = [group for group in np.lexsort((np.arange(len(sizes)), -sizes)) if sizes[group] >= smallest]
    place = np.full(len(sizes) + 1, -1)
    place[order] = np.arange(len(order))
    return place[labels]


def as_strands(vectors: sp.csr_matrix, found: np.ndarray, terms: Sequence[str]) -> list[Strand]:
    """The groups as strands without id, theme or label: what tells them, and how like it a message must be."""
    strands = []
    for group in range(found.max() + 1 if len(found) else 0):
        members = vectors[found == group]
        if members.shape[0]:
            centroid = centroid_of(members, terms)
            strands.append(Strand("", "", "", centroid, _floor(members, centroid, terms), {}))
    return strands


def _floor(members: sp.csr_matrix, centroid: dict[str, float], terms: Sequence[str]) -> float:
    row = centroids([Strand("", "", "", centroid, 0.0, {})], dict.fromkeys(terms, 0.0))
    likeness = np.asarray(members @ row.T).ravel()
    return round(float(np.clip(np.quantile(likeness, STRAY), LOWEST_FLOOR, HIGHEST_FLOOR)), 5)


def settled(vectors: sp.csr_matrix, found: np.ndarray, terms: Sequence[str], rounds: int = 2) -> list[Strand]:
    """Strands whose messages are those nearest to them by their terms; what has become too small is dropped."""
    smallest = least(vectors.shape[0])
    strands = as_strands(vectors, found, terms)
    for _ in range(rounds):
        if not strands:
            break
        places = _places(vectors, strands, terms)
        strands = as_strands(vectors, _large_enough_or_none(places, smallest), terms)
    return strands


def _places(vectors: sp.csr_matrix, strands: Sequence[Strand], terms: Sequence[str]) -> np.ndarray:
    rows = centroids(strands, dict.fromkeys(terms, 0.0))
    return nearest(vectors, rows, np.array([strand.floor for strand in strands]))[0]


def _large_enough_or_none(places: np.ndarray, smallest: int) -> np.ndarray:
    """The same groups in the same order without those that are too small."""
    sizes = np.bincount(places + 1)[1:]
    kept = np.flatnonzero(sizes >= smallest)
    place = np.full(len(sizes) + 1, -1)
    place[kept] = np.arange(len(kept))
    return place[places]


def with_new(vectors: sp.csr_matrix, known: np.ndarray, categories: Sequence[str]) -> np.ndarray:
    """The known groups, and new ones among the messages that are in none of them.

    A new group must hold together at least as well as the loosest known one.
    """
    rest = np.flatnonzero(known < 0)
    smallest = least(vectors.shape[0])
    if len(rest) < max(2 * smallest, LEAST_OF_LANGUAGE):
        return known
    needed = min((_tightness(vectors[known == group]) for group in range(known.max() + 1)), default=0.0)
    if known.max() >= 0 and _tightness(vectors[rest]) >= needed:
        fresh = np.zeros(len(rest), int)
    else:
        fresh = groups(vectors[rest], [categories[row] for row in rest.tolist()])
    found = known.copy()
    for group in range(fresh.max() + 1):
        members = rest[fresh == group]
        if len(members) >= 2 * smallest and _tightness(vectors[members]) >= needed:
            found[members] = found.max() + 1
    return found


def _tightness(members: sp.csr_matrix) -> float:
    """Mean similarity of messages to their centre."""
    if not members.shape[0]:
        return 0.0
    return float(np.linalg.norm(np.asarray(members.mean(axis=0)).ravel()))
