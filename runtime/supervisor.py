"""The whole board: the embedded server and the roles as child processes, watched, restarted and stopped together."""

from __future__ import annotations

import logging
import os
import signal
import sys
import threading
import time
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from ingest.sim.instruments import market_id
from runtime.child import Child
from runtime.process import SUPERVISED
from runtime.roles import STARTED
from runtime.settings import Settings, environment
from store import Store, StoreError, open_store
from store.server import EmbeddedServer

POLL_S: Final = 0.2
BEAT_S: Final = 1.0
STOP_S: Final = 3.0
"""So long the roles may take to stop before they are killed."""

STATUS_TIMEOUT_S: Final = 0.5
SERVER_RETRY_S: Final = 1.0

log = logging.getLogger(__name__)


def run(settings: Settings, stop: threading.Event) -> int:
    """Start everything and watch over it until told to stop.

    Exit code 0: stopped as asked; 1: the store cannot be had, or a role cannot be started; 2: a role's settings
    are refused.
    """
    return Supervisor(settings, STARTED, [sys.executable, str(Path(sys.argv[0]).resolve())]).run(stop)


class Supervisor:
    """Keeps ``roles`` running; a role's process is ``program`` with the role's name as its argument."""

    def __init__(self, settings: Settings, roles: Sequence[str], program: Sequence[str]) -> None:
        self.settings = settings
        self.server = None if settings.redis.url else EmbeddedServer(settings.store.data_dir)
        self.url = settings.redis.url
        self.children = [Child(role, [*program, role], {}) for role in roles]
        self._started_ms = time.time_ns() // 1_000_000
        self._signals = 0
        self._opening = False
        self._status: Store | None = None
        self._status_lost = False
        self._next_beat_s = self._next_server_s = 0.0

    def run(self, stop: threading.Event) -> int:
        """Start, watch, stop; the exit code."""
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self._count_signal)
        try:
            self._open()
            self._greet()
            for child in self.children:
                child.start()
            while not stop.wait(POLL_S):
                self._mind_server()
                changed = self._mind_children()
                if lost := next((child for child in self.children if child.hopeless), None):
                    log.error("%s cannot be kept running, its own message says why: stopping", lost.name)
                    return 2 if lost.exit == 2 else 1
                if changed or time.monotonic() >= self._next_beat_s:
                    self._publish()
        except StoreError as error:
            log.error("the store cannot be had: %s `python app.py doctor` looks into it.", error)
            return 1
        except KeyboardInterrupt:  # while the server was loading
            pass
        finally:
            self._close()
        return 0

    def _open(self) -> None:
        self._opening = True  # a server may load its data for a minute: a signal must not wait for that
        try:
            if self.server:
                self.url = self.server.start()
            self._look_at_store()
        finally:
            self._opening = False
        redis = self.settings.redis.model_copy(update={"url": self.url})
        environ = os.environ | environment(self.settings.model_copy(update={"redis": redis})) | {SUPERVISED: "1"}
        for child in self.children:
            child.environ = environ
        self._status = None

    def _look_at_store(self) -> None:
        """See that it answers, and drop simulated data of another market before anybody reads them."""
        sim = self.settings.sim
        with closing(open_store(self.url, self.settings.redis.timeout_s)) as store:
            if store.keep_simulated(market_id(sim.seed, sim.rate)):
                log.info("the simulated market has changed: its old data were dropped")

    def _greet(self) -> None:
        settings, where = self.settings, urlsplit(self.url)
        host = f"[{settings.web.host}]" if ":" in settings.web.host else settings.web.host
        page = f"http://{host}:{settings.web.port}"
        if settings.log.json_lines:
            log.info("started", extra={"page": page, "redis_port": where.port, "source": settings.feed.source})
            return
        source: str = settings.feed.source
        if source != "sim" and settings.feed.fallback == "sim":
            source += f", live (simulated when it does not answer within {settings.feed.fallback_after_s:g} s)"
        kept = f"embedded, files in {settings.store.data_dir}/" if self.server else "yours"
        sys.stdout.write(
            f"Spreadboard  {page}\n"
            f"  source     {source}; {len(settings.feed.symbols)} symbols\n"
            f"  store      redis-cli -h {where.hostname} -p {where.port or 6379}  ({kept})\n"
            f"  stop       Ctrl-C\n"
        )
        sys.stdout.flush()

    def _mind_server(self) -> None:
        """Start the embedded server again when it died; on another port the roles have to be told."""
        if not self.server or self.server.alive() or time.monotonic() < self._next_server_s:
            return
        self._next_server_s = time.monotonic() + SERVER_RETRY_S
        before = self.url
        try:
            self._open()
        except StoreError as error:
            log.error("the embedded server does not start", extra={"reason": str(error)})
            return
        log.warning("the embedded server had died and was started again", extra={"url": self.url})
        if self.url != before:
            for child in self.children:
                child.signal(signal.SIGTERM)

    def _mind_children(self) -> bool:
        changed = [child for child in self.children if child.mind()]
        for child in changed:
            if child.pid:
                log.info("%s was started again", child.name, extra={"pid": child.pid, "restarts": child.restarts})
            else:
                extra = {"exit": child.exit, "next_start_in_s": child.restarts_in_s}
                log.warning("%s ended by itself", child.name, extra=extra)
        return bool(changed)

    def _publish(self, stopped: bool = False) -> None:
        """Say in the store how every role is; a store that is away only costs the saying."""
        self._next_beat_s = time.monotonic() + BEAT_S
        try:
            if self._status is None:
                self._status = open_store(self.url, STATUS_TIMEOUT_S)
            for child in self.children:
                self._status.status.set_role(child.name, child.status(stopped))
            self._status.status.beat("supervisor", {"since_ms": self._started_ms, "roles": len(self.children)})
            self._status_lost = False
        except StoreError as error:
            if not self._status_lost:
                log.warning("the store does not answer: the roles wait for it", extra={"reason": str(error)})
            self._status_lost = True

    def _count_signal(self, *_: object) -> None:
        self._signals += 1
        if self._opening:
            raise KeyboardInterrupt

    def _close(self) -> None:
        """Stop the roles together, then the server; a second signal, or `STOP_S`, kills what is left."""
        for child in self.children:
            child.signal(signal.SIGTERM)
        deadline_s = time.monotonic() + STOP_S
        while not all([child.ended() for child in self.children]):
            if self._signals > 1 or time.monotonic() > deadline_s:
                break
            time.sleep(POLL_S / 10)
        for child in self.children:
            if not child.ended():
                log.warning("%s did not stop in time and was killed", child.name)
                child.kill()
        if self._status:
            self._publish(stopped=True)
        if self.server:
            self.server.stop()
        log.info("stopped")
