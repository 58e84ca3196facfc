"""The engine gives what the reference gives: every feature, on small and nasty histories, at several as_of at once."""

import math
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

from hypothesis import Phase, example, given, settings
from hypothesis import strategies as st

from churnrisk.features import CATALOGUE, Matrices
from churnrisk.history import History
from churnrisk.timeline import AsOf
from tests.properties.worlds import LAST, Knobs, knobs, world_of
from tests.reference import reference
from tests.reference.numbers import AGGREGATES
from tests.reference.words import missing_words
from tests.support.history import Tables, land_rows

#: A world in which something is told of every feature.
FULL = Knobs(seed=5, accounts=30, tickets=200, late=0.1, corrected=0.1, zone="Europe/Copenhagen", metrics=2, segments=1)


@contextmanager
def opened(rows: Tables, zone: str) -> Iterator[History]:
    """A history with these rows."""
    with tempfile.TemporaryDirectory() as folder:
        land_rows(Path(folder), rows, time_zone=zone)
        yield History(Path(folder), zone)


def accounts_of(rows: Tables) -> list[str]:
    return sorted({row["account_id"] for row in rows["accounts"]})


def differences(history: History, as_ofs: Iterable[AsOf], accounts: list[str]) -> list[str]:
    """Where the engine, at all these as_of at once, says something else than the reference at each."""
    with tempfile.TemporaryDirectory() as folder:
        computed = dict(Matrices(history, CATALOGUE, Path(folder)).over(dict.fromkeys(as_ofs, accounts)))
    found = []
    for as_of, rows in computed.items():
        got, expected = rows.set_index("account_id"), reference(history.upto(as_of), CATALOGUE, accounts)
        found += [
            f"{name} of {account} at {as_of} is {got.loc[account, name]}, not {number}"
            for name, numbers in expected.items()
            for account, number in numbers.items()
            if not is_same(float(got.loc[account, name]), number)
        ]
    return found


def is_same(got: float, expected: float | None) -> bool:
    # Below the absolute bound lies only what subtraction leaves of numbers near one.
    return math.isnan(got) if expected is None else math.isclose(got, expected, rel_tol=1e-9, abs_tol=1e-12)


def test_every_expression_and_aggregate_of_the_catalogue_has_its_python():
    assert missing_words(CATALOGUE) == []
    assert {feature.aggregate for feature in CATALOGUE.features if feature.of is None} <= set(AGGREGATES)


def test_something_is_told_of_every_feature():
    """Otherwise the claims below would be empty."""
    rows = world_of(FULL)
    with opened(rows, FULL.zone) as history:
        told = reference(history.upto(AsOf(LAST - timedelta(days=20), FULL.zone)), CATALOGUE, accounts_of(rows))
    assert [name for name, numbers in told.items() if not any(numbers.values())] == []


# Looking for a simpler world takes many times as long as finding one, and a seed has no smaller one.
@settings(max_examples=10, phases=[Phase.explicit, Phase.generate])
@example(knobs=FULL, ago=[20, 100, 200])
@given(knobs=knobs, ago=st.lists(st.integers(0, 300), min_size=1, max_size=4, unique=True))
def test_the_engine_and_the_reference_agree_on_every_feature(knobs, ago):
    rows = world_of(knobs)
    with opened(rows, knobs.zone) as history:
        as_ofs = sorted(AsOf(LAST - timedelta(days=days), knobs.zone) for days in ago)
        assert differences(history, as_ofs, accounts_of(rows)) == []
