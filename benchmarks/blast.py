"""An exchange that sends prepared trade frames as fast as the reader takes them: ``blast.py trade|aggTrade COUNT``."""

from __future__ import annotations

import base64
import hashlib
import random
import socket
import sys
import threading

import orjson

GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
NAMES = ["BTCUSDT", "ETHUSDT", "BNBUSDT", "SOLUSDT", "XRPUSDT", "ADAUSDT"]
START_MS = 1_723_161_253_911


def frames(event: str, count: int) -> bytes:
    """``count`` combined-stream frames over six symbols, ids consecutive by symbol, 1000 trades a second."""
    rng, ids, wire = random.Random(20240601), dict.fromkeys(NAMES, 3_705_432_100), bytearray()
    for index in range(count):
        name = rng.choice(NAMES)
        ids[name] += 1
        time_ms = START_MS + index
        trade = {"e": event, "E": time_ms + 1, "s": name, "t": ids[name], "p": f"{61828.01 + index % 977 / 100:.8f}",
                 "q": f"{rng.randint(1, 99999) / 1e5:.8f}", "T": time_ms, "m": bool(index & 1), "M": True}  # fmt: skip
        if event == "aggTrade":
            trade |= {"a": trade["t"], "f": trade["t"], "l": trade.pop("t")}
        payload = orjson.dumps({"stream": f"{name.lower()}@{event}", "data": trade})
        wire += b"\x81\x7e" + len(payload).to_bytes(2, "big") + payload
    return bytes(wire)


def exchange_info() -> bytes:
    """What cryptofeed asks before it connects."""
    rows = [
        {
            "symbol": name,
            "status": "TRADING",
            "baseAsset": name[:-4],
            "quoteAsset": "USDT",
            "filters": [{"tickSize": "0.01"}],
        }
        for name in NAMES
    ]
    return orjson.dumps({"symbols": rows})


def serve(event: str, count: int) -> None:
    """Answer exchangeInfo by HTTP, 404 to all else; send all frames to the first WebSocket."""
    wire = frames(event, count)
    listener = socket.create_server(("127.0.0.1", 0))
    print(listener.getsockname()[1], flush=True)
    reader: socket.socket | None = None
    while True:
        peer, _ = listener.accept()
        request = b""
        while b"\r\n\r\n" not in request:
            request += peer.recv(4096)
        keys = [line for line in request.split(b"\r\n") if line.lower().startswith(b"sec-websocket-key")]
        if keys and reader is None:
            reader = peer
            threading.Thread(target=send, args=(reader, keys[0].split(b": ")[1], wire), daemon=True).start()
            continue
        body = exchange_info()
        status = b"200 OK" if b"exchangeInfo" in request else b"404 Not Found"
        peer.sendall(b"HTTP/1.1 %b\r\nConnection: close\r\nContent-Length: %d\r\n\r\n%b" % (status, len(body), body))
        peer.close()


def send(peer: socket.socket, key: bytes, wire: bytes) -> None:
    """Upgrade, and send everything."""
    accept = base64.b64encode(hashlib.sha1(key + GUID).digest())
    peer.sendall(
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Accept: " + accept + b"\r\n\r\n"
    )
    peer.sendall(wire)
    peer.settimeout(120)
    peer.recv(1 << 16)


if __name__ == "__main__":
    serve(sys.argv[1], int(sys.argv[2]))
