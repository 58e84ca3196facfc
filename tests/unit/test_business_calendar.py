"""Business time is what counting minute by minute gives, in every zone, on every kind of day."""

from datetime import UTC, date, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from churnrisk.errors import InputError
from churnrisk.features.casework import business_calendar
from churnrisk.features.casework.calendar import business_instants, business_seconds, on_day
from churnrisk.history import connect

COPENHAGEN, JERUSALEM = "Europe/Copenhagen", "Asia/Jerusalem"
#: Half-hour offsets and changes, changes at midnight, a day that was left out.
ZONES = (
    *(COPENHAGEN, JERUSALEM, "UTC", "America/New_York", "Asia/Kolkata"),
    *("Australia/Lord_Howe", "Africa/Cairo", "Pacific/Apia"),
)
#: Around changes of the clocks in these zones, a year's end, and 29 February.
MONDAYS = (
    *(date(2026, 3, 23), date(2026, 10, 19), date(2026, 3, 30), date(2026, 4, 20)),
    *(date(2025, 12, 29), date(2024, 2, 26), date(2011, 12, 26)),
)
NINE_TO_FIVE = [(day, 540, 1020) for day in range(1, 6)]


def day_number(day):
    return (day - date(1970, 1, 1)).days


def second(text, time_zone="UTC"):
    return int(datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(time_zone)).timestamp())


def schedules(hours, time_zone, schedule="s"):
    kinds = [pa.string(), pa.int64(), pa.int64(), pa.int64(), pa.string()]
    rows = [(schedule, weekday, opens, closes, time_zone) for weekday, opens, closes in hours]
    columns = zip(*rows, strict=True) if rows else ([] for _ in kinds)
    names = ["schedule_id", "weekday", "opens", "closes", "time_zone"]
    return pa.table([pa.array(column, kind) for column, kind in zip(columns, kinds, strict=True)], names)


def holidays(days, schedule="s"):
    return pa.table({"schedule_id": pa.array([schedule] * len(days), pa.string()), "day": pa.array(days, pa.date32())})


@cache
def workbench():
    return connect()


class Clock:
    """A calendar as the stages ask it: by SQL."""

    def __init__(self, calendar):
        self.stretches = calendar.stretches
        self.connection = workbench()
        self.connection.register("business_days", calendar.days)
        self.connection.execute(f"create or replace table instants as {business_instants(self.stretches)}")

    def passed(self, instants, schedule="s"):
        asked = pa.table(
            {
                "n": range(len(instants)),
                "schedule_id": pa.array([schedule] * len(instants), pa.string()),
                "moment": pa.array([instant * 1_000_000 for instant in instants], pa.int64()),
            }
        )
        self.connection.register("asked", asked)
        return self._column(
            f"select {business_seconds('a.moment // 1000000', 'b', self.stretches)} from asked a"
            f" left join business_days b on {on_day('b', 'a', 'a.moment')} order by a.n"
        )

    def between(self, begin, end, schedule="s"):
        before, after = self.passed([begin, end], schedule)
        return None if before is None or after is None else after - before

    def instants(self, passed):
        return self._column(
            f"select second + {passed} - passed from instants where bucket = {passed - 1} // 86400"
            f" and passed < {passed} and {passed} <= passed + length"
        )

    def _column(self, sql):
        return [value for (value,) in self.connection.execute(sql).fetchall()]


def clock(hours, time_zone, first, last, closed=()):
    first, last = (day_number(date.fromisoformat(day) if isinstance(day, str) else day) for day in (first, last))
    return Clock(business_calendar(schedules(hours, time_zone), holidays(closed), first, last))


def counted(hours, time_zone, closed, begin, end):
    """The slow truth: look at the clock on the wall once in every minute."""
    seconds = 0
    for minute in range(begin // 60 * 60, end, 60):
        wall = datetime.fromtimestamp(minute, UTC).astimezone(ZoneInfo(time_zone))
        today, yesterday = wall.date(), wall.date() - timedelta(days=1)
        time = wall.hour * 60 + wall.minute
        told = [(day.isoweekday(), time + more) for day, more in ((today, 0), (yesterday, 1440))]
        is_open = any(day == weekday and opens <= at < closes for weekday, opens, closes in hours for day, at in told)
        if is_open and today not in closed:
            seconds += min(minute + 60, end) - max(minute, begin)
    return seconds


@pytest.mark.parametrize(
    ("time_zone", "begin", "end", "hours"),
    [
        (COPENHAGEN, "2026-03-27 09:00", "2026-03-30 17:00", 16),  # over the change of the clocks in spring
        (COPENHAGEN, "2026-10-23 16:00", "2026-10-26 10:00", 2),  # and in autumn
        (JERUSALEM, "2026-03-26 16:30", "2026-03-27 09:30", 1),  # a Friday in spring
        (JERUSALEM, "2026-10-23 09:00", "2026-10-26 17:00", 16),
        (COPENHAGEN, "2025-12-31 12:00", "2026-01-02 12:00", 16),
        (COPENHAGEN, "2024-02-28 09:00", "2024-03-01 17:00", 24),  # with 29 February
        (COPENHAGEN, "2026-03-28 09:00", "2026-03-29 17:00", 0),  # a weekend
    ],
)
def test_business_hours_follow_the_clock_on_the_wall(time_zone, begin, end, hours):
    told = clock(NINE_TO_FIVE, time_zone, begin[:10], end[:10])
    assert told.between(second(begin, time_zone), second(end, time_zone)) == hours * 3600


def test_hours_that_the_clocks_leave_out_do_not_count_and_hours_that_come_twice_count_twice():
    always = [(day, 0, 1440) for day in range(1, 8)]
    told = clock(always, COPENHAGEN, "2026-01-01", "2026-12-31")
    spring, autumn = (("2026-03-29", "2026-03-30"), ("2026-10-25", "2026-10-26"))
    lengths = [told.between(*(second(day, COPENHAGEN) for day in days)) for days in (spring, autumn)]
    assert lengths == [23 * 3600, 25 * 3600]


def test_a_holiday_removes_the_local_day():
    """The holiday of a schedule in Copenhagen begins at 23:00 UTC the day before."""
    told = clock([(day, 0, 1440) for day in range(1, 8)], COPENHAGEN, "2026-01-01", "2026-01-09", [date(2026, 1, 6)])
    assert told.between(second("2026-01-05 22:00"), second("2026-01-06 23:30")) == 3600 + 1800


def test_seconds_are_exact():
    told = clock(NINE_TO_FIVE, "UTC", "2026-01-05", "2026-01-05")
    assert told.between(second("2026-01-05 08:59:59"), second("2026-01-05 09:00:01")) == 1
    assert told.between(second("2026-01-05 16:59:58"), second("2026-01-05 17:00:07")) == 2


def test_rows_that_overlap_or_touch_count_once():
    told = clock([(1, 540, 720), (1, 660, 780), (1, 780, 1020)], "UTC", "2026-01-05", "2026-01-05")
    assert told.stretches == 1
    assert told.between(second("2026-01-05"), second("2026-01-05 23:59")) == 8 * 3600


def test_a_row_over_midnight_closes_on_the_next_day():
    told = clock([(1, 1320, 1800)], COPENHAGEN, "2026-01-04", "2026-01-07", [date(2026, 1, 6)])
    assert told.between(second("2026-01-05", COPENHAGEN), second("2026-01-07", COPENHAGEN)) == 2 * 3600
    told = clock([(1, 1320, 1800)], COPENHAGEN, "2026-01-04", "2026-01-07")
    assert told.between(second("2026-01-05", COPENHAGEN), second("2026-01-07", COPENHAGEN)) == 8 * 3600


@pytest.mark.parametrize(
    "row", [(1, 600, 600), (1, 600, 540), (1, 600, None), (1, 600, 3000), (8, 0, 60), (1, -60, 60)]
)
def test_a_row_that_says_no_stretch_of_its_day_opens_nothing(row):
    told = business_calendar(schedules([row], "UTC"), holidays([]), 20_000, 20_010)
    assert sum(told.days["length_1"].to_pylist()) == 0


def test_a_company_without_schedules_has_no_business_time():
    told = business_calendar(schedules([], "UTC"), holidays([]), 20_000, 20_010)
    assert (told.days.num_rows, told.stretches) == (0, 1)
    assert Clock(told).between(0, 1) is None


def test_an_unknown_schedule_and_a_day_outside_the_range_have_no_business_time_rather_than_none():
    told = clock(NINE_TO_FIVE, "UTC", "2026-01-05", "2026-01-09")
    inside, outside = second("2026-01-05 12:00"), second("2026-01-12 12:00")
    assert told.between(inside, inside, "another") is None
    assert told.between(inside, inside, None) is None
    assert told.between(inside, outside) is None


def test_a_schedule_in_a_zone_that_is_none_is_named_with_what_to_write():
    with pytest.raises(InputError) as raised:
        business_calendar(schedules(NINE_TO_FIVE, "Rome"), holidays([]), 20_000, 20_010)
    assert str(raised.value) == (
        "Schedule s is told in the time zone 'Rome', which is none."
        ' Map schedules.time_zone to an IANA name such as "Europe/Copenhagen".'
    )


stretch_rows = st.tuples(st.integers(1, 7), st.integers(0, 1439), st.integers(1, 900)).map(
    lambda row: (row[0], row[1], row[1] + row[2])
)


@given(
    st.lists(stretch_rows, min_size=1, max_size=8),
    st.sampled_from(ZONES),
    st.sampled_from(MONDAYS),
    st.sets(st.integers(0, 13), max_size=3),
    st.lists(st.integers(0, 10 * 86_400 - 1), min_size=2, max_size=4),
)
def test_business_seconds_are_those_counted_minute_by_minute(hours, time_zone, monday, closed, instants):
    days = [monday + timedelta(days=number) for number in closed]
    told = clock(hours, time_zone, monday, monday + timedelta(days=9), days)
    begin, *ends = sorted(day_number(monday) * 86_400 + instant for instant in instants)
    expected = [counted(hours, time_zone, days, begin, end) for end in ends]
    assert [told.between(begin, end) for end in ends] == expected


@given(
    st.lists(stretch_rows, min_size=1, max_size=8),
    st.sampled_from(ZONES),
    st.sampled_from(MONDAYS),
    st.lists(st.floats(0, 1), min_size=1, max_size=5),
)
def test_the_way_back_gives_the_first_instant_at_which_so_much_has_passed(hours, time_zone, monday, shares):
    told = clock(hours, time_zone, monday, monday + timedelta(days=9))
    (total,) = told.passed([(day_number(monday) + 10) * 86_400 - 1])
    for passed in {round(share * total) for share in shares} - {0}:
        (instant,) = told.instants(passed)
        assert told.passed([instant - 1, instant]) == [passed - 1, passed]
