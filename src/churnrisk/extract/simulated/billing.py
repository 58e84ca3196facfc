"""Invoices: one a month on the account's own day, told once when issued and again when paid."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import pyarrow as pa

from churnrisk.extract.simulated import frames
from churnrisk.extract.simulated.clock import DAY, EPOCH, HOUR, MINUTE, NEVER, Clock
from churnrisk.extract.simulated.contracts import Contracts
from churnrisk.extract.simulated.draws import Bools, Draws, Floats, Ints

_STATUSES = ("open", "paid")
#: Ordinary payers: this share pays some days late now and then, and a few once in a while weeks late.
_SLIGHTLY_LATE, _INNOCENTLY_LATE = 0.12, 0.008


class Billing:
    """What every account is invoiced and when it pays."""

    def __init__(self, clock: Clock, founding: Draws, accounts: int) -> None:
        chance = founding.stream("billing")
        self._clock = clock
        self._day_of_month = chance.integers(1, 29, accounts)
        self._days_to_pay = np.array([14, 30])[chance.integers(0, 2, accounts)]

    def step(self, week: int, draws: Draws, contracts: Contracts, live: Bools, has_trouble: Bools) -> list[pa.Table]:
        """The invoices issued this week, and the versions in which they are paid, weeks later."""
        chance = draws.stream("invoices").random((3, len(live)))
        issued_at = self._issue_moments(week)
        is_due = (issued_at != NEVER) & live & ((contracts.ended_at == NEVER) | (issued_at < contracts.ended_at))
        chosen = np.flatnonzero(is_due)
        due_at = issued_at + self._days_to_pay * DAY
        paid_at = np.maximum(due_at + self._days_after_due(chance, has_trouble), issued_at + HOUR)
        never_paid = contracts.involuntary & (contracts.decided_week >= 0)
        paying = np.flatnonzero(is_due & ~never_paid)
        unpaid = self._rows(chosen, week, contracts, issued_at, due_at, np.full(len(live), NEVER), issued_at)
        paid = self._rows(paying, week, contracts, issued_at, due_at, paid_at, paid_at)
        return [unpaid, paid]

    def _issue_moments(self, week: int) -> Ints:
        """The moment of issue for the accounts whose day of the month falls in this week, else NEVER."""
        monday = self._clock.week_start(week)
        days = np.array([(EPOCH + timedelta(days=monday // DAY + d)).day for d in range(7)])
        matches = self._day_of_month[:, None] == days
        local = monday + matches.argmax(axis=1) * DAY + 6 * HOUR
        return np.where(matches.any(axis=1), self._clock.to_utc(local), NEVER)

    def _days_after_due(self, chance: Floats, has_trouble: Bools) -> Ints:
        """Microseconds from the due moment to the payment; most pay before."""
        how, much, minutes = chance
        early = -0.1 - 0.8 * much * self._days_to_pay
        days = np.select([how < _INNOCENTLY_LATE, how < _SLIGHTLY_LATE], [8 + 20 * much, 0.5 + 5 * much], early)
        days = np.where(has_trouble, 20 + 40 * much, days)
        return (days * 1440 + 60 * minutes).astype(np.int64) * MINUTE

    def _rows(
        self, chosen: Ints, week: int, contracts: Contracts, issued: Ints, due: Ints, paid: Ints, known: Ints
    ) -> pa.Table:
        is_paid = (paid[chosen] != NEVER).astype(np.int64)
        return frames.build(
            "invoices",
            invoice_id=frames.numbered("I", chosen + 1, np.full(len(chosen), week + 1)),
            account_id=contracts.population.account_ids.take(pa.array(chosen)),
            amount=contracts.mrr[chosen],
            currency=frames.labels(("EUR",), np.zeros(len(chosen), np.int64)),
            issued_at=issued[chosen],
            due_at=due[chosen],
            paid_at=paid[chosen],
            status=frames.labels(_STATUSES, is_paid),
            known_at=known[chosen],
        )
