"""Realised volatility of one leg: from closes, from high and low, or from all four prices."""

from __future__ import annotations

import math
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from analytics.dependence import follows, log_ratio, log_returns
from analytics.inputs import Leg
from analytics.market import CLOSE, HIGH, LOW, OPEN, OPEN_MS
from analytics.measure import Measure, Output
from analytics.parameters import WINDOW, Choice
from analytics.rolling import rolling_sum

Floats = NDArray[np.float64]

_GARMAN_KLASS: Final = 2 * math.log(2) - 1
_ESTIMATOR: Final = Choice(
    name="estimator",
    label="Estimator",
    help="From closes only, from high and low (Parkinson), or from all four prices (Garman and Klass)",
    default="close",
    choices={"close": "Close to close", "parkinson": "Parkinson", "garman_klass": "Garman-Klass"},
)


class Volatility(NamedTuple):
    """Standard deviation of one-bar log returns at each bar, shape (n,); NaN while warming up."""

    volatility: Floats


def volatility(leg: Leg, *, window: int, estimator: str) -> Volatility:
    """Volatility of the ``window`` bars up to and including each, per bar, as a fraction of the price.

    Nothing is annualised: multiply by the square root of the bars in the span you mean (this market never closes).
    Means of returns are taken as 0. ``close`` leaves out returns that span missing bars and needs half of the window's.
    ``parkinson`` and ``garman_klass`` use each bar's own prices, see no movement between bars, and read low where
    few trades make a bar.

    >>> bars = np.tile([0, 1.0, 2.0, 1.0, 2.0, 1, 1, 1, 1, 0], (20, 1)); bars[:, OPEN_MS] = np.arange(20) * 60_000
    >>> volatility(Leg(bars, 60_000), window=20, estimator="parkinson").volatility[-1].round(6)
    np.float64(0.416277)
    """
    bars = leg.bars
    counted = follows(bars[:, OPEN_MS].astype(np.int64), leg.step_ms)
    with np.errstate(divide="ignore", invalid="ignore"):
        if estimator == "close":
            n = rolling_sum(counted.astype(np.float64), window)
            variance = rolling_sum(log_returns(bars[:, CLOSE], counted) ** 2, window) / n
            variance[2 * n < window] = np.nan
            variance[:window] = np.nan  # no return leads into row 0
        else:
            squares = log_ratio(bars[:, HIGH], bars[:, LOW]) ** 2
            if estimator == "parkinson":
                squares /= 4 * math.log(2)
            else:
                squares = squares / 2 - _GARMAN_KLASS * log_ratio(bars[:, CLOSE], bars[:, OPEN]) ** 2
            variance = np.maximum(rolling_sum(squares, window) / window, 0.0)
        return Volatility(np.sqrt(np.where(np.isfinite(variance), variance, np.nan)))


def _warmup(*, window: int, estimator: str) -> int:
    return window + 1 if estimator == "close" else window


MEASURE: Final = Measure(
    name="volatility",
    title="Realised volatility",
    group="price",
    summary="How much the price moves from bar to bar",
    takes=Leg,
    parameters=(WINDOW, _ESTIMATOR),
    outputs=(Output("volatility", "Volatility", "per bar", "Standard deviation of one-bar log returns"),),
    per_row=True,
    warmup=_warmup,
    compute=volatility,
    formula="close: sqrt(mean r^2); Parkinson: sqrt(mean ln(H/L)^2 / (4 ln 2)); "
    "Garman-Klass: sqrt(mean (ln(H/L)^2 / 2 - (2 ln 2 - 1) ln(C/O)^2))",
    reference="Parkinson 1980, J. Business 53; Garman and Klass 1980, J. Business 53",
    oracle="long double brute force; simulated diffusion of known volatility",
    tolerance="1e-12 relative",
)
