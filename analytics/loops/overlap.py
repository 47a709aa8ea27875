"""Sums over the price changes of two symbols whose times overlap."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from analytics.loops import Loop, loop

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
LOOPS: Final[list[Loop]] = []


@loop(LOOPS, "f8(i8[::1], f8[::1], i8[::1], f8[::1])")
def overlap_product(y_ms: Integers, y: Floats, x_ms: Integers, x: Floats) -> float:
    """Sum of the products of every change of y (n,) with every change of x (m,) that shares time with it.

    Times strictly grow. The changes of x that overlap one of y add up to a single difference, so one pass over both is
    enough. Intervals that only touch share no time.
    """
    total, first, last, end = 0.0, 0, 0, x_ms.size - 1
    for row in range(1, y_ms.size):
        since, until = y_ms[row - 1], y_ms[row]
        while first < end and x_ms[first + 1] <= since:
            first += 1
        last = max(last, first)
        while last < end and x_ms[last] < until:
            last += 1
        if x_ms[first] < until and x_ms[last] > since:
            total += (y[row] - y[row - 1]) * (x[last] - x[first])
    return total
