"""A running board on the simulated exchange, and a browser that remembers every complaint."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlparse

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from store import Store, open_store
from store.server import EmbeddedServer
from tests.ui.full_market import Full
from tests.ui.harness import PATIENCE_S, Board, start_board, start_web, stop
from tests.ui.market import Market

expect.set_options(timeout=1000 * PATIENCE_S)


@pytest.fixture
def market(store: Store) -> Iterator[Market]:
    """Two symbols with bars up to now."""
    market = Market(store)
    yield market
    market.cache.stop()


@pytest.fixture(scope="session")
def full(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Full]:
    """A market with bars enough for every widget, which no test changes."""
    server = EmbeddedServer(str(tmp_path_factory.mktemp("full")))
    server.start()
    store = open_store(server.url)
    full = Full(store)
    yield full
    full.cache.stop()
    store.close()
    server.stop()


@pytest.fixture(scope="session")
def board(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Board]:
    """The whole board, once for all tests."""
    board = start_board(tmp_path_factory.mktemp("ui"))
    yield board
    stop(board.process)


@pytest.fixture(scope="session")
def push_web(board: Board, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Board]:
    """A web process that pushes, with places for two streams."""
    push = {"SPREADBOARD_WEB__PUSH": "sse", "SPREADBOARD_WEB__THREADS": "10"}
    web = start_web(board, tmp_path_factory.mktemp("push"), push)
    yield web
    stop(web.process)


@pytest.fixture
def own_web(board: Board, tmp_path: Path) -> Iterator[Board]:
    """A web process for a test that ends it."""
    web = start_web(board, tmp_path, {})
    yield web
    stop(web.process)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Debian's chromium; without its window's own pages, where that is installed, which halves the time."""
    path = shutil.which("chromium-headless-shell") or shutil.which("chromium")
    if path is None:
        pytest.skip("NO BROWSER: chromium is not installed, so nothing of the page was tested (apt install chromium)")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A fresh page. The test fails on any console message, script error, refused file or request to another host."""
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    page = context.new_page()
    page.set_default_timeout(1000 * PATIENCE_S)
    complaints: list[str] = []
    page.on("console", lambda message: message.type in ("error", "warning") and complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("response", lambda answer: answer.status >= 400 and complaints.append(f"{answer.status} {answer.url}"))
    page.on("request", lambda asked: urlparse(asked.url).hostname != "127.0.0.1" and complaints.append(asked.url))
    page.complaints = complaints  # type: ignore[attr-defined]
    yield page
    context.close()
    assert complaints == []
