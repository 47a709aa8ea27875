"""A hedge ratio that drifts, by a Kalman filter, with its band, and the innovation as z-score."""

from __future__ import annotations

import math
from collections import deque
from typing import Final, NamedTuple

import numpy as np

from analytics.align import Shared
from analytics.estimators.base import HEDGE_OUTPUTS, SE_OUTPUT, Floats, Rows, rows_of, scaled
from analytics.estimators.kalman import DELTA, NOISE, KalmanState, kalman_columns, run, scale_after, started
from analytics.inputs import Pair
from analytics.measure import Measure
from analytics.parameters import SCALE, WINDOW


class KalmanHedge(NamedTuple):
    """What row t shows before it is taken in; every column (n,), NaN while warming up."""

    hedge_ratio: Floats
    hedge_ratio_se: Floats
    intercept: Floats
    sigma: Floats
    spread: Floats
    z: Floats


def kalman(pair: Pair, *, window: int, scale: str, delta: float, noise: float) -> KalmanHedge:
    """Level and slope of the line as random walks, observed through noise; one step of the filter a shared row.

    The first ``window`` rows are the warm-up: least squares over them gives the start. R is ``noise`` times the
    residual variance of least squares over the ``window`` rows before each, and Q = delta / (1 - delta) times what one
    such row leaves of uncertainty: R for the level at the mean of x, R / var(x) for the slope. So memory is about 1 /
    sqrt(delta) bars at any price, and where the rows begin is forgotten at that pace.

    ``spread`` is the innovation e: y less its forecast from the rows before. ``sigma`` is sqrt(S), its forecast
    deviation at x_t, and z = e / sqrt(S). hedge_ratio +- 1.96 ``hedge_ratio_se`` is a 95 % band if the model is right.
    A row with a missing price has no innovation. The filter never starts on legs that move as one.
    """
    found = kalman_columns(rows_of(pair, scale), window, None, delta=delta, noise=noise)
    as_of = found.as_of
    return KalmanHedge(as_of.hedge_ratio, found.hedge_ratio_se, as_of.intercept, as_of.sigma, as_of.spread, as_of.z)


def _warmup(*, window: int, scale: str, delta: float, noise: float) -> int:  # noqa: ARG001
    return window + 1


class _Online:
    def __init__(self, step_ms: int, *, window: int, scale: str, delta: float, noise: float) -> None:
        self._step_ms, self._window, self._scale = step_ms, window, scale
        self._delta, self._noise = delta, noise
        self._newest: deque[tuple[float, float]] = deque(maxlen=window)
        self._state: KalmanState | None = None

    def update(self, row: Shared) -> tuple[float, ...]:
        y, x = scaled(np.array([row.y], dtype=np.float64), np.array([row.x], dtype=np.float64), self._scale)
        self._newest.append((float(y[0]), float(x[0])))
        if self._state is None:
            if len(self._newest) == self._window:
                ys, xs = np.array(self._newest).T
                self._state = started(ys, xs, int(row.open_ms), delta=self._delta, noise=self._noise)
            return (math.nan,) * len(KalmanHedge._fields)
        ys, xs = np.array(self._newest).T
        after = scale_after(ys, xs, self._state.x_ref, delta=self._delta, noise=self._noise) or self._state.scale
        table, scales = np.empty((6, 1)), np.array([self._state.scale, after]).T
        self._state = run(self._state, Rows(np.array([row.open_ms]), y, x, self._step_ms), 0, scales, table)
        slope, error, intercept, sigma, spread, z = table[:, 0].tolist()
        return slope, intercept, sigma, spread, z, error


MEASURE: Final = Measure(
    name="kalman",
    title="Kalman hedge ratio",
    group="hedge",
    summary="How much of x offsets one of y when that drifts; the spread is the error of a one-bar forecast",
    takes=Pair,
    parameters=(WINDOW, SCALE, DELTA, NOISE),
    outputs=(*HEDGE_OUTPUTS, SE_OUTPUT),
    per_row=True,
    warmup=_warmup,
    compute=kalman,
    online=_Online,
    formula="y_t = a_t + b_t x_t + v, v ~ N(0, R); (a, b)_t = (a, b)_t-1 + w, w ~ N(0, Q); e_t = y_t - a_t|t-1 - "
    "b_t|t-1 x_t; S_t = R + var(a + b x_t | t-1); z = e / sqrt(S); Q = delta / (1 - delta) R diag(1, 1 / var x) about "
    "the mean of x, R and both from the window before",
    reference="Kalman 1960, J. Basic Eng. 82; Durbin and Koopman 2012, 4.3; Chan 2013, Algorithmic Trading, ch. 3",
    oracle="pykalman KalmanFilter.filter with the same Q, R and start",
    tolerance="1e-11",
)
