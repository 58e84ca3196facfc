"""Features like the reference features by featuretools, once, in an environment of its own.

    python -m benchmarks.with_featuretools [--scale 0.04]

featuretools needs pandas before 3 and setuptools before 81, so it cannot live beside the product; docs/benchmarks.md
tells how to make the environment. Reads the reference data; prints rows, features and seconds. The windows are those of
the reference features, one synthesis for each; every account shares the twelve cutoffs, which is what featuretools is
quickest at.
"""

from __future__ import annotations

import argparse
import resource
import sys
import time
from datetime import timedelta
from pathlib import Path

import featuretools as ft
import pandas as pd

from benchmarks.reference_data import DATA, month_ends, reference_data

WINDOWS = (7, 30, 90, 180, 365)
#: No `percent_true`: it is a Python call for each account, the mean of a flag as a number is not.
PRIMITIVES = ["count", "sum", "mean", "max", "num_unique"]
_HOUR = pd.Timedelta(hours=1)


def entities(folder: Path) -> ft.EntitySet:
    """Accounts with their tickets, use and surveys; what is known later about a ticket is hidden until then."""
    company = ft.EntitySet("company")
    accounts = _read(folder, "accounts")[["account_id"]]
    company.add_dataframe(accounts, "accounts", index="account_id")
    tickets = _read(folder, "tickets")
    facts = tickets[["ticket_id", "account_id", "created_at", "first_response_at", "solved_at", "sentiment"]].assign(
        is_high=tickets["priority"].isin(("high", "urgent")).astype("float64"),
        is_chat=(tickets["channel"] == "chat").astype("float64"),
        is_negative=(tickets["sentiment"] <= -0.25).astype("float64"),
        response_hours=(tickets["first_response_at"] - tickets["created_at"]) / _HOUR,
        agent_id=tickets["agent_id"].astype("category"),
        resolution_hours=(tickets["solved_at"] - tickets["created_at"]) / _HOUR,
        rating=tickets["satisfaction"].astype("float64"),
        is_reopened=(tickets["reopened_count"] > 0).astype("float64"),
    )
    known_later = {
        "first_response_at": ["response_hours", "agent_id"],
        "solved_at": ["resolution_hours", "rating", "is_reopened"],
    }
    company.add_dataframe(
        facts, "tickets", index="ticket_id", time_index="created_at", secondary_time_index=known_later
    )
    usage = _read(folder, "usage")
    usage["moment"] = pd.to_datetime(usage.pop("day")) + pd.Timedelta(days=1)
    company.add_dataframe(usage, "usage", index="number", make_index=True, time_index="moment")
    surveys = _read(folder, "surveys")
    company.add_dataframe(surveys, "surveys", index="number", make_index=True, time_index="responded_at")
    for name in ("tickets", "usage", "surveys"):
        company.add_relationship("accounts", "account_id", name, "account_id")
    return company


def _read(folder: Path, name: str) -> pd.DataFrame:
    """A table with accounts as numbers, which are found sooner than text."""
    table = pd.read_parquet(folder / f"{name}.parquet")
    return table.assign(account_id=table["account_id"].str[1:].astype("int64"))


def main() -> None:
    """Make the matrix of every window; print what it took."""
    options = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    options.add_argument("--scale", type=float, default=0.04, help="0.04 is 4,000 accounts (default)")
    options.add_argument("--data", type=Path, default=DATA, help="the folder that keeps the reference data")
    chosen = options.parse_args()
    company = entities(reference_data(chosen.scale, place=chosen.data))
    accounts = company["accounts"]["account_id"]
    moments = [pd.Timestamp(day + timedelta(days=1)) for day in month_ends()]
    cutoffs = pd.DataFrame({"account_id": [*accounts] * len(moments), "time": sorted(moments * len(accounts))})
    began, clock, columns = time.perf_counter(), time.process_time(), 0
    for days in WINDOWS:
        matrix, features = ft.dfs(
            entityset=company,
            target_dataframe_name="accounts",
            agg_primitives=PRIMITIVES,
            trans_primitives=[],
            max_depth=1,
            cutoff_time=cutoffs,
            training_window=f"{days} days",
            include_cutoff_time=True,
            n_jobs=1,
        )
        assert len(matrix) == len(cutoffs)
        columns += len(features)
    seconds, cpu = time.perf_counter() - began, time.process_time() - clock
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e9
    sys.stdout.write(
        f"{len(cutoffs):,} rows, {columns} features: {seconds:.1f} s, CPU {cpu:.1f} s, {peak:.2f} GB, "
        f"{len(cutoffs) / cpu:,.0f} rows per CPU-second\n"
    )


if __name__ == "__main__":
    main()
