"""Highest and lowest values of sliding windows, in O(n): the blocks of `analytics.rolling`, with maxima for sums."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from analytics.blocks import block_pairs

Floats = NDArray[np.float64]


def rolling_high(values: ArrayLike, window: int) -> tuple[Floats, NDArray[np.int64]]:
    """The highest value of each window and the newest row that holds it, both of shape (n,).

    NaN while the window is not full and where it holds NaN; the row means nothing there.

    >>> rolling_high([3.0, 1.0, 3.0, 2.0, 1.0], 3)
    (array([nan, nan,  3.,  3.,  3.]), array([0, 0, 2, 2, 2]))
    """
    series = np.asarray(values, dtype=np.float64)
    before, inside = block_pairs(series, window)
    rows = np.arange(inside.size).reshape(inside.shape)
    high = np.maximum.accumulate(inside, axis=1)
    newest = np.maximum.accumulate(np.where(inside >= high, rows, 0), axis=1)
    back = before[:, :0:-1]
    earlier = np.maximum.accumulate(back, axis=1)
    # Going back, only a value above all newer ones takes over.
    takes_over = np.ones(back.shape, dtype=np.bool_)
    takes_over[:, 1:] = back[:, 1:] > earlier[:, :-1]
    found = np.minimum.accumulate(np.where(takes_over, rows[:, :0:-1] - window, inside.size), axis=1)
    earlier, found = earlier[:, ::-1], found[:, ::-1]
    newest[:, :-1] = np.where(earlier > high[:, :-1], found, newest[:, :-1])
    high[:, :-1] = np.maximum(high[:, :-1], earlier)
    return high.ravel()[: series.size], newest.ravel()[: series.size]


def rolling_low(values: ArrayLike, window: int) -> Floats:
    """The lowest value of each window, shape (n,); NaN as `rolling_high`.

    >>> rolling_low([3.0, 1.0, 2.0, 2.0], 3)
    array([nan, nan,  1.,  1.])
    """
    return -rolling_high(-np.asarray(values, dtype=np.float64), window)[0]
