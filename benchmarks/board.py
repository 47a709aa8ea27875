"""A whole board on the simulated exchange, started as a user starts it, for benchmarks to look at."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil

REPO = Path(__file__).resolve().parent.parent
READY_S = 60.0


class Board:
    """A running board; ``url`` is its page, ``redis_url`` its server."""

    def __init__(self, process: subprocess.Popen[bytes], port: int, folder: str):
        self.process, self.url, self.started_s = process, f"http://127.0.0.1:{port}", time.monotonic()
        self._folder = Path(folder)

    @property
    def redis_url(self) -> str:
        """Address of the embedded server."""
        return f"redis://127.0.0.1:{(self._folder / 'port').read_text().strip()}"

    def get(self, path: str) -> bytes:
        """A GET that raises OSError unless the answer is 200."""
        with urllib.request.urlopen(self.url + path, timeout=5) as answer:
            return bytes(answer.read())

    def wait(self, path: str) -> float:
        """Seconds from the start until ``path`` answers 200."""
        while time.monotonic() - self.started_s < READY_S:
            try:
                self.get(path)
            except OSError:
                time.sleep(0.05)
            else:
                return time.monotonic() - self.started_s
        raise TimeoutError(f"{path} did not answer within {READY_S:.0f} s")

    def web_worker(self) -> psutil.Process:
        """The process that serves pages."""
        web = next(p for p in psutil.Process(self.process.pid).children(True) if p.cmdline()[-1:] == ["web"])
        return max([web, *web.children(True)], key=lambda each: each.memory_info().rss)

    def web_cpu_share(self, seconds: float) -> float:
        """Share of a core that the web process uses now."""
        worker = self.web_worker()
        before = sum(worker.cpu_times()[:2])
        time.sleep(seconds)
        return float(sum(worker.cpu_times()[:2]) - before) / seconds


@contextmanager
def board(port: int, folder: str | None = None, **environ: str) -> Iterator[Board]:
    """A board on the simulated exchange; stopped with the block. Settings come as ``SECTION__KEY="value"``."""
    with tempfile.TemporaryDirectory() as fresh:
        data = folder or fresh
        settings = {f"SPREADBOARD_{key}": value for key, value in environ.items()}
        settings |= {"SPREADBOARD_STORE__DATA_DIR": data, "SPREADBOARD_LOG__LEVEL": "WARNING"}
        command = [sys.executable, "app.py", "--feed", "sim", "--port", str(port)]
        process = subprocess.Popen(command, cwd=REPO, env=os.environ | settings, stdout=subprocess.DEVNULL)
        try:
            yield Board(process, port, data)
        finally:
            process.terminate()
            process.wait(10)
