"""One object that holds every part of the store."""

from __future__ import annotations

import time

from store import keys
from store.bars import BarStore
from store.bars_sorted import SortedSetBars
from store.link import Link
from store.live import LiveState
from store.status import Status
from store.ticks import TickStreams
from store.uploads import BarsByVenue, Uploads
from store.workspaces import Workspaces


class Store:
    """Ticks, bars, live state and status on one server; safe to share between threads, not across a fork."""

    def __init__(self, link: Link, bars: BarStore) -> None:
        self.link = link
        self.url = link.url
        """The server's address, without its password."""
        self.ticks = TickStreams(link)
        self.uploads = Uploads(link)
        self.workspaces = Workspaces(link)
        self.bars: BarStore = BarsByVenue(bars, self.uploads)
        self.live = LiveState(link)
        self.status = Status(link)

    def ping(self) -> float:
        """A round trip to the server, in milliseconds. Raises `StoreError`."""
        start = time.perf_counter()
        self.link.run("PING")
        return (time.perf_counter() - start) * 1000

    def info(self) -> dict[str, str]:
        """What the server says of itself (the INFO command). Raises `StoreError`."""
        lines = self.link.run("INFO").decode().splitlines()
        return dict(line.split(":", 1) for line in lines if ":" in line)

    def keep_simulated(self, market: str) -> bool:
        """Forget all simulated data that come from another market than ``market``; whether there were any.

        To be called while nobody reads or writes them. Raises `StoreError`.
        """
        if self.link.run("GET", keys.SIM_MARKET) == market.encode():
            return False
        cursor, found = b"0", 0
        while True:
            cursor, names = self.link.run("SCAN", cursor, "MATCH", "*{sim:*", "COUNT", 1000)
            for name in names:
                found += self.link.run("DEL", name)
            if cursor == b"0":
                break
        self.link.run("SET", keys.SIM_MARKET, market)
        return found > 0

    def close(self) -> None:
        """Close the connections."""
        self.link.close()


def open_store(url: str, timeout_s: float = 5.0, bars: str = "auto") -> Store:
    """Connect to a server and see that it answers.

    ``timeout_s`` bounds every wait for it; ``bars`` is the setting ``store.bars``.
    Raises `StoreError` when the server does not answer; `ValueError` when ``bars`` is none of auto, streams.
    """
    link = Link(url, timeout_s)
    store = Store(link, _bar_store(link, bars))
    store.ping()
    return store


def _bar_store(link: Link, bars: str) -> BarStore:
    """The back-end for bars; every server can do sorted sets."""
    if bars not in {"auto", "streams"}:
        raise ValueError(f"store.bars: expected auto or streams, got {bars!r}. Correct it in config.yaml.")
    return SortedSetBars(link)
