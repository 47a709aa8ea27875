"""Every pair of the watched symbols, tested anew when bars close: in the background, each setting once for all."""

from __future__ import annotations

import logging
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Final

from analytics.cache import VersionCache
from analytics.inputs import Panel
from analytics.live import MarketView
from analytics.market import OPEN_MS, TIMEFRAME_MS
from analytics.measure import NotTestable
from analytics.measures.scan import MEASURE, Scan
from callbacks.message import Message, new_epoch
from callbacks.scan_query import ScanQuery
from callbacks.scanned import Scanned, pairs_of, scanned

if TYPE_CHECKING:
    from store.cache import MarketCache

log = logging.getLogger(__name__)

SETTLE_MS: Final = 3_000
"""A scan waits so long for the last symbol's bar of the moment, or for one bar."""
RESTS: Final = 9
"""After a scan so many times its own length passes before the next of the same settings: at most a tenth of a core."""
MIN_REST_S: Final = 5.0
LEFT_S: Final = 5.0
"""A scan that waits for its turn is given up when nobody has asked for it for so long."""
MAX_SCANNERS: Final = 16
MAX_PAIRS_HELD: Final = 500_000


class Turn:
    """One scan at a time for all settings; those that test the same symbols over the same bars share one."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self._held: VersionCache[Scan | NotTestable] = VersionCache(MAX_SCANNERS, MAX_PAIRS_HELD, _weight)

    def test(self, data: Panel, query: ScanQuery, version: Hashable) -> Scan | NotTestable:
        """The scan of ``data``, the bars at ``version`` of the symbols that keep the limits of ``query``."""
        key = (data.symbols, query.tf, query.rows)
        return self._held.get(key, version, lambda _: MEASURE.run(data))


class Scanner:
    """One setting's scans, made when asked after a bar has closed. Not thread-safe for those who ask: guard it."""

    def __init__(self, market: MarketView, query: ScanQuery, turn: Turn) -> None:
        self._market = market
        self._query = query
        self._turn = turn
        self._held: Scanned | None = None
        self._started: tuple[object, ...] = ()
        self._changed_ms: int | None = None
        self._thread: threading.Thread | None = None
        self._rested_s = 0.0
        self._asked_s = 0.0

    def newest(self, symbols: Sequence[str], now_ms: int) -> Scanned | None:
        """The last finished scan of these symbols, at once; another one is begun when their bars have changed."""
        self._asked_s = time.monotonic()
        wanted = tuple(symbols)
        if len(wanted) < 2:
            return None
        if self._thread is None:
            self._begin(partial(self._read, wanted))
        elif not self._thread.is_alive() and self._due(wanted, now_ms):
            self._begin(partial(self._scan, wanted, self._started))
        held = self._held
        return held if held is not None and held.symbols == wanted else None

    def _due(self, symbols: tuple[str, ...], now_ms: int) -> bool:
        series = [self._market.bars(symbol, self._query.tf) for symbol in symbols]
        version = (symbols, *(each.version for each in series))
        if version == self._started:
            return False
        if self._changed_ms is None:
            self._changed_ms = now_ms
        if time.monotonic() < self._rested_s:
            return False
        ends = {float(each.bars[-1, OPEN_MS]) if len(each.bars) else None for each in series}
        if len(ends) > 1 and 0 <= now_ms - self._changed_ms < min(SETTLE_MS, TIMEFRAME_MS[self._query.tf]):
            return False
        self._started, self._changed_ms = version, None
        return True

    def _begin(self, work: Callable[[], None]) -> None:
        self._thread = threading.Thread(target=work, name="scanner", daemon=True)
        self._thread.start()

    def _read(self, symbols: tuple[str, ...]) -> None:
        """The first use of a series reads it from the store, which may take a while."""
        for symbol in symbols:
            self._market.bars(symbol, self._query.tf)

    def _scan(self, symbols: tuple[str, ...], version: Hashable) -> None:
        with self._turn.lock:
            if time.monotonic() - self._asked_s > LEFT_S:
                self._started = ()
                return
            began_s = time.monotonic()
            try:
                test = partial(self._turn.test, query=self._query, version=version)
                found = scanned(self._market, symbols, self._query, test)
            except Exception:
                log.exception("the scan of %d symbols failed; it is tried again when a bar closes", len(symbols))
                found = Scanned(symbols, {}, {"state": "failed"})
            self._held = found._replace(name=new_epoch())
            took_s = time.monotonic() - began_s
            self._rested_s = time.monotonic() + max(MIN_REST_S, RESTS * took_s)


class Scans:
    """The newest scan of each setting that somebody asks for. Thread-safe."""

    def __init__(self, cache: MarketCache) -> None:
        self._cache = cache
        self._turn = Turn()
        self._scanners: OrderedDict[ScanQuery, Scanner] = OrderedDict()
        self._lock = threading.Lock()

    def message(self, query: ScanQuery, venue: str, held: str, now_ms: int) -> Message:
        """What a viewer lacks who holds the scan named ``held``: ``rows`` and ``note`` of the newest one, if another.

        ``late`` says why its fits are too old to hold prices against. While there is no scan yet, ``name`` is empty.
        """
        symbols = sorted(symbol for symbol in self._cache.symbols() if symbol.startswith(f"{venue}:"))
        with self._lock:
            found = self._of(query).newest(symbols, now_ms)
        message: Message = {"spec": str(query), "name": found.name if found else "", "late": ""}
        if found is None:
            return message | {"note": {"state": "scanning", "pairs": pairs_of(symbols)}}
        stopped = self._cache.stopped()
        if stopped or now_ms + self._offset_ms() > found.late_ms:
            message["late"] = stopped or "the newest bar that the symbols share is too old"
        if found.name != held:
            message |= {"note": {"pairs": pairs_of(symbols)} | found.note, "rows": dict(found.rows)}
        return message

    def _of(self, query: ScanQuery) -> Scanner:
        scanner = self._scanners.get(query)
        if scanner is None:
            scanner = self._scanners[query] = Scanner(self._cache, query, self._turn)
            if len(self._scanners) > MAX_SCANNERS:
                self._scanners.popitem(last=False)
        self._scanners.move_to_end(query)
        return scanner

    def _offset_ms(self) -> float:
        try:
            return float(self._cache.feed()["clock_offset_ms"])
        except (KeyError, ValueError):
            return 0.0


def _weight(found: Scan | NotTestable) -> int:
    return found.y.size if isinstance(found, Scan) else 1
