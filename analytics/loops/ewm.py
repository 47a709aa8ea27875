"""Exponentially weighted mean and deviation, as pandas' ewm(adjust=True, ignore_na=True) defines them."""

from __future__ import annotations

import math
from typing import Final

import numpy as np
from numpy.typing import NDArray

from analytics.loops import Loop, loop

Floats = NDArray[np.float64]
LOOPS: Final[list[Loop]] = []


@loop(LOOPS, "void(f8[::1], f8, f8[::1])")
def ewm_mean(values: Floats, keep: float, mean: Floats) -> None:
    """Fill ``mean`` (n,): weights fall by ``keep`` a row; NaN is passed over, its row keeps the mean before it."""
    weight, centre = 0.0, np.nan
    for row in range(values.size):
        value = values[row]
        if math.isfinite(value):
            weight = weight * keep + 1.0
            centre = value if weight == 1.0 else centre + (value - centre) / weight
        mean[row] = centre


@loop(LOOPS, "void(f8[::1], f8, f8[::1], f8[::1])")
def ewm_mean_sd(values: Floats, keep: float, mean: Floats, sd: Floats) -> None:
    """Fill ``mean`` and the bias-corrected ``sd``, both (n,); NaN is passed over, its row keeps what was before it.

    All is counted from the first value, so that small moves at a high level keep their digits.
    """
    weight, squares, centre, variance, deviation, first = 0.0, 0.0, 0.0, 0.0, np.nan, np.nan
    for row in range(values.size):
        value = values[row]
        if math.isfinite(value):
            if weight == 0.0:
                first = value
            value -= first
            old = weight * keep
            weight = old + 1.0
            squares = squares * keep * keep + 1.0
            step = (value - centre) / weight
            centre += step
            variance = (old * (variance + step * step) + (value - centre) * (value - centre)) / weight
            rest = weight * weight - squares
            if old > 0.0:
                deviation = math.sqrt(variance * weight * weight / rest) if rest > 0.0 else np.nan
        mean[row] = first + centre
        sd[row] = deviation
