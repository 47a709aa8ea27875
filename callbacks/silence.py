"""When a symbol's last price is too old to be the market's."""

from __future__ import annotations

from analytics.live import MIN_SILENCE_MS, SILENT_SPACINGS, LastTrade, MarketView
from analytics.market import OPEN_MS, TIMEFRAME_MS, TRADES
from analytics.parameters import MAX_WINDOW

_TIMEFRAME = "1m"
_FRESH = ("LIVE", "QUIET")


class Spacings:
    """Each symbol's mean time between trades, over the newest minutes held. Not thread-safe: guard it."""

    def __init__(self, market: MarketView) -> None:
        self._market = market
        self._held: dict[str, tuple[object, float]] = {}

    def of(self, symbol: str) -> float:
        """In milliseconds; 0 when there is no trade."""
        series = self._market.bars(symbol, _TIMEFRAME)
        version, spacing_ms = self._held.get(symbol, (None, 0.0))
        if version != series.version:
            bars = series.bars[-MAX_WINDOW:]
            trades = float(bars[:, TRADES].sum())
            span_ms = float(bars[-1, OPEN_MS] - bars[0, OPEN_MS]) + TIMEFRAME_MS[_TIMEFRAME] if trades else 0.0
            spacing_ms = span_ms / trades if trades else 0.0
            self._held[symbol] = series.version, spacing_ms
        return spacing_ms


def silence(state: str, trade: LastTrade | None, spacing_ms: float, now_ms: int) -> str:
    """Why a symbol's last price may not be the market's; empty when it is. By the rule of `PairBook.now`.

    >>> silence("LIVE", LastTrade(1, 0, 9.5, 1.0, False, 0), 100.0, 45_000)
    'no trade for more than 30 s'
    """
    if state not in _FRESH:
        return f"its feed is {state.replace('_', ' ').lower()}"
    if trade is None:
        return "no trade yet"
    limit_ms = max(MIN_SILENCE_MS, SILENT_SPACINGS * spacing_ms)
    return f"no trade for more than {limit_ms / 1000:.0f} s" if now_ms - trade.time_ms > limit_ms else ""
