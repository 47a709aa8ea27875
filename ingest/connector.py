"""Opens connections in the background: endpoint fail-over, capped jittered backoff, one attempt at a time."""

from __future__ import annotations

import logging
import random
import threading
import time
from collections.abc import Callable, Sequence

from ingest.connection import Connection, ConnectionLost, ConnectionRefused

log = logging.getLogger(__name__)

BACKOFF_S = (0.5, 60.0)
HEALTHY_S = 60.0
"""A connection that gave data for so long earns its successor a fresh backoff."""
BARRED_S = 900.0
MIN_SPACING_S = 1.0
"""Binance allows 300 attempts in 5 minutes for everybody behind an address; this is all we take."""


class Connector:
    """Turns `want` into an open `Connection`, handed to ``deliver`` from another thread.

    A failed attempt is reported to ``failed`` and followed by one at the next endpoint after
    ``uniform(0, min(60, 0.5 * 2**n))`` seconds in round n; ``Retry-After`` of a 429 or 418 is honoured; an
    endpoint that answers 451 or 403 is left alone for 15 minutes.
    """

    def __init__(
        self,
        urls: Sequence[str],
        *,
        timeout_s: float,
        ca_file: str,
        deliver: Callable[[Connection], None],
        failed: Callable[[str], None],
    ):
        self._urls = list(urls)
        self._timeout_s, self._ca_file = timeout_s, ca_file
        self._deliver, self._failed = deliver, failed
        self._barred_s = dict.fromkeys(urls, 0.0)
        self._tried_s = dict.fromkeys(urls, 0.0)
        self._failures = 0
        self._last_attempt_s = -MIN_SPACING_S
        self._wanted = threading.Event()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._work, name="connector", daemon=True)
        self._thread.start()

    def want(self, *, after_failure: bool = False) -> None:
        """Ask for one more connection; asking again while one is being opened changes nothing.

        ``after_failure``: the last one did not live long, which counts like an attempt that failed.
        """
        self._failures += after_failure
        self._wanted.set()

    def healthy(self) -> None:
        """A connection gave data for a while: forget the failures."""
        self._failures = 0

    def stop(self) -> None:
        """Give up; an attempt that is under way is closed when it ends."""
        self._stop.set()
        self._wanted.set()

    def _work(self) -> None:
        while not self._stop.is_set():
            self._wanted.wait()
            next_s = self._last_attempt_s + max(MIN_SPACING_S, self._pause_s())
            if self._stop.wait(max(0.0, next_s - time.monotonic())):
                return
            self._attempt()

    def _pause_s(self) -> float:
        """Grows with every round of failures through the endpoints."""
        if not self._failures:
            return 0.0
        base_s, cap_s = BACKOFF_S
        rounds = (self._failures - 1) // len(self._urls)
        return random.uniform(0, min(cap_s, base_s * 2 ** min(rounds, 10)))

    def _attempt(self) -> None:
        now_s = time.monotonic()
        url = min(self._urls, key=lambda each: (max(self._barred_s[each] - now_s, 0.0), self._tried_s[each]))
        if self._stop.wait(max(0.0, self._barred_s[url] - now_s)):
            return
        self._tried_s[url] = self._last_attempt_s = time.monotonic()
        try:
            connection = Connection.open(url, timeout_s=self._timeout_s, ca_file=self._ca_file)
        except ConnectionRefused as error:
            self._bar(url, error)
            self._report(str(error))
        except ConnectionLost as error:
            self._report(str(error))
        else:
            self._wanted.clear()
            if self._stop.is_set():
                connection.close()
            else:
                self._deliver(connection)

    def _bar(self, url: str, error: ConnectionRefused) -> None:
        if error.status in (451, 403):
            self._barred_s[url] = time.monotonic() + BARRED_S
        elif error.status in (418, 429):  # the limit is per IP address, whichever host tells
            wait_s = 60.0 if error.retry_after_s is None else error.retry_after_s
            for each in self._urls:
                self._barred_s[each] = max(self._barred_s[each], time.monotonic() + wait_s)

    def _report(self, reason: str) -> None:
        self._failures += 1
        log.warning("no connection", extra={"reason": reason, "attempts": self._failures})
        self._failed(reason)
