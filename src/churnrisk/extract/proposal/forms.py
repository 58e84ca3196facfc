"""Ways to compare what two sources write differently: identifiers, e-mail addresses, domains, names.

Each way is an expression for both sides. The plainest one under which most values meet is taken.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from churnrisk.extract.proposal.profile import Column

#: The share of values of several words from which they are names, and their digits tell nothing.
PROSE = 0.1
#: Letters from which the beginning of a longer identifier is one itself.
_LONG = 8
_LEGAL = (
    "incorporated|inc|llc|llp|ltd|limited|corporation|corp|company|co|plc|gmbhcokg|gmbh|mbh|ag|ug|kg|ohg|gbr|ek|ev"
    "|aps|as|is|ivs|amba|spzoospk|spzoo|spj|spk|sa|bv|nv|ab|oy|srl|spa|sas|sarl"
)
_LETTERS = "regexp_replace(lower(strip_accents(trim({0}))), '[^a-z0-9]+', '', 'g')"


@dataclass(frozen=True)
class Form:
    """A way to compare two columns.

    Attributes:
        sql: the expression, with {0} for the column.
        told: how a comment says it; empty where values are compared as they are.
        keeps: the share of the parent's values that have to stay apart under it.
        loose: whether values of other things may meet under it as well, so that the name has to say it too.
    """

    sql: str
    told: str = ""
    keeps: float = 0.98
    loose: bool = False


PLAIN = Form("{0}", keeps=0.0)
_SMALL = Form("lower(trim({0}))", "without regard to capital letters")
_NO_ZEROS = Form("ltrim(regexp_replace(lower(trim({0})), '\\.0+$', ''), '0')", "without leading zeros", loose=True)
_DIGITS = Form("ltrim(regexp_replace({0}, '\\.0+$|[^0-9]', '', 'g'), '0')", "by their digits alone", loose=True)
_DOMAIN = Form(
    "regexp_extract(lower(trim({0})), '^(?:[a-z]+://)?(?:[^/@]*@)?(?:www\\.)?([^/:?#\\s]+)', 1)",
    "by their domain",
    keeps=0.7,
)
_NAME = Form(_LETTERS, "by their letters", keeps=0.8)
_SHORT_NAME = Form(f"regexp_replace({_LETTERS}, '({_LEGAL})+$', '')", "by their letters, without the legal form", 0.8)


def forms_for(child: Column, parent: Column) -> Iterator[Form]:
    """The ways that can make sense for two columns, the plainest first."""
    yield PLAIN
    yield _SMALL
    sites = ("email", "domain")
    if child.looks in sites and parent.looks in sites:
        if (child.looks, parent.looks) != ("email", "email"):
            yield _DOMAIN
        return
    if min(child.whitespace, parent.whitespace) > PROSE:
        yield _NAME
        yield _SHORT_NAME
        return
    if parent.whitespace > PROSE or child.looks or parent.looks:
        return
    short = min(child.short, parent.short)
    if short >= _LONG and "text" in (child.kind, parent.kind):
        yield Form(f"left(trim({{0}}), {short})", f"by their first {short} letters")
    yield _NO_ZEROS
    yield _DIGITS
