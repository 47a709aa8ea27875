"""The bars, signals and results behind the backtest page: read once, computed once for all who look at the same."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from analytics.backtest.pair import Prepared, Study, prepare, study
from analytics.backtest.rules import Rules
from analytics.cache import VersionCache
from analytics.market import OPEN_MS, BarArray
from analytics.measure import NotTestable
from analytics.spec import PairSpec

if TYPE_CHECKING:
    from store import Store

MAX_KEPT: Final = 24
MAX_ROWS: Final = 600_000
"""About 50 MB of bars, as much of signals and half of it of results."""

Bars = tuple[BarArray, BarArray]


class Span(NamedTuple):
    """The bars that a test rests on: those of the legs that open from ``start_ms`` and before ``end_ms``."""

    start_ms: int
    end_ms: int


class Backtests:
    """Thread-safe. What one viewer caused to be read or computed serves all."""

    def __init__(self, connect: Callable[[], Store]) -> None:
        self._connect = connect
        self._store: Store | None = None
        self._lock = threading.Lock()
        self._bars: VersionCache[Bars] = VersionCache(MAX_KEPT, MAX_ROWS, lambda bars: len(bars[0]))
        self._prepared: VersionCache[Prepared | NotTestable] = VersionCache(MAX_KEPT, MAX_ROWS, _rows)
        self._studies: VersionCache[Study | NotTestable] = VersionCache(MAX_KEPT, MAX_ROWS, _rows)

    def newest(self, spec: PairSpec, start_ms: int | None = None, end_ms: int | None = None) -> Span | None:
        """Read all that is kept of a pair's bars, of the asked span if any; None without a shared bar.

        Raises `StoreError`.
        """
        y, x = (self._read(symbol, spec.timeframe, start_ms, end_ms) for symbol in (spec.y, spec.x))
        shared = np.intersect1d(y[:, OPEN_MS], x[:, OPEN_MS])
        if not shared.size:
            return None
        span = Span(int(shared[0]), int(shared[-1]) + spec.step_ms)
        self._bars.get(_key(spec, span), 0, lambda _: (_cut(y, span), _cut(x, span)))
        return span

    def prepared(self, spec: PairSpec, span: Span) -> Prepared | NotTestable:
        """The signals of a pair on a span of bars. Raises `StoreError`."""
        return self._prepared.get((spec, span), 0, lambda _: prepare(self._legs(spec, span), spec))

    def study(self, spec: PairSpec, rules: Rules, span: Span) -> Study | NotTestable:
        """The rules run on a pair. Raises `StoreError`."""

        def compute(_: Study | NotTestable | None) -> Study | NotTestable:
            found = self.prepared(spec, span)
            return found if isinstance(found, NotTestable) else study(found, rules)

        return self._studies.get((spec, rules, span), 0, compute)

    def _legs(self, spec: PairSpec, span: Span) -> Bars:
        def read(_: Bars | None) -> Bars:
            return (self._read(spec.y, spec.timeframe, *span), self._read(spec.x, spec.timeframe, *span))

        return self._bars.get(_key(spec, span), 0, read)

    def _read(self, symbol: str, timeframe: str, start_ms: int | None, end_ms: int | None) -> BarArray:
        with self._lock:
            self._store = self._store or self._connect()
        return self._store.bars.read(symbol, timeframe, start_ms, end_ms)


def _key(spec: PairSpec, span: Span) -> tuple[object, ...]:
    return spec.y, spec.x, spec.timeframe, span


def _cut(bars: BarArray, span: Span) -> BarArray:
    first, last = np.searchsorted(bars[:, OPEN_MS], span)
    return bars[first:last]


def _rows(found: Prepared | Study | NotTestable) -> int:
    if isinstance(found, NotTestable):
        return 1
    return len(found.legs) if isinstance(found, Prepared) else len(found.prepared.legs)
