"""The complaints of a window: what customers wrote in anger, or of leaving, in their own words.

Reads `history.upto(as_of)`; gives one row a complaint. Most complaints are replies that do not name what they are about
("still the same"), so each is read together with what opened its ticket. Of a language in which nobody's words are
scored, the messages that opened a ticket stand in for complaints.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

import numpy as np
import pandas as pd

from churnrisk.history import Past
from churnrisk.text.cleaning import own_words
from churnrisk.text.themes import has_words

#: Under this sentiment a message is a complaint.
NEGATIVE = -0.3
#: So much of what opened a ticket is read with each of its complaints.
MOST_OF_OPENING = 600
#: Bodies are read from the history in slices of so many days, so that they are never all in memory.
SLICE = timedelta(days=30)

#: What customers wrote, with the reading of the latest model version: of two versions the longer text is the later one.
_SAID = """
    with read as (
        select message_id, language, sentiment, intent
        from message_scores
        qualify row_number() over (
            partition by message_id order by length(model_version) desc, model_version desc
        ) = 1
    ), opening as (
        select ticket_id, arg_min(message_id, (happened_at, message_id)) as message_id
        from messages where author_role = 'customer' group by ticket_id
    )
    select
        m.message_id, m.ticket_id, t.account_id, m.happened_at as at, {body}
        lower(left(coalesce(nullif(s.language, ''), t.language, ''), 2)) as language,
        coalesce(t.category, '') as category, s.sentiment,
        coalesce(s.sentiment < $negative, false) or coalesce(s.intent, '') <> '' as complains,
        s.sentiment is not null or coalesce(s.intent, '') <> '' as is_scored,
        o.message_id = m.message_id as opens
    from messages m
    join tickets t on t.ticket_id = m.ticket_id
    left join read s on s.message_id = m.message_id
    left join opening o on o.ticket_id = m.ticket_id {join}
    where m.author_role = 'customer' and coalesce(m.public, true) and m.body is not null
        and m.happened_at > $after and m.happened_at <= $until
"""
_WITHOUT_BODY = {"body": "", "join": ""}
_WITH_BODY = {
    "body": "m.body, case when f.message_id <> m.message_id then f.body end as first_body,",
    "join": "left join messages f on f.message_id = o.message_id",
}
_COMPLAINTS = f"""
    select * exclude (complains, is_scored, opens) from ({_SAID})
    where case when list_contains($scored, language) then complains else opens end
    order by message_id
"""


def scored_languages(past: Past, after: datetime, until: datetime) -> pd.DataFrame:
    """The languages customers wrote in: language, messages, and scored, how many of these have been read by a model."""
    said = _SAID.format(**_WITHOUT_BODY)
    return past.frame(
        f"select language, count(*) as messages, sum(is_scored::int) as scored from ({said}) group by all order by all",
        {"after": after, "until": until, "negative": NEGATIVE},
    )


def complaint_ids(past: Past, after: datetime, until: datetime, scored: Iterable[str]) -> pd.DataFrame:
    """message_id and account_id of the complaints in `(after, until]`, also of those too short for a theme."""
    query = _COMPLAINTS.format(**_WITHOUT_BODY)
    moments = {"after": after, "until": until, "negative": NEGATIVE, "scored": sorted(scored)}
    return past.frame(f"select message_id, account_id from ({query})", moments)


def complaint_slices(past: Past, after: datetime, until: datetime, scored: Iterable[str]) -> Iterable[pd.DataFrame]:
    """The complaints in `(after, until]` that say enough for a theme, slice by slice.

    Returns:
        message_id, ticket_id, account_id, at, language, category, sentiment and text, the customer's own words: those
        that opened the ticket, then, on lines of their own, those of the complaint.
    """
    query, told = _COMPLAINTS.format(**_WITH_BODY), sorted(scored)
    while after < until:
        end = min(after + SLICE, until)
        rows = past.frame(query, {"after": after, "until": end, "negative": NEGATIVE, "scored": told})
        yield _with_own_words(rows)
        after = end


def _with_own_words(rows: pd.DataFrame) -> pd.DataFrame:
    own = [own_words(body) for body in rows.pop("body")]
    first = [own_words(body).text if isinstance(body, str) else "" for body in rows.pop("first_body")]
    texts = [
        "\n".join((opening[:MOST_OF_OPENING], words.text)).lstrip() for opening, words in zip(first, own, strict=True)
    ]
    rows["text"] = pd.Series(texts, dtype="str", index=rows.index)
    says = np.array([not words.is_automatic and has_words(words.text) for words in own], dtype=bool)
    return rows[says].reset_index(drop=True)
