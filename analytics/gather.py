"""Puts together what a measure takes, from the bars held in memory and trades read beside them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray

from analytics.align import align_last
from analytics.inputs import Input, Leg, Pair, Panel, TradePair, Trades
from analytics.live import Series
from analytics.market import FLAGS, OPEN_MS, PARTIAL, TIMEFRAME_MS, Tick
from analytics.panel import newest, panel

TAKES: Final[dict[type, str]] = {
    Leg: "closed bars of one symbol",
    Pair: "closed bars that two symbols share",
    Trades: "trades of one symbol",
    TradePair: "trades of two symbols",
    Panel: "closed bars of many symbols",
}
"""What each input is, in words."""


class Bars(Protocol):
    """The part of an `analytics.live.MarketView` that is needed here."""

    def bars(self, symbol: str, timeframe: str) -> Series:
        """Every closed bar held, oldest first."""
        ...


def gather(
    takes: type, market: Bars, symbols: Sequence[str], timeframe: str, rows: int, *, trades: Sequence[Trades] = ()
) -> Input:
    """The newest ``rows`` rows of what a measure ``takes``, for these symbols (y before x).

    Of two legs the newest rows that both share; of many symbols the newest stamps that any of them has. ``trades``,
    one per symbol, is needed by measures of trades alone, which have no use for ``timeframe``.
    """
    step_ms = TIMEFRAME_MS[timeframe]
    if takes is Trades:
        return _newest(trades[0], rows)
    if takes is TradePair:
        return TradePair(_newest(trades[0], rows), _newest(trades[1], rows))
    bars = {symbol: market.bars(symbol, timeframe).bars for symbol in symbols}
    if takes is Leg:
        return Leg(bars[symbols[0]][-rows:], step_ms)
    if takes is Pair:
        return Pair(align_last(bars[symbols[0]], bars[symbols[1]], rows), step_ms)
    return newest(panel({symbol: each[-rows:] for symbol, each in bars.items()}, step_ms), rows)


def trades_of(ticks: Sequence[Tick]) -> Trades:
    """Trades in the order of their ids as columns; a time that steps back is held at the newest before it.

    >>> trades_of([Tick("sim:A", 1, 500, 2.0, 0.5, False), Tick("sim:A", 2, 400, 2.5, 1.0, True)]).time_ms
    array([500, 500])
    """
    times = np.array([tick.time_ms for tick in ticks], np.int64)
    return Trades(
        time_ms=np.maximum.accumulate(times) if times.size else times,
        price=np.array([tick.price for tick in ticks], np.float64),
        quantity=np.array([tick.quantity for tick in ticks], np.float64),
        buyer_is_maker=np.array([tick.buyer_is_maker for tick in ticks], np.bool_),
    )


def stamps(data: Input) -> NDArray[np.int64]:
    """When each row opens, or each trade was made, shape (n,); of two symbols' trades, those of y."""
    if isinstance(data, Leg):
        return data.bars[:, OPEN_MS].astype(np.int64)
    if isinstance(data, Pair):
        return data.shared.open_ms
    if isinstance(data, TradePair):
        return data.y.time_ms
    return data.time_ms if isinstance(data, Trades) else data.open_ms


def as_of(data: Input) -> int | None:
    """When the newest row was known: a bar at its end, a trade at its time. None without rows."""
    if isinstance(data, TradePair):
        known = [int(each.time_ms[-1]) for each in data if each.time_ms.size]
        return max(known) if known else None
    rows = stamps(data)
    if not rows.size:
        return None
    return int(rows[-1]) + (0 if isinstance(data, Trades) else data.step_ms)


def partial_rows(data: Input) -> int | None:
    """How many bars miss trades (of two legs: in either); None where bars are not told apart.

    >>> bars = np.zeros((3, 10)); bars[1, FLAGS] = PARTIAL
    >>> partial_rows(Leg(bars, 60_000))
    1
    """
    if isinstance(data, Leg | Pair):
        flags = data.bars[:, FLAGS].astype(np.int64) if isinstance(data, Leg) else data.shared.flags
        return int(np.count_nonzero(flags & PARTIAL))
    return None


def _newest(some: Trades, rows: int) -> Trades:
    return Trades._make(column[-rows:] for column in some)
