"""The planner: from declarations to one query a stream.

Reads `history.upto(as_of)` and nothing else, so that no author of a feature can see what was not known. Each stream
is read once; the windows are conditions on `happened_at`, with edges on the company's midnights.
"""

from __future__ import annotations

from itertools import groupby

from churnrisk.features.catalogue import Catalogue, Feature, Stream
from churnrisk.features.render import expression
from churnrisk.timeline import AsOf

#: A change compares the window with this many windows before it.
WINDOWS_BEFORE = 3
_DAY = 86400
#: Values are added as whole parts of this size: seconds are exact to a third of one, money to a hundredth of a cent.
_PARTS = 10_000


def plan(catalogue: Catalogue, as_of: AsOf) -> list[tuple[tuple[str, ...], str]]:
    """The queries that compute the catalogue at a moment.

    Returns:
        Pairs of feature names and a SELECT giving `account_id` and these columns, for the accounts of the relation
        `asked`, each once.
    """
    by_stream = sorted(catalogue.features, key=lambda feature: feature.stream.name)
    plans = []
    for _, group in groupby(by_stream, key=lambda feature: feature.stream.name):
        features = list(group)
        plans.append((tuple(feature.name for feature in features), _query(features[0].stream, features, as_of)))
    return plans


def _query(stream: Stream, features: list[Feature], as_of: AsOf) -> str:
    columns = ",\n  ".join(f"{_column(feature, as_of)} as {feature.name}" for feature in features)
    bounds = f"s.happened_at <= {_instant(as_of, 0)}"
    if all(feature.window and feature.aggregate != "change" for feature in features):
        # Then rows before the longest look-back tell nothing.
        bounds += f" and s.happened_at > {_instant(as_of, -max(feature.window for feature in features))}"
    return (
        f"select q.account_id,\n  {columns}\nfrom asked q\n"
        f"left join ({stream.rows}) s on s.account_id = q.account_id and {bounds}\n"
        "group by q.account_id"
    )


def _column(feature: Feature, as_of: AsOf) -> str:
    conditions = ["s.happened_at is not null"]
    if feature.window and feature.aggregate != "change":
        conditions.append(f"s.happened_at > {_instant(as_of, -feature.window)}")
    if feature.where:
        conditions.append(f"({expression(feature.where)})")
    when = f" filter (where {' and '.join(conditions)})"
    number = _AGGREGATES[feature.aggregate](feature, as_of, when)
    return number if feature.empty is None else f"coalesce({number}, {feature.empty})"


def _instant(as_of: AsOf, days: int) -> str:
    return f"timestamp '{as_of.edge(days)}'"


def _count(feature: Feature, as_of: AsOf, when: str) -> str:
    return f"count(*){when}::double"


def _total(value: str, when: str) -> str:
    """The sum of a value in whole ten-thousandths: exact, so the order of rows and threads changes no bit of it.

    A value too large to be one, which rules hold back, counts as none.
    """
    return f"sum(try_cast(round(({value})::double * {_PARTS}) as bigint)){when}"


def _sum(feature: Feature, as_of: AsOf, when: str) -> str:
    return f"{_total(expression(feature.value), when)}::double / {_PARTS}"


def _mean(feature: Feature, as_of: AsOf, when: str) -> str:
    value = expression(feature.value)
    return f"{_total(value, when)}::double / nullif(count({value}){when}, 0) / {_PARTS}"


def _share(feature: Feature, as_of: AsOf, when: str) -> str:
    return f"avg(case when {expression(feature.value)} then 1.0 else 0.0 end){when}"


def _days_since(feature: Feature, as_of: AsOf, when: str) -> str:
    return f"(epoch({_instant(as_of, 0)}) - epoch(max(s.happened_at){when})) / {_DAY}.0"


def _days_until(feature: Feature, as_of: AsOf, when: str) -> str:
    still_to_come = f"({expression(feature.value)}) > {_instant(as_of, 0)}"
    earliest = f"min({expression(feature.value)}){when[:-1]} and {still_to_come})"
    return f"(epoch({earliest}) - epoch({_instant(as_of, 0)})) / {_DAY}.0"


def _last(feature: Feature, as_of: AsOf, when: str) -> str:
    # The value itself breaks a tie of the same moment, so that the order of rows does not.
    return (
        f"max_by(({expression(feature.value)})::double, (s.happened_at, ({expression(feature.value)})::double)){when}"
    )


def _change(feature: Feature, as_of: AsOf, when: str) -> str:
    """The daily sum in the window over that in the windows before it, counted from the account's first row ever."""
    value, base = expression(feature.value), when[:-1]
    start, before = _instant(as_of, -feature.window), _instant(as_of, -feature.window * (1 + WINDOWS_BEFORE))
    now = f"coalesce({_total(value, f'{base} and s.happened_at > {start})')}, 0)::double"
    usual = _total(value, f"{base} and s.happened_at <= {start} and s.happened_at > {before})") + "::double"
    days = (
        f"least({feature.window * WINDOWS_BEFORE}, (epoch({start}) - epoch(min(s.happened_at){when})) / {_DAY}.0 + 1)"
    )
    return f"({now} / {feature.window}) / nullif({usual} / greatest({days}, 7), 0) - 1"


_AGGREGATES = {
    "count": _count,
    "sum": _sum,
    "mean": _mean,
    "share": _share,
    "days_since": _days_since,
    "days_until": _days_until,
    "last": _last,
    "change": _change,
}
