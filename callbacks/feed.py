"""The feed's own row: where the trades come from, whether they come, and how old the newest one is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from callbacks.stamps import Fields, Stamped

if TYPE_CHECKING:
    from store.cache import MarketCache

REFRESH_MS: Final = 200


class FeedView:
    """Shared by all viewers; read again at most five times a second. Not thread-safe: guard it."""

    def __init__(self, cache: MarketCache, default_venue: str) -> None:
        self._cache = cache
        self._default_venue = default_venue
        self._read_ms = 0
        self.table = Stamped()
        self.venue = default_venue
        self.clock_offset_ms = 0

    def refresh(self, now_ms: int) -> None:
        """Bring the row up to date."""
        if 0 <= now_ms - self._read_ms < REFRESH_MS:
            return
        self._read_ms = now_ms
        feed = self._cache.feed()
        self.venue = feed.get("venue") or self._default_venue
        self.clock_offset_ms = round(_number(feed, "clock_offset_ms") or 0)
        self.table.put("feed", _row(feed, self._cache.connected))

    def age_ms(self, now_ms: int) -> int | None:
        """Time since the newest trade of any symbol came in; None before the first."""
        trades = (self._cache.trade(symbol) for symbol in self._cache.symbols())
        newest = max((trade.received_ms for trade in trades if trade), default=None)
        return None if newest is None else max(0, now_ms - newest)


def _row(feed: Mapping[str, str], connected: bool) -> Fields:
    latency = _number(feed, "latency_ms")
    return {
        "source": feed.get("source", ""),
        "venue": feed.get("venue", ""),
        "sim": feed.get("simulated") == "1",
        "state": feed.get("state", "STARTING"),
        "reason": feed.get("reason", ""),
        "offer": feed.get("simulated") == "1" and feed.get("live_available") == "1",
        "quiet": _number(feed, "quiet_ms"),
        "latency": None if latency is None else round(latency),
        "store": connected,
    }


def _number(feed: Mapping[str, str], name: str) -> float | None:
    try:
        return float(feed[name])
    except (KeyError, ValueError):
        return None
