"""Worlds: tickets whose story became known in order, once; the others as they were known at each as_of.

What is counted of a ticket (a reply, a solve, a wait) is made of several rows. Where these became known in the order
in which they happened, what was known at an as_of is simply the beginning of the story, and every fact made of its
rows so far stays true: such tickets are told once, in the world -1. A ticket with a corrected row, or one that came
in after a later one, is told anew at every as_of, with the rows known then: in the world of that as_of's day number.
The same SQL then works on both; it only has to keep worlds apart.
"""

from __future__ import annotations

from churnrisk.features.streams import Derivation, Moments
from churnrisk.history import FOREVER, Engine, Stage

#: Everything that happened on a ticket: when, from which day it is known, and until which.
_STORY = " union all ".join(
    f"select ticket_id, epoch_us(happened_at) as at, d, k, x from {table}"
    for table in ("tickets", "ticket_events", "messages")
)

_STAGES = (
    # A ticket is judged by its account's support plan; accounts that changed theirs are looked up at each as_of.
    Stage(
        "account_plans",
        "select account_id, max(support_plan) as support_plan, min(k) as plan_v,"
        " count(distinct coalesce(support_plan, '')) > 1 as varies from accounts group by account_id",
    ),
    # Only a row that came in late or was corrected can bring disorder.
    Stage(
        "suspect_tickets",
        f"select distinct ticket_id from (select ticket_id from ({_STORY}) r where k > d or x < {FOREVER} union all"
        " select t.ticket_id from tickets t join account_plans p on p.account_id = t.account_id where p.varies) s",
    ),
    # Told in order: when a row is known, all that happened before it is known.
    Stage(
        "disorderly_tickets",
        "select distinct ticket_id from (select r.ticket_id, r.x, greatest(r.d, r.k) as v,"
        " max(r.k) over (partition by r.ticket_id order by r.at) as told"
        f" from ({_STORY}) r join suspect_tickets s on s.ticket_id = r.ticket_id) o where told > v or x < {FOREVER}"
        " union select t.ticket_id from tickets t join account_plans p on p.account_id = t.account_id where p.varies",
    ),
)


def _worlds(table: str, columns: str) -> str:
    """The rows of a table in the worlds of their tickets."""
    return (
        f"select -1 as world, greatest(r.d, r.k) as v, r.d, r.ticket_id, {columns} from {table} r"
        " left join disorderly_tickets o on o.ticket_id = r.ticket_id where o.ticket_id is null union all"
        f" select a.as_of as world, a.as_of as v, r.d, r.ticket_id, {columns} from {table} r"
        " join disorderly_tickets o on o.ticket_id = r.ticket_id"
        " join as_ofs a on greatest(r.d, r.k) <= a.as_of and r.x > a.as_of"
    )


_ABOUT = ", ".join(
    f"r.{column}"
    for column in ("account_id", "contact_id", "channel", "queue", "priority", "category", "language", "schedule_id")
)
_TABLES = (
    Stage(
        "case_tickets",
        "select t.*, case when t.world = -1 then p.support_plan else c.support_plan end as support_plan,"
        " case when t.world = -1 then p.plan_v else c.k end as plan_v"
        f" from ({_worlds('tickets', f'epoch_us(r.created_at) as opened, {_ABOUT}')}) t"
        " left join account_plans p on p.account_id = t.account_id"
        " left join accounts c on c.account_id = t.account_id and c.k <= t.world and c.x > t.world",
    ),
    Stage(
        "case_events",
        _worlds("ticket_events", 'epoch_us(r."at") as at, coalesce(r.seq, 0) as seq, r.field, r.value, r.actor_role'),
    ),
    Stage(
        "case_messages",
        _worlds("messages", "r.message_id, epoch_us(r.created_at) as at, r.author_role, r.public"),
    ),
)


def _prepare(_engine: Engine, _moments: Moments) -> list[Stage]:
    return [*_STAGES, *_TABLES]


#: The relations case_tickets, case_events and case_messages, each row with its world and `v`, the day it counts from.
WORLDS = Derivation("worlds", ("tickets",), _prepare, says="1")


def gone_of(alias: str) -> str:
    """The SQL of the day until which a fact of a world is seen."""
    return f"case when {alias}.world = -1 then {FOREVER} else {alias}.world + 1 end"


#: The same, where there is one relation only.
GONE = f"case when world = -1 then {FOREVER} else world + 1 end"
