"""The messages on the tickets: the thread that belongs to each step of a ticket's life."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from churnrisk.extract.simulated import frames
from churnrisk.extract.simulated.casework import Tickets
from churnrisk.extract.simulated.clock import MINUTE, NEVER, Clock
from churnrisk.extract.simulated.draws import Bools, Draws, Ints
from churnrisk.extract.simulated.helpdesk import AGENT, CUSTOMER, ROLES, SYSTEM, ticket_ids
from churnrisk.extract.simulated.wording import MAIN, MOST_MESSAGES, Speech, Wording

#: Shares: tickets with an automatic receipt, with an internal note.
_RECEIPT_SHARE, _NOTE_SHARE = 0.25, 0.12
#: How often those who are about to leave say so when they write, and how often others threaten without meaning it.
SAYS_SO, EMPTY_THREAT = 0.6, 0.004
_CHAT = 2


@dataclass(frozen=True)
class _Turn:
    """One message of every ticket's thread; `at` (local) is NEVER where it is not written."""

    at: Ints
    main: Ints
    role: int
    public: bool = True


def messages(
    draws: Draws, clock: Clock, wording: Wording, tickets: Tickets, recorded: Ints, is_parting: Bools
) -> pa.Table:
    """All messages of the tickets; `is_parting` says by account who is about to leave and ready to say so."""
    turns = _thread(draws, tickets)
    number, ticket = np.nonzero(np.array([turn.at for turn in turns]) != NEVER)
    at = clock.to_utc(np.array([turn.at for turn in turns])[number, ticket])
    role = np.array([turn.role for turn in turns])[number]
    main = np.array([turn.main for turn in turns])[number, ticket]
    keys = tickets.key[ticket] * MOST_MESSAGES + number
    by_customer = role == CUSTOMER
    chance = np.where(is_parting[tickets.account[ticket]], SAYS_SO, EMPTY_THREAT)
    said = Speech(
        keys=keys,
        language=tickets.language[ticket],
        main=main,
        category=tickets.category[ticket],
        # Those whose ticket comes back are angrier with every turn.
        mood=tickets.mood[ticket] - 0.4 * (main == MAIN.index("again")),
        is_customer=by_customer,
        is_formal=tickets.channel[ticket] != _CHAT,
        goodbye=by_customer & (draws.uniform("says so", keys) < chance),
    )
    return frames.build(
        "messages",
        message_id=frames.numbered("M", tickets.key[ticket], number),
        ticket_id=ticket_ids(tickets.key[ticket]),
        author_role=frames.labels(ROLES, role),
        public=np.array([turn.public for turn in turns])[number],
        created_at=at,
        body=wording.bodies(draws, said),
        known_at=np.maximum(at, recorded[ticket]),
    )


def _thread(draws: Draws, tickets: Tickets) -> list[_Turn]:
    """The turns in the order of the thread; their place in the list is the number of the message."""

    def says(kind: str) -> Ints:
        return np.full(len(tickets.key), MAIN.index(kind))

    receipt = np.where(draws.uniform("receipt", tickets.key) < _RECEIPT_SHARE, tickets.created + MINUTE, NEVER)
    note = np.where(draws.uniform("note", tickets.key) < _NOTE_SHARE, tickets.first_reply - MINUTE, NEVER)
    turns = [
        _Turn(tickets.created, tickets.category, CUSTOMER),
        _Turn(receipt, says("auto"), SYSTEM),
        _Turn(np.where(note > tickets.created, note, NEVER), says("note"), AGENT, public=False),
        _Turn(tickets.first_reply, says("agent_first"), AGENT),
    ]
    for asked, answered in zip(tickets.asked, tickets.answered, strict=True):
        turns += [_Turn(asked, says("answer"), CUSTOMER), _Turn(answered, says("agent_next"), AGENT)]
    turns.append(_Turn(tickets.solved, says("agent_solved"), AGENT))
    for reopened, resolved in zip(tickets.reopened, tickets.resolved, strict=True):
        turns += [_Turn(reopened, says("again"), CUSTOMER), _Turn(resolved, says("agent_solved"), AGENT)]
    return turns
