"""Pages whose numbers move when a bar closes: they are told when, and the header is kept alive meanwhile."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from analytics.market import OPEN_MS, TIMEFRAME_MS
from callbacks.message import Cursor, Message, new_epoch

if TYPE_CHECKING:
    from store.cache import MarketCache

DEFAULT: Final = "1m"


class QuietView:
    """One for all such pages and viewers: it holds nothing that a viewer could lack but the newest closed bar."""

    def __init__(self, cache: MarketCache) -> None:
        self._cache = cache
        self._epoch = new_epoch()

    def message(self, held: Cursor, venue: str, timeframe: str) -> tuple[Cursor, Message]:
        """``closed``: when the newest bar of any symbol of the venue ended, sent when it is another than before."""
        fresh = held.epoch != self._epoch
        closed = self._closed(venue, timeframe if timeframe in TIMEFRAME_MS else DEFAULT)
        message: Message = {"snap": True} if fresh else {}
        if fresh or closed != held.last_ms:
            message["closed"] = closed
        return held._replace(epoch=self._epoch, last_ms=closed), message

    def _closed(self, venue: str, timeframe: str) -> int:
        symbols = (symbol for symbol in self._cache.symbols() if symbol.startswith(f"{venue}:"))
        held = (self._cache.bars(symbol, timeframe).bars for symbol in symbols)
        return max((int(bars[-1, OPEN_MS]) + TIMEFRAME_MS[timeframe] for bars in held if len(bars)), default=0)
