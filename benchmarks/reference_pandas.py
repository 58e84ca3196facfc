"""The reference features in pandas, as an opponent: filter and group by, once a stream, window and cutoff.

Written to be quick: accounts are categories, so that grouping looks nothing up and gives every account; each stream is
sorted by its own moment once, so that a window is a slice and not a mask; the columns of a window are summed together.
Sums are of whole numbers, so they are exact.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq

from benchmarks.reference_features import FEATURES, LONGEST, LOW, NEGATIVE, PARTS, WINDOWS, cut

_DAY, _HOUR = 86_400, 3_600
_NEVER = 10**12


def pandas_matrix(folder: Path, out: Path, as_ofs: Sequence[date]) -> dict[str, tuple[float, float]]:
    """Write the matrix of all accounts at each as_of.

    Returns:
        `wall` and `cpu`: the seconds to read and sort the streams, and those that an as_of took, on average.
    """
    began = _clocks()
    company = _Company(folder)
    loaded = _clocks()
    matrix = pd.concat([company.matrix(day) for day in as_ofs], ignore_index=True)
    matrix.to_parquet(out, compression="zstd", index=False)
    clocks = zip(("wall", "cpu"), began, loaded, _clocks(), strict=True)
    return {name: (middle - begin, (end - middle) / len(as_ofs)) for name, begin, middle, end in clocks}


def _clocks() -> tuple[float, float]:
    return time.perf_counter(), time.process_time()


class _Stream:
    """Facts sorted by their moment, in seconds since 1970; a window of them is a slice."""

    def __init__(self, facts: pd.DataFrame) -> None:
        self.facts = facts if facts["moment"].is_monotonic_increasing else facts.sort_values("moment")
        self.moments = self.facts["moment"].to_numpy()

    def window(self, end: int, days: int | None) -> pd.DataFrame:
        """What happened in `(end - days, end]`; all until `end` where days is None."""
        first = 0 if days is None else np.searchsorted(self.moments, end - days * _DAY, side="right")
        return self.facts.iloc[first : np.searchsorted(self.moments, end, side="right")]


class _Company:
    """The streams of the reference data, and the matrix at a moment."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.accounts = pd.Index(pq.read_table(folder / "accounts.parquet")["account_id"].to_pandas())
        self._read_tickets()
        self.used = _Stream(self._read("usage", moment="day", shift=_DAY))
        answers = self._read("surveys", moment="responded_at").sort_values(["moment", "score"], ignore_index=True)
        self.answered = _Stream(answers)
        self.contracts = self._read("mrr", moment="started_at")
        self.contracts["ended"] = _seconds(self.contracts.pop("ended_at"))

    def _read_tickets(self) -> None:
        tickets = self._read("tickets", moment="created_at", codes=["agent_id"])
        solved, responded = _seconds(tickets["solved_at"]), _seconds(tickets["first_response_at"])
        created = tickets[["account", "moment"]].assign(
            solved=solved,
            is_high=tickets["priority"].isin(("high", "urgent")),
            is_chat=tickets["channel"] == "chat",
            tone=(tickets["sentiment"] * PARTS).round().astype(np.int64),
        )
        self.created = _Stream(created.assign(is_negative=created["tone"] <= NEGATIVE * PARTS))
        # One number for an account and an agent of it.
        agents = tickets["account"].cat.codes.astype(np.int64) * len(tickets["agent_id"].cat.categories)
        responses = tickets[["account"]].assign(moment=responded, took=responded - tickets["moment"])
        responses["agent"] = agents + tickets["agent_id"].cat.codes
        self.responded = _Stream(responses[responded < _NEVER])
        solutions = tickets[["account"]].assign(
            moment=solved,
            took=solved - tickets["moment"],
            rating=tickets["satisfaction"].fillna(0).astype(np.int64),
            is_rated=tickets["satisfaction"].notna(),
            is_low=tickets["satisfaction"] <= LOW,
            is_reopened=tickets["reopened_count"] > 0,
        )
        self.solved = _Stream(solutions[solved < _NEVER])

    def _read(self, name: str, moment: str, shift: int = 0, codes: Sequence[str] = ()) -> pd.DataFrame:
        """A table with the account as a category and the moment in seconds."""
        columns = [column for column in pq.read_schema(self.folder / f"{name}.parquet").names if column != "ticket_id"]
        table = pq.read_table(
            self.folder / f"{name}.parquet", columns=columns, read_dictionary=["account_id", *codes]
        ).unify_dictionaries()
        facts = table.to_pandas()
        ids = facts.pop("account_id").cat
        numbers = self.accounts.get_indexer(ids.categories)[ids.codes]
        facts["account"] = pd.Categorical.from_codes(numbers, categories=range(len(self.accounts)))
        facts["moment"] = _seconds(facts.pop(moment)) + shift
        return facts

    def matrix(self, day: date) -> pd.DataFrame:
        """All accounts at the end of a day."""
        end = cut(day)
        columns = self._of_created(end) | self._of_backlog(end) | self._of_responded(end) | self._of_solved(end)
        columns |= self._of_use(end) | self._of_answers(end) | self._of_contracts(end)
        matrix = pd.DataFrame(columns)[list(FEATURES)].reset_index(drop=True)
        matrix.insert(0, "account_id", self.accounts)
        matrix.insert(1, "as_of", day)
        return matrix

    def _of_created(self, end: int) -> dict[str, pd.Series]:
        columns = {f"tickets_last_{days}d": _size(self.created.window(end, days)) for days in WINDOWS}
        month = _grouped(self.created.window(end, 30))[["is_high", "is_negative"]].sum()
        quarter, year = self.created.window(end, 90), self.created.window(end, LONGEST)
        quarter = quarter.assign(is_solved=quarter["solved"] <= end)
        sums = _grouped(quarter)[["is_high", "is_chat", "is_negative", "is_solved", "tone"]].sum()
        counts = {days: columns[f"tickets_last_{days}d"] for days in WINDOWS}
        solved = _grouped(year[year["solved"] <= end]).size()
        columns |= {
            "high_priority_tickets_last_30d": month["is_high"],
            "high_priority_tickets_last_90d": sums["is_high"],
            "chat_tickets_last_90d": sums["is_chat"],
            "negative_share_last_30d": month["is_negative"] / counts[30],
            "negative_share_last_90d": sums["is_negative"] / counts[90],
            "resolution_share_last_90d": sums["is_solved"] / counts[90],
            "resolution_share_last_365d": solved / counts[LONGEST],
            "sentiment_last_90d": sums["tone"] / counts[90] / PARTS,
            "tickets_change_30d": _pace(columns, "tickets"),
            "days_since_ticket": _days_since(year, end),
        }
        return columns | {"negative_share_change_30d": _ratio(columns, "negative_share")}

    def _of_backlog(self, end: int) -> dict[str, pd.Series]:
        past = self.created.window(end, None)
        waiting = _grouped(past[past["solved"] > end])["moment"].agg(["size", "sum"])
        ages = (waiting["size"] * end - waiting["sum"]) / waiting["size"] / _DAY
        return {"open_tickets": waiting["size"], "open_ticket_days": ages}

    def _of_responded(self, end: int) -> dict[str, pd.Series]:
        columns = _hours(self.responded, "first_response_hours", end)
        columns["first_response_change_30d"] = _ratio(columns, "first_response_hours")
        for days in (90, 365):
            columns[f"agents_last_{days}d"] = _size(self.responded.window(end, days).drop_duplicates("agent"))
        return columns

    def _of_solved(self, end: int) -> dict[str, pd.Series]:
        columns = _hours(self.solved, "resolution_hours", end)
        counts = {days: _size(self.solved.window(end, days)) for days in WINDOWS}
        columns |= {f"solved_tickets_last_{days}d": count for days, count in counts.items()}
        for days in (90, 365):
            sums = _grouped(self.solved.window(end, days))[["is_reopened", "is_rated", "is_low", "rating"]].sum()
            columns[f"reopened_tickets_last_{days}d"] = sums["is_reopened"]
            columns[f"reopened_share_last_{days}d"] = sums["is_reopened"] / counts[days]
            columns[f"ratings_last_{days}d"] = sums["is_rated"]
            columns[f"satisfaction_last_{days}d"] = sums["rating"] / sums["is_rated"]
            columns[f"low_ratings_last_{days}d"] = sums["is_low"]
        return columns

    def _of_use(self, end: int) -> dict[str, pd.Series]:
        columns = {}
        for days in WINDOWS:
            use = _grouped(self.used.window(end, days))["events"].agg(["sum", "size"])
            columns[f"usage_last_{days}d"], columns[f"active_days_last_{days}d"] = use["sum"], use["size"]
        quarter = self.used.window(end, 90)
        # Days of the window are numbered 0 to 89: the slope is sum((day - 44.5) * events) / sum((day - 44.5)^2).
        quarter = quarter.assign(leaning=(89 - 2 * ((end - quarter["moment"]) // _DAY)) * quarter["events"])
        columns["usage_slope_last_90d"] = _grouped(quarter)["leaning"].sum() / 121_485
        columns["active_users_last_90d"] = _grouped(quarter)["active_users"].mean()
        columns["most_active_users_last_30d"] = _grouped(self.used.window(end, 30))["active_users"].max()
        columns["days_since_usage"] = _days_since(self.used.window(end, LONGEST), end)
        return columns | {"usage_change_30d": _pace(columns, "usage")}

    def _of_answers(self, end: int) -> dict[str, pd.Series]:
        year = _grouped(self.answered.window(end, LONGEST))["score"].agg(["size", "mean"])
        last = _grouped(self.answered.window(end, None))["score"].last()
        return {"nps_answers_last_365d": year["size"], "nps_last_365d": year["mean"], "nps_score": last}

    def _of_contracts(self, end: int) -> dict[str, pd.Series]:
        now, before = self._mrr(end), self._mrr(end - 90 * _DAY)
        return {"mrr": now, "mrr_change_90d": now - before}

    def _mrr(self, end: int) -> pd.Series:
        return _grouped(self.contracts[(self.contracts["moment"] <= end) & (self.contracts["ended"] > end)])[
            "mrr"
        ].sum()


def _seconds(moments: pd.Series) -> pd.Series:
    """Seconds since 1970; where there is no moment, one that no cutoff reaches."""
    seconds = pd.to_datetime(moments).astype("datetime64[s]")
    return seconds.astype(np.int64).where(seconds.notna(), _NEVER)


def _grouped(window: pd.DataFrame) -> pd.api.typing.DataFrameGroupBy:
    """By account, those without rows included: their counts and sums are 0, their means empty."""
    return window.groupby("account", observed=False)


def _size(window: pd.DataFrame) -> pd.Series:
    return _grouped(window).size()


def _hours(stream: _Stream, what: str, end: int) -> dict[str, pd.Series]:
    columns = {f"{what}_last_{days}d": _grouped(stream.window(end, days))["took"].mean() / _HOUR for days in (30, 365)}
    quarter = _grouped(stream.window(end, 90))["took"]
    ranks = quarter.quantile([0.5, 0.9]).unstack() / _HOUR
    columns[f"{what}_median_last_90d"], columns[f"{what}_p90_last_90d"] = ranks[0.5], ranks[0.9]
    return columns | {f"{what}_last_90d": quarter.mean() / _HOUR}


def _days_since(window: pd.DataFrame, end: int) -> pd.Series:
    return (end - 1) // _DAY - (_grouped(window)["moment"].last() - 1) // _DAY


def _pace(columns: dict[str, pd.Series], what: str) -> pd.Series:
    return columns[f"{what}_last_30d"] / 30 / (columns[f"{what}_last_90d"].replace(0, np.nan) / 90)


def _ratio(columns: dict[str, pd.Series], what: str) -> pd.Series:
    return columns[f"{what}_last_30d"] / columns[f"{what}_last_90d"].replace(0, np.nan)
