"""Features of what customers write: how much, in what tone, and whether they speak of leaving."""

from __future__ import annotations

from functools import partial

from churnrisk.features.catalogue import Feature, Wording, over
from churnrisk.features.streams import Stream
from churnrisk.history import FOREVER

#: Under this sentiment a message is a negative one.
NEGATIVE = -0.3

_ON_TICKETS = "join tickets t on t.ticket_id = m.ticket_id"
#: What customers wrote, seen while both the message and its ticket are.
MESSAGES = Stream(
    "messages",
    f"""
    select t.account_id, m.d, greatest(m.d, m.k, t.d, t.k) as v, least(m.x, t.x) as x
    from messages m {_ON_TICKETS} where m.author_role = 'customer'
    """,
    needs=("messages", "tickets"),
)
#: From which day on another model, of a later version, has read a message too.
_READ_AGAIN = """
        select o.message_id, o.model_version, min(greatest(n.d, n.k)) as read_again
        from message_scores o join message_scores n on n.message_id = o.message_id and (
            length(n.model_version) > length(o.model_version)
            or length(n.model_version) = length(o.model_version) and n.model_version > o.model_version
        )
        group by o.message_id, o.model_version
"""
#: What a text model read in them; where a later version of it reads a message too, its reading takes the place. Of two
#: versions the longer text is the later one, of two as long the one that is sorted last: 10 comes after 9.
SCORES = Stream(
    "scores",
    f"""
    select t.account_id, s.d, greatest(s.d, s.k, m.d, m.k, t.d, t.k) as v, least(s.x, s.read_again, m.x, t.x) as x,
        s.sentiment, s.intent, m.ticket_id
    from (
        select r.*, coalesce(a.read_again, {FOREVER}) as read_again
        from message_scores r left join ({_READ_AGAIN}) a
            on a.message_id = r.message_id and a.model_version = r.model_version
    ) s join messages m on m.message_id = s.message_id {_ON_TICKETS}
    where m.author_role = 'customer'
    """,
    needs=("message_scores", "messages", "tickets"),
)

_tone = partial(Feature, stream=SCORES, where="sentiment is not null")

SHARE_OF_MONTH, SHARE_OF_QUARTER, SHARE_OF_YEAR = over(
    (30, 90, 365),
    _tone,
    "negative_share_last_{days}d",
    aggregate="share",
    unit="share",
    meaning="Share of the customers' messages of the last {days} days that are negative, of those with a score.",
    value=f"sentiment < {NEGATIVE}",
    high=Wording("negative_tone", "{value} of their messages were negative in {days} days; usual is {usual}"),
)

FEATURES = (
    *over(
        (30, 90),
        Feature,
        "customer_messages_last_{days}d",
        stream=MESSAGES,
        aggregate="count",
        unit="messages",
        meaning="Messages that customers wrote in the last {days} days.",
        empty=0,
        high=Wording("unresolved", "They wrote {value} in the last {days} days; usual is {usual}"),
        low=Wording("inactivity", "They wrote only {value} in the last {days} days; usual is {usual}"),
    ),
    Feature(
        "customer_messages_against_own_last_30d",
        MESSAGES,
        "against_own",
        "deviations",
        "How far the messages of the last 30 days are off what the account wrote in the months before.",
        window=30,
        high=Wording("unresolved", "More messages in the last {days} days than this account is used to: {value} off"),
        low=Wording("inactivity", "Fewer messages in the last {days} days than this account is used to: {value} off"),
    ),
    SHARE_OF_MONTH,
    SHARE_OF_QUARTER,
    SHARE_OF_YEAR,
    _tone(
        "negative_share_change_30d",
        aggregate="trend",
        unit="ratio",
        meaning="The negative share of the last 30 days over that of the last 365.",
        window=30,
        of=SHARE_OF_MONTH,
        by=SHARE_OF_YEAR,
        high=Wording(
            "negative_tone", "Negative messages are {change} more frequent in the last {days} days than over the year"
        ),
    ),
    Feature(
        "days_since_negative_message",
        SCORES,
        "days_since",
        "days",
        "Days since the last message of a customer that is negative.",
        where=f"sentiment < {NEGATIVE}",
        low=Wording("negative_tone", "Their last negative message was {value} ago; usual is {usual}"),
    ),
    Feature(
        "days_since_leaving_message",
        SCORES,
        "days_since",
        "days",
        "Days since the last message in which a customer spoke of leaving.",
        where="intent is not null",
        low=Wording("intent_to_leave", "They last spoke of leaving {value} ago"),
    ),
    *over(
        (30, 90, 365),
        _tone,
        "sentiment_last_{days}d",
        aggregate="mean",
        unit="points",
        meaning="Mean sentiment of the customers' messages of the last {days} days, -1 to 1.",
        value="sentiment",
        low=Wording("negative_tone", "The tone of their messages was {value} in {days} days; usual is {usual}"),
    ),
    *over(
        (30, 90, 180),
        Feature,
        "leaving_messages_last_{days}d",
        stream=SCORES,
        aggregate="count",
        unit="messages",
        meaning="Messages of the last {days} days in which customers spoke of leaving.",
        where="intent is not null",
        empty=0,
        high=Wording("intent_to_leave", "They spoke of leaving in {value} in the last {days} days"),
    ),
)
