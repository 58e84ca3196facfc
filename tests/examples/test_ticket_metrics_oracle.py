"""The ticket metrics of 4,921 real tickets equal those that dbt_zendesk 1.6.1 computed on PostgreSQL.

Its tables are read by a mapping, as a user would write one. Here and only here our seconds become its minutes: the
calendar columns of statuses and resolutions count the minutes that begin, trunc(end) - trunc(start) for each interval;
all others are seconds / 60.

Not compared, with the reason:

- created_at, organization_id, requester_id, assignee_id: of the ticket itself, no metric.
- count_ticket_handoffs: how many agents wrote; our messages tell the role of the author and not who it was. Our
  handoffs are the changes of the assignee.
- of the tickets whose last status is neither solved nor closed, the times that this status is part of: dbt_zendesk
  counts it until the day on which it ran.
"""

from datetime import datetime

import pandas as pd
import pytest

from churnrisk.extract.mapping import map_export
from churnrisk.features.casework import TIMES, ticket_metrics_at, ticket_spans_at
from churnrisk.history import History, connect, land
from churnrisk.settings import Settings
from tests.support.history import moment

#: The local names of the time zones, as the help desk tells them.
ZONES = "case time_zone when 'Rome' then 'Europe/Rome' when 'Abu Dhabi' then 'Asia/Dubai' end"
FILES = ("organization", "ticket", "ticket_field_history", "ticket_comment", "user", "schedule", "schedule_holiday")


def mapping(table, source, /, **columns):
    return {"table": table, "from": source, "columns": columns}


MAPPING = [
    mapping("accounts", "organization", account_id="id", name="name", created_at="created_at"),
    mapping(
        "tickets",
        "select t.*, s.schedule_id from ticket t left join ticket_schedule s on s.ticket_id = t.id",
        ticket_id="id",
        account_id="organization_id",
        created_at="created_at",
        schedule_id="schedule_id",
    ),
    mapping(
        "ticket_events",
        "ticket_field_history",
        ticket_id="ticket_id",
        at="updated",
        seq="case field_name when 'assignee_id' then 0 else 1 end",
        field="replace(field_name, 'assignee_id', 'assignee')",
        value="value",
    ),
    mapping(
        "messages",
        "select c.*, u.role from ticket_comment c left join user u on u.id = c.user_id",
        message_id="id",
        ticket_id="ticket_id",
        author_role="case role when 'end-user' then 'customer' else 'agent' end",
        public="public",
        created_at="created",
    ),
    mapping(
        "schedules",
        "select *, start_time::bigint // 1440 as day from schedule",
        schedule_id="id",
        weekday="case day when 0 then 7 else day end",  # minutes are counted from Sunday
        opens="start_time::bigint - day * 1440",
        closes="end_time::bigint - day * 1440",
        time_zone=ZONES,
    ),
    mapping("holidays", "schedule_holiday", schedule_id="schedule_id", day="start_date", name="name"),
]


@pytest.fixture(scope="module")
def oracle(shared_data):
    folder = shared_data / "ticket_metrics_oracle"
    if not folder.is_dir():
        pytest.skip("the ticket metrics oracle is not at ../shared/data/ticket_metrics_oracle")
    return folder


@pytest.fixture(scope="module")
def past(oracle, tmp_path_factory):
    """The help desk at the end of 2023, after everything that its logs tell of."""
    sources = {name: {"path": f"{name}_data.csv.gz"} for name in (*FILES, "ticket_schedule")}
    export = {"folder": str(oracle / "input")}
    settings = Settings.model_validate({"export": export, "sources": sources, "mapping": MAPPING})
    folder, workbench = tmp_path_factory.mktemp("oracle"), connect()
    land(workbench, folder, map_export(workbench, settings), datetime(2024, 1, 1), "UTC")
    return History(folder, "UTC").upto(moment("2023-12-31"))


@pytest.fixture(scope="module")
def metrics(past):
    rows = ticket_metrics_at(past)
    return rows.set_index(rows["ticket_id"].astype(int)).sort_index()


@pytest.fixture(scope="module")
def spans(past):
    rows = ticket_spans_at(past)
    return rows.assign(ticket_id=rows["ticket_id"].astype(int))


@pytest.fixture(scope="module")
def expected(oracle):
    moments = [column for column in SAME if column.endswith(("_at", "_date"))]
    file = oracle / "expected" / "zendesk__ticket_metrics.csv.gz"
    told = pd.read_csv(file, parse_dates=moments, true_values=["t"], false_values=["f"])
    return told.set_index("ticket_id").sort_index()


NOT_COMPARED = {"created_at", "organization_id", "requester_id", "assignee_id", "count_ticket_handoffs"}

#: Columns of dbt_zendesk that are ours as they are.
SAME = {
    "status": "status",
    "count_agent_comments": "agent_messages",
    "count_public_agent_comments": "public_agent_messages",
    "count_end_user_comments": "customer_messages",
    "count_public_comments": "public_messages",
    "count_internal_comments": "private_messages",
    "total_comments": "messages",
    "total_agent_replies": "agent_replies",
    "is_one_touch_resolution": "one_touch",
    "is_two_touch_resolution": "two_touch",
    "is_multi_touch_resolution": "multi_touch",
    "unique_assignee_count": "assignees",
    "assignee_stations_count": "assignments",
    "first_agent_assignment_date": "first_assigned",
    "last_agent_assignment_date": "last_assigned",
    "first_solved_at": "first_solved",
    "last_solved_at": "last_solved",
    "count_resolutions": "resolutions",
    "count_reopens": "reopens",
}
#: Columns that are our seconds / 60.
SECONDS = {
    "first_reply_time_calendar_minutes": "first_response",
    "first_reply_time_business_minutes": "first_response_business",
    "total_reply_time_calendar_minutes": "total_response",
    "ticket_unassigned_duration_calendar_minutes": "unassigned",
    "first_resolution_business_minutes": "first_resolution_business",
    "full_resolution_business_minutes": "final_resolution_business",
}
#: Columns that count the minutes that begin between two moments of ours.
BEGUN_MINUTES = {
    "first_resolution_calendar_minutes": ("first_resolution", "opened", "first_solved"),
    "final_resolution_calendar_minutes": ("final_resolution", "opened", "last_solved"),
    "first_assignment_to_resolution_calendar_minutes": (
        "first_assignment_to_resolution",
        "first_assigned",
        "last_solved",
    ),
    "last_assignment_to_resolution_calendar_minutes": (
        "last_assignment_to_resolution",
        "last_assigned",
        "last_solved",
    ),
}
#: What dbt_zendesk calls the times that are made of statuses.
TIME_NAMES = {
    "new_time": "new_status_duration",
    "open_time": "open_status_duration",
    "agent_wait": "agent_wait_time",
    "on_hold": "on_hold_time",
    "requester_wait": "requester_wait_time",
    "agent_work": "agent_work_time",
    "solve_time": "solve_time",
}
#: Tickets whose last status is one of those that a time is made of, and is not over.
STILL_RUNNING = {
    "new_time": 0,
    "open_time": 1,
    "agent_wait": 8,
    "on_hold": 3,
    "requester_wait": 4,
    "agent_work": 1,
    "solve_time": 12,
}


def minutes(seconds):
    """As dbt_zendesk rounds them."""
    return (seconds.astype("Float64") / 60).round(4)


def begun(since, until):
    """The minutes that begin between two moments."""
    return (until.dt.floor("min") - since.dt.floor("min")).dt.total_seconds() / 60


def differing(ours, theirs):
    """Tickets on which the two differ; what is missing in both is equal."""
    ours, theirs = ours.astype(object), theirs.astype(object)
    assert len(ours) == len(theirs)
    return list(ours.index[~((ours == theirs).fillna(False) | (ours.isna() & theirs.isna()))])


def test_every_column_is_compared_or_has_a_reason(expected):
    times = {f"{name}_in_{kind}_minutes" for name in TIME_NAMES.values() for kind in ("calendar", "business")}
    assert {*SAME, *SECONDS, *BEGUN_MINUTES, *times, *NOT_COMPARED} == set(expected.columns)
    assert set(TIME_NAMES) == set(STILL_RUNNING) == set(TIMES)
    assert len(expected) == 4921


@pytest.mark.parametrize("column", SAME)
def test_counts_flags_and_moments_are_the_same(metrics, expected, column):
    assert differing(metrics[SAME[column]], expected[column]) == []


@pytest.mark.parametrize("column", SECONDS)
def test_waits_and_business_resolutions_are_the_same_to_the_second(metrics, expected, column):
    assert differing(minutes(metrics[SECONDS[column]]), expected[column]) == []


@pytest.mark.parametrize("column", BEGUN_MINUTES)
def test_resolutions_are_the_same_to_the_second(metrics, expected, column):
    seconds, since, until = BEGUN_MINUTES[column]
    told = metrics[seconds].notna()
    counted = begun(metrics[since], metrics[until]).where(told)
    assert differing(counted, expected[column]) == []
    between = (metrics[until] - metrics[since]).dt.total_seconds()
    assert differing(metrics[seconds], between.where(told)) == []


@pytest.fixture(params=TIME_NAMES)
def ended(request, metrics):
    """A time, and the tickets of which it is over."""
    runs = metrics["status"].isin(TIMES[request.param])
    assert runs.sum() == STILL_RUNNING[request.param]
    return request.param, metrics.index[~runs]


def test_times_in_statuses_are_the_same_by_the_business_calendar(metrics, expected, ended):
    time, tickets = ended
    theirs = expected.loc[tickets, f"{TIME_NAMES[time]}_in_business_minutes"]
    assert differing(minutes(metrics.loc[tickets, f"{time}_business"]), theirs) == []


def test_times_in_statuses_are_the_same_to_the_second(metrics, spans, expected, ended):
    """Their minutes are those of our stretches, and our stretches add up to our seconds."""
    time, tickets = ended
    spans = spans[spans["status"].isin(TIMES[time])]
    stretches = spans.assign(minutes=begun(spans["since"], spans["until"])).groupby("ticket_id")
    theirs = expected.loc[tickets, f"{TIME_NAMES[time]}_in_calendar_minutes"]
    assert differing(stretches["minutes"].sum().reindex(tickets, fill_value=0), theirs) == []
    ours = metrics.loc[tickets]
    assert differing(stretches["seconds"].sum().reindex(tickets, fill_value=0), ours[time]) == []
    assert differing(stretches["business_seconds"].sum().reindex(tickets, fill_value=0), ours[f"{time}_business"]) == []
