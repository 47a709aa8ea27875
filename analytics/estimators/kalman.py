"""A hedge ratio that drifts: level and slope walk at random, the spread is the error of the one-bar-ahead forecast."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

import numpy as np

from analytics.compiled import fast
from analytics.estimators.base import AsOf, Estimator, Floats, Rows, z_of
from analytics.hedge import Line, NoFit, fit_ols
from analytics.loops.kalman import kalman_filter
from analytics.parameters import Number
from analytics.rolling import rolling_mean_sd, rolling_ols

DELTA: Final = Number(
    name="delta",
    label="Delta (Q)",
    help="How fast level and slope may drift: memory is about 1 / sqrt(delta) bars",
    default=1e-4,
    low=1e-10,
    high=0.1,
)
NOISE: Final = Number(
    name="noise",
    label="Noise (R)",
    help="Variance of the spread's noise, as a multiple of the residual variance of the window before each bar",
    default=1.0,
    low=0.01,
    high=100.0,
)


class Scale(NamedTuple):
    """What one row is measured in: where the level stands, the variances of a step of level and slope, and of noise.

    ``centre`` is the mean of x over the window before the row, less the state's ``x_ref``.
    """

    centre: float
    level_step: float
    slope_step: float
    noise: float


class Held(NamedTuple):
    """Level of the line at x = x_ref + ``centre``, less y_ref; its slope; and their variances."""

    level: float
    slope: float
    p00: float
    p01: float
    p11: float
    centre: float


class KalmanState(NamedTuple):
    """The filter after the bar that opened at ``until_ms``: everything that the next bar needs.

    Prices are counted from reference prices that were known at the start, so that no digits cancel at high levels.
    ``scale`` is the next row's.
    """

    until_ms: int
    y_ref: float
    x_ref: float
    scale: Scale
    held: Held


class KalmanColumns(NamedTuple):
    """As-of columns, the prior standard error of the hedge ratio (n,), and the state after the last row."""

    as_of: AsOf
    hedge_ratio_se: Floats
    state: KalmanState | None


@dataclass(frozen=True, slots=True, kw_only=True)
class KalmanLine(Line):
    """The forecast for the next bar: its sigma grows with the distance of x from where the slope is known."""

    level: float
    p00: float
    p01: float
    p11: float
    noise: float

    def residual(self, y: float, x: float) -> float:
        """The innovation: y less its forecast at ``x``."""
        return (y - self.y_mean) - self.level - self.slope * (x - self.x_mean)

    def sigma_at(self, x: float) -> float:
        """Standard deviation of the innovation at ``x``."""
        at = x - self.x_mean
        return math.sqrt(self.p00 + self.p01 * at + at * (self.p01 + self.p11 * at) + self.noise)


class Kalman(Estimator):
    """Kalman filter. Starts from least squares over the first ``window`` rows; z is innovation over its deviation."""

    name = "kalman"
    label = "Kalman"
    parameters = (DELTA, NOISE)
    recursive = True

    def reach(self, window: int, options: Mapping[str, Any]) -> int:  # noqa: ARG002
        """The window, for what is shown beside the line."""
        return window

    def columns(self, rows: Rows, window: int, options: Mapping[str, Any], state: Any) -> tuple[AsOf, Any]:
        """See `Estimator.columns`."""
        found = kalman_columns(rows, window, state, **options)
        return found.as_of, found.state

    def newest(self, rows: Rows, window: int, options: Mapping[str, Any], state: Any) -> Line | NoFit:  # noqa: ARG002
        """See `Estimator.newest`. Until the filter could start, what is wrong with the window."""
        if state is None:
            return fit_ols(rows.y[-window:], rows.x[-window:])
        return line_of(state, float(rows.x[-1]), window)


def started(y: Floats, x: Floats, until_ms: int, *, delta: float, noise: float) -> KalmanState | None:
    """The filter as one window leaves it to the next row; None when no line fits it, or one fits without residual.

    Level and slope start as least squares knows them.
    """
    fit = fit_ols(y, x)
    if isinstance(fit, NoFit) or not fit.sigma:
        return None
    r = noise * fit.residual_se**2
    scale = scale_after(y, x, fit.x_mean, delta=delta, noise=noise)
    assert scale is not None
    held = Held(0.0, fit.slope, r / fit.n, 0.0, noise * fit.slope_se**2, scale.centre)
    return KalmanState(until_ms, fit.y_mean, fit.x_mean, scale, held)


def scale_after(y: Floats, x: Floats, x_ref: float, *, delta: float, noise: float) -> Scale | None:
    """The scale of the row that follows this window; None when no line fits it, or one fits without residual.

    R is ``noise`` times the residual variance of the window's least squares. Each bar adds delta / (1 - delta) of the
    variance that one row like the window's would leave: R to the level at the mean of x, and R / var(x) to the slope.
    So one delta means one memory at every price and time frame, a market that grows wilder is measured in its own
    noise, and what the filter started from is forgotten.
    """
    fit = fit_ols(y, x)
    if isinstance(fit, NoFit) or not fit.sigma:
        return None
    r, drift = noise * fit.residual_se**2, delta / (1 - delta)
    return Scale(fit.x_mean - x_ref, drift * r, drift * noise * fit.slope_se**2 * fit.n, r)


def _scales(rows: Rows, window: int, first: int, state: KalmanState, *, delta: float, noise: float) -> Floats:
    """`scale_after` for the n rows from ``first`` and the one to come, (4, n + 1).

    Where a window has none, the newest before stays.
    """
    fit = rolling_ols(rows.y, rows.x, window)
    _, sd = rolling_mean_sd(rows.x, window)
    table = np.empty((4, rows.y.size + 1))
    table[:, 0] = np.nan
    centre, level_step, slope_step, r = table[:, 1:]
    with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
        np.subtract(fit.x_mean, state.x_ref, out=centre)
        np.multiply(fit.sigma**2, noise * (window - 1) / (window - 2), out=r)
        np.multiply(r, delta / (1 - delta), out=level_step)
        np.divide(level_step, sd**2 * ((window - 1) / window), out=slope_step)
    usable = np.isfinite(table[2]) & (table[3] > 0)
    if usable[first:].all():
        return table[:, first:]
    newest = np.maximum.accumulate(np.where(usable, np.arange(usable.size), -1))[first:]
    return np.where(newest >= 0, table[:, newest], np.array(state.scale)[:, None])


def kalman_columns(rows: Rows, window: int, state: KalmanState | None, *, delta: float, noise: float) -> KalmanColumns:
    """Filter ``rows``, or those newer than ``state``; NaN before, and in the row itself where a price is missing.

    Rows go back a whole window before the first that is new.
    """
    state = _start(rows, window, delta, noise) if state is None else state
    table = np.full((6, rows.y.size), np.nan)
    if state is not None:
        first = int(np.searchsorted(rows.open_ms, state.until_ms, "right"))
        if first < rows.y.size:
            state = run(state, rows, first, _scales(rows, window, first, state, delta=delta, noise=noise), table)
    return KalmanColumns(AsOf(table[0], table[2], table[3], table[4], table[5]), table[1], state)


def run(state: KalmanState, rows: Rows, first: int, scales: Floats, table: Floats) -> KalmanState:
    """Filter the rows from ``first`` on into ``table`` (6, n): hedge ratio, its error, intercept, sigma, spread, z.

    ``scales`` has a column for each of these rows and for the one after the last.
    """
    held, prior = np.array(state.held), np.empty((5, rows.y.size - first))
    scales = np.require(scales, np.float64, ("C", "W"))
    each = np.require(scales[:, :-1], np.float64, ("C", "W"))
    with np.errstate(invalid="ignore", over="ignore"):
        fast(kalman_filter)(rows.y[first:] - state.y_ref, rows.x[first:] - state.x_ref, each, held, prior)
    level, slope, variance, error, spread_variance = prior
    table[0, first:] = slope
    table[1, first:] = np.sqrt(variance)
    table[2, first:] = state.y_ref + level - slope * (state.x_ref + each[0])
    table[3, first:] = np.sqrt(spread_variance)
    table[4, first:] = error
    table[5, first:] = z_of(error, table[3, first:])
    return state._replace(
        until_ms=int(rows.open_ms[-1]), scale=Scale(*scales[:, -1].tolist()), held=Held(*held.tolist())
    )


def line_of(state: KalmanState, x: float, window: int) -> KalmanLine:
    """The forecast for the next bar; ``sigma`` is for a price of ``x``."""
    scale, held = state.scale, state.held
    move = scale.centre - held.centre
    level = held.level + held.slope * move
    p00 = held.p00 + move * (2.0 * held.p01 + move * held.p11) + scale.level_step
    p01, p11 = held.p01 + move * held.p11, held.p11 + scale.slope_step
    x_mean = state.x_ref + scale.centre
    at = x - x_mean if math.isfinite(x) else 0.0
    return KalmanLine(
        n=window,
        slope=held.slope,
        intercept=state.y_ref + level - held.slope * x_mean,
        sigma=math.sqrt(p00 + p01 * at + at * (p01 + p11 * at) + scale.noise),
        y_mean=state.y_ref,
        x_mean=x_mean,
        slope_se=math.sqrt(p11),
        level=level,
        p00=p00,
        p01=p01,
        p11=p11,
        noise=scale.noise,
    )


def _start(rows: Rows, window: int, delta: float, noise: float) -> KalmanState | None:
    """The filter after the first whole window that a line fits, with a residual."""
    if rows.y.size < window:
        return None
    ends = [window]
    fit = fit_ols(rows.y[:window], rows.x[:window])
    if isinstance(fit, NoFit) or not fit.sigma:
        ends = (np.flatnonzero(rolling_ols(rows.y, rows.x, window).sigma > 0) + 1).tolist()
    for end in ends:
        y, x = rows.y[end - window : end], rows.x[end - window : end]
        state = started(y, x, int(rows.open_ms[end - 1]), delta=delta, noise=noise)
        if state is not None:
            return state
    return None
