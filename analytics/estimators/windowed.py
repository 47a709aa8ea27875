"""Estimators that are fitted anew on every window: least squares, and total least squares in closed form."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from analytics.estimators.base import AsOf, Estimator, Floats, Rows, one_row_later, z_of
from analytics.hedge import Line, NoFit, fit_ols, moments
from analytics.rolling import ROUNDING, RollingFit, rolling_mean_sd, rolling_ols


class _Windowed(Estimator):
    def reach(self, window: int, options: Mapping[str, Any]) -> int:  # noqa: ARG002
        """The window."""
        return window


class Ols(_Windowed):
    """Ordinary least squares of y on x: all noise is y's."""

    name = "ols"
    label = "OLS"

    def columns(self, rows: Rows, window: int, options: Mapping[str, Any], state: Any) -> tuple[AsOf, Any]:  # noqa: ARG002
        """See `Estimator.columns`."""
        return _as_of(rolling_ols(rows.y, rows.x, window), rows), None

    def newest(self, rows: Rows, window: int, options: Mapping[str, Any], state: Any) -> Line | NoFit:  # noqa: ARG002
        """See `Estimator.newest`."""
        return fit_ols(rows.y[-window:], rows.x[-window:])


class Tls(_Windowed):
    """Total least squares: distances are measured at right angles, so swapping the legs inverts the ratio exactly."""

    name = "tls"
    label = "TLS"

    def columns(self, rows: Rows, window: int, options: Mapping[str, Any], state: Any) -> tuple[AsOf, Any]:  # noqa: ARG002
        """See `Estimator.columns`."""
        return _as_of(_rolling_tls(rows.y, rows.x, window), rows), None

    def newest(self, rows: Rows, window: int, options: Mapping[str, Any], state: Any) -> Line | NoFit:  # noqa: ARG002
        """See `Estimator.newest`."""
        return fit_tls(rows.y[-window:], rows.x[-window:])


def fit_tls(y: ArrayLike, x: ArrayLike) -> Line | NoFit:
    """Line of least squared distances at right angles, of two equally long columns; the same noise in both legs.

    It depends on the units of the legs: for prices of different size use logs. ``sigma`` is the sample standard
    deviation (ddof 1) of the residuals in y. `NoFit` as `fit_ols`, and where the line is upright.

    >>> fit = fit_tls([1.0, 3.0, 5.0, 6.0], [0.0, 1.0, 2.0, 3.0])
    >>> round(fit.slope * fit_tls([0.0, 1.0, 2.0, 3.0], [1.0, 3.0, 5.0, 6.0]).slope, 12)
    1.0
    """
    found = moments(y, x)
    if isinstance(found, NoFit):
        return found
    n, y_mean, x_mean = found[:3]
    gap, twice = found.yy - found.xx, 2.0 * found.xy
    root = math.hypot(gap, twice)
    if gap > 0 and not twice:
        return NoFit("the line is upright: x does not follow y at all", n)
    slope = (gap + root) / twice if gap > 0 else twice / (root - gap) if root - gap else 0.0
    return Line(
        n=n,
        slope=slope,
        intercept=y_mean - slope * x_mean,
        sigma=math.sqrt(found.left_over(slope) / (n - 1)),
        y_mean=y_mean,
        x_mean=x_mean,
    )


def slope_se(fit: RollingFit, x: Floats, window: int) -> Floats:
    """Standard error of each window's least-squares slope, shape (n,), as of the window's end.

    >>> fit = rolling_ols([1.0, 3.0, 5.0, 6.0], [0.0, 1.0, 2.0, 3.0], 4)
    >>> slope_se(fit, np.array([0.0, 1.0, 2.0, 3.0]), 4)[-1].round(9) == round(fit_ols(
    ...     [1.0, 3.0, 5.0, 6.0], [0.0, 1.0, 2.0, 3.0]).slope_se, 9)
    np.True_
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(np.isfinite(fit.slope), fit.sigma / rolling_mean_sd(x, window)[1], np.nan) / math.sqrt(
            window - 2
        )


def _rolling_tls(y: Floats, x: Floats, window: int) -> RollingFit:
    """`rolling_ols` with the line turned. From standard deviations and the OLS slope b: nothing cancels."""
    fit = rolling_ols(y, x, window)
    (_, y_sd), (_, x_sd) = rolling_mean_sd(y, window), rolling_mean_sd(x, window)
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        gap = (y_sd - x_sd) * (y_sd + x_sd)
        twice = 2.0 * fit.slope * x_sd * x_sd
        root = np.hypot(gap, twice)
        steep, shallow = (gap + root) / twice, twice / (root - gap)
        slope = np.where(gap > 0, steep, np.where(root > gap, shallow, 0.0))
        slope = np.where(np.isfinite(slope) & np.isfinite(fit.slope), slope, np.nan)
        sigma = np.hypot(fit.sigma, (slope - fit.slope) * x_sd)
        sigma = np.where(sigma > ROUNDING * np.abs(fit.y_mean), sigma, np.where(np.isnan(sigma), np.nan, 0.0))
        return replace(fit, slope=slope, intercept=fit.y_mean - slope * fit.x_mean, sigma=sigma)


def _as_of(fit: RollingFit, rows: Rows) -> AsOf:
    sigma, spread = one_row_later(fit.sigma), fit.residuals_after(rows.y, rows.x)
    return AsOf(
        hedge_ratio=one_row_later(fit.slope),
        intercept=one_row_later(fit.intercept),
        sigma=sigma,
        spread=spread,
        z=z_of(spread, sigma),
    )
