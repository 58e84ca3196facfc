"""What the features of contracts are, said as tables: age, renewal, price, seats, MRR, notice."""

from churnrisk.features import CATALOGUE
from tests.conftest import ROOT
from tests.support.spec import spec
from tests.support.specified import specified_features

SUBSCRIPTIONS = {
    "subscriptions": """
        account_id | subscription_id | started_at | ended_at   | renewal_at | notice_at  | seats | mrr
        A          | 1               | 2025-01-01 | 2026-01-01 | 2026-01-01 |            | 10    | 100
        A          | 2               | 2026-01-01 |            | 2027-01-01 |            | 12    | 150
        B          | 3               | 2025-03-01 |            | 2026-03-01 |            | 10    | 100
        B          | 4               | 2025-03-01 |            | 2026-06-01 |            | 5     | 50
        C          | 5               | 2025-03-01 |            | 2026-03-01 | 2026-01-15 | 10    | 100
    """
}


def test_every_feature_of_the_catalogue_is_said_as_a_table():
    """A new feature needs a `spec` in tests/spec: this is how a CSM can check it."""
    assert specified_features(ROOT / "tests" / "spec") == set(CATALOGUE.names)


def test_the_age_of_an_account():
    accounts = "account_id | created_at\n A | 2026-01-22 00:00\n B | 2026-02-01 00:00\n C | 2026-02-02 00:00"
    spec({"accounts": accounts}, feature="account_age_days", as_of="2026-01-31", gives={"A": 10, "B": 0, "C": None})


def test_days_to_the_next_renewal_of_a_contract_without_notice():
    """The earliest one still to come. After notice there is none, and notice is not known before it is given."""
    spec(SUBSCRIPTIONS, feature="days_to_renewal", as_of="2026-01-31", gives={"A": 334, "B": 28, "C": None})
    spec(SUBSCRIPTIONS, feature="days_to_renewal", as_of="2026-01-13", gives={"A": 352, "B": 46, "C": 46})


def test_a_renewal_at_this_moment_is_not_still_to_come():
    spec(SUBSCRIPTIONS, feature="days_to_renewal", as_of="2026-02-28", gives={"B": 92})


def test_a_contract_that_ended_comes_up_for_no_renewal():
    """It was to run for another year, and ended in the night to 1 February."""
    ended = """
        account_id | started_at | ended_at   | renewal_at
        A          | 2025-03-01 | 2026-02-01 | 2027-03-01
    """
    spec({"subscriptions": ended}, feature="days_to_renewal", as_of="2026-01-30", gives={"A": 394})
    spec({"subscriptions": ended}, feature="days_to_renewal", as_of="2026-01-31", gives={"A": None})


def test_a_price_rise_is_what_goes_beyond_the_seats():
    """MRR rose by 50 % and seats by 20 %: 30 %. After 180 days it is no news."""
    spec(SUBSCRIPTIONS, feature="price_rise_last_180d", as_of="2026-01-31", gives={"A": 0.3, "B": 0})
    spec(SUBSCRIPTIONS, feature="price_rise_last_180d", as_of="2025-12-30", gives={"A": 0, "B": 0})
    spec(SUBSCRIPTIONS, feature="price_rise_last_180d", as_of="2026-06-28", gives={"A": 0.3})
    spec(SUBSCRIPTIONS, feature="price_rise_last_180d", as_of="2026-06-29", gives={"A": 0})


def test_fewer_seats_for_the_same_price_are_a_rise_and_no_seats_at_all_say_nothing_of_them():
    subscriptions = """
        account_id | subscription_id | started_at | ended_at   | seats | mrr
        A          | 1               | 2025-01-01 | 2026-01-01 | 10    | 100
        A          | 2               | 2026-01-01 |            | 8     | 110
        B          | 3               | 2025-01-01 | 2026-01-01 |       | 100
        B          | 4               | 2026-01-01 |            |       | 120
    """
    given = {"subscriptions": subscriptions}
    spec(given, feature="price_rise_last_180d", as_of="2026-01-31", gives={"A": 0.1, "B": 0.2})
    spec(given, feature="seats_growth_last_180d", as_of="2026-01-31", gives={"A": -0.2, "B": 0})


def test_a_contract_takes_the_place_of_the_one_that_ended_last_whatever_runs_beside_it():
    """S2 renews S1 at its price. In A the pilot had ended before, in B it goes on; C came back after half a year."""
    beside = """
        account_id | subscription_id | started_at | ended_at   | seats | mrr
        A          | S1              | 2025-01-01 | 2026-01-01 | 10    | 1000
        A          | P1              | 2025-03-01 | 2025-12-01 | 1     | 10
        A          | S2              | 2026-01-01 |            | 10    | 1000
        B          | S3              | 2025-01-01 | 2026-01-01 | 10    | 1000
        B          | P3              | 2025-03-01 |            | 1     | 10
        B          | S4              | 2026-01-01 |            | 10    | 1500
        C          | S5              | 2024-01-01 | 2025-07-01 | 10    | 1000
        C          | S6              | 2026-01-01 |            | 10    | 2000
    """
    given = {"subscriptions": beside}
    spec(given, feature="price_rise_last_180d", as_of="2026-01-31", gives={"A": 0, "B": 0.5, "C": 0})
    spec(given, feature="seats_growth_last_180d", as_of="2026-01-31", gives={"A": 0, "B": 0, "C": 0})


def test_seats_grow_with_the_contract_that_follows():
    """Two contracts side by side do not follow each other."""
    spec(SUBSCRIPTIONS, feature="seats_growth_last_180d", as_of="2026-01-31", gives={"A": 0.2, "B": 0})


def test_mrr_is_that_of_the_live_subscriptions():
    """The first contract of A lasts until the night to 1 January; then the second counts, and never both."""
    spec(SUBSCRIPTIONS, feature="mrr", as_of="2025-12-30", gives={"A": 100, "B": 150, "C": 100})
    spec(SUBSCRIPTIONS, feature="mrr", as_of="2025-12-31", gives={"A": 150, "B": 150, "C": 100})
    spec(SUBSCRIPTIONS, feature="mrr", as_of="2024-12-30", gives={"A": None, "B": None, "C": None})


def test_seats_are_those_of_the_live_subscriptions():
    spec(SUBSCRIPTIONS, feature="seats", as_of="2025-12-30", gives={"A": 10, "B": 15, "C": 10})
    spec(SUBSCRIPTIONS, feature="seats", as_of="2025-12-31", gives={"A": 12, "B": 15, "C": 10})


CHANGED = {
    "subscriptions": """
        account_id | subscription_id | started_at | ended_at   | seats | mrr
        A          | 1               | 2024-01-01 | 2025-12-01 | 10    | 200
        A          | 2               | 2024-01-01 |            | 5     | 50
        A          | 3               | 2025-12-01 |            | 5     | 150
        B          | 4               | 2025-12-01 |            | 10    | 100
        C          | 5               | 2024-01-01 | 2026-01-01 | 10    | 100
    """
}


def test_a_change_of_mrr_is_against_what_was_live_then():
    """A paid 250 and pays 200: a fall by a fifth. B paid nothing 90 days ago. What C paid is gone."""
    gives = {"A": 200 / 250 - 1, "B": None, "C": -1}
    spec(CHANGED, feature="mrr_change_90d", as_of="2026-01-31", gives=gives)
    spec(CHANGED, feature="mrr_change_365d", as_of="2026-01-31", gives=gives)


def test_a_change_of_mrr_is_over_when_its_days_are():
    """The contracts of 1 December begin in its first moment, which ends 30 November: 90 days later they are usual."""
    spec(CHANGED, feature="mrr_change_90d", as_of="2026-02-27", gives={"A": -0.2, "B": None})
    spec(CHANGED, feature="mrr_change_90d", as_of="2026-02-28", gives={"A": 0, "B": 0})


def test_a_change_of_seats_is_against_those_of_then():
    """15 seats, and now 10."""
    gives = {"A": 10 / 15 - 1, "B": None, "C": -1}
    spec(CHANGED, feature="seats_change_90d", as_of="2026-01-31", gives=gives)
    spec(CHANGED, feature="seats_change_365d", as_of="2026-01-31", gives=gives)
    spec(CHANGED, feature="seats_change_365d", as_of="2025-11-29", gives={"A": 0, "B": None, "C": 0})


def test_a_contract_that_is_changed_in_place_has_changed():
    """A CRM has one row for it: 100 until 20 January, known by evening, and 60 since. After 90 days that is usual."""
    changed = """
        account_id | subscription_id | started_at | seats | mrr | known_at
        A          | 1               | 2025-01-01 | 10    | 100 | 2025-01-01
        A          | 1               | 2025-01-01 | 6     | 60  | 2026-01-20 18:00
        B          | 2               | 2025-01-01 | 10    | 100 | 2026-01-20 18:00
    """
    given = {"subscriptions": changed}
    spec(given, feature="mrr_change_90d", as_of="2026-01-19", gives={"A": 0})
    spec(given, feature="mrr_change_90d", as_of="2026-01-20", gives={"A": -0.4, "B": 0})
    spec(given, feature="seats_change_90d", as_of="2026-01-31", gives={"A": -0.4, "B": 0})
    spec(given, feature="mrr_change_90d", as_of="2026-04-20", gives={"A": 0, "B": 0})


def test_subscriptions_with_notice_are_live_and_notice_was_given():
    """Notice is not known before it is given, and over when the contract is."""
    noticed = {
        "subscriptions": """
            account_id | subscription_id | started_at | notice_at        | ended_at
            A          | 1               | 2025-01-01 | 2026-01-15 12:00 | 2026-02-10 12:00
            A          | 2               | 2025-01-01 |                  |
            B          | 3               | 2025-01-01 |                  |
        """
    }
    for as_of, notices in (("2026-01-14", 0), ("2026-01-15", 1), ("2026-02-09", 1), ("2026-02-10", 0)):
        spec(noticed, feature="subscriptions_with_notice", as_of=as_of, gives={"A": notices, "B": 0})


def test_the_share_that_renews_by_itself_is_of_the_live_subscriptions():
    """One of two; what ended, and what says nothing, does not count."""
    renewing = {
        "subscriptions": """
            account_id | subscription_id | started_at | ended_at   | auto_renew
            A          | 1               | 2025-01-01 |            | true
            A          | 2               | 2025-01-01 |            | false
            A          | 3               | 2025-01-01 |            |
            A          | 4               | 2025-01-01 | 2026-01-01 | false
            B          | 5               | 2025-01-01 |            |
        """
    }
    spec(renewing, feature="renews_by_itself_share", as_of="2026-01-31", gives={"A": 1 / 2, "B": None})
    spec(renewing, feature="renews_by_itself_share", as_of="2025-12-30", gives={"A": 1 / 3, "B": None})


def test_subscriptions_that_ended_are_counted_from_their_end():
    """The first one of A ended in the night to 1 January: 31 December is its day."""
    spec(SUBSCRIPTIONS, feature="subscriptions_ended_last_180d", as_of="2025-12-30", gives={"A": 0, "B": 0})
    spec(SUBSCRIPTIONS, feature="subscriptions_ended_last_180d", as_of="2025-12-31", gives={"A": 1, "B": 0})
    spec(SUBSCRIPTIONS, feature="subscriptions_ended_last_180d", as_of="2026-06-28", gives={"A": 1, "B": 0})
    spec(SUBSCRIPTIONS, feature="subscriptions_ended_last_180d", as_of="2026-06-29", gives={"A": 0, "B": 0})


def test_a_contract_that_was_signed_for_later_is_not_yet_live():
    """Known since 10 January; it begins on 1 March."""
    signed = """
        account_id | started_at       | seats | mrr | known_at
        A          | 2026-03-01 12:00 | 5     | 70  | 2026-01-10 12:00
    """
    spec({"subscriptions": signed}, feature="mrr", as_of="2026-02-28", gives={"A": None})
    spec({"subscriptions": signed}, feature="mrr", as_of="2026-03-01", gives={"A": 70})
