"""The training report: one HTML file with its plots inside, which opens offline and says first what matters."""

from __future__ import annotations

import base64
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from churnrisk.train.evaluation import Evaluation
from churnrisk.train.promotion import Gate


def report_html(
    evaluation: Evaluation, pictures: dict[str, bytes], facts: dict[str, Any], gates: tuple[Gate, ...] = ()
) -> str:
    """Render the report.

    Args:
        evaluation: what is told.
        pictures: PNG by name, as `plots` gives them.
        facts: company, run, data and definition hashes, shown at the foot.
        gates: what was asked of the new model beside the one that serves.
    """
    environment = Environment(
        loader=PackageLoader("churnrisk.train"), autoescape=True, undefined=StrictUndefined, trim_blocks=True
    )
    encoded = {name: base64.b64encode(picture).decode() for name, picture in pictures.items()}
    template = environment.get_template("report.html")
    return template.render(evaluation=evaluation, pictures=encoded, facts=facts, gates=gates)
