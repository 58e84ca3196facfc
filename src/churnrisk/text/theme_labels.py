"""What a theme is called: words and short phrases that stand in its messages and seldom elsewhere.

Reads messages of one language with their themes; gives a label for each theme, in the customers' own words: never parts
of words, nothing with a digit, nothing that fewer than three accounts wrote.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence

import numpy as np
import scipy.sparse as sp
from sklearn.feature_extraction.text import CountVectorizer

from churnrisk.text.theme_words import surface_of

#: Phrases of a label, and words of a phrase.
PHRASES, WORDS = 3, 3
#: Labels are looked for in so many messages of a language at most.
MOST_READ = 3_000
#: Letters of a message that are read for them.
MOST_LETTERS = 600
#: So many accounts must have written a phrase before it is shown.
LEAST_ACCOUNTS = 3
#: A phrase, and the words at its ends, are this many times as frequent in the theme as elsewhere.
LEAST_LIFT = 2.0
#: What a phrase is worth in messages that a phrase before it told of, against 1 in others.
KNOWN = 0.3
#: A third phrase tells of at least this share of messages that the first two did not tell of.
LEAST_NEW = 0.03
#: Candidates that are looked at closely.
_CANDIDATES = 60
#: Words that begin alike for so many letters are taken for the same word.
_ALIKE = 5

_CLAUSE = re.compile(r"[.!?,;:()\[\]\"\n“”„…–—]+")
_LONGER_IS_BETTER = (1.0, 1.25, 1.35)
#: Words with which no phrase of a label begins or ends, in the six languages; elsewhere frequency alone tells.
EMPTY_WORDS = frozenset(
    """
    a about after again all also although am an and any are as at be because been before being
    but by can could did do does every for from had has have he how i if in into is it its just
    many may more most much my no not now of on only or our over she should since so some than
    that the their them then there these they this to too two three four under until us very was
    we were what when where which who why will with would you your ab aber alle als zwei drei
    auch auf aus bei beim bin bis da dann das dass dem den der des die diese diesem diesen
    dieser dies doch dort durch ein eine einem einen einer eines er es für haben hat hatte ich
    ihr ihre ihren im ist ja jede jedem jeden jeder kann kein keine können man mehr mein mich
    mir mit muss nach nicht noch nur ob oder ohne schon sehr seit sich sie sind über um und uns
    unser unsere unserem unseren unserer unter vom von vor war wenn wer wie wir wird wo wurde
    wurden zu zum zur af alt tre fire blev blevet de denne deres det dette dig din disse du
    efter eller en end et fra får før gør ham han har hun hver hvis hvor hvordan hvornår igen
    ikke ind jeg jer kan kun med meget mere men mig min nogen noget nu når og også om op os på
    sig skal som så til ud var ved vi vil vores være været aby ale dwa dwie trzy bardzo bez być
    był była było były ci co czy dla go jak jako je jego jej jest już kiedy która które który ma
    mam mi mnie mogę na nad nam nas nasz nasza nasze naszego naszej naszym naszych nie nim o od
    ona one oni oraz po pod przed przez przy są się ta tak także tam te tego tej ten tu ty tylko
    tym w więc wszystko z za ze że żeby אבל או אולי אותו אותה אותנו אותי אין איך אל אלה אם אנו
    אנחנו אני את אתם בכל גם היה היא הוא הם זה זאת זו יותר יש כבר כדי כי כל כמו כן לא לי לנו מה
    מי מאוד על עד עוד עם רק של שלי שלנו שלכם שלא yes ok okay please thanks thank hi hello hey
    dear see seen saw get got getting make makes made still even really like want wanted need
    needed needs know let say said told tell look looks looked here back already yet ever never
    always lot bit thing things anything something nothing everything else same way nein bitte
    danke hallo guten tag liebe leider jetzt immer wieder mal gar etwas alles nichts gibt geht
    ging sehen gesehen sagen sagte wissen weiß machen macht gemacht bekommen brauche brauchen
    nej venligst hej kære desværre stadig lige bare helt ret går gik se ser set sige siger gøre
    gjort fik mangler brug ingen intet proszę dziękuję dzień dobry witam niestety nadal znowu
    ciągle wciąż trzeba można chcę chciałem mówi wiem widzę zrobić nic coś 네 예 감사합니다 안녕하세요
    부탁드립니다 아직 계속 다시 이미 그냥 정말 좀 제가 저는 저희는
    이것 그것 תודה בבקשה שלום היי עדיין שוב פשוט ממש צריך רוצה
    יודע אמר אומר לעשות דבר משהו כלום הכל 것 것이 있습니다 없습니다 합니다 하는
    그 이 저 더 및 또는 우리 저희 제 수 때 안 못 매우
    너무
    """.split()
)

#: Words that may end a phrase ("time out"), but begin none.
PARTICLES = frozenset(("out", "up", "off", "down"))


def phrases_of(text: str) -> Iterator[str]:
    """Runs of one to three words of a clause, in small letters."""
    for clause in _CLAUSE.split(text[:MOST_LETTERS]):
        words = [word.lower() for word in surface_of(clause)]
        for size in range(1, WORDS + 1):
            for start in range(len(words) - size + 1):
                yield " ".join(words[start : start + size])


def labels(texts: Sequence[str], accounts: Sequence[str], strands: Sequence[int], asked: Sequence[int]) -> list[str]:
    """The labels of the strands that are asked for.

    Args:
        texts: customers' own words, of one language, in an order that does not depend on how they came in.
        accounts: who wrote them.
        strands: place of the strand of each, -1 for none.
        asked: places of the strands to label.
    """
    places = np.asarray(strands)
    rows = _read(places)
    counter = CountVectorizer(analyzer=lambda text: list(phrases_of(text)), binary=True, min_df=2, dtype=np.float32)
    read = [texts[row] for row in rows]
    try:
        has = counter.fit_transform(read).tocsc()
    except ValueError:  # no phrase occurs twice
        return ["" for _ in asked]
    names = list(counter.get_feature_names_out())
    writers = [accounts[row] for row in rows]
    return [_label(has, names, places[rows] == strand, writers, read) for strand in asked]


def _read(places: np.ndarray) -> np.ndarray:
    """The messages to read: of each strand as many, evenly over its messages."""
    strands = np.unique(places)
    each = max(MOST_READ // max(len(strands), 1), 50)
    parts = []
    for strand in strands:
        rows = np.flatnonzero(places == strand)
        parts.append(rows[np.unique(np.linspace(0, len(rows) - 1, min(each, len(rows))).astype(int))])
    return np.sort(np.concatenate(parts)) if parts else np.zeros(0, int)


def _label(
    has: sp.csc_matrix, names: list[str], inside: np.ndarray, writers: Sequence[str], texts: Sequence[str]
) -> str:
    within = np.asarray(has[inside].sum(axis=0)).ravel() / max(inside.sum(), 1)
    beside = np.asarray(has[~inside].sum(axis=0)).ravel() / max((~inside).sum(), 1)
    lift = (within + 0.001) / (beside + 0.004)
    place = {name: column for column, name in enumerate(names)}
    scores = within * np.log(np.maximum(lift, 1e-9)) * [_LONGER_IS_BETTER[name.count(" ")] for name in names]
    fits = [
        column
        for column in np.lexsort((np.arange(len(names)), -scores))
        if scores[column] > 0 and lift[column] >= LEAST_LIFT and _ends_well(names[column], lift, place)
    ][:_CANDIDATES]
    chosen = _chosen(has, names, fits, scores, inside, writers)
    own = [text for text, is_inside in zip(texts, inside, strict=True) if is_inside]
    return " · ".join(_as_written(phrase, own) for phrase in chosen)


def _ends_well(phrase: str, lift: np.ndarray, place: dict[str, int]) -> bool:
    """Whether the words at both ends tell something of the theme by themselves."""
    words = phrase.split(" ")
    return words[0] not in PARTICLES and all(
        word not in EMPTY_WORDS and len(word) > 1 and word in place and lift[place[word]] >= LEAST_LIFT
        for word in (words[0], words[-1])
    )


def _chosen(
    has: sp.csc_matrix,
    names: Sequence[str],
    fits: Sequence[int],
    scores: np.ndarray,
    inside: np.ndarray,
    writers: Sequence[str],
) -> list[str]:
    """One after the other the phrase that tells most about messages that no phrase before it told of."""
    members = np.flatnonzero(inside)
    of = {column: np.asarray(has[members, column].todense()).ravel() > 0 for column in fits}
    left = [column for column in fits if len({writers[row] for row in members[of[column]].tolist()}) >= LEAST_ACCOUNTS]
    chosen: list[str] = []
    covered = np.zeros(len(members), bool)
    while left and len(chosen) < PHRASES:
        fresh = [(of[column] & ~covered).sum() for column in left]
        gain = [scores[col] * (KNOWN + new / of[col].sum()) for col, new in zip(left, fresh, strict=True)]
        best = left[int(np.argmax(gain))]
        if len(chosen) > 1 and fresh[int(np.argmax(gain))] < LEAST_NEW * len(members):
            break
        chosen.append(names[best])
        covered |= of[best]
        left = [column for column in left if not _overlap(names[column], names[best])]
    return chosen


def _overlap(one: str, other: str) -> bool:
    """Whether two phrases share a word, or words that begin alike."""
    return bool({word[:_ALIKE] for word in one.split(" ")} & {word[:_ALIKE] for word in other.split(" ")})


def _as_written(phrase: str, texts: Sequence[str]) -> str:
    """The phrase as most customers write it."""
    pattern = re.compile(r"\W+".join(map(re.escape, phrase.split(" "))), re.IGNORECASE)
    forms = Counter(" ".join(found[0].split()) for text in texts for found in pattern.finditer(text[:MOST_LETTERS]))
    return min(forms, key=lambda form: (-forms[form], form), default=phrase)
