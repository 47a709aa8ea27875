"""The role ends in time although every REST host accepts and never answers."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

from store import Store

ROOT = Path(__file__).resolve().parents[2]


def test_a_hanging_exchange_does_not_delay_the_end(store: Store) -> None:
    with socket.create_server(("127.0.0.1", 0), backlog=100) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        environ = os.environ | {
            "SPREADBOARD_REDIS__URL": store.url, "SPREADBOARD_FEED__REST_URL": f"{url},{url}/a,{url}/b",
            "SPREADBOARD_FEED__WS_URL": url.replace("http", "ws"), "SPREADBOARD_FEED__FALLBACK": "none",
        }  # fmt: skip
        process = subprocess.Popen(
            [sys.executable, "app.py", "ingest"], cwd=ROOT, env=environ, stderr=subprocess.DEVNULL
        )
        try:
            deadline_s = time.monotonic() + 20
            while not store.status.health("ingest"):
                assert time.monotonic() < deadline_s
                time.sleep(0.05)
            time.sleep(0.5)
            start_s = time.monotonic()
            process.send_signal(signal.SIGTERM)
            assert process.wait(10) == 0
            assert time.monotonic() - start_s < 4
        finally:
            process.kill()
            process.wait()
