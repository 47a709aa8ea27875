"""One symbol on its way from its tick stream to its stored bars, and how it recovers."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterable
from typing import Final

from analytics.market import BUILT, FLAGS, OPEN_MS, REVISED, SYNTHETIC, Bar, Tick
from ingest.bar_builder import LONGEST, BarBuilder, Cut, settle
from store import Store

log = logging.getLogger(__name__)

_BATCH: Final = 2000
_FOREVER_MS: Final = 2**53

Bars = dict[str, dict[int, Bar]]
"""Bars by time frame and open time."""


class Track:
    """Reads a symbol from 5 minutes before its newest 5m bar that came from ticks, or else from the stream's start.

    That far back late trades are still added. Bars that come out the same a second time change nothing in the store.
    Every method but `take`, `advance` and `open_bars` raises `StoreError`.
    """

    def __init__(self, store: Store, symbol: str) -> None:
        self.symbol = symbol
        self.is_behind = True
        """Whether the stream may hold ticks that have not been read."""
        self.last: Tick | None = None
        self.is_changed = False
        """Whether the open bars changed since `open_bars`."""
        self._store = store
        self._cuts: Bars = {}
        rows = store.bars.read(symbol, "5m")
        ours = rows[(rows[:, FLAGS].astype(int) & SYNTHETIC) == 0]
        start_ms = int(ours[-1, OPEN_MS]) - LONGEST if len(ours) else 0
        self._stored = self._read_stored(start_ms)
        self._stored_until_ms = max((open_ms for held in self._stored.values() for open_ms in held), default=0)
        self.builder = self._builder(start_ms, LONGEST)
        self.cursor = _cursor(start_ms)

    def take(self, ticks: list[Tick], cursor: str) -> None:
        """Count ticks that were read; ``cursor`` is where they end."""
        add = self.builder.add
        for tick in ticks:
            cuts = add(tick)
            if cuts:
                _collect(self._cuts, cuts)
        self.cursor, self.last, self.is_changed = cursor, ticks[-1], True

    def advance(self, watermark_ms: int) -> None:
        """Close what ends by then; all ticks that were in the stream at that moment must have been taken."""
        cuts = self.builder.advance(watermark_ms)
        if cuts:
            self.is_changed = True
            _collect(self._cuts, cuts)

    def flush(self) -> Counter[str]:
        """Store the bars that closed or changed since the last time; how many. Finer time frames first.

        The order matters: a stored 5m bar says that all of its trades' finer bars are stored too.
        """
        done: Counter[str] = Counter()
        if self.builder.reach_ms is not None:
            self._cut_again(self.builder.reach_ms)
            self.builder.reach_ms = None
        if self.builder.floor_ms > self._stored_until_ms:
            self._stored = {}
        for timeframe in BUILT:
            bars = list(self._cuts.pop(timeframe, {}).values())
            if self._stored:
                bars = settle(self._stored[timeframe], bars)
            if bars:
                done["bars"] += self._store.bars.put(self.symbol, timeframe, bars)
                done["revised"] += sum(1 for bar in bars if bar.flags & REVISED)
        return done

    def open_bars(self) -> dict[str, Bar]:
        """The open bars as they are now."""
        self.is_changed = False
        return self.builder.open_bars()

    def trim(self, ticks_ms: int, seconds_ms: int, longer_ms: int) -> None:
        """Drop what is older than so many milliseconds before the newest trades, but nothing that recovery needs."""
        if self.last is None:
            return
        newest_ms, recovery_ms = self.builder.floor_ms, self.builder.floor_ms - LONGEST
        before = self._store.ticks.before(self.symbol, recovery_ms)
        # The trade before the first one that recovery reads tells it that there is no hole between them.
        self._store.ticks.trim(self.symbol, min(newest_ms - ticks_ms, before.time_ms if before else recovery_ms))
        for timeframe in BUILT:
            kept_ms = seconds_ms if timeframe == "1s" else longer_ms
            self._store.bars.trim(self.symbol, timeframe, newest_ms - kept_ms)

    def lag_ms(self) -> int:
        """Trade time between the last tick taken and the newest in the stream."""
        newest = self._store.ticks.newest(self.symbol) if self.is_behind else None
        since_ms = self.last.time_ms if self.last else 0
        return max(0, newest.time_ms - since_ms) if newest and since_ms else 0

    def _builder(self, start_ms: int, hold_ms: int) -> BarBuilder:
        before = self._store.ticks.before(self.symbol, start_ms) if start_ms else None
        return BarBuilder(start_ms, before.trade_id if before else None, hold_ms)

    def _read_stored(self, start_ms: int, end_ms: int | None = None) -> Bars:
        stored: Bars = {}
        for timeframe in BUILT:
            bars = map(_bar, self._store.bars.read(self.symbol, timeframe, start_ms, end_ms).tolist())
            stored[timeframe] = {bar.open_ms: bar for bar in bars if not bar.flags & SYNTHETIC}
        return stored

    def _cut_again(self, reach_ms: int) -> None:
        """Cut the bars from ``reach_ms`` to those still held from the stream once more."""
        log.warning("%s: trade older than what is held; cutting again from %d", self.symbol, reach_ms)
        floor_ms, cursor = self.builder.floor_ms, _cursor(reach_ms)
        builder = self._builder(reach_ms, _FOREVER_MS)
        cuts: Bars = {}
        while builder.last_id != self.builder.last_id:
            batch = self._store.ticks.follow({self.symbol: cursor}, _BATCH, 0)
            if not batch:
                break
            ((_, ticks, cursor),) = batch
            for tick in ticks:
                _collect(cuts, [(timeframe, bar) for timeframe, bar in builder.add(tick) if bar.open_ms < floor_ms])
                if tick.trade_id == self.builder.last_id:
                    break
        stored = self._read_stored(reach_ms, floor_ms)
        for timeframe, held in cuts.items():
            _collect(self._cuts, [(timeframe, bar) for bar in settle(stored[timeframe], held.values())])


def _cursor(start_ms: int) -> str:
    """The cursor after which a stream's entries of ``start_ms`` and later come."""
    return f"{start_ms - 1}-{2**64 - 1}" if start_ms else "0-0"


def _collect(into: Bars, cuts: Iterable[Cut]) -> None:
    for timeframe, bar in cuts:
        into.setdefault(timeframe, {})[bar.open_ms] = bar


def _bar(row: list[float]) -> Bar:
    bar = Bar._make(row)
    return bar._replace(open_ms=int(bar.open_ms), trades=int(bar.trades), flags=int(bar.flags))
