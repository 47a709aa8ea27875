"""What every feed offers: where to connect, how to read a frame, and how to ask for the past."""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum
from typing import Protocol

from analytics.market import Bar, Tick

UNKNOWN = "UNKNOWN"
"""Status of a symbol that the venue does not list."""


class BadFrame(ValueError):
    """A frame that cannot be a trade: it is counted, a sample is logged, and the feed goes on."""


class FeedError(Exception):
    """The exchange did not answer as needed; trying again later may help."""


class UnknownSymbol(FeedError):
    """The exchange does not know a symbol; trying again does not help."""


class Signal(Enum):
    """Frames that are no trades."""

    IGNORE = "ignore"
    """Acknowledgements and events that nobody asked for."""
    SHUTDOWN = "shutdown"
    """The server is about to close: open another connection now."""


class Feed(Protocol):
    """One venue's market data. Symbols are given as names (``BTCUSDT``); ticks carry ``venue:NAME``.

    `read` is called by the ingest thread only; all others block on the network and may be called by any
    thread. They raise `FeedError`.
    """

    venue: str
    stream_bases: Sequence[str]
    """Base URLs for the stream, tried in this order."""

    def stream_url(self, base: str, names: Sequence[str]) -> str:
        """URL whose connection carries the trades of all ``names`` from the first frame on."""
        ...

    def read(self, frame: bytes) -> Tick | Signal:
        """The trade in a frame; raises `BadFrame`."""
        ...

    def not_trading(self, names: Sequence[str]) -> dict[str, str]:
        """Status in the venue's own word of those of ``names`` that do not trade now; `UNKNOWN` for strangers."""
        ...

    def clock_base_ms(self) -> float:
        """Exchange clock minus our monotonic clock, in milliseconds."""
        ...

    def newest_id(self, name: str) -> int:
        """Id of the newest trade."""
        ...

    def recent_trades(self, name: str) -> list[Tick]:
        """The newest trades that one request gives, in id order."""
        ...

    def trades_from(self, name: str, first_id: int) -> list[Tick]:
        """Trades from ``first_id`` on, in id order, as many as one request gives; may be incomplete at the end."""
        ...

    def klines(self, name: str, timeframe: str, start_ms: int, end_ms: int) -> list[Bar]:
        """Closed bars with ``start_ms <= open_ms < end_ms``, flagged synthetic, oldest first."""
        ...
