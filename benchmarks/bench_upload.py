"""A million rows of bars, uploaded over HTTP to a running board: seconds until stored, and the memory that it takes.

Seeded one-minute bars of a million minutes, 7 numbers a row, about 60 MB of CSV with times in ms, and once more with
written dates. Memory is the peak of a process of its own that reads and stores the file, libraries included: the web
process does other things meanwhile.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path
from typing import Final

import numpy as np
import orjson

from benchmarks.bench_page import free_port
from benchmarks.board import REPO, Board, board
from benchmarks.gates import Gate, finish

ROWS: Final = 1_000_000
START_MS: Final = 1_600_000_020_000


def write(path: Path, *, written: bool) -> None:
    """The file; ``written``: dates in place of milliseconds."""
    rng = np.random.default_rng(20240601)
    closes = np.round(60_000 * np.exp(np.cumsum(rng.normal(0, 1e-4, ROWS))), 2)
    opens = np.concatenate([[60_000.0], closes[:-1]])
    high, low = np.maximum(opens, closes) + 1, np.minimum(opens, closes) - 1
    stamps = START_MS + 60_000 * np.arange(ROWS)
    dates = np.char.replace(np.datetime_as_string(stamps.astype("datetime64[ms]"), unit="s"), "T", " ")
    times = dates.tolist() if written else stamps.tolist()
    columns = (opens.tolist(), high.tolist(), low.tolist(), closes.tolist(), rng.random(ROWS).tolist())
    with path.open("w") as file:
        file.write("time,open,high,low,close,volume\n")
        for at, o, h, l, c, v in zip(times, *columns, strict=True):  # noqa: E741
            file.write(f"{at},{o:.2f},{h:.2f},{l:.2f},{c:.2f},{v:.5f}\n")


PEAK = """
import resource, sys
from analytics.uploads.guess import guess
from analytics.uploads.look import HEAD_BYTES, look
from analytics.uploads.parse import parse
from store import open_store
from store.uploads import Upload
with open(sys.argv[1], "rb") as file:
    plan = guess(look(file.read(HEAD_BYTES))).plan
    file.seek(0)
    frames = parse(file, plan).frames
counts = {name: len(bars) for name, bars in frames.items()}
open_store(sys.argv[2]).uploads.put(Upload("PEAK", "", 0, 0, 0, 1.0, counts, []), frames)
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
"""


def peak_mb(target: Board, path: Path) -> float:
    """Highest memory of a process that does nothing but read a file and store it."""
    command = [sys.executable, "-c", PEAK, path, target.redis_url]
    done = subprocess.run(command, cwd=REPO, capture_output=True, check=True)
    return float(done.stdout)


def upload(target: Board, path: Path, name: str) -> float:
    """Seconds until the answer that it is stored."""
    request = urllib.request.Request(f"{target.url}/api/v1/uploads?name={name}", data=path.read_bytes(), method="POST")
    start = time.perf_counter()
    with urllib.request.urlopen(request, timeout=120) as answer:
        body = orjson.loads(answer.read())
    taken = time.perf_counter() - start
    assert (body["report"]["bars"], body["report"]["bad"], body["stored"]) == (ROWS, 0, True)
    return taken


def main() -> None:
    """Measure and tell."""
    with tempfile.TemporaryDirectory() as folder, board(free_port()) as target:
        target.wait("/healthz")
        taken: dict[str, float] = {}
        peaks: dict[str, float] = {}
        for name, written in (("ms", False), ("dates", True)):
            path = Path(folder, f"{name}.csv")
            write(path, written=written)
            taken[name] = upload(target, path, name.upper())
            peaks[name] = peak_mb(target, path)
    finish(
        [
            *(Gate(f"upload of 1,000,000 rows, {name}", taken[name], 10.0, "s", at_most=True) for name in taken),
            *(Gate(f"memory of a process for it, {name}", peaks[name], 500.0, "MB", at_most=True) for name in peaks),
        ]
    )


if __name__ == "__main__":
    main()
