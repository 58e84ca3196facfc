"""How the rows of each source find their account: by a column of their own, or through another source.

Columns point at a key where their values lie in it; a name alone is not enough. Identifiers that are written in two
ways ("C-0017" here, 17 there) are compared in the simplest way under which they meet.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import duckdb

from churnrisk.extract.proposal.match import Match
from churnrisk.extract.proposal.names import ACCOUNT, COLUMNS, fit, says
from churnrisk.extract.proposal.profile import Column, Profile, identifier
from churnrisk.tables import TABLES

#: Ways to compare identifiers, the plainest first, and how a doubt tells them.
_FORMS = (
    ("{0}", ""),
    ("lower(trim({0}))", "without regard to capital letters"),
    ("ltrim(regexp_replace(lower(trim({0})), '\\.0+$', ''), '0')", "without leading zeros"),
    ("ltrim(regexp_replace({0}, '\\.0+$|[^0-9]', '', 'g'), '0')", "by their digits alone"),
)
#: The share of a column's values that have to lie in a key.
_ENOUGH = 0.5
#: The share of values of several words from which they are names, and their digits tell nothing.
_PROSE = 0.1
#: The column that a join adds.
JOINED = "account_key"
#: Tables whose rows have an identifier of their own.
_KEYED = ("accounts", "contacts", "subscriptions", "invoices", "tickets", "messages", "surveys", "agents", "csms")
#: What may stand between a row and its account.
_BETWEEN = ("subscriptions", "contacts", "tickets", "invoices", "accounts", "usage", "agents")


@dataclass(frozen=True)
class Link:
    """A column of one source whose values lie in a column of another.

    Attributes:
        child: the column that points.
        parent: the column that is pointed at.
        form: how both are compared; "{0}" as they are.
        share: the share of the child's values that are found.
        told: how they are compared, in words; empty where as they are.
    """

    child: Column
    parent: Column
    form: str
    share: float
    told: str = ""

    @property
    def is_plain(self) -> bool:
        """Whether the values are the same, so that no join is needed."""
        return self.form == "{0}"


@dataclass(frozen=True)
class Reach:
    """How a source's rows find their account.

    Attributes:
        account: the expression over `relation`.
        relation: the source's name, or a SELECT with a join.
        share: the share of values that find one; 1 where there is no list of accounts.
        through: labels of the sources in between.
        doubts: what somebody should look at.
        start: a column of `relation` with the moment at which what stands in between began; empty where it has none.
    """

    account: str
    relation: str
    share: float = 1.0
    through: tuple[str, ...] = ()
    doubts: tuple[str, ...] = ()
    start: str = ""


def key_of(match: Match) -> Column | None:
    """The column that tells the rows of a source apart, where it has one."""
    return match.columns.get(TABLES[match.table].key[0]) if match.table in _KEYED else None


class Links:
    """The ways from every source to the accounts."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, matches: list[Match]) -> None:
        self._connection = connection
        self.matches = matches
        self._shares: dict[tuple[str, str, str, str, str], float] = {}
        self.accounts = next((match for match in matches if match.table == "accounts"), None)
        self.reached: dict[str, Reach] = {}
        for match in matches:
            if match is not self.accounts and (reach := self._direct(match)):
                self.reached[match.profile.label] = reach
        for match in matches:
            if match is not self.accounts and match.profile.label not in self.reached:
                reach = self._through(match)
                self.reached |= {match.profile.label: reach} if reach else {}

    def find(self, child: Profile, parent: Profile, onto: Iterable[Column], names: str) -> Link | None:
        """The best link from one source to some columns of another; `names` are what such a column is called."""
        best: tuple[float, Link] | None = None
        targets = list(onto)
        first = targets[0] if targets else None
        for column in child.columns.values():
            named = fit(column.name, names)
            if not _may_point(column, named):
                continue
            for target in targets:
                if link := self._link(child, column, parent, target, named):
                    score = (
                        link.share + 0.8 * named + (0.3 if link.is_plain else 0.0) + (0.2 if target is first else 0.0)
                    )
                    if best is None or score > best[0]:
                        best = (score, link)
        return best[1] if best else None

    def _link(self, child: Profile, column: Column, parent: Profile, target: Column, named: float) -> Link | None:
        for form, told in _FORMS:
            if form != "{0}" and (named < _ENOUGH or max(column.whitespace, target.whitespace) > _PROSE):
                return None
            share = self._share(child, column, parent, target, form)
            if share >= _ENOUGH:
                return Link(column, target, form, share, told)
        if named >= 0.9 and not parent.sample.is_whole:
            return Link(column, target, "{0}", 1.0, "")
        return None

    def _share(self, child: Profile, column: Column, parent: Profile, target: Column, form: str) -> float:
        """The share of a column's distinct values that lie in another; 0 where the form makes two keys one."""
        asked = (child.label, column.name, parent.label, target.name, form)
        if asked not in self._shares:
            self._shares[asked] = self._counted(child, column, parent, target, form)
        return self._shares[asked]

    def _counted(self, child: Profile, column: Column, parent: Profile, target: Column, form: str) -> float:
        own, other = form.format(column.id_sql), form.format(target.id_sql)
        [(found, asked, keys)] = self._connection.execute(
            f"with k as (select distinct {other} as v from {source_of(parent)} where nullif({other}, '') is not null),"
            f" c as (select distinct {own} as v from {source_of(child)} where nullif({own}, '') is not null)"
            " select (select count(*) from c semi join k using (v)), (select count(*) from c), (select count(*) from k)"
        ).fetchall()
        if form != "{0}" and keys < 0.98 * target.distinct:
            return 0.0
        return float(found / asked) if asked else 0.0

    def _direct(self, match: Match) -> Reach | None:
        """The account in a column of the source itself."""
        profile = match.profile
        if self.accounts is None:
            column = match.columns.get("account_id") or match.columns.get("-account")
            return Reach(column.id_sql, relation_of(profile)) if column else None
        accounts = self.accounts.profile
        key = self.accounts.columns["account_id"]
        unique = [key] if key.is_unique else []
        unique += [
            column
            for column in accounts.columns.values()
            if column.is_unique and column is not key and column.kind in ("text", "number")
        ]
        link = self.find(profile, accounts, unique if key.is_unique else [key, *unique], f"{ACCOUNT},{key.name}")
        if link is None:
            return None
        if link.is_plain and link.parent.name == key.name:
            return Reach(link.child.id_sql, relation_of(profile), link.share)
        doubt = f"{link.child.name} is compared with {link.parent.name} of {accounts.label}"
        doubt += f" {link.told}" if link.told else " because its values lie there"
        parts = f"select {link.form.format(link.parent.id_sql)} as link_key, min({key.id_sql}) as {JOINED}"
        relation = _joined(profile, link, f"{parts} from {source_of(accounts)} group by 1", (JOINED,))
        return Reach(JOINED, relation, link.share, (accounts.label,), (doubt,))

    def _through(self, match: Match) -> Reach | None:
        """The account of what a column of the source points at."""
        found: list[tuple[float, Reach]] = []
        for parent in self.matches:
            key = key_of(parent)
            reach = self.reached.get(parent.profile.label)
            if parent is match or key is None or reach is None or parent.table not in _BETWEEN or not key.is_unique:
                continue
            names = COLUMNS[parent.table][_key_name(parent)] + "," + parent.profile.label.rstrip("s") + " id"
            onto = [key, *(column for name, column in parent.columns.items() if name == "-email" and column.is_unique)]
            if link := self.find(match.profile, parent.profile, onto, _without_plain(names)):
                found.append((link.share, self._reach_through(match, parent, reach, link)))
        return max(found, key=lambda pair: pair[0])[1] if found else None

    def _reach_through(self, match: Match, parent: Match, reach: Reach, link: Link) -> Reach:
        start = parent.columns.get("started_at")
        started = f", min({start.moment.typed}) as parent_started_at" if start and start.moment else ""
        inner = (
            f"select {link.form.format(link.parent.id_sql)} as link_key, min({reach.account}) as {JOINED}{started}"
            f" from {_as_relation(reach.relation)} group by 1"
        )
        added = (JOINED, "parent_started_at") if started else (JOINED,)
        doubts = (f"{link.child.name} is compared with {link.parent.name} {link.told}",) if link.told else ()
        return Reach(
            JOINED,
            _joined(match.profile, link, inner, added),
            min(link.share, reach.share),
            (*reach.through, parent.profile.label),
            (*doubts, *reach.doubts),
            "parent_started_at" if started else "",
        )


def _key_name(match: Match) -> str:
    return next(name for name, column in match.columns.items() if column is key_of(match))


def _without_plain(names: str) -> str:
    """Names of a key as others call it: `id` alone is everybody's own."""
    plain = {"id", "key", "number", "no", "nr", "reference", "ref", "email"}
    return ",".join(name for name in names.split(",") if name.strip() not in plain)


def _may_point(column: Column, named: float) -> bool:
    """Whether a column may hold identifiers of something else; whole numbers only where the name says so."""
    if column.kind not in ("text", "number") or column.width > 80 or column.distinct < 2:
        return False
    if column.kind == "number":
        return named >= _ENOUGH and column.number is not None and column.number.whole
    return named >= _ENOUGH or says(column.name, "identifiers") or column.distinct > 20


def _joined(profile: Profile, link: Link, inner: str, added: tuple[str, ...]) -> str:
    own = link.form.format(link.child.id_sql)
    on = f"c.{own}" if own == identifier(link.child.name) else "c.link_key"
    child = f"{relation_of(profile)} c"
    taken = "c.*"
    if on == "c.link_key":
        child = f"(select *, {own} as link_key from {_as_relation(relation_of(profile))}) c"
    elif link.child.type != "VARCHAR":
        on = f"c.{own}::varchar"
    picked = ", ".join(f"p.{column}" for column in added)
    return f"select {taken}, {picked}\nfrom {child}\nleft join ({inner}) p\n    on p.link_key = {on}"


def relation_of(profile: Profile) -> str:
    """The source as `from` names it."""
    return profile.relation if profile.is_nested else profile.label


def source_of(profile: Profile) -> str:
    """The source as a FROM clause takes it."""
    return _as_relation(relation_of(profile))


def _as_relation(relation: str) -> str:
    return f"({relation})" if relation.lstrip().lower().startswith("select") else relation
