"""What the ticket metrics are, said as small logs; and that facts, once known, stay."""

import random
import re
from datetime import datetime
from functools import cache
from itertools import pairwise

import pandas as pd
import pyarrow as pa
import pytest

from churnrisk.features.casework import (
    FACTS,
    MOMENTS,
    TIMES,
    business_calendar,
    fact_stages,
    metric_stages,
    ticket_metrics_at,
    ticket_spans_at,
)
from churnrisk.history import History, connect
from churnrisk.history.days import day_of, micros
from tests.support.history import completed, land_rows, moment, rows_of

HOUR = 3600
#: Monday to Friday, nine to five, in Copenhagen, where 6 January 2026 is a holiday.
OFFICE = {
    "schedules": "schedule_id | weekday | opens | closes | time_zone\n"
    + "\n".join(f"office | {day} | 540 | 1020 | Europe/Copenhagen" for day in range(1, 6)),
    "holidays": "schedule_id | day\n office | 2026-01-06",
}
#: What the stages read, beside business_days and promised_targets.
CASES = {
    "case_tickets": {"world": pa.int32(), "v": pa.int32(), "d": pa.int32(), "ticket_id": pa.string()}
    | {"account_id": pa.string(), "opened": pa.int64(), "priority": pa.string(), "schedule_id": pa.string()}
    | {"support_plan": pa.string(), "plan_v": pa.int32()},
    "case_events": {"world": pa.int32(), "v": pa.int32(), "d": pa.int32(), "ticket_id": pa.string(), "at": pa.int64()}
    | {"seq": pa.int64(), "field": pa.string(), "value": pa.string()},
    "case_messages": {"world": pa.int32(), "v": pa.int32(), "d": pa.int32(), "ticket_id": pa.string()}
    | {"at": pa.int64(), "author_role": pa.string(), "public": pa.bool_()},
}
TARGETS = "support_plan | priority | first_response_minutes | resolution_minutes | business_hours\n"


def instant(text):
    return micros(datetime.fromisoformat(text))


def day(micros_since_1970):
    """A midnight belongs to the day that it ends."""
    return (micros_since_1970 - 1) // 86_400_000_000


@cache
def workbench():
    connection = connect()
    connection.execute("set threads = 1")  # quicker for a few rows, and so is a plan as it is written
    connection.execute("pragma disable_optimizer")
    return connection


@cache
def office():
    hours = [(row["weekday"], row["opens"], row["closes"]) for row in rows_of(OFFICE["schedules"])]
    named = {"weekday": 0, "opens": 1, "closes": 2}
    columns = {name: [int(row[number]) for row in hours] for name, number in named.items()}
    columns |= {"schedule_id": ["office"] * len(hours), "time_zone": ["Europe/Copenhagen"] * len(hours)}
    closed = {"schedule_id": ["office"], "day": pa.array([datetime(2026, 1, 6)], pa.date32())}
    first, last = (day(instant(text)) for text in ("2026-01-02", "2026-03-01"))
    return business_calendar(pa.table(columns), pa.table(closed), first, last)


class Desk:
    """The stages on a few rows, cut at a moment.

    Rows are told by their columns; world is -1, and a row is known on the day on which it happened, where it does not
    say otherwise.
    """

    def __init__(self, as_of="2026-02-01", targets="", **rows):
        self.connection = workbench()
        self.connection.register("business_days", office().days)
        for name, schema in CASES.items():
            self._give(name, schema, rows.get(name.removeprefix("case_"), []), instant(as_of))
        self._promise(targets)
        stages = [
            *fact_stages(
                office().stretches, lambda sql: day_of(sql, "UTC", datetime(2020, 1, 1), datetime(2030, 1, 1))
            ),
            *metric_stages(office().stretches, instant(as_of)),
        ]
        self.stages = {stage.name: stage.sql for stage in stages}
        self.made = set()

    def rows(self, name):
        """The rows that a stage makes."""
        self._make(name)
        return self.connection.sql(f"select * from {name} order by all").to_arrow_table().to_pylist()

    def ticket(self):
        """The metrics of the only ticket."""
        (row,) = self.rows("ticket_metrics")
        return row

    def _make(self, name):
        """Only what is asked for and what that is made of."""
        for other in self.stages.keys() - {name} - self.made:
            if re.search(rf"\b{other}\b", self.stages[name]):
                self._make(other)
        self.connection.execute(f"create or replace temp table {name} as {self.stages[name]}")
        self.made.add(name)

    def _give(self, name, schema, rows, as_of):
        when = "opened" if "opened" in schema else "at"
        whole = [{"world": -1, "ticket_id": "1", "d": day(row[when]), "v": day(row[when]), **row} for row in rows]
        whole = [{"plan_v": row["v"], **row} for row in whole]
        cut = [row for row in whole if row[when] <= as_of]
        columns = {column: pa.array([row.get(column) for row in cut], kind) for column, kind in schema.items()}
        self.connection.register(name, pa.table(columns))

    def _promise(self, targets):
        rows = rows_of(TARGETS + targets)
        kinds = {"first_response_minutes": pa.int64(), "resolution_minutes": pa.int64(), "business_hours": pa.bool_()}
        columns = {
            column: pa.array([_parsed(row[column], kinds.get(column)) for row in rows], kinds.get(column, pa.string()))
            for column in ("support_plan", "priority", *kinds)
        }
        self.connection.register("promised_targets", pa.table(columns))


def _parsed(text, kind):
    if text is None or kind is None:
        return text
    return text == "true" if kind == pa.bool_() else int(text)


def opened(at="2026-01-05 09:00", schedule_id="office", **more):
    return [{"account_id": "A", "opened": instant(at), "schedule_id": schedule_id, **more}]


def events(*changes):
    return [
        {"at": instant(at), "seq": number, "field": field, "value": value}
        for number, (at, field, value) in enumerate(changes)
    ]


def statuses(*changes):
    return events(*((at, "status", value) for at, value in changes))


def messages(*written):
    return [{"at": instant(at), "author_role": role, "public": public} for at, role, public in written]


def told(as_of="2026-02-01", tickets=None, **rows):
    """The metrics of a ticket that was opened on a Monday at 09:00 UTC, where nothing else is said."""
    return Desk(as_of, tickets=opened() if tickets is None else tickets, **rows).ticket()


SOLVED_TWICE = statuses(
    ("2026-01-05 09:00", "new"),
    ("2026-01-05 10:00", "open"),
    ("2026-01-05 12:00", "pending"),
    ("2026-01-05 13:00", "solved"),
    ("2026-01-07 09:00", "open"),
    ("2026-01-07 10:00", "hold"),
    ("2026-01-07 14:00", "solved"),
    ("2026-01-20 14:00", "closed"),
)
TALK = messages(
    ("2026-01-05 09:00", "customer", True),
    ("2026-01-05 10:00", "agent", True),
    ("2026-01-05 15:00", "customer", True),
    ("2026-01-05 15:30", "customer", True),
    ("2026-01-05 15:45", "agent", False),
    ("2026-01-07 09:00", "agent", True),
    ("2026-01-07 10:00", "customer", True),
)


def test_each_time_is_made_of_its_statuses():
    """In January Copenhagen is an hour ahead: 09:00 UTC is 10:00 there, and the office closes at 16:00 UTC."""
    times = told(events=SOLVED_TWICE)
    hours = {"new_time": 1, "open_time": 3, "agent_wait": 1, "on_hold": 4, "requester_wait": 8, "agent_work": 4}
    assert {time: times[time] for time in hours} == {time: number * HOUR for time, number in hours.items()}
    assert times["solve_time"] == 9 * HOUR
    assert times["solve_time_business"] == 9 * HOUR


def test_the_first_and_the_final_resolution():
    solved = told(events=SOLVED_TWICE)
    assert (solved["first_solved"], solved["last_solved"]) == tuple(
        map(instant, ("2026-01-05 13:00", "2026-01-07 14:00"))
    )
    assert (solved["first_resolution"], solved["final_resolution"]) == (4 * HOUR, 53 * HOUR)
    # Monday until 17:00 and Wednesday from 09:00, in Copenhagen; Tuesday is a holiday.
    assert (solved["first_resolution_business"], solved["final_resolution_business"]) == (4 * HOUR, 13 * HOUR)
    assert (solved["resolutions"], solved["reopens"], solved["status"]) == (2, 1, "closed")


def test_a_ticket_that_is_open_again_keeps_what_is_past_and_is_counted_until_now():
    now = told(as_of="2026-01-07 12:00", events=SOLVED_TWICE)
    assert (now["status"], now["first_resolution"], now["resolutions"], now["reopens"]) == ("hold", 4 * HOUR, 1, 0)
    assert (now["on_hold"], now["on_hold_business"]) == (2 * HOUR, 2 * HOUR)
    assert now["final_resolution_business"] is None


def test_what_happens_after_the_as_of_is_not_there():
    before = told(as_of="2026-01-06", events=SOLVED_TWICE)
    assert (before["status"], before["resolutions"], before["reopens"]) == ("solved", 1, 0)
    assert before["final_resolution"] == 4 * HOUR


def test_a_ticket_without_a_status_is_new():
    silent = told(as_of="2026-01-06")
    assert (silent["status"], silent["new_time"], silent["new_time_business"]) == ("new", 15 * HOUR, 7 * HOUR)
    assert (silent["resolutions"], silent["reopens"], silent["first_solved"]) == (None, None, None)


def test_a_ticket_is_new_until_its_first_status():
    later = told(events=statuses(("2026-01-05 11:00", "open"), ("2026-01-05 12:00", "solved")))
    assert (later["new_time"], later["open_time"]) == (2 * HOUR, HOUR)


def test_a_ticket_without_a_schedule_or_with_an_unknown_one_has_no_business_times():
    for schedule in (None, "another"):
        bare = told(tickets=opened(schedule_id=schedule), events=SOLVED_TWICE, messages=TALK)
        assert {value for name, value in bare.items() if name.endswith("_business")} == {None}
        assert bare["solve_time"] == 9 * HOUR


def test_a_ticket_that_is_closed_without_being_solved_is_resolved_by_its_closing():
    closed = told(events=statuses(("2026-01-05 10:00", "open"), ("2026-01-06 09:00", "closed")))
    assert (closed["first_resolution"], closed["final_resolution"], closed["resolutions"]) == (24 * HOUR, 24 * HOUR, 0)


def test_a_deleted_ticket_has_no_resolution_and_waits_no_more():
    gone = told(events=statuses(("2026-01-05 10:00", "open"), ("2026-01-05 11:00", "deleted")))
    assert (gone["status"], gone["first_resolution"], gone["requester_wait"]) == ("deleted", None, 2 * HOUR)


def test_what_is_told_of_a_moment_before_the_opening_took_no_time():
    odd = told(
        events=statuses(("2026-01-05 07:00", "open"), ("2026-01-05 08:00", "solved"), ("2026-01-05 10:00", "open")),
        messages=messages(("2026-01-05 07:30", "customer", True), ("2026-01-05 08:00", "agent", True)),
    )
    assert (odd["status"], odd["new_time"], odd["first_resolution"], odd["first_response"]) == ("open", 0, None, None)


#: What was written when on a ticket opened at 09:00; hours until the first response, and replies of agents.
RESPONSES = (
    ([("09:00", "customer", True), ("10:00", "agent", True)], 1, 1),
    ([("09:00", "customer", True), ("10:00", "agent", False), ("12:00", "agent", True)], 3, 1),
    ([("09:00", "customer", True), ("09:00", "agent", True), ("11:00", "agent", True)], 2, 2),  # no reply at once
    ([("09:00", "agent", True), ("13:00", "agent", True)], 4, 1),  # opened by an agent
    ([("09:00", "agent", True)], None, 0),
    ([("11:00", "agent", True), ("12:00", "agent", True)], 2, 1),  # opened by telephone: no message tells of it
    ([("09:00", "agent", False), ("09:00", "agent", True)], 0, 0),  # a note was there before
    ([("09:00", "system", True), ("11:00", "agent", True)], 2, 1),
    ([("09:00", "customer", False), ("11:00", "agent", True)], 2, 0),
    ([("09:00", "customer", True)], None, 0),
)


def test_the_first_response_is_the_public_message_of_an_agent_that_answers_the_opening():
    tickets = {str(number): case for number, case in enumerate(RESPONSES)}
    desk = Desk(
        tickets=[{**opened()[0], "ticket_id": number} for number in tickets],
        messages=[
            {**row, "ticket_id": number}
            for number, (written, _, _) in tickets.items()
            for row in messages(*((f"2026-01-05 {at}", *rest) for at, *rest in written))
        ],
    )
    got = {row["ticket_id"]: (row["first_response"], row["agent_replies"]) for row in desk.rows("ticket_metrics")}
    assert got == {number: (hours and hours * HOUR, replies) for number, (_, hours, replies) in tickets.items()}


def test_the_customer_waits_again_from_the_first_message_after_each_reply():
    talk = told(messages=TALK)
    assert (talk["total_response"], talk["total_response_business"]) == (HOUR + 42 * HOUR, HOUR + 2 * HOUR)
    counted = ("messages", "agent_messages", "public_agent_messages", "customer_messages", "private_messages")
    assert [talk[name] for name in counted] == [7, 3, 2, 4, 1]


def test_touches_are_public_messages_of_agents_on_a_solved_ticket():
    """Solved without a word, but with messages, is neither one touch nor two."""
    touches = {"0": "multi_touch", "1": "one_touch", "2": "two_touch", "3": "multi_touch"}
    several = {"tickets": opened(), "events": statuses(("2026-01-06 10:00", "solved"), ("2026-01-08 10:00", "open"))}
    rows = {what: [{**row, "ticket_id": n} for n in touches for row in one] for what, one in several.items()}
    talk = messages(("2026-01-05 09:00", "customer", True), *((f"2026-01-05 1{n}:00", "agent", True) for n in range(3)))
    rows["messages"] = [{**row, "ticket_id": n} for n in touches for row in talk[: int(n) + 1]]
    for as_of, expected in (("2026-01-07", touches), ("2026-01-09", {})):
        told_now = Desk(as_of, **rows).rows("ticket_metrics")
        names = [(row["ticket_id"], name) for row in told_now for name in set(touches.values()) if row[name]]
        assert sorted(names) == sorted(expected.items())


def test_a_ticket_is_unassigned_before_its_first_agent_and_while_it_is_given_back():
    handed = told(
        events=events(
            ("2026-01-05 10:00", "assignee", "ann"),
            ("2026-01-05 12:00", "assignee", None),
            ("2026-01-05 15:00", "assignee", "ann"),
            ("2026-01-05 16:00", "assignee", "bob"),
            ("2026-01-05 18:00", "status", "solved"),
        ),
    )
    assert (handed["unassigned"], handed["assignments"], handed["assignees"]) == (4 * HOUR, 3, 2)
    assert handed["handoffs"] == 1
    assert handed["first_assigned"] == instant("2026-01-05 10:00")
    assert handed["first_assignment_to_resolution"] == 8 * HOUR
    assert handed["last_assignment_to_resolution"] == 2 * HOUR


def test_of_assignees_that_nobody_told_nothing_is_said():
    untold = told()
    names = ("assignees", "assignments", "unassigned", "first_assigned", "first_assignment_to_resolution")
    assert {untold[name] for name in names} == {None}


def picked(rows, *columns):
    return [tuple(row[column] for column in columns) for row in rows]


def test_facts_are_known_from_the_day_of_the_last_row_they_are_made_of():
    known_late = [{**row, "v": day(instant("2026-01-09"))} for row in messages(("2026-01-05 12:00", "agent", True))]
    desk = Desk(tickets=opened(), messages=[*messages(("2026-01-05 09:00", "customer", True)), *known_late])
    (reply,) = desk.rows("case_replies")
    assert (reply["d"], reply["v"]) == (day(instant("2026-01-05 12:00")), day(instant("2026-01-09")))
    assert (reply["account_id"], reply["is_first"], reply["waited"], reply["waited_business"]) == (
        *("A", True),
        *(3 * HOUR, 3 * HOUR),
    )


def test_every_stretch_of_a_status_and_the_day_from_which_its_end_is_known():
    desk = Desk(tickets=opened(), events=SOLVED_TWICE)
    fifth, seventh, twentieth = (day(instant(f"2026-01-{number} 12:00")) for number in ("05", "07", "20"))
    spans = sorted(desk.rows("case_spans"), key=lambda row: row["since"])
    assert picked(spans, "status", "v", "seconds", "until_v") == [
        ("new", fifth, HOUR, fifth),
        ("open", fifth, 2 * HOUR, fifth),
        ("pending", fifth, HOUR, fifth),
        ("solved", fifth, 44 * HOUR, seventh),
        ("open", seventh, HOUR, seventh),
        ("hold", seventh, 4 * HOUR, seventh),
        ("solved", seventh, 13 * 24 * HOUR, twentieth),
        ("closed", twentieth, None, None),
    ]


def test_a_ticket_is_open_from_its_opening_and_from_each_time_it_is_taken_up_again():
    desk = Desk(tickets=opened(priority="high"), events=SOLVED_TWICE)
    first, second = (instant("2026-01-05 09:00"), instant("2026-01-07 09:00"))
    fifth, seventh = day(first), day(second)
    assert picked(desk.rows("case_open"), "opened", "since", "v", "until_v", "priority") == [
        (first, first, fifth, fifth, "high"),
        (first, second, seventh, seventh, "high"),
    ]
    assert picked(desk.rows("case_reopens"), "v", "reopened") == [(seventh, second)]


def test_a_ticket_that_came_in_solved_is_solved_at_once_and_was_never_open():
    desk = Desk(tickets=opened(), events=statuses(("2026-01-05 09:00", "solved")))
    assert desk.rows("case_open") == []
    assert picked(desk.rows("case_solves"), "is_first", "resolution", "solve_time") == [(True, 0, 0)]


def test_a_deleted_ticket_is_not_solved_and_not_taken_up_again_when_it_comes_back():
    changes = statuses(("2026-01-05 10:00", "deleted"), ("2026-01-06 10:00", "open"), ("2026-01-06 11:00", "solved"))
    desk = Desk(tickets=opened(), events=changes)
    assert desk.rows("case_reopens") == []
    assert len(desk.rows("case_open")) == 2
    assert picked(desk.rows("case_solves"), "is_first", "resolution", "solve_time") == [(True, 26 * HOUR, 2 * HOUR)]


def test_closing_a_solved_ticket_is_no_second_solution():
    assert picked(Desk(tickets=opened(), events=SOLVED_TWICE).rows("case_solves"), "is_first") == [(True,), (False,)]


def test_each_solution_tells_what_it_took_since_the_opening():
    handed = events(("2026-01-05 10:00", "assignee", "ann"), ("2026-01-07 09:30", "assignee", "bob"))
    numbered = [{**row, "seq": 100 + row["seq"]} for row in handed]
    written = messages(*((f"2026-01-0{n} 12:00", "agent", True) for n in (5, 6)), ("2026-01-07 12:00", "agent", False))
    first, second = Desk(tickets=opened(), events=[*SOLVED_TWICE, *numbered], messages=written).rows("case_solves")
    counted = ("touches", "handoffs", "reopens")
    assert (picked([first], *counted), picked([second], *counted)) == ([(1, 0, 0)], [(2, 1, 1)])
    times = ("resolution", "requester_wait", "agent_wait", "on_hold", "agent_work", "solve_time")
    hours = picked([first, second], *times, *(f"{time}_business" for time in times))
    assert [[time / HOUR for time in one] for one in hours] == [
        [4, 3, 1, 0, 3, 4] * 2,
        [53, 8, 1, 4, 4, 9, 13, 8, 1, 4, 4, 9],
    ]


PLAN = {"support_plan": "gold", "priority": "high"}


def promised(targets, **rows):
    desk = Desk(tickets=opened(**PLAN), targets=targets, **rows)
    return {row["kind"]: (row["due"], row["d"], row["v"], row["kept_v"]) for row in desk.rows("case_promises")}


@pytest.mark.parametrize(
    ("minutes", "in_business", "due"),
    [
        (60, "false", "2026-01-05 10:00"),
        (480, "false", "2026-01-05 17:00"),
        (480, "true", "2026-01-07 09:00"),  # an hour is left for the day after Epiphany
        (420, "true", "2026-01-05 16:00"),  # the end of the day is soon enough
        (60, "", "2026-01-05 10:00"),
    ],
)
def test_a_promise_falls_due_by_the_clock_or_by_business_hours(minutes, in_business, due):
    due = instant(due)
    assert promised(f"gold | high | {minutes} | | {in_business}") == {"first_response": (due, day(due), day(due), None)}


def test_a_promise_is_kept_by_a_reply_or_a_solution_that_comes_in_time():
    target, late = "gold | high | 60 | 240 | false", instant("2026-01-05 13:00")
    fifth = day(late)
    kept = promised(target, messages=TALK, events=SOLVED_TWICE)
    assert kept == {"first_response": (instant("2026-01-05 10:00"), *[fifth] * 3), "resolution": (late, *[fifth] * 3)}
    broken = promised(
        target,
        messages=messages(("2026-01-05 09:00", "customer", True), ("2026-01-05 10:00:01", "agent", True)),
        events=statuses(("2026-01-05 13:00:01", "solved")),
    )
    assert [kept_v for *_, kept_v in broken.values()] == [None, None]


def test_nothing_is_promised_without_a_target_for_the_plan_and_the_priority_or_without_a_schedule_to_count_by():
    assert promised("gold | low | 60 | 60 | true\nsilver | high | 60 | 60 | true\ngold | high | 0 | | true") == {}
    bare = Desk(tickets=opened(schedule_id=None, **PLAN), targets="gold | high | 60 | 60 | true")
    assert bare.rows("case_promises") == []


def test_worlds_are_kept_apart():
    """A ticket as it is told in order, and as it was known at one day: the same id, other rows."""
    apart = {"world": day(instant("2026-01-10"))}
    rows = {"tickets": opened(), "events": SOLVED_TWICE[:4], "messages": TALK[:3]}
    both = {name: [*told, *({**row, **apart} for row in told[:2])] for name, told in rows.items()}
    once = Desk(**rows)
    alone = {fact: once.rows(fact) for fact in FACTS}
    twice = Desk(**both)
    assert {fact: [row for row in twice.rows(fact) if row["world"] == -1] for fact in FACTS} == alone
    assert picked((row for row in twice.rows("case_spans") if row["world"] != -1), "status", "until") == [
        ("new", instant("2026-01-05 10:00")),
        ("open", None),
    ]


class Told:
    """The slow truth: one ticket, told step by step from its rows."""

    def __init__(self, ticket, changes, written, as_of):
        self.opened, self.as_of = ticket["opened"], as_of
        changes = sorted((row for row in changes if row["at"] <= as_of), key=lambda row: (row["at"], row["seq"]))
        self.written = [row for row in written if row["at"] <= as_of]
        self.assigned = [row for row in changes if row["field"] == "assignee"]
        self.steps = [(row["at"], row["value"]) for row in changes if row["field"] == "status"]
        if not self.steps or self.steps[0][0] > self.opened:
            self.steps.insert(0, (self.opened, "new"))

    def metrics(self):
        status = self.steps[-1][1]
        solved = [at for at, value in self.steps if value == "solved"]
        ends = solved or [at for at, value in self.steps if value == "closed"]
        told = {"status": status, "resolutions": len(solved) if ends else None}
        told["first_resolution"] = (ends[0] - self.opened) // 1_000_000 if ends else None
        told["final_resolution"] = (ends[-1] - self.opened) // 1_000_000 if ends else None
        return told | self.times() | self.responses() | self.hands()

    def times(self):
        spent = dict.fromkeys(TIMES, 0)
        for (since, status), until in zip(self.steps, [*(at for at, _ in self.steps[1:]), self.as_of], strict=True):
            for time in (time for time, statuses in TIMES.items() if status in statuses):
                spent[time] += (until - since) // 1_000_000
        return spent

    def responses(self):
        public = sorted((row["at"], row["author_role"] == "agent") for row in self.written if row["public"])
        notes = [row["at"] for row in self.written if not row["public"]]
        waits: dict[int, int] = {}
        for number, (at, is_agent) in enumerate(public):
            if number and (is_agent or not public[number - 1][1]):
                continue
            replies = [reply for reply, by_agent in public if by_agent and reply > at]
            if is_agent and (at > self.opened + 60_000_000 or any(note <= at for note in notes)):
                replies = [at]
            if replies:
                waits[number] = (replies[0] - (at if number else self.opened)) // 1_000_000
        return {
            "first_response": waits.get(0),
            "total_response": sum(waits.values()) if waits else None,
            "agent_replies": sum(is_agent for _, is_agent in public[1:]),
        }

    def hands(self):
        agents = [row["value"] for row in self.assigned]
        named = [agent for agent in agents if agent is not None]
        unassigned, since = 0, self.opened
        for row in self.assigned:
            unassigned += row["at"] - since if since is not None else 0
            since = row["at"] if row["value"] is None else None
        return {
            "assignees": len(set(named)) if agents else None,
            "assignments": len(named) if agents else None,
            "handoffs": sum(one != other for one, other in pairwise(named)),
            "unassigned": unassigned // 1_000_000 if agents else None,
        }


STATUSES = ("new", "open", "pending", "hold", "solved", "closed", "deleted", "waiting for parts")


def a_busy_desk(tickets, seed):
    """Tickets with anything in any order, on whole hours of eight days, so that much happens at the same moment."""
    chance = random.Random(seed)
    start = instant("2026-01-05 06:00")

    def hours(after=0):
        return start + (after + chance.randrange(190 - after)) * HOUR * 1_000_000

    desk = {"tickets": [], "events": [], "messages": []}
    for number in range(tickets):
        about = {"ticket_id": f"T{number}"}
        begun = chance.randrange(60)
        at = start + begun * HOUR * 1_000_000
        plan = chance.choice(("gold", "none"))
        schedule = chance.choice(("office", None))
        desk["tickets"].append(
            {**opened(schedule_id=schedule, support_plan=plan, priority="high")[0], **about, "opened": at}
        )
        for seq in range(chance.randrange(9)):
            field, values = chance.choice((("status", STATUSES), ("assignee", ("ann", "bob", None))))
            more = {"field": field, "value": chance.choice(values), "seq": seq, "at": hours(begun)}
            desk["events"].append({**about, **more})
        for _ in range(chance.randrange(7)):
            role, public = chance.choice(("customer", "agent")), chance.random() < 0.8
            desk["messages"].append({**about, "at": hours(begun), "author_role": role, "public": public})
    return desk


@pytest.mark.parametrize("as_of", ["2026-01-07 13:00", "2026-02-01"])
def test_the_metrics_are_those_told_step_by_step(as_of):
    busy = a_busy_desk(400, seed=1)
    expected = {}
    for one in (row for row in busy["tickets"] if row["opened"] <= instant(as_of)):
        own = {what: [row for row in rows if row["ticket_id"] == one["ticket_id"]] for what, rows in busy.items()}
        expected[one["ticket_id"]] = Told(one, own["events"], own["messages"], instant(as_of)).metrics()
    got = {row["ticket_id"]: row for row in Desk(as_of, **busy).rows("ticket_metrics")}
    assert len(got) == len(expected) > 100
    for ticket_id, told_slowly in expected.items():
        assert {name: got[ticket_id][name] for name in told_slowly} == told_slowly, ticket_id


#: What may be known of a fact later than the fact itself, and the column with the day from which it is.
LATER = {
    "until": "until_v",
    "seconds": "until_v",
    "business_seconds": "until_v",
    "until_v": "until_v",
    "closed_v": "closed_v",
    "kept_v": "kept_v",
}


def as_known(rows, last):
    """The facts that are known on a day, as they are known then."""

    def value(row, name):
        later = LATER.get(name)
        return None if later and (row[later] is None or row[later] > last) else row[name]

    known = [tuple(value(row, name) for name in row) for row in rows if row["v"] <= last]
    return sorted(known, key=repr)


def test_what_happens_later_changes_no_fact():
    """Computed from everything and looked at on a day, or computed from what had happened by that day: the same."""
    busy = a_busy_desk(300, seed=2)
    targets = "gold | high | 240 | 1200 | true\n none | high | 600 | 3000 | false"
    whole = Desk(targets=targets, **busy)
    ever = {fact: whole.rows(fact) for fact in FACTS}
    assert all(len(rows) > 20 for rows in ever.values())
    for midnight in ("2026-01-06", "2026-01-07", "2026-01-08", "2026-01-10"):
        last = day(instant(midnight))
        then = Desk(midnight, targets=targets, **busy)
        for fact in FACTS:
            assert as_known(ever[fact], last) == as_known(then.rows(fact), last), (fact, midnight)


def test_the_frame_has_one_row_a_ticket_as_it_was_known_at_the_as_of(tmp_path):
    tables = OFFICE | {
        "tickets": """
            account_id | ticket_id | created_at       | schedule_id
            A          | 2         | 2026-01-05 10:00 | office
            B          | 1         | 2026-01-07 10:00 |
            B          | 3         | 2026-01-09 10:00 |
        """,
        "ticket_events": """
            ticket_id | at               | field  | value
            2         | 2026-01-05 12:00 | status | open
            2         | 2026-01-07 12:00 | status | solved
            2         | 2026-01-08 12:00 | status | open
        """,
        "messages": """
            ticket_id | created_at       | author_role | public
            2         | 2026-01-05 10:00 | customer    | true
            2         | 2026-01-07 08:30 | agent       | true
            2         | 2026-01-08 08:30 | agent       | true
        """,
    }
    land_rows(tmp_path, completed(tables))
    past = History(tmp_path, "UTC").upto(moment("2026-01-07"))
    first, second = ticket_metrics_at(past).to_dict("records")
    assert (first["ticket_id"], second["ticket_id"], second["status"]) == ("1", "2", "solved")
    assert second["last_solved"] == datetime(2026, 1, 7, 12)
    # From 11:00 to 17:00 and from 09:00 to 09:30 in Copenhagen.
    assert (second["first_response"], second["first_response_business"]) == (46.5 * HOUR, 6.5 * HOUR)
    assert second["one_touch"] is True
    assert first["new_time"] == 14 * HOUR
    assert pd.isna(first["new_time_business"])
    spans = ticket_spans_at(past)
    assert list(spans["status"]) == ["new", "new", "open", "solved"]
    assert list(spans["until"].isna()) == [True, False, False, True]


def test_a_company_without_tickets_has_no_metrics(tmp_path):
    land_rows(tmp_path, {"accounts": "account_id | created_at\n A | 2026-01-01"})
    past = History(tmp_path, "UTC").upto(moment("2026-01-31"))
    metrics = ticket_metrics_at(past)
    assert len(metrics) == len(ticket_spans_at(past)) == 0
    texts, flags = ("ticket_id", "account_id", "status"), ("one_touch", "two_touch", "multi_touch")
    numbers = metrics.columns.difference([*texts, *flags, *MOMENTS])
    assert {str(metrics[number].dtype) for number in numbers} == {"Int64"}
