"""Which rows of a long column to draw, so that no extreme is lost."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


def drawn_rows(values: Floats, blocks: int) -> Integers:
    """Rows that draw a column (n,) as it looks with all rows: lowest and highest of each block, first and last of all.

    All rows when there are no more than two for each of ``blocks`` >= 1. A block without a value keeps its first row,
    so that a gap stays one.

    >>> drawn_rows(np.array([0.0, 5.0, 1.0, 2.0, 9.0, 3.0, 3.0, 3.0]), 2)
    array([0, 1, 4, 5, 7])
    """
    n = values.size
    if n <= 2 * blocks:
        return np.arange(n)
    width = -(-n // blocks)
    padded = np.full(-(-n // width) * width, np.nan)
    padded[:n] = values
    table = padded.reshape(-1, width)
    known = np.isfinite(table)
    starts = np.arange(len(table)) * width
    low = starts + np.where(known, table, np.inf).argmin(axis=1)
    high = starts + np.where(known, table, -np.inf).argmax(axis=1)
    return np.unique(np.concatenate([[0], low, high, [n - 1]]))
