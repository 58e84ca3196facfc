"""The intent to leave is found in what others wrote, with its quote and its place; what says no is left alone."""

import unicodedata
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from churnrisk.text import INTENTS, TAUGHT, find_intents, read_messages
from churnrisk.text.intent import LONGEST_QUOTE
from churnrisk.text.measure import read_cases

CASES = Path(__file__).parent / "cases"
LEAVING = {
    "en": "Please cancel our subscription.",
    "da": "Vi vil gerne opsige vores abonnement.",
    "de": "Hiermit kündigen wir unseren Vertrag fristgerecht.",
    "pl": "Chcemy zrezygnować z subskrypcji.",
    "ko": "구독을 해지하고 싶습니다.",
    "he": "אנחנו רוצים לבטל את המנוי.",
}
STAYING = {
    "en": ["We do not want to cancel our subscription.", "We never planned to leave you.", "I don't want a refund."],
    "da": ["Vi vil ikke opsige vores abonnement.", "Vi har ikke planer om at skifte leverandør."],
    "de": ["Wir wollen nicht kündigen.", "Wir haben nicht vor, den Anbieter zu wechseln."],
    "pl": ["Nie chcemy rezygnować z subskrypcji.", "Nie zamierzamy zmieniać dostawcy."],
    "ko": ["구독을 해지하고 싶지 않습니다.", "해지할 생각은 전혀 없습니다."],
    "he": ["אנחנו לא רוצים לבטל את המנוי.", "אין לנו כוונה לעזוב."],
}
QUOTED_REPLY = {
    "above": "{said}\n\nOn Mon, 2 Jun 2025 at 09:30, Help <help@example.com> wrote:\n> Please try again.\n> Regards",
    "below": "> Please try again.\n> Kind regards\n\n{said}",
    "between": "Hi,\n\nthe page is slow.\n> Which page?\n{said}\n> And since when?\nSince Monday.",
    "html": "<html><body><p>Hi,</p><p>the page is <b>slow</b>.</p><p>{said}</p>"
    "<blockquote>Please try again.</blockquote></body></html>",
    "html, with entities": "<div>A &amp; B&nbsp;Ltd<br>write:</div><div>{said}</div>",
    "after an address": "See https://example.com/ticket/1 please.\n{said}",
    "with other line ends": "The page is slow.\r\n\r\n{said}\r\nAnn",
    "after emojis": "😡😡👍🏽 {said}",
}


@cache
def cases(code):
    table = read_cases(CASES / f"intent_{code}.tsv")
    return [(row.expected, row.text, [said.intent for said in find_intents(row.text)]) for row in table.itertuples()]


def is_right(expected, found):
    return expected in found


def in_each_language(by_language):
    return pytest.mark.parametrize(
        ("code", "text"),
        [
            (code, text)
            for code, texts in by_language.items()
            for text in ([texts] if isinstance(texts, str) else texts)
        ],
    )


def figures(code):
    """Precision and recall, and the cases that came out wrong."""
    told = [(expected, found) for expected, _, found in cases(code) if found]
    meant = [(expected, found) for expected, _, found in cases(code) if expected != "none"]
    precision = sum(is_right(*case) for case in told) / len(told)
    recall = sum(is_right(*case) for case in meant) / len(meant)
    wrong = [case for case in cases(code) if not is_right(case[0], case[2]) and (case[0] != "none" or case[2])]
    return precision, recall, "\n".join(f"{expected}, found {found}: {text}" for expected, text, found in wrong)


@pytest.mark.parametrize("code", TAUGHT)
def test_nine_in_ten_of_the_intents_that_are_told_are_meant(code):
    precision, recall, wrong = figures(code)
    assert precision >= 0.9, f"{code}: precision {precision:.3f}, recall {recall:.3f}\n{wrong}"


@pytest.mark.parametrize("code", TAUGHT)
def test_three_in_four_of_the_intents_that_are_meant_are_told(code):
    precision, recall, wrong = figures(code)
    assert recall >= 0.75, f"{code}: precision {precision:.3f}, recall {recall:.3f}\n{wrong}"


@pytest.mark.parametrize("code", TAUGHT)
def test_the_cases_ask_for_every_intent_and_for_none(code):
    assert {expected for expected, _, _ in cases(code)} == {*INTENTS, "none"}


@pytest.mark.parametrize("intent", INTENTS)
def test_every_intent_is_found_in_every_language(intent):
    missed = [code for code in TAUGHT if not any(intent == expected in found for expected, _, found in cases(code))]
    assert missed == []


@in_each_language(LEAVING)
def test_who_wants_to_cancel_is_heard(code, text):
    assert [said.intent for said in find_intents(text)][:1] == ["cancel"]


@in_each_language(LEAVING)
@pytest.mark.parametrize("around", QUOTED_REPLY)
def test_the_quote_stands_at_its_place_in_the_body(code, text, around):
    body = QUOTED_REPLY[around].format(said=text)
    reading = read_messages([body])[0]
    assert text in reading.quote
    assert body[reading.start : reading.end] == reading.quote


def test_a_line_break_inside_a_sentence_hides_nothing():
    """A mail client wrapped it; a list below it is no part of it."""
    (reading,) = read_messages(
        ["We have thought about it for long and will now cancel our\ncontract at the end of May."]
    )
    assert reading.intent == "cancel"
    assert reading.quote == "We have thought about it for long and will now cancel our contract at the end of May."
    (listed,) = read_messages(["What we would like to see in the next version:\n- cancel a meeting\n- a dark theme"])
    assert listed.intent == ""


@in_each_language(LEAVING)
def test_in_a_body_of_letters_in_parts_the_place_counts_whole_letters(code, text):
    whole = f"Überall è żółć. 안녕하세요?\n{text}"
    reading = read_messages([unicodedata.normalize("NFD", whole)])[0]
    assert whole[reading.start : reading.end] == reading.quote == text


@in_each_language(LEAVING)
def test_what_the_other_side_wrote_is_no_intent(code, text):
    body = f"It works again.\n\nOn Mon, 2 Jun 2025 at 09:30, Help <help@example.com> wrote:\n> {text}"
    assert read_messages([body])[0].intent == ""


@in_each_language(STAYING)
def test_a_sentence_that_says_no_has_no_intent(code, text):
    assert find_intents(text) == []


def test_a_sentence_that_says_no_does_not_silence_the_next_one():
    text = "We do not want a refund. Please cancel our subscription."
    assert [(said.intent, said.quote) for said in find_intents(text)] == [("cancel", "Please cancel our subscription.")]


def test_what_excuses_an_english_sentence_excuses_it_from_the_rules_of_other_languages():
    assert find_intents("How do I record a refund that we give to one of our own customers?") == []


@pytest.mark.parametrize(
    ("first", "second", "order"),
    [
        ("We want our money back.", "Please cancel our subscription.", ["cancel", "refund"]),
        ("Your prices are too high.", "We are moving to Zendesk in April.", ["competitor", "price"]),
        ("Your prices are too high.", "We want our money back.", ["refund", "price"]),
    ],
)
def test_of_several_intents_the_surest_is_told_wherever_it_stands(first, second, order):
    for text in (f"{first} {second}", f"{second} {first}"):
        assert [said.intent for said in find_intents(text) if said.intent in order] == order


def test_a_reading_tells_the_surest_intent_and_names_all():
    reading = read_messages(["We want our money back. Please cancel our subscription."])[0]
    assert (reading.intent, reading.quote, reading.intents) == (
        "cancel",
        "Please cancel our subscription.",
        ("cancel", "refund"),
    )


@pytest.mark.parametrize("code", TAUGHT)
def test_intents_come_in_the_order_of_intents_once_each(code):
    texts = "\n".join(text for _, text, _ in cases(code))
    found = [said.intent for said in find_intents(texts)]
    assert found == [intent for intent in INTENTS if intent in found]


@pytest.mark.parametrize("before", [0, 30, 150, 400])
@pytest.mark.parametrize("after", [0, 200])
def test_a_quote_of_a_long_sentence_is_cut_around_what_was_found(before, after):
    text = f"{'so ' * before}please cancel our subscription{' now' * after}"
    said = find_intents(text)[0]
    assert "cancel our subscription" in said.quote
    assert len(said.quote) <= LONGEST_QUOTE
    assert text[said.start : said.end] == said.quote


def test_a_stop_inside_a_number_or_an_address_ends_no_sentence():
    text = "Please cancel our subscription no. 1.234 at example.com today. Thanks."
    assert find_intents(text)[0].quote.startswith("Please cancel our subscription")
    assert [said.quote for said in find_intents("For 1.500 euro cancel our subscription!")] == [
        "For 1.500 euro cancel our subscription!"
    ]


sentences = st.sampled_from([text for code in TAUGHT for _, text, _ in cases(code)])
texts = st.one_of(
    st.lists(sentences, max_size=4).map(" ".join), st.text(max_size=150), st.text("cancel our.!?\n ", max_size=150)
)


@given(texts)
def test_every_quote_is_the_text_at_its_place(text):
    assert all(text[said.start : said.end] == said.quote for said in find_intents(text))


@given(texts)
def test_every_quote_is_one_line_without_white_space_around_it(text):
    assert all(said.quote.strip() == said.quote and "\n" not in said.quote for said in find_intents(text))


@given(st.lists(sentences, min_size=1, max_size=5), st.randoms(use_true_random=False))
def test_the_order_of_lines_does_not_decide_which_intents_are_found(lines, rng):
    shuffled = rng.sample(lines, len(lines))
    found, again = ([said.intent for said in find_intents("\n".join(order))] for order in (lines, shuffled))
    assert found == again


@pytest.mark.parametrize(
    "text", ["", " ", "\n", ".", "...", "\x00", "\ud800", "a" * 20_000, "cancel " * 3000, "." * 20_000]
)
def test_no_text_breaks_it(text):
    assert len(find_intents(text)) <= len(INTENTS)
