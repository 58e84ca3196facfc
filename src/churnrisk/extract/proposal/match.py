"""Which source is which canonical table, column by column: from names, kinds of values, and what has a key."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from churnrisk.extract.proposal.names import COLUMNS, FILES, fit, words
from churnrisk.extract.proposal.profile import Column, Profile
from churnrisk.tables import ALWAYS, TABLES

#: How much a column says about which table it is of; others say `_USUAL`.
_TELLING: dict[str, dict[str, float]] = {
    "accounts": {"name": 1.5, "industry": 1.5, "csm": 1.5, "segment": 1.0, "country": 1.0, "-churned": 1.0},
    "contacts": {"-email": 2.0, "contact_id": 1.0, "account_id": 1.0, "role": 0.5},
    "csms": {"weekly_capacity": 3.0, "team": 0.5, "email": 0.5},
    "subscriptions": {"mrr": 1.5, "renewal_at": 1.5, "started_at": 1.5, "ended_at": 1.5, "auto_renew": 1.5,
                      "plan": 1.0},
    "invoices": {"amount": 1.5, "due_at": 2.0, "paid_at": 1.5, "invoice_id": 1.0, "-unit_price": 1.5},
    "tickets": {
        "subject": 1.5, "priority": 2.0, "channel": 1.0, "ticket_id": 1.0, "-solved_at": 1.5, "-first_reply_at": 1.5,
        "-first_reply_after": 1.5, "-satisfaction": 1.0, "queue": 0.5, "account_id": 1.0,
    },
    "ticket_events": {"ticket_id": 2.0, "field": 1.5, "value": 1.5},
    "messages": {"ticket_id": 2.0, "body": 2.0, "author_role": 1.5, "public": 1.0},
    "surveys": {"score": 2.5, "responded_at": 1.5, "comment": 0.5, "kind": 0.5},
    "usage": {"value": 1.5, "metric": 1.0, "active_users": 1.5, "day": 1.0},
    "agents": {"agent_id": 1.0, "languages": 1.0, "joined_at": 1.0, "team": 1.0},
    "churn_events": {"reason": 2.0, "at": 1.0, "voluntary": 1.0},
}  # fmt: skip
_USUAL = 0.5
#: Columns without which a source cannot be that table, one of each group.
_NEEDS: dict[str, tuple[tuple[str, ...], ...]] = {
    "accounts": (("account_id",), ("name", "created_at", "industry", "segment", "csm", "country", "-churned")),
    "contacts": (("contact_id",), ("-email", "role", "account_id")),
    "csms": (("csm",), ("weekly_capacity", "team", "email", "name")),
    "subscriptions": (("started_at",), ("mrr", "ended_at", "plan", "seats", "renewal_at", "subscription_id")),
    "invoices": (("issued_at",), ("amount", "-unit_price")),
    "tickets": (("ticket_id",), ("created_at",)),
    "ticket_events": (("ticket_id",), ("at",), ("value",)),
    "messages": (("ticket_id",), ("created_at",), ("body", "author_role")),
    "surveys": (("score",), ("sent_at", "responded_at")),
    "usage": (("day",),),
    "agents": (("agent_id",), ("joined_at", "team", "languages")),
    "churn_events": (("at",),),
}
#: How much the name of the file says.
_FILE = 4.0
#: How well a file name has to fit for it to say enough on its own.
_SAYS_IT_ALL = 0.75
#: The score from which a source is taken for a table.
_ENOUGH = 4.0
#: How much better the name of a file has to fit one table for another to be out of the question.
_SAID = 0.15
#: Tables whose sources list somebody, and may list the accounts.
_LISTS = ("contacts", "csms", "agents")
#: The share of values of several words from which they are names, not identifiers.
_PROSE = 0.1
_IDS = ("_id", "csm")


@dataclass(frozen=True)
class Match:
    """A source taken for a canonical table.

    Attributes:
        profile: the source.
        table: the canonical table.
        columns: the source's columns by canonical name; names that begin with a dash lead to other tables.
        fits: how well each name fits, from 0 to 1.
        score: how well all of it fits.
        runner_up: the table it could be as well, where that is close.
        renamed: for a part of a table, what its columns are called in the part that was recognised first.
    """

    profile: Profile
    table: str
    columns: dict[str, Column]
    fits: dict[str, float]
    score: float
    runner_up: str = ""
    renamed: dict[str, str] = field(default_factory=dict)

    @property
    def sure(self) -> str:
        """How sure this is, as a word."""
        if self.runner_up or self.score < 6:
            return "unsure"
        return "sure" if self.score >= 8 else "likely"


def match_all(profiles: Iterable[Profile]) -> tuple[list[Match], list[Profile]]:
    """The table of every source, and the sources that are like none."""
    matched, left = [], []
    for profile in profiles:
        tried = sorted((_match(profile, table) for table in COLUMNS), key=lambda match: -match.score)
        best, second = tried[0], tried[1]
        if best.score < _ENOUGH:
            left.append(profile)
            continue
        is_close = second.score > 0.85 * best.score and second.score >= _ENOUGH
        said = file_fit(profile.label, best.table) - file_fit(profile.label, second.table)
        runner_up = second.table if is_close and said < _SAID else ""
        matched.append(Match(profile, best.table, best.columns, best.fits, best.score, runner_up))
    matched, left = _one_of_accounts(matched, left)
    if not any(match.table == "accounts" for match in matched) and (found := _by_shared_key(matched, left)):
        left = [profile for profile in left if profile is not found.profile]
        matched = [found, *(match for match in matched if match.profile is not found.profile)]
    return matched, left


def _by_shared_key(matched: list[Match], left: list[Profile]) -> Match | None:
    """The source whose unique column is called as a column of most other sources: whatever its name, a list of them."""
    everyone = [*left, *(match.profile for match in matched)]
    lists = [*left, *(match.profile for match in matched if match.table in _LISTS)]
    for profile in lists:
        for column in profile.columns.values():
            others = [other.columns[column.name] for other in everyone
                      if other is not profile and column.name in other.columns]  # fmt: skip
            shared = [other for other in others if not other.is_unique and other.kind == column.kind]
            if column.is_unique and column.kind in ("text", "number") and len(shared) * 2 >= len(everyone) - 1 > 0:
                columns, fits = assigned(profile, "accounts")
                columns = {name: one for name, one in columns.items() if one is not column} | {"account_id": column}
                return Match(profile, "accounts", columns, fits | {"account_id": 1.0}, _ENOUGH)
    return None


def _one_of_accounts(matched: list[Match], left: list[Profile]) -> tuple[list[Match], list[Profile]]:
    """Only one source is the list of accounts; another one like it is left to whoever knows the company."""
    accounts = sorted((match for match in matched if match.table == "accounts"), key=lambda match: -match.score)
    for other in accounts[1:]:
        matched.remove(other)
        left.append(other.profile)
    return matched, left


def _match(profile: Profile, table: str) -> Match:
    columns, fits = assigned(profile, table)
    if not needs_met(columns, table):
        return Match(profile, table, columns, fits, 0.0)
    told = _TELLING[table]
    score = sum(told.get(name, _USUAL) * fits[name] for name in columns)
    score += _FILE * file_fit(profile.label, table) + _shape(profile, table, columns)
    return Match(profile, table, columns, fits, score)


def needs_met(columns: dict[str, Column], table: str) -> bool:
    """Whether there is every column without which a source cannot be that table."""
    return all(any(name in columns for name in group) for group in _NEEDS[table])


def activity_of(profile: Profile) -> Match | None:
    """A source like no table, as rows of activity: with its first moment that is (nearly) always filled as the day."""
    moments = [column for column in profile.columns.values() if column.kind == "moment" and column.missing < 0.1]
    if not moments:
        return None
    columns, fits = assigned(profile, "usage")
    columns.setdefault("day", moments[0])
    fits.setdefault("day", 0.5)
    return Match(profile, "usage", columns, fits, _ENOUGH)


def spare_key(match: Match) -> Column | None:
    """A column that tells the rows apart although its name does not say so."""
    used = {column.name for column in match.columns.values()}
    for column in match.profile.columns.values():
        can_be = column.kind in ("text", "number") and _is_whole(column) and column.width < 60
        if can_be and column.is_unique and column.distinct == column.rows and column.name not in used:
            return column
    return None


def file_fit(label: str, table: str) -> float:
    """How well the name of a source fits a table; its last word says most."""
    own = words(label)
    last = fit(own[-1], FILES[table]) if own else 0.0
    return max(fit(label, FILES[table]), 0.8 * last if last == 1.0 else 0.0)


def _shape(profile: Profile, table: str, columns: dict[str, Column]) -> float:
    """What the keys say: an account is there once, its use on many days."""
    key = columns.get(TABLES[table].key[0])
    if table == "accounts":
        return 1.0 if key is not None and key.is_unique else -4.0
    if table in ("tickets", "subscriptions", "contacts"):
        own = columns.get({"tickets": "ticket_id", "subscriptions": "subscription_id", "contacts": "contact_id"}[table])
        return 0.5 if own is not None and own.is_unique else -1.0
    if table == "ticket_events":
        return 1.0 if key is not None and not key.is_unique and _tells_changes(columns) else -3.0
    if table == "usage":
        counted = "value" in columns or "active_users" in columns or _numbers(profile, columns)
        return 0.5 if counted or "metric" in columns or file_fit(profile.label, "usage") > _SAYS_IT_ALL else -3.0
    if table == "messages":
        return 0.5 if "body" in columns else -1.0
    return 0.0


def _tells_changes(columns: dict[str, Column]) -> bool:
    """Whether the new values are of a short list, or a column says which field changed."""
    value, field_name = columns.get("value"), columns.get("field")
    return bool(value and (value.values or (field_name and field_name.values)))


def _numbers(profile: Profile, columns: dict[str, Column]) -> bool:
    used = {column.name for column in columns.values()}
    return any(column.kind == "number" and column.name not in used for column in profile.columns.values())


def assigned(profile: Profile, table: str) -> tuple[dict[str, Column], dict[str, float]]:
    """The columns of a source under their canonical names, each at most once, the best fit first."""
    pairs = [
        (_fit(column, table, wanted, phrases), wanted, column)
        for wanted, phrases in COLUMNS[table].items()
        for column in profile.columns.values()
        if can_be(column, table, wanted)
    ]
    columns: dict[str, Column] = {}
    fits: dict[str, float] = {}
    taken: set[str] = set()
    order = list(COLUMNS[table])
    for score, wanted, column in sorted(pairs, key=lambda pair: (-pair[0], order.index(pair[1]))):
        if score >= 0.5 and wanted not in columns and (column.name not in taken or wanted.startswith("-")):
            if column.name in taken and not _may_share(wanted):
                continue
            columns[wanted], fits[wanted] = column, score
            taken.add(column.name)
    _only_moment(profile, table, columns, fits)
    return columns, fits


def _only_moment(profile: Profile, table: str, columns: dict[str, Column], fits: dict[str, float]) -> None:
    """Where nothing is called like the moment of the rows and there is only one moment, that is it."""
    wanted = TABLES[table].happened_at
    used = {column.name for column in columns.values()}
    free = [column for column in profile.columns.values() if column.kind == "moment" and column.name not in used]
    if wanted != ALWAYS and wanted not in columns and len(free) == 1 and free[0].missing < 0.5:
        columns[wanted], fits[wanted] = free[0], 0.5


def _may_share(wanted: str) -> bool:
    """One column may tell when a ticket was solved and when it was closed."""
    return wanted in ("-solved_at", "-closed_at", "-account", "-queue", "-category")


def _fit(column: Column, table: str, wanted: str, phrases: str) -> float:
    """How well a column's name fits, with and without the name of the table in front; a key should be unique."""
    own = words(column.name)
    best = max(fit(column.name, phrases), 0.97 * fit(column.name.rpartition(".")[2], phrases))
    if len(own) > 1 and fit(own[0], FILES[table]) == 1.0:
        best = max(best, 0.95 * fit(" ".join(own[1:]), phrases))
    position = next((i for i, phrase in enumerate(phrases.split(",")) if words(phrase) == own), 99)
    best -= min(position, 40) * 0.001  # the first synonyms are the likelier ones
    if wanted == TABLES[table].key[0] and wanted != "account_id" and column.is_unique:
        best += 0.05
    if table == "accounts" and wanted == "account_id":
        best += (0.1 if column.is_unique else -0.3) - (0.2 if column.whitespace > _PROSE else 0.0)
    if column.filled == 0:
        best -= 0.2
    return best


def can_be(column: Column, table: str, wanted: str) -> bool:
    """Whether the values are of the kind that the canonical column holds."""
    if column.kind in ("nested", "empty"):
        return False
    if wanted.startswith("-"):
        return _can_lead_to(column, wanted)
    declared = TABLES[table].column(wanted)
    if declared.kind in ("timestamp", "date"):
        return column.kind == "moment"
    if declared.kind in ("number", "integer"):
        broken = declared.kind == "integer" and column.number is not None and not column.number.whole
        return (column.kind == "number" and not broken) or (wanted == "score" and bool(column.values))
    if declared.kind == "boolean":
        return column.is_truth or (wanted in ("public", "voluntary") and bool(column.values))
    if wanted in TABLES[table].key or declared.references or wanted.endswith(_IDS):
        return column.kind in ("text", "number") and column.width < 80 and _is_whole(column)
    if wanted == "body":
        return column.kind == "text"
    if wanted in ("name", "subject"):
        return column.kind == "text" and column.distinct > 1
    if wanted == "value":
        return column.kind in ("text", "truth", "number")
    return column.kind in ("text", "truth") or (column.kind == "number" and bool(column.values))


def _can_lead_to(column: Column, wanted: str) -> bool:
    if wanted in ("-solved_at", "-closed_at", "-first_reply_at", "-churned_at", "-renewal_at"):
        return column.kind == "moment"
    if wanted in ("-first_reply_after", "-solved_after", "-mrr", "-quantity", "-unit_price"):
        return column.kind == "number"
    if wanted == "-satisfaction":
        return column.kind == "number" or bool(column.values)
    if wanted == "-churned":
        return column.is_truth
    if wanted == "-account":
        return column.kind in ("text", "number") and _is_whole(column)
    return column.kind in ("text", "truth", "number")


def _is_whole(column: Column) -> bool:
    return column.number is None or column.number.whole
