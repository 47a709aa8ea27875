"""The market's own words: ticks, bars, time frames and the flags a bar can carry.

All times are UTC epoch milliseconds. A symbol is ``venue:SYMBOL``, for instance ``binance:BTCUSDT``.
A bar is stamped at its **open** and holds the trades with ``open_ms <= T < open_ms + step``. A bucket
without a trade has no bar: nothing is invented for silent seconds.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

TIMEFRAME_MS: Final[dict[str, int]] = {
    "1s": 1_000,
    "1m": 60_000,
    "5m": 300_000,
    "15m": 900_000,
    "30m": 1_800_000,
    "1h": 3_600_000,
    "4h": 14_400_000,
    "1d": 86_400_000,
}
"""Every time frame with its step in milliseconds, shortest first."""
BUILT: Final = ("1s", "1m", "5m")
"""Time frames that are cut from trades; the longer ones come with uploaded files alone."""
UPLOADED_STATE: Final = "UPLOADED"
UPLOAD_VENUE: Final = "upload"
"""Venue of the symbols whose bars a user brought in a file. They are the past: no trades, nothing live."""

PARTIAL: Final = 1
"""The bar misses trades: a hole in the feed, or the feed began inside it."""
REVISED: Final = 2
"""The bar changed after it had been stored as closed: a late trade."""
SYNTHETIC: Final = 4
"""The bar came from the exchange's klines, not from our own ticks."""
UPLOADED: Final = 8
"""The bar came from a file that a user brought. What the file does not say (volume, trades) is NaN."""

BarArray = NDArray[np.float64]
"""Bars as rows of an ``(n, 10)`` float64 array, oldest first; the columns are the fields of `Bar`.
Every integer in it is below 2**53, hence exact."""


class Tick(NamedTuple):
    """One trade, as the venue reported it. ``time_ms`` is the trade time T, never the event time E."""

    symbol: str
    trade_id: int
    time_ms: int
    price: float
    quantity: float
    buyer_is_maker: bool


class Bar(NamedTuple):
    """One bar; the field order is the order of the stored JSON array.

    ``volume`` and ``buy_volume`` are in the base asset, ``quote_volume`` in the quote asset;
    ``buy_volume`` counts trades in which the buyer was the aggressor.
    """

    open_ms: int
    open: float
    high: float
    low: float
    close: float
    volume: float
    quote_volume: float
    buy_volume: float
    trades: int
    flags: int


OPEN_MS, OPEN, HIGH, LOW, CLOSE, VOLUME, QUOTE_VOLUME, BUY_VOLUME, TRADES, FLAGS = range(len(Bar._fields))

NO_BARS: Final[BarArray] = np.empty((0, len(Bar._fields)))


def bucket(time_ms: int, step_ms: int) -> int:
    """Open time of the bar that holds ``time_ms``.

    >>> bucket(61_500, 60_000)
    60000
    """
    return time_ms - time_ms % step_ms


def venue_of(symbol: str) -> str:
    """Venue part of a symbol.

    >>> venue_of("binance:BTCUSDT")
    'binance'
    """
    return symbol.partition(":")[0]


def name_of(symbol: str) -> str:
    """Name part of a symbol.

    >>> name_of("binance:BTCUSDT")
    'BTCUSDT'
    """
    return symbol.partition(":")[2]


def symbol_of(venue: str, name: str) -> str:
    """The full symbol of a name as a page shows it: bare on ``venue``, in full on any other.

    >>> symbol_of("binance", "BTCUSDT"), symbol_of("binance", "upload:GOLD")
    ('binance:BTCUSDT', 'upload:GOLD')
    """
    return name if ":" in name else f"{venue}:{name}"


def is_uploaded(symbol: str) -> bool:
    """Whether a symbol's bars come from a user's file.

    >>> is_uploaded("upload:GOLD"), is_uploaded("binance:BTCUSDT")
    (True, False)
    """
    return venue_of(symbol) == UPLOAD_VENUE


def label_of(symbol: str) -> str:
    """What a page calls a symbol: its name, and an uploaded one in full so that it is known for what it is.

    >>> label_of("binance:BTCUSDT"), label_of("upload:GOLD")
    ('BTCUSDT', 'upload:GOLD')
    """
    return symbol if is_uploaded(symbol) else name_of(symbol)


def prefer(stored: Bar | None, new: Bar) -> Bar | None:
    """Which bar the store should hold; None when the stored one stays.

    A complete bar is never replaced by a partial one, nor a bar built from our own ticks by a kline,
    unless the stored bar is partial. What was revised once stays marked as revised. One bar may lose its
    completeness: our own, when a revision with at least its trades shows that some are missing.

    >>> whole = Bar(0, 1, 1, 1, 1, 5, 5, 0, 5, 0)
    >>> prefer(whole, whole._replace(trades=3, flags=PARTIAL)) is None
    True
    >>> prefer(whole, whole._replace(trades=6, flags=PARTIAL | REVISED)).trades
    6
    """
    if stored is None:
        return new
    stored_whole, new_whole = not stored.flags & PARTIAL, not new.flags & PARTIAL
    from_ticks = not stored.flags & SYNTHETIC
    if stored_whole and not new_whole and not (from_ticks and new.flags & REVISED and new.trades >= stored.trades):
        return None
    if new.flags & SYNTHETIC and from_ticks and stored_whole:
        return None
    merged = new._replace(flags=new.flags | (stored.flags & REVISED))
    return None if merged == stored else merged
