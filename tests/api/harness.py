"""A real HTTP server with the API on it, over a real store with known contents; and those contents."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np
import requests
from flask import Flask
from werkzeug.serving import make_server

import api
from analytics.live import PairBook
from analytics.market import PARTIAL, Bar, Tick
from runtime import metrics, security
from runtime.settings import Settings
from store import Store
from store.cache import MarketCache
from store.server import EmbeddedServer

MINUTE = 60_000
FIRST_MS = 1_770_000_000_000 // MINUTE * MINUTE
BARS = 200
SYMBOLS = ("binance:BTCUSDT", "binance:ETHUSDT", "sim:BTCUSDT", "sim:ETHUSDT")


class FakeDash(NamedTuple):
    """A Flask server where a Dash application would be."""

    server: Flask

    def csp_hashes(self) -> list[str]:
        return ["'sha256-abc='"]


class Site(NamedTuple):
    """A running server."""

    url: str
    store: Store
    redis: EmbeddedServer

    def get(self, path: str, **options: object) -> requests.Response:
        return requests.get(self.url + path, timeout=10, **options)  # type: ignore[arg-type]


def make_bars(seed: int, level: float) -> list[Bar]:
    rng = np.random.default_rng(seed)
    closes = level * np.exp(np.cumsum(rng.normal(0, 1e-3, BARS)))
    return [
        Bar(FIRST_MS + at * MINUTE, close, close + 1, close - 1, float(close), 2.5, 2.5 * close, 1.25, 7,
            PARTIAL if at == 0 else 0)
        for at, close in enumerate(closes.tolist())
    ]  # fmt: skip


def make_ticks(symbol: str, count: int = 50) -> list[Tick]:
    start = FIRST_MS + BARS * MINUTE
    return [Tick(symbol, 1000 + at, start + at * 100, 100.5 + at, 0.25, at % 2 == 0) for at in range(count)]


def fill(store: Store) -> None:
    """The contents that the tests know."""
    store.status.set_symbols(SYMBOLS)
    store.status.set_feed(
        {"source": "binance", "venue": "binance", "simulated": "0", "state": "LIVE", "latency_ms": 42, "reconnects": 3,
         "clock_offset_ms": 0}
    )  # fmt: skip
    for symbol in SYMBOLS:
        seed, level = (1, 60_000.0) if "BTC" in symbol else (2, 3_000.0)
        store.bars.put(symbol, "1m", make_bars(seed, level))
        store.ticks.append(make_ticks(symbol), int(time.time() * 1000))
        store.live.set_states({symbol: {"state": "LIVE", "ticks": 50, "gaps": 1, "duplicates": 2, "quarantined": 0}})
    spoken = threading.Event()
    spoken.set()
    beat(store, spoken)
    store.status.set_role("ingest", {"state": "running", "pid": 1, "restarts": 4, "since_ms": 0})


def beat(store: Store, stop: threading.Event) -> None:
    """Let the roles speak once a second."""
    while True:
        store.status.beat("ingest", {})
        store.status.beat("resample", {"lag_ms": 120})
        if stop.wait(1.0):
            return


def serve(store: Store, settings: Settings) -> Iterator[str]:
    """Run the API on a thread; its address."""
    cache = MarketCache(store)
    cache.start()
    server = Flask("test")

    @server.get("/")
    def page() -> str:
        return "<p>page</p>"

    @server.get("/<path:rest>")
    def any_page(rest: str) -> str:
        return f"<p>{rest}</p>"

    api.register(server, cache, PairBook(cache), store, settings)
    metrics.observe(server)
    security.protect(FakeDash(server), settings)
    http = make_server("127.0.0.1", 0, server, threaded=True)
    thread = threading.Thread(target=http.serve_forever, daemon=True)
    thread.start()
    wait_until(lambda: cache.connected)
    yield f"http://127.0.0.1:{http.server_port}"
    http.shutdown()
    thread.join(5)
    http.server_close()
    cache.stop()


def wait_until(condition: Callable[[], bool], seconds: float = 10.0) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it never came true"
        time.sleep(0.02)
