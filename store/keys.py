"""Every key name in one place; the hash tag keeps one symbol in one cluster slot."""

from __future__ import annotations

SYMBOLS = "symbols"
"""Set of the symbols that are being ingested now, as ``venue:SYMBOL``."""
FEED_STATUS = "feed:status"
"""Hash: source, venue, simulated, state, reason, clock offset, rates and counters of the feed."""
FEED_COMMAND = "feed:command"
"""String: the source a user asked to switch to; the ingestor takes it away when it has done so."""
HEALTH_ROLES = "health:roles"
"""Hash role -> JSON, written by the supervisor: state, pid, restarts, since_ms."""
SIM_MARKET = "sim:market"
"""String: which simulated market the data of the venue ``sim`` come from."""
UPLOADS = "uploads:index"
"""Hash name -> JSON of what is known of each upload (`store.uploads.Upload`)."""
WORKSPACES = "workspaces"
"""Hash name -> JSON of each layout of the workspace page (`store.workspaces`)."""
NOTIFY_TRADES = "notify:trades"
"""Pub/sub channel: JSON ``[symbol, trade_id, time_ms, price, quantity, buyer_is_maker, received_ms]``."""
NOTIFY_BARS = "notify:bars"
"""Pub/sub channel: JSON ``[symbol, timeframe, from_ms]``: bars at or after ``from_ms`` changed, read them."""


def ticks(symbol: str) -> str:
    """Tick stream of a symbol.

    >>> ticks("binance:BTCUSDT")
    'ticks:{binance:BTCUSDT}'
    """
    return f"ticks:{{{symbol}}}"


def bars(symbol: str, timeframe: str) -> str:
    """Closed bars of a symbol and time frame.

    >>> bars("binance:BTCUSDT", "1m")
    'bars:{binance:BTCUSDT}:1m'
    """
    return f"bars:{{{symbol}}}:{timeframe}"


def upload_bars(symbol: str, timeframe: str) -> str:
    """Bars of an upload: a hash of packed portions, each by the open time of its first bar.

    >>> upload_bars("upload:GOLD", "1h")
    'uploads:bars:{upload:GOLD}:1h'
    """
    return f"uploads:bars:{{{symbol}}}:{timeframe}"


def upload_staged(symbol: str, timeframe: str) -> str:
    """Where an upload's bars are put together before they take their place."""
    return f"uploads:staged:{{{symbol}}}:{timeframe}"


def live(symbol: str) -> str:
    """Live state of a symbol: last trade, open bars, feed state, rates."""
    return f"live:{{{symbol}}}"


def holes(symbol: str) -> str:
    """Holes in the tick stream that could not be filled: a stream of from_id, to_id, reason."""
    return f"holes:{{{symbol}}}"


def health(role: str) -> str:
    """What a role last said of itself, as a hash: ``beat_ms``, ``pid`` and the role's own counters."""
    return f"health:{role}"
