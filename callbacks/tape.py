"""The tape: the newest trades of a symbol, read once for all who watch; each viewer is sent those that he lacks."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import numpy as np

from analytics.cache import VersionCache
from analytics.live import MarketView
from analytics.market import Tick, is_uploaded
from callbacks.day import decimals_of
from callbacks.message import Message
from store import Store, StoreError

TRADES: Final = 200
MAX_HELD: Final = 256
NO_TRADES: Final = "An uploaded file has bars and no trades: there is no tape of it."
NO_STORE: Final = "The store does not answer; these are the last trades that were read."


class Tape:
    """Thread-safe. ``connect`` opens the store; it is called at the first use, and again while it fails."""

    def __init__(self, market: MarketView, connect: Callable[[], Store]) -> None:
        self._market = market
        self._connect = connect
        self._store: Store | None = None
        self._lock = threading.Lock()
        self._held: VersionCache[list[Tick]] = VersionCache(MAX_HELD, MAX_HELD, lambda _: 1)

    def message(self, symbol: str, held: Mapping[str, object]) -> Message:
        """What a viewer lacks who has the trades of ``held["of"]`` up to the id ``held["after"]``, oldest first.

        ``snap``: all that he has is to be dropped. ``reason``: why there is nothing newer; empty while there may be.
        """
        message: Message = {"of": symbol, "state": self._market.state(symbol), "reason": ""}
        if is_uploaded(symbol):
            return message | {"reason": NO_TRADES, "snap": True}
        try:
            trades = self._newest(symbol)
        except StoreError:
            return message | {"reason": NO_STORE}
        after = held.get("after")
        if held.get("of") != symbol or not isinstance(after, int) or not _continues(trades, after):
            return message | {"snap": True} | _columns(trades)
        fresh = [trade for trade in trades if trade.trade_id > after]
        return message | _columns(fresh) if fresh else message

    def _newest(self, symbol: str) -> list[Tick]:
        last = self._market.trade(symbol)
        version = (last.trade_id, last.time_ms) if last else None
        return self._held.get(symbol, version, lambda _: self._open().ticks.range(symbol, limit=TRADES))

    def _open(self) -> Store:
        with self._lock:
            if self._store is None:
                self._store = self._connect()
            return self._store


def _continues(trades: Sequence[Tick], after: int) -> bool:
    """Whether nothing lies between ``trades`` and what a viewer has who has those up to the id ``after``."""
    return bool(trades) and trades[0].trade_id - 1 <= after <= trades[-1].trade_id


def _columns(trades: Sequence[Tick]) -> dict[str, Any]:
    if not trades:
        return {}
    prices = [trade.price for trade in trades]
    sizes = [trade.quantity for trade in trades]
    return {
        "id": [trade.trade_id for trade in trades],
        "time": [trade.time_ms for trade in trades],
        "price": prices,
        "size": sizes,
        "sell": [int(trade.buyer_is_maker) for trade in trades],
        "digits": [decimals_of(np.array(prices)), decimals_of(np.array(sizes))],
    }
