"""One WebSocket connection, read in batches without blocking and without a thread of its own."""

from __future__ import annotations

import contextlib
import re
import selectors
import socket
import ssl
import time
from typing import Any

import websocket
from websocket import ABNF

READ_AHEAD = 1 << 18
STALL_S = 3.0
TEXT_FINAL = 0x81
LENGTH_16 = 126


class ConnectionRefused(Exception):
    """The server answered the upgrade with an HTTP status."""

    def __init__(self, url: str, status: int, retry_after_s: float | None):
        super().__init__(f"{_place(url)} refused the upgrade with status {status}")
        self.status = status
        self.retry_after_s = retry_after_s


class ConnectionLost(Exception):
    """The connection failed or was closed; the reason is the message."""


class _ReadAhead:
    """A socket that reads large pieces, so that a frame costs no system call.

    Whole unfragmented text frames, which is what an exchange sends, are cut from the piece right here (ten
    times faster than websocket-client's reader); everything else is left to websocket-client.
    """

    def __init__(self, sock: Any):
        self._sock = sock
        self._data = b""
        self._at = 0

    @property
    def buffered(self) -> bool:
        return self._at < len(self._data) or (isinstance(self._sock, ssl.SSLSocket) and self._sock.pending() > 0)

    def recv(self, size: int) -> bytes:
        start = self._at
        if start >= len(self._data):
            self._data, start = self._sock.recv(READ_AHEAD), 0
        self._at = start + size
        return self._data[start : start + size]

    def whole_texts(self, limit: int) -> list[bytes]:
        """Payloads of the text frames that lie complete at the front of the piece (RFC 6455 section 5.2)."""
        data, at = self._data, self._at
        found: list[bytes] = []
        while at + 4 <= len(data) and data[at] == TEXT_FINAL and len(found) < limit:
            size, start = data[at + 1], at + 2
            if size == LENGTH_16:
                size, start = data[at + 2] << 8 | data[at + 3], at + 4
            elif size > LENGTH_16:
                break
            if start + size > len(data):
                break
            at = start + size
            found.append(data[start:at])
        self._at = at
        return found

    def __getattr__(self, name: str) -> Any:
        return getattr(self._sock, name)


def _place(url: str) -> str:
    """A stream's address without the names of its streams."""
    return url.partition("/stream?")[0]


def _why(error: Exception) -> str:
    """The reason in an exception's text, without error numbers; its name when it has none.

    >>> _why(OSError("[Errno -2] Name or service not known"))
    'Name or service not known'
    """
    return re.sub(r"\[Errno -?\d+\] ", "", str(error)) or type(error).__name__


class Connection:
    """A connected WebSocket. Pings are answered while frames are read; not thread-safe."""

    def __init__(self, socket_: websocket.WebSocket, url: str):
        socket_.settimeout(STALL_S)
        self._ws = socket_
        self._ahead = _ReadAhead(socket_.sock)
        socket_.sock = self._ahead
        self.url = url
        self.opened_s = self.last_frame_s = time.monotonic()

    @classmethod
    def open(cls, url: str, *, timeout_s: float, ca_file: str = "") -> Connection:
        """Connect within ``timeout_s`` (TCP, TLS and upgrade each).

        Raises `ConnectionRefused` when the server answers with a status, `ConnectionLost` for all else.
        """
        options = {"ca_certs": ca_file} if ca_file else {}
        ws = websocket.WebSocket(
            skip_utf8_validation=True, sslopt=options, sockopt=[(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)]
        )
        ws.settimeout(timeout_s)
        try:
            ws.connect(url, timeout=timeout_s)
        except websocket.WebSocketBadStatusException as error:
            headers = {key.lower(): value for key, value in (error.resp_headers or {}).items()}
            after = headers.get("retry-after", "")
            seconds = float(after) if after.replace(".", "", 1).isdigit() else None
            raise ConnectionRefused(url, error.status_code, seconds) from None
        except (websocket.WebSocketException, OSError, ValueError) as error:
            raise ConnectionLost(f"{_place(url)}: {_why(error)}") from None
        return cls(ws, url)

    def fileno(self) -> int:
        """For a selector."""
        return int(self._ahead.fileno())

    @property
    def buffered(self) -> bool:
        """Whether frames may be read although the socket itself has nothing new."""
        return self._ahead.buffered

    def frames(self, limit: int) -> list[bytes]:
        """The data frames that are here now, at most ``limit``; call it when the socket is readable.

        A frame that stalls half-way is waited for `STALL_S` at most. Raises `ConnectionLost`.
        """
        found: list[bytes] = []
        self.last_frame_s = time.monotonic()
        try:
            while True:
                found += self._ahead.whole_texts(limit)
                if found:
                    break
                opcode, frame = self._ws.recv_data_frame(control_frame=True)
                if opcode in (ABNF.OPCODE_TEXT, ABNF.OPCODE_BINARY):
                    found.append(frame.data)
                elif opcode == ABNF.OPCODE_CLOSE:
                    raise ConnectionLost(f"{_place(self.url)}: closed by the server ({_close_reason(frame.data)})")
                if found or not self._ahead.buffered:
                    break
        except (websocket.WebSocketException, OSError, ValueError) as error:
            raise ConnectionLost(f"{_place(self.url)}: {_why(error)}") from None
        return found

    def close(self) -> None:
        """Close without waiting for the peer."""
        with contextlib.suppress(websocket.WebSocketException, OSError):
            self._ws.close(timeout=0)


def _close_reason(payload: bytes) -> str:
    code = int.from_bytes(payload[:2], "big") if len(payload) >= 2 else 1005
    return f"code {code} {payload[2:].decode('utf-8', 'replace')}".strip()


def wait_readable(connections: list[Connection], timeout_s: float) -> list[Connection]:
    """Connections that have something to read, after at most ``timeout_s``."""
    ready = [connection for connection in connections if connection.buffered]
    if ready or not connections:
        return ready
    with selectors.DefaultSelector() as selector:
        for connection in connections:
            selector.register(connection, selectors.EVENT_READ, connection)
        return [key.data for key, _ in selector.select(timeout_s)]
