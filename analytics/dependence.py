"""How two legs move together: Pearson correlation of one-bar log returns. Levels are never correlated.

A return counts only between two shared bars that follow each other directly. One that spans missing bars is longer than
a bar and is left out of both legs; a correlation rests on at least half of the window's returns, else it is NaN.
"""

from __future__ import annotations

import math
from typing import Final

import numpy as np
from numpy.typing import NDArray

from analytics.rolling import rolling_sum

Floats = NDArray[np.float64]

_CANCELLED: Final = 1e-10
"""A variance below this share of the raw second moment is what rounding left."""


def follows(open_ms: NDArray[np.int64], step_ms: int) -> NDArray[np.bool_]:
    """Whether row t opens exactly one step after row t - 1; False in row 0.

    >>> follows(np.array([0, 60_000, 180_000]), 60_000)
    array([False,  True, False])
    """
    result = np.zeros(open_ms.size, dtype=np.bool_)
    result[1:] = np.diff(open_ms) == step_ms
    return result


def log_returns(prices: Floats, counted: NDArray[np.bool_]) -> Floats:
    """ln(price_t / price_t-1) where ``counted``, 0 elsewhere; NaN where a price is not positive. Shape (n,)."""
    result = np.zeros(prices.size)
    with np.errstate(divide="ignore", invalid="ignore"):
        result[1:] = np.where(counted[1:], np.diff(np.log(prices)), 0.0)
    return result


def rolling_correlation(y: Floats, x: Floats, counted: NDArray[np.bool_], window: int) -> Floats:
    """Correlation of the last ``window`` returns of two price columns, shape (n,).

    Row t includes the return into bar t, which is known when bar t is closed. ``counted`` as `follows` gives it. NaN
    until ``window`` rows are there, when fewer than half of the returns count, and when a leg does not move.

    >>> closes = np.exp(np.array([0.0, 1.0, 3.0, 2.0]))
    >>> rolling_correlation(closes, closes**2, follows(np.arange(4), 1), 3)
    array([nan, nan,  1.,  1.])
    """
    ry, rx = log_returns(y, counted), log_returns(x, counted)
    n = rolling_sum(counted.astype(np.float64), window)
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        y_sum, x_sum = rolling_sum(ry, window), rolling_sum(rx, window)
        raw_yy, raw_xx = rolling_sum(ry * ry, window), rolling_sum(rx * rx, window)
        yy, xx = raw_yy - y_sum * y_sum / n, raw_xx - x_sum * x_sum / n
        xy = rolling_sum(ry * rx, window) - y_sum * x_sum / n
        usable = (2 * n >= window) & (n >= 2) & (yy > _CANCELLED * raw_yy) & (xx > _CANCELLED * raw_xx)
        return np.where(usable, np.clip(xy / np.sqrt(yy * xx), -1.0, 1.0), np.nan)


def correlation(y: Floats, x: Floats, counted: NDArray[np.bool_], window: int | None = None) -> float | None:
    """Correlation of the counted returns of one window of prices; None where `rolling_correlation` gives NaN.

    ``window`` is how many returns there could be: as many as rows, unless the first row only starts the second.

    >>> closes = np.exp(np.array([0.0, 1.0, 3.0, 2.0]))
    >>> correlation(closes, 1 / closes, follows(np.arange(4), 1))
    -1.0
    """
    n = int(counted.sum())
    if 2 * n < (counted.size if window is None else window) or n < 2:
        return None
    ry, rx = log_returns(y, counted)[counted], log_returns(x, counted)[counted]
    dy, dx = ry - ry.mean(), rx - rx.mean()
    yy, xx = float(dy @ dy), float(dx @ dx)
    if not (yy > _CANCELLED * float(ry @ ry) and xx > _CANCELLED * float(rx @ rx)):
        return None
    return min(1.0, max(-1.0, float(dy @ dx) / math.sqrt(yy * xx)))
