"""The hedge ratio: least squares of one leg on the other, with its uncertainty."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from analytics.rolling import ROUNDING


@dataclass(frozen=True, slots=True)
class Fit:
    """y = intercept + slope * x + residual, by ordinary least squares over n rows.

    ``slope`` is in units of y per unit of x (the hedge ratio), ``intercept``, ``residual_se`` and ``sigma`` in units
    of y. ``residual_se`` divides by n - 2 (what the standard errors rest on); ``sigma`` is the sample standard
    deviation of the residuals, dividing by n - 1 (what a z-score is measured in); both are exactly 0 when the residuals
    are rounding only. The standard errors assume independent residuals of equal variance, which prices rarely give:
    read them as a lower bound. ``slope_t`` tests slope = 0; infinite for a perfect line.
    """

    n: int
    slope: float
    intercept: float
    slope_se: float
    intercept_se: float
    slope_t: float
    r_squared: float
    residual_se: float
    sigma: float
    y_mean: float
    x_mean: float

    def residual(self, y: float, x: float) -> float:
        """Distance of (x, y) from the line, in units of y; computed about the centre, so no digits cancel."""
        return (y - self.y_mean) - self.slope * (x - self.x_mean)


@dataclass(frozen=True, slots=True)
class NoFit:
    """There is no line to fit; ``reason`` says why, ``n`` how many rows there were."""

    reason: str
    n: int


def fit_ols(y: ArrayLike, x: ArrayLike) -> Fit | NoFit:
    """Least squares with an intercept of y on x, two equally long columns.

    `NoFit` for fewer than 3 rows, for NaN or infinity, and when a leg does not move. Raises ValueError when the shapes
    differ. Accuracy: NIST StRD Norris to 1e-12.

    >>> fit = fit_ols([1.0, 3.0, 5.0, 6.0], [0.0, 1.0, 2.0, 3.0])
    >>> round(fit.slope, 12), round(fit.intercept, 12), round(fit.sigma, 6)
    (1.7, 1.2, 0.316228)
    >>> fit_ols([1.0, 2.0, 3.0], [4.0, 4.0, 4.0])
    NoFit(reason='x does not move', n=3)
    """
    ys, xs = np.asarray(y, dtype=np.float64), np.asarray(x, dtype=np.float64)
    n = ys.size
    if ys.shape != xs.shape or ys.ndim != 1:
        raise ValueError(f"`y` and `x` must be columns of one length, got {ys.shape} and {xs.shape}. Align them first.")
    if n < 3:
        return NoFit(f"needs 3 rows, has {n}", n)
    if not (np.isfinite(ys).all() and np.isfinite(xs).all()):
        return NoFit("a price is missing or infinite", n)
    y_mean, x_mean = float(ys.mean()), float(xs.mean())
    dy, dx = ys - y_mean, xs - x_mean
    yy, xx, xy = float(dy @ dy), float(dx @ dx), float(dx @ dy)
    for leg, squares, level in (("y", yy, y_mean), ("x", xx, x_mean)):
        if not squares > n * (ROUNDING * level) ** 2:
            return NoFit(f"{leg} does not move", n)
    slope = xy / xx
    rest = dy - slope * dx
    rest -= rest.mean()
    left = float(rest @ rest)
    if not left > n * (ROUNDING * y_mean) ** 2:
        left = 0.0
    residual_se = math.sqrt(left / (n - 2))
    slope_se = residual_se / math.sqrt(xx)
    return Fit(
        n=n,
        slope=slope,
        intercept=y_mean - slope * x_mean,
        slope_se=slope_se,
        intercept_se=residual_se * math.sqrt(1 / n + x_mean * x_mean / xx),
        slope_t=slope / slope_se if slope_se else math.copysign(math.inf, slope),
        r_squared=1.0 - left / yy,
        residual_se=residual_se,
        sigma=math.sqrt(left / (n - 1)),
        y_mean=y_mean,
        x_mean=x_mean,
    )
