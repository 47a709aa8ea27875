"""Volume-weighted average price of one leg, and how far the close is from it."""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from analytics.flow import told
from analytics.inputs import Leg
from analytics.market import CLOSE, QUOTE_VOLUME, VOLUME
from analytics.measure import Measure, Output
from analytics.parameters import WINDOW
from analytics.rolling import rolling_sum

Floats = NDArray[np.float64]


class Vwap(NamedTuple):
    """Columns of shape (n,): ``vwap`` in the quote asset, ``distance`` as a fraction of it; NaN where unknown."""

    vwap: Floats
    distance: Floats


def vwap(leg: Leg, *, window: int) -> Vwap:
    """Average price of all that was traded in the ``window`` bars up to and including each, and close / vwap - 1.

    Exact, since bars carry the quote volume: no typical price stands in for the trades. NaN where nothing was traded,
    and where a bar has volume but no quote volume (its source did not tell).

    >>> bars = np.ones((20, 10)); bars[:, QUOTE_VOLUME] = 4.0; bars[:, CLOSE] = 5.0
    >>> found = vwap(Leg(bars, 60_000), window=20)
    >>> found.vwap[-1], found.distance[-1]
    (np.float64(4.0), np.float64(0.25))
    """
    volume = leg.bars[:, VOLUME]
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        traded = rolling_sum(volume, window)
        average = np.where(traded > 0, rolling_sum(told(leg.bars, QUOTE_VOLUME), window) / traded, np.nan)
        distance = (leg.bars[:, CLOSE] - average) / average
    return Vwap(
        np.where(np.isfinite(average), average, np.nan),
        np.where(np.isfinite(distance), distance, np.nan),
    )


def _warmup(*, window: int) -> int:
    return window


MEASURE: Final = Measure(
    name="vwap",
    title="VWAP",
    group="price",
    summary="What the average unit was traded at, and whether the price is above or below that",
    takes=Leg,
    parameters=(WINDOW,),
    outputs=(
        Output("vwap", "VWAP", "quote asset", "Volume-weighted average price of the window"),
        Output("distance", "Close from VWAP", "fraction", "Close above (+) or below (-) it, as a fraction of it"),
    ),
    per_row=True,
    warmup=_warmup,
    compute=vwap,
    formula="sum(quote volume) / sum(volume); C / VWAP - 1",
    reference="Berkowitz, Logue and Noser 1988, J. Finance 43",
    oracle="long double brute force; single trades",
    tolerance="1e-13 relative",
)
