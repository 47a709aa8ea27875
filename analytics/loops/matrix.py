"""Co-moments of returns that are kept up to date row by row: two legs with fading weights, many symbols in a window."""

from __future__ import annotations

import math
from typing import Final

import numpy as np
from numpy.typing import NDArray

from analytics.loops import Loop, loop

Floats = NDArray[np.float64]
LOOPS: Final[list[Loop]] = []

# The state of `ewm_step`: sum of weights, both means, both variances, covariance.
EWM_STATE: Final = 6


@loop(LOOPS, "f8(f8[::1], f8, f8, f8)")
def ewm_step(state: Floats, y: float, x: float, keep: float) -> float:
    """Take one pair of returns into ``state``, which starts as zeros; the correlation, NaN where a leg is still.

    A return that is not finite is passed over. Weights fall by ``keep`` a pair. ``state`` is (EWM_STATE,).
    """
    if math.isfinite(y) and math.isfinite(x):
        old = state[0] * keep
        weight = old + 1.0
        share, dy, dx = old / weight, y - state[1], x - state[2]
        state[0] = weight
        state[1] += dy / weight
        state[2] += dx / weight
        state[3] = share * (state[3] + dy * dy / weight)
        state[4] = share * (state[4] + dx * dx / weight)
        state[5] = share * (state[5] + dy * dx / weight)
    yy, xx = state[3], state[4]
    # What is below this share of the raw second moment, or denormal, is what rounding left.
    if min(yy, xx) < 1e-290 or yy <= 1e-10 * (yy + state[1] ** 2) or xx <= 1e-10 * (xx + state[2] ** 2):
        return math.nan
    value: float = state[5] / (math.sqrt(yy) * math.sqrt(xx))
    return max(-1.0, min(1.0, value))


@loop(LOOPS, "void(f8[::1], f8[::1], f8, f8[::1])")
def ewm_correlations(y: Floats, x: Floats, keep: float, result: Floats) -> None:
    """Fill ``result`` (n,) with `ewm_step` over two columns of returns (n,)."""
    state = np.zeros(EWM_STATE)
    for row in range(y.size):
        result[row] = ewm_step(state, y[row], x[row], keep)


@loop(LOOPS, "b1(f8[:, ::1], f8[::1], f8[::1], f8[::1], f8[::1])")
def slide(products: Floats, sums: Floats, peak: Floats, new: Floats, old: Floats) -> bool:
    """Put the row ``new`` (k,) for the row ``old`` in ``sums`` and the upper triangle of ``products`` (k, k).

    ``peak`` keeps the largest each square has been; True when one has shrunk below a thousandth of it.
    """
    shrunk = False
    for i in range(new.size):
        row, a, b = products[i], new[i], old[i]
        sums[i] += a - b
        for j in range(i, new.size):
            row[j] += a * new[j] - b * old[j]
        peak[i] = max(peak[i], row[i])
        shrunk = shrunk or row[i] < 1e-3 * peak[i]
    return shrunk


@loop(LOOPS, "void(f8[:, ::1], f8[::1], f8, f8[::1], f8[:, ::1])")
def correlate(products: Floats, sums: Floats, n: float, scale: Floats, result: Floats) -> None:
    """Fill ``result`` (k, k) with the correlations of n rows, from the upper triangle of ``products``; 1 on its own.

    ``scale`` (k,) is for the loop's own use. NaN for a symbol that does not move, on the diagonal too; all else lies in
    [-1, 1].
    """
    for i in range(sums.size):
        square = products[i, i]
        centred = square - sums[i] * sums[i] / n
        scale[i] = 1.0 / math.sqrt(centred) if centred > 1e-10 * square else math.nan
    for i in range(sums.size):
        mean, own = sums[i] / n, scale[i]
        for j in range(i + 1, sums.size):
            value = (products[i, j] - mean * sums[j]) * (own * scale[j])
            # This order keeps NaN.
            value = 1.0 if value > 1.0 else -1.0 if value < -1.0 else value
            result[i, j] = value
            result[j, i] = value
        result[i, i] = 1.0 if own > 0.0 else math.nan
