"""A market of four symbols in memory, for tests of the scanner."""

from __future__ import annotations

import numpy as np

from analytics.live import LastTrade, Series
from analytics.market import TIMEFRAME_MS, Bar

SYMBOLS = ("sim:A", "sim:B", "sim:C", "sim:D")


class Held:
    """Bars in memory: B follows A, C walks alone, D is A under another name."""

    def __init__(self, count: int = 400) -> None:
        rng = np.random.default_rng(11)
        walk, alone = 100 + rng.normal(0, 0.1, (2, count)).cumsum(axis=1)
        self.closes = {"sim:A": walk, "sim:B": 20 + 2 * walk + rng.normal(0, 0.1, count), "sim:C": alone, "sim:D": walk}
        self.count = dict.fromkeys(SYMBOLS, count)
        self.trades = dict.fromkeys(SYMBOLS, 6)
        self.version = 1

    def bars(self, symbol: str, timeframe: str) -> Series:
        rows = [
            Bar(at * TIMEFRAME_MS[timeframe], close, close, close, close, 1.0, close, 0.5, self.trades[symbol], 0)
            for at, close in enumerate(self.closes[symbol].tolist()[: self.count[symbol]])
        ]
        return Series(self.version, np.array(rows).reshape(-1, len(Bar._fields)))

    def trade(self, symbol: str) -> LastTrade | None:
        return None

    def state(self, symbol: str) -> str:
        return "LIVE"

    def stopped(self) -> str:
        return ""
