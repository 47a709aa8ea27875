"""The Kalman filter of a straight line whose level and slope walk at random."""

from __future__ import annotations

import math
from typing import Final

import numpy as np
from numpy.typing import NDArray

from analytics.loops import Loop, loop

Floats = NDArray[np.float64]
LOOPS: Final[list[Loop]] = []


@loop(LOOPS, "void(f8[::1], f8[::1], f8[:,::1], f8[::1], f8[:,::1])")
def kalman_filter(y: Floats, x: Floats, scales: Floats, state: Floats, prior: Floats) -> None:
    """Run over columns (n,), from ``state`` (level, slope, p00, p01, p11, centre), which is changed in place.

    The level is that of the line at x = centre. ``scales`` (4, n) holds for each row its centre and the variances of
    one step of the level, one of the slope, and of the noise. A row first moves the centre and adds the steps, fills a
    column of ``prior`` (5, n) with level, slope, variance of the slope, innovation and its variance, and then takes
    the row in, by Joseph's form. A row that is not finite has no innovation and changes only the uncertainty.
    """
    level, slope, p00, p01, p11, centre = state[0], state[1], state[2], state[3], state[4], state[5]
    for row in range(y.size):
        move = scales[0, row] - centre
        centre = scales[0, row]
        level += slope * move
        p00 += move * (2.0 * p01 + move * p11) + scales[1, row]
        p01 += move * p11
        p11 += scales[2, row]
        noise, at = scales[3, row], x[row] - centre
        prior[0, row], prior[1, row], prior[2, row] = level, slope, p11
        h0, h1 = p00 + p01 * at, p01 + p11 * at
        variance = h0 + at * h1 + noise
        error = y[row] - level - slope * at
        if not (math.isfinite(error) and math.isfinite(variance)):
            prior[3, row] = prior[4, row] = np.nan
            continue
        prior[3, row], prior[4, row] = error, variance
        k0, k1 = h0 / variance, h1 / variance
        level += k0 * error
        slope += k1 * error
        c0, c1, d0, d1 = 1.0 - k0, -k0 * at, -k1, 1.0 - k1 * at
        m00, m01 = c0 * p00 + c1 * p01, c0 * p01 + c1 * p11
        m10, m11 = d0 * p00 + d1 * p01, d0 * p01 + d1 * p11
        p00 = m00 * c0 + m01 * c1 + k0 * k0 * noise
        p01 = m00 * d0 + m01 * d1 + k0 * k1 * noise
        p11 = m10 * d0 + m11 * d1 + k1 * k1 * noise
    state[0], state[1], state[2], state[3], state[4], state[5] = level, slope, p00, p01, p11, centre
