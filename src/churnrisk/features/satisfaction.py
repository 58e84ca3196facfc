"""Features of what customers answer when they are asked, and of their silence."""

from __future__ import annotations

from churnrisk.features.catalogue import Feature, Wording, over
from churnrisk.features.streams import rows_of

ANSWERS = rows_of("surveys", "answers", at="responded_at")
SENT = rows_of("surveys", "sent")

FEATURES = (
    *over(
        (90, 180, 365),
        Feature,
        "csat_last_{days}d",
        stream=ANSWERS,
        aggregate="mean",
        unit="points",
        meaning="Mean CSAT of the answers given in the last {days} days, 1 to 5.",
        value="score",
        where="kind = 'csat'",
        low=Wording("low_survey", "CSAT was {value} of 5 in the last {days} days; usual is {usual}"),
    ),
    Feature(
        "low_csat_answers_last_180d",
        ANSWERS,
        "count",
        "times",
        "Answers of 1 or 2 to the CSAT question in the last 180 days.",
        where="kind = 'csat' and score <= 2",
        window=180,
        empty=0,
        high=Wording("low_survey", "CSAT was 1 or 2 of 5 {value} in the last {days} days; usual is {usual}"),
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
        "nps_last_365d",
        ANSWERS,
        "mean",
        "points",
        "Mean answer to the NPS question in the last 365 days, 0 to 10.",
        value="score",
        where="kind = 'nps'",
        window=365,
        low=Wording("low_survey", "NPS answers averaged {value} of 10 in the last {days} days; usual is {usual}"),
    ),
    Feature(
        "effort_last_365d",
        ANSWERS,
        "mean",
        "points",
        "Mean answer to the effort question (CES) in the last 365 days, 1 to 7; 7 is easy.",
        value="score",
        where="kind = 'ces'",
        window=365,
        low=Wording("low_survey", "Ease of getting help was {value} of 7 in the last {days} days; usual is {usual}"),
    ),
    *over(
        (180, 365),
        Feature,
        "survey_answers_share_last_{days}d",
        stream=SENT,
        aggregate="share",
        unit="share",
        meaning="Share of the surveys of the last {days} days that were answered.",
        value="responded_at is not null",
        low=Wording(
            "survey_silence", "Only {value} of the surveys of the last {days} days were answered; usual is {usual}"
        ),
    ),
    Feature(
        "days_since_answer",
        ANSWERS,
        "days_since",
        "days",
        "Days since a survey was last answered.",
        high=Wording("survey_silence", "A survey was last answered {value} ago; usual is {usual}"),
    ),
)
