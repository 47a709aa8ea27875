"""Amihud's illiquidity: how far the price moves per amount traded."""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from analytics.flow import bar_returns, rolling_count
from analytics.inputs import Leg
from analytics.market import QUOTE_VOLUME
from analytics.measure import Measure, Output
from analytics.parameters import WINDOW
from analytics.rolling import rolling_sum

Floats = NDArray[np.float64]

_BPS_PER_MILLION: Final = 1e4 * 1e6


class Amihud(NamedTuple):
    """Basis points per million of the quote asset at each bar, shape (n,); NaN while warming up."""

    illiquidity: Floats


def amihud(leg: Leg, *, window: int) -> Amihud:
    """Mean of |one-bar log return| / traded value over the last ``window`` bars, in basis points per million.

    Returns that span missing bars and bars without volume are left out; half of the window's bars are needed.
    Grows as bars get shorter: compare symbols on one time frame.

    >>> bars = np.zeros((21, 10)); bars[:, 0] = np.arange(21); bars[:, QUOTE_VOLUME] = 5e5
    >>> bars[:, 4] = np.exp(1e-4 * (np.arange(21) % 2))
    >>> amihud(Leg(bars, 1), window=20).illiquidity[-1].round(9)
    np.float64(2.0)
    """
    returns, follow = bar_returns(leg)
    value = leg.bars[:, QUOTE_VOLUME]
    counted = follow & (value > 0)
    ratio = np.zeros(value.size)
    np.divide(np.abs(returns) * _BPS_PER_MILLION, value, out=ratio, where=counted)
    with np.errstate(divide="ignore", invalid="ignore"):
        return Amihud(rolling_sum(ratio, window) / rolling_count(counted, window))


def _warmup(*, window: int) -> int:
    return window + 1


MEASURE: Final = Measure(
    name="amihud",
    title="Amihud illiquidity",
    group="liquidity",
    summary="How far the price moves per amount traded",
    takes=Leg,
    parameters=(WINDOW,),
    outputs=(Output("illiquidity", "Illiquidity", "bps per million", "Mean |return| per million of the quote asset"),),
    per_row=True,
    warmup=_warmup,
    compute=amihud,
    formula="mean of |r_t| / (quote volume)_t, times 1e10",
    reference="Amihud 2002, J. Financial Markets 5",
    oracle="long double brute force; hand-computed bars",
    tolerance="1e-10 relative",
)
