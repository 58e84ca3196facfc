"""Only the customer's own words are left of a message, and each of their letters is where it says."""

import tomllib
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from churnrisk.text import TAUGHT, own_words
from churnrisk.text.cleaning import MOST_OF_BODY, composed

FOLDER = Path(__file__).parent / "cases"
CASES = [
    (code, case)
    for code in TAUGHT
    for case in tomllib.loads((FOLDER / f"cleaning_{code}.toml").read_text(encoding="utf-8"))["case"]
]
every_case = pytest.mark.parametrize(
    ("code", "case"), CASES, ids=[f"{code}: {case['name']}".encode("ascii", "replace").decode() for code, case in CASES]
)
#: Pieces of which mails are made up; each is a line or some.
PIECES = {
    "own": [
        "The export fails since Tuesday.",
        "Eksporten æder filer, og ingen svarer.",
        "로그인이 안 됩니다.",
        "הייצוא לא עובד.",
    ],
    "odd": [
        "Żółć ﷺ 👍🏽 é",
        "see https://example.com/a?b=c, please",
        "mail me at ann@example.com now",
        "run `make all` first",
    ],
    "greeting": ["Hi,", "Hej,", "Guten Tag,", "안녕하세요,", "שלום,"],
    "closing": [
        "Best regards,\nAnn",
        "Mvh\nOle",
        "감사합니다.\n김민지 드림",
        "-- \nAnn Smith\n+45 33 12 34 56",
        "Sent from my iPhone",
    ],
    "quoted": [
        "> Please try again.\n> Kind regards",
        "On Mon, 2 Jun 2025 at 09:30, Help <help@example.com> wrote:\n> Hello",
    ],
    "machine": [
        "```\nx = 1\n```",
        'Traceback (most recent call last):\n  File "a.py", line 3',
        "2025-06-10 09:30:01 ERROR x",
    ],
    "blank": ["", " ", "\t", "\r\n", "   \n  "],
    "html": [
        "<p>It is <b>slow</b>.</p>",
        "one<br>two",
        "<blockquote>old</blockquote>",
        "<div>3 < 4 & 5</div>",
        "<style>p{}</style>",
    ],
}
mails = st.lists(st.sampled_from([piece for pieces in PIECES.values() for piece in pieces]), max_size=12).map("\n".join)
texts = st.one_of(
    mails,
    st.text(max_size=200),
    st.text(st.characters(), max_size=200),
    st.text("<>&;=/ab \n\r\x00>-—*`:@.'\"pdivbrstylockqu", max_size=200),
)


def words(text):
    """Its lines, without blank ones and surrounding white space."""
    return [line.strip() for line in unicodedata.normalize("NFC", text).splitlines() if line.strip()]


def misplaced(body):
    """Own letters that are not where they say; line breaks between pieces and HTML's entities aside."""
    own, read = own_words(body), composed(body)
    letters = [(letter, own.place(place, place + 1)) for place, letter in enumerate(own.text) if letter != "\n"]
    return [
        (letter, read[start:end])
        for letter, (start, end) in letters
        if letter != read[start:end] and not (read[start:end] == "&" and ";" in read[start : start + 12])
    ]


@every_case
def test_of_each_mail_the_customers_own_words_are_left(code, case):
    assert words(own_words(case["body"]).text) == words(case["own"])


@every_case
def test_each_own_letter_of_each_mail_is_where_it_says(code, case):
    assert misplaced(case["body"]) == []


@every_case
def test_line_ends_of_other_systems_change_nothing(code, case):
    assert own_words(case["body"].replace("\n", "\r\n")).text == own_words(case["body"]).text


@every_case
def test_letters_in_parts_are_read_as_whole_ones(code, case):
    assert own_words(unicodedata.normalize("NFD", case["body"])) == own_words(case["body"])


@given(texts)
def test_each_own_letter_of_any_text_is_where_it_says(body):
    assert misplaced(body) == []


@given(texts)
def test_own_words_are_never_longer_than_the_body(body):
    assert len(own_words(body).text) <= len(composed(body))


@given(texts)
def test_own_words_have_no_white_space_around_them(body):
    own = own_words(body).text
    assert own == own.strip()


@given(mails)
def test_places_in_the_body_rise(body):
    own = own_words(body)
    starts = [own.place(place, place + 1)[0] for place, letter in enumerate(own.text) if letter != "\n"]
    assert starts == sorted(starts)


@given(st.sampled_from(PIECES["own"]), st.sampled_from(PIECES["quoted"]), st.sampled_from(PIECES["closing"]))
def test_what_stands_above_a_signature_and_a_quotation_is_kept_alone(own, quoted, closing):
    assert own_words(f"{own}\n\n{closing}\n\n{quoted}").text == own


@pytest.mark.parametrize(
    "body",
    ["", " ", "\n", "\x00", "a\x00b", "<", ">", "<<<>>>", "<p", "&", "&;", "&#0;", "&#x110000;<br>", "`", "-", "--"],
)
def test_no_sign_breaks_it(body):
    assert len(own_words(body).text) <= len(body)


@pytest.mark.parametrize("half", ["\ud800", "a\ud83d b", "\ud800\n\udc00\n<p>x</p>"])
def test_half_a_letter_becomes_one_that_can_be_written(half):
    assert own_words(half).text.encode().decode() == own_words(half).text


@pytest.mark.parametrize(
    "line",
    ["The export fails again. ", "word\n", "> quoted\nown line\n", "<p>It is slow.</p>", "From: a\nTo: b\n", "żółć "],
)
def test_of_a_body_of_five_megabytes_no_more_than_its_beginning_is_looked_at(line):
    body = line * (5_000_000 // len(line))
    assert own_words(body) == own_words(composed(body)[:MOST_OF_BODY])


def test_what_stands_after_the_beginning_of_a_long_body_is_not_read():
    assert len(own_words("x" * 5_000_000).text) == MOST_OF_BODY


@pytest.mark.parametrize("line", ["Best regards", "mvh", "MfG", "감사합니다.", "בברכה,", "Pozdrawiam", "--", "br"])
@pytest.mark.parametrize("between", ["\n", "\n\n", "\n> x\n"])
def test_a_mail_of_two_thousand_closing_formulas_is_read(line, between):
    body = between.join([line] * 2000)
    assert len(own_words(body).text) <= len(body)


@pytest.mark.parametrize(
    "line",
    [
        "From: a",
        "On Mon, 2 Jun 2025 at 09:30, Help <help@example.com> wrote:",
        "```",
        "<blockquote>",
        "<p>",
        "Hi,",
        "&amp;",
    ],
)
def test_a_mail_of_two_thousand_equal_lines_is_read(line):
    body = "\n".join([line] * 2000 + ["> x"])
    assert len(own_words(body).text) <= len(body)


def test_a_line_without_signs_is_left_as_it_is():
    assert own_words("  the export fails  ").text == "the export fails"


def test_words_around_an_address_are_kept_with_one_space_between():
    assert own_words("see https://example.com/a?b=c for it").text == "see for it"


def test_an_answer_between_quoted_lines_is_kept():
    assert own_words("> Does it work?\nNo, it does not.\n> And now?\nStill not.").text == "No, it does not.\nStill not."


def test_a_header_wrapped_over_two_lines_introduces_the_quotation():
    body = "It fails.\n\nOn Tuesday, 3 June 2025, Help Desk \n <help@example.com> wrote:\n\nPlease try again."
    assert own_words(body).text == "It fails."


def test_a_closing_formula_above_forwarded_mail_ends_the_message_whatever_the_forwarded_mail_says():
    forwarded = "보낸 사람: 지원팀\n받는 사람: 김민지\n제목: 문의\n\n기간을 변경해 주세요."
    body = f"설정을 바꿨습니다.\n\n감사합니다.\n김민지\n\n{forwarded}"
    assert own_words(body).text == "설정을 바꿨습니다."


def test_thanks_in_the_middle_of_a_message_do_not_end_it():
    body = "Thanks,\nbut the second invoice that you sent to our office last week is still wrong."
    assert own_words(body).text == body


@pytest.mark.parametrize(
    "body", ["Out of office: back on Monday", "I am out of the office until 3 June.\nMaria", "부재 중 자동 응답입니다."]
)
def test_what_no_person_wrote_is_automatic(body):
    assert own_words(body).is_automatic


def test_a_complaint_about_automatic_replies_is_not_automatic():
    assert not own_words("All we get from you are automatic answers, please read what we write.").is_automatic


@pytest.mark.parametrize("sign", ["\u00ad", "\u200b", "\u2060", "\ufeff", "\u200e"])
def test_signs_that_nobody_sees_hide_no_word(sign):
    body = f"{sign}We will can{sign}cel our sub{sign}scription."
    own = own_words(body)
    assert own.text == "We will cancel our subscription."
    start, end = own.place(len("We will "), len("We will cancel"))
    assert body[start:end] == f"can{sign}cel"
