"""The people at the accounts: a champion, an admin and some users, who come and go."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from churnrisk.extract.simulated import frames
from churnrisk.extract.simulated.clock import NEVER, Clock, working_moment
from churnrisk.extract.simulated.draws import Bools, Draws, Ints
from churnrisk.extract.simulated.population import Population

ROLES = ("champion", "admin", "user")
#: Chance per week that an ordinary user leaves an account: innocent.
_WEEKLY_USER_LEAVES = 0.002
#: Numbers of a person within the account: 1 admin, 2 to 5 users, from 10 on the champions one after another.
_ADMIN, _FIRST_USER, _FIRST_CHAMPION = 1, 2, 10


class People:
    """Who may write to support for each account, and whether its champion is still there."""

    def __init__(self, population: Population, clock: Clock) -> None:
        self._population = population
        self._clock = clock
        self._champion = np.full(population.size, _FIRST_CHAMPION)
        self._champion_since = population.created_at.copy()
        self._users = population.users.copy()
        self.has_champion = np.ones(population.size, bool)

    def arrive(self, chosen: Ints) -> pa.Table:
        """The first people of new accounts."""
        created = self._population.created_at[chosen]
        blocks = [
            self._rows(chosen, np.full(len(chosen), _FIRST_CHAMPION), 0, created, created),
            self._rows(chosen, np.full(len(chosen), _ADMIN), 1, created, created),
        ]
        for user in range(int(self._population.users.max(initial=0))):
            has = chosen[self._population.users[chosen] > user]
            came = self._population.created_at[has]
            blocks.append(self._rows(has, np.full(len(has), _FIRST_USER + user), 2, came, came))
        return pa.concat_tables(blocks)

    def step(self, week: int, draws: Draws, live: Bools, champion_leaves: Bools, is_vacant: Bools) -> list[pa.Table]:
        """Champions leave where the cause starts and are followed when it is over; now and then a user leaves."""
        uniforms = draws.stream("people").random((2, len(live)))
        at = self._clock.to_utc(self._clock.week_start(week) + working_moment(uniforms[0]))
        leaving = np.flatnonzero(champion_leaves & self.has_champion)
        left = self._rows(leaving, self._champion[leaving], 0, self._champion_since[leaving], at[leaving], at[leaving])
        self.has_champion[leaving] = False
        followed = np.flatnonzero(~self.has_champion & ~is_vacant & live)
        self._champion[followed] += 1
        self._champion_since[followed] = at[followed]
        self.has_champion[followed] = True
        came = self._rows(followed, self._champion[followed], 0, at[followed], at[followed])
        return [left, came, self._user_leaves(live & (uniforms[1] < _WEEKLY_USER_LEAVES), at)]

    def writers(self, accounts: Ints, uniforms: np.ndarray) -> pa.Array:
        """Who opens a ticket: mostly the champion while there is one, else the admin or the first user."""
        champion = self.has_champion[accounts] & (uniforms < 0.5)
        other = np.where(uniforms < 0.75, _ADMIN, _FIRST_USER)
        return frames.numbered("C", accounts + 1, np.where(champion, self._champion[accounts], other))

    def _user_leaves(self, leaving: Bools, at: Ints) -> pa.Table:
        """The user who came last goes; the first one always stays, so that somebody can write."""
        chosen = np.flatnonzero(leaving & (self._users > 1))
        self._users[chosen] -= 1
        number = _FIRST_USER + self._users[chosen]
        return self._rows(chosen, number, 2, self._population.created_at[chosen], at[chosen], at[chosen])

    def _rows(
        self, chosen: Ints, number: Ints, role: int, created: Ints, known: Ints, left: Ints | None = None
    ) -> pa.Table:
        if not len(chosen):
            return frames.empty("contacts")
        return frames.build(
            "contacts",
            contact_id=frames.numbered("C", chosen + 1, number),
            account_id=self._population.account_ids.take(pa.array(chosen)),
            role=frames.labels(ROLES, np.full(len(chosen), role)),
            created_at=created,
            left_at=np.full(len(chosen), NEVER) if left is None else left,
            known_at=known,
        )
