"""The line that holds two legs together, and its best known estimate: least squares, with its uncertainty."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from analytics.rolling import ROUNDING


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """y = intercept + slope * x + residual, by any estimator, over n rows.

    ``slope`` is in units of y per unit of x (the hedge ratio), ``intercept`` and ``sigma`` in units of y. ``sigma`` is
    what a z-score is measured in: exactly 0 when the residuals are rounding only. ``slope_se`` and ``r_squared`` are
    None where the estimator has none. (``x_mean``, ``y_mean``) is a point of the line amid its rows.
    """

    n: int
    slope: float
    intercept: float
    sigma: float
    y_mean: float
    x_mean: float
    slope_se: float | None = None
    r_squared: float | None = None

    def residual(self, y: float, x: float) -> float:
        """Distance of (x, y) from the line, in units of y; computed about the centre, so no digits cancel."""
        return (y - self.y_mean) - self.slope * (x - self.x_mean)

    def sigma_at(self, x: float) -> float:  # noqa: ARG002
        """Sigma of the residual at ``x``; the same everywhere unless the estimator says otherwise."""
        return self.sigma


@dataclass(frozen=True, slots=True, kw_only=True)
class Fit(Line):
    """A line by ordinary least squares.

    ``residual_se`` divides by n - 2 (what the standard errors rest on); ``sigma`` is the sample standard deviation of
    the residuals, dividing by n - 1. The standard errors assume independent residuals of equal variance, which prices
    rarely give: read them as a lower bound. ``slope_t`` tests slope = 0; infinite for a perfect line.
    """

    slope_se: float
    r_squared: float
    intercept_se: float
    slope_t: float
    residual_se: float


@dataclass(frozen=True, slots=True)
class NoFit:
    """There is no line to fit; ``reason`` says why, ``n`` how many rows there were."""

    reason: str
    n: int


class Moments(NamedTuple):
    """Two columns about their means, and the sums of their squares and products."""

    n: int
    y_mean: float
    x_mean: float
    dy: NDArray[np.float64]
    dx: NDArray[np.float64]
    yy: float
    xx: float
    xy: float

    def left_over(self, slope: float) -> float:
        """Sum of squared residuals of the line through the means; 0 when they are rounding only."""
        rest = self.dy - slope * self.dx
        rest -= np.add.reduce(rest) / self.n
        left = float(rest @ rest)
        return left if left > self.n * (ROUNDING * self.y_mean) ** 2 else 0.0


def moments(y: ArrayLike, x: ArrayLike) -> Moments | NoFit:
    """What a line of two equally long columns rests on. `NoFit` and errors as `fit_ols`."""
    ys, xs = np.asarray(y, dtype=np.float64), np.asarray(x, dtype=np.float64)
    n = ys.size
    if ys.shape != xs.shape or ys.ndim != 1:
        raise ValueError(f"`y` and `x` must be columns of one length, got {ys.shape} and {xs.shape}. Align them first.")
    if n < 3:
        return NoFit(f"needs 3 rows, has {n}", n)
    with np.errstate(invalid="ignore", over="ignore"):
        y_mean, x_mean = float(np.add.reduce(ys)) / n, float(np.add.reduce(xs)) / n
        dy, dx = ys - y_mean, xs - x_mean
        yy, xx, xy = float(dy @ dy), float(dx @ dx), float(dx @ dy)
    if not math.isfinite(yy + xx):
        return NoFit("a price is missing or infinite", n)
    for leg, squares, level in (("y", yy, y_mean), ("x", xx, x_mean)):
        if not squares > n * (ROUNDING * level) ** 2:
            return NoFit(f"{leg} does not move", n)
    return Moments(n, y_mean, x_mean, dy, dx, yy, xx, xy)


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
    found = moments(y, x)
    if isinstance(found, NoFit):
        return found
    n, y_mean, x_mean = found[:3]
    yy, xx, xy = found[5:]
    slope = xy / xx
    left = found.left_over(slope)
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
