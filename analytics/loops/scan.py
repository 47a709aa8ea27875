"""The Dickey-Fuller regression of many residuals y - slope * x, each from its lagged products: no series is read."""

from __future__ import annotations

import math
from typing import Final

import numpy as np
from numpy.typing import NDArray

from analytics.loops import Loop, loop

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
LOOPS: Final[list[Loop]] = []


@loop(LOOPS, "void(f8[::1], f8[::1], f8[::1], f8[::1], f8, f8, i8, i8, f8[:, ::1])")
def fill_gram(  # noqa: PLR0917  # compiled code takes no records
    products: Floats,
    first: Floats,
    newest: Floats,
    lead: Floats,
    end: float,
    squares: float,
    lags: int,
    level_at: int,
    gram: Floats,
) -> None:
    """The upper half of X'X of one residual with ``lags`` lags, from row ``lags`` on; the last column is the step.

    The level stands at column ``level_at`` (0, or ``lags``: behind the lags). `Products` explains the arguments.
    """
    at, last = 1 if level_at == 0 else 0, lags + 1
    gram[last, last] = products[0]
    for i in range(lags):
        gram[at + i, last] = products[i + 1]
        for j in range(i, lags):
            inner = products[j - i] if i == 0 else gram[at + i - 1, at + j - 1]
            head, tail = first[lags - 1 - i] * first[lags - 1 - j], newest[i] * newest[j]
            gram[at + i, at + j] = inner + head - tail
    level = squares
    for row in range(lags):
        level -= lead[row] * lead[row]
    gram[level_at, level_at] = level - end * end
    moment = (end * end - lead[lags] * lead[lags] - products[0]) / 2
    gram[level_at, last] = moment
    for j in range(lags):
        moment += products[j] + lead[lags] * first[lags - 1 - j] - end * newest[j]
        gram[min(level_at, at + j), max(level_at, at + j)] = moment


@loop(LOOPS, "i8(f8[:, ::1], i8, f8, f8[::1])")
def factor(gram: Floats, size: int, tiny: float, left: Floats) -> int:
    """Cholesky factor of the upper half in place, column by column; how many columns could be factored.

    ``left[k]`` is what the first k + 1 columns leave of the last column's sum of squares.
    """
    for k in range(size):
        left[k] = gram[k, k]
    whole = gram[size, size]
    for k in range(size):
        pivot = gram[k, k]
        if not pivot > tiny * left[k]:
            return k
        root = math.sqrt(pivot)
        for j in range(k, size + 1):
            gram[k, j] /= root
        for i in range(k + 1, size + 1):
            factor_i = gram[k, i]
            for j in range(i, size + 1):
                gram[i, j] -= factor_i * gram[k, j]
        left[k] = gram[size, size]
        if not left[k] > tiny * whole:
            return k
    return size


@loop(
    LOOPS,
    "void(i8[::1], i8[::1], i8[::1], f8[::1], i8, f8, f8, f8[:, ::1], f8[:, ::1], f8[:, ::1], f8[:, ::1], f8[:, ::1],"
    "f8[::1], f8[::1], f8[::1], f8[::1], i8[::1])",
)
def unit_roots(  # noqa: PLR0917
    y: Integers,
    x: Integers,
    pair: Integers,
    slope: Floats,
    steps: int,
    penalty: float,
    tiny: float,
    own: Floats,
    cross: Floats,
    first: Floats,
    newest: Floats,
    lead: Floats,
    end: Floats,
    squares: Floats,
    cross_squares: Floats,
    statistic: Floats,
    chosen: Integers,
) -> None:
    """Fill ``statistic`` and ``chosen`` (the lags) of each residual ``y - slope * x``; NaN where it is singular.

    ``penalty`` is the information criterion's price of a lag; negative: always the longest lag. `Products` explains
    the rest.
    """
    longest = first.shape[1]
    products, level = np.empty(longest + 1), np.empty(longest + 1)
    head, tail, left = np.empty(longest), np.empty(longest), np.empty(longest + 2)
    gram = np.empty((longest + 2, longest + 2))
    for test in range(y.size):
        a, c, at, b = y[test], x[test], pair[test], slope[test]
        for j in range(longest + 1):
            products[j] = own[a, j] - 2 * b * cross[j, at] + b * b * own[c, j]
            level[j] = lead[a, j] - b * lead[c, j]
        for j in range(longest):
            head[j], tail[j] = first[a, j] - b * first[c, j], newest[a, j] - b * newest[c, j]
        last = end[a] - b * end[c]
        total = squares[a] - 2 * b * cross_squares[at] + b * b * squares[c]
        lags = longest
        statistic[test], chosen[test] = np.nan, longest
        if penalty >= 0:
            n = steps - longest
            fill_gram(products, head, tail, level, last, total, longest, 0, gram)
            if factor(gram, longest + 1, tiny, left) <= longest:
                continue
            best = np.inf
            for k in range(longest + 1):
                value = n * math.log(left[k] / n) + penalty * (k + 1)
                if value < best:
                    best, lags = value, k
            for j in range(lags + 1):
                for row in range(lags, longest):
                    products[j] += head[row] * head[row - j]
        fill_gram(products, head, tail, level, last, total, lags, lags, gram)
        chosen[test] = lags
        if factor(gram, lags + 1, tiny, left) > lags:
            statistic[test] = gram[lags, lags + 1] / math.sqrt(left[lags] / (steps - 2 * lags - 1))
