"""What leaving can mean in this export, and how it can be learnt from the history at hand: the proposed parameters.

Reads the mapped samples. Counts who left, under each meaning; then tries label windows, steps and splits, the usual
ones first, until enough leavers are in every part.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from itertools import product

import duckdb
import numpy as np

from churnrisk.extract.proposal.facts import Activity, Facts, Meaning
from churnrisk.history import Incoming
from churnrisk.parameters import Label
from churnrisk.timeline import AsOf, LabelWindow, grid, purged_split

#: Leavers in a part from which it is taken without more trying.
PLENTY = 25
#: As_of for training from which it is taken without more trying.
_TRAINED = 6
#: Leavers without which a part cannot be used.
LEAST = 10
#: Accounts that left from which a meaning is worth trying before others.
WORTH = 20
#: As_of for testing and for calibration.
_SPLITS = ((3, 3), (2, 2), (1, 1))
#: Signs of life without which silence tells nothing.
_SIGNS = 200
#: What tells explicitly that an account left, in the order in which it is believed.
_EXPLICIT: dict[Meaning, str] = {"contract_end": "an end of their last contract", "event": "a cancellation"}


@dataclass
class Choice:
    """The proposed parameters, with what was found.

    Attributes:
        kind: what leaving means.
        activity: the table whose rows are signs of life.
        lead: days between the as_of and the label window.
        horizon: days of the label window.
        warm_up_days: history an as_of needs before it.
        step_days: days between two as_of.
        as_ofs: how many are used.
        test: as_of kept for testing.
        calibrate: as_of kept for calibration.
        rows: rows there are to train on, about.
        base_rate: the share of accounts that leave within a window, about.
        found: what was found, in sentences.
        doubts: what somebody should look at.
    """

    kind: Meaning = "silence"
    activity: Activity = "tickets"
    lead: int = 14
    horizon: int = 90
    warm_up_days: int = 180
    step_days: int = 28
    as_ofs: int = 24
    test: int = 3
    calibrate: int = 3
    rows: int = 0
    base_rate: float = 0.1
    found: list[str] = field(default_factory=list)
    doubts: list[str] = field(default_factory=list)


def choose(connection: duckdb.DuckDBPyConnection, incoming: list[Incoming]) -> Choice:
    """The parameters that fit the mapped samples: the first meaning of leaving with enough leavers in every part."""
    facts = Facts(connection, incoming)
    if facts.first is None or facts.last is None:
        return Choice(doubts=["no fact has a readable moment"])
    months = (facts.last - facts.first).days / 30.4
    found = [f"{months:.0f} months of facts, {facts.first} to {facts.last}; {facts.accounts:,} accounts"]
    told = [_counted(facts, kind) for kind in _EXPLICIT if facts.has(kind)]
    found += [said for _, _, said in told]
    tried = [_fitted(facts, Choice(kind, facts.activity(), found=found)) for kind, count, _ in told if count >= WORTH]
    good = next((fitted for fitted in tried if fitted[0] >= LEAST), None)
    if good is None and (silence := _silence(facts, found)) is not None:
        tried.append(_fitted(facts, silence))
        good = tried[-1] if tried[-1][0] >= LEAST else None
    if good is None:
        tried = tried or [_fitted(facts, Choice(told[0][0] if told else "silence", facts.activity(), found=found))]
        good = max(tried, key=lambda fitted: fitted[0])
        said = f"the smallest part has {max(good[0], 0)} leavers where {LEAST} are needed: training will refuse"
        good[1].doubts.append(f"{said}; export a longer history")
    return good[1]


def _counted(facts: Facts, kind: Meaning) -> tuple[Meaning, int, str]:
    """How many accounts left under that meaning, also as a sentence."""
    _, accounts = facts.leavers(kind)
    return kind, accounts, f"{accounts:,} of {facts.accounts:,} accounts have {_EXPLICIT[kind]}"


def _silence(facts: Facts, found: list[str]) -> Choice | None:
    """Silence for longer than usual, where nothing says enough about who left."""
    activity = facts.activity()
    if facts.count(activity) < _SIGNS:
        return None
    gaps = np.concatenate([np.diff(days) for days in facts.lives(activity)] or [np.array([])])
    usual = float(np.quantile(gaps, 0.9)) if len(gaps) else 90.0
    horizon = int(min(max(30 * np.ceil(usual / 30), 30), 180))
    said = f"nine of ten gaps between {activity} of an account are at most {usual:.0f} days"
    doubt = "too little says who left: silence is taken for leaving"
    why = f"{said}: {horizon} days without one count as leaving"
    return Choice("silence", activity, 0, horizon, found=[*found, why], doubts=[doubt])


def _fitted(facts: Facts, choice: Choice) -> tuple[int, Choice]:
    """Window, steps and split with enough leavers in every part, the usual ones first; and the leavers in the least."""
    best: tuple[tuple[int, int], Choice] | None = None
    counter = _Silence(facts, choice.activity) if choice.kind == "silence" else _Left(facts, choice.kind)
    for tried in _variants(choice):
        least, as_ofs = _least(facts, counter, tried)
        rank = (min(least, PLENTY), min(as_ofs, _TRAINED))
        if best is None or rank > best[0]:
            best = (rank, tried)
        if rank == (PLENTY, _TRAINED):
            break
    assert best is not None
    (least, _), found = best
    if found.horizon != choice.horizon:
        why = "the history is short" if found.horizon < choice.horizon else "too few accounts leave in a shorter one"
        found.found.append(f"the horizon is {found.horizon} instead of {choice.horizon} days: {why}")
    return least, found


def _variants(choice: Choice) -> Iterator[Choice]:
    """The choice with shorter horizons, steps and test parts, the usual ones first; shorter warm-ups last of all."""
    shorter = [days for days in (180, 150, 120, 90, 60, 30) if days < choice.horizon]
    longer = [days for days in (60, 90, 120, 180) if choice.kind == "silence" and days > choice.horizon]
    horizons = [choice.horizon, *longer, *shorter]
    for grids in (((180, 28), (90, 28), (90, 14)), ((60, 14), (30, 7))):
        for horizon, (warm, step), (test, calibrate) in product(horizons, grids, _SPLITS):
            yield replace(
                choice,
                horizon=horizon,
                warm_up_days=warm,
                step_days=step,
                as_ofs=24 if step == 28 else 36,
                test=test,
                calibrate=calibrate,
                found=list(choice.found),
                doubts=list(choice.doubts),
            )


def _least(facts: Facts, counter: _Left | _Silence, choice: Choice) -> tuple[int, int]:
    """Leavers (or stayers) in the smallest part, -1 where a part is empty; as_of for training. Fills in the rates."""
    label = Label(kind=choice.kind, lead=choice.lead, horizon=choice.horizon, activity=choice.activity)
    window = LabelWindow.of(label)
    assert facts.first is not None
    assert facts.last is not None
    first = facts.first + timedelta(days=choice.warm_up_days)
    as_ofs = grid(first, window.last_matured(AsOf(facts.last)), choice.step_days, choice.as_ofs)
    if len(as_ofs) <= choice.test:
        return -1, 0
    try:
        split = purged_split(as_ofs, window, choice.test, choice.calibrate)
    except ValueError:
        return -1, 0
    if len(split.train) < 3:
        return -1, 0
    counted = [counter.count([(as_of.day - date(1970, 1, 1)).days + 1 for as_of in part], window)
               for part in (split.train, split.test)]  # fmt: skip
    choice.rows = counted[0][1]
    choice.base_rate = counted[0][0] / max(counted[0][1], 1)
    choice.as_ofs = min(choice.as_ofs, len(as_ofs))
    return int(min(min(left, asked - left) for left, asked in counted)), len(split.train)


class _Left:
    """Counts who left, by the days on which accounts left."""

    def __init__(self, facts: Facts, kind: Meaning) -> None:
        self._days, _ = facts.leavers(kind)
        self._facts = facts
        self._live: dict[int, int] = {}

    def count(self, days: list[int], window: LabelWindow) -> tuple[int, int]:
        """Leavers and accounts asked about, over some as_of (days since 1970)."""
        left = sum(
            int(
                np.searchsorted(self._days, day + window.reach, "right")
                - np.searchsorted(self._days, day + window.lead, "right")
            )
            for day in days
        )
        new = [day for day in days if day not in self._live]
        self._live |= dict(zip(new, map(int, self._facts.live(np.array(new))), strict=True))
        return left, max(sum(self._live[day] for day in days), left)


class _Silence:
    """Counts who fell silent, by the days on which accounts showed a sign of life."""

    def __init__(self, facts: Facts, activity: Activity) -> None:
        self._lives = facts.lives(activity) if facts.union(activity) else []

    def count(self, days: list[int], window: LabelWindow) -> tuple[int, int]:
        """Accounts that fell silent and accounts asked about, over some as_of (days since 1970)."""
        left = asked = 0
        for lived in self._lives:
            edges = np.array([[day - window.horizon, day, day + window.lead, day + window.reach] for day in days])
            places = np.searchsorted(lived, edges, "right")
            active = places[:, 1] > places[:, 0]
            silent = places[:, 3] == places[:, 2]
            asked += int(active.sum())
            left += int((active & silent).sum())
        return left, asked
