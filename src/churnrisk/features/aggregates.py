"""The closed set of aggregates: how facts become one number, told once for every engine.

Each takes the feature and the sheet of its stream, and gives SQL over what it asked the sheet for. Sources stand with
the methods that have one.
"""

from __future__ import annotations

from collections.abc import Callable

from churnrisk.features.catalogue import Feature
from churnrisk.features.sheet import ALL_TIME, PARTS, Sheet
from churnrisk.features.streams import AS_OF

#: A change compares the window with so many windows before it.
WINDOWS_BEFORE = 3
#: What an account is used to is read from so many windows before this one, and from no fewer than the least.
BLOCKS, LEAST_BLOCKS = 12, 4
#: A deviation beyond this many is told as this many.
MOST_DEVIATIONS = 10
#: Weeks that a weekly average looks at, and the weight of the newest.
WEEKS, WEIGHT = 12, 0.3
#: Edges of the intervals of the life table, in hours.
LIFE_TABLE_HOURS = (1, 2, 4, 8, 16, 24, 48, 72, 120, 168, 336, 720, 2160)
_HOUR = 3600
_NEVER = "1e300"


def _double(sql: str) -> str:
    return f"cast({sql} as double)"


def _unit(feature: Feature) -> int:
    """What a total in parts is divided by: hours and the like are added in seconds."""
    return PARTS * feature.per


def _ratio(over: str, under: str) -> str:
    return f"{_double(over)} / nullif({under}, 0)"


def _count(feature: Feature, sheet: Sheet) -> str:
    return _double(sheet.count(feature.where, after=feature.window))


def _distinct(feature: Feature, sheet: Sheet) -> str:
    return _double(sheet.different(feature.value, feature.where, feature.window))


def _sum(feature: Feature, sheet: Sheet) -> str:
    return f"{_double(sheet.sum(feature.value, feature.where, feature.window))} / {_unit(feature)}"


def _mean(feature: Feature, sheet: Sheet) -> str:
    facts = sheet.count(feature.where, feature.value, feature.window)
    return f"{_ratio(sheet.sum(feature.value, feature.where, feature.window), facts)} / {_unit(feature)}"


def _share(feature: Feature, sheet: Sheet) -> str:
    both = f"({feature.where}) and ({feature.value})" if feature.where else feature.value
    return _ratio(sheet.count(both, after=feature.window), sheet.count(feature.where, after=feature.window))


def _largest(feature: Feature, sheet: Sheet) -> str:
    return f"{_double(sheet.extreme('max', feature.value, feature.where, feature.window))} / {_unit(feature)}"


def _smallest(feature: Feature, sheet: Sheet) -> str:
    return f"{_double(sheet.extreme('min', feature.value, feature.where, feature.window))} / {_unit(feature)}"


def _quantile(share: float) -> Callable[[Feature, Sheet], str]:
    def quantile(feature: Feature, sheet: Sheet) -> str:
        return f"{sheet.quantile(feature.value, share, feature.where, feature.window)} / {_unit(feature)}"

    return quantile


def _last(feature: Feature, sheet: Sheet) -> str:
    return f"{_double(sheet.last(feature.value, feature.where, feature.window))} / {_unit(feature)}"


def _days_since(feature: Feature, sheet: Sheet) -> str:
    return _double(f"{AS_OF} - {sheet.day('max', feature.where, feature.window)}")


def _days_until(feature: Feature, sheet: Sheet) -> str:
    still_to_come = f"({feature.value}) > as_of"
    where = f"({feature.where}) and {still_to_come}" if feature.where else still_to_come
    return f"{_double(sheet.extreme('min', feature.value, where))} / {PARTS} - {AS_OF}"


def _change(feature: Feature, sheet: Sheet) -> str:
    """The daily sum in the window over that in the windows before it, counted from the account's first fact."""
    days, before = feature.window, feature.window * (1 + WINDOWS_BEFORE)
    if feature.value:
        now = sheet.sum(feature.value, feature.where, days)
        usual = sheet.sum(feature.value, feature.where, before, days)
    else:
        now = sheet.count(feature.where, after=days)
        usual = sheet.count(feature.where, after=before, until=days)
    first = sheet.day("min", feature.where)
    known = f"least({days * WINDOWS_BEFORE}, {AS_OF} - {days} - {first} + 1)"
    return (
        f"({_double(f'coalesce({now}, 0)')} / {days}) / nullif({_double(usual)} / greatest({_double(known)}, 7), 0) - 1"
    )


def _lasting(feature: Feature, sheet: Sheet) -> tuple[str, str]:
    """The sums of what lasts at the as_of and of what lasted a window before it."""
    then = f"as_of - {feature.window}"
    now = _both(feature.where, "ended_day is null or ended_day > as_of")
    before = _both(feature.where, f"d <= {then}", f"ended_day is null or ended_day > {then}")
    return sheet.sum(feature.value, now), sheet.sum(feature.value, before)


def _moved(feature: Feature, sheet: Sheet) -> str:
    now, before = _lasting(feature, sheet)
    return f"{_double(f'coalesce({now}, 0) - coalesce({before}, 0)')} / {_unit(feature)}"


def _growth(feature: Feature, sheet: Sheet) -> str:
    now, before = _lasting(feature, sheet)
    return f"{_ratio(f'coalesce({now}, 0)', before)} - 1"


def _slope(feature: Feature, sheet: Sheet) -> str:
    """The least-squares slope of the daily sum over the days of the window, by day; days without a fact are noughts."""
    days = feature.window
    total = _double(f"coalesce({sheet.sum(feature.value, feature.where, days)}, 0)")
    aged = _double(f"coalesce({sheet.sum_by_age(feature.value, feature.where, days)}, 0)")
    middle, spread = (days - 1) / 2, days * (days * days - 1) / 12
    return f"({total} * {middle} - {aged}) / {spread} / {_unit(feature)}"


def _gap(feature: Feature, sheet: Sheet) -> str:
    """Days since the last fact over the usual days between two, of the facts in the window."""
    facts = sheet.count(feature.where, after=feature.window)
    first, last = (sheet.day(which, feature.where, feature.window) for which in ("min", "max"))
    usual = f"{_double(f'{last} - {first}')} / nullif({facts} - 1, 0)"
    return f"case when {facts} >= 3 then {_double(f'{AS_OF} - {last}')} / nullif({usual}, 0) end"


def _weekly(feature: Feature, sheet: Sheet) -> str:
    """The exponentially weighted moving average of weekly totals (Roberts, 1959), the newest week weighing most."""
    parts, whole = [], 0.0
    for week in range(WEEKS):
        weight = WEIGHT * (1 - WEIGHT) ** week
        total = _windowed(feature, sheet, 7 * (week + 1), 7 * week)
        parts.append(f"{_double(total)} * {weight!r}")
        whole += weight
    scale = whole * (PARTS if feature.value else 1)
    return f"({' + '.join(parts)}) / {scale!r}"


def _windowed(feature: Feature, sheet: Sheet, after: int, until: int) -> str:
    """The count, or the sum where there is a value, of a stretch of days; nought where there is no fact."""
    if not feature.value:
        return sheet.count(feature.where, after=after, until=until)
    return f"coalesce({sheet.sum(feature.value, feature.where, after, until)}, 0)"


def _against_own(feature: Feature, sheet: Sheet) -> str:
    """How many deviations the window is off what the account is used to: the modified z-score.

    Median and median absolute deviation over the windows before, scaled as the standard deviation of a normal
    distribution; where more than half of them are equal, the mean absolute deviation (Iglewicz & Hoaglin, 1993).
    """
    days = feature.window
    first = sheet.day("min", feature.where)
    blocks = sheet.step(1, f"least({BLOCKS}, ({AS_OF} - {first} + 1) // {days} - 1)")
    before = [_windowed(feature, sheet, days * (i + 2), days * (i + 1)) for i in range(BLOCKS)]
    numbers = [sheet.step(2, f"case when {blocks} > {i} then {_double(b)} end") for i, b in enumerate(before)]
    median = sheet.step(3, _median(numbers, blocks))
    apart = [sheet.step(4, f"abs({number} - {median})") for number in numbers]
    typical = sheet.step(5, _median(apart, blocks))
    mean = sheet.step(5, f"({' + '.join(f'coalesce({a}, 0)' for a in apart)}) / nullif({blocks}, 0)")
    off = sheet.step(5, f"{_double(_windowed(feature, sheet, days, 0))} - {median}")
    score = (
        f"case when {typical} > 0 then 0.674491 * {off} / nullif({typical}, 0)"
        f" when {mean} > 0 then {off} / nullif(1.253314 * {mean}, 0) else {off} * {_NEVER} end"
    )
    limited = f"greatest(-{MOST_DEVIATIONS}.0, least({MOST_DEVIATIONS}.0, {score}))"
    return f"case when {blocks} >= {LEAST_BLOCKS} then {limited} end"


def _median(numbers: list[str], count: str) -> str:
    """The middle of the first `count` numbers; those that are empty come last."""
    listed = f"list_sort(list_value({', '.join(f'coalesce({number}, {_NEVER})' for number in numbers)}))"
    lower, upper = (f"greatest(({count} + {more}) // 2, 1)" for more in (1, 2))
    return f"(list_extract({listed}, {lower}) + list_extract({listed}, {upper})) / 2"


def _mean_wait(feature: Feature, sheet: Sheet) -> str:
    """Time waited, by all, for each wait that ended: the mean under censoring (Epstein & Sobel, 1953).

    The value is how long a wait took, empty while it lasts; one that lasts counts with the time until the as_of. Where
    none has ended yet, it is as if one ended now.
    """
    waited = sheet.sum(f"coalesce({feature.value}, {_elapsed()})", feature.where, feature.window)
    ended = sheet.count(feature.where, feature.value, feature.window)
    return f"{_double(waited)} / greatest({ended}, 1) / {PARTS * _HOUR}"


def _within(feature: Feature, sheet: Sheet) -> str:
    """The share that ends within the limit, from a life table: the grouped Kaplan-Meier estimate.

    A wait that lasts at the as_of counts as long as it has been seen, half of its last interval included (Cutler &
    Ederer, 1958). Where none was seen to end, or to last to the limit, there is nothing to say.
    """
    value, hours = feature.value, [hour for hour in LIFE_TABLE_HOURS if hour <= feature.limit]
    if feature.limit not in hours:
        raise ValueError(f"{feature.name}: the limit is one of {LIFE_TABLE_HOURS} hours")
    left = _double(sheet.count(feature.where, after=feature.window))
    survive, ends = "1.0", []
    for level, (begin, end) in enumerate(zip((0, *hours), hours, strict=False), start=1):

        def during(length: str, begin: int = begin, end: int = end) -> str:
            return f"({length}) < {end * _HOUR}" + (f" and ({length}) >= {begin * _HOUR}" if begin else "")

        ended = sheet.count(_both(feature.where, during(value)), after=feature.window)
        lasting = _both(feature.where, f"({value}) is null", during(_elapsed()))
        unknown = _double(sheet.count(lasting, after=feature.window))
        survive = sheet.step(
            level, f"{survive} * (1 - coalesce({_double(ended)} / nullif({left} - {unknown} / 2, 0), 0))"
        )
        left = sheet.step(level, f"{left} - {_double(ended)} - {unknown}")
        ends.append(ended)
    return f"case when {' + '.join(ends)} + {left} > 0 then 1 - {survive} end"


def _elapsed() -> str:
    return "((now - moment) / 1000000)"


def _both(*conditions: str) -> str:
    return " and ".join(f"({condition})" for condition in conditions if condition)


AGGREGATES: dict[str, Callable[[Feature, Sheet], str]] = {
    "count": _count,
    "distinct": _distinct,
    "sum": _sum,
    "mean": _mean,
    "share": _share,
    "max": _largest,
    "min": _smallest,
    "p50": _quantile(0.5),
    "p90": _quantile(0.9),
    "last": _last,
    "days_since": _days_since,
    "days_until": _days_until,
    "change": _change,
    "moved": _moved,
    "growth": _growth,
    "slope": _slope,
    "gap": _gap,
    "weekly": _weekly,
    "against_own": _against_own,
    "mean_wait": _mean_wait,
    "within": _within,
}


def reach(feature: Feature) -> int:
    """Days that a feature looks back from its as_of; ALL_TIME where it must know of all facts."""
    if feature.aggregate in ("change", "against_own", "moved", "growth"):
        return ALL_TIME  # from when on the account is there
    return 7 * WEEKS if feature.aggregate == "weekly" else feature.window
