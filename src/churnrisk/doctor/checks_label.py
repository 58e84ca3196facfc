"""Checks of what can be learnt: accounts, history, the label, leavers and stayers, how steady their share is."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from churnrisk.doctor.facts import Facts
from churnrisk.doctor.finding import Check, Seen, Status
from churnrisk.doctor.words import count, listed, percent
from churnrisk.labels import LEAST_LEAVERS, base_rate_drift
from churnrisk.parameters import Label
from churnrisk.timeline import AsOf

#: With fewer accounts a CSM knows each of them, and the riskiest tenth is five.
LEAST_ACCOUNTS = 50
#: With these, some 30 leave in a quarter where one in ten does: enough for an interval that says something.
ENOUGH_ACCOUNTS = 300
#: With 100 leavers the 95 % interval of an AUC of .75 is .05 either side; with 10 it is .16 (Hanley and McNeil 1982).
ENOUGH_LEAVERS = 100
#: As_of of four weeks that make half a year: fewer see no more than one season.
ENOUGH_AS_OFS = 6
#: The tables whose rows features count or add up over a window.
_COUNTED = ("tickets", "ticket_events", "messages", "surveys", "usage", "invoices")
#: Below this share of leavers a list of a hundred accounts holds less than one by chance.
RARE = 0.005
#: Above this share more leave than stay, and the label says rather who is a regular.
COMMON = 0.5


def accounts(facts: Facts) -> Iterator[Seen]:
    """How many accounts would be on a list made now."""
    many, of = len(facts.eligible), len(facts.standing)
    status: Status = "fail" if many < LEAST_ACCOUNTS else "warn" if many < ENOUGH_ACCOUNTS else "ok"
    sentence = f"{many:,} of {count(of, 'account')} are eligible on {facts.now}"
    if status != "ok":
        why = facts.standing.loc[~facts.standing["account_id"].isin(facts.eligible), "standing"].value_counts()
        sentence += f" ({'; '.join(f'{rows:,}: {reason}' for reason, rows in why.items())})" if len(why) else ""
        sentence += ": too few to learn from" if status == "fail" else ": intervals will be wide"
    yield Seen(status, count(many, "account"), sentence)


def length(facts: Facts) -> Iterator[Seen]:
    """Whether the history is long enough to look back, to look ahead, and to test on what was not learnt from."""
    label, warm_up = facts.parameters.label, facts.parameters.matrix.warm_up_days
    days = (facts.now.day - facts.history.first_day.day).days
    need = f"{warm_up} days to look back, {label.lead + label.horizon} to look ahead, and some between"
    have, reach = count(days, "day"), f"The history reaches from {facts.history.first_day} to {facts.now}"
    split, as_ofs = facts.split, facts.as_ofs
    if not as_ofs:
        short = warm_up + label.lead + label.horizon - days
        yield Seen("fail", have, f"{reach}, which is {count(short, 'day')} too short for a single as_of", "", need)
    elif not split.train:
        sentence = f"{reach}: once {_span(split.test)} are set aside for testing, no as_of is left for training"
        yield Seen("fail", have, sentence, "", need)
    elif len(split.train) < ENOUGH_AS_OFS:
        sentence = f"{reach}: training has {count(len(split.train), 'as_of').removesuffix('s')} only"
        yield Seen("warn", have, sentence, "", need)
    else:
        sentence = f"{reach}: training has {_span(split.train)}, testing {_span(split.test)}"
        yield Seen("ok", have, sentence, "", need)


def _span(as_ofs: tuple[AsOf, ...]) -> str:
    return f"{len(as_ofs)} as_of from {as_ofs[0]} to {as_ofs[-1]}" if len(as_ofs) > 1 else f"the as_of {as_ofs[0]}"


def look_back(facts: Facts) -> Iterator[Seen]:
    """Tables that begin too late for the earliest as_of of training: what they cannot tell there looks like nothing."""
    if not facts.split.train:
        return
    first, warm_up = facts.split.train[0], facts.parameters.matrix.warm_up_days
    begun = {table: rows.index[0].date() for table, rows in facts.days.items() if table in _COUNTED}
    late = {table: day for table, day in begun.items() if (first.day - day).days < warm_up}
    if late:
        many = len(late) > 1
        sentence = (
            f"{listed(late)} {'begin' if many else 'begins'} on {min(late.values())}{' or later' if many else ''},"
            f" and training looks back {warm_up} days from {first}: there accounts seem quieter than they were"
        )
        yield Seen("warn", f"from {max(late.values())}", sentence)
    else:
        begin = max(begun.values(), default=first.day)
        yield Seen("ok", f"from {begin}", f"Every table reaches {warm_up} days back from {first}")


def label_is_told(facts: Facts) -> Iterator[Seen]:
    """Whether there is anything that the label could be read from."""
    label = facts.parameters.label
    if facts.can_tell(label):
        yield Seen("ok", _source(label), f"Who left is told by {_source(label)}")
        return
    lacks = {
        "contract_end": "Not a single subscription has an end, so by the label contract_end nobody ever left",
        "event": "There is no churn event, so by the label event nobody ever left",
        "silence": f"There is no row of {label.activity}, so by the label silence everybody always left",
    }[label.kind]
    others = _others(facts)
    step = "Map what tells who left: ended_at of subscriptions, or churn_events"
    if others:
        best, left = max(others, key=lambda other: other[1])
        accounts_left = f"by it {count(left, 'account')} left" if facts.as_ofs else "it can be told"
        step = f"Set {_in_toml(best)} under [label] in parameters.toml ({accounts_left}), or map what tells who left"
    yield Seen("fail", f"no {_source(label)}", lacks, next_step=step)


def _source(label: Label) -> str:
    ends, silence = "the ends of subscriptions", f"silence in {label.activity}"
    return {"contract_end": ends, "event": "churn events", "silence": silence}[label.kind]


def _others(facts: Facts) -> list[tuple[Label, int]]:
    """The labels that could be told instead, with the accounts that left by them."""
    label = facts.parameters.label
    kinds: list[dict[str, object]] = [{"kind": "contract_end"}, {"kind": "event"}]
    kinds += [{"kind": "silence", "lead": 0, "activity": table} for table in ("usage", "invoices", "tickets")]
    labels = [label.model_copy(update=kind) for kind in kinds]
    return [(other, facts.leavers(other)) for other in labels if other != label and facts.can_tell(other)]


def _in_toml(label: Label) -> str:
    return f'kind = "{label.kind}"' + (f' with activity = "{label.activity}"' if label.kind == "silence" else "")


def leavers(facts: Facts) -> Iterator[Seen]:
    """Leavers and stayers of each part that training would make."""
    rows, split = facts.outcomes, facts.split
    if rows.empty:
        return
    for part, as_ofs in (("training", split.train), ("testing", split.test)):
        here = rows[rows["as_of"].isin([pd.Timestamp(as_of.day) for as_of in as_ofs])]
        if as_ofs:
            left, stayed = here[here["left"] == 1], here[here["left"] == 0]
            few = min(len(left), len(stayed)) < LEAST_LEAVERS
            accounts_left = left["account_id"].nunique()
            some = min(accounts_left, stayed["account_id"].nunique()) < ENOUGH_LEAVERS
            sentence = f"{count(accounts_left, 'account')} left in the {part} part"
            sentence += f" ({len(left):,} of {len(here):,} rows; {_span(as_ofs)})"
            if few:
                sentence += f"; at least {LEAST_LEAVERS} rows that left and {LEAST_LEAVERS} that stayed are needed"
            elif some:
                sentence += "; intervals will be wide"
            yield Seen("fail" if few else "warn" if some else "ok", count(accounts_left, "account"), sentence, part)


def base_rate(facts: Facts) -> Iterator[Seen]:
    """How many leave at all."""
    rows = facts.outcomes
    if rows.empty:
        return
    share = float(rows["left"].mean())
    label = facts.parameters.label
    within = f"between day {label.lead + 1} and day {label.lead + label.horizon}"
    if share > COMMON:
        sentence = f"{percent(share)} leave {within}: more than stay"
        step = "Choose a longer [label] horizon under silence, or another label: leaving should be the exception"
        yield Seen("warn", percent(share), sentence, next_step=step)
    elif share < RARE:
        yield Seen("warn", percent(share), f"Only {percent(share)} leave {within}: even a good list holds few of them")
    else:
        yield Seen("ok", percent(share), f"{percent(share)} leave {within}")


def steady(facts: Facts) -> Iterator[Seen]:
    """Whether as many leave at the end of the history as at its beginning."""
    drift = base_rate_drift(facts.outcomes)
    if drift is None:
        return
    have = f"{percent(drift.before)}, then {percent(drift.now)}"
    yield Seen("warn" if drift.is_notable else "ok", have, drift.sentence)


CHECKS = (
    Check(
        "enough_accounts_are_eligible",
        f"{LEAST_ACCOUNTS} accounts, better {ENOUGH_ACCOUNTS}",
        "A pattern can be learnt from many accounts only; with few, a CSM who knows each of them knows more.",
        f"fewer than {ENOUGH_ACCOUNTS} accounts can be scored at the newest as_of",
        f"fewer than {LEAST_ACCOUNTS}",
        "Check the export of accounts and the [label] in parameters.toml; so few accounts are best judged by people who"
        " know them",
        accounts,
    ),
    Check(
        "history_is_long_enough",
        "as_of for training and for testing",
        "An as_of needs days before it to look back and days after it until its label is known; tests need later ones.",
        f"fewer than {ENOUGH_AS_OFS} as_of are left for training, or none for calibration, which is then made out of"
        " fold",
        "no as_of is left for training, or none at all",
        "Export a longer history, or lower warm_up_days or horizon in parameters.toml",
        length,
    ),
    Check(
        "tables_reach_back_far_enough",
        "warm_up_days before the first as_of",
        "Where a table begins late, the accounts of the first as_of seem to have been quiet, and a model learns it.",
        "a table with counts begins less than warm_up_days before the first as_of of training",
        "",
        "Lower [matrix] as_ofs in parameters.toml, so that training begins later, or export the table from earlier on",
        look_back,
    ),
    Check(
        "the_label_can_be_told",
        "rows that tell who left",
        "Nothing can be learnt about leaving where nobody is ever told to have left.",
        "",
        "there is no row that the label is made of",
        "Map what tells who left: ended_at of subscriptions, or churn_events",
        label_is_told,
    ),
    Check(
        "enough_left_and_enough_stayed",
        f"{LEAST_LEAVERS} rows, better {ENOUGH_LEAVERS} accounts, in each part",
        "What is learnt and how well it is measured both rest on the smaller group, which is those who left.",
        f"fewer than {ENOUGH_LEAVERS} accounts of a part left, or stayed: intervals will be wide",
        f"fewer than {LEAST_LEAVERS} rows of a part left, or stayed",
        "Export a longer history or more accounts, or check the [label] in parameters.toml",
        leavers,
    ),
    Check(
        "leaving_is_neither_rare_nor_the_rule",
        f"from {percent(RARE)} to {percent(COMMON)}",
        "Where hardly anybody leaves a list is mostly false alarms; where most do it says rather who is a regular.",
        f"less than {percent(RARE)} or more than {percent(COMMON)} leave",
        "",
        "Choose a longer [label] horizon, or expect most accounts on the list to stay",
        base_rate,
    ),
    Check(
        "the_share_that_leaves_is_steady",
        "the same share early and late",
        "A model that learnt from years in which few left says too little of a year in which many do.",
        "the share at the latest quarter of the as_of differs from that at the earliest by a quarter of it or more,"
        " and the 95 % interval of the move, accounts drawn anew, does not hold zero",
        "",
        "Ask what changed in the company or in the export; lower [matrix] as_ofs to learn from the newer time only",
        steady,
    ),
)
