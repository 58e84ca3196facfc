"""Themes with what they cost: volume, trend, tone, churn lift and example tickets.

Reads the history at a moment and the themes of a run before; gives a `ThemeReport` for people and the `ThemeModel` to
keep. Themes are found by `churnrisk.text.themes`; here they are counted.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import numpy as np
import pandas as pd

from churnrisk.errors import InputError, NothingToDoError
from churnrisk.history import History, Past
from churnrisk.insights.complaints import complaint_slices, scored_languages
from churnrisk.insights.examples import examples
from churnrisk.insights.lift import LOOK_BACK, Outcomes, compared, lift, matured, outcomes
from churnrisk.insights.ratios import Ratio, ratio_of_counts
from churnrisk.insights.report import Theme, ThemeReport, Trend
from churnrisk.parameters import Label, Parameters
from churnrisk.text.themes import Encoder, Found, ThemeModel, find, named
from churnrisk.timeline import AsOf

#: A trend holds so many days against as many before.
TREND_DAYS = 28
#: Tickets in both periods together before anything is said of a trend.
LEAST_TICKETS = 10


def theme_report(
    history: History,
    as_of: AsOf,
    parameters: Parameters,
    company: str,
    days: int = 90,
    language: str = "",
    before: ThemeModel | None = None,
    encoder: Encoder | None = None,
) -> tuple[ThemeReport, ThemeModel]:
    """What customers complained about in the days before a moment.

    Args:
        history: of the company.
        as_of: the moment.
        parameters: what leaving means.
        company: its name.
        days: length of the window.
        language: count only the complaints in this language; themes are found in all.
        before: the themes of an earlier run, which are known again.
        encoder: joins themes across languages by meaning; by ticket category without one.

    Raises:
        InputError: there are no customers' messages, or they have no text.
        NothingToDoError: nobody complained in the window, or not in that language.
    """
    past, (after, until) = history.upto(as_of), as_of.window(days)
    scored, notes = _scored(past, after, until)
    complaints = pd.concat(list(complaint_slices(past, after, until, scored)), ignore_index=True)
    _refuse_nothing(complaints, as_of, days, language)
    found = find(complaints, str(as_of), days, before, encoder)
    complaints = _with_themes(complaints, found.model, found.strands, found.likeness)
    led = _outcomes(history, past, as_of, parameters, found.model, scored)
    counted = complaints[complaints["language"] == language] if language else complaints
    notes = (*notes, *found.notes, *([led.note] if led.note else []))
    return _report(counted, found, before, led, parameters.label, company, as_of, days, language, notes), found.model


def _scored(past: Past, after: datetime, until: datetime) -> tuple[list[str], tuple[str, ...]]:
    """The languages whose messages a text model has read, and what is to be said of the others."""
    if not past.arrow("select 1 from messages where author_role = 'customer' and body is not null limit 1").num_rows:
        rows = past.arrow("select 1 from messages where author_role = 'customer' limit 1").num_rows
        said = "The messages of customers have no text" if rows else "The history has no messages of customers"
        raise InputError(said, "Map `body` of messages in churnrisk.toml, then run `churnrisk extract`")
    languages = scored_languages(past, after, until)
    scored = languages.loc[languages["scored"] > 0, "language"].tolist()
    unread = languages.loc[languages["scored"] == 0, "language"].tolist()
    if not unread:
        return scored, ()
    whom = "Nobody's words are scored" if not scored else f"Nobody's words are scored in {_listed(unread)}"
    note = f"{whom}: the messages that opened a ticket are taken for complaints; score them with `churnrisk extract`"
    return scored, (note,)


def _listed(languages: Sequence[str]) -> str:
    return ", ".join(code or "an unknown language" for code in languages)


def _refuse_nothing(complaints: pd.DataFrame, as_of: AsOf, days: int, language: str) -> None:
    if complaints.empty:
        raise NothingToDoError(
            f"No customer complained in the {days} days before the end of {as_of}",
            "Pass another --as-of, or more --days",
            as_of=str(as_of),
            days=days,
        )
    known = sorted(complaints["language"].unique())
    if language and language not in known:
        raise NothingToDoError(
            f"No customer complained in {named(language)} in the {days} days before the end of {as_of}",
            f"Pass one of {', '.join(code for code in known if code)}",
            language=language,
        )


def _with_themes(
    complaints: pd.DataFrame, model: ThemeModel, strands: np.ndarray, likeness: np.ndarray
) -> pd.DataFrame:
    """With strand, likeness and theme; both names are empty where a complaint has none."""
    themes = {strand.id: strand.theme for strand in model.strands.values()}
    return complaints.assign(strand=strands, likeness=likeness, theme=[themes.get(one, "") for one in strands])


def _outcomes(
    history: History, past: Past, as_of: AsOf, parameters: Parameters, model: ThemeModel, scored: Sequence[str]
) -> Outcomes:
    """Who complained of what at the matured moments; texts are read slice by slice and not kept."""
    moments = matured(history, as_of, parameters)
    themes = sorted({strand.theme for strand in model.strands.values()}, key=lambda name: int(name[1:]))
    parts: list[pd.Series] = []
    if moments:
        for slice_ in complaint_slices(past, moments[0].edge(-LOOK_BACK), moments[-1].instant, scored):
            texts, languages = (slice_[column].to_numpy(object) for column in ("text", "language"))
            told = _with_themes(slice_, model, *model.assign(texts, languages))
            parts.append(told.loc[told["theme"] != ""].set_index("message_id")["theme"])
    theme_of = pd.concat(parts) if parts else pd.Series(dtype="str")
    return outcomes(history, as_of, parameters, theme_of, themes, scored)


def _report(
    complaints: pd.DataFrame,
    found: Found,
    before: ThemeModel | None,
    led: Outcomes,
    label: Label,
    company: str,
    as_of: AsOf,
    days: int,
    language: str,
    notes: tuple[str, ...],
) -> ThemeReport:
    new = set(found.new)
    themes = [
        _theme(theme, rows, complaints, found.model, led, as_of, new)
        for theme, rows in complaints[complaints["theme"] != ""].groupby("theme")
    ]
    then = before.strands if before else {}
    return ThemeReport(
        company,
        str(as_of),
        days,
        language,
        len(complaints),
        complaints["ticket_id"].nunique(),
        complaints["account_id"].nunique(),
        {str(code): int(many) for code, many in _counts(complaints["language"])},
        int((complaints["theme"] == "").sum()),
        trend(complaints, as_of),
        tuple(sorted(themes, key=lambda theme: (-theme.messages, int(theme.id[1:])))),
        tuple(then[strand].label for strand in found.gone),
        compared(led, label),
        notes,
    )


def _counts(values: pd.Series) -> list[tuple[str, int]]:
    """Values with their counts, most first, those of equal count by name."""
    counts = values.value_counts()
    return sorted(((str(value), int(many)) for value, many in counts.items()), key=lambda pair: (-pair[1], pair[0]))


def _theme(
    theme: str,
    rows: pd.DataFrame,
    complaints: pd.DataFrame,
    model: ThemeModel,
    led: Outcomes,
    as_of: AsOf,
    new: set[str],
) -> Theme:
    strands, tone = model.strands, rows["sentiment"].mean()
    names = {strand.rpartition("-")[0]: strands[strand].label for strand, _ in _counts(rows["strand"])}
    names = {code if code != "und" else "": told for code, told in names.items()}
    return Theme(
        theme,
        next(iter(names.values())),
        names,
        len(rows),
        rows["ticket_id"].nunique(),
        rows["account_id"].nunique(),
        round(len(rows) / len(complaints), 4),
        None if pd.isna(tone) else round(float(tone), 4),
        trend(rows, as_of),
        lift(led, theme),
        examples(rows, model),
        bool(new) and all(strand in new for strand in rows["strand"].unique()),
    )


def trend(rows: pd.DataFrame, as_of: AsOf) -> Trend:
    """How the tickets of these messages moved: those first complained on in the last 28 days, and in the 28 before."""
    tickets = rows.sort_values(["at", "message_id"], kind="stable").drop_duplicates("ticket_id")
    edges = [as_of.edge(-2 * TREND_DAYS), as_of.edge(-TREND_DAYS), as_of.instant]
    then, now = (
        tickets.loc[(tickets["at"] > start) & (tickets["at"] <= end), "account_id"]
        for start, end in (edges[:2], edges[1:])
    )
    if len(now) + len(then) < LEAST_TICKETS:
        return Trend(len(now), len(then), Ratio(), "too few to tell")
    counts = pd.DataFrame({"now": now.value_counts(), "then": then.value_counts()}).fillna(0.0).sort_index()
    ratio = ratio_of_counts(counts["now"].to_numpy(), counts["then"].to_numpy())
    word = "rising" if ratio.is_above else "falling" if ratio.is_below else "steady"
    return Trend(len(now), len(then), ratio, word)
