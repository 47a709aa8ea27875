"""How much one leg is traded: volumes, trades per minute, their size, silence, and who is the aggressor."""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from analytics.flow import told
from analytics.inputs import Leg
from analytics.market import BUY_VOLUME, OPEN_MS, QUOTE_VOLUME, TRADES, VOLUME
from analytics.measure import Measure, Output
from analytics.parameters import WINDOW
from analytics.rolling import rolling_sum

Floats = NDArray[np.float64]

_MINUTE_MS: Final = 60_000


class Activity(NamedTuple):
    """Columns of shape (n,), NaN where unknown; units as the outputs of the measure say."""

    volume: Floats
    quote_volume: Floats
    trades_per_minute: Floats
    trade_size: Floats
    active_share: Floats
    buy_share: Floats


def activity(leg: Leg, *, window: int) -> Activity:
    """Trading in the ``window`` bars up to and including each, and in the time from the first to the last of them.

    A bucket without trades has no bar: the time is that of the bars and of the silence between them, and
    ``active_share`` is the share of its buckets in which something was traded. Bars with no trades in them (as some
    sources write them) count as silence. ``trade_size`` and ``buy_share`` are NaN where nothing was traded; what rests
    on quote volume or trades is NaN where a bar has volume but not those (its source did not tell).

    >>> bars = np.ones((20, 10)); bars[:, OPEN_MS] = np.arange(20) * 120_000; bars[:, TRADES] = 6
    >>> found = activity(Leg(bars, 60_000), window=20)
    >>> found.trades_per_minute[-1].round(3), found.active_share[-1].round(3), found.buy_share[-1]
    (np.float64(3.077), np.float64(0.513), np.float64(1.0))
    """
    bars = leg.bars
    volume, buys = (rolling_sum(bars[:, column], window) for column in (VOLUME, BUY_VOLUME))
    traded = bars[:, VOLUME] > 0
    quote, trades = (rolling_sum(told(bars, column), window) for column in (QUOTE_VOLUME, TRADES))
    active = rolling_sum((traded | (bars[:, TRADES] > 0)).astype(np.float64), window)
    buckets = np.full(len(bars), np.nan)
    buckets[window - 1 :] = (
        bars[window - 1 :, OPEN_MS] - bars[: max(0, len(bars) - window + 1), OPEN_MS]
    ) / leg.step_ms
    buckets += 1
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        return Activity(
            volume=volume,
            quote_volume=quote,
            trades_per_minute=trades / (buckets * (leg.step_ms / _MINUTE_MS)),
            trade_size=np.where(trades > 0, quote / trades, np.nan),
            active_share=active / buckets,
            buy_share=np.where(volume > 0, buys / volume, np.nan),
        )


def _warmup(*, window: int) -> int:
    return window


MEASURE: Final = Measure(
    name="activity",
    title="Activity",
    group="price",
    summary="How much is traded, how often, in what size, and by whom",
    takes=Leg,
    parameters=(WINDOW,),
    outputs=(
        Output("volume", "Volume", "base asset", "Units traded in the window"),
        Output("quote_volume", "Quote volume", "quote asset", "Money traded in the window"),
        Output("trades_per_minute", "Trades", "per minute", "Trades over the time from the first to the last bar"),
        Output("trade_size", "Trade size", "quote asset", "Money in the average trade"),
        Output("active_share", "Active share", "fraction", "Share of the time's buckets in which something was traded"),
        Output("buy_share", "Buy share", "fraction", "Share of the volume in which the buyer was the aggressor"),
    ),
    per_row=True,
    warmup=_warmup,
    compute=activity,
    formula="sums over the window; trades / minutes; quote volume / trades; active bars / buckets; buy volume / volume",
    reference="Hasbrouck 2007, Empirical Market Microstructure, chapter 2",
    oracle="long double brute force",
    tolerance="1e-13 relative",
)
