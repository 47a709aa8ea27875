"""The role that turns tick streams into stored bars; start and recovery are one path, and all its state is derived."""

from __future__ import annotations

import logging
import random
import threading
import time
from collections import Counter
from typing import Final

from ingest.bar_track import Track
from runtime.settings import Settings
from store import Store, StoreError, open_store

log = logging.getLogger(__name__)

ROLE: Final = "resample"
BATCH: Final = 8000
"""About so many ticks in one read: less than half a second of work, so that a stop or a beat waits no longer."""
BLOCK_MS: Final = 100
PACE_S: Final = 0.02
"""Rest after a read that brought little, so that a trade at a time does not cost a round trip each."""
HOUR_MS: Final = 3_600_000


class Resampler:
    """All symbols that are being ingested, in one process and one thread."""

    def __init__(self, store: Store, settings: Settings) -> None:
        self._store, self._settings = store, settings
        self._tracks: dict[str, Track] = {}
        self._done: Counter[str] = Counter()
        self._due: dict[str, float] = {}

    def turn(self) -> int:
        """Read once, store what closed, and do what is due; how many ticks were read. Raises `StoreError`."""
        if self._is_due("symbols", 1.0):
            self._follow_symbols()
        # Before the read: a watermark says that the trades before it are in the stream, not that they were read.
        marks = self._store.live.watermarks(self._tracks) if self._is_due("watermarks", 0.1) else {}
        taken = self._read()
        for symbol, track in self._tracks.items():
            if symbol in marks and not track.is_behind:
                track.advance(marks[symbol] - self._settings.resample.grace_ms)
            self._done.update(track.flush())
        if self._is_due("open bars", 0.25):
            for symbol, track in self._tracks.items():
                if track.is_changed:
                    self._store.live.set_open_bars(symbol, track.open_bars())
        if self._is_due("beat", 1.0):
            self._store.status.beat(ROLE, self._report())
        if self._is_due("trim", 60.0):
            kept = self._settings.store
            hours = kept.ticks_hours, kept.bars_1s_hours, kept.bars_days * 24
            for track in self._tracks.values():
                track.trim(*(int(hour * HOUR_MS) for hour in hours))
        return taken

    def forget(self) -> None:
        """After a failure nothing held in memory is trusted: the next turn recovers every symbol."""
        for track in self._tracks.values():
            self._retire(track)
        self._tracks.clear()
        self._due.clear()

    def close(self) -> None:
        """Close the connections; all that closed has been stored by then."""
        self._store.close()

    def _read(self) -> int:
        cursors = {symbol: track.cursor for symbol, track in self._tracks.items()}
        count = max(100, BATCH // max(1, len(cursors)))
        news = self._store.ticks.follow(cursors, count, BLOCK_MS)
        for track in self._tracks.values():
            track.is_behind = False
        for symbol, ticks, cursor in news:
            self._tracks[symbol].take(ticks, cursor)
            self._tracks[symbol].is_behind = len(ticks) >= count
        taken = sum(len(ticks) for _, ticks, _ in news)
        self._done["ticks"] += taken
        return taken

    def _follow_symbols(self) -> None:
        symbols = self._store.status.symbols()
        for symbol in self._tracks.keys() - set(symbols):
            self._retire(self._tracks.pop(symbol))
        for symbol in symbols:
            if symbol not in self._tracks:
                self._tracks[symbol] = Track(self._store, symbol)

    def _retire(self, track: Track) -> None:
        self._done.update(duplicates=track.builder.duplicates, too_late=track.builder.too_late)

    def _report(self) -> dict[str, int]:
        builders = [track.builder for track in self._tracks.values()]
        return {
            "symbols": len(self._tracks),
            "lag_ms": max((track.lag_ms() for track in self._tracks.values()), default=0),
            "ticks": self._done["ticks"],
            "bars": self._done["bars"],
            "revised": self._done["revised"],
            "too_late": self._done["too_late"] + sum(builder.too_late for builder in builders),
            "duplicates": self._done["duplicates"] + sum(builder.duplicates for builder in builders),
        }

    def _is_due(self, what: str, period_s: float) -> bool:
        now_s = time.monotonic()
        if now_s < self._due.get(what, 0.0):
            return False
        self._due[what] = now_s + period_s
        return True


def run(settings: Settings, stop: threading.Event) -> int:
    """Resample until ``stop`` is set; always 0. A store that fails is retried for ever."""
    resampler: Resampler | None = None
    failures = 0
    while not stop.is_set():
        try:
            if resampler is None:
                store = open_store(settings.redis.url, settings.redis.timeout_s, settings.store.bars)
                resampler = Resampler(store, settings)
            taken = resampler.turn()
            failures = 0
            if taken < BATCH // 10:
                stop.wait(PACE_S)
        except StoreError as error:
            failures += 1
            delay_s = random.uniform(0.1, min(5.0, 0.1 * 2**failures))
            log.warning("%s; again in %.1f s", error, delay_s)
            if resampler:
                resampler.forget()
            stop.wait(delay_s)
    if resampler:
        resampler.close()
    return 0
