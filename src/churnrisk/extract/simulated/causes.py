"""Why accounts leave: the planted causes, their strengths, and when each account has which.

A cause shows in the records from its start. `lag_weeks` later, when patience has worn thin, the weekly hazard of
deciding to leave is multiplied by exp(strength) until the cause ends, and falls back over `FADE_WEEKS` after that.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from churnrisk.extract.simulated.clock import WEEK
from churnrisk.extract.simulated.draws import Bools, Draws, Floats, Ints


@dataclass(frozen=True)
class Cause:
    """One planted cause of leaving.

    Attributes:
        name: as truth/ writes it; also the reason code a good explanation gives.
        strength: what it adds to the log of the weekly hazard while it is active.
        lag_weeks: weeks from its first trace in the records to the raised hazard.
        shows: where it can be seen in the records.
        words: what the account says when asked why it left (`churn_events.reason`).
    """

    name: str
    strength: float
    lag_weeks: int
    shows: str
    words: str


#: In order of strength. The strengths and the shared rate below were tuned so that a small LightGBM over obvious
#: features, fitted on earlier months of 2,000 accounts, finds the same order on later months (seeds 1 to 3; figures in
#: docs/simulated-company.md). They lie far apart because a few hundred departures tell a strength to about 0.2 only.
CAUSES = (
    Cause("usage_drop", 4.10, 1, "usage: value and active_users slide to about a third", "no longer using it"),
    Cause("slow_response", 2.90, 3, "messages: first replies take about nine times as long", "slow support"),
    Cause("champion_left", 1.95, 0, "contacts: the champion gets left_at", "new management"),
    Cause("reopened", 1.20, 4, "ticket_events: solved tickets are opened again", "problems not solved"),
    Cause("billing", 0.70, 5, "invoices: paid weeks after they are due", "payment trouble"),
    Cause("price_change", 0.20, 0, "subscriptions: a new row with MRR 12, 15 or 20 % higher", "price"),
)
CAUSE_NAMES = tuple(cause.name for cause in CAUSES)
USAGE_DROP, SLOW_RESPONSE, CHAMPION_LEFT, REOPENED, BILLING, PRICE_CHANGE = range(len(CAUSES))
STRENGTHS = np.array([cause.strength for cause in CAUSES])
LAGS = np.array([cause.lag_weeks for cause in CAUSES])

#: Chance per week that a cause starts at an account that has it not: the same for all, so strengths are comparable.
WEEKLY_START = 0.0065
#: Weeks with the raised hazard, both ends included.
SHORTEST, LONGEST = 14, 26
FADE_WEEKS = 4
#: Weeks of peace before the same cause may start again at the same account.
REST_WEEKS = 10
_LONG_AGO = -10_000


class CauseStates:
    """Which causes are at work at which account; arrays are accounts x causes."""

    def __init__(self, accounts: int) -> None:
        shape = (accounts, len(CAUSES))
        self.started = np.full(shape, _LONG_AGO, np.int64)
        self.until = np.full(shape, _LONG_AGO, np.int64)

    def step(self, week: int, draws: Draws, eligible: Bools) -> Bools:
        """Start new causes at eligible accounts; says which started this week."""
        chance = draws.stream("causes")
        lucky = chance.random(self.started.shape) < WEEKLY_START
        weeks = chance.integers(SHORTEST, LONGEST + 1, self.started.shape)
        begins = lucky & eligible[:, None] & (week > self.until + FADE_WEEKS + REST_WEEKS)
        self.started = np.where(begins, week, self.started)
        self.until = np.where(begins, week + LAGS + weeks - 1, self.until)
        return begins

    def shown(self, week: int) -> Bools:
        """Whether the cause leaves traces in the records."""
        return (self.started <= week) & (week <= self.until)

    def age(self, week: int) -> Ints:
        """Weeks since each cause started; meaningful where `shown`."""
        return week - self.started

    def intensity(self, week: int) -> Floats:
        """From 0 to 1: how much of its strength each cause has this week."""
        fading = np.clip(1 - (week - self.until) / (FADE_WEEKS + 1), 0, 1)
        return np.where(week >= self.started + LAGS, fading, 0.0)

    def begun_table(self, begins: Bools, account_ids: pa.Array, week: int, week_start: int) -> pa.Table:
        """The causes that started this week as rows of truth/causes.parquet; `week_start` in UTC."""
        account, cause = np.nonzero(begins)
        hazard_from = week_start + LAGS[cause] * WEEK
        ends = week_start + (self.until[account, cause] + 1 - week) * WEEK
        return pa.table(
            {
                "account_id": account_ids.take(pa.array(account)),
                "cause": pa.array(list(CAUSE_NAMES)).take(pa.array(cause)),
                "strength": STRENGTHS[cause],
                "week": np.full(len(account), week),
                "starts_at": np.full(len(account), week_start).view("M8[us]"),
                "hazard_from": hazard_from.view("M8[us]"),
                "ends_at": ends.view("M8[us]"),
            }
        )


def main_cause(log_raises: Floats) -> Ints:
    """The cause that raises the hazard most, or -1 where none does."""
    strongest = log_raises.argmax(axis=1)
    return np.where(log_raises.max(axis=1) > 0, strongest, -1)
