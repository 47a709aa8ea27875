"""What the correlation page shows, as of any bar that is held: computed once for all who look at the same."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np

from analytics.cache import VersionCache
from analytics.gather import gather, trades_of
from analytics.inputs import Pair, Panel, TradePair, Trades
from analytics.live import MarketView, Series
from analytics.market import OPEN_MS, TIMEFRAME_MS, BarArray
from analytics.measure import Measure, NotTestable
from analytics.measures import correlation, correlation_matrix, epps, hayashi_yoshida, lead_lag
from callbacks.correlation_query import CorrelationQuery, iso
from store import StoreError

if TYPE_CHECKING:
    from store.cache import MarketCache

DAY_MS: Final = 86_400_000
SPAN_BARS: Final = 288
"""Of bars longer than 5m, so many can be gone back over instead of a day."""
LEAST_STEP_MS: Final = 5_000
"""Figures are not drawn anew more often than this, however short the bars."""
TRADES: Final = 20_000
TRADES_STEP_MS: Final = 60_000
_HELD: Final = 32


class Span(NamedTuple):
    """Moments that can be asked for: multiples of ``step_ms`` from ``first_ms`` to ``last_ms``; both 0 without bars."""

    first_ms: int
    last_ms: int
    step_ms: int

    def problem(self, at_ms: int) -> str:
        """Why the moment cannot be shown; empty when it can."""
        if self.first_ms <= at_ms <= self.last_ms:
            return ""
        held = (
            f"from {iso(self.first_ms)} to {iso(self.last_ms)}, as bars are held" if self.last_ms else "one with bars"
        )
        return f"`at` must be a time {held}, got {iso(at_ms)}. The newest bar is shown."


class Ticks(NamedTuple):
    """What the trades of two symbols say: both results, when the newest was made, and how long both have trades."""

    hayashi_yoshida: Any
    epps: Any
    as_of_ms: int
    counts: tuple[int, int]
    start_ms: int


class Correlations:
    """Thread-safe. Every answer for ``until_ms`` rests on bars that ended, and trades made, by then."""

    def __init__(self, cache: MarketCache) -> None:
        self._cache = cache
        self._bars: VersionCache[Any] = VersionCache(_HELD, _HELD, lambda _: 1)
        self._ticks: VersionCache[Ticks | NotTestable] = VersionCache(_HELD, _HELD, lambda _: 1)

    def span(self, symbols: Sequence[str], timeframe: str, window: int) -> Span:
        """The moments of the last day, or `SPAN_BARS`, at which a window of bars was full."""
        step = TIMEFRAME_MS[timeframe]
        grid = max(step, LEAST_STEP_MS)
        held = [bars for bars in (self._cache.bars(symbol, timeframe).bars for symbol in symbols) if len(bars)]
        if not held:
            return Span(0, 0, grid)
        last = (int(max(bars[-1, OPEN_MS] for bars in held)) + step) // grid * grid
        oldest = int(min(bars[0, OPEN_MS] for bars in held)) + (window + 1) * step
        back = max(DAY_MS, SPAN_BARS * step)
        return Span(min(last, max(-(-oldest // grid) * grid, last - back)), last, grid)

    def present(self, symbols: Sequence[str], timeframe: str, until_ms: int) -> int:
        """How many of the symbols have the bar that ends at ``until_ms``; it can grow for a second after that."""
        until = Until(self._cache, until_ms)
        opens = until_ms - TIMEFRAME_MS[timeframe]
        newest = (until.bars(symbol, timeframe).bars[-1:, OPEN_MS] for symbol in symbols)
        return sum(1 for each in newest if each.size and each[0] == opens)

    def matrix(self, symbols: Sequence[str], query: CorrelationQuery, until_ms: int) -> Any:
        """`CorrelationMatrix` of all symbols, or why there is none."""
        return self._panel(correlation_matrix.MEASURE, symbols, query.tf, until_ms, query.window)

    def leads(self, symbols: Sequence[str], query: CorrelationQuery, until_ms: int) -> Any:
        """`LeadLag` of all symbols, or why there is none."""
        return self._panel(lead_lag.MEASURE, symbols, query.tf, until_ms, query.lead)

    def on_bars(self, y: str, x: str, query: CorrelationQuery, until_ms: int) -> float | None:
        """The pair's correlation of one-bar returns by the chosen method; None while it cannot be told."""

        def compute(_: float | None) -> float | None:
            # A correlation whose weights fade reaches back over all bars; four windows hold all but a thousandth.
            pair = gather(Pair, Until(self._cache, until_ms), (y, x), query.tf, 4 * query.window)
            found = correlation.MEASURE.run(pair, window=query.window, method=query.method).correlation
            return float(found[-1]) if found.size and np.isfinite(found[-1]) else None

        key = ("pair", y, x, query.tf, query.window, query.method, until_ms)
        value: float | None = self._bars.get(key, self._versions((y, x), query.tf), compute)
        return value

    def ticks(self, y: str, x: str, until_ms: int) -> Ticks | NotTestable:
        """The pair's trades up to the last full minute; some tenths of a second of work, once a minute."""
        end_ms = until_ms - until_ms % TRADES_STEP_MS
        try:
            return self._ticks.get((y, x, end_ms), 0, lambda _: self._read(y, x, end_ms))
        except StoreError:
            return NotTestable("the store does not answer, so the trades cannot be read")

    def _read(self, y: str, x: str, end_ms: int) -> Ticks | NotTestable:
        trades = [trades_of(self._cache.trades(symbol, TRADES, end_ms)) for symbol in (y, x)]
        pair = TradePair(*trades)
        if not all(each.time_ms.size for each in pair):
            return NotTestable("no trades of that time are kept of one of the symbols")
        return Ticks(
            hayashi_yoshida=hayashi_yoshida.MEASURE.run(pair),
            epps=epps.MEASURE.run(pair),
            as_of_ms=end_ms,
            counts=(pair.y.time_ms.size, pair.x.time_ms.size),
            start_ms=max(_first(pair.y), _first(pair.x)),
        )

    def _panel(self, measure: Measure, symbols: Sequence[str], timeframe: str, until_ms: int, window: int) -> Any:
        need = measure.warmup(**measure.settings({"window": window}))

        def compute(_: Any) -> Any:
            panel = gather(Panel, Until(self._cache, until_ms), symbols, timeframe, need)
            ready = panel.open_ms.size if isinstance(panel, Panel) else 0
            if ready < need:
                return NotTestable(f"Warming up: {ready:,} of {need:,} bars")
            return measure.run(panel, window=window)

        key = (measure.name, tuple(symbols), timeframe, window, until_ms)
        return self._bars.get(key, self._versions(symbols, timeframe), compute)

    def _versions(self, symbols: Sequence[str], timeframe: str) -> tuple[int, ...]:
        return tuple(self._cache.bars(symbol, timeframe).version for symbol in symbols)


@functools.lru_cache(maxsize=1)
def correlations_of(cache: MarketCache) -> Correlations:
    """The answers that page and widgets share."""
    return Correlations(cache)


class Until(NamedTuple):
    """A market of which only the bars that ended by ``until_ms`` are known."""

    market: MarketView
    until_ms: int

    def bars(self, symbol: str, timeframe: str) -> Series:
        """Those bars, oldest first."""
        held = self.market.bars(symbol, timeframe)
        return Series(held.version, _cut(held.bars, self.until_ms - TIMEFRAME_MS[timeframe]))


def _cut(bars: BarArray, newest_open_ms: int) -> BarArray:
    return bars[: int(np.searchsorted(bars[:, OPEN_MS], newest_open_ms, side="right"))]


def _first(trades: Trades) -> int:
    return int(trades.time_ms[0])
