"""One ingest session: a venue's trades from the socket into the tick streams, in id order, gaps refilled."""

from __future__ import annotations

import logging
import queue
import threading
import time
from collections.abc import Callable
from enum import Enum
from functools import partial

from analytics.market import Tick
from ingest import quarantine
from ingest.channel import Channel
from ingest.clock import ExchangeClock
from ingest.connection import Connection, ConnectionLost, wait_readable
from ingest.feeds.base import UNKNOWN, BadFrame, Feed, FeedError, Signal
from ingest.links import Links
from ingest.repair import Repair
from ingest.status import StatusWriter
from ingest.workers import Workers
from runtime.settings import Settings
from store import Store, StoreError

log = logging.getLogger(__name__)

FRAMES_A_READ = 2_000
IDLE_S = 0.02
TIDY_S = 0.25
VENUE_EVERY_S = 300.0
VENUE_AGAIN_S = 15.0


class Outcome(Enum):
    """Why a session ended."""

    STOPPED = "stopped"
    NO_ANSWER = "no live endpoint answered in time"
    SWITCH = "the user asked for another source"
    STORE_LOST = "the store was lost; what it holds must be read again"


class Session:
    """Reads, orders and writes on the calling thread; connects and asks REST on others.

    No queue stands between socket and store: while the store is slow the kernel's socket buffer fills, and what
    the exchange then drops comes back as a gap that is refilled. Results of the other threads come through
    ``_inbox`` as functions to call.
    """

    def __init__(
        self,
        feed: Feed,
        store: Store,
        settings: Settings,
        stop: threading.Event,
        names: list[str],
        *,
        simulated: bool,
        tend: Callable[[], object] | None = None,
    ):
        """``tend`` is called four times a second: whatever the venue needs to live."""
        self._feed, self._store, self._config = feed, store, settings.feed
        self._stop, self._names, self._tend = stop, names, tend
        self._inbox: queue.SimpleQueue[Callable[[], None]] = queue.SimpleQueue()
        self._out: list[Tick] = []
        self._over = threading.Event()
        self._workers = Workers("ask", 1)
        self.clock = ExchangeClock()
        self._venue_asked_s, self._venue_known = -VENUE_EVERY_S, False
        self.received = 0
        """Trades that came by the stream."""
        self.newest_ms = 0.0
        """Time of the newest of them, on any symbol."""
        self.asked: str | None = None
        """The source that a user asked for instead of this one."""
        self._answered, self._last_frame_s = False, 0.0
        self.quarantine = quarantine.Quarantine()
        self.channels: dict[str, Channel] = {}
        self.status = StatusWriter(store, feed.venue, simulated=simulated, stale_after_s=self._config.stale_after_s)
        self._repair = Repair(
            feed,
            store,
            self._config,
            post=self._inbox.put,
            out=self._out,
            clock=self.clock,
            over=self._over,
        )
        self.backfill = self._repair.backfill
        urls = [feed.stream_url(base, names) for base in feed.stream_bases]
        self._links = Links(urls, self._config, post=self._inbox.put, changed=self._link_changed)

    @property
    def connected(self) -> bool:
        """Whether a connection is open."""
        return bool(self._links.open)

    def receiving(self, now_s: float) -> bool:
        """Whether a connection is open that gave a trade, and frames not long ago."""
        return self.received > 0 and self.connected and now_s - self._last_frame_s < self._config.silent_after_s

    def run(self, give_up_after_s: float | None) -> Outcome:
        """Work until stopped, switched, or (with ``give_up_after_s``) no endpoint has answered for so long."""
        started_s, tidied_s = time.monotonic(), 0.0
        try:
            self._start()
            while not self._stop.is_set():
                for connection in wait_readable(self._links.open, IDLE_S):
                    self._read(connection)
                if not self.connected:
                    self._stop.wait(IDLE_S)
                self._take_inbox()
                self._write()
                now_s = time.monotonic()
                if now_s - tidied_s >= TIDY_S:
                    tidied_s = now_s
                    self._tidy(now_s)
                    if self.asked not in (None, self._feed.venue):
                        return Outcome.SWITCH
                if give_up_after_s and not self._answered and now_s - started_s > give_up_after_s:
                    return Outcome.NO_ANSWER
            return Outcome.STOPPED
        except StoreError as error:
            log.warning("store lost", extra={"reason": str(error)})
            return Outcome.STORE_LOST
        finally:
            self._end()

    def _start(self) -> None:
        for name in self._names:
            newest = self._store.ticks.newest(f"{self._feed.venue}:{name}")
            channel = Channel(self._feed.venue, name, newest)
            self.channels[channel.symbol] = channel
        self._store.status.set_symbols(list(self.channels))
        self.status.feed(state="STARTING", reason="connecting")

    def _end(self) -> None:
        self._over.set()
        self._links.close()
        self._repair.stop()
        self._workers.stop()

    def _link_changed(self, connected: bool, detail: str) -> None:
        if not connected:
            self.status.feed(state="DOWN", reason=detail)
            return
        for channel in self.channels.values():
            channel.reconnected()
        self._answered = True
        self._last_frame_s = time.monotonic()
        self.status.connected(detail)

    # --- the hot path -------------------------------------------------------------------------------------

    def _read(self, connection: Connection) -> None:
        """Frames of one connection into the sequencers; trades that may be written now go to ``_out``."""
        try:
            frames = connection.frames(FRAMES_A_READ)
        except ConnectionLost as error:
            self._links.lost(connection, str(error))
            return
        read, channels, out = self._feed.read, self.channels, self._out
        latest_ms, now_s = self.clock.latest_ms(), time.monotonic()
        self._last_frame_s = now_s
        for frame in frames:
            try:
                tick = read(frame)
            except BadFrame as error:
                self.quarantine.add("frames", str(error), frame[:300])
                continue
            if not isinstance(tick, Tick):
                if tick is Signal.SHUTDOWN:
                    self._links.replace(connection, "the server announced its shutdown")
                continue
            channel = channels.get(tick.symbol)
            reason = quarantine.fault(tick, latest_ms) if channel else "a symbol that nobody asked for"
            if reason or channel is None:
                self.quarantine.add(tick.symbol, reason or "", tick)
                continue
            channel.sequencer.offer(tick, out)
            channel.progress(now_s)
            if channel.sequencer.held and not channel.refilling:
                self._repair.refill(channel)
            self.received += 1
        if out:
            self.clock.seen(out[-1].time_ms)
            now_ms = self.clock.now_ms()
            self.newest_ms = max(self.newest_ms, min(out[-1].time_ms, now_ms))
            self.status.sample_latency(now_ms - out[-1].time_ms)

    def _write(self) -> None:
        if self._out:
            self._store.ticks.append(self._out, int(time.time() * 1000))
            self._out.clear()

    def _take_inbox(self) -> None:
        while True:
            try:
                self._inbox.get_nowait()()
            except queue.Empty:
                return

    # --- housekeeping -------------------------------------------------------------------------------------

    def _tidy(self, now_s: float) -> None:
        self._links.tidy(now_s)
        for channel in self.channels.values():
            silent = self._repair.tidy(channel, now_s, connected=self.connected)
            if silent and self.connected:
                self._links.replace(self._links.open[-1], f"{channel.name} is silent, but traded")
        if now_s - self._venue_asked_s > (VENUE_EVERY_S if self._venue_known else VENUE_AGAIN_S):
            self._venue_asked_s = now_s
            self._workers.submit(self._ask_venue)
        self.backfill.tidy()
        self.status.write(self, now_s)
        self.asked = self._store.status.take_asked_source()
        if self._tend:
            self._tend()

    def _ask_venue(self) -> None:
        """On another thread: the exchange's clock, and which symbols trade."""
        try:
            self._inbox.put(partial(self._heard_clock, self._feed.clock_base_ms()))
            self._inbox.put(partial(self._heard_statuses, self._feed.not_trading(self._names)))
        except FeedError as error:
            log.debug("the venue does not answer", extra={"reason": str(error)})

    def _heard_clock(self, base_ms: float) -> None:
        self.clock.set(base_ms)
        if self.backfill.until_ms is None:
            self.backfill.past(self._names)

    def _heard_statuses(self, statuses: dict[str, str]) -> None:
        self._venue_known = True
        for channel in self.channels.values():
            channel.halted = statuses.get(channel.name, "")
        unknown = sorted(name for name, status in statuses.items() if status == UNKNOWN)
        halted = sorted(f"{name} ({status})" for name, status in statuses.items() if status != UNKNOWN)
        notes = (
            [f"{self._feed.venue} does not know {', '.join(unknown)}: take it out of feed.symbols"] if unknown else []
        )
        notes += [f"not trading: {', '.join(halted)}"] if halted else []
        text = "; ".join(notes)
        if text and text != self.status.note:
            log.error(text)
        self.status.note = text
        if any(self.channels.pop(f"{self._feed.venue}:{name}", None) for name in unknown):
            self._store.status.set_symbols(list(self.channels))
