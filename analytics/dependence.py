"""How two legs move together: correlation and beta of their one-bar log returns. Levels are never correlated.

A return counts only between two shared bars that follow each other directly. One that spans missing bars is longer than
a bar and is left out of both legs; a value rests on at least half of the window's returns, else it is NaN.
"""

from __future__ import annotations

import math
from typing import Final, NamedTuple

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from analytics.compiled import fast
from analytics.loops.matrix import ewm_correlations
from analytics.rolling import rolling_sum

Floats = NDArray[np.float64]

CANCELLED: Final = 1e-10
"""A variance below this share of the raw second moment is what rounding left."""
_STRAIGHT: Final = 1e-13
"""Residual squares below this share of y's are what rounding left: the legs move as one."""
_AT_ONCE: Final = 1 << 18


class _CoMoments(NamedTuple):
    """Over each window: how many returns count, their centred squares and products, where a leg moves enough."""

    n: Floats
    yy: Floats
    xx: Floats
    xy: Floats
    usable: NDArray[np.bool_]


def follows(open_ms: NDArray[np.int64], step_ms: int) -> NDArray[np.bool_]:
    """Whether row t opens exactly one step after row t - 1; False in row 0.

    >>> follows(np.array([0, 60_000, 180_000]), 60_000)
    array([False,  True, False])
    """
    result = np.zeros(open_ms.size, dtype=np.bool_)
    result[1:] = np.diff(open_ms) == step_ms
    return result


def log_ratio(after: Floats, before: Floats) -> Floats:
    """ln(after / before) of two equally long arrays; NaN where a price is not a positive number.

    From the difference of the prices, which is exact: at a price of 100,000 two logarithms would leave 8 digits of a
    step of 0.01.

    >>> log_ratio(np.array([100_000.01, 1.0]), np.array([100_000.0, 0.0]))
    array([9.99999949e-08,            nan])
    """
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        found = np.log1p((after - before) / before)
        return np.where((before > 0) & (after > 0) & np.isfinite(found), found, np.nan)


def log_returns(prices: Floats, counted: NDArray[np.bool_]) -> Floats:
    """ln(price_t / price_t-1) where ``counted``, 0 elsewhere; NaN where a price is not positive. Shape (n,)."""
    result = np.zeros(prices.size)
    result[1:] = np.where(counted[1:], log_ratio(prices[1:], prices[:-1]), 0.0)
    return result


def rolling_correlation(y: Floats, x: Floats, counted: NDArray[np.bool_], window: int) -> Floats:
    """Correlation of the last ``window`` returns of two price columns, shape (n,).

    Row t includes the return into bar t, which is known when bar t is closed. ``counted`` as `follows` gives it. NaN
    until ``window`` rows are there, when fewer than half of the returns count, and when a leg does not move.

    >>> closes = np.exp(np.array([0.0, 1.0, 3.0, 2.0]))
    >>> rolling_correlation(closes, closes**2, follows(np.arange(4), 1), 3)
    array([nan, nan,  1.,  1.])
    """
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        at = _co_moments(y, x, counted, window)
        return np.where(at.usable, np.clip(at.xy / np.sqrt(at.yy * at.xx), -1.0, 1.0), np.nan)


def rolling_beta(y: Floats, x: Floats, counted: NDArray[np.bool_], window: int) -> tuple[Floats, Floats]:
    """Slope of y's returns on x's over the last ``window`` returns, and its standard error, both of shape (n,).

    Least squares with an intercept, NaN as in `rolling_correlation`. The standard error is exactly 0 where the legs
    move as one. It takes the residuals as independent and of one size, which bursts of volatility are not: a lower
    bound.

    >>> closes = np.exp(np.array([0.0, 1.0, 3.0, 2.0, 2.5]))
    >>> beta, error = rolling_beta(closes**2, closes, follows(np.arange(5), 1), 4)
    >>> beta[-1].round(12), error[-1]
    (np.float64(2.0), np.float64(0.0))
    """
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        at = _co_moments(y, x, counted, window)
        beta = at.xy / at.xx
        rest = at.yy - beta * at.xy
        rest = np.where(rest > _STRAIGHT * at.yy, rest, 0.0)
        usable = at.usable & (at.n > 2)
        error = np.sqrt(rest / (at.n - 2) / at.xx)
        return np.where(usable, beta, np.nan), np.where(usable, error, np.nan)


def rolling_spearman(y: Floats, x: Floats, counted: NDArray[np.bool_], window: int) -> Floats:
    """Rank correlation of the last ``window`` returns, shape (n,): ranks within the window, ties share their mean.

    NaN as in `rolling_correlation`. Ranks are half numbers and are added up doubled, so nothing is ever rounded.

    >>> closes = np.exp(np.array([0.0, 1.0, 3.0, 2.0, 2.5]))
    >>> rolling_spearman(closes, closes**3, follows(np.arange(5), 1), 4)[-1]
    np.float64(1.0)
    """
    ry, rx = log_returns(y, counted), log_returns(x, counted)
    result = np.full(y.size, np.nan)
    broken = counted & ~np.isfinite(ry + rx)
    with np.errstate(invalid="ignore"):
        usable = (2 * rolling_sum(counted.astype(np.float64), window) >= window) & (rolling_sum(broken, window) == 0)
    rows = np.flatnonzero(usable)
    step = max(1, _AT_ONCE // window)
    for part in np.split(rows, range(step, rows.size, step)) if rows.size else []:
        inside = sliding_window_view(counted, window)[part - window + 1]
        legs = [_ranks(sliding_window_view(leg, window)[part - window + 1], inside) for leg in (ry, rx)]
        (yy, xx), xy = ((leg * leg).sum(axis=1) for leg in legs), (legs[0] * legs[1]).sum(axis=1)
        moves = (yy > 0) & (xx > 0)
        result[part[moves]] = xy[moves] / np.sqrt(yy[moves] * xx[moves])
    return result


def ewm_correlation(y: Floats, x: Floats, counted: NDArray[np.bool_], half_life: float) -> Floats:
    """Correlation of all returns so far, with weights that halve every ``half_life`` counted returns, shape (n,).

    Returns that do not count are passed over: their row keeps the value before it. NaN while a leg has not moved.
    """
    with np.errstate(invalid="ignore"):
        ry, rx = (np.where(counted, log_returns(leg, counted), np.nan) for leg in (y, x))
    result = np.empty(y.size)
    fast(ewm_correlations)(ry, rx, 0.5 ** (1 / half_life), result)
    return result


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
    if not (yy > CANCELLED * float(ry @ ry) and xx > CANCELLED * float(rx @ rx)):
        return None
    return min(1.0, max(-1.0, float(dy @ dx) / math.sqrt(yy * xx)))


def _co_moments(y: Floats, x: Floats, counted: NDArray[np.bool_], window: int) -> _CoMoments:
    ry, rx = log_returns(y, counted), log_returns(x, counted)
    n = rolling_sum(counted.astype(np.float64), window)
    y_sum, x_sum = rolling_sum(ry, window), rolling_sum(rx, window)
    raw_yy, raw_xx = rolling_sum(ry * ry, window), rolling_sum(rx * rx, window)
    yy, xx = raw_yy - y_sum * y_sum / n, raw_xx - x_sum * x_sum / n
    xy = rolling_sum(ry * rx, window) - y_sum * x_sum / n
    usable = (2 * n >= window) & (n >= 2) & (yy > CANCELLED * raw_yy) & (xx > CANCELLED * raw_xx)
    return _CoMoments(n, yy, xx, xy, usable)


def _ranks(windows: Floats, inside: NDArray[np.bool_]) -> Floats:
    """Doubled ranks minus their mean of what is ``inside`` each row, 0 elsewhere; shape (m, window)."""
    values = np.where(inside, windows, np.inf)
    order = np.argsort(values, axis=1)
    values = np.take_along_axis(values, order, axis=1)
    place = np.arange(values.shape[1])
    starts = np.ones(values.shape, np.bool_)
    starts[:, 1:] = values[:, 1:] != values[:, :-1]
    ends = np.ones(values.shape, np.bool_)
    ends[:, :-1] = starts[:, 1:]
    first = np.maximum.accumulate(np.where(starts, place, 0), axis=1)
    last = np.minimum.accumulate(np.where(ends, place, place.size)[:, ::-1], axis=1)[:, ::-1]
    doubled = np.empty(values.shape)
    np.put_along_axis(doubled, order, (first + last + 2).astype(np.float64), axis=1)
    return np.where(inside, doubled - (inside.sum(axis=1, keepdims=True) + 1), 0.0)
