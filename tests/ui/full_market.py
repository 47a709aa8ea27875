"""A market with bars and trades enough for every widget, and widgets drawn on it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import numpy as np

from analytics.live import PairBook, PairSpec
from analytics.market import Bar, Tick
from callbacks.live import Live
from callbacks.widgets import Desk, Drawn, widgets
from runtime.settings import Settings
from store import Store
from store.cache import MarketCache
from tests.ui.market import MINUTE, NAMES

BARS = 900
TRADES = 1_500
Y, X = "sim:ETHUSDT", "sim:BTCUSDT"
SPEC = PairSpec(Y, X, "1m", 60)


def _closes() -> dict[str, np.ndarray[Any, Any]]:
    """Two legs that are tied, and from half-way on no longer move together bar by bar."""
    rng = np.random.default_rng(11)
    shared, own = rng.normal(0, 1e-3, (2, BARS))
    rest = np.zeros(BARS)
    for at in range(1, BARS):
        rest[at] = 0.9 * rest[at - 1] + 3e-4 * rng.normal()
    x = np.exp(np.cumsum(shared))
    rest[BARS // 2 :] += 3 * own[BARS // 2 :]
    return {"BTCUSDT": np.round(60_000 * x, 2), "ETHUSDT": np.round(3_000 * x**0.8 * np.exp(rest), 2)}


class Full:
    """A market with bars and trades enough for every widget."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.first_ms = (int(time.time() * 1000) // MINUTE - BARS) * MINUTE
        store.status.set_symbols([X, Y])
        store.status.set_feed({"source": "sim", "venue": "sim", "simulated": "1", "state": "LIVE"})
        store.live.set_states({symbol: {"state": "LIVE"} for symbol in (X, Y)})
        for at, name in enumerate(NAMES):
            self.put(name, 0, BARS)
            store.ticks.append(list(self._ticks(f"sim:{name}", at)), self.first_ms + BARS * MINUTE)
        self.cache = MarketCache(store)
        self.cache.start()
        self.desk = Desk(self.cache, PairBook(self.cache))
        self.live = Live(self.cache, self.desk.book, Settings())

    def put(self, name: str, first: int, last: int, flags: int = 0) -> None:
        rng = np.random.default_rng(ord(name[0]))
        sizes = rng.exponential(2.0, (BARS + 9, 2))
        closes = np.append(_closes()[name], np.full(9, 3_100.0))
        rows = [
            Bar(self.first_ms + at * MINUTE, c, c, c, c, float(v), float(v) * c, float(v * min(1, b / 4)), 7, flags)
            for at, (c, (v, b)) in enumerate(zip(closes.tolist(), sizes, strict=True))
        ]
        self.store.bars.put(f"sim:{name}", "1m", rows[first:last])

    def closed(self) -> int:
        """Bars that the cache holds of both legs."""
        return min(len(self.cache.bars(symbol, "1m").bars) for symbol in (X, Y))

    def _ticks(self, symbol: str, at: int) -> Iterator[Tick]:
        rng = np.random.default_rng(at)
        prices = 100 * np.exp(np.cumsum(rng.normal(0, 1e-4, TRADES)))
        start = self.first_ms + (BARS - 30) * MINUTE
        for i, price in enumerate(prices.tolist()):
            yield Tick(symbol, 1 + i, start + i * 1_000, price + 0.02 * (i % 2), float(rng.exponential()), bool(i % 2))


def draw(full: Full, name: str, spec: PairSpec = SPEC) -> Drawn:
    """What the widget shows now."""
    return widgets()[name].draw(full.desk, spec)


def trace(drawn: Drawn, name: str) -> Any:
    """The trace of that name."""
    return next(each for each in drawn.traces if each.get("name") == name)
