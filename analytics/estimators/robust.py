"""Lines that a few bad rows cannot turn, for many windows at once: Huber's, and the median slope of Theil and Sen."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Final

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from analytics.compiled import fast, ready
from analytics.estimators.base import Floats
from analytics.loops.robust import BEND, MOST_STEPS, NORMAL_MAD, ROUNDED, SMALL, huber_lines, theil_sen_slopes
from analytics.rolling import ROUNDING

LineFinder = Callable[[Floats, Floats], Floats]
"""From rows of y and x, both (m, n), to (m, 4): slope, x and y of a point of the line, sigma."""

SLOPE, X_MEAN, Y_MEAN, SIGMA = range(4)
LISTED_ROWS: Final = 200
"""Up to here listing all slopes is faster than selecting among them."""
_VALUES: Final = 1 << 18
_ROWS_AT_ONCE: Final = 32
_SAMPLE: Final = 8192
"""Slopes drawn to tell where the middle is."""


def lines(y: Floats, x: Floats, window: int, last: NDArray[np.int64], find: LineFinder) -> Floats:
    """A line for each window of y and x (both (n,)) that ends in a row of ``last`` (m,): slope, x, y, sigma, (m, 4).

    NaN where the window holds NaN or infinity, or a leg does not move; sigma 0 where the residuals are rounding.
    """
    result = np.full((last.size, 4), np.nan)
    size = max(1, _VALUES // window)
    for start in range(0, last.size, size):
        first = last[start : start + size] - window + 1
        ys, xs = sliding_window_view(y, window)[first], sliding_window_view(x, window)[first]
        found = _moves(ys) & _moves(xs)
        if not found.any():
            continue
        part = find(ys[found], xs[found])
        part[part[:, SIGMA] <= ROUNDING * np.abs(part[:, Y_MEAN]), SIGMA] = 0.0
        result[start : start + size][found] = part
    return result


def huber(y: Floats, x: Floats) -> Floats:
    """Huber's M-estimate, a `LineFinder`: least squares in which far rows count by less; sigma is the scaled MAD.

    Reweighted until it stands still, with the scale of each step: statsmodels' RLM with HuberT.

    >>> found = huber(np.array([[5.0, 6.0, 7.5, 8.0, 9.0, 90.0]]), np.array([[0.0, 1.0, 2.0, 3.0, 4.0, 5.0]]))
    >>> round(float(found[0, SLOPE]), 1)
    1.2
    """
    result = np.empty((len(y), 4))
    (v, y_mean), (u, x_mean) = _centred(y), _centred(x)
    if ready():
        fast(huber_lines)(v, u, result)
    else:
        _huber_together(v, u, result)
    result[:, Y_MEAN] += y_mean
    result[:, X_MEAN] += x_mean
    return result


def theil_sen(y: Floats, x: Floats) -> Floats:
    """Median of the slopes of all pairs of rows, and of the residuals, a `LineFinder`; sigma is the scaled MAD.

    Equal to listing all slopes to the last bit. Pairs with equal x have no slope and do not count.

    >>> theil_sen(np.array([[0.0, 2.0, 3.0, 90.0]]), np.array([[0.0, 1.0, 2.0, 3.0]]))[0, SLOPE]
    np.float64(16.0)
    """
    result, slopes = np.zeros((len(y), 4)), np.empty(len(y))
    if ready():
        fast(theil_sen_slopes)(y, x, LISTED_ROWS, slopes)
    else:
        _median_slopes(y, x, slopes)
    # Of the zeros, the positive one on either path.
    result[:, SLOPE] = slopes + 0.0
    (v, y_mean), (u, result[:, X_MEAN]) = _centred(y), _centred(x)
    rest = v - result[:, SLOPE, None] * u
    middle = np.median(rest, axis=1)
    result[:, Y_MEAN] = y_mean + middle
    result[:, SIGMA] = np.median(np.abs(rest - middle[:, None]), axis=1) / NORMAL_MAD
    return result


def _median_slopes(y: Floats, x: Floats, slopes: Floats) -> None:
    """`theil_sen_slopes` until it is compiled: a window's slopes are all listed, in memory that serves the next one."""
    n = y.shape[1]
    room, steps = np.empty((n // 2, n)), np.empty((_ROWS_AT_ONCE, n))
    slopes[:] = [_middle(_list_slopes(*each, room, steps)) for each in zip(y, x, strict=True)]


def _list_slopes(y: Floats, x: Floats, room: Floats, steps: Floats) -> Floats:
    """Slopes of all pairs of rows of y and x (n,), NaN where x is equal; row d of ``room`` pairs rows d + 1 apart."""
    n = y.size
    ys, xs = (sliding_window_view(np.concatenate([each, each]), n)[1 : len(room) + 1] for each in (y, x))
    with np.errstate(divide="ignore", invalid="ignore"):
        for start in range(0, len(room), len(steps)):
            part = slice(start, start + len(steps))
            slopes = room[part]
            step = np.subtract(xs[part], x, out=steps[: len(slopes)])
            np.subtract(ys[part], y, out=slopes)
            slopes /= step
            slopes[step == 0] = np.nan
    # An even n meets its opposite rows twice in the last row.
    return room.reshape(-1)[: n * (n - 1) // 2]


def _middle(values: Floats) -> float:
    """Median of the values (n,) that are not NaN, among those that a sample says are near it, if it does not err."""
    count = values.size - int(np.count_nonzero(np.isnan(values)))
    ranks, below, near = np.array([(count - 1) // 2, count // 2]), 0, values
    if values.size > 2 * _SAMPLE:
        sample = np.sort(values[np.random.default_rng(0).integers(values.size, size=_SAMPLE)])
        drawn = sample.size - int(np.count_nonzero(np.isnan(sample)))
        away = 2 * math.isqrt(drawn)
        low, high = sample[max(0, drawn // 2 - away)], sample[min(drawn // 2 + away, drawn - 1)]
        below = int(np.count_nonzero(values < low))
        near = values[(values >= low) & (values <= high)]
        if not below <= ranks[0] <= ranks[1] < below + near.size:
            below, near = 0, values
    one, other = np.partition(near, ranks - below)[ranks - below].tolist()
    return float(0.5 * (one + other))


def _huber_together(y: Floats, x: Floats, result: Floats) -> None:
    """`huber_lines` for all rows at once, by the same additions in the same order."""
    left = np.arange(len(y))
    weight = np.ones_like(y)
    for step in range(MOST_STEPS):
        old = result[left]
        sw = _sum(weight)
        x_mean, y_mean = _sum(weight * x) / sw, _sum(weight * y) / sw
        u, v = x - x_mean[:, None], y - y_mean[:, None]
        part = weight * u
        suu = _sum(part * u)
        slope = _sum(part * v) / suu
        rest = np.abs(v - slope[:, None] * u)
        scale = np.median(rest, axis=1) / NORMAL_MAD
        result[left] = np.column_stack([slope, x_mean, y_mean, scale])
        moved = np.abs(slope - old[:, SLOPE]) * np.sqrt(suu / sw)
        moved += np.abs((y_mean - old[:, Y_MEAN]) - slope * (x_mean - old[:, X_MEAN]))
        still = np.maximum(SMALL * scale, ROUNDED * np.abs(slope) * np.sqrt(suu / sw))
        going = (scale > 0) & ((moved > still) | (step == 0))
        if not going.any():
            return
        left, y, x, rest, scale = left[going], y[going], x[going], rest[going], scale[going]
        with np.errstate(divide="ignore"):
            weight = np.where(rest > 0, np.minimum(1.0, BEND * scale[:, None] / rest), 1.0)


def _sum(values: Floats) -> Floats:
    """Sum of each row from left to right, as a loop adds."""
    return np.asarray(np.add.accumulate(values, axis=1)[:, -1])


def _centred(values: Floats) -> tuple[Floats, Floats]:
    mean = values.mean(axis=1)
    return values - mean[:, None], mean


def _moves(values: Floats) -> NDArray[np.bool_]:
    with np.errstate(invalid="ignore", over="ignore"):
        centred, mean = _centred(values)
        squares = (centred * centred).sum(axis=1)
        return np.asarray(np.isfinite(squares) & (squares > values.shape[1] * (ROUNDING * mean) ** 2))
