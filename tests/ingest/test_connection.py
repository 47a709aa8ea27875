"""Frames are read as websocket-client reads them, however the bytes are cut; every way to lose a connection is told."""

from __future__ import annotations

import base64
import hashlib
import random
import socket
import threading
from collections.abc import Callable

import pytest

from ingest.connection import Connection, ConnectionLost, ConnectionRefused, wait_readable

GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"


def frame(payload: bytes, opcode: int = 1, *, final: bool = True) -> bytes:
    size = len(payload)
    length = (
        bytes([size])
        if size < 126
        else b"\x7e" + size.to_bytes(2, "big")
        if size < 65536
        else b"\x7f" + size.to_bytes(8, "big")
    )
    return bytes([(0x80 if final else 0) | opcode]) + length + payload


def serve(talk: Callable[[socket.socket], None], *, status: bytes = b"") -> str:
    """A server for one connection that upgrades (or answers ``status``) and then talks."""
    listener = socket.create_server(("127.0.0.1", 0))

    def work() -> None:
        peer, _ = listener.accept()
        with listener, peer:
            request = b""
            while b"\r\n\r\n" not in request:
                request += peer.recv(4096)
            if status:
                peer.sendall(b"HTTP/1.1 " + status + b"\r\nContent-Length: 0\r\n\r\n")
                return
            key = next(line for line in request.split(b"\r\n") if line.lower().startswith(b"sec-websocket-key")).split(
                b": "
            )[1]
            accept = base64.b64encode(hashlib.sha1(key + GUID).digest())
            peer.sendall(
                b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                b"Sec-WebSocket-Accept: " + accept + b"\r\n\r\n"
            )
            talk(peer)

    threading.Thread(target=work, daemon=True).start()
    return f"ws://127.0.0.1:{listener.getsockname()[1]}/stream"


def read_all(connection: Connection, count: int) -> list[bytes]:
    found: list[bytes] = []
    while len(found) < count:
        for ready in wait_readable([connection], 5):
            found += ready.frames(7)
    return found


def test_frames_of_any_size_and_any_cut_arrive_whole_and_in_order() -> None:
    rng = random.Random(7)
    payloads = [bytes([65 + i % 26]) * rng.choice([0, 1, 125, 126, 127, 300, 65535, 65536, 70000]) for i in range(120)]
    wire = bytearray()
    for index, payload in enumerate(payloads):
        half = len(payload) // 2
        if index % 10 == 9:  # fragmented, with a ping between the pieces
            wire += frame(payload[:half], final=False) + frame(b"hi", 9) + frame(payload[half:], 0)
        else:
            wire += frame(payload, opcode=2 if index % 10 == 8 else 1)

    def talk(peer: socket.socket) -> None:
        at = 0
        while at < len(wire):
            step = rng.choice([1, 2, 3, 50, 5000, 200_000])
            peer.sendall(wire[at : at + step])
            at += step
        while peer.recv(1 << 16):  # the answers to our pings, until the reader has all and closes
            pass

    connection = Connection.open(serve(talk), timeout_s=5)
    assert read_all(connection, len(payloads)) == payloads
    connection.close()


def test_a_ping_is_answered_with_its_payload() -> None:
    got: list[bytes] = []
    done = threading.Event()

    def talk(peer: socket.socket) -> None:
        peer.sendall(frame(b"1723161253912", 9))
        head = peer.recv(6)
        body = peer.recv(head[1] & 127)
        got.append(bytes([head[0]]) + bytes(byte ^ head[2 + i % 4] for i, byte in enumerate(body)))
        done.set()

    connection = Connection.open(serve(talk), timeout_s=5)
    for ready in wait_readable([connection], 5):
        assert ready.frames(10) == []
    assert done.wait(5)
    assert got == [b"\x8a1723161253912"]


@pytest.mark.parametrize(
    ("last", "reason"),
    [
        (frame((1001).to_bytes(2, "big") + b"24 h", 8), "code 1001 24 h"),
        (b"", "lost"),
        (b"\xc3\x05hello", "rsv"),
        (b"\x81\x7e\x01", "timed out|lost"),
    ],
)
def test_what_was_read_before_the_end_is_kept_and_the_end_is_told(last: bytes, reason: str) -> None:
    def talk(peer: socket.socket) -> None:
        peer.sendall(frame(b"a") + frame(b"b") + last)

    connection = Connection.open(serve(talk), timeout_s=5)
    assert read_all(connection, 2) == [b"a", b"b"]
    with pytest.raises(ConnectionLost, match=f"(?i){reason}"):
        while True:
            for ready in wait_readable([connection], 5):
                ready.frames(10)


def test_a_frame_that_stalls_half_way_times_out() -> None:
    over = threading.Event()

    def talk(peer: socket.socket) -> None:
        peer.sendall(frame(b"x" * 500)[:200])
        over.wait(10)

    connection = Connection.open(serve(talk), timeout_s=5)
    with pytest.raises(ConnectionLost, match="timed out"):
        wait_readable([connection], 5)[0].frames(10)
    over.set()


def test_a_refusal_carries_status_and_retry_after() -> None:
    url = serve(lambda peer: None, status=b"429 Too Many Requests\r\nRetry-After: 7")
    with pytest.raises(ConnectionRefused) as caught:
        Connection.open(url, timeout_s=5)
    assert (caught.value.status, caught.value.retry_after_s) == (429, 7.0)


def test_a_server_that_never_answers_the_upgrade_times_out(free_port: int) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        with pytest.raises(ConnectionLost, match="timed out"):
            Connection.open(f"ws://127.0.0.1:{listener.getsockname()[1]}/", timeout_s=0.5)
    with pytest.raises(ConnectionLost, match="refused"):
        Connection.open(f"ws://127.0.0.1:{free_port}/", timeout_s=0.5)
