"""Socket -> tick stream: one ingestor process against cryptofeed's Redis stream back-end on the same trades."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager

import psutil

from benchmarks.blast import NAMES
from benchmarks.gates import Gate, finish
from benchmarks.peers import REPO, python_with
from store import open_store
from store.server import EmbeddedServer

PEER = ("cryptofeed==2.4.1", "redis==8.1.0", "hiredis==3.5.0")
COUNT = 300_000


@contextmanager
def running(command: list[str], **environ: str) -> Iterator[subprocess.Popen[str]]:
    """A process that is ended with the block."""
    process = subprocess.Popen(
        command, env=os.environ | environ, cwd=REPO, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(5)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def measure(event: str, keys: list[str], command: list[str], count: int = COUNT) -> dict[str, float]:
    """Trades/s from the first to the last entry in the store, CPU of the process, bytes a tick; all must arrive."""
    with (
        tempfile.TemporaryDirectory() as folder,
        running([sys.executable, "-m", "benchmarks.blast", event, str(count)]) as exchange,
    ):
        server = EmbeddedServer(folder)
        url = server.start()
        store = open_store(url)
        port = exchange.stdout.readline().strip() if exchange.stdout else ""
        before = int(store.info()["used_memory"])
        words = [word.format(port=port, redis_port=url.rpartition(":")[2].partition("/")[0]) for word in command]
        environ = {
            "SPREADBOARD_FEED__WS_URL": f"ws://127.0.0.1:{port}",
            "SPREADBOARD_FEED__REST_URL": f"http://127.0.0.1:{port}",
            "SPREADBOARD_FEED__SYMBOLS": ",".join(NAMES), "SPREADBOARD_FEED__FALLBACK": "none",
            "SPREADBOARD_REDIS__URL": url, "SPREADBOARD_LOG__LEVEL": "ERROR",
        }  # fmt: skip
        try:
            with running(words, **environ) as process:
                usage, start_s, start_cpu, length, first = psutil.Process(process.pid), 0.0, 0.0, 0, 0
                deadline_s = time.monotonic() + 120
                while length < count and time.monotonic() < deadline_s:
                    length = sum(store.link.run("XLEN", key) for key in keys)
                    if length and not start_s:
                        start_s, start_cpu, first = time.monotonic(), sum(usage.cpu_times()[:2]), length
                    time.sleep(0.005)
                seconds, cpu = time.monotonic() - start_s, sum(usage.cpu_times()[:2]) - start_cpu
                used = int(store.info()["used_memory"]) - before
        finally:
            store.close()
            server.stop()
    if not length:
        raise RuntimeError(f"nothing arrived from: {' '.join(words)}")
    return {
        "arrived": length, "per_s": (length - first) / seconds, "per_cpu_s": (length - first) / cpu,
        "bytes": used / length,
    }  # fmt: skip


def main() -> list[Gate]:
    """Print both."""
    ours = measure("trade", [f"ticks:{{binance:{name}}}" for name in NAMES], [sys.executable, "app.py", "ingest"])
    peer_keys = [f"trades-BINANCE-{name[:-4]}-USDT" for name in NAMES]
    python = python_with(".venv-bench", *PEER)
    peer = measure("aggTrade", peer_keys, [python, "benchmarks/peer_cryptofeed.py", "{port}", "{redis_port}"])
    print(f"{COUNT:,} trades of {len(NAMES)} symbols over one WebSocket, prepared frames, server on the same machine")
    for name, row in (("spreadboard ingest", ours), ("cryptofeed 2.4.1", peer)):
        print(
            f"{name:20} {row['arrived']:>9,} arrived {row['per_s']:>10,.0f}/s {row['per_cpu_s']:>10,.0f} per CPU-s"
            f" {row['bytes']:>6.1f} bytes a tick"
        )
    return [
        Gate("trades through one ingestor", ours["per_s"], 40_000.0, "/s"),
        Gate("trades over cryptofeed's Redis stream", ours["per_s"] / peer["per_s"], 3.0),
        Gate("memory of a tick", ours["bytes"], 40.0, "bytes", at_most=True),
    ]


if __name__ == "__main__":
    finish(main())
