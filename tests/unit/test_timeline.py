"""Where a moment lies, what a window holds, and that no label tells of a later part."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from churnrisk.errors import SettingsError
from churnrisk.timeline import WINDOWS, AsOf, LabelWindow, Split, grid, purged_split
from tests.support.history import land_rows, moment, seen

ZONES = ("UTC", "Europe/Copenhagen", "Asia/Jerusalem", "America/New_York", "Asia/Kolkata", "Pacific/Kiritimati")
days = st.dates(date(2000, 1, 1), date(2037, 12, 31))


@pytest.mark.parametrize(
    ("day", "time_zone", "instant"),
    [
        ("2026-01-31", "UTC", "2026-02-01 00:00"),
        ("2026-01-31", "Europe/Copenhagen", "2026-01-31 23:00"),
        ("2026-07-31", "Europe/Copenhagen", "2026-07-31 22:00"),
        ("2026-03-28", "Europe/Copenhagen", "2026-03-28 23:00"),  # the clocks change during the 29th
        ("2026-03-29", "Europe/Copenhagen", "2026-03-29 22:00"),
        ("2026-10-24", "Europe/Copenhagen", "2026-10-24 22:00"),  # and back during the 25th
        ("2026-10-25", "Europe/Copenhagen", "2026-10-25 23:00"),
        ("2026-03-26", "Asia/Jerusalem", "2026-03-26 22:00"),  # a Friday in Israel
        ("2026-03-27", "Asia/Jerusalem", "2026-03-27 21:00"),
        ("2026-10-24", "Asia/Jerusalem", "2026-10-24 21:00"),
        ("2026-10-25", "Asia/Jerusalem", "2026-10-25 22:00"),
        ("2024-02-28", "UTC", "2024-02-29 00:00"),
        ("2024-02-29", "Europe/Copenhagen", "2024-02-29 23:00"),
        ("2025-12-31", "UTC", "2026-01-01 00:00"),
        ("2025-12-31", "Europe/Copenhagen", "2025-12-31 23:00"),
    ],
)
def test_as_of_is_the_end_of_a_day_in_the_company_s_time_zone(day, time_zone, instant):
    assert moment(day, time_zone).instant == datetime.fromisoformat(instant)


def test_a_window_is_as_many_hours_as_its_days_have():
    """Seven days over the spring change of the clocks are 167 hours, over the autumn one 169."""
    hours = [
        (end - start) / timedelta(hours=1)
        for start, end in (moment(day, "Europe/Copenhagen").window(7) for day in ("2026-03-31", "2026-10-27"))
    ]
    assert hours == [167, 169]


@given(day=days, time_zone=st.sampled_from(ZONES), window=st.sampled_from(WINDOWS))
def test_a_window_begins_and_ends_at_the_company_s_midnights(day, time_zone, window):
    edges = AsOf(day, time_zone).window(window)
    start, end = (edge.replace(tzinfo=UTC).astimezone(ZoneInfo(time_zone)) for edge in edges)
    assert (end.hour, end.minute, start.hour, start.minute) == (0, 0, 0, 0)
    assert (end.date() - start.date()).days == window


@given(day=days, time_zone=st.sampled_from(ZONES), first=st.integers(-400, 400), second=st.integers(-400, 400))
def test_days_add_up(day, time_zone, first, second):
    as_of = AsOf(day, time_zone)
    assert as_of.shift(first).shift(second) == as_of.shift(first + second)
    assert as_of.shift(first).edge(second) == as_of.edge(first + second)
    assert (as_of.edge(first) < as_of.edge(second)) == (first < second)


@pytest.mark.parametrize("time_zone", [*ZONES, "America/Havana", "Atlantic/Azores", "America/Vancouver"])
def test_the_end_of_a_usage_day_is_the_as_of_of_that_day(tmp_path, time_zone):
    """Where midnight comes twice too, and where the database engine has other rules for a zone than Python."""
    wanted = [date(2026, 1, 1) + timedelta(days=n) for n in range(365)]
    rows = [{"account_id": "A", "day": day.isoformat(), "metric": "m", "value": "1"} for day in wanted]
    land_rows(tmp_path, {"usage": rows}, time_zone=time_zone)
    placed = seen(tmp_path, "usage", "2027-12-31", "day, happened_at", time_zone)
    assert placed == [(day, AsOf(day, time_zone).instant) for day in wanted]


def test_a_name_that_is_no_time_zone_is_told():
    with pytest.raises(SettingsError, match=r"'Mars/Olympus' is no time zone.*Europe/Copenhagen"):
        _ = moment("2026-01-31", "Mars/Olympus").instant


def test_a_label_looks_from_lead_until_lead_and_horizon():
    window = LabelWindow(lead=14, horizon=90)
    assert window.reach == 104
    assert window.edges(moment("2026-01-31")) == (datetime(2026, 2, 15), datetime(2026, 5, 16))


@given(day=days, lead=st.integers(0, 60), horizon=st.integers(1, 180), gap=st.integers(-200, 200))
def test_a_label_is_matured_when_its_whole_window_is_known(day, lead, horizon, gap):
    window, known_until = LabelWindow(lead, horizon), AsOf(day)
    last = window.last_matured(known_until)
    assert window.is_matured(last, known_until)
    assert not window.is_matured(last.shift(1), known_until)
    assert window.is_matured(last.shift(gap), known_until) == (gap <= 0)


@given(first=days, length=st.integers(-100, 900), step=st.integers(1, 60), most=st.integers(1, 40))
def test_a_grid_ends_at_the_last_as_of_and_holds_none_before_the_first(first, length, step, most):
    last = AsOf(first + timedelta(days=length))
    found = grid(first, last, step, most)
    assert len(found) == (0 if length < 0 else min(length // step + 1, most))
    assert all(as_of.day >= first for as_of in found)
    assert not found or found[-1] == last
    assert {(b.day - a.day).days for a, b in pairwise(found)} <= {step}


@given(
    step=st.integers(1, 60),
    count=st.integers(0, 40),
    lead=st.integers(0, 40),
    horizon=st.integers(1, 120),
    test=st.integers(1, 5),
    calibrate=st.integers(0, 5),
)
def test_no_label_of_training_reaches_past_the_first_as_of_of_testing(step, count, lead, horizon, test, calibrate):
    """And every as_of is in exactly one part, or purged; no more is purged than must be."""
    as_ofs = grid(date(2020, 1, 1), AsOf(date(2020, 1, 1)).shift(step * max(count - 1, 0)), step, max(count, 1))[:count]
    window = LabelWindow(lead, horizon)
    split = purged_split(as_ofs, window, test, calibrate)
    if split.test:
        assert all(one.shift(window.reach) <= min(split.test) for one in split.train)
        assert all(one.shift(window.reach) > min(split.test) for one in split.purged)
    assert sorted([*split.train, *split.test, *split.purged]) == list(as_ofs)
    assert split.calibrate == split.train[-calibrate:]


def test_a_split_that_overlaps_is_refused():
    """One day is enough."""
    window = LabelWindow(0, 28)
    early, late = moment("2026-01-01"), moment("2026-01-28")
    with pytest.raises(ValueError, match="the label of 2026-01-01 reaches past 2026-01-28"):
        Split((early,), (), (late,), ()).audit(window)
    Split((early,), (), (late.shift(1),), ()).audit(window)


def test_calibration_is_made_on_the_latest_as_of_of_training():
    as_ofs = grid(date(2026, 1, 1), moment("2026-06-30"), 30, 6)
    split = purged_split(as_ofs, LabelWindow(0, 30), test=1, calibrate=3)
    assert (split.train, split.calibrate, split.test, split.purged) == (as_ofs[:5], as_ofs[2:5], as_ofs[5:], ())
    assert purged_split(as_ofs, LabelWindow(0, 30), test=1, calibrate=0).calibrate == as_ofs[:5]
