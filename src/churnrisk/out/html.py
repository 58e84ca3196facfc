"""The worklist as one page: a file that opens offline, asks nobody for anything and runs nothing.

Reads a `Worklist`, gives HTML. All text goes through a template that escapes; a content security policy in the page
allows its own style, known by its hash, and forbids everything else.
"""

from __future__ import annotations

import base64
import hashlib
from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined

from churnrisk.out import words
from churnrisk.out.page import page
from churnrisk.outreach.worklist import Worklist

#: Accounts on one page; nobody reads further, and a browser stays quick.
MOST = 200


def worklist_html(worklist: Worklist, most: int = MOST) -> str:
    """The list as one self-contained HTML file with at most that many accounts; it says how many more there are."""
    return (
        _templates()
        .get_template("worklist.html")
        .render(no_reason=words.NO_REASON, page=page(worklist, most), policy=_policy())
    )


@cache
def _templates() -> Environment:
    return Environment(
        loader=PackageLoader("churnrisk.out"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


@cache
def _policy() -> str:
    """The content security policy: the style of the page and nothing else."""
    style = _templates().get_template("worklist.css").render()
    fingerprint = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    return f"default-src 'none'; style-src 'sha256-{fingerprint}'; base-uri 'none'; form-action 'none'"
