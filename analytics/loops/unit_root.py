"""Dickey-Fuller statistics of many series: one lag recursion and one nested Cholesky give every lag at once."""

from __future__ import annotations

import math
from typing import Final

import numpy as np
from numpy.typing import NDArray

from analytics.loops import Loop, loop

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
LOOPS: Final[list[Loop]] = []


@loop(LOOPS, "f8(f8[::1], f8[::1])")
def dot(a: Floats, b: Floats) -> float:
    """Inner product in eight partial sums: an order that fills a vector unit and that plain Python keeps."""
    s0 = s1 = s2 = s3 = s4 = s5 = s6 = s7 = 0.0
    whole = a.size - a.size % 8
    for i in range(0, whole, 8):
        s0 += a[i] * b[i]
        s1 += a[i + 1] * b[i + 1]
        s2 += a[i + 2] * b[i + 2]
        s3 += a[i + 3] * b[i + 3]
        s4 += a[i + 4] * b[i + 4]
        s5 += a[i + 5] * b[i + 5]
        s6 += a[i + 6] * b[i + 6]
        s7 += a[i + 7] * b[i + 7]
    rest = 0.0
    for i in range(whole, a.size):
        rest += a[i] * b[i]
    return ((s0 + s1) + (s2 + s3)) + ((s4 + s5) + (s6 + s7)) + rest


@loop(LOOPS, "void(f8[:,::1], i8, f8[:,::1])")
def orthonormal(trends: Floats, rows: int, basis: Floats) -> None:
    """Fill ``basis`` with an orthonormal one of the first ``rows`` of ``trends`` (k, n), the first of them constant."""
    for each in range(trends.shape[0]):
        column = basis[each, :rows]
        column[:] = trends[each, :rows]
        for other in range(each):
            column -= dot(basis[other, :rows], column) * basis[other, :rows]
        column /= math.sqrt(dot(column, column))


@loop(LOOPS, "void(f8[::1], f8[::1], f8[:,::1], i8, f8[:,::1])")
def moments(level: Floats, steps: Floats, trends: Floats, lags: int, gram: Floats) -> None:
    """Fill ``gram`` (lags + 2 squared): cross products of level, lagged steps 1 to ``lags``, and the step itself.

    Step t leads away from level t, so there is one level more than steps. ``trends`` (k, rows) are orthonormal
    deterministic columns, whose share is taken out. The products of lagged steps follow from one another: shifting
    both columns by a row adds one product at the head and drops one at the tail.
    """
    rows = steps.size - lags
    step, before = steps[lags:], level[lags : steps.size]
    last = lags + 1
    gram[0, 0] = dot(before, before)
    for back in range(lags + 1):
        place = back if back else last
        shifted = steps[lags - back : lags - back + rows]
        gram[0, place] = gram[place, 0] = dot(before, shifted)
        gram[last, place] = gram[place, last] = dot(step, shifted)
    for i in range(1, lags + 1):
        for j in range(i, lags + 1):
            old = gram[last, j - 1 if j > 1 else last] if i == 1 else gram[i - 1, j - 1]
            head = steps[lags - i] * steps[lags - j]
            gram[i, j] = gram[j, i] = old + head - steps[lags - i + rows] * steps[lags - j + rows]
    share = np.empty(lags + 2)
    for each in range(trends.shape[0]):
        trend = trends[each, :rows]
        share[0] = dot(trend, before)
        for back in range(lags + 1):
            share[back if back else last] = dot(trend, steps[lags - back : lags - back + rows])
        for i in range(lags + 2):
            for j in range(lags + 2):
                gram[i, j] -= share[i] * share[j]


@loop(LOOPS, "f8(f8[:,::1], i8[::1], f8[:,::1])")
def factor(gram: Floats, order: Integers, lower: Floats) -> float:
    """Fill the Cholesky factor of ``gram`` with its columns in ``order``; the level stands in column 0.

    Gives the smallest pivot as a share of the column's square (of the largest, among steps); 0 where there is none.
    """
    largest = 0.0
    for i in range(1, order.size):
        largest = max(largest, gram[i, i])
    least = 1.0
    for i in range(order.size):
        row = order[i]
        for j in range(i):
            total = gram[row, order[j]]
            for k in range(j):
                total -= lower[i, k] * lower[j, k]
            lower[i, j] = total / lower[j, j]
        pivot = gram[row, row]
        for k in range(i):
            pivot -= lower[i, k] * lower[i, k]
        scale = largest if row else gram[0, 0]
        if not pivot > 0.0 or not scale > 0.0:
            return 0.0
        least = min(least, pivot / scale)
        lower[i, i] = math.sqrt(pivot)
    return least


@loop(LOOPS, "i8(f8[:,::1], i8, i8, f8)")
def best_lag(lower: Floats, rows: int, trends: int, price: float) -> int:
    """Lags with the least rows ln(SSR / rows) + ``price`` * regressors; ``lower`` in the order level, lags, step.

    What the first k columns leave of the step is the sum of the squares that stand after them in the last row.
    """
    last: int = lower.shape[0] - 1
    left, lags, least = lower[last, last] ** 2, last - 1, np.inf
    for lag in range(last - 1, -1, -1):
        value = rows * math.log(left / rows) + price * (lag + 1 + trends)
        if value <= least:
            least, lags = value, lag
        left += lower[last, lag] ** 2
    return lags


@loop(LOOPS, "void(f8[:,::1], f8[:,::1], f8[:,::1], i8, f8, f8, f8[::1], i8[::1])")
def dickey_fuller(  # noqa: PLR0917  # the compiler takes no keywords
    levels: Floats,
    steps: Floats,
    trends: Floats,
    most: int,
    price: float,
    least_pivot: float,
    statistic: Floats,
    lags: Integers,
) -> None:
    """Fill ``statistic`` and ``lags`` (B,) for B series: ``levels`` (B, n) and the ``steps`` between them (B, n - 1).

    ``trends`` (k, n - 1) holds columns whose first rows span the deterministic part for any number of rows; they are
    made orthonormal here. ``price`` is that of a regressor, see `best_lag`; 0 takes ``most`` lags as they are. A series
    whose factor has a pivot below ``least_pivot`` gets NaN and -1: its moments have lost too many digits.
    """
    kinds, n = trends.shape[0], steps.shape[1]
    basis = np.empty_like(trends)
    for each in range(levels.shape[0]):
        statistic[each], lags[each] = np.nan, -1
        chosen = most
        if price != 0.0:
            gram, lower = np.empty((most + 2, most + 2)), np.zeros((most + 2, most + 2))
            orthonormal(trends, n - most, basis)
            moments(levels[each], steps[each], basis, most, gram)
            if factor(gram, np.arange(most + 2), lower) < least_pivot:
                continue
            chosen = best_lag(lower, n - most, kinds, price)
        gram, lower = np.empty((chosen + 2, chosen + 2)), np.zeros((chosen + 2, chosen + 2))
        order = np.arange(1, chosen + 3)
        order[chosen], order[chosen + 1] = 0, chosen + 1
        orthonormal(trends, n - chosen, basis)
        moments(levels[each], steps[each], basis, chosen, gram)
        if factor(gram, order, lower) < least_pivot:
            continue
        freedom = n - chosen - (chosen + 1 + kinds)
        t = lower[chosen + 1, chosen] / lower[chosen + 1, chosen + 1] * math.sqrt(freedom)
        statistic[each], lags[each] = t, chosen
