"""A store with two symbols, the cache over it, and the messages made from both."""

from __future__ import annotations

import time
from typing import Any

import numpy as np

from analytics.live import PairBook
from analytics.market import Bar, Tick
from callbacks.live import Live
from callbacks.message import Message
from runtime.settings import Settings
from store import Store
from store.cache import MarketCache

MINUTE = 60_000
BARS = 200
NAMES = ("BTCUSDT", "ETHUSDT")
QUERY = "y=ETHUSDT&x=BTCUSDT&tf=1m&window=60"


def bars(name: str, count: int, first_ms: int) -> list[Bar]:
    rng = np.random.default_rng(len(name) + ord(name[0]))
    level = 60_000.0 if name == "BTCUSDT" else 3_000.0
    closes = np.round(level * np.exp(np.cumsum(rng.normal(0, 1e-3, count))), 2)
    return [
        Bar(first_ms + at * MINUTE, close, close, close, close, 2.5, 2.5 * close, 1.0, 7, 0)
        for at, close in enumerate(closes.tolist())
    ]


class Market:
    """A store with two symbols, the cache over it, and the messages made from both."""

    def __init__(self, store: Store, minutes_behind: int = 0) -> None:
        self.store = store
        self.first_ms = (int(time.time() * 1000) // MINUTE - BARS - minutes_behind) * MINUTE
        self.trades = 0
        symbols = [f"sim:{name}" for name in NAMES]
        store.status.set_symbols(symbols)
        store.status.set_feed({"source": "sim", "venue": "sim", "simulated": "1", "state": "LIVE", "latency_ms": "7"})
        store.live.set_states({symbol: {"state": "LIVE"} for symbol in symbols})
        for name in NAMES:
            self.put(name, bars(name, BARS, self.first_ms))
            self.trade(name, 60_000.5 if name == "BTCUSDT" else 3_000.25)
        self.cache = MarketCache(store)
        self.cache.start()
        self.live = Live(self.cache, PairBook(self.cache), Settings())

    def put(self, name: str, new: list[Bar]) -> None:
        self.store.bars.put(f"sim:{name}", "1m", new)

    def trade(self, name: str, price: float) -> None:
        self.trades += 1
        now_ms = int(time.time() * 1000)
        self.store.ticks.append([Tick(f"sim:{name}", self.trades, now_ms, price, 0.1, False)], now_ms)

    def rows(self) -> dict[str, Any]:
        """All of the board."""
        message = self.live.message("board", "", "")
        assert message is not None
        rows: dict[str, Any] = message["rows"]
        return rows

    def pair(self, cursor: str = "") -> Message | None:
        return self.live.message("pair", QUERY, cursor)
