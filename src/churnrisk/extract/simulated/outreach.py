"""What contacting an account does: the plays, how well each fits each cause, and the rows it leaves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from churnrisk.errors import InputError
from churnrisk.extract.simulated import frames
from churnrisk.extract.simulated.causes import CAUSE_NAMES, CAUSES
from churnrisk.extract.simulated.clock import DAY, Clock, working_moment
from churnrisk.extract.simulated.draws import Bools, Draws, Floats, Ints
from churnrisk.extract.simulated.population import Population

#: The plays the company knows, and the cause each one answers; any other play is a friendly call.
PLAY_FITS = {
    "training_session": "usage_drop",
    "priority_support": "slow_response",
    "meet_new_champion": "champion_left",
    "root_cause_review": "reopened",
    "payment_plan": "billing",
    "price_review": "price_change",
}
FRIENDLY_CALL = "check_in"
#: What a contact takes off the log hazard while it lasts: the play answers the strongest cause at work; it does not,
#: but there is a cause; nothing is wrong. The first is about a halving and a bit (exp(-0.9) = 0.41).
FITTING, OTHER, WITHOUT_CAUSE = 0.90, 0.35, 0.05
#: Weeks the effect lasts, from the week of the contact on.
SHORTEST_EFFECT, LONGEST_EFFECT = 8, 12
OUTCOMES = ("no_answer", "talked", "saved", "refused")
#: Shares of the outcomes that a CSM writes down, with and without a cause at work: opinion, not the truth.
_OUTCOME_SHARES = ((0.3, 0.6, 0.05, 0.05), (0.25, 0.4, 0.25, 0.1))


@dataclass(frozen=True)
class Action:
    """One contact in the coming week: which account, with which play, by whom."""

    account_id: str
    play: str
    csm: str


class OutreachEffects:
    """How much the contacts of the past weeks take off each account's log hazard."""

    def __init__(self, population: Population, clock: Clock) -> None:
        self._population = population
        self._clock = clock
        self._index = {account: i for i, account in enumerate(population.account_ids.to_pylist())}
        self._csms = frozenset(population.csm_keys)
        self._size = np.zeros(population.size)
        self._until = np.full(population.size, -1)

    def reduction(self, week: int) -> Floats:
        """What is taken off the log hazard this week."""
        return np.where(self._until >= week, self._size, 0.0)

    def act(
        self, actions: Sequence[Action], week: int, draws: Draws, live: Bools, cause: Ints
    ) -> tuple[pa.Table, pa.Table]:
        """Carry the week's actions out; `cause` is the strongest at work by account, or -1. Rows, and the truth."""
        chosen = self._accounts(actions, live)
        fits = np.array(
            [CAUSE_NAMES.index(PLAY_FITS[a.play]) if a.play in PLAY_FITS else -2 for a in actions], np.int64
        )
        effect = np.where(cause[chosen] < 0, WITHOUT_CAUSE, np.where(fits == cause[chosen], FITTING, OTHER))
        uniforms = draws.stream("outreach").random((4, self._population.size))
        weeks = SHORTEST_EFFECT + np.floor(uniforms[0] * (LONGEST_EFFECT + 1 - SHORTEST_EFFECT)).astype(np.int64)
        until = week + weeks[chosen] - 1
        stronger = effect >= self.reduction(week)[chosen]
        self._size[chosen[stronger]] = effect[stronger]
        self._until[chosen[stronger]] = until[stronger]
        truth = pa.table(
            {
                "account_id": self._population.account_ids.take(pa.array(chosen)),
                "week": np.full(len(chosen), week),
                "play": pa.array([action.play for action in actions], pa.string()),
                "cause": frames.labels(CAUSE_NAMES, cause[chosen]),
                "log_hazard_reduction": effect,
                "until_week": until,
            }
        )
        return self._rows(actions, chosen, week, uniforms[:, chosen], cause[chosen] >= 0), truth

    def _accounts(self, actions: Sequence[Action], live: Bools) -> Ints:
        """Indexes of the accounts acted on; refuses what cannot be carried out."""
        for action in actions:
            if action.account_id not in self._index or not live[self._index[action.account_id]]:
                raise InputError(
                    f"{action.account_id} is not a live account of the simulated company",
                    "Choose from Company.observed()",
                    account_id=action.account_id,
                )
            if action.csm not in self._csms:
                raise InputError(
                    f"{action.csm} is not one of its CSMs", "Choose from Company.observed()", csm=action.csm
                )
        accounts = [self._index[action.account_id] for action in actions]
        if len(set(accounts)) < len(accounts):
            raise InputError("An account is contacted twice in one week", "Give one action per account and week")
        return np.array(accounts, np.int64)

    def _rows(self, actions: Sequence[Action], chosen: Ints, week: int, uniforms: Floats, has_cause: Bools) -> pa.Table:
        """One version when done, one when the outcome is known, two to twelve days later."""
        at = self._clock.to_utc(self._clock.week_start(week) + working_moment(uniforms[1]))
        outcome_at = at + ((2 + 10 * uniforms[2]) * 24).astype(np.int64) * (DAY // 24)
        edges = np.cumsum(np.array(_OUTCOME_SHARES)[has_cause.astype(np.int64)], axis=1)
        outcome = (uniforms[3][:, None] > edges[:, :-1]).sum(axis=1)
        done = frames.build(
            "outreach",
            outreach_id=frames.numbered("O", chosen + 1, np.full(len(chosen), week + 1)),
            account_id=self._population.account_ids.take(pa.array(chosen)),
            csm=pa.array([action.csm for action in actions], pa.string()),
            play=pa.array([action.play for action in actions], pa.string()),
            at=at,
            known_at=at,
        )
        known = frames.replaced(
            done, outcome=frames.labels(OUTCOMES, outcome), outcome_at=outcome_at, known_at=outcome_at
        )
        return pa.concat_tables([done, known])


def effect_table() -> pa.Table:
    """What every play does to every cause: rows of truth/plays.parquet."""
    plays = [*PLAY_FITS, FRIENDLY_CALL]
    rows: list[tuple[str, str | None, float]] = [
        (play, cause.name, FITTING if PLAY_FITS.get(play) == cause.name else OTHER)
        for play in plays
        for cause in CAUSES
    ]
    rows += [(play, None, WITHOUT_CAUSE) for play in plays]
    return pa.table(
        {
            "play": [row[0] for row in rows],
            "cause": pa.array([row[1] for row in rows], pa.string()),
            "log_hazard_reduction": [row[2] for row in rows],
        }
    )
