"""The line of every key of a TOML text, for messages: where it really stands, however it is written."""

import tomllib
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from churnrisk.settings.places import places
from tests.support.projects import toml


def test_keys_and_tables_have_the_lines_on_which_they_stand():
    assert places("a = 1\n\n[t] # a table\n  b = 2\n[t.u]\nc = 3\n") == {
        ("a",): 1,
        ("t",): 3,
        ("t", "b"): 4,
        ("t", "u"): 5,
        ("t", "u", "c"): 6,
    }


def test_each_element_of_an_array_of_tables_has_its_own_lines_and_its_own_sub_tables():
    text = "[[m]]\na = 1\n[m.columns]\nx = 1\n[[m]]\na = 2\n[m.columns]\nx = 2\n[m.events]\ny = 3\n"
    assert places(text) == {
        ("m", 0): 1,
        ("m", 0, "a"): 2,
        ("m", 0, "columns"): 3,
        ("m", 0, "columns", "x"): 4,
        ("m", 1): 5,
        ("m", 1, "a"): 6,
        ("m", 1, "columns"): 7,
        ("m", 1, "columns", "x"): 8,
        ("m", 1, "events"): 9,
        ("m", 1, "events", "y"): 10,
    }


def test_an_array_of_tables_inside_another_belongs_to_its_latest_element():
    found = places("[[a]]\n[[a.b]]\nx = 1\n[[a.b]]\n[[a]]\n[[a.b]]\nx = 2\n")
    assert (found["a", 0, "b", 0, "x"], found["a", 0, "b", 1], found["a", 1, "b", 0, "x"]) == (3, 4, 7)


@pytest.mark.parametrize(
    ("line", "path"),
    [
        ('"a b" = 1', ("a b",)),
        ("'a.b' = 1", ("a.b",)),
        ("a.b.c = 1", ("a", "b", "c")),
        ('a . "b.c" = 1', ("a", "b.c")),
        ('"a]b" = 1', ("a]b",)),
        ('"a=b" = 1', ("a=b",)),
        ('"größe" = 1', ("größe",)),
        ("[sources.'two words']", ("sources", "two words")),
        ('[ sources . "x.y" ]', ("sources", "x.y")),
        ('[sources."a]b"]', ("sources", "a]b")),
        ("[[rule]] # one", ("rule", 0)),
        ('["it\'s"]', ("it's",)),
    ],
)
def test_quoted_and_dotted_keys_are_read_as_toml_reads_them(line, path):
    tomllib.loads(line)
    assert places(line) == {path: 1}


@pytest.mark.parametrize(
    "text",
    [
        'a = """\nb = 1\n[c]\n"""\nd = 2\n',
        "a = '''\nb = 1\n[c]\n'''\nd = 2\n",
        'a = """\nb = \'\'\'\n[c]\n"""\nd = 2\n',
        'a = """x"""\n# """\n\n\nd = 2\n',
        'a = \'says """ here\'\n\n\n\nd = 2\n',
        'a = 1 # an open """ in a comment\n\n\n\nd = 2\n',
        "a = [\n  1,\n  2,\n]\nd = 2\n",
        "a = [\n  [1],\n  {b = 1},\n]\nd = 2\n",
        "a = [\n'b = 1',\n'[c]',\n]\nd = 2\n",
        'a = """one\nb \\"""\nc = 2\n"""\nd = 2\n',
    ],
)
def test_what_stands_inside_a_value_over_several_lines_is_no_key(text):
    assert set(tomllib.loads(text)) == {"a", "d"}
    assert places(text) == {("a",): 1, ("d",): 5}


def test_comments_and_inline_tables_are_no_keys_of_their_own():
    assert places("# a = 1\nb = { c = 1, d = 2 } # e = 3\n") == {("b",): 2}


def test_a_text_without_any_key_has_no_places():
    assert places("") == places("# only\n\n  # comments\n") == {}


NAMES = st.text("abcäö .=#[]\"'-_", min_size=1, max_size=5).filter(lambda name: "\\" not in name)
VALUES = st.one_of(
    st.integers(), st.booleans(), st.text("ab='\"[]#\n", max_size=6), st.lists(st.integers(), max_size=3)
)
CONTENT = st.dictionaries(
    NAMES,
    st.one_of(
        VALUES,
        st.dictionaries(NAMES, VALUES, max_size=3),
        st.lists(st.dictionaries(NAMES, VALUES), min_size=1, max_size=3),
    ),
    max_size=4,
)


def paths(content: Any, around: tuple = ()) -> set[tuple]:
    """Every table, element and key of a content."""
    if isinstance(content, dict):
        return {(*around, key) for key in content}.union(
            *(paths(value, (*around, key)) for key, value in content.items())
        )
    if isinstance(content, list) and content and isinstance(content[0], dict):
        return {(*around, n) for n in range(len(content))}.union(
            *(paths(value, (*around, n)) for n, value in enumerate(content))
        )
    return set()


@settings(max_examples=200)
@given(CONTENT)
def test_every_key_that_toml_reads_has_a_line_and_nothing_else_has(content):
    """The name of an array of tables has none of its own: its elements have."""
    text = toml(content)
    read = tomllib.loads(text)
    named = {path for path in paths(read) if not (path and _is_array(read, path))}
    assert set(places(text)) == named


def _is_array(content: Any, path: tuple) -> bool:
    for step in path:
        content = content[step]
    return isinstance(content, list) and bool(content) and isinstance(content[0], dict)
