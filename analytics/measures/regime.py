"""Regime of a leg: calm, trending or stressed, with the figures it was derived from."""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from analytics.flow import bar_returns, rolling_count, rolling_median
from analytics.inputs import Leg
from analytics.measure import Measure, Output
from analytics.parameters import MAX_WINDOW, MIN_WINDOW, Integer, Number
from analytics.rolling import rolling_sum

Floats = NDArray[np.float64]

CALM, TRENDING, STRESSED = 0.0, 1.0, 2.0
_WINDOW: Final = Integer(
    name="window",
    label="Window",
    help="Bars whose movement is judged",
    unit="bars",
    default=60,
    low=MIN_WINDOW,
    high=MAX_WINDOW,
)
_MEMORY: Final = Integer(
    name="memory",
    label="Memory",
    help="Bars whose median volatility is the usual one",
    unit="bars",
    default=720,
    low=60,
    high=10_000,
)
_STRESSED_AT: Final = Number(
    name="stressed_at",
    label="Stressed at",
    help="Volatility as a multiple of the usual one from which on the leg is stressed",
    default=2.0,
    low=1.0,
    high=20.0,
)
_TRENDING_AT: Final = Number(
    name="trending_at",
    label="Trending at",
    help="Net move in units of what a random walk would make, from which on the leg trends; 2 is passed by chance in "
    "1 of 22 windows",
    default=2.0,
    low=0.5,
    high=20.0,
)


class Regime(NamedTuple):
    """Columns of shape (n,), NaN while warming up and where the leg did not move.

    ``regime`` is 0 calm, 1 trending, 2 stressed. ``volatility`` is the standard deviation of one-bar log returns,
    ``volatility_ratio`` it over its median of the last ``memory`` bars. ``trend`` is the net move over the root of the
    summed squares: about standard normal for a random walk, positive upwards. ``efficiency`` is |net move| over
    the distance walked, 0 to 1.
    """

    regime: Floats
    volatility: Floats
    volatility_ratio: Floats
    trend: Floats
    efficiency: Floats


def regime(leg: Leg, *, window: int, memory: int, stressed_at: float, trending_at: float) -> Regime:
    """Stressed where volatility is ``stressed_at`` times its usual level, else trending where |trend| reaches
    ``trending_at``, else calm; at each bar, from bars up to it.

    Returns that span missing bars are left out, and half of the window's are needed. The usual level is the median of
    the last ``memory`` volatilities, this one included. A regime describes the window behind it; nothing here says
    that it goes on.
    """
    returns, counted = bar_returns(leg)
    n = rolling_count(counted, window)
    with np.errstate(divide="ignore", invalid="ignore"):
        squares = rolling_sum(returns * returns, window)
        volatility = np.sqrt(squares / n)
        net, distance = rolling_sum(returns, window), rolling_sum(np.abs(returns), window)
        usual = rolling_median(volatility, memory)
        # The first value has no return in row 0 to rest on, nor has the first median.
        usual[: window + memory - 1] = np.nan
        moved = np.where(np.isfinite(usual) & (distance > 0), distance, np.nan)
        ratio = np.where(usual > 0, volatility / usual, np.nan)
        trend = net / np.sqrt(squares)
        efficiency = np.minimum(np.abs(net) / moved, 1.0)
    state = np.where(ratio >= stressed_at, STRESSED, np.where(np.abs(trend) >= trending_at, TRENDING, CALM))
    known = np.isfinite(ratio) & np.isfinite(efficiency)
    return Regime(*(np.where(known, column, np.nan) for column in (state, volatility, ratio, trend, efficiency)))


def _warmup(*, window: int, memory: int, stressed_at: float, trending_at: float) -> int:  # noqa: ARG001
    return window + memory


MEASURE: Final = Measure(
    name="regime",
    title="Regime",
    group="study",
    summary="Whether a leg is calm, trending or stressed, and what says so",
    takes=Leg,
    parameters=(_WINDOW, _MEMORY, _STRESSED_AT, _TRENDING_AT),
    outputs=(
        Output("regime", "Regime", "", "0 calm, 1 trending, 2 stressed"),
        Output("volatility", "Volatility", "per bar", "Standard deviation of one-bar log returns"),
        Output("volatility_ratio", "Volatility ratio", "", "Volatility over its usual level"),
        Output("trend", "Trend", "", "Net move in units of a random walk's, positive upwards"),
        Output("efficiency", "Efficiency", "", "Net move over the distance walked, 0 to 1"),
    ),
    per_row=True,
    warmup=_warmup,
    compute=regime,
    formula="v = sqrt(mean r^2); v / median(v); sum r / sqrt(sum r^2); |sum r| / sum |r|",
    reference="Kaufman 1995, Smarter Trading (efficiency ratio); self-normalised sums: de la Pena et al. 2009",
    oracle="long double brute force; planted calm, trend and stress",
    tolerance="1e-10 relative; the code exactly",
)
