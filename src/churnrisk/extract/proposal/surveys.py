"""What customers said when they were asked: surveys and ratings, on their scales."""

from __future__ import annotations

from churnrisk.extract.proposal import values
from churnrisk.extract.proposal.cells import Block, Cell, cells, told
from churnrisk.extract.proposal.links import Links, relation_of
from churnrisk.extract.proposal.match import Match
from churnrisk.extract.proposal.names import COLUMNS, words
from churnrisk.extract.proposal.profile import Column

#: Scales of a score: kind, its largest value, and the words in a name that tell it.
_SCALES = (
    ("nps", 10, ("nps", "promoter")),
    ("ces", 7, ("ces", "effort")),
    (
        "csat",
        5,
        (
            "csat",
            "satisfaction",
            "zufriedenheit",
            "kundenzufriedenheit",
            "tilfredshed",
            "kundetilfredshed",
            "satysfakcja",
            "zadowolenie",
        ),
    ),
)


def score_of(column: Column) -> tuple[Cell, str, str]:
    """The score on its scale, the kind of survey, and a doubt about the scale."""
    named = set(words(column.name))
    if column.number is None:
        known, unknown = values.scores(column.values)
        doubt = "words are put on the scale from 1 to 5" + (f"; no word explains {told(unknown)}" if unknown else "")
        sql = values.enumeration(column.sql, known)
        return Cell(sql, doubt=doubt, used=(column.name,)), "csat", ""
    number, high = column.number, column.number.high
    kind = next((kind for kind, _, said in _SCALES if named & set(said)), "")
    guess = kind or ("csat" if high <= 5 else "ces" if high <= 7 else "nps")
    scale = "" if kind else f"the kind is guessed from the scale, {number.low:g} to {high:g}"
    doubt = "; ".join(number.doubts)
    sql = number.sql if "try_cast" in number.sql else f"try_cast({number.sql} as double)"
    top = next(top for name, top, _ in _SCALES if name == guess)
    if high > top:
        factor = 10 if high <= 10 else max(100, high)
        sql = f"1 + {sql} * 4.0 / {factor:g}" if guess == "csat" else f"{sql} * {top} / {factor:g}"
        doubt = f"{column.name} reaches {high:g}: put on the scale of {guess}"
        return Cell(sql, doubt=doubt, used=(column.name,)), guess, scale
    return Cell(number.sql, doubt=doubt, used=(column.name,)), guess, scale


def surveys_blocks(match: Match, links: Links, tickets: Match | None) -> tuple[list[Block], str]:
    """The surveys, or why they are left out."""
    reach, column = links.reached.get(match.profile.label), match.columns["score"]
    if reach is None:
        return [], "no column leads to an account"
    score, kind, scale = score_of(column)
    block = Block("surveys", reach.relation, match.profile.label, sure=match.sure)
    block.columns = {
        "account_id": Cell(reach.account),
        **cells(match, ("survey_id", "sent_at", "responded_at", "comment")),
    }
    block.doubts += list(reach.doubts)
    block.columns |= {"score": score, "kind": _kind(match.columns.get("kind"), kind, scale)}
    sent, responded = block.columns.get("sent_at"), block.columns.get("responded_at")
    if sent is None and responded is not None:
        block.columns["sent_at"] = Cell(
            responded.sql, doubt="no column says when it was sent: the answer's moment is taken"
        )
    if responded is None and sent is not None:
        answered = f"case when ({score.sql}) is not null then {sent.sql} end"
        block.columns["responded_at"] = Cell(
            answered, doubt="no column says when it was answered: the day it was sent is taken"
        )
    key = match.columns.get("survey_id")
    if key is None or not key.is_unique:
        parts = ", ".join(f"{part.sql}::varchar" for part in match.profile.columns.values() if part.kind != "nested")
        block.columns["survey_id"] = Cell(f"md5(concat_ws('|', {parts}))", doubt="no key: a digest of the row is taken")
    if tickets is not None and "ticket_id" in match.columns and reach.relation == relation_of(match.profile):
        relation, ticket, doubt = ticket_reference(match, links, tickets)
        if relation == reach.relation:
            block.columns["ticket_id"] = Cell(ticket, doubt=doubt, used=(match.columns["ticket_id"].name,))
    return [block], ""


def _kind(column: Column | None, guess: str, doubt: str) -> Cell:
    """Which scale was asked: as a column says, else as the score tells."""
    lexicon = {"nps": "nps", "csat": "csat", "ces": "ces", "satisfaction": "csat", "effort": "ces", "promoter": "nps"}
    if column is None or not column.values:
        return Cell(f"'{guess}'", doubt=doubt)
    known = {value: next((lexicon[w] for w in words(value) if w in lexicon), guess) for value in column.values}
    return Cell(values.enumeration(column.sql, known), used=(column.name,))


def ticket_reference(match: Match, links: Links, tickets: Match | None) -> tuple[str, str, str]:
    """The relation, the expression for the ticket, and a doubt where identifiers are written in two ways."""
    column = match.columns["ticket_id"]
    relation = relation_of(match.profile)
    if tickets is None:
        return relation, column.id_sql, ""
    link = links.find(match.profile, tickets.profile, [tickets.columns["ticket_id"]], COLUMNS["messages"]["ticket_id"])
    if link is None or link.is_plain:
        found = "" if link else f"few values of {column.name} are among the tickets"
        return relation, (link.child if link else column).id_sql, found
    inner = f"select {link.form.format(link.parent.id_sql)} as link_key, min({link.parent.id_sql}) as ticket_key"
    own = f"select *, {link.form.format(link.child.id_sql)} as link_key from {_taken(relation)}"
    joined = f"select c.*, p.ticket_key\nfrom ({own}) c\nleft join ({inner} from {tickets.profile.label} group by 1) p"
    return f"{joined}\n    on p.link_key = c.link_key", "ticket_key", f"tickets are compared {link.told}"


def _taken(relation: str) -> str:
    return f"({relation})" if relation.startswith("select") else relation
