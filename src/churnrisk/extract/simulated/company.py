"""The simulated company as a thing that lives: it is asked to live a week, told what was done, and gives its records.

`Company` holds the state and the order in which a week happens. What the records show is in `Week.tables`; what is
true is in `Company.truth()`, and only tests and evaluations of outreach may look there.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property

import numpy as np
import pandas as pd
import pyarrow as pa

from churnrisk.errors import InputError
from churnrisk.extract.simulated import causes as planted
from churnrisk.extract.simulated import contracts as contracts_of
from churnrisk.extract.simulated import frames, population, staff
from churnrisk.extract.simulated.billing import Billing
from churnrisk.extract.simulated.casework import Casework
from churnrisk.extract.simulated.clock import Clock, day_number
from churnrisk.extract.simulated.conversation import messages
from churnrisk.extract.simulated.disorder import disturb
from churnrisk.extract.simulated.draws import Bools, Draws, Floats, Ints
from churnrisk.extract.simulated.helpdesk import HelpDesk
from churnrisk.extract.simulated.leaving import Leaving
from churnrisk.extract.simulated.names import LANGUAGES
from churnrisk.extract.simulated.outreach import Action, OutreachEffects
from churnrisk.extract.simulated.people import People
from churnrisk.extract.simulated.product_use import ProductUse
from churnrisk.extract.simulated.wording import Wording

#: Where the simulated time starts unless told otherwise: a Monday.
FIRST_MONDAY = date(2023, 1, 2)
#: How far all active causes together lower the customers' mood, per unit of log hazard: their tone follows their
#: state, and says nothing that the causes do not.
_MOOD_PER_HAZARD = 0.20

Rows = dict[str, list[pa.Table]]


@dataclass(frozen=True)
class Week:
    """What one week added to the records.

    Attributes:
        number: weeks since the start.
        day: its last day, a Sunday: the as_of at which all of `tables` is known.
        arrow: the new rows of every canonical table, with `known_at`: also late rows, later versions of older rows.
        truth: rows for truth/, by file name without ending.
    """

    number: int
    day: date
    arrow: dict[str, pa.Table]
    truth: dict[str, pa.Table]

    @cached_property
    def tables(self) -> dict[str, pd.DataFrame]:
        """The new rows as frames, by canonical table; a table without news has no rows."""
        return {name: table.to_pandas() for name, table in self.arrow.items()}


class Company:
    """A company with customers, advancing a week at a time.

    Two companies with the same arguments give the same records; if they are given different actions they differ in
    the accounts acted on and nowhere else.

    Args:
        accounts: how many customers there will have been after `weeks` weeks; 60 % are there on the first day.
        seed: decides everything that is left to chance.
        weeks: over how many weeks the other accounts arrive; the company can be stepped beyond.
        start: the Monday on which the records begin.
    """

    def __init__(self, accounts: int, seed: int, weeks: int = 156, start: date = FIRST_MONDAY) -> None:
        _check(accounts, seed, weeks, start)
        self.seed, self.weeks, self.start = seed, weeks, start
        self.week = 0
        self._clock = Clock(start)
        founding = Draws(seed, -1)
        self._population = population.found(accounts, weeks, self._clock, founding)
        self._contracts = contracts_of.sign(self._population, self._clock, founding)
        holidays = np.array([day_number(day) for day in staff.closed_days(start, weeks)])
        hours = staff.business_hours(self._clock, holidays)
        self._people = People(self._population, self._clock)
        self._staff = staff.Staff(self._clock, founding, float(self._population.ticket_rate.sum()) * 0.8)
        self._billing = Billing(self._clock, founding, accounts)
        self._use = ProductUse(self._clock, self._contracts, holidays)
        self._casework = Casework(self._clock, self._contracts, hours)
        self._wording = Wording()
        self._desk = HelpDesk(self._population, self._clock, self._people, self._staff, self._wording)
        self._causes = planted.CauseStates(accounts)
        self._outreach = OutreachEffects(self._population, self._clock)
        self._pending = frames.Pending()
        self._leaving = Leaving(self._clock, self._contracts)
        self._hazards: pa.Table | None = None

    def step(self, actions: Sequence[Action] = ()) -> Week:
        """Live one week in which those accounts are contacted; raises InputError for what cannot be done."""
        week, draws, live = self.week, Draws(self.seed, self.week), self._live()
        start, end = self._clock.week_start_utc(week), self._clock.week_start_utc(week + 1)
        raises = self._causes.intensity(week) * planted.STRENGTHS
        contacted, effects = self._outreach.act(actions, week, draws, live, planted.main_cause(raises))
        begun = self._causes.step(week, draws, live & self._contracts.is_undecided())
        raises = self._causes.intensity(week) * planted.STRENGTHS
        self._hazards = self._leaving.step(week, draws, live, raises, self._outreach.reduction(week))
        moods = self._population.temperament - _MOOD_PER_HAZARD * raises.sum(axis=1)
        rows = _merged(
            self._founding_rows() if week == 0 else {},
            self._arrivals(),
            self._account_rows(draws, live, begun, start, end),
            self._support_rows(draws, live, moods),
            self._staff.step(week, draws),
            {"outreach": [contacted]},
        )
        disturbed, bad_rows = disturb(rows, draws)
        truth = {
            "causes": self._causes.begun_table(begun, self._population.account_ids, week, start),
            "hazards": self._hazards,
            "outreach_effects": effects,
            "bad_rows": bad_rows,
        }
        self.week += 1
        last_day = self.start + timedelta(days=7 * week + 6)
        return Week(week, last_day, self._pending.release(disturbed, end), truth)

    @property
    def today(self) -> date:
        """The Monday on which the next week starts."""
        return self.start + timedelta(weeks=self.week)

    def observed(self) -> pd.DataFrame:
        """The live accounts as a CSM knows them now: account_id, csm, segment, language, mrr, notice_given."""
        now = self._clock.week_start_utc(self.week)
        live = np.flatnonzero(self._live())
        return pd.DataFrame(
            {
                "account_id": self._population.account_ids.take(pa.array(live)).to_pandas(),
                "csm": [self._population.csm_keys[csm] for csm in self._population.csm[live]],
                "segment": [population.SEGMENTS[segment] for segment in self._population.segment[live]],
                "language": [LANGUAGES[language] for language in self._population.language[live]],
                "mrr": self._contracts.mrr[live],
                "notice_given": self._contracts.has_given_notice_by(now)[live],
            }
        )

    def truth(self) -> pd.DataFrame:
        """What nobody in the company knows, of the week last lived: one row per account that could still decide.

        Columns: account_id, week, at, hazard (the chance of deciding to leave in that week), hazard_without_outreach,
        decided, and one column for each cause with what it adds to the log hazard. Empty before the first step.
        """
        return self._hazards.to_pandas() if self._hazards is not None else pd.DataFrame()

    def departures(self) -> pa.Table:
        """Who has decided to leave so far: the rows of truth/departures.parquet, as an Arrow table."""
        return self._leaving.departures()

    def _live(self) -> Bools:
        """Who is a customer when the week starts; who arrives during a week becomes active in the next."""
        present = self._population.arrival_week < self.week
        return present & self._contracts.is_live_at(self._clock.week_start_utc(self.week))

    def _founding_rows(self) -> Rows:
        """What is there on the first day, known as far back as it goes."""
        founders = np.flatnonzero(self._population.arrival_week < 0)
        return _merged(
            staff.calendar_tables(self.start, self.weeks),
            {"csms": [self._population.csms_table()], "agents": [self._staff.first_rows()]},
            self._newcomers(founders),
        )

    def _arrivals(self) -> Rows:
        return self._newcomers(np.flatnonzero(self._population.arrival_week == self.week))

    def _newcomers(self, chosen: Ints) -> Rows:
        return {
            "accounts": [self._population.accounts_table(chosen)],
            "contacts": [self._people.arrive(chosen)],
            "subscriptions": [self._contracts.start(chosen)],
        }

    def _account_rows(self, draws: Draws, live: Bools, begun: Bools, start: int, end: int) -> Rows:
        """Contracts, people, invoices and use of the week."""
        week, shown = self.week, self._causes.shown(self.week)
        changed = [
            *self._contracts.renew(end, draws),
            *self._contracts.change(week, draws, live, begun[:, planted.PRICE_CHANGE]),
        ]
        champion = begun[:, planted.CHAMPION_LEFT], shown[:, planted.CHAMPION_LEFT]
        return _merged(
            {
                "subscriptions": changed,
                "contacts": self._people.step(week, draws, live, *champion),
                "invoices": self._billing.step(week, draws, self._contracts, live, shown[:, planted.BILLING]),
                "usage": self._use.step(week, draws, live, self._causes),
            },
            self._contracts.depart(start, end, self._leaving.reasons()),
        )

    def _support_rows(self, draws: Draws, live: Bools, moods: Floats) -> Rows:
        """Tickets with everything on them, and surveys."""
        tickets = self._casework.step(self.week, draws, live, self._causes, moods)
        recorded = self._desk.recorded(draws, tickets)
        is_parting = self._contracts.says_so
        return {
            "tickets": [self._desk.tickets(draws, tickets, recorded)],
            "ticket_events": [self._desk.events(draws, tickets, recorded)],
            "messages": [messages(draws, self._clock, self._wording, tickets, recorded, is_parting)],
            "surveys": [
                self._desk.surveys(draws, tickets, recorded),
                self._desk.quarterly(self.week, draws, live, moods),
            ],
        }


def _merged(*records: Rows) -> Rows:
    """All tables of the records, by name."""
    rows: Rows = {}
    for record in records:
        for name, tables in record.items():
            rows.setdefault(name, []).extend(tables)
    return rows


def _check(accounts: int, seed: int, weeks: int, start: date) -> None:
    """Refuse a company that cannot be founded."""
    if accounts < 1 or weeks < 1:
        raise InputError("A company needs at least one account and one week", "Raise --accounts or --weeks")
    if seed < 0:
        raise InputError(f"The seed {seed} is negative", "Choose 0 or more", seed=seed)
    if start.weekday():
        raise InputError(f"{start} is not a Monday", "Weeks start on Mondays; choose one", start=str(start))
