"""Fills bars from the exchange's klines: the past at start, and every bar that misses trades once it is over."""

from __future__ import annotations

import logging
import threading
from typing import NamedTuple

from analytics.market import BUILT, TIMEFRAME_MS, bucket
from ingest.clock import ExchangeClock
from ingest.feeds.base import Feed, FeedError
from ingest.workers import Workers
from store import Store, StoreError

log = logging.getLogger(__name__)

FINAL_AFTER_MS = 2_500
"""A kline is asked for this long after its bucket's end: the exchange needs a moment to finish it."""
PAGE_BARS = 1000
RETRY_S = (5.0, 120.0)
"""First and longest pause before klines that could not be had are asked for again; it doubles."""


class Job(NamedTuple):
    """Klines to fetch once the exchange's clock has passed ``due_ms``."""

    due_ms: float
    name: str
    timeframe: str
    start_ms: int
    end_ms: int
    tries: int = 0


class Backfill:
    """Jobs wait here until they are due, then run on threads of their own. `tidy` belongs to one thread."""

    def __init__(
        self, feed: Feed, store: Store, spans_min: dict[str, int], clock: ExchangeClock, stop: threading.Event
    ):
        """``spans_min``: how many minutes back bars of each time frame are wanted at all."""
        self._feed, self._store, self._spans_min = feed, store, spans_min
        self._clock, self._stop = clock, stop
        self._workers = Workers("back-fill", 3)
        self._jobs: list[Job] = []
        self._lock = threading.Lock()
        self.filled = 0
        """Bars written so far."""
        self.until_ms: int | None = None
        """Where `past` ended; None before it ran."""

    def past(self, names: list[str]) -> None:
        """Fetch the closed bars of the wanted spans. The exchange's clock must be known."""
        now_ms = int(self._clock.now_ms())
        self.until_ms = now_ms
        for timeframe in self._spans_min:
            self._add(timeframe, names, 0, bucket(now_ms, TIMEFRAME_MS[timeframe]))

    def heal(self, name: str, from_ms: int, to_ms: int) -> None:
        """Fetch every bar that overlaps ``from_ms`` to ``to_ms`` as soon as it is over, as far back as is wanted."""
        for timeframe in BUILT:
            step = TIMEFRAME_MS[timeframe]
            self._add(timeframe, [name], bucket(from_ms, step), bucket(to_ms, step) + step)

    def stop(self) -> None:
        """Start nothing more."""
        self._workers.stop()

    def tidy(self) -> None:
        """Start what is due."""
        now_ms = self._clock.now_ms()
        with self._lock:
            due = [job for job in self._jobs if job.due_ms <= now_ms]
            self._jobs = [job for job in self._jobs if job.due_ms > now_ms]
        for job in due:
            self._workers.submit(self._run, job)

    def _add(self, timeframe: str, names: list[str], start_ms: int, end_ms: int) -> None:
        step, wanted_ms = TIMEFRAME_MS[timeframe], self._spans_min[timeframe] * 60_000
        start_ms = max(start_ms, bucket(int(self._clock.now_ms()) - wanted_ms, step))
        if start_ms < end_ms:
            with self._lock:
                self._jobs += [Job(end_ms + FINAL_AFTER_MS, name, timeframe, start_ms, end_ms) for name in names]

    def _run(self, job: Job) -> None:
        """Page by page; what could not be had goes back to the jobs."""
        step, start_ms = TIMEFRAME_MS[job.timeframe], job.start_ms
        try:
            while start_ms < job.end_ms and not self._stop.is_set():
                end_ms = min(start_ms + PAGE_BARS * step, job.end_ms)
                bars = self._feed.klines(job.name, job.timeframe, start_ms, end_ms)
                self.filled += self._store.bars.put(f"{self._feed.venue}:{job.name}", job.timeframe, bars)
                start_ms = end_ms
        except (FeedError, StoreError) as error:
            first_s, longest_s = RETRY_S
            due_ms = self._clock.now_ms() + 1000 * min(first_s * 2**job.tries, longest_s)
            log.debug("bars not filled yet", extra={"symbol": job.name, "tf": job.timeframe, "reason": str(error)})
            with self._lock:
                self._jobs.append(job._replace(due_ms=due_ms, start_ms=start_ms, tries=job.tries + 1))
