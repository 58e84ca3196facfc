"""The ticket metrics of a company as of a moment, as a frame: one row for each ticket.

At the end of the path: reads `history.upto(as_of)`, lays out the business calendar, runs the stages in one statement
and gives what docs/ticket-metrics.md describes. For people, notebooks and reports; features read the facts instead.
"""

from __future__ import annotations

from datetime import date

import pandas as pd

from churnrisk.features.casework.calendar import DAY, DayOf, business_calendar
from churnrisk.features.casework.metrics import metric_stages
from churnrisk.features.casework.replies import reply_stages
from churnrisk.features.casework.solves import handoff_stages
from churnrisk.features.casework.statuses import status_stages
from churnrisk.history import Past
from churnrisk.history.days import EPOCH, day_number, micros
from churnrisk.history.stage import Stage

#: The moments of a row: microseconds in the stages, timestamps in the frame.
MOMENTS = ("opened", "first_assigned", "last_assigned", "first_solved", "last_solved")
#: Business time is laid out from here on at the earliest: a ticket of an earlier year is a typing error.
_EARLIEST = (date(1990, 1, 1) - EPOCH).days


def ticket_metrics_at(past: Past) -> pd.DataFrame:
    """The metrics of every ticket that was known at the moment of `past`, ordered by ticket_id.

    Times are whole seconds; moments are timestamps in UTC without offset. What docs/ticket-metrics.md calls empty is
    missing.

    Raises:
        InputError: the time zone of a schedule is none.
    """
    return _told(_answer(past, "select * exclude (world) from ticket_metrics order by ticket_id"), MOMENTS)


def ticket_spans_at(past: Past) -> pd.DataFrame:
    """Each stretch of a status of every ticket, in order: ticket_id, status, since, until, seconds, business_seconds.

    What still lasts has neither an end nor a length.

    Raises:
        InputError: the time zone of a schedule is none.
    """
    columns = "ticket_id, status, since, until, seconds, business_seconds"
    order = "ticket_id, since, until nulls last, before nulls first"
    return _told(_answer(past, f"select {columns} from case_spans order by {order}"), ("since", "until"))


def _told(rows: pd.DataFrame, moments: tuple[str, ...]) -> pd.DataFrame:
    """With moments as timestamps, and numbers of one type whether some are missing or not."""
    numbers = rows.select_dtypes("integer").columns.difference(moments)
    told = {moment: pd.to_datetime(rows[moment], unit="us") for moment in moments}
    return rows.assign(**told, **{number: rows[number].astype("Int64") for number in numbers})


def _answer(past: Past, select: str) -> pd.DataFrame:
    """The answer of a SELECT over the stages."""
    schedules, holidays = past.arrow("select * from schedules"), past.arrow("select * from holidays")
    calendar = business_calendar(schedules, holidays, *_days(past))
    stages = [
        *_cases(past),
        *status_stages(calendar.stretches, _day_of(past)),
        *reply_stages(calendar.stretches, _day_of(past)),
        *handoff_stages(_day_of(past)),
        *metric_stages(calendar.stretches, micros(past.as_of.instant)),
    ]
    named = ", ".join(f"{stage.name} as ({stage.sql})" for stage in stages)
    return past.frame_for(calendar.days, f"with business_days as (select * from asked), {named} {select}")


def _days(past: Past) -> tuple[int, int]:
    """The UTC days from the opening of the first ticket to the as_of."""
    first = past.frame("select min(epoch_us(created_at)) as moment from tickets")["moment"][0]
    last = micros(past.as_of.instant) // (DAY * 1_000_000)
    return last if pd.isna(first) else max(int(first) // (DAY * 1_000_000), _EARLIEST), last


def _day_of(past: Past) -> DayOf:
    """One day for all: what is made of the past at one moment needs no other."""
    return lambda _: str(day_number(past.as_of))


def _cases(past: Past) -> list[Stage]:
    """The relations that the stages read, cut at the as_of."""
    day = day_number(past.as_of)
    world = ", ".join(f"cast({day} as integer) as {name}" for name in ("world", "v", "d"))
    until = f"timestamp '{past.as_of.instant}'"
    return [
        Stage(
            "case_tickets",
            f"select {world}, t.ticket_id, t.account_id, epoch_us(t.created_at) as opened, t.priority, t.schedule_id,"
            f" a.support_plan, cast({day} as integer) as plan_v"
            f" from tickets t left join accounts a using (account_id) where t.created_at <= {until}",
        ),
        Stage(
            "case_events",
            f'select {world}, ticket_id, epoch_us("at") as "at", seq, field, value from ticket_events'
            f' where "at" <= {until}',
        ),
        Stage(
            "case_messages",
            f'select {world}, ticket_id, message_id, epoch_us(created_at) as "at", author_role, public from messages'
            f" where created_at <= {until}",
        ),
    ]
