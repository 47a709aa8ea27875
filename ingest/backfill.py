"""Fills bars from the exchange's klines: the past at start, and every bar that misses trades once it is over."""

from __future__ import annotations

import logging
import threading
from concurrent.futures import Executor
from typing import NamedTuple

from analytics.market import TIMEFRAME_MS, bucket
from ingest.clock import ExchangeClock
from ingest.feeds.base import Feed, FeedError
from store import Store, StoreError

log = logging.getLogger(__name__)

FINAL_AFTER_MS = 2_500
"""A kline is asked for this long after its bucket's end: the exchange needs a moment to finish it."""
RETRY_S = 10.0
TRIES = 30


class Job(NamedTuple):
    """Klines to fetch once the exchange's clock has passed ``due_ms``."""

    due_ms: float
    name: str
    timeframe: str
    start_ms: int
    end_ms: int
    tries: int = 0


class Backfill:
    """Jobs wait here until they are due, then run on the executor. `tidy` belongs to one thread."""

    def __init__(self, feed: Feed, store: Store, executor: Executor, clock: ExchangeClock, stop: threading.Event):
        self._feed, self._store, self._executor = feed, store, executor
        self._clock, self._stop = clock, stop
        self._jobs: list[Job] = []
        self._lock = threading.Lock()
        self.filled = 0
        """Bars written so far."""

    def past(self, names: list[str], minutes: dict[str, int]) -> None:
        """Fetch the closed bars of the last so many minutes of each time frame, in the order given."""
        now_ms = int(self._clock.now_ms())
        for timeframe, span in minutes.items():
            step = TIMEFRAME_MS[timeframe]
            end = bucket(now_ms, step)
            start = bucket(now_ms - span * 60_000, step)
            self._add([Job(end + FINAL_AFTER_MS, name, timeframe, start, end) for name in names if start < end])

    def heal(self, name: str, from_ms: int, to_ms: int) -> None:
        """Fetch every bar that overlaps ``from_ms`` to ``to_ms`` as soon as it is over."""
        for timeframe, step in TIMEFRAME_MS.items():
            start, end = bucket(from_ms, step), bucket(to_ms, step) + step
            self._add([Job(end + FINAL_AFTER_MS, name, timeframe, start, end)])

    def tidy(self) -> None:
        """Start what is due."""
        now_ms = self._clock.now_ms()
        with self._lock:
            due = [job for job in self._jobs if job.due_ms <= now_ms]
            self._jobs = [job for job in self._jobs if job.due_ms > now_ms]
        for job in due:
            self._executor.submit(self._run, job)

    def _add(self, jobs: list[Job]) -> None:
        with self._lock:
            self._jobs += jobs

    def _run(self, job: Job) -> None:
        if self._stop.is_set():
            return
        try:
            bars = self._feed.klines(job.name, job.timeframe, job.start_ms, job.end_ms)
            symbol = f"{self._feed.venue}:{job.name}"
            self.filled += self._store.bars.put(symbol, job.timeframe, bars)
        except (FeedError, StoreError) as error:
            again = job._replace(due_ms=self._clock.now_ms() + RETRY_S * 1000, tries=job.tries + 1)
            if again.tries < TRIES:
                self._add([again])
            else:
                log.warning("bars not filled", extra={"symbol": job.name, "tf": job.timeframe, "reason": str(error)})
