"""Moments, z-scores and regressions over sliding windows in O(n), accurate at any price level.

The series is cut into blocks as long as the window. A window that ends in block k is a suffix of block k-1 and a
prefix of block k; both are summed about one anchor, the first value of block k, which lies in every such window.
So a window is only ever added up, nothing is subtracted when a value leaves: a spike or a NaN has no effect on windows
that do not hold it. And since the anchor is one of the window's own values, it is at most sqrt(window) standard
deviations from the mean, which bounds what the centring can cancel.

Row t of every result belongs to the window that ends at t. It is NaN while the window is not full, and where the
window holds NaN or infinity. Appending values never changes an earlier row by a single bit, and neither does it
matter whether numpy does the work (`analytics.blocks`) or its compiled twin (`analytics.loops.rolling`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import ArrayLike, NDArray

from analytics.blocks import in_pieces, ols_piece, spread_piece, sum_piece, z_piece
from analytics.compiled import fast, ready
from analytics.loops import rolling as loops

Floats = NDArray[np.float64]

ROUNDING: Final = loops.ROUNDING
"""A standard deviation below this share of the level is the rounding of float64, not movement."""
_DIRECT_VALUES: Final = 1 << 18


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


@dataclass(frozen=True, slots=True)
class RollingSpread:
    """Centre and spread of each window, both of shape (n,): ``sd`` has ddof 1 and is 0 where all values are equal."""

    sd: Floats
    _anchor: Floats
    _offset: Floats

    @property
    def mean(self) -> Floats:
        """Mean of each window."""
        return self._anchor + self._offset

    def z_after(self, values: Floats) -> Floats:
        """Distance of row t from the mean of the window that ended one row **before** it, in that window's ``sd``.

        NaN in row 0, and where that window does not move (its deviation is rounding at most).
        """
        result = np.full(values.size, np.nan)
        anchor, sd = self._anchor[:-1], self.sd[:-1]
        with np.errstate(invalid="ignore", divide="ignore"):
            z = ((values[1:] - anchor) - self._offset[:-1]) / sd
            result[1:] = np.where((sd > ROUNDING * np.abs(anchor)) & np.isfinite(z), z, np.nan)
        return result


def rolling_sum(values: ArrayLike, window: int) -> Floats:
    """Sum of each window, by additions only.

    >>> rolling_sum([1.0, 2.0, 4.0, 8.0], 3)
    array([nan, nan,  7., 14.])
    """
    series = _series(values, window)
    if ready():
        total = np.empty(series.size)
        fast(loops.window_sum)(series, window, total)
        return total
    return in_pieces(sum_piece, (series,), window)[0]


def rolling_spread(values: ArrayLike, window: int) -> RollingSpread:
    """Mean and sample standard deviation of each window, ready for z-scores of the row after it.

    >>> rolling_spread([1.0, 2.0, 3.0, 6.0], 3).z_after(np.array([1.0, 2.0, 3.0, 6.0]))
    array([nan, nan, nan,  4.])
    """
    series = _series(values, window)
    if ready():
        anchor, offset, squares = np.empty((3, series.size))
        fast(loops.window_spread)(series, window, anchor, offset, squares)
    else:
        anchor, offset, squares = in_pieces(spread_piece, (series,), window)
    return RollingSpread(np.sqrt(squares / (window - 1)), anchor, offset)


def rolling_mean_sd(values: ArrayLike, window: int) -> tuple[Floats, Floats]:
    """Mean and sample standard deviation (ddof 1) of each window; exactly 0 where all its values are equal.

    >>> mean, sd = rolling_mean_sd([1e5, 3.0, 3.0, 3.0, 5.0], 3)
    >>> mean[2:], sd[3:]
    (array([3.33353333e+04, 3.00000000e+00, 3.66666667e+00]), array([0.        , 1.15470054]))
    """
    spread = rolling_spread(values, window)
    return spread.mean, spread.sd


def rolling_z(values: ArrayLike, window: int) -> Floats:
    """Distance of the last value of each window from its mean, in the window's sample standard deviations.

    NaN where the window does not move (its deviation is rounding at most).

    >>> rolling_z([1.0, 1.0, 1.0, 4.0], 3)
    array([       nan,        nan,        nan, 1.15470054])
    """
    series = _series(values, window)
    if ready():
        z = np.empty(series.size)
        fast(loops.window_z)(series, window, z)
        return z
    return in_pieces(z_piece, (series,), window)[0]


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
    if ready():
        table = np.empty((9, ys.size))
        fast(loops.window_ols)(ys, xs, window, table)
        columns = list(table)
    else:
        columns = in_pieces(ols_piece, (ys, xs), window)
    fit = RollingFit(*columns[:-1])
    _redo(ys, xs, window, np.flatnonzero(columns[-1]), fit)
    return fit


def _series(values: ArrayLike, window: int) -> Floats:
    # Machine code takes writeable arrays only, and the store's bars are not.
    series = np.require(values, dtype=np.float64, requirements=("C", "W"))
    if series.ndim != 1 or window < 2:
        raise ValueError(
            f"`values` must be one-dimensional and `window` at least 2, got shape {series.shape} and {window}. "
            "Pass one column and a longer window."
        )
    return series


def _redo(y: Floats, x: Floats, window: int, rows: NDArray[np.intp], fit: RollingFit) -> None:
    """Sigma and R2 of windows that are all but a straight line, from the residuals themselves."""
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
        left = (rest * rest).sum(axis=1)
        left = np.where(left > window * (ROUNDING * fit._y_anchor[part]) ** 2, left, 0.0)
        fit.sigma[part] = np.sqrt(left / (window - 1))
        fit.r_squared[part] = 1.0 - left / (dy * dy).sum(axis=1)
