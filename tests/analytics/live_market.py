"""Bars, trades and states of two symbols, all in plain sight."""

from __future__ import annotations

from analytics.live import LastTrade, MarketView, PairBook, PairNow, PairSpec, Series
from analytics.market import CLOSE, NO_BARS, OPEN_MS, TRADES, BarArray

from .conftest import make_pair

SPEC = PairSpec("sim:YYY", "sim:XXX", window=60)


class Market(MarketView):
    """Bars, trades and states of two symbols, all in plain sight."""

    def __init__(self, n: int = 200) -> None:
        y, x = make_pair(n)
        self.version = 1
        self.held = {SPEC.y: y, SPEC.x: x}
        self.states = {SPEC.y: "LIVE", SPEC.x: "LIVE"}
        self.reason = ""
        self.now_ms = int(y[-1, OPEN_MS]) + 60_000 + 5_000 if n else 5_000
        self.trades: dict[str, LastTrade | None] = {
            symbol: LastTrade(1, self.now_ms - 400, float(bars[-1, CLOSE]), 1.0, False, self.now_ms)
            for symbol, bars in self.held.items()
            if n
        }

    def bars(self, symbol: str, timeframe: str) -> Series:
        return Series(self.version, self.held.get(symbol, NO_BARS))

    def trade(self, symbol: str) -> LastTrade | None:
        return self.trades.get(symbol)

    def state(self, symbol: str) -> str:
        return self.states[symbol]

    def stopped(self) -> str:
        return self.reason

    def age(self, symbol: str, age_ms: int) -> None:
        trade = self.trades[symbol]
        assert trade
        self.trades[symbol] = trade._replace(time_ms=self.now_ms - age_ms)


def now(market: Market, spec: PairSpec = SPEC) -> PairNow:
    return PairBook(market).now(spec, market.now_ms)


def sparse(bars: BarArray, trades: int) -> BarArray:
    bars = bars.copy()
    bars[:, TRADES] = trades
    return bars
