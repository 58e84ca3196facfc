"""What is told about themes: frozen records that the page, the table, the JSON and the CSV are made from."""

from __future__ import annotations

from dataclasses import dataclass

from churnrisk.insights.ratios import Ratio


@dataclass(frozen=True)
class Trend:
    """How the tickets of a theme moved.

    Attributes:
        now: tickets in the last 28 days.
        then: tickets in the 28 days before.
        ratio: now over then.
        word: rising, falling, steady, or too few to tell.
    """

    now: int
    then: int
    ratio: Ratio
    word: str


@dataclass(frozen=True)
class Lift:
    """How the accounts with a theme left, beside those that complained of other things only.

    Attributes:
        ratio: the share that left of the one over that of the other.
        word: more leave, fewer leave, no clear difference, or too few accounts to tell.
        accounts_with: accounts that had the theme at some as_of.
        left_with: of these, those that left.
        accounts_without: accounts that complained, but not of this, at some as_of.
        left_without: of these, those that left.
        share_with: of the rows (account and as_of) with the theme, the share that left.
        share_without: of the rows with other complaints only.
        sentence: what was compared and what came out.
    """

    ratio: Ratio
    word: str
    accounts_with: int
    left_with: int
    accounts_without: int
    left_without: int
    share_with: float | None
    share_without: float | None
    sentence: str


@dataclass(frozen=True)
class Example:
    """A ticket that has the theme.

    Attributes:
        ticket_id: its number.
        language: of the message.
        quote: the sentence that shows it; e-mail addresses and digits are masked.
    """

    ticket_id: str
    language: str
    quote: str


@dataclass(frozen=True)
class Theme:
    """What customers complain about.

    Attributes:
        id: stays for as long as it is the same theme.
        label: in the language that has most of it.
        labels: of each of its languages.
        messages: complaints with it, in the window.
        tickets: their tickets.
        accounts: who wrote them.
        share: of all complaints of the window.
        sentiment: mean sentiment of the messages that are scored; None where none is.
        trend: how it moves.
        lift: how many of those who have it leave.
        examples: tickets that show it.
        is_new: it was not there in the run before.
    """

    id: str
    label: str
    labels: dict[str, str]
    messages: int
    tickets: int
    accounts: int
    share: float
    sentiment: float | None
    trend: Trend
    lift: Lift
    examples: tuple[Example, ...]
    is_new: bool

    @property
    def languages(self) -> tuple[str, ...]:
        """Its languages, the one with most of it first."""
        return tuple(self.labels)


@dataclass(frozen=True)
class ThemeReport:
    """All themes at a moment.

    Attributes:
        company: whose customers they are of.
        as_of: ISO day at whose end it stands.
        days: length of the window.
        language: only complaints in this language are counted; empty for all.
        complaints: messages in the window.
        tickets: their tickets.
        accounts: who wrote them.
        languages: complaints by language, most first.
        without_theme: complaints that have none of the themes.
        trend: how complaints of all kinds move.
        themes: the largest first.
        gone: labels of themes that the run before had.
        compared: what churn lift compares, in one sentence; empty where nothing could be.
        notes: what a reader should know.
    """

    company: str
    as_of: str
    days: int
    language: str
    complaints: int
    tickets: int
    accounts: int
    languages: dict[str, int]
    without_theme: int
    trend: Trend
    themes: tuple[Theme, ...]
    gone: tuple[str, ...]
    compared: str
    notes: tuple[str, ...]
