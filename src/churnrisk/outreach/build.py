"""From scores to the worklist: value, tier, rank, and the accounts each CSM can contact this week."""

from __future__ import annotations

import math
from typing import Any

import pandas as pd

from churnrisk.history import Past
from churnrisk.outreach.worklist import Entry, Worklist
from churnrisk.parameters import Policy
from churnrisk.policy import at_risk, rank, tiers, value_at_risk, within_capacity
from churnrisk.score import Scores
from churnrisk.settings import Company

_ACCOUNTS = """
    select account_id, coalesce(name, account_id) as name, coalesce(csm, '') as csm, coalesce(segment, '') as segment,
        coalesce(country, '') as country
    from accounts
"""
_MRR = """
    select account_id, currency, sum(mrr) as amount from subscriptions
    where started_at <= $as_of and (ended_at is null or ended_at > $as_of) and mrr is not null
    group by all
"""
_INVOICED = """
    select account_id, currency, sum(amount) / 12 as amount from invoices
    where issued_at <= $as_of and issued_at > $year_ago
    group by all
"""
_RENEWALS = """
    select account_id, min(renewal_at) as renewal_at from subscriptions
    where renewal_at > $as_of and started_at <= $as_of and (ended_at is null or ended_at > $as_of)
    group by all
"""


def build_worklist(past: Past, scores: Scores, policy: Policy, company: Company, lead: int, horizon: int) -> Worklist:
    """Rank the accounts at risk, those of a medium or high tier, by value at risk.

    Args:
        past: the history at the same moment as the scores.
        scores: risks and reasons.
        policy: tiers and capacity.
        company: its name, time zone and currency.
        lead: days before the label window begins.
        horizon: days the label window is long.
    """
    rows = scores.rows.assign(position=range(len(scores.rows)))
    rows = rows.merge(past.frame(_ACCOUNTS), on="account_id", how="left", validate="one_to_one")
    rows["value"], currency, notes = _value(past, rows["account_id"], company)
    rows["value_at_risk"] = value_at_risk(rows["risk"], rows["value"])
    rows["tier"] = tiers(rows["risk"], policy)
    renewal = past.frame(_RENEWALS, {"as_of": past.as_of.instant}).set_index("account_id")["renewal_at"]
    rows["renewal_at"] = renewal.reindex(rows["account_id"]).to_numpy()
    ranked = rank(at_risk(rows))
    capacity = _capacity(past, ranked["csm"], policy)
    ranked["within_capacity"] = within_capacity(ranked, capacity)
    entries = tuple(_entry(place, row, scores, past) for place, row in enumerate(ranked.to_dict("records"), start=1))
    return Worklist(
        company=company.name,
        as_of=str(scores.as_of),
        lead=lead,
        horizon=horizon,
        currency=currency,
        entries=entries,
        eligible=len(scores.rows),
        excluded=scores.excluded,
        notes=notes,
        lineage=scores.lineage,
    )


def _value(past: Past, accounts: pd.Series, company: Company) -> tuple[pd.Series, str, tuple[str, ...]]:
    """Monthly value of each account: MRR, else what was invoiced in 12 months / 12, else 1; its unit; what was used."""
    moments = {"as_of": past.as_of.instant}
    mrr, no_rate = _converted(past.frame(_MRR, moments), company)
    invoiced, nor_rate = _converted(past.frame(_INVOICED, {**moments, "year_ago": past.as_of.edge(-365)}), company)
    if mrr.empty and invoiced.empty:
        note = "Value is unknown: every account counts as 1, so the order is by risk"
        return pd.Series(1.0, index=accounts.index), "", (note,)
    value = mrr.reindex(accounts).fillna(invoiced.reindex(accounts)).fillna(0.0).clip(lower=0.0)
    by_invoice = "what was invoiced in the last 12 months, divided by 12"
    if mrr.empty:
        notes = [f"Value is {by_invoice}"]
    elif set(accounts) <= set(mrr.index):
        notes = ["Value is monthly recurring revenue"]
    else:
        notes = [f"Value is monthly recurring revenue; where there is none, {by_invoice}"]
    if unknown := sorted({*no_rate, *nor_rate}):
        notes.append(f"Amounts in {', '.join(unknown)} have no rate in churnrisk.toml and count as nothing")
    return value.set_axis(accounts.index), company.currency, tuple(notes)


def _converted(amounts: pd.DataFrame, company: Company) -> tuple[pd.Series, list[str]]:
    rates = {company.currency: 1.0, **company.rates}
    currency = amounts["currency"].fillna(company.currency)
    unknown = sorted(set(currency) - set(rates))
    return (amounts["amount"] * currency.map(rates).fillna(0.0)).groupby(amounts["account_id"]).sum(), unknown


def _capacity(past: Past, csms: pd.Series, policy: Policy) -> pd.Series:
    known = past.frame("select csm, weekly_capacity from csms where weekly_capacity is not null")
    return pd.Series(dict.fromkeys(csms.unique(), policy.weekly_capacity) | dict(known.to_numpy().tolist()))


def _entry(place: int, row: dict[str, Any], scores: Scores, past: Past) -> Entry:
    renewal = row["renewal_at"]
    has_renewal = isinstance(renewal, pd.Timestamp) and not pd.isna(renewal)
    days = math.ceil((renewal - past.as_of.instant).total_seconds() / 86400) if has_renewal else None
    return Entry(
        rank=place,
        account_id=row["account_id"],
        name=row["name"],
        csm=row["csm"],
        segment=row["segment"],
        country=row["country"],
        risk=float(row["risk"]),
        tier=row["tier"],
        value=float(row["value"]),
        value_at_risk=float(row["value_at_risk"]),
        renews_on=past.as_of.local_day(renewal).isoformat() if has_renewal else "",
        days_to_renewal=days,
        reasons=scores.reasons[row["position"]],
        within_capacity=bool(row["within_capacity"]),
    )
