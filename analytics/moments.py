"""Skewness and kurtosis over sliding windows, with rows that do not count."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from analytics.blocks import block_pairs, join
from analytics.rolling import ROUNDING, rolling_sum

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

_CANCELLED: Final = 1e-3
_DIRECT_VALUES: Final = 1 << 18
_MIN_ROWS: Final = 4


def rolling_shape(values: Floats, counted: Flags, window: int) -> tuple[Floats, Floats]:
    """Skewness and excess kurtosis of the counted values of each window, both (n,), corrected for bias.

    They are G1 and G2 of Joanes and Gill (1998, The Statistician 47), as pandas and Excel give them. NaN while the
    window is not full, when it holds NaN or infinity, when fewer than 4 values or half of the window count, and when
    the values do not vary by more than ``ROUNDING`` (they are log returns: pure numbers).

    >>> skew, kurtosis = rolling_shape(np.array([1.0, 2.0, 3.0, 10.0]), np.ones(4, dtype=bool), 4)
    >>> skew[3].round(6), kurtosis[3].round(6)
    (np.float64(1.763633), np.float64(3.228))
    """
    with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
        n = rolling_sum(counted.astype(np.float64), window)
        m2, m3, m4, cancelled = _central(values, counted, window, n)
        m2[cancelled], m3[cancelled], m4[cancelled] = _direct(values, counted, window, cancelled)
        usable = (n >= _MIN_ROWS) & (2 * n >= window) & (m2 > n * ROUNDING**2)
        n = np.where(usable, n, np.nan)
        skew = np.sqrt(n * (n - 1)) / (n - 2) * (m3 / n) / (m2 / n) ** 1.5
        kurtosis = (n - 1) / ((n - 2) * (n - 3)) * ((n + 1) * n * m4 / m2**2 - 3 * (n - 1))
    return np.where(np.isfinite(skew), skew, np.nan), np.where(np.isfinite(kurtosis), kurtosis, np.nan)


def _central(values: Floats, counted: Flags, window: int, n: Floats) -> tuple[Floats, Floats, Floats, NDArray[np.intp]]:
    """Sums of the 2nd to 4th power of the deviations, and the rows in which the anchor lay too far away."""
    newest = np.maximum.accumulate(np.where(counted, np.arange(values.size), 0))
    anchor = values[newest][::window][:, None]
    # A value that does not count sits on the anchor: it adds nothing. What is not there yet stays NaN.
    parts = zip(block_pairs(values, window), block_pairs(counted.astype(np.float64), window), strict=True)
    before, inside = (np.where(flags == 0, 0.0, part - anchor) for part, flags in parts)
    squares = before * before, inside * inside
    power = [
        join(before, inside, values.size),
        join(*squares, values.size),
        join(before * squares[0], inside * squares[1], values.size),
        join(squares[0] * squares[0], squares[1] * squares[1], values.size),
    ]
    shift = power[0] / n
    m2 = power[1] - n * shift**2
    m3 = power[2] - 3 * shift * power[1] + 2 * n * shift**3
    m4 = power[3] - 4 * shift * power[2] + 6 * shift**2 * power[1] - 3 * n * shift**4
    return m2, m3, m4, np.flatnonzero(m2 < _CANCELLED * power[1])


def _direct(values: Floats, counted: Flags, window: int, rows: NDArray[np.intp]) -> Floats:
    """The same sums from the windows themselves, shape (3, rows)."""
    result = np.empty((3, rows.size))
    step = max(1, _DIRECT_VALUES // window)
    for start in range(0, rows.size, step):
        part = rows[start : start + step] - window + 1
        flags = sliding_window_view(counted, window)[part]
        some = np.where(flags, sliding_window_view(values, window)[part], 0.0)
        n = flags.sum(axis=1, keepdims=True)
        away = np.where(flags, some - some.sum(axis=1, keepdims=True) / n, 0.0)
        away -= np.where(flags, away.sum(axis=1, keepdims=True) / n, 0.0)
        for k in (2, 3, 4):
            result[k - 2, start : start + step] = (away**k).sum(axis=1)
    return result
