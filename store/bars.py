"""The bar store: one interface, whatever the server can do."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from analytics.market import Bar, BarArray


class BarStore(Protocol):
    """Closed bars by symbol and time frame.

    Every write is idempotent and goes through `analytics.market.prefer`: a bar replaces the one of the same
    open time unless it knows less. Writes may come in any order. Each write is atomic per bar.
    """

    def put(self, symbol: str, timeframe: str, bars: Iterable[Bar]) -> int:
        """Store bars and announce the earliest changed one on `keys.NOTIFY_BARS`; how many were changed."""
        ...

    def read(
        self,
        symbol: str,
        timeframe: str,
        start_ms: int | None = None,
        end_ms: int | None = None,
        limit: int | None = None,
    ) -> BarArray:
        """Bars with ``start_ms <= open_ms < end_ms``, oldest first; with ``limit`` the newest so many of them.

        No bars: an array of shape (0, 10).
        """
        ...

    def trim(self, symbol: str, timeframe: str, before_ms: int) -> int:
        """Drop bars that open before ``before_ms``; how many were dropped."""
        ...
