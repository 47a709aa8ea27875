"""One client's stream connection: what it subscribed to, what it is sent, and its control messages and pings."""

from __future__ import annotations

import asyncio
import json
import time
from collections import deque
from typing import Any, Final

from aiohttp import WSCloseCode, WSMsgType, web

from ingest.sim import control
from ingest.sim.frames import frame

MAX_BUFFER: Final = 32_000_000
"""Unread bytes after which a slow client is cut off."""
MAX_INBOUND_PER_S: Final = 5


class Connection:
    """An open connection. All methods belong to the event loop."""

    def __init__(self, socket: web.WebSocketResponse, transport: asyncio.Transport, combined: bool) -> None:
        self.socket = socket
        self.transport = transport
        self.combined = combined
        self.streams: dict[str, None] = {}
        self.names: frozenset[str] = frozenset()
        self.muted: frozenset[str] = frozenset()
        self.silent = False
        self.stall_next = False
        self._inbound: deque[float] = deque(maxlen=MAX_INBOUND_PER_S + 1)
        self._pings: deque[tuple[bytes, float]] = deque()

    def subscribe(self, names: list[str]) -> None:
        """Add streams, as the URL names them."""
        self.streams.update(dict.fromkeys(names))
        self._note_streams()

    def _note_streams(self) -> None:
        trades = (name.removesuffix("@trade") for name in self.streams if name.endswith("@trade"))
        self.names = frozenset(name.upper() for name in trades if name.islower())

    def send(self, frames: bytes) -> None:
        """Write whole frames at once. A client that does not read is cut off; a stalled one misses the last bytes."""
        if self.silent or self.transport.is_closing():
            return
        if self.stall_next:
            self.silent = True
            frames = frames[:-10]
        self.transport.write(frames)
        if self.transport.get_write_buffer_size() > MAX_BUFFER:
            self.transport.abort()

    def send_json(self, message: dict[str, Any]) -> None:
        """Send one message as a text frame."""
        self.send(frame(json.dumps(message, separators=(",", ":")).encode()))

    async def close(self, code: int, reason: str = "") -> None:
        """Closing handshake; half-open connections have none."""
        if not self.silent:
            await self.socket.close(code=code, message=reason.encode())

    async def ping(self, payload: bytes) -> None:
        """Send a server ping; `unanswered_s` says how long the oldest one has been waiting."""
        if not self.silent:
            self._pings.append((payload, time.monotonic()))
            await self.socket.ping(payload)

    def unanswered_s(self) -> float:
        """Age of the oldest ping without a pong of its payload, or a later one's, in seconds."""
        return time.monotonic() - self._pings[0][1] if self._pings else 0.0

    async def read(self) -> None:
        """Answer the client until it goes away or sends too much."""
        async for message in self.socket:
            if self._too_many():
                await self.close(WSCloseCode.POLICY_VIOLATION, "Too many requests")
                return
            if message.type is WSMsgType.PING and not self.silent:
                await self.socket.pong(message.data)
            elif message.type is WSMsgType.PONG:
                self._note_pong(bytes(message.data))
            elif message.type in (WSMsgType.TEXT, WSMsgType.BINARY):
                text = message.data if isinstance(message.data, str) else ""
                self.send_json(control.answer(text, self.streams))
                self._note_streams()
        while self.silent and not self.transport.is_closing():
            await asyncio.sleep(0.05)

    def _too_many(self) -> bool:
        """Count an inbound message; pings and pongs count like all others."""
        self._inbound.append(time.monotonic())
        return len(self._inbound) > MAX_INBOUND_PER_S and self._inbound[-1] - self._inbound[0] < 1.0

    def _note_pong(self, payload: bytes) -> None:
        if any(sent == payload for sent, _ in self._pings):
            while self._pings.popleft()[0] != payload:
                pass
