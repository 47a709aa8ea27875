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
from analytics.rolling import rolling_ols

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
    help="Variance of the spread's noise, as a multiple of the residual variance of the first window",
    default=1.0,
    low=0.01,
    high=100.0,
)


class KalmanState(NamedTuple):
    """The filter after the bar that opened at ``until_ms``: everything that the next bar needs.

    y - y_ref = level + slope * (x - x_ref) + noise, about reference prices that were known at the start, so that no
    digits cancel at high prices. Variances: ``level_step`` and ``slope_step`` of one bar's drift (Q), ``noise`` (R),
    and ``p00``, ``p01``, ``p11`` of level and slope.
    """

    until_ms: int
    y_ref: float
    x_ref: float
    level_step: float
    slope_step: float
    noise: float
    level: float
    slope: float
    p00: float
    p01: float
    p11: float


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
    """The filter as these rows leave it to the next; None when no line fits them, or one fits without residual.

    R is ``noise`` times the residual variance. Level and slope start as least squares knows them; each bar adds
    delta / (1 - delta) of the variance that one row like these would leave: R to the level at the mean of x, and
    R / var(x) to the slope. So one delta means one memory at every price, scale and time frame. R is never estimated
    again: when the market grows much wilder than those rows were, z grows with it.
    """
    fit = fit_ols(y, x)
    if isinstance(fit, NoFit) or not fit.sigma:
        return None
    r, drift = noise * fit.residual_se**2, delta / (1 - delta)
    per_slope = noise * fit.slope_se**2
    return KalmanState(
        until_ms=until_ms,
        y_ref=fit.y_mean,
        x_ref=fit.x_mean,
        level_step=drift * r,
        slope_step=drift * per_slope * fit.n,
        noise=r,
        level=0.0,
        slope=fit.slope,
        p00=r / fit.n,
        p01=0.0,
        p11=per_slope,
    )


def kalman_columns(rows: Rows, window: int, state: KalmanState | None, *, delta: float, noise: float) -> KalmanColumns:
    """Filter ``rows``, or those newer than ``state``; NaN before, and in the row itself where a price is missing."""
    state = _start(rows, window, delta, noise) if state is None else state
    table = np.full((6, rows.y.size), np.nan)
    if state is not None:
        state = run(state, rows, int(np.searchsorted(rows.open_ms, state.until_ms, "right")), table)
    return KalmanColumns(AsOf(table[0], table[2], table[3], table[4], table[5]), table[1], state)


def run(state: KalmanState, rows: Rows, first: int, table: Floats) -> KalmanState:
    """Filter the rows from ``first`` on into ``table`` (6, n): hedge ratio, its error, intercept, sigma, spread, z."""
    if first >= rows.y.size:
        return state
    held, prior = np.array(state[6:]), np.empty((5, rows.y.size - first))
    with np.errstate(invalid="ignore", over="ignore"):
        y, x = rows.y[first:] - state.y_ref, rows.x[first:] - state.x_ref
        fast(kalman_filter)(y, x, np.array(state[3:6]), held, prior)
    level, slope, variance, error, spread_variance = prior
    table[0, first:] = slope
    table[1, first:] = np.sqrt(variance)
    table[2, first:] = state.y_ref + level - slope * state.x_ref
    table[3, first:] = np.sqrt(spread_variance)
    table[4, first:] = error
    table[5, first:] = z_of(error, table[3, first:])
    return KalmanState(int(rows.open_ms[-1]), *state[1:6], *held.tolist())


def line_of(state: KalmanState, x: float, window: int) -> KalmanLine:
    """The forecast for the next bar; ``sigma`` is for a price of ``x``."""
    p00, p11 = state.p00 + state.level_step, state.p11 + state.slope_step
    at = x - state.x_ref if math.isfinite(x) else 0.0
    return KalmanLine(
        n=window,
        slope=state.slope,
        intercept=state.y_ref + state.level - state.slope * state.x_ref,
        sigma=math.sqrt(p00 + state.p01 * at + at * (state.p01 + p11 * at) + state.noise),
        y_mean=state.y_ref,
        x_mean=state.x_ref,
        slope_se=math.sqrt(p11),
        level=state.level,
        p00=p00,
        p01=state.p01,
        p11=p11,
        noise=state.noise,
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
