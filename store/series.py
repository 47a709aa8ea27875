"""The bars of one series in memory: appended in place, never changed under a reader."""

from __future__ import annotations

import threading
import time
from typing import Final

import numpy as np

from analytics.live import Series
from analytics.market import NO_BARS, OPEN_MS, BarArray

CAPACITY: Final[dict[str, int]] = {
    "1s": 7200,
    "1m": 2880,
    "5m": 2016,
    "15m": 2880,
    "30m": 2880,
    "1h": 4380,
    "4h": 2190,
    "1d": 2610,
}
"""Bars held of each time frame: two hours, two days, a week; of uploaded ones a month to ten years."""

_TAIL_BARS: Final = 60


class HeldSeries:
    """The newest bars of a symbol and time frame.

    A view handed out stays as it is: new bars go behind its end, and a correction makes a new buffer.
    Whoever loads or merges holds ``lock``; readers take ``series`` without it.
    """

    def __init__(self, symbol: str, timeframe: str) -> None:
        self.symbol = symbol
        self.timeframe = timeframe
        self.capacity = CAPACITY[timeframe]
        self.lock = threading.Lock()
        self.series = Series(0, NO_BARS)
        self.loaded = False
        self.asked_s = self.read_s = time.monotonic()
        self._buffer = NO_BARS
        self._end = 0

    def merge(self, from_ms: int, stored: BarArray, version: int) -> bool:
        """Take over what the store holds from ``from_ms`` on; whether anything changed. Hold ``lock``."""
        held = self.series.bars
        at = int(np.searchsorted(held[:, OPEN_MS], from_ms))
        known = len(held) - at
        if len(stored) < known or not np.array_equal(stored[:known], held[at:]):
            self._rebuild(np.concatenate([held[:at], stored]))
        elif len(stored) > known:
            self._append(stored[known:])
        else:
            return False
        view = self._buffer[max(0, self._end - self.capacity) : self._end]
        view.flags.writeable = False
        self.series = Series(version, view)
        return True

    def tail_ms(self) -> int:
        """Open time of the bar from which on a regular check reads again."""
        tail = self.series.bars[-_TAIL_BARS:]
        return int(tail[0, OPEN_MS]) if len(tail) else 0

    def _append(self, rows: BarArray) -> None:
        end = self._end + len(rows)
        if end > len(self._buffer):
            self._rebuild(np.concatenate([self.series.bars, rows]))
            return
        self._buffer[self._end : end] = rows
        self._end = end

    def _rebuild(self, rows: BarArray) -> None:
        """A new buffer with the newest rows and room for a quarter more."""
        kept = rows[-self.capacity :]
        self._buffer = np.empty((len(kept) + self.capacity // 4, rows.shape[1]))
        self._buffer[: len(kept)] = kept
        self._end = len(kept)
