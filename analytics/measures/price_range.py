"""Range of one leg's price: from the lowest low to the highest high."""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from analytics.extremes import rolling_high, rolling_low
from analytics.inputs import Leg
from analytics.market import HIGH, LOW
from analytics.measure import Measure, Output
from analytics.parameters import WINDOW

Floats = NDArray[np.float64]


class PriceRange(NamedTuple):
    """Columns of shape (n,), prices in the quote asset, ``share`` a fraction of the low; NaN where unknown."""

    high: Floats
    low: Floats
    span: Floats
    share: Floats


def price_range(leg: Leg, *, window: int) -> PriceRange:
    """Highest high and lowest low of the ``window`` bars up to and including each, their difference, and high/low - 1.

    One bad print stays in it for a whole window: that is what a range is. NaN where a price of the window is missing;
    ``share`` also where the low is not positive.

    >>> bars = np.ones((20, 10)); bars[3, HIGH] = 1.5
    >>> price_range(Leg(bars, 60_000), window=20).share[-1]
    np.float64(0.5)
    """
    high, _ = rolling_high(leg.bars[:, HIGH], window)
    low = rolling_low(leg.bars[:, LOW], window)
    high, low = (np.where(np.isfinite(side), side, np.nan) for side in (high, low))
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        share = np.where(low > 0, (high - low) / low, np.nan)
    return PriceRange(high, low, high - low, np.where(np.isfinite(share), share, np.nan))


def _warmup(*, window: int) -> int:
    return window


MEASURE: Final = Measure(
    name="price_range",
    title="Price range",
    group="price",
    summary="The highest and the lowest price of the last bars",
    takes=Leg,
    parameters=(WINDOW,),
    outputs=(
        Output("high", "High", "quote asset", "Highest price of the window"),
        Output("low", "Low", "quote asset", "Lowest price of the window"),
        Output("span", "Range", "quote asset", "High minus low"),
        Output("share", "Range share", "fraction", "High over low, minus 1"),
    ),
    per_row=True,
    warmup=_warmup,
    compute=price_range,
    formula="max(H) - min(L); max(H) / min(L) - 1",
    reference="Parkinson 1980, J. Business 53",
    oracle="brute force",
    tolerance="0 (equal to the last bit)",
)
