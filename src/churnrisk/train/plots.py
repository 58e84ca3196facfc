"""The plots of the training report, as PNG: calibration, candidates, drivers, base rate."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from churnrisk.train.evaluation import Evaluation
from churnrisk.train.fit import TREES

if TYPE_CHECKING:  # matplotlib takes a second to import: only who draws waits for it
    import matplotlib as mpl
    from matplotlib.figure import Figure as Canvas

#: Calm colours that stay apart for colour-blind readers (Okabe and Ito, 2008).
INK, MODEL, OTHER = "#24323d", "#0072b2", "#9aa5ae"


def plots(evaluation: Evaluation) -> dict[str, bytes]:
    """Every plot by file name without its ending."""
    import matplotlib as mpl

    with mpl.rc_context({"font.size": 10, "axes.spines.top": False, "axes.spines.right": False}):
        return {
            "candidates": _candidates(evaluation),
            "calibration": _calibration(evaluation),
            "drivers": _drivers(evaluation),
            "base_rate": _base_rate(evaluation),
        }


def _candidates(evaluation: Evaluation) -> bytes:
    figure, axes = _canvas()
    quality = evaluation.comparison.quality
    names = list(quality)[::-1]
    for place, name in enumerate(names):
        auc = quality[name].auc
        colour = MODEL if name == TREES else OTHER
        axes.plot([auc.low, auc.high], [place, place], color=colour, linewidth=2)
        axes.plot(auc.value, place, "o", color=colour)
        axes.annotate(f"{auc.value:.3f}", (auc.value, place), xytext=(0, 7), textcoords="offset points", ha="center")
    axes.axvline(0.5, color=INK, linewidth=0.8, linestyle=":")
    axes.set_yticks(
        range(len(names)), [name + (f" ({evaluation.best_feature})" if "best" in name else "") for name in names]
    )
    axes.set_ylim(-0.5, len(names) - 0.3)
    axes.set_xlabel("AUC on later months; .5 is chance")
    return _png(figure)


def _calibration(evaluation: Evaluation) -> bytes:
    figure, axes = _canvas()
    risk = [group["risk"] for group in evaluation.deciles]
    left = [group["left"] for group in evaluation.deciles]
    most = max([*risk, *left]) * 1.1
    axes.plot([0, most], [0, most], color=INK, linewidth=0.8, linestyle=":")
    axes.plot(risk, left, "o-", color=MODEL)
    axes.set_xlabel("risk that was told, by tenth")
    axes.set_ylabel("share that left")
    return _png(figure)


def _drivers(evaluation: Evaluation) -> bytes:
    figure, axes = _canvas()
    names = list(evaluation.drivers)[::-1]
    axes.barh(names, [evaluation.drivers[name] for name in names], color=MODEL)
    axes.set_xlabel("how much it moves the risk, mean log-odds")
    return _png(figure)


def _base_rate(evaluation: Evaluation) -> bytes:
    figure, axes = _canvas()
    days = list(evaluation.base_rates)
    shares = [evaluation.base_rates[day] for day in days]
    test = set(evaluation.as_ofs["test"])
    axes.bar(range(len(days)), shares, color=[MODEL if day in test else OTHER for day in days])
    every = max(len(days) // 6, 1)
    axes.set_xticks(range(0, len(days), every), days[::every], rotation=30, ha="right")
    axes.set_ylabel("share that left")
    axes.set_xlabel("as_of; those tested on in blue")
    return _png(figure)


def _canvas() -> tuple[Canvas, mpl.axes.Axes]:
    from matplotlib.figure import Figure as Canvas

    figure = Canvas(figsize=(6.4, 3.4), dpi=110, layout="constrained")
    return figure, figure.subplots()


def _png(figure: Canvas) -> bytes:
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", metadata={"Software": None})
    return buffer.getvalue()
