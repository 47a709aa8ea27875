"""Whether an exchange's endpoint answers, and if not, which step fails: DNS, TCP, TLS or HTTP."""

from __future__ import annotations

import http.client
import json
import socket
import ssl
import time
from typing import Final, NamedTuple
from urllib.parse import urlsplit

TIMEOUT_S: Final = 4.0
"""For each step but DNS, which the system times."""
UPGRADE: Final = {
    "Connection": "Upgrade",
    "Upgrade": "websocket",
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Key": "c3ByZWFkYm9hcmQgMTIzNA==",
}
REFUSALS: Final = {
    403: "refused (a firewall, or this address is barred)",
    418: "this address is banned for a while: too many requests",
    429: "too many requests from this address",
    451: "not offered where this machine is (by law)",
}


class Reached(NamedTuple):
    """An answer: how long it took, and how far the exchange's clock is ahead of ours (None: a socket has no clock)."""

    took_ms: float
    clock_offset_ms: float | None


class UnreachableError(Exception):
    """No usable answer; the message begins with the step that failed."""


def reach(url: str, ca_file: str = "") -> Reached:
    """Ask an endpoint, ws:// or wss:// by the upgrade, http:// or https:// for the exchange's time.

    The clock offset is right to half of the request's time. Raises `UnreachableError`.
    """
    parts = urlsplit(url)
    secure, streams = parts.scheme in {"https", "wss"}, parts.scheme in {"ws", "wss"}
    host, port = parts.hostname or "", parts.port or (443 if secure else 80)
    began_s = time.perf_counter()
    connection = http.client.HTTPConnection(host, port, timeout=TIMEOUT_S)
    connection.sock = _connect(host, port, ca_file if secure else None)
    try:
        asked_s = time.perf_counter()
        path = parts.path.rstrip("/") + ("/ws" if streams else "/api/v3/time")
        connection.request("GET", path, headers=UPGRADE if streams else {})
        answer = connection.getresponse()
        status, body = answer.status, b"" if streams else answer.read(4096)
        middle_ms = (time.time() - (time.perf_counter() - asked_s) / 2) * 1000
    except (OSError, http.client.HTTPException) as error:
        raise UnreachableError(f"HTTP: {error or type(error).__name__}") from None
    finally:
        connection.close()
    if status != (101 if streams else 200):
        raise UnreachableError(f"HTTP: status {status}, {REFUSALS.get(status, answer.reason)}")
    return Reached((time.perf_counter() - began_s) * 1000, None if streams else _server_ms(body) - middle_ms)


def _connect(host: str, port: int, ca_file: str | None) -> socket.socket:
    """A connected socket; with TLS unless ``ca_file`` is None (empty: the system's authorities)."""
    try:
        address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][4][:2]
    except OSError as error:
        raise UnreachableError(f"DNS: {error.strerror or error}") from None
    try:
        plain = socket.create_connection((str(address[0]), port), TIMEOUT_S)
    except OSError as error:
        raise UnreachableError(f"TCP: {error.strerror or error}") from None
    if ca_file is None:
        return plain
    try:
        return ssl.create_default_context(cafile=ca_file or None).wrap_socket(plain, server_hostname=host)
    except OSError as error:  # ssl.SSLError is one
        plain.close()
        raise UnreachableError(f"TLS: {error}") from None


def _server_ms(body: bytes) -> float:
    try:
        return float(json.loads(body)["serverTime"])
    except (ValueError, KeyError, TypeError):
        raise UnreachableError("HTTP: the answer is not an exchange's time") from None
