"""Moments, z-scores and regressions over sliding windows in O(n), accurate at any price level.

The series is cut into blocks as long as the window. A window that ends in block k is a suffix of block k-1 and a
prefix of block k; both are summed about one anchor, the first value of block k, which lies in every such window.
So a window is only ever added up, nothing is subtracted when a value leaves: a spike or a NaN has no effect on windows
that do not hold it. And since the anchor is one of the window's own values, it is at most sqrt(window) standard
deviations from the mean, which bounds what the centring can cancel.

Row t of every result belongs to the window that ends at t. It is NaN while the window is not full, and where the
window holds NaN or infinity. Appending values never changes an earlier row by a single bit.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]

ROUNDING: Final = 1e-14
"""A standard deviation below this share of the level is the rounding of float64, not movement."""
_NEAR_COLLINEAR: Final = 1e-6
_DIRECT_VALUES: Final = 1 << 18
_PIECE: Final = 8192


@dataclass(frozen=True, slots=True)
class RollingFit:
    """Least squares y = intercept + slope * x over each window; every array has shape (n,).

    ``sigma`` is the sample standard deviation (ddof 1) of the window's residuals: exactly 0 when they are rounding
    only. NaN throughout where a leg does not move in the window. ``y_mean`` and ``x_mean`` are the centre of each fit;
    each is kept as anchor and offset so that `residuals_after` loses no digits at high levels.
    """

    slope: Floats
    intercept: Floats
    sigma: Floats
    r_squared: Floats
    _y_anchor: Floats
    _x_anchor: Floats
    _y_offset: Floats
    _x_offset: Floats

    @property
    def y_mean(self) -> Floats:
        """Mean of y over each window."""
        return self._y_anchor + self._y_offset

    @property
    def x_mean(self) -> Floats:
        """Mean of x over each window."""
        return self._x_anchor + self._x_offset

    def residuals_after(self, y: Floats, x: Floats) -> Floats:
        """Distance of row t from the fit of the window that ended one row **before** it; NaN in row 0."""
        result = np.full(y.size, np.nan)
        dy = (y[1:] - self._y_anchor[:-1]) - self._y_offset[:-1]
        dx = (x[1:] - self._x_anchor[:-1]) - self._x_offset[:-1]
        result[1:] = dy - self.slope[:-1] * dx
        return result


def rolling_sum(values: ArrayLike, window: int) -> Floats:
    """Sum of each window, by additions only.

    >>> rolling_sum([1.0, 2.0, 4.0, 8.0], 3)
    array([nan, nan,  7., 14.])
    """
    series = _series(values, window)
    before, inside = _blocks(series, window)
    with np.errstate(invalid="ignore", over="ignore"):
        return _sums(before, inside, series.size)


def rolling_mean_sd(values: ArrayLike, window: int) -> tuple[Floats, Floats]:
    """Mean and sample standard deviation (ddof 1) of each window; exactly 0 where all its values are equal.

    >>> mean, sd = rolling_mean_sd([1e5, 3.0, 3.0, 3.0, 5.0], 3)
    >>> mean[2:], sd[3:]
    (array([3.33353333e+04, 3.00000000e+00, 3.66666667e+00]), array([0.        , 1.15470054]))
    """
    series = _series(values, window)
    anchor, offset, squares = _spread_of(series, window)
    return anchor + offset, np.sqrt(squares / (window - 1))


def rolling_z(values: ArrayLike, window: int) -> Floats:
    """Distance of the last value of each window from its mean, in the window's sample standard deviations.

    NaN where the window does not move (its deviation is rounding at most).

    >>> rolling_z([1.0, 1.0, 1.0, 4.0], 3)
    array([       nan,        nan,        nan, 1.15470054])
    """
    series = _series(values, window)
    anchor, offset, squares = _spread_of(series, window)
    with np.errstate(invalid="ignore", divide="ignore"):
        z = ((series - anchor) - offset) / np.sqrt(squares / (window - 1))
        return np.where(_moves(squares, anchor, window), z, np.nan)


def rolling_ols(y: ArrayLike, x: ArrayLike, window: int) -> RollingFit:
    """Regression of y on x with an intercept over each window of the two equally long series, shape (n,).

    Raises ValueError when the lengths differ or the window is below 3.

    >>> fit = rolling_ols([1.0, 3.0, 5.0, 6.0], [0.0, 1.0, 2.0, 3.0], 3)
    >>> fit.slope, fit.intercept
    (array([nan, nan, 2. , 1.5]), array([       nan,        nan, 1.        , 1.66666667]))
    """
    ys, xs = _series(y, window), _series(x, window)
    if ys.size != xs.size or window < 3:
        raise ValueError(
            f"`y` and `x` must be equally long and `window` at least 3, got {ys.size}, {xs.size} and {window}. "
            "Align the series first."
        )
    # In pieces that stay in the processor's cache (twice as fast), each with the block before it.
    step = max(1, _PIECE // window) * window
    parts = []
    for start in range(0, max(1, ys.size), step):
        first = max(0, start - window)
        columns = _fit_piece(ys[first : start + step], xs[first : start + step], window)
        parts.append([column[start - first :] for column in columns])
    return RollingFit(*(np.concatenate(pieces) for pieces in zip(*parts, strict=True)))


def _fit_piece(y: Floats, x: Floats, window: int) -> tuple[Floats, ...]:
    """The columns of `RollingFit`, in its order."""
    y_before, y_inside, y_anchor = _anchored(y, window)
    x_before, x_inside, x_anchor = _anchored(x, window)
    with np.errstate(invalid="ignore", over="ignore", divide="ignore"):
        y_sum = _sums(y_before, y_inside, y.size)
        x_sum = _sums(x_before, x_inside, y.size)
        yy = np.maximum(_sums(y_before * y_before, y_inside * y_inside, y.size) - y_sum * y_sum / window, 0.0)
        xx = np.maximum(_sums(x_before * x_before, x_inside * x_inside, y.size) - x_sum * x_sum / window, 0.0)
        xy = _sums(x_before * y_before, x_inside * y_inside, y.size) - x_sum * y_sum / window
        moves = _moves(xx, x_anchor, window) & _moves(yy, y_anchor, window)
        slope = np.where(moves, xy / xx, np.nan)
        left = _left_over(y, x, window, yy, yy - slope * xy)
        left = np.where(_moves(left, y_anchor, window) | np.isnan(left), left, 0.0)
        y_offset, x_offset = y_sum / window, x_sum / window
        intercept = (y_anchor + y_offset) - slope * (x_anchor + x_offset)
        sigma = np.sqrt(left / (window - 1))
        r_squared = 1.0 - left / np.where(moves, yy, np.nan)
    return slope, intercept, sigma, r_squared, y_anchor, x_anchor, y_offset, x_offset


def _series(values: ArrayLike, window: int) -> Floats:
    series = np.ascontiguousarray(values, dtype=np.float64)
    if series.ndim != 1 or window < 2:
        raise ValueError(
            f"`values` must be one-dimensional and `window` at least 2, got shape {series.shape} and {window}. "
            "Pass one column and a longer window."
        )
    return series


def _blocks(series: Floats, window: int) -> tuple[Floats, Floats]:
    """The block before each block, and each block, both (blocks, window); NaN before the start and after the end."""
    blocks = -(-series.size // window)
    padded = np.full((blocks + 1) * window, np.nan)
    padded[window : window + series.size] = series
    rows = padded.reshape(blocks + 1, window)
    return rows[:-1], rows[1:]


def _anchored(series: Floats, window: int) -> tuple[Floats, Floats, Floats]:
    before, inside = _blocks(series, window)
    anchor = inside[:, :1]
    with np.errstate(invalid="ignore"):
        return before - anchor, inside - anchor, np.repeat(anchor.ravel(), window)[: series.size]


def _sums(before: Floats, inside: Floats, size: int) -> Floats:
    total = np.cumsum(inside, axis=1)
    total[:, :-1] += np.cumsum(before[:, :0:-1], axis=1)[:, ::-1]
    return total.ravel()[:size]


def _spread_of(series: Floats, window: int) -> tuple[Floats, Floats, Floats]:
    """Anchor, mean minus anchor, and sum of squared deviations of each window."""
    before, inside, anchor = _anchored(series, window)
    with np.errstate(invalid="ignore", over="ignore"):
        total = _sums(before, inside, series.size)
        squares = _sums(before * before, inside * inside, series.size) - total * total / window
        return anchor, total / window, np.maximum(squares, 0.0)


def _moves(squares: Floats, anchor: Floats, window: int) -> NDArray[np.bool_]:
    return squares > window * (ROUNDING * anchor) ** 2


def _left_over(y: Floats, x: Floats, window: int, yy: Floats, left: Floats) -> Floats:
    """Sum of squared residuals; windows that are all but a straight line, where yy - slope * xy cancels, are redone."""
    rows = np.flatnonzero(left < _NEAR_COLLINEAR * yy)
    step = max(1, _DIRECT_VALUES // window)
    for start in range(0, rows.size, step):
        part = rows[start : start + step]
        dy = sliding_window_view(y, window)[part - window + 1]
        dx = sliding_window_view(x, window)[part - window + 1]
        dy = dy - dy.mean(axis=1, keepdims=True)
        dx = dx - dx.mean(axis=1, keepdims=True)
        slope = (dx * dy).sum(axis=1, keepdims=True) / (dx * dx).sum(axis=1, keepdims=True)
        rest = dy - slope * dx
        rest -= rest.mean(axis=1, keepdims=True)
        left[part] = (rest * rest).sum(axis=1)
    return left
