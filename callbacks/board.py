"""The board's rows: watched pairs and watched symbols, computed once for all viewers."""

from __future__ import annotations

import logging
import threading
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from analytics.live import PairBook, PairNow, PairSpec, signal_of
from analytics.market import TIMEFRAME_MS, name_of
from callbacks.day import Days, significant, spread_decimals
from callbacks.message import Cursor, Message, new_epoch
from callbacks.silence import Spacings, silence
from callbacks.stamps import Fields, Stamped
from callbacks.watched import watched_pairs

if TYPE_CHECKING:
    from runtime.settings import Settings
    from store.cache import MarketCache

log = logging.getLogger(__name__)

REFRESH_MS: Final = 50
SLOW_MS: Final = 1_000
QUIET_AFTER_MS: Final = 120_000


class BoardView:
    """Rows of the two upper grids. Prices and z move with every trade, the rest at most once a second.

    A row's key is its place: ``s0``, ``s1``, ... for symbols and ``p0``, ... for pairs; the row says what it is.
    """

    def __init__(self, cache: MarketCache, book: PairBook, days: Days, settings: Settings) -> None:
        self._cache = cache
        self._book = book
        self._days = days
        self._spacings = Spacings(cache)
        self._board = settings.board
        self._configured = settings.feed.symbols
        self._pairs: list[tuple[str, str]] = []
        self._unwatched: list[tuple[str, str]] = []
        self._lock = threading.Lock()
        self._symbols: list[str] = []
        self._venue = ""
        self._fast_ms = self._slow_ms = 0
        self._restart(0)

    def message(self, held: Cursor, venue: str, now_ms: int, offset_ms: int) -> tuple[Cursor, Message]:
        """What a viewer at ``held`` lacks, and the cursor that says so."""
        with self._lock:
            self._refresh(venue, now_ms, offset_ms)
            fresh = held.epoch != self._epoch
            message: Message = {"w": (now_ms - self._base_ms) // 1000}
            if fresh:
                message |= {"snap": True, "pair": f"{self._board.timeframe}, window {self._board.window}"}
                message["unwatched"] = len(self._unwatched)
            rows = self._table.since(0 if fresh else held.seq)
            if rows:
                message["rows"] = rows
            return held._replace(epoch=self._epoch, seq=self._table.seq), message

    def _restart(self, now_ms: int) -> None:
        self._epoch = new_epoch()
        self._table = Stamped()
        self._base_ms = now_ms
        self._slow_ms = 0

    def _refresh(self, venue: str, now_ms: int, offset_ms: int) -> None:
        if 0 <= now_ms - self._fast_ms < REFRESH_MS:
            return
        self._fast_ms = now_ms
        symbols = sorted(symbol for symbol in self._cache.symbols() if symbol.startswith(f"{venue}:"))
        if symbols != self._symbols or venue != self._venue:
            self._symbols, self._venue = symbols, venue
            self._pair_up([name_of(symbol) for symbol in symbols] or self._configured)
            self._restart(now_ms)
        slow = not 0 <= now_ms - self._slow_ms < SLOW_MS
        if slow:
            self._slow_ms = now_ms
        for place, symbol in enumerate(symbols):
            self._table.put(f"s{place}", self._symbol_row(symbol, now_ms, offset_ms, slow))
        for place, (y, x) in enumerate(self._pairs):
            spec = PairSpec(f"{venue}:{y}", f"{venue}:{x}", self._board.timeframe, self._board.window)
            self._table.put(f"p{place}", self._pair_row(spec, now_ms + offset_ms, slow))

    def _pair_up(self, names: Sequence[str]) -> None:
        before = self._unwatched
        self._pairs, self._unwatched = watched_pairs(self._board.pairs, names)
        if self._unwatched not in ([], before):
            left_out = ", ".join("/".join(pair) for pair in self._unwatched)
            log.warning("board.pairs: not shown, as feed.symbols lacks a leg of each: %s.", left_out)

    def _symbol_row(self, symbol: str, now_ms: int, offset_ms: int, slow: bool) -> Fields:
        trade = self._cache.trade(symbol)
        price = trade.price if trade else None
        row: Fields = {"price": price, "state": self._cache.state(symbol)}
        if not slow:
            return row
        day = self._days.of(symbol)
        change = day.change_percent(price)
        # A minute that closed long ago says nothing about now.
        recent = day.end_ms is not None and now_ms + offset_ms - day.end_ms < QUIET_AFTER_MS
        # Trades whose bar never came: how many there were is unknown, not none.
        missed = bool(trade and day.end_ms is not None and trade.time_ms >= day.end_ms)
        return row | {
            "name": name_of(symbol),
            "digits": day.decimals,
            "change": None if change is None else round(change, 2),
            "span": day.span_ms // 60_000 if day.end_ms else None,
            "volume": significant(day.quote_volume, 7),
            "trades": day.trades if recent else None if missed or day.end_ms is None else 0,
            "spark": day.spark,
            "silent": silence(str(row["state"]), trade, self._spacings.of(symbol), now_ms + offset_ms),
            "seen": (trade.received_ms - self._base_ms) // 1000 if trade else None,
        }

    def _pair_row(self, spec: PairSpec, exchange_ms: int, slow: bool) -> Fields:
        now = self._book.now(spec, exchange_ms)
        signal = signal_of(now, self._board.entry_z)
        row: Fields = {"z": significant(now.z, 6), "signal": signal, "state": now.state}
        return row | self._slow_pair(spec, now) if slow else row

    def _slow_pair(self, spec: PairSpec, now: PairNow) -> Fields:
        minutes = TIMEFRAME_MS[spec.timeframe] / 60_000
        return {
            "y": name_of(spec.y),
            "x": name_of(spec.x),
            "digits": spread_decimals(now.sigma),
            "spread": significant(now.spread),
            "hedge": significant(now.hedge_ratio),
            "corr": None if now.correlation is None else round(now.correlation, 3),
            "half": None if now.half_life_bars is None else significant(now.half_life_bars * minutes, 6),
            "sure": now.half_life_reliable,
            "ready": now.ready,
            "window": now.window,
            "reason": now.reason,
        }
