"""Trade imbalance: which side was the more aggressive over the last bars."""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from analytics.flow import imbalance
from analytics.inputs import Leg
from analytics.market import BUY_VOLUME, VOLUME
from analytics.measure import Measure, Output
from analytics.parameters import WINDOW
from analytics.rolling import rolling_sum

Floats = NDArray[np.float64]


class TradeImbalance(NamedTuple):
    """Imbalance in [-1, 1] at each bar, shape (n,); NaN while warming up and where nothing was traded."""

    imbalance: Floats


def trade_imbalance(leg: Leg, *, window: int) -> TradeImbalance:
    """(buys - sells) / (buys + sells) in volume over the ``window`` bars up to and including each.

    A trade counts on the side of its aggressor. 1 when all were buys, -1 when all were sells. Weighted by volume, so a
    single big print can make it; silent minutes have no row and do not thin it.

    >>> bars = np.zeros((20, 10)); bars[:, VOLUME] = 4.0; bars[:, BUY_VOLUME] = 3.0
    >>> trade_imbalance(Leg(bars, 1), window=20).imbalance[-1]
    np.float64(0.5)
    """
    volume = leg.bars[:, VOLUME]
    net = 2 * leg.bars[:, BUY_VOLUME] - volume
    return TradeImbalance(imbalance(rolling_sum(net, window), rolling_sum(volume, window)))


def _warmup(*, window: int) -> int:
    return window


MEASURE: Final = Measure(
    name="trade_imbalance",
    title="Trade imbalance",
    group="liquidity",
    summary="Which side was the more aggressive: 1 only buyers, -1 only sellers",
    takes=Leg,
    parameters=(WINDOW,),
    outputs=(Output("imbalance", "Imbalance", "", "Aggressive buys less sells, as a share of the volume, -1 to 1"),),
    per_row=True,
    warmup=_warmup,
    compute=trade_imbalance,
    formula="(sum V_buy - sum V_sell) / (sum V_buy + sum V_sell)",
    reference="Chordia, Roll and Subrahmanyam 2002, J. Financial Economics 65",
    oracle="long double brute force; hand-computed bars",
    tolerance="1e-12",
)
