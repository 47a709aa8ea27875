"""kill -9 at any moment changes no final bar; a polite stop is quick and loses nothing."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from analytics.market import BUILT, PARTIAL, REVISED, Tick
from ingest import resampler
from runtime.settings import environment
from store import Store
from store.server import EmbeddedServer

REPO = Path(__file__).resolve().parents[2]
BASE = 1_700_000_100_000
KILLS = 25
KILLED = [f"sim:K{number}USDT" for number in range(4)]
WHOLE = [f"sim:W{number}USDT" for number in range(4)]


def load_of(symbol: str, seed: str, count: int) -> list[Tick]:
    """Seeded trades, one in three seconds, with late ones, holes and repeats."""
    rng = random.Random(seed)
    ticks, trade_id, time_ms = [], 0, BASE
    for _ in range(count):
        time_ms += int(rng.expovariate(1 / 3000))
        trade_id += 50 if rng.random() < 0.002 else 1
        ticks.append(Tick(symbol, trade_id, time_ms, rng.randint(1, 10**6) / 100, rng.randint(1, 10**6) / 10**5, True))
        if rng.random() < 0.01:
            trade_id += 1
            ticks.append(Tick(symbol, trade_id, max(BASE, time_ms - rng.randint(0, 400_000)), 7.0, 0.1, False))
            trade_id += 1
            ticks.append(Tick(symbol, trade_id, time_ms, 8.0, 0.1, False))
    return ticks


def loads_of(symbols: list[str], count: int) -> dict[str, list[Tick]]:
    return {symbol: load_of(symbol, symbol[-5], count) for symbol in symbols}


def fill(store: Store, loads: dict[str, list[Tick]]) -> None:
    store.status.set_symbols(loads)
    for ticks in loads.values():
        for at in range(0, len(ticks), 5000):
            store.ticks.append(ticks[at : at + 5000], 0)


def finish(store: Store, loads: dict[str, list[Tick]], tools: Any) -> None:
    """Close the last bars by the watermark and wait for them."""
    for symbol, ticks in loads.items():
        end_ms = max(tick.time_ms for tick in ticks) + 300_500
        tools.set_watermark(store, symbol, end_ms)
        last = (end_ms - 300_500) // 300_000 * 300_000
        tools.until(lambda symbol=symbol, last=last: len(store.bars.read(symbol, "5m", last)) > 0, f"{symbol} to end")


def members(store: Store, symbol: str) -> list[Any]:
    return [store.link.run("ZRANGE", f"bars:{{{symbol}}}:{timeframe}", 0, -1) for timeframe in BUILT]


def start_process(url: str, tools: Any) -> int:
    """The service in a process of its own; forked, because importing would take longer than the run."""
    pid = os.fork()
    if pid == 0:
        try:
            resampler.run(tools.settings_for(url), threading.Event())
        finally:
            os._exit(1)
    return pid


def test_kill_9_at_random_moments_gives_the_same_bytes(
    store: Store, server: EmbeddedServer, tools: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(resampler, "BATCH", 1000)  # more turns, hence more kinds of moments
    loads, rng = loads_of(KILLED, 5_000), random.Random(7)

    def stored() -> int:
        return sum(len(found) for symbol in KILLED for found in members(store, symbol))

    for kill in range(KILLS):
        share = slice(kill * 200, (kill + 1) * 200 if kill + 1 < KILLS else None)
        fill(store, {symbol: ticks[share] for symbol, ticks in loads.items()})
        before, pid = stored(), start_process(server.url, tools)
        if kill % 3:  # the others may be killed before they have done anything
            tools.until(lambda before=before: stored() > before, "more bars")
        time.sleep(rng.uniform(0.0, 0.05))
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
    with tools.running(server.url):
        finish(store, loads, tools)
    whole = loads_of(WHOLE, 5_000)
    fill(store, whole)
    with tools.running(server.url):
        finish(store, whole, tools)
    for killed, other in zip(KILLED, WHOLE, strict=True):
        offline = tools.cut_offline(loads[killed])
        assert tools.stored_bars(store, killed) == offline
        flags = {bar.flags for bar in offline["1s"]}
        assert {0, PARTIAL, REVISED} <= flags
        assert members(store, killed) == members(store, other)


def test_the_real_command_stops_in_the_middle_of_its_work(store: Store, server: EmbeddedServer, tools: Any) -> None:
    loads = loads_of(KILLED[:2], 8_000)
    fill(store, loads)
    environ = os.environ | environment(tools.settings_for(server.url))
    process = subprocess.Popen([sys.executable, "app.py", "resample"], cwd=REPO, env=environ)
    try:
        tools.until(lambda: len(store.bars.read(KILLED[0], "1s", limit=1)) > 0, "first bars")
        process.send_signal(signal.SIGTERM)
        assert process.wait(5.0) == 0  # below a second on an idle machine
    finally:
        process.kill()
        process.wait()
    with tools.running(server.url):
        finish(store, loads, tools)
    assert tools.stored_bars(store, KILLED[1]) == tools.cut_offline(loads[KILLED[1]])
