"""Roll's spread: the bid-ask spread read from how trade prices bounce."""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from analytics.inputs import Trades
from analytics.measure import Measure, Output
from analytics.parameters import Integer
from analytics.rolling import rolling_sum

Floats = NDArray[np.float64]

_WINDOW: Final = Integer(
    name="window",
    label="Window",
    help="Trades in every value; a few hundred at least, for the bounce is small beside the walk",
    unit="trades",
    default=1000,
    low=500,
    high=10_000,
)
_ROUNDING: Final = 1e-12
"""What is smaller, as a share of what it was taken from, is rounding."""


class RollSpread(NamedTuple):
    """Effective spread in the quote asset and in basis points of the price, and what it rests on; each (n,)."""

    spread: Floats
    spread_bps: Floats
    autocorrelation: Floats


def roll_spread(trades: Trades, *, window: int) -> RollSpread:
    """2 sqrt(-cov) of neighbouring price changes from trade to trade, over the last ``window`` trades.

    Assumes that trades hit bid and ask at random about a value that walks. **Not defined where the covariance is not
    negative** (prices trend, or one order walks the book in several prints): both spreads are NaN there, and
    ``autocorrelation``, given wherever the price moves, says why.

    >>> n = 500
    >>> price = 100.0 + 0.01 * np.cumsum(np.arange(n) // 9 % 2)
    >>> found = roll_spread(Trades(np.arange(n), price, np.ones(n), np.ones(n) > 0), window=500)
    >>> bool(np.isnan(found.spread[-1])), bool(found.autocorrelation[-1] > 0)
    (True, True)
    """
    change = np.diff(trades.price)
    pairs = window - 2
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        covariance = _covariance(change[1:], change[:-1], pairs)
        variance = _covariance(change, change, pairs)
        variance = np.where(variance > _ROUNDING * rolling_sum(change * change, pairs) / pairs, variance, np.nan)
        autocorrelation = np.clip(covariance / np.sqrt(variance[1:] * variance[:-1]), -1.0, 1.0)
        spread = 2 * np.sqrt(np.where(autocorrelation < -_ROUNDING, -covariance, np.nan))
    result = np.full((3, trades.price.size), np.nan)
    result[:, 2:] = spread, 1e4 * spread / trades.price[2:], autocorrelation
    return RollSpread(*result)


def _covariance(left: Floats, right: Floats, window: int) -> Floats:
    total = rolling_sum(left * right, window) - rolling_sum(left, window) * rolling_sum(right, window) / window
    return total / (window - 1)


def _warmup(*, window: int) -> int:
    return window


MEASURE: Final = Measure(
    name="roll_spread",
    title="Roll spread",
    group="liquidity",
    summary="The bid-ask spread read from how trade prices bounce; none where they do not",
    takes=Trades,
    parameters=(_WINDOW,),
    outputs=(
        Output("spread", "Spread", "quote asset", "2 sqrt(-covariance); none where the covariance is not negative"),
        Output("spread_bps", "Spread", "bps", "The spread as a share of the last price"),
        Output("autocorrelation", "Autocorrelation", "", "Of neighbouring price changes; -0.5 is bounce alone"),
    ),
    per_row=True,
    warmup=_warmup,
    compute=roll_spread,
    formula="2 sqrt(-cov(dp_t, dp_t-1)) where cov < 0",
    reference="Roll 1984, J. Finance 39",
    oracle="numpy.cov of each window; simulated bounce of known spread",
    tolerance="1e-9 relative",
)
