"""z-score of a pair's spread against all spreads before it, with weights that fade by age."""

from __future__ import annotations

import math
from collections import deque
from typing import Final, NamedTuple

import numpy as np

from analytics.align import Shared
from analytics.estimators.base import Floats, one_row_later, rows_of, scaled
from analytics.ewm import HALF_LIFE, OnlineEwm, ewm_mean_sd, settled_after
from analytics.hedge import NoFit, fit_ols
from analytics.inputs import Pair
from analytics.measure import Measure, Output
from analytics.parameters import SCALE, WINDOW
from analytics.rolling import ROUNDING, rolling_ols


class SpreadEwmZ(NamedTuple):
    """Columns of shape (n,): ``z`` in deviations, the others in y's price, or logs of it; NaN while warming up."""

    z: Floats
    spread: Floats
    mean: Floats
    sigma: Floats


def spread_ewm_z(pair: Pair, *, window: int, half_life: float, scale: str) -> SpreadEwmZ:
    """As-of spread of each row against the weighted mean and deviation of the as-of spreads **before** it.

    The spread of row t is held against least squares over the ``window`` shared rows before t, so no spread has seen
    itself: its deviation is that of a forecast, wider than the residuals of one fit, and a drift that the window lags
    behind goes into the mean. Weights halve every ``half_life`` spreads; the deviation is corrected for bias. NaN until
    3 half-lives of spreads are there. A row without a spread (a price is missing, or the legs moved as one) is passed
    over and has no z. It reaches back over all rows: where they begin fades, by half every half-life.

    >>> from analytics.align import Shared
    >>> random, ones = np.random.default_rng(1), np.ones(60)
    >>> x = 100 + random.normal(size=60).cumsum()
    >>> shared = Shared(np.arange(60) * 60_000, 2 * x + random.normal(size=60), x, ones, ones, np.arange(60))
    >>> found = spread_ewm_z(Pair(shared, 60_000), window=20, half_life=5.0, scale="level")
    >>> int(np.isnan(found.z).sum()), float(found.z[-1].round(6))
    (35, 0.982149)
    """
    rows = rows_of(pair, scale)
    fit = rolling_ols(rows.y, rows.x, window)
    # A fit without residual leaves rounding only, which must not become a signal later.
    told = one_row_later(fit.sigma) > 0
    spread = np.where(told, fit.residuals_after(rows.y, rows.x), np.nan)
    mean, sigma = (one_row_later(column) for column in ewm_mean_sd(spread, half_life))
    early = slice(0, window + settled_after(half_life))
    spread[early] = mean[early] = sigma[early] = np.nan
    with np.errstate(divide="ignore", invalid="ignore"):
        z = np.where(sigma > ROUNDING * np.abs(rows.y), (spread - mean) / sigma, np.nan)
    return SpreadEwmZ(z, spread, mean, sigma)


def _warmup(*, window: int, half_life: float, scale: str) -> int:  # noqa: ARG001
    return window + settled_after(half_life) + 1


class _Online:
    def __init__(self, step_ms: int, *, window: int, half_life: float, scale: str) -> None:  # noqa: ARG002
        self._scale = scale
        self._waits = _warmup(window=window, half_life=half_life, scale=scale)
        self._held: deque[tuple[float, float]] = deque(maxlen=window)
        self._before = OnlineEwm(half_life)

    def update(self, row: Shared) -> tuple[float, ...]:
        (y,), (x,) = scaled(np.atleast_1d(row.y), np.atleast_1d(row.x), self._scale)
        spread = self._spread(float(y), float(x))
        self._held.append((float(y), float(x)))
        self._waits -= 1
        mean, sigma = self._before.mean, self._before.sd
        self._before.update(spread)
        if self._waits > 0:
            return (math.nan,) * len(SpreadEwmZ._fields)
        return (spread - mean) / sigma if sigma > ROUNDING * abs(y) else math.nan, spread, mean, sigma

    def _spread(self, y: float, x: float) -> float:
        if len(self._held) < (self._held.maxlen or 0):
            return math.nan
        fit = fit_ols(*np.array(self._held).T)
        spread = math.nan if isinstance(fit, NoFit) or not fit.sigma else fit.residual(y, x)
        return spread if math.isfinite(spread) else math.nan


MEASURE: Final = Measure(
    name="spread_ewm_z",
    title="EWM z-score of the spread",
    group="spread",
    summary="How unusual the spread is, the latest bars counting most",
    takes=Pair,
    parameters=(WINDOW, HALF_LIFE, SCALE),
    outputs=(
        Output("z", "z", "sigma", "Spread minus mean, in deviations of the spreads before"),
        Output("spread", "Spread", "y", "Distance of the bar's closes from the line of the window before"),
        Output("mean", "Mean", "y", "Weighted mean of the spreads before"),
        Output("sigma", "Sigma", "y", "Weighted standard deviation of the spreads before, corrected for bias"),
    ),
    per_row=True,
    warmup=_warmup,
    compute=spread_ewm_z,
    online=_Online,
    formula="e_t = y_t - a_t - b_t x_t, a and b by least squares over rows t - n .. t - 1; z_t = (e_t - m_{t-1}) / "
    "s_{t-1}, m and s of e with weights 0.5^(age / half_life)",
    reference="Gatev, Goetzmann and Rouwenhorst 2006, Review of Financial Studies 19 (the spread in deviations of its "
    "past); pandas user guide, Exponentially weighted window (adjust=True, bias=False)",
    oracle="fit_ols of every window; pandas ewm(halflife).mean and .std, one row later",
    tolerance="1e-9 relative",
)
