"""The pump: sends every trade when the clock reaches its time, and does the faults that act on connections."""

from __future__ import annotations

import asyncio
from bisect import bisect_right
from collections.abc import Callable, Iterator
from typing import Any, Final

from aiohttp import WSCloseCode

from ingest.sim.connection import Connection
from ingest.sim.frames import Stream, frame
from ingest.sim.garbage import bad_frame
from ingest.sim.instruments import INSTRUMENTS
from ingest.sim.market import Market, Trade
from ingest.sim.trades import SLICE_MS
from ingest.sim.venue import Venue

NAP_S: Final = 0.015
"""Longest sleep between two looks at the clock and the fault switches."""
OLDEST_MS: Final = 900_000
"""After the machine slept for longer than this, what was missed is not sent any more; REST has it."""
WARM_MS: Final = 30_000
"""The next trades are generated so long before they are due, so that the loop never waits for them."""


class Cursor:
    """How far the trades of one symbol have been sent."""

    def __init__(self, market: Market, name: str, now_ms: int) -> None:
        self.name = name
        self.stream = Stream(name)
        self._market = market
        self._seek(now_ms)

    def _seek(self, now_ms: int) -> None:
        self._load(now_ms // SLICE_MS)
        self._next = bisect_right(self._times, now_ms)

    def _load(self, number: int) -> None:
        self._number = number
        self._trades = self._market.tape.slice(self.name, number)
        self._times: list[int] = self._trades.time_ms.tolist()
        self._next = 0

    @property
    def next_ms(self) -> int:
        """When there is something to do next."""
        return self._times[self._next] if self._next < len(self._times) else (self._number + 1) * SLICE_MS

    def due(self, now_ms: int, wanted: bool) -> list[Trade]:
        """The trades up to ``now_ms`` that were not given yet; if not ``wanted``, they are skipped unseen."""
        found: list[Trade] = []
        if now_ms - self.next_ms > OLDEST_MS:
            self._seek(now_ms)
        while self.next_ms <= now_ms:
            end = bisect_right(self._times, now_ms, self._next)
            if wanted:
                found += self._market.report(self.name, self._trades.part(self._next, end))
            self._next = end
            if end == len(self._times):
                if now_ms < (self._number + 1) * SLICE_MS:
                    break
                self._load(self._number + 1)
        return found


class Emitter:
    """Sends trades to the connections of a venue; runs in the event loop."""

    def __init__(self, venue: Venue) -> None:
        self._venue = venue
        now = self._sent_ms = venue.now_ms()
        self._cursors = {name: Cursor(venue.market, name, now) for name in INSTRUMENTS}
        self._warm = now // SLICE_MS
        self._closing: set[asyncio.Task[None]] = set()

    async def run(self) -> None:
        """Send until cancelled."""
        while True:
            now = self._sent_ms = self._venue.now_ms()
            self._emit(now)
            while self._venue.faults.actions:
                action, parameters = self._venue.faults.actions.popleft()
                _ACTIONS[action](self, **parameters)
            if (now + WARM_MS) // SLICE_MS != self._warm:
                self._warm = (now + WARM_MS) // SLICE_MS
                self._start(asyncio.to_thread(self._prepare, self._warm))
            wait_ms = min(cursor.next_ms for cursor in self._cursors.values()) - self._venue.now_ms()
            await asyncio.sleep(min(max(wait_ms / 1000, 0.001), NAP_S))

    def _prepare(self, number: int) -> None:
        """Generate a slice of every symbol."""
        for name in INSTRUMENTS:
            self._venue.market.tape.slice(name, number)

    def _start(self, work: Any) -> None:
        task = asyncio.ensure_future(work)
        self._closing.add(task)
        task.add_done_callback(self._closing.discard)

    def _emit(self, now_ms: int) -> None:
        wanted = frozenset[str]().union(*(connection.names for connection in self._venue.connections))
        for name, cursor in self._cursors.items():
            if cursor.next_ms <= now_ms and (trades := cursor.due(now_ms, name in wanted)):
                self._send(name, self._venue.faults.shaper.shape(name, trades))

    def _send(self, name: str, trades: list[Trade]) -> None:
        """Send trades of a symbol to all who subscribed to it, rendered once for each shape."""
        if not trades or name in self._venue.faults.muted:
            return
        rendered: dict[bool, bytes] = {}
        for connection in list(self._listeners(name)):
            shape = connection.combined
            if shape not in rendered:
                rendered[shape] = self._cursors[name].stream.frames(trades, self._venue.now_ms(), shape)
            connection.send(rendered[shape])

    def _listeners(self, name: str) -> Iterator[Connection]:
        return (c for c in self._venue.connections if name in c.names and name not in c.muted)

    def _drop(self, how: str) -> None:
        for connection in list(self._venue.connections):
            if how == "abort":
                connection.transport.abort()
            else:
                self._start(connection.close(WSCloseCode.GOING_AWAY, "Going away"))

    def _half_open(self) -> None:
        for connection in self._venue.connections:
            connection.silent = True

    def _stall(self) -> None:
        for connection in self._venue.connections:
            connection.stall_next = True

    def _shutdown(self) -> None:
        event = {"e": "serverShutdown", "E": self._venue.now_ms()}
        for connection in self._venue.connections:
            connection.send_json({"stream": "!serverShutdown", "data": event} if connection.combined else event)

    def _garbage(self, kind: str, name: str) -> None:
        now, market, stream = self._sent_ms, self._venue.market, self._cursors[name].stream
        trade_id = market.last_id(name, now)
        trade = market.trades_from(name, trade_id, 1, now)[0]._replace(trade_id=trade_id + 1, time_ms=now)
        for connection in self._listeners(name):
            connection.send(frame(*bad_frame(kind, stream, trade, now, connection.combined)))

    def _replay(self, name: str, count: int) -> None:
        now, market = self._sent_ms, self._venue.market
        self._send(name, market.trades_from(name, market.last_id(name, now) - count + 1, count, now))

    def _mute(self, names: frozenset[str]) -> None:
        for connection in self._venue.connections:
            connection.muted |= names

    def _unmute(self) -> None:
        for connection in self._venue.connections:
            connection.muted = frozenset()


_ACTIONS: Final[dict[str, Callable[..., None]]] = {
    "drop": Emitter._drop, "half_open": Emitter._half_open, "stall": Emitter._stall, "shutdown": Emitter._shutdown,
    "garbage": Emitter._garbage, "replay": Emitter._replay, "mute": Emitter._mute, "unmute": Emitter._unmute,
}  # fmt: skip
