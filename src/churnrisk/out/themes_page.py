"""Themes as one page, see `offline`.

Reads a `ThemeReport`, gives HTML. The picture is plain SVG: bars of volume, and churn lift as a point with
its interval on a scale of halves and doubles.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from churnrisk.insights import Lift, Theme, ThemeReport
from churnrisk.out import themes as told
from churnrisk.out import words
from churnrisk.out.offline import rendered

#: Themes on one page.
MOST = 60
#: The scale of churn lift ends here on both sides: a quarter, and four times as many.
WIDEST_LIFT = 4.0
#: Languages that are read from right to left.
RIGHT_TO_LEFT = frozenset({"he", "ar", "fa", "ur", "yi"})
#: Below this sentiment a tone is drawn as a bad one.
TONES = ((-0.6, "very negative"), (-0.3, "negative"), (0.3, "mixed"), (2.0, "positive"))


@dataclass(frozen=True)
class Point:
    """Churn lift in the picture, 0 to 100 from a quarter to four times as many.

    Attributes:
        at: the ratio.
        low: lower end of the interval.
        width: of the interval.
    """

    at: str
    low: str
    width: str


@dataclass(frozen=True)
class Quoted:
    """An example ticket.

    Attributes:
        ticket: its number.
        quote: a sentence of it.
        language: its code.
        direction: ltr or rtl.
    """

    ticket: str
    quote: str
    language: str
    direction: str


@dataclass(frozen=True)
class Row:
    """One theme.

    Attributes:
        id: its number.
        label: what it is called.
        labels: language, direction and label of each of its other languages.
        language: code of the label.
        direction: of the label.
        is_new: whether the run before did not have it.
        messages: how many complaints have it.
        tickets: their tickets.
        accounts: who wrote them.
        width: the messages as the length of a bar, 0 to 100.
        trend: how it moves, in words.
        trend_word: the word alone, which gives the colour.
        trend_ratio: the ratio with its interval.
        tone: the mean sentiment in a word; empty where nobody is scored.
        lift: the verdict.
        lift_ratio: the ratio with its interval; empty where too few accounts are known.
        lift_says: what was compared and what came out.
        point: the lift in the picture; None where too few accounts are known.
        shape: more, fewer or open: how the point is drawn.
        quotes: example tickets.
    """

    id: str
    label: str
    labels: tuple[tuple[str, str, str], ...]
    language: str
    direction: str
    is_new: bool
    messages: str
    tickets: str
    accounts: str
    width: str
    trend: str
    trend_word: str
    trend_ratio: str
    tone: str
    lift: str
    lift_ratio: str
    lift_says: str
    point: Point | None
    shape: str
    quotes: tuple[Quoted, ...]


@dataclass(frozen=True)
class Page:
    """The whole page.

    Attributes:
        company: whose customers these are.
        heading: what the page is about, in one sentence.
        as_of: the day, in words.
        complaints: messages in the window.
        accounts: who wrote them.
        trend: how complaints of all kinds move.
        languages: code and number of complaints.
        rows: the themes, the largest first.
        more: how many are not shown; empty where none.
        notes: what a reader should know.
    """

    company: str
    heading: str
    as_of: str
    complaints: str
    accounts: str
    trend: str
    languages: tuple[tuple[str, str], ...]
    rows: tuple[Row, ...]
    more: str
    notes: tuple[str, ...]


def themes_html(report: ThemeReport) -> str:
    """The report as one self-contained HTML file."""
    return rendered("themes.html", "themes.css", page=page(report))


def page(report: ThemeReport) -> Page:
    """What the page shows of a report."""
    longest = max((theme.messages for theme in report.themes), default=1)
    more = len(report.themes) - len(report.themes[:MOST])
    return Page(
        company=words.shown(report.company),
        heading=told.heading(report),
        as_of=words.long_day(report.as_of),
        complaints=words.count(report.complaints),
        accounts=words.count(report.accounts),
        trend=told.moved(report.trend),
        languages=tuple(
            (words.shown(code, 12) or "unknown", words.count(many)) for code, many in report.languages.items()
        ),
        rows=tuple(_row(theme, longest) for theme in report.themes[:MOST]),
        more=words.count(more) if more else "",
        notes=tuple(told.asides(report)),
    )


def _row(theme: Theme, longest: int) -> Row:
    first, *others = theme.labels.items()
    return Row(
        id=theme.id,
        label=words.shown(first[1]),
        labels=tuple((words.shown(code, 12), direction(code), words.shown(label)) for code, label in others),
        language=words.shown(first[0], 12),
        direction=direction(first[0]),
        is_new=theme.is_new,
        messages=words.several(theme.messages, "message"),
        tickets=words.several(theme.tickets, "ticket"),
        accounts=words.several(theme.accounts, "account"),
        width=f"{100 * theme.messages / longest:.1f}",
        trend=told.moved(theme.trend),
        trend_word=theme.trend.word,
        trend_ratio=_ratio(theme.trend.ratio.value, told.interval(theme.trend.ratio)),
        tone=_tone(theme.sentiment),
        lift=theme.lift.word,
        lift_ratio=_ratio(theme.lift.ratio.value, told.interval(theme.lift.ratio)),
        lift_says=words.sentence(theme.lift.sentence).replace(" %", "\u00a0%"),
        point=_point(theme.lift),
        shape={"more leave": "more", "fewer leave": "fewer"}.get(theme.lift.word, "open"),
        quotes=tuple(
            Quoted(
                words.shown(one.ticket_id, 60),
                words.shown(one.quote, 130),
                words.shown(one.language, 12),
                direction(one.language),
            )
            for one in theme.examples
        ),
    )


def direction(language: str) -> str:
    """Which way a language is read: ltr, rtl, or auto where the language is not known."""
    if not language:
        return "auto"
    return "rtl" if language in RIGHT_TO_LEFT else "ltr"


def _ratio(value: float | None, shown: str) -> str:
    return "" if value is None else f"× {shown}"


def _tone(sentiment: float | None) -> str:
    return "" if sentiment is None else next(word for most, word in TONES if sentiment < most)


def _point(lift: Lift) -> Point | None:
    ratio = lift.ratio
    if ratio.value is None or ratio.low is None or ratio.high is None:
        return None
    at, low, high = (_place(value) for value in (ratio.value, ratio.low, ratio.high))
    return Point(f"{at:.1f}", f"{low:.1f}", f"{high - low:.1f}")


def _place(value: float) -> float:
    """Where a ratio stands on the scale, 0 to 100; what is beyond its ends stands at them."""
    reach = math.log(WIDEST_LIFT)
    inside = min(max(math.log(max(value, 1e-9)), -reach), reach)
    return 50 + 50 * inside / reach
