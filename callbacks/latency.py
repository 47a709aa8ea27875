"""How long trades and bars take to their storing: taken from the notices while somebody looks."""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any, Final

import numpy as np
import orjson

from analytics.market import TIMEFRAME_MS
from store import Store, StoreError, keys
from store.link import Wire

log = logging.getLogger(__name__)

SPAN_S: Final = 300.0
MOST: Final = 20_000
IDLE_S: Final = 30.0
"""Nobody asked for so long: the listening ends."""
EDGES_MS: Final = (*(step * 10**decade for decade in range(4) for step in (1, 1.5, 2, 3, 5, 7)), 10_000)
KINDS: Final = ("arrive", "store", "bar")
"""Exchange to receipt, receipt to storing, end of a bar to its storing."""


class Latencies:
    """Samples of the last minutes, in milliseconds; thread-safe.

    A thread listens to the notices for as long as somebody asks. ``offset_ms`` is the exchange's clock minus ours.
    """

    def __init__(self, offset_ms: Callable[[], float]) -> None:
        self._offset_ms = offset_ms
        self._samples: dict[str, deque[tuple[float, float]]] = {kind: deque(maxlen=MOST) for kind in KINDS}
        self._ends: dict[tuple[str, str], int] = {}
        self._lock = threading.Lock()
        self._asked_s = 0.0
        self._thread: threading.Thread | None = None

    def listen(self, store: Store) -> None:
        """Hear the notices of ``store`` from now on, until nobody has asked for `IDLE_S`."""
        with self._lock:
            self._asked_s = time.monotonic()
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._run, args=(store,), name="latencies", daemon=True)
                self._thread.start()

    def summary(self) -> dict[str, Any]:
        """By kind: how many samples over how long, median, 95th percentile, and how many fell between `EDGES_MS`."""
        oldest_s = time.monotonic() - SPAN_S
        with self._lock:
            held = {kind: list(samples) for kind, samples in self._samples.items()}
        return {kind: _summed([sample for sample in samples if sample[0] > oldest_s]) for kind, samples in held.items()}

    def take(self, channel: str, news: Sequence[Any], now_ms: float) -> None:
        """Count one notice that came at ``now_ms`` by our clock."""
        offset_ms = self._offset_ms()
        if channel == keys.NOTIFY_TRADES:
            traded_ms, received_ms = news[2], news[6]
            self._add("arrive", received_ms + offset_ms - traded_ms)
            self._add("store", now_ms - received_ms)
            return
        symbol, timeframe, open_ms = news
        end_ms = open_ms + TIMEFRAME_MS[timeframe]
        known_ms = self._ends.get((symbol, timeframe))
        self._ends[symbol, timeframe] = max(end_ms, known_ms or 0)
        # The first of a series may be history that is only now fetched, an older one is a correction.
        if known_ms is not None and end_ms > known_ms:
            self._add("bar", now_ms + offset_ms - end_ms)

    def _add(self, kind: str, ms: float) -> None:
        with self._lock:
            self._samples[kind].append((time.monotonic(), ms))

    def _run(self, store: Store) -> None:
        self._ends.clear()
        try:
            with store.link.subscription(keys.NOTIFY_TRADES, keys.NOTIFY_BARS) as wire:
                while time.monotonic() - self._asked_s < IDLE_S:
                    self._hear(wire)
        except StoreError as error:
            log.info("latencies are not taken now: %s", error)

    def _hear(self, wire: Wire) -> None:
        message = wire.listen(0.5)
        if message is not None:
            self.take(message[1].decode(), orjson.loads(message[2]), time.time() * 1000)


def _summed(samples: Sequence[tuple[float, float]]) -> dict[str, Any]:
    if not samples:
        return {"n": 0, "over_ms": 0, "p50": None, "p95": None, "bins": []}
    taken = np.array([ms for _, ms in samples])
    median, high = np.percentile(taken, (50, 95)).tolist()
    bins = np.bincount(np.searchsorted(EDGES_MS, taken, side="right"), minlength=len(EDGES_MS) + 1)
    over_ms = round(1000 * (time.monotonic() - samples[0][0]))
    return {"n": taken.size, "over_ms": over_ms, "p50": round(median, 1), "p95": round(high, 1), "bins": bins.tolist()}
