"""The one thing that the engine rounds: values are added as whole ten-thousandths, half away from nought."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

PARTS = 10_000


def parts_of(value: float | Fraction) -> Fraction:
    """A value as a whole number of ten-thousandths."""
    return Fraction(int(Decimal(float(value) * PARTS).quantize(Decimal(1), ROUND_HALF_UP)), PARTS)
