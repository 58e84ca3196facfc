"""Features of what customers answer when they are asked, and of their silence."""

from __future__ import annotations

from churnrisk.features.catalogue import Feature, Stream, Wording

ANSWERS = Stream(
    "answers",
    "select account_id, responded_at as happened_at, kind, score from surveys where responded_at is not null",
    needs=("surveys",),
)
ASKED = Stream(
    "asked",
    "select account_id, happened_at, responded_at is not null as is_answered from surveys",
    needs=("surveys",),
)

FEATURES = (
    Feature(
        "csat_last_180d",
        ANSWERS,
        "mean",
        "points",
        "Mean CSAT of the answers given in the last 180 days, 1 to 5.",
        value="score",
        where="kind = 'csat'",
        window=180,
        low=Wording("low_survey", "CSAT was {value} of 5 in the last {days} days; usual is {usual}"),
    ),
    Feature(
        "nps_score",
        ANSWERS,
        "last",
        "points",
        "The last answer to the NPS question, 0 to 10.",
        value="score",
        where="kind = 'nps'",
        low=Wording("low_survey", "The last NPS answer was {value} of 10; usual is {usual}"),
    ),
    Feature(
        "survey_answers_share_last_180d",
        ASKED,
        "share",
        "share",
        "Share of the surveys of the last 180 days that were answered.",
        value="is_answered",
        window=180,
        low=Wording(
            "survey_silence", "Only {value} of the surveys of the last {days} days were answered; usual is {usual}"
        ),
    ),
)
