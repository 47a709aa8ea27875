"""What a pair's test does not tell: correlation of returns, and a hedge ratio that stays."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from analytics.dependence import log_ratio
from analytics.rolling import ROUNDING
from analytics.scan.products import Floats, Integers


def return_correlation(closes: Floats, counted: NDArray[np.bool_], y: Integers, x: Integers) -> Floats:
    """Correlation of one-bar log returns of columns ``y`` and ``x`` of ``closes`` (n, k); NaN where one stands still.

    ``counted`` (n,) marks rows that follow the row before: other returns are left out.
    """
    returns = log_ratio(closes[1:], closes[:-1])[counted[1:]]
    if len(returns) < 2:
        return np.full(y.size, np.nan)
    returns -= returns.mean(axis=0)
    size = np.sqrt((returns * returns).sum(axis=0))
    with np.errstate(divide="ignore", invalid="ignore"):
        unit = returns / np.where(size > 0, size, np.nan)
        found: Floats = np.clip((unit.T @ unit)[y, x], -1.0, 1.0)
    return found


def beta_stability(centred: Floats, y: Integers, x: Integers) -> Floats:
    """1 - |b2 - b1| / (|b1| + |b2|) of the hedge ratios of y on x in the first and in the second half of the rows.

    1: the same in both; 0: it vanished or changed its sign. NaN where x stands still in a half. A standard error would
    say less: those of least squares assume independent residuals and are far too small for prices.
    """
    halves = []
    for half in (centred[: len(centred) // 2], centred[len(centred) // 2 :]):
        mean = half.mean(axis=0)
        moved = half - mean
        product = moved.T @ moved
        own = product.diagonal()
        still = own <= len(half) * (ROUNDING * np.abs(centred).max(axis=0)) ** 2
        halves.append(product[y, x] / np.where(still, np.nan, own)[x])
    before, after = halves
    size = np.abs(before) + np.abs(after)
    found: Floats = 1 - np.abs(after - before) / np.where(size > 0, size, np.nan)
    return found
