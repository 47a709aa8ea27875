"""z-score of one leg's close against all bars before it, with weights that fade by age."""

from __future__ import annotations

import math
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from analytics.estimators.base import one_row_later
from analytics.ewm import HALF_LIFE, OnlineEwm, ewm_mean_sd, moves, settled_after
from analytics.inputs import Leg
from analytics.market import Bar
from analytics.measure import Measure, Output
from analytics.parameters import SCALE
from analytics.series import leg_column

Floats = NDArray[np.float64]


class EwmZ(NamedTuple):
    """Columns of shape (n,): ``z`` in deviations, ``mean`` and ``sigma`` in the quote asset, or logs of it."""

    z: Floats
    mean: Floats
    sigma: Floats


def ewm_z(leg: Leg, *, half_life: float, scale: str) -> EwmZ:
    """Close of each bar against the weighted mean and deviation of the bars **before** it, the bar itself not in them.

    Weights halve every ``half_life`` bars; the deviation is corrected for bias. Bars are counted, not time. NaN until 3
    half-lives of bars are there; ``z`` also where nothing has moved. A close that is missing is passed over: its row
    has no z, and what follows does not notice. It reaches back over all rows: where they begin fades, by half every
    half-life.

    >>> bars = np.ones((4, 10)); bars[:, 4] = [1.0, 2.0, 1.0, 3.0]
    >>> found = ewm_z(Leg(bars, 60_000), half_life=1.0, scale="level")
    >>> found.mean.round(6), found.z.round(6)
    (array([     nan,      nan,      nan, 1.285714]), array([     nan,      nan,      nan, 2.868549]))
    """
    closes = leg_column(leg, scale).values
    mean, sigma = (one_row_later(column) for column in ewm_mean_sd(closes, half_life))
    mean[: settled_after(half_life)] = sigma[: settled_after(half_life)] = np.nan
    with np.errstate(divide="ignore", invalid="ignore"):
        z = np.where(moves(sigma, mean) & np.isfinite(closes), (closes - mean) / sigma, np.nan)
    return EwmZ(z, mean, sigma)


def _warmup(*, half_life: float, scale: str) -> int:  # noqa: ARG001
    return settled_after(half_life) + 1


class _Online:
    def __init__(self, step_ms: int, *, half_life: float, scale: str) -> None:  # noqa: ARG002
        self._log = scale == "log"
        self._waits = _warmup(half_life=half_life, scale=scale)
        self._before = OnlineEwm(half_life)

    def update(self, row: Bar) -> tuple[float, ...]:
        self._waits -= 1
        close = row.close
        if self._log:
            close = math.log(close) if close > 0 else math.nan
        found = (self._before.z(close), self._before.mean, self._before.sd)
        self._before.update(close)
        return found if self._waits <= 0 else (math.nan,) * 3


MEASURE: Final = Measure(
    name="ewm_z",
    title="EWM z-score",
    group="spread",
    summary="How unusual the close is, the latest bars counting most",
    takes=Leg,
    parameters=(HALF_LIFE, SCALE),
    outputs=(
        Output("z", "z", "sigma", "Close minus mean, in deviations of the bars before"),
        Output("mean", "Mean", "scale", "Weighted mean of the closes before, in the quote asset or as a log"),
        Output("sigma", "Sigma", "scale", "Weighted standard deviation of the closes before, corrected for bias"),
    ),
    per_row=True,
    warmup=_warmup,
    compute=ewm_z,
    online=_Online,
    formula="z_t = (p_t - m_{t-1}) / s_{t-1}, m and s with weights 0.5^(age / half_life), p = C or ln C",
    reference="pandas user guide, Exponentially weighted window (adjust=True, bias=False)",
    oracle="pandas ewm(halflife).mean and .std, one row later",
    tolerance="1e-13 relative",
)
