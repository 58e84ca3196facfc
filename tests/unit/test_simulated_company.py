"""The simulated company lives week by week; its records are canonical, honest about time, and moved by actions only."""

from __future__ import annotations

from datetime import date
from functools import reduce

import numpy as np
import pandas as pd
import pytest

from churnrisk.errors import InputError
from churnrisk.extract.simulated import CAUSES, PLAY_FITS, Action, Company, Week
from churnrisk.tables import ALWAYS, TABLES
from tests.conftest import ROOT

WEEKS = 40


def live(company: Company, weeks: int) -> list[Week]:
    return [company.step() for _ in range(weeks)]


def gathered(weeks: list[Week]) -> dict[str, pd.DataFrame]:
    return {name: pd.concat([week.tables[name] for week in weeks], ignore_index=True) for name in TABLES}


def without_bad_rows(weeks: list[Week], tables: dict[str, pd.DataFrame]) -> dict[str, pd.DataFrame]:
    bad = pd.concat([week.truth["bad_rows"].to_pandas() for week in weeks])
    good = dict(tables)
    for name, rows in bad.groupby("table"):
        columns = ["account_id", "day", "metric"] if name == "usage" else [TABLES[name].key[0]]
        keys = reduce(lambda left, right: left + "|" + right, (tables[name][c].astype(str) for c in columns))
        good[name] = tables[name][~keys.isin(set(rows["key"]))]
    return good


@pytest.fixture(scope="module")
def weeks() -> list[Week]:
    return live(Company(accounts=80, seed=5, weeks=WEEKS), WEEKS)


@pytest.fixture(scope="module")
def tables(weeks: list[Week]) -> dict[str, pd.DataFrame]:
    return gathered(weeks)


@pytest.fixture(scope="module")
def good(weeks: list[Week], tables: dict[str, pd.DataFrame]) -> dict[str, pd.DataFrame]:
    return without_bad_rows(weeks, tables)


def test_columns_are_those_of_the_declaration(tables: dict[str, pd.DataFrame]) -> None:
    """Every table has the declared columns in their order, then known_at unless it was always known."""
    for name, table in TABLES.items():
        clock = () if table.happened_at == ALWAYS else ("known_at",)
        assert tuple(tables[name].columns) == (*table.column_names, *clock), name


def test_a_week_holds_only_what_became_known_in_it(weeks: list[Week]) -> None:
    """No row of a week is known later than the end of its last day in the company's time zone."""
    week = weeks[30]
    end = (pd.Timestamp(week.day) + pd.Timedelta(days=1)).tz_localize("Europe/Copenhagen").tz_convert("UTC")
    for name, table in week.tables.items():
        if len(table) and "known_at" in table:
            assert (table["known_at"] < end.tz_localize(None)).all() or name == "usage", name
            assert (table["known_at"] <= end.tz_localize(None)).all(), name


def test_no_version_shows_the_future(good: dict[str, pd.DataFrame]) -> None:
    """No column that a clock reveals later is filled in a version known before that clock."""
    for name, table in TABLES.items():
        rows = good[name]
        for column in table.columns:
            clock = column.name if column.kind == "timestamp" and column.clock == column.name else column.clock
            if clock in rows and not rows.empty:
                filled = rows[rows[column.name].notna()]
                assert (filled[clock] <= filled["known_at"]).all(), f"{name}.{column.name}"


def test_nothing_is_known_before_it_happened(good: dict[str, pd.DataFrame]) -> None:
    for name in (
        "accounts",
        "contacts",
        "subscriptions",
        "invoices",
        "tickets",
        "ticket_events",
        "messages",
        "surveys",
    ):
        assert (good[name][TABLES[name].happened_at] <= good[name]["known_at"]).all(), name


def test_a_day_of_use_is_known_at_its_end(good: dict[str, pd.DataFrame]) -> None:
    """No usage row is known before midnight in Copenhagen has ended its day, in summer and in winter."""
    ends = pd.to_datetime(good["usage"]["day"]) + pd.Timedelta(days=1)
    local = ends.dt.tz_localize("Europe/Copenhagen").dt.tz_convert("UTC").dt.tz_localize(None)
    assert (good["usage"]["known_at"] >= local).all()
    assert (good["usage"]["known_at"] == local).mean() > 0.95


def test_every_reference_leads_somewhere(good: dict[str, pd.DataFrame], tables: dict[str, pd.DataFrame]) -> None:
    """Apart from the listed bad rows, every key points at a row that exists."""
    for name, table in TABLES.items():
        for column in table.columns:
            if column.references and not good[name].empty:
                other, key = column.references.split(".")
                wanted = set(good[name][column.name].dropna())
                assert wanted <= set(tables[other][key]), f"{name}.{column.name}"


def test_bad_rows_are_few(weeks: list[Week], tables: dict[str, pd.DataFrame]) -> None:
    bad = sum(week.truth["bad_rows"].num_rows for week in weeks)
    assert 0 < bad < 0.001 * sum(len(table) for table in tables.values())


def test_enumerations_hold_declared_values(tables: dict[str, pd.DataFrame]) -> None:
    for name, table in TABLES.items():
        for column in table.columns:
            if column.values:
                assert set(tables[name][column.name].dropna()) <= set(column.values), f"{name}.{column.name}"


def test_the_account_stays_live_when_its_contract_is_replaced(good: dict[str, pd.DataFrame]) -> None:
    """A new row of subscriptions starts at the very moment at which the former ended."""
    newest = good["subscriptions"].sort_values("known_at").drop_duplicates("subscription_id", keep="last")
    ended = newest[newest["ended_at"].notna() & newest["end_reason"].isna()]
    starts = set(zip(newest["account_id"], newest["started_at"], strict=True))
    assert len(ended)
    assert all(pair in starts for pair in zip(ended["account_id"], ended["ended_at"], strict=True))


def test_some_accounts_leave_and_are_silent_afterwards(good: dict[str, pd.DataFrame]) -> None:
    gone = good["churn_events"].set_index("account_id")["at"]
    assert 3 <= len(gone) <= 40
    opened = good["tickets"][good["tickets"]["account_id"].isin(gone.index)]
    assert (opened["created_at"] < opened["account_id"].map(gone)).all()


def test_two_companies_of_one_seed_are_alike_and_another_seed_differs() -> None:
    first, second, other = (gathered(live(Company(40, seed), 4)) for seed in (1, 1, 2))
    for name in TABLES:
        pd.testing.assert_frame_equal(first[name], second[name])
    assert not first["usage"].equals(other["usage"])


def acted_upon(seed: int) -> tuple[Company, Company, list[Week], list[Week], str]:
    """Two companies of one seed; in one, the account with the highest hazard is contacted in week 16."""
    left_alone, helped = Company(60, seed, WEEKS), Company(60, seed, WEEKS)
    live(left_alone, 16), live(helped, 16)
    account = str(helped.truth().sort_values("hazard")["account_id"].iloc[-1])
    observed = helped.observed().set_index("account_id")
    action = Action(account, "check_in", observed.loc[account, "csm"])
    with_action = [helped.step([action]), *live(helped, 4)]
    return left_alone, helped, live(left_alone, 5), with_action, account


def test_contacting_an_account_lowers_its_hazard_and_moves_nobody_else() -> None:
    """With common random numbers every row of every other account is the same, in every table."""
    _, helped, alone, acted, account = acted_upon(seed=3)
    before, after = (week[0].truth["hazards"].to_pandas().set_index("account_id") for week in (alone, acted))
    assert after.loc[account, "hazard"] < 0.9 * before.loc[account, "hazard"]
    assert after.loc[account, "hazard_without_outreach"] == before.loc[account, "hazard"]
    others = before.index.drop(account)
    assert (after.loc[others, "hazard"] == before.loc[others, "hazard"]).all()
    mine, theirs = gathered(acted), gathered(alone)
    for name in set(TABLES) - {"outreach"}:
        if "account_id" in mine[name]:
            a, b = (t[name][t[name]["account_id"] != account].reset_index(drop=True) for t in (mine, theirs))
            pd.testing.assert_frame_equal(a, b)
    assert set(mine["outreach"]["account_id"]) == {account}
    assert helped.today == date(2023, 1, 2) + pd.Timedelta(weeks=21)


def test_a_play_that_fits_the_cause_helps_more() -> None:
    """The effect written to truth follows the documented table: fitting, other, nothing wrong."""
    company = Company(120, 3, WEEKS)
    live(company, 25)
    truth = company.truth().set_index("account_id")
    names = [cause.name for cause in CAUSES]
    troubled = truth[(truth[names] > 0).sum(axis=1) == 1].index[0]
    calm = truth[(truth[names] == 0).all(axis=1)].index[0]
    observed = company.observed().set_index("account_id")
    cause = truth.loc[troubled, names].astype(float).idxmax()
    play = next(play for play, fitting in PLAY_FITS.items() if fitting == cause)
    week = company.step(
        [
            Action(troubled, play, observed.loc[troubled, "csm"]),
            Action(calm, play, observed.loc[calm, "csm"]),
        ]
    )
    effects = week.truth["outreach_effects"].to_pandas().set_index("account_id")["log_hazard_reduction"]
    assert effects[troubled] == 0.9
    assert effects[calm] == 0.05


def test_an_action_that_cannot_be_carried_out_is_refused_with_the_next_step() -> None:
    company = Company(40, 1)
    company.step()
    csm = company.observed()["csm"].iloc[0]
    with pytest.raises(InputError, match="observed"):
        company.step([Action("A99999", "check_in", csm)])
    account = company.observed()["account_id"].iloc[0]
    with pytest.raises(InputError, match="twice"):
        company.step([Action(account, "check_in", csm)] * 2)


def test_arguments_that_make_no_company_are_refused() -> None:
    with pytest.raises(InputError, match="at least one account"):
        Company(0, 1)
    with pytest.raises(InputError, match="negative"):
        Company(40, -1)
    with pytest.raises(InputError, match="not a Monday"):
        Company(40, 1, start=date(2023, 1, 3))


def test_causes_show_where_they_should(weeks: list[Week], good: dict[str, pd.DataFrame]) -> None:
    """An account whose champion_left starts loses its champion in that week; price_change brings a dearer row."""
    causes = pd.concat([week.truth["causes"].to_pandas() for week in weeks])
    champions = good["contacts"][good["contacts"]["left_at"].notna() & (good["contacts"]["role"] == "champion")]
    started = causes[causes["cause"] == "champion_left"]
    assert set(started["account_id"]) == set(champions["account_id"])
    dearer = causes[causes["cause"] == "price_change"]
    contracts = good["subscriptions"].groupby("account_id")["mrr"].agg(["min", "max"])
    rise = contracts.loc[dearer["account_id"].unique()]
    assert (rise["max"] >= 1.1 * rise["min"]).all()


def test_strengths_fall_from_cause_to_cause() -> None:
    strengths = [cause.strength for cause in CAUSES]
    assert strengths == sorted(strengths, reverse=True)
    assert np.min(-np.diff(strengths)) > 0.1


def test_the_documented_strengths_are_those_in_the_code() -> None:
    """docs/simulated-company.md tells every cause with its strength and its lag, in order."""
    page = (ROOT / "docs" / "simulated-company.md").read_text(encoding="utf-8")
    rows = [line.strip("| ").split(" | ") for line in page.splitlines() if line.startswith("| `")]
    documented = [(name.strip("`"), float(strength), int(lag)) for name, strength, _, lag, _ in rows]
    assert documented == [(cause.name, cause.strength, cause.lag_weeks) for cause in CAUSES]
