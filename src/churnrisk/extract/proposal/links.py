"""How the rows of each source find their account: by a column of their own, or through another source.

Columns point at a key where their values lie in it; a name alone is not enough. Identifiers that are written in two
ways ("C-0017" here, 17 there) are compared in the simplest way under which they meet.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import duckdb

from churnrisk.extract.proposal.forms import PLAIN, PROSE, Form, forms_for
from churnrisk.extract.proposal.match import Match
from churnrisk.extract.proposal.names import ACCOUNT, COLUMNS, fit, says
from churnrisk.extract.proposal.profile import Column, Profile, identifier
from churnrisk.tables import TABLES

#: The share of a column's values that have to lie in a key.
_ENOUGH = 0.5
#: The share of a column's values from which it points at something although its name does not say so.
_NEARLY_ALL = 0.9
#: The share of its rows that find their account from which another way is not worth a second join.
_ALL = 0.97
#: Days on which an account has rows, and rows, from which a source tells of activity.
_AGAIN, _SOME = 4, 100
#: Distinct values from which meeting a key is no accident.
_MANY = 20
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
        step: the expression that is compared, and the SELECT of accounts it is joined with.
    """

    account: str
    relation: str
    share: float = 1.0
    through: tuple[str, ...] = ()
    doubts: tuple[str, ...] = ()
    start: str = ""
    step: tuple[str, str] = ("", "")


_NOWHERE = Reach("", "")


def key_of(match: Match) -> Column | None:
    """The column that tells the rows of a source apart, where it has one."""
    return match.columns.get(TABLES[match.table].key[0]) if match.table in _KEYED else None


class Links:
    """The ways from every source to the accounts."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, matches: list[Match]) -> None:
        self._connection = connection
        self.matches = matches
        self._tables: dict[tuple[str, str], str] = {}
        self._shares: dict[tuple[str, str, str, str, str], float] = {}
        self.accounts = next((match for match in matches if match.table == "accounts"), None)
        self.reached: dict[str, Reach] = {}
        rest = [match for match in matches if match is not self.accounts]
        for match in rest:
            if reach := self._direct(match):
                self.reached[match.profile.label] = reach
        for _ in range(2):  # the second time what is reached through what was reached the first time
            for match in rest:
                self._look_further(match)

    def _look_further(self, match: Match) -> None:
        """Take the way through another source where it leads further, or where there is no other."""
        direct = self.reached.get(match.profile.label)
        if direct is not None and (direct.share > _ALL or not direct.doubts):
            return
        found = self._through(match)
        if found is None or (direct and set(direct.through) == set(found.through)):
            return
        tried = [direct, found, _else(found, direct), _else(direct, found)] if direct else [found]
        self.reached[match.profile.label] = max(
            (reach for reach in tried if reach), key=lambda reach: self._arriving(reach) - 0.02 * len(reach.doubts)
        )

    def _arriving(self, reach: Reach) -> float:
        """The share of rows that find their account."""
        try:
            [(share,)] = self._connection.execute(
                f"select count({reach.account}) / greatest(count(*), 1) from {_as_relation(reach.relation)}"
            ).fetchall()
        except duckdb.Error:  # such a way cannot be written
            return 0.0
        return float(share)

    def comes_again(self, match: Match) -> bool:
        """Whether an account has rows on several days, as use has and a list has not."""
        reach, day = self.reached.get(match.profile.label), match.columns["day"].moment
        if reach is None or day is None:
            return False
        [(rows, accounts)] = self._connection.execute(
            f"select count(distinct ({reach.account}, ({day.typed})::date)), count(distinct {reach.account})"
            f" from {_as_relation(reach.relation)} where {reach.account} is not null"
        ).fetchall()
        return bool(accounts and rows >= _AGAIN * accounts and rows >= _SOME)

    def values_of(self, profile: Profile, sql: str, where: str = "true") -> tuple[str, ...]:
        """The distinct values of an expression over a source, the most frequent first."""
        found = self._connection.execute(
            f"select {sql} as v from {source_of(profile)} where ({where}) and v is not null group by 1"
            " order by count(*) desc limit 200"
        ).fetchall()
        return tuple(str(value) for (value,) in found)

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

    def link(self, child: Profile, column: Column, parent: Profile, target: Column) -> Link | None:
        """How a column points at another by its values alone, whatever both are called; None where it does not."""
        return self._link(child, column, parent, target, 0.0)

    def _link(self, child: Profile, column: Column, parent: Profile, target: Column, named: float) -> Link | None:
        best: tuple[float, Link] | None = None
        is_named = named >= _ENOUGH
        for place, form in enumerate(forms_for(column, target)):
            share = self._share(child, column, parent, target, form)
            accident = form.loose or column.kind == "number"
            if share >= _ENOUGH and (
                is_named or not accident or (share >= _NEARLY_ALL and self._is_rare(column, parent, target))
            ):
                link = Link(column, target, form.sql, share, form.told)
                best = max(best or (0.0, link), (share - 0.02 * place, link), key=lambda pair: pair[0])
            if share > _ALL:
                break
        if best is None and named >= 0.9 and not parent.sample.is_whole:
            return Link(column, target, "{0}", 1.0, "")
        return best[1] if best else None

    def _share(self, child: Profile, column: Column, parent: Profile, target: Column, form: Form) -> float:
        """The share of a column's distinct values that lie in another; 0 where the form makes two keys one."""
        asked = (child.label, column.name, parent.label, target.name, form.sql)
        if asked not in self._shares:
            self._shares[asked] = self._counted(child, column, parent, target, form)
        return self._shares[asked]

    def _distinct(self, profile: Profile, column: Column) -> str:
        """A table of the distinct values of a column with their counts, made once."""
        asked = (profile.label, column.name)
        if asked not in self._tables:
            self._tables[asked] = f"init_values_{len(self._tables)}"
            self._connection.execute(
                f"create or replace temp table {self._tables[asked]} as"
                f" select {column.id_sql}::varchar as v, count(*) as n from {source_of(profile)} group by 1"
            )
        return self._tables[asked]

    def _counted(self, child: Profile, column: Column, parent: Profile, target: Column, form: Form) -> float:
        own = other = form.sql.format("v")
        ours, theirs = self._distinct(child, column), self._distinct(parent, target)
        once = "" if form.keeps > 0.9 or form is PLAIN else " having sum(n) = 1"  # what two rows have is nobody's
        [(found, asked, keys)] = self._connection.execute(
            f"with k as (select {other} as f from {theirs} where nullif({other}, '') is not null"
            f" group by 1{once}),"
            f" c as (select distinct {own} as f from {ours} where nullif({own}, '') is not null)"
            " select (select count(*) from c semi join k using (f)), (select count(*) from c), (select count(*) from k)"
        ).fetchall()
        if keys < form.keeps * target.distinct:
            return 0.0
        return float(found / asked) if asked else 0.0

    def _is_rare(self, column: Column, parent: Profile, target: Column) -> bool:
        """Whether values could hardly lie in a key by chance: they are many, and the key leaves out most numbers."""
        if column.distinct < max(_MANY, 0.1 * target.distinct):
            return False
        digits = f"try_cast(regexp_replace({target.id_sql}, '[^0-9]', '', 'g') as bigint)"
        [(room,)] = self._connection.execute(
            f"select max({digits}) - min({digits}) + 1 from {source_of(parent)}"
        ).fetchall()
        return room is None or target.distinct < 0.5 * room

    def _direct(self, match: Match) -> Reach | None:
        """The account in a column of the source itself."""
        profile = match.profile
        if self.accounts is None:
            column = match.columns.get("account_id") or match.columns.get("-account")
            return Reach(column.id_sql, relation_of(profile)) if column else None
        accounts = self.accounts.profile
        key = self.accounts.columns["account_id"]
        others = [column for column in accounts.columns.values() if column is not key and _tells_apart(column)]
        link = self.find(profile, accounts, [key, *others], f"{ACCOUNT},{key.name}")
        if link is None:
            return None
        alias = self._alias(profile, accounts, link, [key, *others])
        if link.is_plain and link.parent.name == key.name and alias is None:
            return Reach(link.child.id_sql, relation_of(profile), link.share)
        doubt = f"{link.child.name} is compared with {link.parent.name} of {accounts.label}"
        doubt += f" {link.told}" if link.told else " because its values lie there"
        doubt += f", else with {alias[0].name}" if alias else ""
        share = alias[1] if alias else link.share
        keys = [(link.parent, 1), *([(alias[0], 2)] if alias else [])]
        inner = _account_keys(link, key, keys, source_of(accounts))
        return Reach(
            JOINED,
            _joined(profile, link, inner, (JOINED,)),
            share,
            (accounts.label,),
            (f"{doubt}: {_found(share)}",),
            step=(link.form.format(link.child.id_sql), inner),
        )

    def _alias(
        self, child: Profile, parent: Profile, link: Link, onto: Iterable[Column]
    ) -> tuple[Column, float] | None:
        """Another column of the accounts in which values lie that the first one lacks, such as an older number."""
        if link.share > _ALL or link.parent.whitespace > PROSE or link.parent.looks:
            return None
        own, first = link.form.format(link.child.id_sql), link.form.format(link.parent.id_sql)
        for column in onto:
            if column is link.parent or column.whitespace > PROSE or column.looks:
                continue
            other = link.form.format(column.id_sql)
            [(found, asked)] = self._connection.execute(
                f"with k as (select {first} as v from {source_of(parent)}), a as (select {other} as v from"
                f" {source_of(parent)}), c as (select distinct {own} as v from {source_of(child)} where {own} <> '')"
                " select count(*) filter (v in (select v from k where v is not null)"
                " or v in (select v from a where v is not null)), count(*) from c"
            ).fetchall()
            if found > (link.share + 0.02) * asked and found - link.share * asked >= 5:
                return column, found / asked
        return None

    def _through(self, match: Match) -> Reach | None:
        """The account of what a column of the source points at."""
        found: list[tuple[float, Reach]] = []
        for parent in self.matches:
            key = key_of(parent)
            reach = self.reached.get(parent.profile.label)
            if parent is match or key is None or reach is None or parent.table not in _BETWEEN:
                continue
            if parent.profile.label in (self.reached.get(match.profile.label) or _NOWHERE).through:
                continue
            names = COLUMNS[parent.table][_key_name(parent)] + "," + parent.profile.label.rstrip("s") + " id"
            onto = [
                column
                for column in parent.profile.columns.values()
                if _is_address(column) and parent.table == "contacts"
            ]
            onto = [*([key] if key.is_unique else []), *(column for column in onto if column is not key)]
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
        inner += "" if link.parent.is_unique else f" having min({reach.account}) = max({reach.account})"
        added = (JOINED, "parent_started_at") if started else (JOINED,)
        how = f" {link.told}" if link.told else ""
        told = f"{link.child.name} is compared with {link.parent.name} of {parent.profile.label}{how}"
        told += f": {_found(link.share)}"
        doubts = (told,) if link.told or link.share < _NEARLY_ALL else ()
        return Reach(
            JOINED,
            _joined(match.profile, link, inner, added),
            min(link.share, reach.share),
            (*reach.through, parent.profile.label),
            (*doubts, *reach.doubts),
            "parent_started_at" if started else "",
            step=(link.form.format(link.child.id_sql), inner),
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
        return (named >= _ENOUGH or column.distinct > _MANY) and column.number is not None and column.number.whole
    return named >= _ENOUGH or says(column.name, "identifiers") or column.distinct > _MANY


def _tells_apart(column: Column) -> bool:
    """Whether nearly all its values are of one row each; it may be empty in many."""
    whole = column.number is None or column.number.whole
    enough = max(_MANY, 0.02 * column.rows) if not column.is_unique else 1
    return (
        column.kind in ("text", "number") and whole and column.width < 80
        and column.distinct >= 0.85 * column.filled and column.filled >= enough
    )  # fmt: skip


def _is_address(column: Column) -> bool:
    return column.looks == "email" and column.distinct >= 0.8 * column.filled


def _found(share: float) -> str:
    return f"{share:.0%} of its values are found"


def _else(first: Reach, second: Reach) -> Reach | None:
    """The first way where it leads somewhere, else the second one."""
    own, inner = second.step
    if not own or first.account != JOINED or first.start:
        return None
    relation = (
        f"select c.* exclude ({JOINED}, other_key), coalesce(c.{JOINED}, p.{JOINED}) as {JOINED}"
        f"\nfrom (select *, {own} as other_key from (\n{first.relation}\n)) c"
        f"\nleft join ({inner}) p\n    on p.link_key = c.other_key"
    )
    through = tuple(dict.fromkeys([*first.through, *second.through]))
    doubts = tuple(dict.fromkeys([*first.doubts, *(f"else {doubt}" for doubt in second.doubts)]))
    return Reach(JOINED, relation, max(first.share, second.share), through, doubts, step=first.step)


def _account_keys(link: Link, key: Column, parents: list[tuple[Column, int]], source: str) -> str:
    """A SELECT of the account of each value; a value of two accounts is nobody's, a first column goes first."""
    if len(parents) == 1:
        value = link.form.format(parents[0][0].id_sql)
        one = f"having min({key.id_sql}) = max({key.id_sql})"
        return f"select {value} as link_key, min({key.id_sql}) as {JOINED} from {source} group by 1 {one}"
    parts = " union all ".join(
        f"select {link.form.format(column.id_sql)} as link_key, {key.id_sql} as k, {order} as o from {source}"
        for column, order in parents
    )
    return f"select link_key, arg_min(k, o) as {JOINED} from ({parts}) where link_key <> '' group by 1"


def _joined(profile: Profile, link: Link, inner: str, added: tuple[str, ...]) -> str:
    own = link.form.format(link.child.id_sql)
    on = f"c.{own}" if own == identifier(link.child.name) else "c.link_key"
    child = f"{source_of(profile)} c"
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
