"""The market in the web process's memory: bars, last trades and states, kept up by a reader thread."""

from __future__ import annotations

import itertools
import logging
import random
import threading
import time
from typing import Final

from analytics.live import LastTrade, Series
from analytics.market import UPLOADED_STATE, Tick, is_uploaded
from store import notices
from store.facade import Store
from store.link import StoreError, Wire
from store.series import CAPACITY, HeldSeries
from store.uploads import Upload

log = logging.getLogger(__name__)

INGEST_ROLE: Final = "ingest"
RESAMPLE_ROLE: Final = "resample"
SILENT_S: Final = 5.0
"""A role whose beat stands still for so long is taken for dead, and everything it said for stale."""

_REFRESH_S: Final = 0.25
_REREAD_S: Final = 5.0
_FORGET_S: Final = 900.0
_MAX_SERIES: Final = 512
_RETRY_S: Final = (0.05, 2.0)


class MarketCache:
    """An `analytics.live.MarketView` on a store. Every method may be called from any thread and returns at once.

    Only `trades` and the first use of a series read the store. While the store is away (``connected`` is False) what
    is held stays readable, and every state is DOWN.
    """

    def __init__(self, store: Store) -> None:
        self.connected = False
        self._store = store
        self._held: dict[tuple[str, str], HeldSeries] = {}
        self._trades: dict[str, LastTrade] = {}
        self._live: dict[str, dict[str, str]] = {}
        self._feed: dict[str, str] = {}
        self._symbols: list[str] = []
        self._uploads: dict[str, Upload] = {}
        self._beats = {role: ("", 0.0) for role in (INGEST_ROLE, RESAMPLE_ROLE)}
        self._versions = itertools.count(1)
        self._changes = 0
        self._changed = threading.Condition()
        self._stop = threading.Event()
        self._tried = threading.Event()
        self._thread = threading.Thread(target=self._run, name="market-cache", daemon=True)

    def start(self) -> None:
        """Start the reader; returns when it has connected, or failed to for the first time."""
        self._thread.start()
        self._tried.wait(2.0)

    def stop(self) -> None:
        """Stop the reader."""
        self._stop.set()
        self._thread.join(2.0)

    def bars(self, symbol: str, timeframe: str) -> Series:
        """Every closed bar held, oldest first; the first call for a series reads it from the store.

        Raises `ValueError` for an unknown time frame.
        """
        if timeframe not in CAPACITY:
            raise ValueError(f"timeframe: expected one of {', '.join(CAPACITY)}, got {timeframe!r}.")
        held = self._held.get((symbol, timeframe))
        if held is None:
            held = self._held.setdefault((symbol, timeframe), HeldSeries(symbol, timeframe))
        held.asked_s = time.monotonic()
        if not held.loaded and self.connected:
            try:
                self._read(held, whole=True)
            except StoreError as error:
                log.warning("bars of %s %s cannot be read yet: %s", symbol, timeframe, error)
        return held.series

    def trade(self, symbol: str) -> LastTrade | None:
        """The newest trade; None before the first."""
        return self._trades.get(symbol)

    def trades(self, symbol: str, count: int, end_ms: int | None = None) -> list[Tick]:
        """The newest ``count`` trades kept, of those before ``end_ms``, oldest first.

        Read from the store each time, which takes a while for many. Raises `StoreError`.
        """
        return self._store.ticks.range(symbol, end_ms=end_ms, limit=count)

    def state(self, symbol: str) -> str:
        """State of the symbol's feed; DOWN when the store or the ingestor is away, or the symbol is not watched.

        UPLOADED for a symbol of a user's file: the past is neither fresh nor stale.
        """
        if is_uploaded(symbol):
            return UPLOADED_STATE if symbol in self._uploads else "DOWN"
        if self._outage() or (self._symbols and symbol not in self._live):
            return "DOWN"
        return self._live.get(symbol, {}).get("state", "INIT")

    def stopped(self) -> str:
        """Why no bars are being made: the resampler is silent. Empty while it is not, or has never spoken."""
        return self._silence(RESAMPLE_ROLE)

    def symbols(self) -> list[str]:
        """The symbols that are being ingested, sorted."""
        return list(self._symbols)

    def uploads(self) -> dict[str, Upload]:
        """What users brought in files, by symbol, at most 0.25 s old."""
        return dict(self._uploads)

    def feed(self) -> dict[str, str]:
        """The feed status, at most 0.25 s old; its state is DOWN when the store or the ingestor is away."""
        outage = self._outage()
        return {**self._feed, "state": "DOWN", "reason": outage} if outage else dict(self._feed)

    def live(self, symbol: str) -> dict[str, str]:
        """The symbol's live hash, at most 0.25 s old; empty for a symbol that is not watched."""
        return dict(self._live.get(symbol, {}))

    def wait(self, version: int, timeout_s: float) -> int:
        """Block until the change counter differs from ``version``, or the time is over; the counter."""
        with self._changed:
            self._changed.wait_for(lambda: self._changes != version, timeout_s)
            return self._changes

    def _outage(self) -> str:
        if not self.connected:
            return "the store does not answer"
        return self._silence(INGEST_ROLE)

    def _silence(self, role: str) -> str:
        beat, since = self._beats[role]
        if beat and time.monotonic() - since > SILENT_S:
            return f"the {role} process has been silent for more than {SILENT_S:.0f} s"
        return ""

    def _announce(self) -> None:
        with self._changed:
            self._changes += 1
            self._changed.notify_all()

    def _run(self) -> None:
        """Follow the store for ever: whatever goes wrong is logged and tried again."""
        pause = _RETRY_S[0]
        while not self._stop.is_set():
            try:
                with self._store.link.subscription(*notices.CHANNELS) as wire:
                    self._resync()
                    pause = _RETRY_S[0]
                    self._follow(wire)
            except StoreError as error:
                if self.connected or not self._tried.is_set():
                    log.warning("market cache: %s Trying again until it answers.", error)
            except Exception:
                log.exception("market cache: the reader failed and starts again")
            self.connected = False
            self._tried.set()
            self._announce()
            self._stop.wait(pause * random.uniform(0.8, 1.2))
            pause = min(2 * pause, _RETRY_S[1])

    def _resync(self) -> None:
        """Read everything held again: notices were lost while nobody listened."""
        for held in list(self._held.values()):
            self._read(held, whole=True)
        self._refresh()
        if not self.connected:
            log.info("market cache: following %s", self._store.url)
        self.connected = True
        self._tried.set()
        self._announce()

    def _follow(self, wire: Wire) -> None:
        refresh_s = time.monotonic() + _REFRESH_S
        outage = self._outage(), self.stopped()
        while not self._stop.is_set():
            changed = self._take_notices(wire, max(0.0, refresh_s - time.monotonic()))
            if time.monotonic() >= refresh_s:
                refresh_s = time.monotonic() + _REFRESH_S
                changed |= self._refresh() | self._reread()
                before, outage = outage, (self._outage(), self.stopped())
                changed |= outage != before
            if changed:
                self._announce()

    def _take_notices(self, wire: Wire, timeout_s: float) -> bool:
        trades, bars = notices.take(wire, timeout_s)
        changed = False
        for symbol, trade in trades.items():
            changed |= self._take_trade(symbol, trade)
        for series, from_ms in bars.items():
            held = self._held.get(series)
            changed |= held is not None and held.loaded and self._read(held, from_ms)
        return changed

    def _take_trade(self, symbol: str, trade: LastTrade | None) -> bool:
        held = self._trades.get(symbol)
        if trade is None or (held and trade.trade_id <= held.trade_id and trade.time_ms <= held.time_ms):
            return False
        self._trades[symbol] = trade
        return True

    def _read(self, held: HeldSeries, from_ms: int = 0, *, whole: bool = False) -> bool:
        """Read a series from the store, from ``from_ms`` on or whole; whether it changed."""
        with held.lock:
            stored = self._store.bars.read(
                held.symbol, held.timeframe, start_ms=None if whole else from_ms, limit=held.capacity
            )
            changed = held.merge(from_ms, stored, next(self._versions))
            held.loaded = True
            held.read_s = time.monotonic()
        return changed

    def _refresh(self) -> bool:
        """Read symbols, feed and live states; whether anything worth showing changed."""
        status = self._store.status
        symbols, feed, uploads = status.symbols(), status.feed(), self._store.uploads.all()
        beats = {role: status.health(role).get("beat_ms", "") for role in self._beats}
        live = self._store.live.read_many(symbols)
        for role, beat in beats.items():
            if beat != self._beats[role][0]:
                self._beats[role] = (beat, time.monotonic())
        changed = (symbols, feed, uploads) != (self._symbols, self._feed, self._uploads)
        for symbol, fields in live.items():
            changed |= fields.get("state") != self._live.get(symbol, {}).get("state")
            changed |= self._take_trade(symbol, notices.last_trade(fields))
        self._live, self._symbols, self._feed, self._uploads = live, symbols, feed, uploads
        return changed

    def _reread(self) -> bool:
        """Read the tails of a few series again, each once in five seconds, and forget those nobody asks for."""
        now = time.monotonic()
        asked = sorted(list(self._held.items()), key=lambda item: item[1].asked_s, reverse=True)
        for at, (series, held) in enumerate(asked):
            if at >= _MAX_SERIES or now - held.asked_s > _FORGET_S:
                self._held.pop(series, None)
        due = [held for _, held in asked[:_MAX_SERIES] if held.loaded and now - held.read_s > _REREAD_S]
        share = 1 + int(len(asked) * _REFRESH_S / _REREAD_S)
        return any([self._read(held, held.tail_ms()) for held in due[:share]])
