"""Tickets, what happened to them, what was written on them, and what customers said: their [[mapping]] blocks.

A ticket export is often a snapshot: one row with the moments at which it was answered, solved and rated. Each moment
becomes a fact of its own, known when it happened.
"""

from __future__ import annotations

from dataclasses import replace

from churnrisk.extract.proposal import values
from churnrisk.extract.proposal.cells import Block, Cell, arrived_at, cell, cells, moment, told, words_of
from churnrisk.extract.proposal.links import Links, Reach, relation_of
from churnrisk.extract.proposal.match import Match
from churnrisk.extract.proposal.names import words
from churnrisk.extract.proposal.profile import Column
from churnrisk.extract.proposal.surveys import score_of, ticket_reference

#: How a length of time is read, by a word in the name of its column.
_UNITS = {
    "second": ("sec", "secs", "seconds", "second", "s", "sekunden", "sekunder", "sekundy", "sek"),
    "minute": ("min", "mins", "minutes", "minute", "minuten", "minutter", "minuty", "m"),
    "hour": ("hour", "hours", "hrs", "h", "stunden", "std", "timer", "godziny", "godz", "t"),
    "day": ("day", "days", "d", "tage", "dage", "dni"),
}
#: The share of rows without a key and a beginning from which they are taken to continue the row above; without a key.
_CONTINUED, _MOSTLY = 0.02, 0.2


def tickets_blocks(match: Match, links: Links) -> tuple[list[Block], str]:
    """The blocks that a source of tickets becomes, or why it becomes none."""
    reach = links.reached.get(match.profile.label)
    if reach is None:
        return [], "no column leads to an account"
    tickets = _tickets(match, reach, links)
    more = [_events(match), _first_replies(match), _ratings(match, reach)]
    return [tickets, *(block for block in more if block)], ""


def _tickets(match: Match, reach: Reach, links: Links) -> Block:
    wanted = ("ticket_id", "created_at", "channel", "queue", "priority", "category", "language", "subject")
    block = Block("tickets", reach.relation, match.profile.label, sure=match.sure)
    block.columns = {**cells(match, wanted), "account_id": Cell(reach.account)}
    block.doubts += list(reach.doubts)
    block.known_at = arrived_at(match)
    block.where = _whole(match)
    contacts = next((other for other in links.reached if _is_contacts(links, other)), None)
    if contacts and (made := cell(match, "contact_id")):
        made.doubt = ""
        block.columns["contact_id"] = made
    key = match.columns["ticket_id"]
    if status := match.columns.get("-status"):
        block.current_only["status"] = Cell(
            status.sql, guess="the status at the time of the export", used=(status.name,)
        )
    if block.where:
        said = f"{key.missing:.0%} of the rows have no {key.name}: they are left out as continuing the row above"
        block.doubts.append(said)
    return block


def _whole(match: Match) -> str:
    """A condition that leaves out rows which only continue a ticket, as merged cells of a sheet do."""
    key, created = match.columns["ticket_id"], match.columns["created_at"]
    continues = key.missing > _CONTINUED and abs(key.missing - created.missing) < _CONTINUED
    continues = continues or key.missing > _MOSTLY
    return f"nullif(trim({key.sql}::varchar), '') is not null" if continues else ""


def _is_contacts(links: Links, label: str) -> bool:
    return any(match.table == "contacts" and match.profile.label == label for match in links.matches)


def _events(match: Match) -> Block | None:
    """The moments on a ticket's row as changes of its status."""
    created, solved = match.columns.get("created_at"), _solved(match)
    if solved is None or created is None or created.moment is None:
        return None
    block = Block("ticket_events", relation_of(match.profile), match.profile.label, sure=match.sure)
    block.columns = {"ticket_id": Cell(match.columns["ticket_id"].id_sql), "field": Cell("'status'")}
    block.events = {"new": Cell(created.moment.sql), "solved": solved}
    closed = match.columns.get("-closed_at")
    if closed and closed.moment and closed.name not in solved.used:
        block.events["closed"] = moment(closed)
    block.where = _whole(match)
    block.guesses.append("each moment on a ticket's row becomes a change of its status")
    return block


def _solved(match: Match) -> Cell | None:
    column, created = match.columns.get("-solved_at"), match.columns.get("created_at")
    if column and column.moment and column is not created:
        return moment(column)
    lasting = match.columns.get("-solved_after")
    return _after(match, lasting) if lasting else None


def _after(match: Match, column: Column) -> Cell | None:
    """The moment that lies a length of time after a ticket was opened."""
    created = match.columns.get("created_at")
    if column.number is None or created is None or created.moment is None:
        return None
    unit = next((unit for unit, said in _UNITS.items() if set(said) & set(words(column.name))), "")
    doubt = "" if unit else f"nothing says the unit of {column.name}: minutes are assumed"
    seconds = {"second": 1, "minute": 60, "hour": 3600, "day": 86400}[unit or "minute"]
    amount = column.number.sql if "try_cast" in column.number.sql else f"try_cast({column.number.sql} as double)"
    sql = f"{created.moment.typed} + to_seconds(round({amount} * {seconds}))"
    guess = f"{column.name} is counted in {unit or 'minute'}s from the moment the ticket was opened"
    return Cell(sql, guess=guess, doubt=doubt, used=(column.name,))


def _first_replies(match: Match) -> Block | None:
    """The first answer of an agent as a message, where the ticket's row tells its moment."""
    column, lasting = match.columns.get("-first_reply_at"), match.columns.get("-first_reply_after")
    at = moment(column) if column and column.moment else _after(match, lasting) if lasting else None
    if at is None:
        return None
    block = Block("messages", relation_of(match.profile), match.profile.label, sure=match.sure)
    key = match.columns["ticket_id"].id_sql
    block.columns = {
        "message_id": Cell(f"{key} || '-reply'"),
        "ticket_id": Cell(key),
        "author_role": Cell("'agent'"),
        "public": Cell("true"),
        "created_at": at,
    }
    source = column if column and column.moment else lasting
    assert source is not None
    block.where = (
        f"{source.sql} is not null" if source.type != "VARCHAR" else f"nullif(trim({source.sql}), '') is not null"
    )
    block.guesses.append("the first answer of an agent; its text is not in the export")
    return block


def _ratings(match: Match, reach: Reach) -> Block | None:
    """The rating on a ticket's row as a survey, sent and answered when the ticket was solved."""
    column, created = match.columns.get("-satisfaction"), match.columns.get("created_at")
    if column is None or created is None or created.moment is None:
        return None
    score, kind, scale = score_of(column)
    solved = _solved(match)
    at = f"coalesce({_typed(match)}, {created.moment.typed})" if solved else created.moment.sql
    key = match.columns["ticket_id"].id_sql
    block = Block("surveys", reach.relation, match.profile.label, sure="likely")
    block.columns = {
        "survey_id": Cell(f"{key} || '-rating'"),
        "account_id": Cell(reach.account),
        "ticket_id": Cell(key),
        "kind": Cell(f"'{kind}'", doubt=scale),
        "sent_at": Cell(at, doubt="the rating has no moment: the end of the ticket is taken" if solved else ""),
        "responded_at": Cell(f"case when ({score.sql}) is not null then {at} end"),
        "score": score,
    }
    block.where = f"{_typed(match)} is not null" if solved else ""
    block.guesses.append("only tickets that have ended were rated")
    return block


def _typed(match: Match) -> str:
    """When a ticket was solved, as a timestamp."""
    column = match.columns.get("-solved_at")
    if column and column.moment and column is not match.columns.get("created_at"):
        return column.moment.typed
    solved = _solved(match)
    return solved.sql if solved else "null::timestamp"


def events_blocks(match: Match, links: Links, has_tickets: bool) -> tuple[list[Block], str]:
    """The blocks of a log of changes; where no source lists the tickets, they begin with their first change."""
    key, at, value = (match.columns.get(name) for name in ("ticket_id", "at", "value"))
    if key is None or at is None or at.moment is None or value is None:
        return [], "it lacks the ticket, the moment or the change"
    ties = f"row_number() over (partition by {key.sql}, {at.moment.typed} order by {value.sql}) as change_no"
    relation = relation_of(match.profile)
    source = f"({relation})" if relation.startswith("select") else relation
    block = Block("ticket_events", f"select *, {ties} from {source}", match.profile.label, sure=match.sure)
    field = match.columns.get("field")
    status = words_of(_of_status(match, links, value, field), "status")
    block.columns = {
        "ticket_id": Cell(key.id_sql),
        "at": moment(at),
        "seq": Cell("change_no"),
        "field": Cell("'status'"),
        "value": status,
    }
    if field and field.values:
        _by_field(block, field, value, status)
    if role := cell(match, "actor_role"):
        block.columns["actor_role"] = role
    blocks = [block]
    if not has_tickets:
        tickets = _tickets_of_log(match, links)
        if tickets is None:
            return [], "no source lists the tickets, and no column leads to an account"
        blocks.insert(0, tickets)
    return blocks, ""


def _of_status(match: Match, links: Links, value: Column, field: Column | None) -> Column:
    """The column of new values with those of the status alone."""
    if field is None or not field.values:
        return value
    named = [name for name, to in values.enumerated("field", field.values)[0].items() if to == "status"]
    listed = ", ".join("'" + name.replace("'", "''") + "'" for name in named)
    found = links.values_of(match.profile, f"trim({value.sql})", f"{field.sql} in ({listed})") if named else ()
    return replace(value, values=found) if found else value


def _by_field(block: Block, field: Column, value: Column, status: Cell) -> None:
    """A log of several fields: only values of the status are put into our words."""
    known, unknown = values.enumerated("field", field.values)
    named = values.enumeration(field.sql, known)
    block.columns["field"] = Cell(named, used=(field.name,))
    block.columns["value"] = Cell(
        f"case when ({named}) = 'status' then {status.sql} else {value.sql} end",
        status.guess,
        status.doubt,
        (value.name,),
    )
    block.where = f"({named}) is not null"
    if unknown:
        block.doubts.append(f"changes of {told(unknown)} are left out")


def _tickets_of_log(match: Match, links: Links) -> Block | None:
    reach, key, at = (
        links.reached.get(match.profile.label), match.columns["ticket_id"], match.columns["at"].moment,
    )  # fmt: skip
    if reach is None or at is None:
        return None
    more = {
        name[1:]: match.columns[name]
        for name in ("-queue", "-category", "-priority")
        if name in match.columns
        and (name != "-priority" or values.enumerated("priority", match.columns[name].values)[0])
    }
    picked = "".join(f",\n    arg_min({column.sql}, {at.typed}) as {name}" for name, column in more.items())
    source = f"({reach.relation})" if reach.relation.startswith("select") else reach.relation
    relation = (
        f"select {key.id_sql} as ticket_id, arg_min({reach.account}, {at.typed}) as account_id,"
        f"\n    min({at.typed}) as opened_at{picked}\nfrom {source}\ngroup by 1"
    )
    block = Block("tickets", relation, match.profile.label, sure="likely")
    block.columns = {"ticket_id": Cell("ticket_id"), "account_id": Cell("account_id"), "created_at": Cell("opened_at")}
    for name, column in more.items():
        made = words_of(column, "priority") if name == "priority" else None
        sql = made.sql.replace(column.sql, name) if made else name
        block.columns[name] = Cell(sql, doubt=made.doubt if made else "", used=(column.name,))
    block.guesses.append("no source lists the tickets: each is opened with its first change")
    return block


def messages_block(match: Match, links: Links, tickets: Match | None) -> Block | str:
    """What was written on tickets, or why it is left out."""
    column, at = match.columns.get("ticket_id"), match.columns.get("created_at")
    if column is None or at is None or at.moment is None:
        return "it lacks the ticket or the moment"
    relation, ticket, doubt = ticket_reference(match, links, tickets)
    block = Block("messages", relation, match.profile.label, sure=match.sure)
    block.columns = {"ticket_id": Cell(ticket, doubt=doubt, used=(column.name,)), "created_at": moment(at)}
    key = match.columns.get("message_id")
    if key is not None and key.is_unique:
        block.columns["message_id"] = Cell(key.id_sql, used=(key.name,))
    else:
        told_by = ", ".join(f"{part.sql}::varchar" for part in match.profile.columns.values() if part.kind != "nested")
        doubt = "no column tells the messages apart: a digest of the row does"
        block.columns["message_id"] = Cell(f"md5(concat_ws('|', {told_by}))", doubt=doubt)
    block.columns |= cells(match, ("body",))
    _role_and_door(block, match)
    return block


def _role_and_door(block: Block, match: Match) -> None:
    """Who wrote a message, and whether the customer can read it."""
    role = match.columns.get("author_role")
    if role is not None and (role.values or role.is_truth):
        block.columns["author_role"] = words_of(role, "author_role")
    else:
        block.columns["author_role"] = Cell("'customer'", doubt="no column says who wrote: customers are assumed")
    public = match.columns.get("public")
    if public is not None and public.values:
        turned = {"private", "internal", "intern", "prywatny", "wewnetrzny"} & set(words(public.name))
        own = public.number.sql if public.number else public.sql
        truth = (
            f"try_cast({own} as double) > 0" if public.number else values.truth(public.sql, public.values, public.type)
        )
        block.columns["public"] = Cell(f"not ({truth})" if turned else truth, used=(public.name,))
    else:
        block.columns["public"] = Cell(
            "true", doubt="no column says what customers cannot read: all is taken as public"
        )
