"""What the features of surveys are, said as tables."""

from tests.support.spec import spec

SURVEYS = {
    "surveys": """
        account_id | kind | sent_at          | responded_at     | score
        A          | csat | 2026-01-10 08:00 | 2026-01-10 09:00 | 2
        A          | csat | 2026-01-20 08:00 | 2026-02-02 09:00 | 5
        A          | nps  | 2025-06-01 08:00 | 2025-06-02 09:00 | 3
        A          | nps  | 2026-01-05 08:00 | 2026-01-06 09:00 | 9
        A          | ces  | 2026-01-30 08:00 | 2026-01-31 08:00 | 7
        B          | csat | 2026-01-10 08:00 |                  |
        C          | csat | 2025-01-10 08:00 | 2025-01-10 09:00 | 1
    """
}


def test_csat_is_the_mean_of_the_answers_given():
    """An answer that comes on 2 February is not known before, and other questions are no CSAT."""
    spec(SURVEYS, feature="csat_last_180d", as_of="2026-01-31", gives={"A": 2, "B": None, "C": None})
    spec(SURVEYS, feature="csat_last_180d", as_of="2026-02-02", gives={"A": 3.5, "B": None, "C": None})


def test_csat_counts_from_the_moment_of_the_answer():
    """The window of 180 days is half-open."""
    answers = """
        account_id | kind | sent_at          | responded_at     | score
        A          | csat | 2025-08-01 08:00 | 2025-08-05 00:00 | 1
        A          | csat | 2025-08-01 08:00 | 2025-08-05 00:01 | 3
        A          | csat | 2025-08-01 08:00 | 2026-02-01 00:00 | 5
    """
    spec({"surveys": answers}, feature="csat_last_180d", as_of="2026-01-31", gives={"A": 4})


def test_the_nps_score_is_the_last_one_however_old():
    spec(SURVEYS, feature="nps_score", as_of="2026-01-31", gives={"A": 9, "B": None, "C": None})
    spec(SURVEYS, feature="nps_score", as_of="2026-01-05", gives={"A": 3, "B": None, "C": None})


def test_the_share_of_answers_is_of_the_surveys_sent():
    """A has answered three of the four sent within 180 days; one answer comes later. C was not asked lately."""
    spec(SURVEYS, feature="survey_answers_share_last_180d", as_of="2026-01-31", gives={"A": 3 / 4, "B": 0, "C": None})
    spec(SURVEYS, feature="survey_answers_share_last_180d", as_of="2026-02-02", gives={"A": 1, "B": 0, "C": None})
