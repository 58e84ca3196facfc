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


def test_csat_of_90_days_and_of_a_year():
    """The answer of 10 January 2025 is within a year until 9 January 2026, the one of 2026 90 days until 9 April."""
    spec(SURVEYS, feature="csat_last_90d", as_of="2026-04-09", gives={"A": 3.5, "B": None, "C": None})
    spec(SURVEYS, feature="csat_last_90d", as_of="2026-04-10", gives={"A": 5, "B": None, "C": None})
    spec(SURVEYS, feature="csat_last_365d", as_of="2026-01-09", gives={"A": None, "B": None, "C": 1})
    spec(SURVEYS, feature="csat_last_365d", as_of="2026-01-10", gives={"A": 2, "B": None, "C": None})


def test_low_csat_answers_are_1_or_2():
    """A low answer to another question is none."""
    answers = {
        "surveys": """
            account_id | kind | sent_at          | responded_at     | score
            A          | csat | 2026-01-10 08:00 | 2026-01-10 09:00 | 1
            A          | csat | 2026-01-11 08:00 | 2026-01-12 09:00 | 2
            A          | csat | 2026-01-12 08:00 | 2026-01-12 09:00 | 3
            A          | nps  | 2026-01-12 08:00 | 2026-01-12 09:00 | 0
            B          | csat | 2026-01-12 08:00 |                  |
        """
    }
    spec(answers, feature="low_csat_answers_last_180d", as_of="2026-01-11", gives={"A": 1, "B": 0})
    spec(answers, feature="low_csat_answers_last_180d", as_of="2026-01-31", gives={"A": 2, "B": 0})
    spec(answers, feature="low_csat_answers_last_180d", as_of="2026-07-09", gives={"A": 1, "B": 0})


def test_the_nps_score_is_the_last_one_however_old():
    spec(SURVEYS, feature="nps_score", as_of="2026-01-31", gives={"A": 9, "B": None, "C": None})
    spec(SURVEYS, feature="nps_score", as_of="2026-01-05", gives={"A": 3, "B": None, "C": None})


def test_the_last_nps_score_is_the_last_one_answered_not_the_last_one_asked():
    """The survey of March was answered in May, after the one of April; who is silent later changes nothing."""
    answers = """
        account_id | kind | sent_at    | responded_at     | score
        A          | nps  | 2025-03-01 | 2025-05-02 09:00 | 4
        A          | nps  | 2025-04-01 | 2025-04-02 09:00 | 8
        A          | nps  | 2025-06-01 |                  |
    """
    spec({"surveys": answers}, feature="nps_score", as_of="2025-04-30", gives={"A": 8})
    spec({"surveys": answers}, feature="nps_score", as_of="2025-06-30", gives={"A": 4})


def test_nps_of_a_year_is_a_mean():
    """3 and 9; the 3 of 2 June 2025 is within a year until 1 June 2026."""
    spec(SURVEYS, feature="nps_last_365d", as_of="2026-01-31", gives={"A": 6, "B": None, "C": None})
    spec(SURVEYS, feature="nps_last_365d", as_of="2026-06-01", gives={"A": 6, "B": None, "C": None})
    spec(SURVEYS, feature="nps_last_365d", as_of="2026-06-02", gives={"A": 9, "B": None, "C": None})


def test_effort_is_the_mean_answer_to_the_effort_question():
    """It is answered on the day after it was asked."""
    spec(SURVEYS, feature="effort_last_365d", as_of="2026-01-30", gives={"A": None, "B": None, "C": None})
    spec(SURVEYS, feature="effort_last_365d", as_of="2026-01-31", gives={"A": 7, "B": None, "C": None})


def test_the_share_of_answers_is_of_the_surveys_sent():
    """A has answered three of the four sent within 180 days; one answer comes later. C was not asked lately."""
    spec(SURVEYS, feature="survey_answers_share_last_180d", as_of="2026-01-31", gives={"A": 3 / 4, "B": 0, "C": None})
    spec(SURVEYS, feature="survey_answers_share_last_180d", as_of="2026-02-02", gives={"A": 1, "B": 0, "C": None})


def test_the_share_of_answers_of_a_year():
    """Here the question of June 2025 counts too: four of five, and then all."""
    spec(SURVEYS, feature="survey_answers_share_last_365d", as_of="2026-01-31", gives={"A": 4 / 5, "B": 0, "C": None})
    spec(SURVEYS, feature="survey_answers_share_last_365d", as_of="2026-02-02", gives={"A": 1, "B": 0, "C": None})


def test_days_since_an_answer_count_from_the_day_it_was_given():
    """Whatever was asked. C answered on 10 January 2025; B never did."""
    spec(SURVEYS, feature="days_since_answer", as_of="2026-02-05", gives={"A": 3, "B": None, "C": 391})
    spec(SURVEYS, feature="days_since_answer", as_of="2026-02-01", gives={"A": 1, "B": None, "C": 387})
