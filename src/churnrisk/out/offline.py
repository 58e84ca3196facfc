"""What every page that is a file shares: it opens offline, asks nobody for anything and runs nothing.

Reads templates, gives HTML. All text goes through a template that escapes; a content security policy in the page allows
the style of the page, known by its hash, and forbids everything else.
"""

from __future__ import annotations

import base64
import hashlib
from functools import cache
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined


def rendered(template: str, style: str, **told: Any) -> str:
    """The page, one self-contained file.

    Args:
        template: its name; it includes the style, and gives `policy` as its content security policy.
        style: the name of the style sheet that the page may use.
        told: what the template speaks of.
    """
    return _templates().get_template(template).render(policy=_policy(style), **told)


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
def _policy(style: str) -> str:
    """The content security policy: the style of the page and nothing else."""
    content = _templates().get_template(style).render()
    fingerprint = base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()
    return f"default-src 'none'; style-src 'sha256-{fingerprint}'; base-uri 'none'; form-action 'none'"
