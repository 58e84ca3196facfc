"""Deciding to leave: the weekly hazard of each account, who decides, and why they say they do."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from churnrisk.extract.simulated import frames
from churnrisk.extract.simulated.causes import CAUSE_NAMES, CAUSES, main_cause
from churnrisk.extract.simulated.clock import DAY, WEEK, Clock
from churnrisk.extract.simulated.contracts import Contracts
from churnrisk.extract.simulated.draws import Bools, Draws, Floats

#: The weekly hazard of an account without any cause. With the causes as planted about 1.8 % of the live accounts
#: leave in a month.
BASE_WEEKLY_HAZARD = 0.00026
#: Added to the log hazard in the weeks before a renewal, when contracts are looked at.
RENEWAL_NEAR, RENEWAL_WEEKS = 0.30, 8
#: Added to the log hazard of an account on the day it comes, falling to nothing over the weeks of settling in. It about
#: makes up for the causes that new accounts have not had time to get; else being new would look like a protection.
SETTLING_IN, SETTLING_WEEKS = 1.1, 24
#: What accounts say that leave for another reason, or do not tell theirs; the last is for those who stopped paying.
_OTHER_WORDS = ("other supplier", "company closed", "budget", "missing features", "not told", "unpaid")
_WORDS = (*(cause.words for cause in CAUSES), *_OTHER_WORDS)
_HONEST_SHARE = 0.7


class Leaving:
    """Weighs the causes of each account against chance, once a week."""

    def __init__(self, clock: Clock, contracts: Contracts) -> None:
        accounts = contracts.population.size
        self._clock = clock
        self._contracts = contracts
        self._cause = np.full(accounts, -1)
        self._said = np.full(accounts, len(CAUSES))

    def step(self, week: int, draws: Draws, live: Bools, raises: Floats, reduction: Floats) -> pa.Table:
        """Let accounts decide; `raises` is what each cause adds to the log hazard, `reduction` what outreach takes off.

        Gives the week's truth: one row for each account that could still decide.
        """
        open_minded = live & self._contracts.is_undecided()
        log_hazard = self._log_hazard(week, raises)
        without, hazard = _chance(log_hazard), _chance(log_hazard - reduction)
        decides = open_minded & (draws.stream("decisions").random(len(live)) < hazard)
        self._contracts.decide(week, draws, decides)
        self._remember(draws, decides, raises)
        chosen = np.flatnonzero(open_minded)
        columns = {
            "account_id": self._contracts.population.account_ids.take(pa.array(chosen)),
            "week": np.full(len(chosen), week, np.int32),
            "at": np.full(len(chosen), self._clock.week_start_utc(week)).view("M8[us]"),
            "hazard": hazard[chosen].astype(np.float32),
            "hazard_without_outreach": without[chosen].astype(np.float32),
            "decided": decides[chosen],
        }
        by_cause = {name: raises[chosen, number].astype(np.float32) for number, name in enumerate(CAUSE_NAMES)}
        return pa.table({**columns, **by_cause})

    def reasons(self) -> pa.Array:
        """What each account says when asked why it left."""
        return frames.labels(_WORDS, self._said)

    def departures(self) -> pa.Table:
        """Everyone who has decided to leave so far, also those whose contract still runs."""
        contracts = self._contracts
        gone = np.flatnonzero(~contracts.is_undecided())
        ends = frames.build(
            "subscriptions",
            account_id=contracts.population.account_ids.take(pa.array(gone)),
            notice_at=contracts.notice_at[gone],
            ended_at=contracts.ended_at[gone],
        )
        return pa.table(
            {
                "account_id": ends.column("account_id"),
                "decided_week": contracts.decided_week[gone],
                "notice_at": ends.column("notice_at"),
                "ended_at": ends.column("ended_at"),
                "voluntary": ~contracts.involuntary[gone],
                "main_cause": frames.labels(CAUSE_NAMES, self._cause[gone]),
            }
        )

    def _log_hazard(self, week: int, raises: Floats) -> Floats:
        now = self._clock.week_start_utc(week)
        to_renewal = self._contracts.renewal_at - now
        near = np.where(to_renewal < RENEWAL_WEEKS * 7 * DAY, RENEWAL_NEAR, 0.0)
        age = (now - self._contracts.population.created_at) / WEEK
        settling = SETTLING_IN * np.clip(1 - age / SETTLING_WEEKS, 0, 1)
        frailty = self._contracts.population.frailty
        return np.asarray(np.log(BASE_WEEKLY_HAZARD) + frailty + near + settling + raises.sum(axis=1))

    def _remember(self, draws: Draws, decides: Bools, raises: Floats) -> None:
        """Keep the strongest cause of those who decided, and what they will say."""
        uniforms = draws.stream("reasons").random((2, len(decides)))
        main = main_cause(raises)
        other = len(CAUSES) + np.floor(uniforms[1] * (len(_OTHER_WORDS) - 1)).astype(np.int64)
        said = np.where((main >= 0) & (uniforms[0] < _HONEST_SHARE), main, other)
        said = np.where(self._contracts.involuntary, len(_WORDS) - 1, said)
        self._cause = np.where(decides, main, self._cause)
        self._said = np.where(decides, said, self._said)


def _chance(log_hazard: Floats) -> Floats:
    """The chance of deciding within the week."""
    return np.asarray(-np.expm1(-np.exp(log_hazard)))
