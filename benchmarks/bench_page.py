"""Trade on the socket -> number painted, cost of an update, start-up and memory: the whole way, in a real browser."""

from __future__ import annotations

import asyncio
import json
import shutil
import socket
import tempfile
import threading
import time
from collections.abc import Sequence
from typing import Any

import aiohttp
import numpy as np
from playwright.sync_api import Page, Request, sync_playwright

from benchmarks.board import Board, board
from benchmarks.gates import Gate, finish
from store import open_store

SECONDS = 60
VIEWERS = 20
LEGS = ("sim:ETHUSDT", "sim:BTCUSDT")
WATCH = """() => {
  const page = document.getElementById('pair-page');
  window.painted = [];
  const paint = () => requestAnimationFrame(() => {   // the frame after the next begins when this one is on screen
    const trade = Number(page.dataset.tradeMs);
    requestAnimationFrame(() => window.painted.push([trade, Date.now()]));
  });
  new MutationObserver(paint).observe(page, { attributes: true, attributeFilter: ['data-trade-ms'] });
}"""


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


def latencies(redis_url: str, painted: Sequence[tuple[int, int]]) -> np.ndarray[Any, Any]:
    """For every trade of both legs: trade time T to the first frame that showed it or a later one, in ms."""
    store = open_store(redis_url)
    shown = np.array(painted)
    first, last = int(shown[0, 0]), int(shown[-1, 0])
    times = np.array([t.time_ms for leg in LEGS for t in store.ticks.range(leg, first + 1, last + 1)])
    store.close()
    order = np.maximum.accumulate(shown[:, 0])
    return shown[np.searchsorted(order, times), 1] - times


class Wire:
    """The browser's update requests, and what their answers cost on the wire, headers included."""

    def __init__(self, page: Page):
        self.requests: list[Request] = []
        page.on("requestfinished", self._finished)

    def _finished(self, request: Request) -> None:
        if "/_dash-update-component" in request.url and '"output":"pair-message.data"' in (request.post_data or ""):
            self.requests.append(request)

    def bytes(self, newest: int = 50) -> float:
        """Median over the newest answers; 0 when there were none."""
        sizes = [request.sizes() for request in self.requests[-newest:]]
        return float(np.median([s["responseHeadersSize"] + s["responseBodySize"] for s in sizes])) if sizes else 0.0


def watch(target: Board, seconds: float, viewers: int) -> dict[str, float]:
    """One browser on the pair page for a while, ``viewers - 1`` more clients that poll as it does.

    The cost of an update is what the web process uses beyond what it uses with nobody looking.
    """
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1440, "height": 900}, bypass_csp=True)
        wire = Wire(page)
        page.goto(f"{target.url}/pair?y=ETHUSDT&x=BTCUSDT&tf=1m&window=120")
        page.wait_for_function("document.getElementById('pair-page')?.dataset.tradeMs", timeout=30_000)
        page.wait_for_function("/[0-9]/.test(document.getElementById('card-z')?.textContent)", timeout=30_000)
        ready_s = time.monotonic() - target.started_s
        page.wait_for_timeout(3000)
        crowd = Crowd(wire.requests[-1], viewers - 1) if viewers > 1 else None
        wire.requests.clear()
        worker = target.web_worker()
        cpu_before = sum(worker.cpu_times()[:2])
        page.evaluate(WATCH)
        page.wait_for_timeout(seconds * 1000)
        cpu_s = sum(worker.cpu_times()[:2]) - cpu_before
        painted = page.evaluate("window.painted")
        answered = crowd.stop() if crowd else 0
        updates, size = len(wire.requests) or len(painted), wire.bytes()
        browser.close()
    time.sleep(3)
    cpu_s -= target.web_cpu_share(10.0) * seconds
    waits = latencies(target.redis_url, painted)
    return {
        "trades": len(waits), "p50": float(np.percentile(waits, 50)), "p95": float(np.percentile(waits, 95)),
        "updates": updates, "bytes": size, "cpu_ms": 1000 * cpu_s / (updates + answered),
        "rss_mb": worker.memory_info().rss / 2**20, "ready_s": ready_s,
    }  # fmt: skip


class Crowd:
    """Clients that replay the browser's own update request, each with its own cursor."""

    def __init__(self, request: Request, count: int):
        self._url, self._body, self._count = request.url, json.loads(request.post_data or "{}"), count
        self._over = threading.Event()
        self._answered = 0
        self._thread = threading.Thread(target=lambda: asyncio.run(self._work()), daemon=True)
        self._thread.start()

    def stop(self) -> int:
        """End; how many updates were answered."""
        self._over.set()
        self._thread.join(10)
        return self._answered

    async def _work(self) -> None:
        async with aiohttp.ClientSession() as session:
            await asyncio.gather(*(self._viewer(session) for _ in range(self._count)))

    async def _viewer(self, session: aiohttp.ClientSession) -> None:
        body = json.loads(json.dumps(self._body))
        cursor = next(state for state in body["state"] if state["id"] == "pair-cursor")
        while not self._over.is_set():
            async with session.post(self._url, json=body) as answer:
                if answer.status == 200:
                    news = (await answer.json())["response"].get("pair-message")
                    if news:
                        cursor["value"] = news["data"]["c"]
                self._answered += 1
            await asyncio.sleep(0.08)


def show(name: str, row: dict[str, float]) -> None:
    """One line of the table."""
    print(
        f"{name:22} p50 {row['p50']:6.0f} ms  p95 {row['p95']:6.0f} ms  ({row['trades']:.0f} trades, "
        f"{row['updates']:.0f} updates, {row['bytes']:.0f} B, {row['cpu_ms']:.2f} ms CPU an update, "
        f"web {row['rss_mb']:.0f} MB)",
        flush=True,
    )


def main() -> list[Gate]:
    """Print the table."""
    print(
        f"{SECONDS} s each, pair page of two busy legs, trades at random times; latency from trade time T to the frame"
    )
    gates = []
    with tempfile.TemporaryDirectory() as folder:
        with board(free_port(), folder) as cold:
            print(f"cold start: healthy after {cold.wait('/healthz'):.1f} s")
        for name, push, viewers, asked_ms in (
            ("interval", "interval", 1, 200.0),
            ("sse", "sse", 1, 80.0),
            (f"{VIEWERS} viewers", "interval", VIEWERS, 500.0),
        ):
            with board(free_port(), folder, WEB__PUSH=push) as target:
                healthy_s = target.wait("/healthz")
                row = watch(target, SECONDS, viewers)
                print(f"warm start: healthy after {healthy_s:.1f} s, z on the page after {row['ready_s']:.1f} s")
                show(name, row)
                gates += [
                    Gate(f"trade to paint p95, {name}", row["p95"], asked_ms, "ms", at_most=True),
                    Gate(f"CPU an update, {name}", row["cpu_ms"], 3.0, "ms", at_most=True),
                    Gate(f"an update on the wire, {name}", row["bytes"], 1000.0, "bytes", at_most=True),
                ]
    return gates


if __name__ == "__main__":
    finish(main())
