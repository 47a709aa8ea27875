"""The block sums of `analytics.rolling` in numpy, for as long as their compiled twins are not there."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import numpy as np
from numpy.typing import NDArray

from analytics.loops.rolling import NEAR_COLLINEAR, ROUNDING

Floats = NDArray[np.float64]

_PIECE: Final = 8192


def in_pieces(work: Callable[..., tuple[Floats, ...]], columns: tuple[Floats, ...], window: int) -> list[Floats]:
    """``work(*columns, window)``, in pieces that stay in the processor's cache (twice as fast)."""
    size = columns[0].size
    step = max(1, _PIECE // window) * window
    parts = []
    for start in range(0, max(1, size), step):
        first = max(0, start - window)
        with np.errstate(invalid="ignore", over="ignore", divide="ignore"):
            results = work(*(column[first : start + step] for column in columns), window)
        parts.append([result[start - first :] for result in results])
    return [np.concatenate(pieces) for pieces in zip(*parts, strict=True)]


def block_pairs(series: Floats, window: int) -> tuple[Floats, Floats]:
    """The block before each block, and each block, both (blocks, window); NaN before the start and after the end."""
    blocks = -(-series.size // window)
    padded = np.full((blocks + 1) * window, np.nan)
    padded[window : window + series.size] = series
    rows = padded.reshape(blocks + 1, window)
    return rows[:-1], rows[1:]


def join(before: Floats, inside: Floats, size: int) -> Floats:
    """Sum of every window: what it has of the block before, and of the block it ends in."""
    total = np.cumsum(inside, axis=1)
    total[:, :-1] += np.cumsum(before[:, :0:-1], axis=1)[:, ::-1]
    return total.ravel()[:size]


def sum_piece(series: Floats, window: int) -> tuple[Floats]:
    """Sum of each window."""
    return (join(*block_pairs(series, window), series.size),)


def spread_piece(series: Floats, window: int) -> tuple[Floats, Floats, Floats]:
    """Anchor, mean minus anchor, and sum of squared deviations of each window."""
    before, inside, anchor = _anchored(series, window)
    total = join(before, inside, series.size)
    offset = total * (1.0 / window)
    squares = join(before * before, inside * inside, series.size) - total * offset
    return anchor, offset, np.maximum(squares, 0.0)


def z_piece(series: Floats, window: int) -> tuple[Floats]:
    """The last value of each window, from its mean, in its deviations; NaN where it does not move."""
    anchor, offset, squares = spread_piece(series, window)
    z = ((series - anchor) - offset) / np.sqrt(squares / (window - 1))
    return (np.where(_moves(squares, anchor, window), z, np.nan),)


def ols_piece(y: Floats, x: Floats, window: int) -> tuple[Floats, ...]:
    """The fields of `RollingFit` in their order, and 1 where `NEAR_COLLINEAR`, else 0."""
    y_before, y_inside, y_anchor = _anchored(y, window)
    x_before, x_inside, x_anchor = _anchored(x, window)
    y_sum, x_sum = join(y_before, y_inside, y.size), join(x_before, x_inside, y.size)
    y_offset, x_offset = y_sum * (1.0 / window), x_sum * (1.0 / window)
    yy = join(y_before * y_before, y_inside * y_inside, y.size) - y_sum * y_offset
    xx = join(x_before * x_before, x_inside * x_inside, y.size) - x_sum * x_offset
    xy = join(x_before * y_before, x_inside * y_inside, y.size) - x_sum * y_offset
    moves = _moves(xx, x_anchor, window) & _moves(yy, y_anchor, window)
    slope = np.where(moves, xy / xx, np.nan)
    left = yy - slope * xy
    redo = left < NEAR_COLLINEAR * yy
    left = np.where(_moves(left, y_anchor, window) | np.isnan(left), left, 0.0)
    intercept = (y_anchor + y_offset) - slope * (x_anchor + x_offset)
    sigma = np.sqrt(left / (window - 1))
    r_squared = 1.0 - left / np.where(moves, yy, np.nan)
    return slope, intercept, sigma, r_squared, y_anchor, x_anchor, y_offset, x_offset, redo.astype(np.float64)


def _anchored(series: Floats, window: int) -> tuple[Floats, Floats, Floats]:
    before, inside = block_pairs(series, window)
    anchor = inside[:, :1]
    return before - anchor, inside - anchor, np.repeat(anchor.ravel(), window)[: series.size]


def _moves(squares: Floats, anchor: Floats, window: int) -> NDArray[np.bool_]:
    return squares > window * (ROUNDING * anchor) ** 2
