"""Who trades the two legs of a pair, and how hard: the measures of flow and liquidity, run once a bar for all."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from analytics.cache import VersionCache
from analytics.flow import signs
from analytics.gather import trades_of
from analytics.inputs import Leg, Trades
from analytics.live import MarketView, PairBook, PairSpec, Series
from analytics.market import FLAGS, OPEN_MS, PARTIAL, Tick, name_of
from analytics.registry import measure

if TYPE_CHECKING:
    from store.cache import MarketCache

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Reader = Callable[[str, int], Sequence[Tick]]
"""The newest so many trades of a symbol."""

FLOW_WINDOW: Final = 20
"""Trades before the first value of cumulative flow: the fewest that the measure allows."""
LEAST_RENEWAL_MS: Final = 5_000
MAX_HELD: Final = 32


class LegFlow(NamedTuple):
    """One leg. Results are the measures' own: columns for each of ``trades`` or of ``bars.bars``, or one record."""

    name: str
    state: str
    trades: Trades
    flow: Any
    vpin: Any
    roll: Any
    sizes: Any
    rate: Any
    bars: Leg
    partial: int
    imbalance: Any
    kyle: Any
    amihud: Any
    liquidity: Any


class Net(NamedTuple):
    """Flow into the spread after each trade of either leg since ``start_ms``, in the quote asset."""

    time_ms: Integers
    value: Floats


class Study(NamedTuple):
    """Both legs and what they say together.

    ``as_of_ms`` is the end of the newest bar, ``common_ms`` of the newest one that neither leg lacks; ``traded_ms`` is
    the time of the newest trade. All are 0 where there is none.

    ``start_ms`` is when the trades of both legs begin, None when a leg has too few. ``ratio`` is the hedge ratio of
    log prices now: the value of x that goes with one of y. ``net`` is a reason where it cannot be told.
    """

    spec: PairSpec
    asked: int
    y: LegFlow
    x: LegFlow
    start_ms: int | None
    ratio: float | None
    net: Net | str
    as_of_ms: int
    common_ms: int
    traded_ms: int
    version: str

    @property
    def legs(self) -> tuple[LegFlow, LegFlow]:
        """y and x."""
        return self.y, self.x


class FlowStudies:
    """Makes studies; thread-safe. What one viewer caused to be computed serves all until the next bar closes.

    Bars of a second are waited for five at a time.
    """

    def __init__(self, market: MarketView, book: PairBook, read: Reader) -> None:
        self._market = market
        self._book = book
        self._read = read
        self._held: VersionCache[Study] = VersionCache(MAX_HELD, MAX_HELD, lambda _: 1)

    def of(self, spec: PairSpec, trades: int) -> Study:
        """The pair with its newest ``trades`` trades a leg. ``spec`` is on log scale."""
        y, x = (self._market.bars(symbol, spec.timeframe) for symbol in (spec.y, spec.x))
        version = renewal(y, x, spec.step_ms)
        return self._held.get((spec, trades), version, lambda _: self._study(spec, trades, (y, x), version))

    def _study(self, spec: PairSpec, count: int, series: tuple[Series, Series], version: str) -> Study:
        ends = [_end(each, spec.step_ms) for each in series]
        y, x = (
            _leg(symbol, self._market.state(symbol), each, trades_of(self._read(symbol, count)), spec)
            for symbol, each in zip((spec.y, spec.x), series, strict=True)
        )
        known_ms, ratios = self._ratios(spec)
        start_ms = _start(y.trades, x.trades)
        return Study(
            spec=spec,
            asked=count,
            y=y,
            x=x,
            start_ms=start_ms,
            ratio=float(ratios[-1]) if ratios.size and np.isfinite(ratios[-1]) else None,
            net=_net(y.trades, x.trades, start_ms, known_ms, ratios) or self._unknown(spec),
            as_of_ms=max(ends),
            traded_ms=max((int(leg.trades.time_ms[-1]) for leg in (y, x) if leg.trades.time_ms.size), default=0),
            common_ms=min(ends),
            version=version,
        )

    def _ratios(self, spec: PairSpec) -> tuple[Integers, Floats]:
        """Every hedge ratio, and the bar end from which on it was known."""
        history, window = self._book.history(spec), self._book.window(spec)
        newest = window.fit.slope if window.fit else np.nan
        return history.open_ms + spec.step_ms, np.append(history.hedge_ratio[1:], newest)[: history.open_ms.size]

    def _unknown(self, spec: PairSpec) -> str:
        ready = self._book.window(spec).ready
        if ready < spec.window:
            return f"warming up: {ready:,} of {spec.window:,} shared bars"
        return "no hedge ratio over all of these trades"


@functools.lru_cache(maxsize=1)
def studies_of(cache: MarketCache, book: PairBook) -> FlowStudies:
    """The studies that page and widgets share."""
    return FlowStudies(cache, book, cache.trades)


def renewal(y: Series, x: Series, step_ms: int) -> str:
    """A version of what is made from these bars: another with every bar, of bars of a second with every fifth."""
    if step_ms >= LEAST_RENEWAL_MS:
        return f"{y.version}.{x.version}"
    return str(max(_end(each, step_ms) for each in (y, x)) // LEAST_RENEWAL_MS)


def _end(series: Series, step_ms: int) -> int:
    return int(series.bars[-1, OPEN_MS]) + step_ms if len(series.bars) else 0


def _leg(symbol: str, state: str, series: Series, trades: Trades, spec: PairSpec) -> LegFlow:
    window = spec.window
    bars = Leg(series.bars[-2 * window - 1 :], spec.step_ms)
    return LegFlow(
        name=name_of(symbol),
        state=state,
        trades=trades,
        flow=measure("signed_flow").run(trades, window=FLOW_WINDOW),
        vpin=measure("vpin").run(trades),
        roll=measure("roll_spread").run(trades),
        sizes=measure("trade_size").run(trades),
        rate=measure("arrival_rate").run(trades),
        bars=bars,
        partial=int(np.count_nonzero(bars.bars[-window:, FLAGS].astype(np.int64) & PARTIAL)),
        imbalance=measure("trade_imbalance").run(bars, window=window),
        kyle=measure("kyle_lambda").run(bars, window=window),
        amihud=measure("amihud").run(bars, window=window),
        liquidity=measure("liquidity").run(bars, window=window),
    )


def _start(*legs: Trades) -> int | None:
    if min(each.time_ms.size for each in legs) < FLOW_WINDOW:
        return None
    return max(int(each.time_ms[FLOW_WINDOW - 1]) for each in legs)


def _net(y: Trades, x: Trades, start_ms: int | None, known_ms: Integers, ratios: Floats) -> Net | None:
    """Signed value of y less hedge ratio times that of x, each x trade at the ratio that was known before it."""
    if start_ms is None or not known_ms.size:
        return None
    times, values = [np.array([start_ms])], [np.zeros(1)]
    for leg, sign in ((y, 1.0), (x, -1.0)):
        since = leg.time_ms > start_ms
        times.append(leg.time_ms[since])
        values.append(sign * (signs(leg) * leg.price * leg.quantity)[since])
    known = np.searchsorted(known_ms, times[2], side="right") - 1
    values[2] = values[2] * np.where(known < 0, np.nan, ratios[known])
    order = np.argsort(np.concatenate(times), kind="stable")
    value = np.cumsum(np.concatenate(values)[order])
    return Net(np.concatenate(times)[order], value) if np.isfinite(value[-1]) else None
