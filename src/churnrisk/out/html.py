"""The worklist as one page, see `offline`. Reads a `Worklist`, gives HTML."""

from __future__ import annotations

from churnrisk.out import words
from churnrisk.out.offline import rendered
from churnrisk.out.page import page
from churnrisk.outreach.worklist import Worklist

#: Accounts on one page; nobody reads further, and a browser stays quick.
MOST = 200


def worklist_html(worklist: Worklist, most: int = MOST) -> str:
    """The list as one self-contained HTML file with at most that many accounts; it says how many more there are."""
    return rendered("worklist.html", "worklist.css", no_reason=words.NO_REASON, page=page(worklist, most))
