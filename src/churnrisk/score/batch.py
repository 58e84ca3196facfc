"""The batch: every account at a moment, scored or excluded with a reason.

Reads `history.upto(as_of)` and the champion; gives a frame that adds up and that the gates have passed.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from churnrisk import __version__
from churnrisk.doctor import refuse_stale
from churnrisk.errors import HeldError, NothingToDoError
from churnrisk.features import CATALOGUE, Matrices, usual
from churnrisk.history import History
from churnrisk.labels import label_hash
from churnrisk.parameters import Parameters, Policy
from churnrisk.population import ELIGIBLE, population
from churnrisk.registry import Champion
from churnrisk.score.reasons import Reason, reasons
from churnrisk.settings import Settings, digest
from churnrisk.timeline import AsOf

#: How far the parts of a score may be from their sum, in log-odds.
TOLERANCE = 1e-9


@dataclass(frozen=True)
class Scores:
    """The scores of one as_of.

    Attributes:
        as_of: the moment.
        rows: account_id, risk, log_odds, base; ordered by account_id.
        contributions: what each feature adds to log_odds; aligned with `rows`.
        reasons: of each row, the strongest first.
        excluded: accounts that were not scored, by reason.
        lineage: model, run, data, label, catalogue, policy and code, by version and hash.
    """

    as_of: AsOf
    rows: pd.DataFrame
    contributions: pd.DataFrame
    reasons: list[tuple[Reason, ...]]
    excluded: dict[str, int]
    lineage: dict[str, str]

    @property
    def run_key(self) -> str:
        """The digest of everything that decides the list; the same key means the same bytes."""
        return digest([str(self.as_of), self.lineage])


def lineage(history: History, champion: Champion, policy: Policy, settings: Settings) -> dict[str, str]:
    """What a list is made of, by version and hash."""
    return {
        "model": f"churn version {champion.version} ({champion.model.name})",
        "model_hash": champion.model.version,
        "run": champion.run,
        "data": history.content_hash,
        "mapping": settings.mapping_hash,
        "company": settings.company.hash,
        "words": CATALOGUE.words_hash,
        "label": champion.model.label_hash,
        "catalogue": champion.model.catalogue_hash,
        "policy": policy.hash,
        "code": __version__,
    }


def score(
    history: History,
    champion: Champion,
    parameters: Parameters,
    as_of: AsOf,
    made_of: dict[str, str],
    settings: Settings,
    kept: Path,
) -> Scores:
    """Score every eligible account at that moment; matrices are kept in the folder `kept`.

    Raises:
        NothingToDoError: nobody is eligible.
        HeldError: a source stopped arriving, the model does not fit today's label or catalogue, or a gate failed.
    """
    refuse_stale(history, settings, as_of)
    catalogue = CATALOGUE.having(history.present, parameters.features.leave_out, history.text_version)
    _refuse_misfit(champion, parameters, catalogue.hash)
    past = history.upto(as_of)
    accounts = population(past, parameters.label)
    standing = accounts["standing"]
    eligible = accounts.loc[standing == ELIGIBLE, "account_id"].tolist()
    if not eligible:
        raise NothingToDoError(
            f"No account is eligible at {as_of}",
            f"Choose a later as_of, up to {history.known_until}",
            as_of=str(as_of),
        )
    rows = Matrices(history, catalogue, kept).at(as_of, eligible)
    model = champion.model
    contributions = model.contributions(rows)
    scored = pd.DataFrame(
        {"account_id": rows["account_id"], "risk": model.risk(rows), "log_odds": model.log_odds(rows)}
    ).assign(base=model.base)
    _pass_gates(scored, contributions, len(eligible))
    told = reasons(contributions, rows, usual(rows, catalogue), catalogue, settings.company.currency)
    excluded = standing[standing != ELIGIBLE].value_counts().sort_index()
    return Scores(as_of, scored, contributions, told, {str(k): int(v) for k, v in excluded.items()}, made_of)


def _refuse_misfit(champion: Champion, parameters: Parameters, catalogue_hash: str) -> None:
    for what, here, there in (
        ("label", label_hash(parameters.label), champion.model.label_hash),
        ("feature catalogue", catalogue_hash, champion.model.catalogue_hash),
    ):
        if here != there:
            raise HeldError(
                f"The champion (version {champion.version}) was trained for another {what}",
                "Run `churnrisk train`, then `churnrisk promote`, or set parameters.toml back",
                here=here,
                model=there,
            )


def _pass_gates(scored: pd.DataFrame, contributions: pd.DataFrame, eligible: int) -> None:
    """Hold a list back that cannot be right; what was published before stays."""
    risk = scored["risk"].to_numpy()
    gap = np.abs(contributions.sum(axis=1).to_numpy() + scored["base"].to_numpy() - scored["log_odds"].to_numpy())
    gates = {
        "every risk is a probability": bool(np.isfinite(risk).all() and (risk >= 0).all() and (risk <= 1).all()),
        "every eligible account is scored once": scored["account_id"].nunique() == len(scored) == eligible,
        "contributions add up to the score": bool((gap <= TOLERANCE * np.maximum(1, np.abs(scored["log_odds"]))).all()),
    }
    for gate, passed in gates.items():
        if not passed:
            raise HeldError(
                f"The list was held back: it is not true that {gate}", "Report it with the run's files", gate=gate
            )
