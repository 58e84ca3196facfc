"""Scorers as JSON: plain numbers and names, never a pickle."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

from churnrisk.model.linear import Linear, Points
from churnrisk.model.scorers import OneFeature, Scorer, Trees

#: What a scorer is called in the file.
_KINDS: dict[str, Any] = {
    "one_feature": OneFeature,
    "linear": Linear,
    "points": Points,
}


def to_json(scorer: Scorer) -> dict[str, Any]:
    """The part of a scorer that is kept as JSON; trees keep their text in a file of its own."""
    for kind, made in _KINDS.items():
        if isinstance(scorer, made):
            return {"kind": kind, **{field.name: getattr(scorer, field.name) for field in fields(made)}}
    return {"kind": "trees"}


def from_json(content: dict[str, Any], text: str) -> Scorer:
    """The scorer that `to_json` told of; `text` is the booster's file, empty where there is none."""
    if content["kind"] == "trees":
        return Trees(text)
    told = {key: tuple(value) if isinstance(value, list) else value for key, value in content.items() if key != "kind"}
    scorer: Scorer = _KINDS[content["kind"]](**told)
    return scorer
