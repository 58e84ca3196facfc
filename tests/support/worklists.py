"""Worklists to look at: one like those of a real week, and one whose every word is an attack. Seeded."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import date, timedelta

from churnrisk.outreach.worklist import Entry, Reason, Worklist

_FIRST = "Nord Alba Vester Clear Blue Silver Lumen Terra Hanse Orbit Kesto Vela Ferro Polar Quanta Zephyr Birk".split()
_SECOND = "works gruppen logic soft line media pharma energi foods textil data optik plan labs mobil".split()
_FORMS = {"DK": "A/S", "DE": "GmbH", "PL": "Sp. z o.o.", "GB": "Ltd", "KR": "Co., Ltd.", "IL": "Ltd"}
_LOCAL = {"KR": "한빛소프트 주식회사", "IL": "אור-גל תוכנה בע״מ", "PL": "Źródło Łączności Sp. z o.o."}
_CSMS = ("ida.holm", "jakub.gorski", "greta.fuchs", "minjun.park")

#: Reasons as the catalogue words them: code, sentence, whether somebody can do something about it.
REASONS = (
    ("usage_drop", "Use of the product fell by 62 % in the last 30 days", True),
    ("slow_response", "First reply took 31 hours on average in the last 30 days; 6 hours is usual", True),
    ("unresolved", "9 tickets are still open; 2 is usual", True),
    ("reopened", "Solved tickets were opened again 4 times in the last 90 days; 0 is usual", True),
    ("low_survey", "CSAT was 2.1 of 5 in the last 90 days; 4.3 is usual", True),
    ("survey_silence", "10 % of the surveys of the last 180 days were answered; 60 % is usual", True),
    ("billing", "3 invoices are overdue; 0 is usual", True),
    ("champion_left", "The champion left in the last 180 days", True),
    ("seats_drop", "Seats were cut by 25 % in the last 180 days", True),
    ("renewal_near", "The contract comes up for renewal in 38 days", False),
    ("new_account", "It has been an account for 74 days only", False),
    ("price_change", "The price rose by 12 % in the last 180 days", True),
)

#: What a customer may call itself. Some would run in a browser, some in a spreadsheet, some in a terminal.
ATTACKS = (
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "</title></style></table><script>alert(2)</script>",
    "\"><svg onload=alert(3)><a href='http://attack.example'>",
    "{{ 7 * 7 }}{% raw %}",
    '=HYPERLINK("http://attack.example","click")',
    "=cmd|' /C calc'!A0",
    "+1+1",
    "-2+3",
    "@SUM(A1:A9)",
    "\t=1+1",
    "\r\n=1+1",
    "  =1+1",
    "\u00a0=1+1",
    "\ufeff=1+1",
    "\u200f=1+1",
    "\x00=1+1",
    '"=1+1',
    "＝1+1",
    "＋1",
    "－1",
    "＠SUM(1)",
    "﹦1+1",
    "Acme;=1+1;",
    'Acme;"=1+1&"',
    "Acme\n=1+1",
    "a\x00b\x1b[2J\x1b]0;owned\x07c\x9bm",
    "[bold red]markup[/bold red][/]",
    "\u202eelbatset\u202c \u2067gnihtyna\u2069",
    "half \ud800 a letter",
    "אבג דהו 12 %",
    "👩‍👩‍👧‍👦🏳️‍🌈",
    "Z" + "\u0336\u0351\u0347" * 200,
    "x" * 10_000,
    "한" * 10_000,
    " ",
    "",
)


def a_worklist(accounts: int = 40, seed: int = 7) -> Worklist:
    """A list as a company of some hundred accounts gets it, four CSMs with five calls a week each."""
    chance = random.Random(seed)
    entries = sorted((_entry(chance, place) for place in range(accounts)), key=lambda entry: -entry.value_at_risk)
    calls = dict.fromkeys((*_CSMS, ""), 0)
    ranked = []
    for rank, entry in enumerate(entries, start=1):
        calls[entry.csm] += 1
        ranked.append(replace(entry, rank=rank, within_capacity=bool(entry.csm) and calls[entry.csm] <= 3))
    return Worklist(
        company="Nordlys Software",
        as_of="2026-01-31",
        lead=14,
        horizon=90,
        currency="EUR",
        entries=tuple(ranked),
        eligible=max(412, accounts),
        excluded={"gave notice": 9, "no live subscription": 57},
        notes=(
            "Value is MRR; 3 accounts are paid in DKK, at the fixed rate of the settings.",
            "The source usage arrived until 30 January 2026; the last day is missing.",
        ),
        lineage={
            "model": "churnrisk-churn 4",
            "run": "7f3a9c1be04d4c1f8a52d6e91b2c3d4e",
            "data": "sha256:1c9e5d77a0b2",
            "label": "contract_end 3b1f0a2c",
            "catalogue": "9d4e11f0",
            "policy": "51aa7c2b",
            "code": "0.1.0 783ac14",
        },
    )


def a_hostile_worklist() -> Worklist:
    """A list in which every string that comes from outside is an attack."""
    entry = a_worklist(1).entries[0]
    entries = tuple(
        replace(
            entry,
            rank=rank,
            account_id=text,
            name=text,
            csm=text,
            segment=text,
            country=text,
            tier=text,
            renews_on=text,
            reasons=(Reason("billing", text, True), Reason(text, text, False)),
        )
        for rank, text in enumerate(ATTACKS, start=1)
    )
    everywhere = " ".join(ATTACKS[:5])
    return replace(
        a_worklist(1),
        company=everywhere,
        currency="<b>",
        entries=entries,
        excluded={everywhere: 3},
        notes=ATTACKS,
        lineage={text: text for text in ATTACKS} | {"model": "=1+1"},
    )


def _entry(chance: random.Random, place: int) -> Entry:
    country = chance.choice(list(_FORMS))
    name = f"{chance.choice(_FIRST)}{chance.choice(_SECOND)} {_FORMS[country]}"
    risk = round(min(chance.betavariate(1.6, 3.2), 0.97), 6)
    value = round(chance.lognormvariate(7.1, 0.8), 2)
    days = chance.choice([None, *range(-4, 340, 7)])
    reasons = chance.sample(REASONS, k=chance.choice([1, 2, 3, 3, 3]))
    return Entry(
        rank=0,
        account_id=f"A-{1000 + 7 * place}",
        name=_LOCAL[country] if country in _LOCAL and chance.random() < 0.4 else name,
        csm=chance.choice(_CSMS) if chance.random() < 0.96 else "",
        segment=chance.choice(["enterprise", "mid-market", "small business"]),
        country=country,
        risk=risk,
        tier="high" if risk >= 0.5 else "medium" if risk >= 0.25 else "low",
        value=value,
        value_at_risk=risk * value,
        renews_on="" if days is None else _day(days),
        days_to_renewal=days,
        reasons=tuple(Reason(*reason) for reason in reasons),
        within_capacity=False,
    )


def _day(days: int) -> str:
    return (date(2026, 1, 31) + timedelta(days=days)).isoformat()
