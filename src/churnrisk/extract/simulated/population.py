"""Who the customers are: everything about an account that is settled when the company is founded."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from churnrisk.extract.simulated import frames
from churnrisk.extract.simulated.clock import DAY, MINUTE, Clock
from churnrisk.extract.simulated.draws import Draws, Floats, Ints, weighted
from churnrisk.extract.simulated.names import LANGUAGES, company_names, people

SEGMENTS = ("smb", "mid", "enterprise")
_SEGMENT_SHARES = (0.6, 0.3, 0.1)
INDUSTRIES = ("retail", "logistics", "manufacturing", "software", "finance", "health", "education", "hospitality")
SUPPORT_PLANS = ("basic", "standard", "premium")
#: Shares of the support plans, by segment.
_SUPPORT_SHARES = ((0.6, 0.35, 0.05), (0.2, 0.6, 0.2), (0.0, 0.4, 0.6))
_LANGUAGE_SHARES = (0.34, 0.20, 0.18, 0.12, 0.08, 0.08)
COUNTRIES = ("GB", "US", "IE", "DK", "DE", "AT", "CH", "PL", "KR", "IL")
_COUNTRIES_OF = ((0, 1, 2), (3, 3, 3), (4, 5, 6), (7, 7, 7), (8, 8, 8), (9, 9, 9))

#: By segment: the middle of the lognormal of seats, of euros per seat and month, and of tickets per week.
_SEATS = np.array([9.0, 35.0, 140.0])
_PRICE_PER_SEAT = np.array([34.0, 29.0, 24.0])
_TICKETS_PER_WEEK = np.array([0.42, 0.62, 1.1])
_EVENTS_PER_SEAT_AND_DAY = 5.0

#: Share of the accounts that are there on the first day; the others arrive evenly over the weeks.
FOUNDING_SHARE = 0.6
#: The oldest account came this long before the first day.
_OLDEST_DAYS = 3 * 365
ACCOUNTS_PER_CSM = 50


@dataclass(frozen=True)
class Population:
    """One entry for each account that is or will be; moments are UTC microseconds, words are indexes.

    Attributes:
        arrival_week: the week in which it became an account; -1 for those of the first day.
        ticket_rate: tickets in an ordinary week.
        use: events on an ordinary working day.
        temperament: how pleased it is by nature; nothing to do with leaving.
        frailty: its own lasting addition to the log hazard: part of the noise, planted nowhere.
    """

    account_ids: pa.Array
    names: list[str]
    parent: Ints
    segment: Ints
    industry: Ints
    country: Ints
    language: Ints
    support_plan: Ints
    created_at: Ints
    arrival_week: Ints
    csm: Ints
    seats: Ints
    mrr: Floats
    users: Ints
    ticket_rate: Floats
    use: Floats
    temperament: Floats
    frailty: Floats
    csm_keys: list[str]
    csm_names: list[str]
    csm_language: Ints

    @property
    def size(self) -> int:
        """How many accounts there are, now or later."""
        return len(self.segment)

    def csms_table(self) -> pa.Table:
        """All customer success managers."""
        every = np.arange(len(self.csm_keys))
        return frames.build(
            "csms",
            csm=pa.array(self.csm_keys),
            name=pa.array(self.csm_names),
            team=frames.labels(("Nordics", "DACH", "International"), _team_of(self.csm_language)),
            email=pa.array([f"{key}@csm.example" for key in self.csm_keys]),
            language=frames.labels(LANGUAGES, self.csm_language),
            weekly_capacity=8 + every * 7 % 5,
        )

    def accounts_table(self, chosen: Ints) -> pa.Table:
        """The accounts with those indexes."""
        created = self.created_at[chosen]
        return frames.build(
            "accounts",
            account_id=self.account_ids.take(pa.array(chosen)),
            name=pa.array(self.names).take(pa.array(chosen)),
            parent_account_id=self.account_ids.take(pa.array(self.parent[chosen], mask=self.parent[chosen] < 0)),
            segment=frames.labels(SEGMENTS, self.segment[chosen]),
            industry=frames.labels(INDUSTRIES, self.industry[chosen]),
            country=frames.labels(COUNTRIES, self.country[chosen]),
            language=frames.labels(LANGUAGES, self.language[chosen]),
            created_at=created,
            csm=frames.labels(self.csm_keys, self.csm[chosen]),
            support_plan=frames.labels(SUPPORT_PLANS, self.support_plan[chosen]),
            known_at=created,
        )


def _team_of(language: Ints) -> Ints:
    return np.array([2, 0, 1, 2, 2, 2])[language]


def _spread(uniforms: Floats, shares: tuple[float, ...]) -> Ints:
    """Indexes in the given shares, exactly as far as whole numbers allow: so 40 accounts have all six languages."""
    ranks = uniforms.argsort(kind="stable").argsort(kind="stable")
    return weighted((ranks + 0.5) / len(uniforms), shares)


def _assign_csms(account_language: Ints, csm_language: Ints, uniforms: Floats) -> Ints:
    """A manager who speaks the account's language where there is one, else anyone."""
    chosen = np.floor(uniforms * len(csm_language)).astype(np.int64)
    for language in np.unique(csm_language):
        speakers = np.flatnonzero(csm_language == language)
        mine = np.flatnonzero(account_language == language)
        chosen[mine] = speakers[np.arange(len(mine)) % len(speakers)]
    return chosen


def _creation(clock: Clock, weeks: int, founding: Draws, accounts: int) -> tuple[Ints, Ints]:
    """When each account came (UTC) and in which week; in working hours, founders over the years before."""
    chance = founding.stream("arrivals")
    is_founder = _spread(chance.random(accounts), (FOUNDING_SHARE, 1 - FOUNDING_SHARE)) == 0
    week = np.where(is_founder, -1, chance.integers(0, max(weeks, 1), accounts))
    days_before = chance.integers(1, _OLDEST_DAYS, accounts)
    first_monday = clock.week_start(0)
    day = np.where(is_founder, first_monday - days_before * DAY, first_monday + (week * 7 + week % 5) * DAY)
    minute = chance.integers(8 * 60, 17 * 60, accounts)
    return clock.to_utc(day + minute * MINUTE), week


def _parents(segment: Ints, arrival_week: Ints, chance: np.random.Generator) -> Ints:
    """About one account in twenty belongs to a large founding account."""
    heads = np.flatnonzero((segment == 2) & (arrival_week < 0))
    if not len(heads):
        return np.full(len(segment), -1)
    belongs = (chance.random(len(segment)) < 0.05) & (segment < 2) & (arrival_week >= 0)
    return np.where(belongs, heads[chance.integers(0, len(heads), len(segment))], -1)


def found(accounts: int, weeks: int, clock: Clock, founding: Draws) -> Population:
    """Draw the whole population of a company."""
    chance = founding.stream("population")
    segment = weighted(chance.random(accounts), _SEGMENT_SHARES)
    language = _spread(chance.random(accounts), _LANGUAGE_SHARES)
    country = np.array(_COUNTRIES_OF)[language, chance.integers(0, 3, accounts)]
    uniforms = chance.random(accounts)
    support = np.array([weighted(uniforms, shares) for shares in _SUPPORT_SHARES])
    seats = np.maximum(2, np.round(_SEATS[segment] * np.exp(0.5 * chance.standard_normal(accounts)))).astype(np.int64)
    price = _PRICE_PER_SEAT[segment] * np.exp(0.25 * chance.standard_normal(accounts))
    created_at, arrival_week = _creation(clock, weeks, founding, accounts)
    csms = max(2, round(accounts / ACCOUNTS_PER_CSM))
    csm_language = _spread(chance.random(csms), _LANGUAGE_SHARES)
    staff = people(csm_language, chance)
    return Population(
        account_ids=pa.array([f"A{number:05d}" for number in range(1, accounts + 1)]),
        names=company_names(language, chance),
        parent=_parents(segment, arrival_week, chance),
        segment=segment,
        industry=chance.integers(0, len(INDUSTRIES), accounts),
        country=country,
        language=language,
        support_plan=support[segment, np.arange(accounts)],
        created_at=created_at,
        arrival_week=arrival_week,
        csm=_assign_csms(language, csm_language, chance.random(accounts)),
        seats=seats,
        mrr=np.round(seats * price, 2),
        users=chance.integers(1, 5, accounts),
        ticket_rate=_TICKETS_PER_WEEK[segment] * np.exp(0.35 * chance.standard_normal(accounts)),
        use=np.asarray(seats * _EVENTS_PER_SEAT_AND_DAY * np.exp(0.5 * chance.standard_normal(accounts)), np.float64),
        temperament=0.5 * chance.standard_normal(accounts),
        frailty=0.2 * chance.standard_normal(accounts),
        csm_keys=[key for key, _ in staff],
        csm_names=[name for _, name in staff],
        csm_language=csm_language,
    )
