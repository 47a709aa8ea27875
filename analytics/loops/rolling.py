"""The block sums of `analytics.rolling` and what rests on them, with the same additions in the same order.

Sums start from -0.0, which adds nothing, not even a sign.
"""

from __future__ import annotations

import math
from typing import Final

import numpy as np
from numpy.typing import NDArray

from analytics.loops import Loop, loop

Floats = NDArray[np.float64]
LOOPS: Final[list[Loop]] = []

ROUNDING: Final = 1e-14
"""A standard deviation below this share of the level is the rounding of float64, not movement."""
NEAR_COLLINEAR: Final = 1e-6
"""Below this share of yy, the sum of squared residuals is to be computed from the residuals themselves."""


@loop(LOOPS, "void(f8[::1], i8, f8[::1])")
def window_sum(values: Floats, window: int, total: Floats) -> None:
    """Fill ``total`` (n,) with the sum of each window, NaN while it is not full."""
    total[: window - 1] = np.nan
    for start in range(0, values.size, window):
        stop = min(start + window, values.size)
        if start:
            ahead = -0.0
            for row in range(start - 1, start - window, -1):
                ahead += values[row]
                if row + window - 1 < stop:
                    total[row + window - 1] = ahead
        here = -0.0
        for row in range(start, stop):
            here += values[row]
            if row == start + window - 1:
                total[row] = here
            else:
                total[row] += here


@loop(LOOPS, "void(f8[::1], i8, i8, f8[::1], f8[::1])")
def block_spread(values: Floats, window: int, start: int, total: Floats, squares: Floats) -> None:
    """Sums about ``values[start]`` of the windows that end in the block from ``start``; both (window,)."""
    anchor = values[start]
    rows = min(window, values.size - start)
    a = b = -0.0
    if start:
        for column in range(window - 2, -1, -1):
            value = values[start + column - window + 1] - anchor
            a += value
            b += value * value
            total[column] = a
            squares[column] = b
    else:
        total[:] = np.nan
        squares[:] = np.nan
    total[window - 1] = squares[window - 1] = -0.0
    a = b = -0.0
    for column in range(rows):
        value = values[start + column] - anchor
        a += value
        b += value * value
        total[column] += a
        squares[column] += b


@loop(LOOPS, "void(f8[::1], i8, f8[::1], f8[::1], f8[::1])")
def window_spread(values: Floats, window: int, anchor: Floats, offset: Floats, squares: Floats) -> None:
    """Fill anchor, mean minus anchor, and sum of squared deviations of each window, all (n,)."""
    total, raw, share = np.empty(window), np.empty(window), 1.0 / window
    for start in range(0, values.size, window):
        block_spread(values, window, start, total, raw)
        for column in range(min(window, values.size - start)):
            row, off = start + column, total[column] * share
            about = raw[column] - total[column] * off
            anchor[row] = values[start]
            offset[row] = off
            squares[row] = 0.0 if about < 0.0 else about


@loop(LOOPS, "void(f8[::1], i8, f8[::1])")
def window_z(values: Floats, window: int, z: Floats) -> None:
    """Fill ``z`` (n,): the window's last value from its mean in its deviations, NaN where it does not move."""
    total, raw, share = np.empty(window), np.empty(window), 1.0 / window
    for start in range(0, values.size, window):
        block_spread(values, window, start, total, raw)
        anchor = values[start]
        still = window * ((ROUNDING * anchor) * (ROUNDING * anchor))
        for column in range(min(window, values.size - start)):
            off = total[column] * share
            about = raw[column] - total[column] * off
            score = ((values[start + column] - anchor) - off) / math.sqrt(max(about, 0.0) / (window - 1))
            z[start + column] = score if about > still else np.nan


@loop(LOOPS, "void(f8[::1], f8[::1], i8, i8, f8[:, ::1])")
def block_products(y: Floats, x: Floats, window: int, start: int, sums: Floats) -> None:
    """As `block_spread`, for y, x, yy, xx and xy in this order; ``sums`` (5, window)."""
    y_anchor, x_anchor = y[start], x[start]
    rows = min(window, y.size - start)
    a = b = c = d = e = -0.0
    if start:
        for column in range(window - 2, -1, -1):
            v, u = y[start + column - window + 1] - y_anchor, x[start + column - window + 1] - x_anchor
            a, b, c, d, e = a + v, b + u, c + v * v, d + u * u, e + u * v
            sums[0, column], sums[1, column], sums[2, column] = a, b, c
            sums[3, column], sums[4, column] = d, e
    else:
        sums[:, :] = np.nan
    sums[:, window - 1] = -0.0
    a = b = c = d = e = -0.0
    for column in range(rows):
        v, u = y[start + column] - y_anchor, x[start + column] - x_anchor
        a, b, c, d, e = a + v, b + u, c + v * v, d + u * u, e + u * v
        sums[0, column] += a
        sums[1, column] += b
        sums[2, column] += c
        sums[3, column] += d
        sums[4, column] += e


@loop(LOOPS, "void(f8[::1], f8[::1], i8, f8[:, ::1])")
def window_ols(y: Floats, x: Floats, window: int, columns: Floats) -> None:
    """Fill ``columns`` (9, n): the fields of `RollingFit` in their order, and 1 where `NEAR_COLLINEAR`, else 0."""
    sums, share = np.empty((5, window)), 1.0 / window
    for start in range(0, y.size, window):
        block_products(y, x, window, start, sums)
        y_anchor, x_anchor = y[start], x[start]
        y_still = window * ((ROUNDING * y_anchor) * (ROUNDING * y_anchor))
        x_still = window * ((ROUNDING * x_anchor) * (ROUNDING * x_anchor))
        for column in range(min(window, y.size - start)):
            row, y_off, x_off = start + column, sums[0, column] * share, sums[1, column] * share
            yy = sums[2, column] - sums[0, column] * y_off
            xx = sums[3, column] - sums[1, column] * x_off
            xy = sums[4, column] - sums[1, column] * y_off
            moves = xx > x_still and yy > y_still
            slope = xy / xx if moves else np.nan
            left = yy - slope * xy
            columns[8, row] = 1.0 if left < NEAR_COLLINEAR * yy else 0.0
            left = left if left > y_still or not moves else 0.0
            columns[0, row] = slope
            columns[1, row] = (y_anchor + y_off) - slope * (x_anchor + x_off)
            columns[2, row] = math.sqrt(left / (window - 1))
            columns[3, row] = 1.0 - left / yy if moves else np.nan
            columns[4, row], columns[5, row] = y_anchor, x_anchor
            columns[6, row], columns[7, row] = y_off, x_off
