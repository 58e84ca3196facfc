"""What themes cost: complaints are read as they were known, trends and churn lift have honest intervals."""

import math

import numpy as np
import pandas as pd
import pytest

from churnrisk.errors import InputError, NothingToDoError
from churnrisk.history import History
from churnrisk.insights import theme_report
from churnrisk.insights.complaints import complaint_ids, complaint_slices, scored_languages
from churnrisk.insights.examples import cut, masked, quotes
from churnrisk.insights.ratios import ratio_of_counts, ratio_of_shares
from churnrisk.insights.themes import trend
from churnrisk.parameters import Parameters
from churnrisk.text.theme_model import LanguageThemes, Strand, ThemeModel
from tests.support.complaining import world
from tests.support.history import completed, land_rows, moment

AS_OF = "2026-01-31"


def read(tmp_path, tables):
    land_rows(tmp_path / "history", completed(tables))
    return History(tmp_path / "history", "UTC")


def read_complaints(history, as_of=AS_OF, days=90):
    past, (after, until) = history.upto(moment(as_of)), moment(as_of).window(days)
    languages = scored_languages(past, after, until)
    scored = languages.loc[languages["scored"] > 0, "language"].tolist()
    rows = pd.concat(list(complaint_slices(past, after, until, scored)))
    ids = complaint_ids(past, after, until, scored)
    assert set(rows["message_id"]) <= set(ids["message_id"])
    return rows.set_index("message_id")["text"].to_dict()


def complained(history, as_of=AS_OF, days=90):
    return sorted(read_complaints(history, as_of, days))


TABLES = {
    "tickets": """
        account_id | ticket_id | created_at       | language | category
        A          | 1         | 2026-01-05 08:00 | en       | access
        B          | 2         | 2026-01-06 08:00 | de       |
    """,
    "messages": """
        message_id | ticket_id | author_role | public | created_at       | body
        a          | 1         | customer    | true   | 2026-01-05 08:00 | The app is down again
        b          | 1         | customer    | true   | 2026-01-06 08:00 | You will lose us soon
        c          | 1         | customer    | true   | 2026-01-07 08:00 | Now it works fine
        d          | 1         | customer    | true   | 2026-01-08 08:00 | At the very edge of it
        e          | 1         | agent       | true   | 2026-01-09 08:00 | We are very sorry
        f          | 1         | customer    | true   | 2026-01-10 08:00 | So bad
        g          | 1         | customer    | false  | 2026-01-11 08:00 | Forwarded inside the house only
        h          | 2         | customer    | true   | 2026-01-06 08:00 | Die Anmeldung geht nicht
        i          | 2         | customer    | true   | 2026-01-07 08:00 | Danke es geht wieder
    """,
    "message_scores": """
        message_id | model_version | created_at       | language | sentiment | intent
        a          | 9             | 2026-01-05 08:00 | en       | 0.9       |
        a          | 10            | 2026-01-05 08:00 | en       | -0.8      |
        b          | 10            | 2026-01-06 08:00 | en       |           | cancel
        c          | 10            | 2026-01-07 08:00 | en       | 0.5       |
        d          | 10            | 2026-01-08 08:00 | en       | -0.3      |
        e          | 10            | 2026-01-09 08:00 | en       | -0.9      | cancel
        f          | 10            | 2026-01-10 08:00 | en       | -0.9      |
        g          | 10            | 2026-01-11 08:00 | en       | -0.9      |
    """,
}


def test_a_complaint_is_negative_or_speaks_of_leaving_in_the_customers_own_three_words(tmp_path):
    """Version 10 reads after 9; -0.3 is not below -0.3; nobody reads German here, so what opened the ticket counts."""
    assert complained(read(tmp_path, TABLES)) == ["a", "b", "h"]


def test_a_complaint_is_read_with_what_opened_its_ticket_once(tmp_path):
    """A reply seldom names what it is about; the window of what opened the ticket does not matter."""
    history = read(tmp_path, TABLES)
    assert read_complaints(history) == {
        "a": "The app is down again",
        "b": "The app is down again\nYou will lose us soon",
        "h": "Die Anmeldung geht nicht",
    }
    assert read_complaints(history, "2026-01-06", days=1)["b"] == "The app is down again\nYou will lose us soon"


def test_the_window_is_open_at_its_beginning_and_closed_at_its_end(tmp_path):
    history = read(tmp_path, TABLES)
    assert complained(history, "2026-01-05") == ["a"]
    assert complained(history, "2026-01-04") == []
    assert complained(history, "2026-01-06", days=1) == ["b", "h"]
    assert complained(history, "2026-04-05", days=90) == ["b", "h"]


def test_a_message_that_became_known_later_is_no_complaint_yet(tmp_path):
    late = TABLES["messages"].replace("| body", "| body | known_at").splitlines()
    late = [line if "body" in line or not line.strip() else f"{line} | 2026-01-20 00:00" for line in late]
    history = read(tmp_path, TABLES | {"messages": "\n".join(late)})
    assert complained(history, "2026-01-18") == []
    assert complained(history, "2026-01-20") == ["a", "b", "h"]


def parameters(tmp_path):
    asked = Parameters.read(tmp_path).model_dump()
    asked["label"] |= {"kind": "contract_end", "lead": 0, "horizon": 60}
    asked["matrix"] |= {"step_days": 30, "as_ofs": 12, "warm_up_days": 60}
    return Parameters.model_validate(asked)


@pytest.fixture(scope="module")
def planted(tmp_path_factory):
    place = tmp_path_factory.mktemp("planted")
    history = read(place, world())
    return theme_report(history, history.known_until, parameters(place), "Example")[0]


def test_the_themes_that_make_accounts_leave_are_found(planted):
    """Passwords were planted; the others make nobody leave."""
    told = {theme.id: " ".join(one.quote for one in theme.examples) for theme in planted.themes}
    planned = [theme for theme in planted.themes if "password" in told[theme.id]]
    assert planned
    for theme in planned:
        assert theme.lift.word == "more leave"
        assert theme.lift.ratio.low > 1.2
        assert "95 % interval" in theme.lift.sentence
    assert all(theme in planned or theme.lift.word != "more leave" for theme in planted.themes)


def test_what_is_compared_is_said(planted):
    assert "complained of other things" in planted.compared
    assert "day 1 and day 60" in planted.compared


def test_counts_agree_with_each_other(planted):
    assert planted.complaints == sum(theme.messages for theme in planted.themes) + planted.without_theme
    assert planted.complaints == sum(planted.languages.values())
    for theme in planted.themes:
        assert theme.messages >= theme.tickets >= theme.accounts > 0
        assert theme.sentiment == -0.7


def test_examples_are_real_tickets_with_masked_quotes(planted):
    for theme in planted.themes:
        assert 3 <= len(theme.examples) <= 5
        assert len({one.ticket_id for one in theme.examples}) == len(theme.examples)
        for one in theme.examples:
            assert "@" not in one.quote
            assert not any(letter.isdigit() for letter in one.quote)
            assert len(one.quote) <= 120


def test_nothing_is_said_of_leaving_before_a_label_has_matured(tmp_path):
    history = read(tmp_path, world(months=3))
    report, _ = theme_report(history, history.known_until, parameters(tmp_path), "Example")
    assert all(theme.lift.word == "too few accounts to tell" for theme in report.themes)
    assert any("No label has matured" in note for note in report.notes)
    assert report.compared == ""


def test_what_happens_after_the_moment_changes_nothing(tmp_path):
    """Landed to its end or only up to the day: the report of that day is the same."""
    tables, day = world(), "2025-10-31"
    whole = read(tmp_path / "whole", tables)
    cut_off = {
        name: [row for row in rows if (row.get("created_at") or "") <= f"{day} 23:59"] for name, rows in tables.items()
    }
    part = read(tmp_path / "part", cut_off)
    asked = parameters(tmp_path)
    assert theme_report(whole, moment(day), asked, "Example")[0] == theme_report(part, moment(day), asked, "Example")[0]


@pytest.mark.parametrize(
    ("change", "error", "says"),
    [
        ({"messages": None}, InputError, "no messages of customers"),
        ({"messages": "body"}, InputError, "have no text"),
        ({"message_scores": "0.5"}, NothingToDoError, "No customer complained"),
    ],
)
def test_where_nobody_complains_one_sentence_says_what_to_do(tmp_path, change, error, says):
    tables = dict(TABLES)
    for table, what in change.items():
        if what is None:
            del tables[table], tables["message_scores"]
        elif what == "body":
            tables[table] = TABLES[table].replace("| body", "| dropped")
            tables[table] = [{k: v for k, v in row.items() if k != "dropped"} for row in completed(tables)[table]]
        else:
            rows = [row | {"sentiment": what, "intent": None} for row in completed(TABLES)[table]]
            tables[table] = [*rows, rows[0] | {"message_id": "h"}]
    history = read(tmp_path, tables)
    with pytest.raises(error, match=says):
        theme_report(history, moment(AS_OF), Parameters.read(tmp_path), "Example")


def test_where_nobody_is_scored_it_is_said_and_opening_messages_are_taken(tmp_path):
    tables = {name: rows for name, rows in world().items() if name != "message_scores"}
    history = read(tmp_path, tables)
    report, _ = theme_report(history, history.known_until, parameters(tmp_path), "Example")
    assert report.notes[0].startswith("Nobody's words are scored: the messages that opened a ticket")
    assert all(theme.sentiment is None for theme in report.themes)


def test_one_language_can_be_asked_for(tmp_path):
    history = read(tmp_path, TABLES)
    report, _ = theme_report(history, moment(AS_OF), Parameters.read(tmp_path), "Example", language="de")
    assert (report.complaints, report.languages) == (1, {"de": 1})
    with pytest.raises(NothingToDoError, match=r"the language pl .* Pass one of de, en"):
        theme_report(history, moment(AS_OF), Parameters.read(tmp_path), "Example", language="pl")


def test_a_ratio_of_shares_of_single_rows_is_katz():
    """30 of 100 against 15 of 100, each account once: the log ratio has variance .7/30 + .85/15."""
    left = np.array([1] * 30 + [0] * 70 + [1] * 15 + [0] * 85, float)
    with_it = np.arange(200) < 100
    ratio = ratio_of_shares(left, with_it, np.arange(200))
    assert ratio.value == 2.0
    deviation = math.sqrt(0.7 / 30 + 0.85 / 15)
    assert math.log(ratio.high / 2) == pytest.approx(2.145 * deviation, rel=1e-3)  # Student's t, 14 degrees


def test_rows_of_one_account_do_not_count_as_many():
    left, with_it = np.array([1, 0] * 40 + [0, 1] + [0] * 78, float), np.arange(160) < 80
    many = ratio_of_shares(np.repeat(left, 4), np.repeat(with_it, 4), np.repeat(np.arange(160), 4))
    once = ratio_of_shares(left, with_it, np.arange(160))
    assert many.high / many.low >= once.high / once.low


def test_intervals_hold_the_truth_as_often_as_they_say():
    """No theme makes anybody leave; accounts differ, and each is seen at six moments."""
    generator, outside = np.random.default_rng(11), 0
    for _ in range(400):
        accounts = np.repeat(np.arange(250), 6)
        leaves = np.repeat(generator.random(250) < generator.beta(2, 12, 250), 6)
        left = (leaves & (generator.random(1500) < 0.3)).astype(float)
        with_it = generator.random(1500) < np.repeat(generator.beta(1, 4, 250), 6)
        ratio = ratio_of_shares(left, with_it, accounts)
        outside += ratio.is_above or ratio.is_below
    assert outside / 400 <= 0.07


def messages_on(*days):
    return pd.DataFrame(
        {
            "at": pd.to_datetime([f"{day} 12:00" for day in days]),
            "message_id": [f"m{number}" for number in range(len(days))],
            "ticket_id": [f"t{number}" for number in range(len(days))],
            "account_id": [f"a{number}" for number in range(len(days))],
        }
    )


@pytest.mark.parametrize(
    ("then", "now", "word"),
    [(10, 30, "rising"), (30, 10, "falling"), (15, 17, "steady"), (4, 5, "too few to tell"), (0, 12, "rising")],
)
def test_a_trend_holds_28_days_against_the_28_before(then, now, word):
    """The 28th day before the end, 3 January, is the last of the earlier period."""
    told = trend(messages_on(*["2026-01-03"] * then, *["2026-01-04"] * now, "2025-12-06"), moment(AS_OF))
    assert (told.then, told.now, told.word) == (then, now, word)


def test_one_account_that_writes_much_is_no_trend():
    rows = messages_on(*["2026-01-03"] * 3, *["2026-01-20"] * 20)
    assert trend(rows, moment(AS_OF)).word == "rising"
    assert trend(rows.assign(account_id="a"), moment(AS_OF)).word != "rising"


def test_a_ratio_of_counts_has_the_width_of_independent_counts_at_least():
    ratio = ratio_of_counts(np.ones(40), np.ones(40))
    assert ratio.value == 1.0
    assert math.log(ratio.high) >= 1.96 * math.sqrt(2 / 40)


def test_masking_leaves_no_address_and_no_digit():
    assert (
        masked("Mail jane.doe@example.co.uk or +45 12 34, order A-99, ٣٤")
        == "Mail [e-mail] or +## ## ##, order A-##, ##"
    )
    assert len(cut("word " * 100)) <= 120
    assert cut("two\nlines") == "two lines"


def test_the_quote_is_the_sentence_that_complains():
    """Of a message that names its subject twice, once without any feeling."""
    strand = Strand("en-1", "T1", "export", {"export": 1.0}, 0.1, {})
    model = ThemeModel("2026-01-31", 90, {"en": LanguageThemes({"export": 1.0, "button": 0.5}, (strand,), {})})
    text = "Yesterday I opened the export. The export is still broken and nobody helps us. I am in room nine."
    rows = pd.DataFrame({"text": [text], "strand": ["en-1"], "language": ["en"]})
    assert quotes(rows, model) == ["The export is still broken and nobody helps us."]
