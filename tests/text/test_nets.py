"""The net over the rules lets nothing through that a rule would match; the rules are of today and none runs away."""

import json
import re
import tomllib
from functools import cache
from importlib import resources
from pathlib import Path
from re import _constants as kinds
from re import _parser as parser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from churnrisk.text import TAUGHT, nets
from churnrisk.text.measure import read_cases
from churnrisk.text.net import Net, _sequence, required
from churnrisk.text.rules import languages, rules_hash

CASES = Path(__file__).parent / "cases"
#: Letters with more than one small letter, or that `re` takes for another where case does not matter.
ODD_LETTERS = "İıſKÅßẞ"


@cache
def case_texts():
    """Lines of the mails and sentences that others wrote to try the rules."""
    mails = [case["body"] for code in TAUGHT for case in _cleaning_cases(code)]
    lines = [line.strip() for mail in mails for line in mail.splitlines()]
    tables = [read_cases(CASES / f"{kind}_{code}.tsv") for kind in ("intent", "sentiment") for code in TAUGHT]
    said = [text for table in tables for text in table.text]
    return sorted({text for text in lines + said if text} | {text.upper() for text in lines[::5] + said[::5] if text})


def _cleaning_cases(code):
    return tomllib.loads((CASES / f"cleaning_{code}.toml").read_text(encoding="utf-8"))["case"]


@cache
def caught_numbers(part):
    """Of each case text the patterns of a part that the net caught."""
    return {text: set(nets.caught(part, text)) for text in case_texts()}


@pytest.mark.slow
@pytest.mark.parametrize("part", nets.PARTS)
def test_every_pattern_that_finds_something_in_a_case_was_caught_by_the_net(part):
    missed = [
        (pattern, text)
        for number, pattern in enumerate(nets.patterns_of(part))
        for search in [nets.compiled(part, number).search]
        for text, caught in caught_numbers(part).items()
        if (part, number) not in caught and search(text)
    ]
    assert missed == []


@pytest.mark.parametrize("part", nets.PARTS)
def test_the_net_leaves_few_of_the_patterns_to_try(part):
    caught = caught_numbers(part)
    share = sum(map(len, caught.values())) / len(caught) / len(nets.patterns_of(part))
    assert share < 0.1


@pytest.mark.parametrize(
    ("pattern", "gives"),
    [
        ("cancel", [{"cancel"}]),
        ("CanCel", [{"cancel"}]),
        ("cancel|refund", [{"cancel", "refund"}]),
        ("(?:end|stop) it", [{"end it", "stop it"}]),
        ("colou?r", [{"color", "colour"}]),
        ("gr[ae]y", [{"gray", "grey"}]),
        ("(?:our )?contract", [{"contract", "our contract"}]),
        (r"cancel\w*", [{"cancel"}]),
        (r"cancel\w* .{0,20}contract", [{"contract"}, {"cancel"}, {" "}]),
        (r"\bleave\b", [{"leave"}]),
        ("(?=soon)leave", [{"leave"}]),
        ("(?<!un)happy", [{"happy"}]),
        ("(?:go){2,3}", [{"go"}]),
        ("(?:stay|go )+away", [{"away"}, {"stay", "go "}]),
        ("(?:cancel)*", []),
        ("a|bcd", []),
        (r"\d+[a-z]?", []),
        ("[^a]", []),
        ("해지", [{"해지"}]),
        ("ÆRGERLIG", [{"ærgerlig"}]),
        (r"stop(?:ped|\w+) now", [{"stop"}, {" now"}]),
    ],
)
def test_what_a_match_must_contain(pattern, gives):
    found = [set(literals) for literals in required(pattern)]
    assert [one for one in found if min(map(len, one)) > 1] == [one for one in gives if min(map(len, one)) > 1]


LITERALS = st.text("abiksåß해 ", min_size=1, max_size=3)
PATTERNS = st.recursive(
    st.one_of(LITERALS, st.sampled_from(["[ab]", "[^a]", r"\w", r"\s", ".", r"\b", "(?=a)", "(?!b)", "^", "$"])),
    lambda inner: st.one_of(
        st.tuples(inner, inner).map("".join),
        st.tuples(inner, inner).map(lambda two: f"(?:{two[0]}|{two[1]})"),
        st.tuples(inner, st.sampled_from(["?", "*", "+", "{2}", "{1,2}", "{0,3}?"])).map(
            lambda two: f"(?:{two[0]}){two[1]}"
        ),
    ),
    max_leaves=8,
)


@given(st.lists(PATTERNS, min_size=1, max_size=5), st.text(f"abiksABIKSåß해 {ODD_LETTERS}", max_size=30))
def test_whatever_the_patterns_and_the_text_a_pattern_that_matches_is_caught(patterns, text):
    caught = Net([required(pattern) for pattern in patterns]).catch(text)
    matching = [number for number, pattern in enumerate(patterns) if re.search(pattern, text, re.IGNORECASE)]
    assert set(matching) <= set(caught)


@given(st.data())
def test_every_match_has_one_literal_of_each_set(data):
    pattern = data.draw(PATTERNS)
    match = data.draw(st.from_regex(re.compile(pattern), fullmatch=True, alphabet="abiksåß해 "))
    assert all(any(literal in match.lower() for literal in literals) for literals in required(pattern))


@pytest.mark.parametrize("letter", ODD_LETTERS)
def test_a_letter_that_stands_for_another_where_case_does_not_matter_is_caught(letter):
    plain = next(plain for plain in "iskåß" if re.fullmatch(plain, letter, re.IGNORECASE))
    assert Net([[{f"m{plain}t"}]]).catch(f"M{letter}T") == [0]


def test_a_pattern_without_literals_is_always_tried():
    assert Net([[], [{"cancel"}]]).catch("hello") == [0]


def test_a_net_without_any_literal_catches_all():
    assert Net([[], []]).catch("hello") == [0, 1]


def test_a_pattern_is_caught_only_where_all_its_sets_are_there():
    net = Net([[{"cancel"}, {"contract", "plan"}]])
    assert [net.catch(text) for text in ("cancel it", "my plan", "CANCEL the Plan")] == [[], [], [0]]


@cache
def kept():
    return json.loads(resources.files("churnrisk.text").joinpath(nets.REQUIRED).read_text(encoding="utf-8"))


def test_what_was_worked_out_is_of_the_rules_of_today():
    assert kept()["rules"] == rules_hash(), "run python -m churnrisk.text"


@pytest.mark.slow
@pytest.mark.parametrize("part", nets.PARTS)
def test_every_set_that_was_worked_out_is_one_that_its_pattern_requires_today(part):
    true_of = [_sequence(parser.parse(pattern, re.IGNORECASE)).one_of for pattern in nets.patterns_of(part)]
    astray = [
        pattern
        for pattern, sets, true in zip(nets.patterns_of(part), kept()["parts"][part], true_of, strict=True)
        if not {frozenset(one) for one in sets} <= true or (true and not sets)
    ]
    assert astray == [], "run python -m churnrisk.text"


@pytest.mark.slow
def test_working_it_out_again_gives_the_file_but_for_what_newly_written_phrases_make_commoner():
    again = json.loads(nets.work_out())
    pairs = [pair for part in nets.PARTS for pair in zip(again["parts"][part], kept()["parts"][part], strict=True)]
    same = sum(one == other for one, other in pairs) / len(pairs)
    assert (again["rules"], same > 0.95) == (kept()["rules"], True), f"{same:.3f}: run python -m churnrisk.text"


def every_pattern():
    """All patterns of all languages, those that excuse too."""
    excuses = [one for language in languages() for one in (language, *language.intents)]
    return [pattern for part in nets.PARTS for pattern in nets.patterns_of(part)] + [
        pattern for one in excuses for pattern in one.unless
    ]


@cache
def parsed():
    return {pattern: parser.parse(pattern, re.IGNORECASE) for pattern in every_pattern()}


def test_every_pattern_of_every_language_is_one_of_python():
    assert set(parsed()) == set(every_pattern())


def test_no_pattern_matches_the_empty_text():
    empty = [
        pattern for part in nets.PARTS for pattern in nets.patterns_of(part) if re.search(pattern, "", re.IGNORECASE)
    ]
    assert empty == []


def test_no_pattern_repeats_without_end_what_repeats_without_end():
    assert [pattern for pattern, parts in parsed().items() if _runs_away(parts)] == []


@pytest.mark.parametrize(
    ("pattern", "runs"),
    [
        (r"(?:\w+)*", True),
        (r"(?:a+|b)+", True),
        (r"(?:\w+ ?)+", True),
        (r"(?:(?:a*b){2,})*", True),
        (r"(?:now |on \w+ )*off", False),
        (r"(?:\w+ ){0,3}off", False),
        (r"\w+ \w+", False),
    ],
)
def test_a_repeat_in_a_repeat_is_seen_unless_a_sign_divides_the_rounds(pattern, runs):
    assert _runs_away(parser.parse(pattern)) == runs


def _runs_away(parts, inside=False):
    """Whether an endless repeat holds another one, after which no sign ends the round."""
    following = [*list(parts), (None, None)][1:]
    return any(_part_runs_away(part, after, inside) for part, after in zip(parts, following, strict=True))


def _part_runs_away(part, after, inside):
    kind, value = part
    if kind in (kinds.MAX_REPEAT, kinds.MIN_REPEAT):
        is_endless = value[1] == kinds.MAXREPEAT
        if is_endless and inside and not _divides(after, value[2]):
            return True
        return _runs_away(value[2], inside or is_endless)
    if kind is kinds.SUBPATTERN:
        return _runs_away(value[-1], inside)
    if kind is kinds.BRANCH:
        return any(_runs_away(branch, inside) for branch in value[1])
    if kind in (kinds.ASSERT, kinds.ASSERT_NOT):
        return _runs_away(value[1])
    return False


def _divides(after, repeated):
    """Whether what follows is a sign that letters and digits, which are repeated, cannot be."""
    kind, value = after
    words = ("CATEGORY_WORD", "CATEGORY_DIGIT")
    is_words = all(
        kind is kinds.IN and all(sort is kinds.CATEGORY and str(name) in words for sort, name in signs)
        for kind, signs in repeated
    )
    return kind is kinds.LITERAL and not chr(value).isalnum() and is_words
