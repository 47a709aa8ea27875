"""Starting the real board as its own processes, and reading the page as its user does."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NamedTuple

import requests
from playwright.sync_api import Locator, Page

REPO = Path(__file__).resolve().parents[2]
START_S = 40
PATIENCE_S = 30
"""How long a page may take on a machine that is busy with other tests."""


class Board(NamedTuple):
    """A running board: where its page is, where its store is, and its process."""

    url: str
    redis_url: str
    process: subprocess.Popen[bytes]


def start_board(folder: Path) -> Board:
    """All roles on the simulated exchange; ready when the feed is live and bars of two hours are there."""
    port = free_port()
    log = folder / "log"
    process = _spawn(["--feed", "sim", "--port", str(port)], log, {"SPREADBOARD_STORE__DATA_DIR": str(folder / "data")})
    url = f"http://127.0.0.1:{port}"
    wait_for(lambda: _ready(url), START_S, log.read_text)
    found = re.search(r"redis-cli -p (\d+)", log.read_text())
    assert found is not None
    return Board(url, f"redis://127.0.0.1:{found[1]}", process)


def start_web(board: Board, folder: Path, environment: Mapping[str, str], port: int = 0) -> Board:
    """One more web process on the store of ``board``."""
    port = port or free_port()
    log = folder / "log"
    arguments = ["web", "--feed", "sim", "--port", str(port), "--redis-url", board.redis_url]
    process = _spawn(arguments, log, environment)
    url = f"http://127.0.0.1:{port}"
    wait_for(lambda: _ready(url), START_S, log.read_text)
    return Board(url, board.redis_url, process)


def stop(process: subprocess.Popen[bytes]) -> None:
    """End it as Ctrl-C would."""
    process.send_signal(signal.SIGTERM)
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_for(done: Callable[[], object], seconds: float = PATIENCE_S, more: Callable[[], str] = str) -> None:
    """Wait until ``done``; fails with ``more`` after so many seconds."""
    end = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < end, f"not within {seconds} s. {more()}"
        time.sleep(0.1)


def text(page: Page, id: str) -> str:
    """What the element says now."""
    return page.locator(f"#{id}").text_content() or ""


def until(page: Page, condition: str, seconds: float = PATIENCE_S) -> None:
    """Wait until a JavaScript expression holds. (The page's policy forbids what `wait_for_function` does.)"""
    end = time.monotonic() + seconds
    while not page.evaluate(condition):
        assert time.monotonic() < end, f"not within {seconds} s: {condition}"
        page.wait_for_timeout(50)


def changes(page: Page, id: str, seconds: float = PATIENCE_S) -> str:
    """Wait until the text of an element differs from what it is now; the new text."""
    before = text(page, id)
    until(page, f"document.getElementById('{id}').textContent !== {before!r}", seconds)
    return text(page, id)


def open_pair(page: Page, board: Board, query: str = "") -> None:
    """Open the pair page and wait for its first numbers."""
    page.goto(f"{board.url}/pair{query}")
    page.wait_for_selector("#pair-page[data-drawn='1']")
    until(page, "document.getElementById('card-y').textContent !== '–'")


def updates(page: Page, count: int) -> None:
    """Wait until so many messages have been applied."""
    page.evaluate("window.seen = new Set()")
    until(page, f"seen.add(document.querySelector('.page').dataset.cursor).size > {count}")


def open_correlation(page: Page, board: Board, *figures: str) -> None:
    """Open the correlation page and wait for figures of it."""
    page.goto(f"{board.url}/correlation?window=60&lead=200")
    for name in figures:
        page.wait_for_selector(f"#correlation-{name}[data-state='drawn']")


def tool(page: Page, panel: str, name: str) -> Locator:
    """A button of a panel's frame; ``panel`` is a selector."""
    return page.locator(f"{panel} [data-tool={name}]")


def saved(page: Page, board: Board, act: Callable[[], None]) -> tuple[str, bytes]:
    """Name and content of the file that ``act`` brings. It passes through an address of the page's own."""
    with page.expect_download() as download:
        act()
    own = f"blob:{board.url}/"
    page.complaints[:] = [each for each in page.complaints if not each.startswith(own)]  # type: ignore[attr-defined]
    return download.value.suggested_filename, Path(download.value.path()).read_bytes()


def _spawn(arguments: list[str], log: Path, environment: Mapping[str, str]) -> subprocess.Popen[bytes]:
    with log.open("wb") as output:
        return subprocess.Popen(
            [sys.executable, "app.py", *arguments],
            cwd=REPO,
            env={**os.environ, **environment},
            stdout=output,
            stderr=subprocess.STDOUT,
        )


def _ready(url: str) -> bool:
    try:
        known = requests.get(f"{url}/api/v1/bars?symbol=ETHUSDT&timeframe=1m&limit=200", timeout=2)
        return known.ok and len(known.json()["bars"]) >= 150
    except (requests.RequestException, KeyError, ValueError):
        return False
