"""The role `ingest`: runs one session after another and decides which source comes next."""

from __future__ import annotations

import logging
import threading
import time

from ingest.session import Outcome, Session
from ingest.source import LiveProbe, SimulatedExchange, live_feed
from runtime.settings import Settings
from store import Store, StoreError, open_store

log = logging.getLogger(__name__)

SHOWN_MS = 600_000
"""Live data shown less than this ago are never replaced by simulated ones on our own."""


class Ingestor:
    """Live first; simulated when the settings or the user say so, or when no live endpoint answers at start."""

    def __init__(self, settings: Settings, store: Store, stop: threading.Event):
        self._settings, self._store, self._stop = settings, store, stop
        self._sim = SimulatedExchange(settings)
        self._live_shown = False

    def run(self) -> None:
        """Run sessions until stopped."""
        source = self._settings.feed.source
        self._live_shown = self._live_lately()
        try:
            while not self._stop.is_set():
                outcome, asked = self._session(source)
                if outcome is Outcome.STORE_LOST:
                    self._await_store()
                elif outcome is Outcome.NO_ANSWER:
                    log.warning("no live endpoint answers: showing the SIMULATED exchange until you switch")
                    source = "sim"
                elif outcome is Outcome.SWITCH:
                    log.info("switching the source", extra={"from": source, "to": asked})
                    source = "sim" if asked == "sim" else "binance"
        finally:
            self._sim.stop()

    def _session(self, source: str) -> tuple[Outcome, str | None]:
        config, simulated = self._settings.feed, source == "sim"
        if simulated:
            feed, tend = self._sim.feed(self._stop), self._sim.start
        else:
            self._sim.stop()
            feed, tend = live_feed(self._settings, self._stop), None
        names = config.symbols
        session = Session(feed, self._store, self._settings, self._stop, names, simulated=simulated, tend=tend)
        falls_back = not simulated and config.fallback == "sim" and not self._live_shown
        probe = LiveProbe(config, session.status.live_available) if simulated and config.source != "sim" else None
        try:
            outcome = session.run(config.fallback_after_s if falls_back else None)
        finally:
            if probe:
                probe.stop()
        self._live_shown = self._live_shown or (session.received > 0 and not simulated)
        return outcome, session.asked

    def _live_lately(self) -> bool:
        try:
            newest = [self._store.ticks.newest(f"binance:{name}") for name in self._settings.feed.symbols]
        except StoreError:
            return False
        return any(tick and time.time() * 1000 - tick.time_ms < SHOWN_MS for tick in newest)

    def _await_store(self) -> None:
        while not self._stop.wait(0.5):
            try:
                self._store.ping()
            except StoreError as error:
                log.warning("the store does not answer yet", extra={"reason": str(error)})
            else:
                return


def run(settings: Settings, stop: threading.Event) -> int:
    """Ingest until ``stop``; see `runtime.roles`."""
    store = open_store(settings.redis.url, settings.redis.timeout_s, settings.store.bars)
    try:
        Ingestor(settings, store, stop).run()
    finally:
        store.close()
    return 0
