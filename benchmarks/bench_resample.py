"""Ticks per second from tick streams to stored 1s, 1m and 5m bars by one resampler process."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import tempfile
import time

import psutil

from analytics.market import BUILT, TRADES, Tick
from benchmarks.gates import Gate, finish, tell
from benchmarks.peers import REPO
from ingest.resampler import BATCH
from runtime.settings import environment, load
from store import Store, open_store
from store.server import EmbeddedServer

SYMBOLS = [f"sim:S{number:02d}USDT" for number in range(12)]
TICKS_EACH = 50_000
MEAN_GAP_MS = 30  # the density of BTCUSDT on a busy day: about 33 trades a second
START_MS = 1_700_000_000_000


def fill(store: Store) -> None:
    """Write the seeded trades of all symbols."""
    for number, symbol in enumerate(SYMBOLS):
        rng = random.Random(number)
        time_ms, price, batch = START_MS, 1000.0 * (number + 1), []
        for trade_id in range(1, TICKS_EACH + 1):
            time_ms += int(rng.expovariate(1 / MEAN_GAP_MS))
            price = round(price + rng.choice((-0.01, 0.0, 0.01)), 2)
            batch.append(Tick(symbol, trade_id, time_ms, price, round(rng.random() * 3, 5), rng.random() < 0.5))
        for at in range(0, TICKS_EACH, 5000):
            store.ticks.append(batch[at : at + 5000], time_ms)
        store.live.set_states({symbol: {"watermark_ms": time_ms + 600_000}})


def measure(store: Store, url: str) -> tuple[float, float]:
    """Wall and CPU seconds of the resampler from its first stored bars until all are there."""
    environ = os.environ | environment(load(overrides={"redis.url": url}, environ={}))
    store.status.set_symbols(SYMBOLS)
    lasts = {symbol: newest.time_ms for symbol in SYMBOLS if (newest := store.ticks.newest(symbol))}
    process = subprocess.Popen([sys.executable, "app.py", "resample"], cwd=REPO, env=environ)
    try:
        while not len(store.bars.read(SYMBOLS[-1], "1s", limit=1)):
            time.sleep(0.005)
        start_s, start_cpu_s = time.perf_counter(), _cpu_s(process.pid)
        while lasts:
            done = [
                symbol for symbol, time_ms in lasts.items() if len(store.bars.read(symbol, "5m", time_ms - 299_999))
            ]
            for symbol in done:
                del lasts[symbol]
            time.sleep(0.02)
        return time.perf_counter() - start_s, _cpu_s(process.pid) - start_cpu_s
    finally:
        process.terminate()
        process.wait(5)


def main() -> list[Gate]:
    """Run the benchmark on a server of its own; rates in ticks per second."""
    with tempfile.TemporaryDirectory() as folder:
        server = EmbeddedServer(folder)
        store = open_store(server.start(), timeout_s=30.0)
        try:
            fill(store)
            wall_s, cpu_s = measure(store, server.url)
            bars = {timeframe: [store.bars.read(symbol, timeframe) for symbol in SYMBOLS] for timeframe in BUILT}
            for timeframe, rows in bars.items():
                counted = sum(int(each[:, TRADES].sum()) for each in rows)
                assert counted == len(SYMBOLS) * TICKS_EACH, f"{timeframe}: {counted} trades in the bars"
        finally:
            store.close()
            server.stop()
    ticks = len(SYMBOLS) * TICKS_EACH - BATCH
    tell({
        "ticks": ticks,
        "bars": sum(len(each) for rows in bars.values() for each in rows),
        "ticks a CPU second": ticks / cpu_s,
    })  # fmt: skip
    return [Gate("ticks through one resampler", ticks / wall_s, 60_000.0, "/s")]


def _cpu_s(pid: int) -> float:
    times = psutil.Process(pid).cpu_times()
    return float(times.user + times.system)


if __name__ == "__main__":
    finish(main())
