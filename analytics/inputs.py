"""What a measure can be given: one leg's bars, two legs' shared bars, trades of one or two legs, or many symbols."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from analytics.align import Shared
from analytics.market import BarArray

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Flags = NDArray[np.bool_]


class Leg(NamedTuple):
    """Closed bars of one symbol, shape (n, 10), oldest first, `analytics.market.Bar` names the columns.

    A bucket without trades has no row: `follows` marks the rows that open exactly one step after the row before.
    """

    bars: BarArray
    step_ms: int


class Pair(NamedTuple):
    """The bars two legs share, oldest first; row t holds closes known when bar t is closed."""

    shared: Shared
    step_ms: int


class Trades(NamedTuple):
    """Trades of one symbol in the order of their trade ids, every column of shape (n,).

    ``time_ms`` is the trade time (never goes back), ``price`` in the quote asset, ``quantity`` in the base asset,
    ``buyer_is_maker`` True when the seller was the aggressor.
    """

    time_ms: Integers
    price: Floats
    quantity: Floats
    buyer_is_maker: Flags


class TradePair(NamedTuple):
    """Trades of two symbols over one span of time; the stamps of the two need not agree."""

    y: Trades
    x: Trades


class Panel(NamedTuple):
    """Closes of many symbols: ``closes`` is (n, k), NaN where a symbol has no bar; ``quote_volumes`` likewise.

    ``open_ms`` (n,) is the union of the symbols' open times, ``symbols`` the k full names. ``trades`` (n, k) is how
    many trades made each bar, NaN where there is none; None where nobody knows.
    """

    symbols: tuple[str, ...]
    open_ms: Integers
    closes: Floats
    quote_volumes: Floats
    step_ms: int
    trades: Floats | None = None


Input = Leg | Pair | Trades | TradePair | Panel


def count(data: Input) -> int:
    """Rows of an input; of two trade columns, the shorter."""
    if isinstance(data, Leg):
        return len(data.bars)
    if isinstance(data, Pair):
        return int(data.shared.open_ms.size)
    if isinstance(data, Trades):
        return int(data.time_ms.size)
    if isinstance(data, TradePair):
        return min(count(data.y), count(data.x))
    return int(data.open_ms.size)
