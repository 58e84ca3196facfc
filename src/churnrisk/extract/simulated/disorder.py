"""Disorder in the records: late rows, corrected rows, exact duplicates, and a few rows that cannot be true.

Which row is disturbed depends on its own content only, so disorder at one account never moves another's. All shares
are small: enough for the checks to have something to find, too little to matter to a model.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from churnrisk.extract.simulated import frames
from churnrisk.extract.simulated.clock import DAY, NEVER
from churnrisk.extract.simulated.draws import Bools, Draws, Ints

#: Share of usage rows that arrive one to five days late.
LATE_USAGE = 0.02
#: Shares of rows that first come with a wrong value and are corrected two to nine days later.
CORRECTED = {"usage": 0.003, "tickets": 0.01}
#: Share of rows that come twice, alike in every column.
DUPLICATED = {"usage": 0.0004, "ticket_events": 0.0004, "messages": 0.0004, "invoices": 0.0004}
#: Share of rows beside which stands a bad one, with a key of its own.
BAD = {"usage": 0.0003, "tickets": 0.0005, "invoices": 0.0005, "subscriptions": 0.001, "messages": 0.0003}
#: What is wrong with them.
BAD_RULES = {
    "usage": "account unknown",
    "tickets": "created in the future",
    "invoices": "paid before issued",
    "subscriptions": "ended before started",
    "messages": "ticket unknown",
}
#: What is put behind an account id or a ticket id so that it points nowhere, and behind the id of a bad row.
NOWHERE, BAD_ID = "none", "bad"


def disturb(tables: dict[str, list[pa.Table]], draws: Draws) -> tuple[dict[str, list[pa.Table]], pa.Table]:
    """The week's new rows with disorder among them, and the list of the bad ones for truth/bad_rows.parquet."""
    disturbed, bad_keys = {}, [_listed("usage", frames.empty("usage"))]
    for name, parts in tables.items():
        table = pa.concat_tables(parts) if parts else frames.empty(name)
        if not table.num_rows or name not in (CORRECTED | DUPLICATED | BAD):
            disturbed[name] = [table]
            continue
        keys = _row_keys(name, table)
        bad = _bad(name, table, keys, draws)
        table = _late(table, keys, draws) if name == "usage" else table
        wrong = draws.uniform(f"wrong {name}", keys) < CORRECTED.get(name, 0)
        twice = ~wrong & (draws.uniform(f"twice {name}", keys) < DUPLICATED.get(name, 0))
        corrected = _corrected(name, table, keys, wrong, draws)
        disturbed[name] = [*corrected, table.filter(pa.array(twice)), bad]
        bad_keys.append(_listed(name, bad))
    return disturbed, pa.concat_tables(bad_keys)


def _row_keys(name: str, table: pa.Table) -> Ints:
    """A number for each row that depends on nothing but its key: digits of the id, and for usage the day."""
    text = table.column("account_id" if name == "usage" else _id_column(name)).combine_chunks()
    plain = pc.replace_substring(pc.utf8_slice_codeunits(text, 1), "-", "")
    digits = pc.cast(plain, pa.int64()).to_numpy(zero_copy_only=False)
    if name == "usage":
        day = table.column("day").combine_chunks().view(pa.int32()).to_numpy().astype(np.int64)
        metric = pc.utf8_length(table.column("metric").combine_chunks()).to_numpy().astype(np.int64)
        return (digits * 100_000 + day) * 16 + metric
    if name == "ticket_events":
        return digits * 64 + table.column("seq").combine_chunks().to_numpy()
    return digits


def _id_column(name: str) -> str:
    """The id column of a table, which is its first."""
    return frames.schema(name).names[0]


def _late(table: pa.Table, keys: Ints, draws: Draws) -> pa.Table:
    days = 1 + np.floor(5 * draws.uniform("late days", keys)).astype(np.int64)
    delay = np.where(draws.uniform("late usage", keys) < LATE_USAGE, days * DAY, 0)
    return frames.replaced(table, known_at=frames.moments(table, "known_at") + delay)


def _corrected(name: str, table: pa.Table, keys: Ints, wrong: Bools, draws: Draws) -> list[pa.Table]:
    """Rows with a wrong first version: the true one follows under the same key, known later."""
    if not wrong.any():
        return [table]
    right = table.filter(pa.array(wrong))
    delay = (2 + np.floor(8 * draws.uniform(f"corrected {name}", keys[wrong])).astype(np.int64)) * DAY
    later = frames.replaced(right, known_at=frames.moments(right, "known_at") + delay)
    return [table.filter(pa.array(~wrong)), _MISTAKES[name](right), later]


def _halved(usage: pa.Table) -> pa.Table:
    return frames.replaced(usage, value=np.ceil(usage.column("value").combine_chunks().to_numpy() / 2))


def _miscategorised(tickets: pa.Table) -> pa.Table:
    return frames.replaced(tickets, category=frames.labels(("howto",), np.zeros(tickets.num_rows, np.int64)))


_MISTAKES: dict[str, Callable[[pa.Table], pa.Table]] = {"usage": _halved, "tickets": _miscategorised}


def _bad(name: str, table: pa.Table, keys: Ints, draws: Draws) -> pa.Table:
    """Copies of a few rows, made impossible; all but usage get an id of their own."""
    chosen = draws.uniform(f"bad {name}", keys) < BAD.get(name, 0)
    rows = table.filter(pa.array(chosen))
    if not rows.num_rows:
        return rows
    if name == "usage":
        return frames.replaced(rows, account_id=pc.binary_join_element_wise(rows.column("account_id"), NOWHERE, "-"))
    key = _id_column(name)
    rows = frames.replaced(rows, **{key: pc.binary_join_element_wise(rows.column(key), BAD_ID, "-")})
    if name == "tickets":
        future = frames.moments(rows, "known_at") + 400 * DAY
        return frames.replaced(rows, created_at=future)
    if name == "invoices":
        known = np.maximum(frames.moments(rows, "known_at"), frames.moments(rows, "issued_at"))
        return frames.replaced(rows, paid_at=frames.moments(rows, "issued_at") - 40 * DAY, known_at=known)
    if name == "subscriptions":
        started = frames.moments(rows, "started_at")
        notice = np.full(rows.num_rows, NEVER)
        return frames.replaced(rows, ended_at=started - 30 * DAY, notice_at=notice)
    return frames.replaced(rows, ticket_id=pc.binary_join_element_wise(rows.column("ticket_id"), NOWHERE, "-"))


def _listed(name: str, bad: pa.Table) -> pa.Table:
    """The key, told as text, and the rule that each bad row breaks."""
    columns = ["account_id", "day", "metric"] if name == "usage" else [_id_column(name)]
    parts = [pc.cast(bad.column(column), pa.string()) for column in columns]
    every = np.zeros(bad.num_rows, np.int64)
    return pa.table(
        {
            "table": frames.labels((name,), every),
            "key": parts[0] if len(parts) == 1 else pc.binary_join_element_wise(*parts, "|"),
            "rule": frames.labels((BAD_RULES.get(name, ""),), every),
        }
    )
