"""What the notices on the pub/sub channels and the live hashes say about trades and bars."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import orjson

from analytics.live import LastTrade
from store import keys
from store.link import Wire

CHANNELS: Final = (keys.NOTIFY_TRADES, keys.NOTIFY_BARS)
_MOST: Final = 1000


def take(wire: Wire, timeout_s: float) -> tuple[dict[str, LastTrade], dict[tuple[str, str], int]]:
    """Wait for a notice and take all that are there: the last trade of each symbol, and for each
    ``(symbol, timeframe)`` that changed the earliest open time to read again from.
    """
    trades: dict[str, LastTrade] = {}
    changed: dict[tuple[str, str], int] = {}
    for _ in range(_MOST):
        message = wire.listen(timeout_s)
        if message is None:
            break
        timeout_s = 0.0
        symbol, *rest = orjson.loads(message[2])
        if message[1] == keys.NOTIFY_TRADES.encode():
            trades[symbol] = LastTrade(*rest)
        else:
            timeframe, from_ms = rest
            changed[symbol, timeframe] = min(from_ms, changed.get((symbol, timeframe), from_ms))
    return trades, changed


def last_trade(fields: Mapping[str, str]) -> LastTrade | None:
    """The last trade in the fields of a live hash; None before the first."""
    if "trade_id" not in fields:
        return None
    return LastTrade(
        int(fields["trade_id"]),
        int(fields["time_ms"]),
        float(fields["price"]),
        float(fields["quantity"]),
        fields["buyer_is_maker"] == "1",
        int(fields["received_ms"]),
    )
