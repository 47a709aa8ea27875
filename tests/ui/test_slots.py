"""Push in a browser with many windows, and over a line that dies without a word."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from urllib.parse import urlparse

import pytest
from playwright.sync_api import Page, expect

from tests.ui.harness import Board, changes, open_pair, start_web, stop

pytestmark = pytest.mark.browser

MOST = 4


class Line:
    """Forwards connections to a port; a stream that is cut stays open and silent."""

    def __init__(self, port: int) -> None:
        self._to = port
        self._server = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._server.getsockname()[1])
        self._alive: set[socket.socket] = set()
        self._streams: set[socket.socket] = set()
        self._dead: set[socket.socket] = set()
        threading.Thread(target=self._accept, daemon=True).start()

    def cut(self) -> None:
        """Nothing more comes through the streams of now."""
        self._dead |= self._streams

    def close(self) -> None:
        """End it, and all that runs through it."""
        for one in (self._server, *self._alive):
            one.close()

    def _accept(self) -> None:
        try:
            while True:
                near, _ = self._server.accept()
                far = socket.create_connection(("127.0.0.1", self._to))
                self._alive |= {near, far}
                for one, other in ((near, far), (far, near)):
                    threading.Thread(target=self._forward, args=(one, other), daemon=True).start()
        except OSError:
            return

    def _forward(self, source: socket.socket, to: socket.socket) -> None:
        try:
            while data := source.recv(65_536):
                if data.startswith(b"GET /stream"):
                    self._streams.add(to)
                if source not in self._dead:
                    to.sendall(data)
            to.shutdown(socket.SHUT_WR)
        except OSError:
            return


@pytest.fixture(scope="module")
def wide_web(board: Board, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Board]:
    """A web process that pushes, with places for all."""
    web = start_web(board, tmp_path_factory.mktemp("slots"), {"SPREADBOARD_WEB__PUSH": "sse"})
    yield web
    stop(web.process)


@pytest.fixture
def line(wide_web: Board) -> Iterator[Line]:
    """A line to it that can be cut."""
    line = Line(urlparse(wide_web.url).port or 0)
    yield line
    line.close()


def test_a_silent_stream_is_opened_again(wide_web: Board, line: Line, page: Page) -> None:
    open_pair(page, wide_web._replace(url=f"http://127.0.0.1:{line.port}"))
    changes(page, "card-spread")
    with page.expect_request(lambda asked: "/stream" in asked.url):
        line.cut()
    changes(page, "card-spread")
    expect(page.locator("#badge-word")).to_have_text("SIMULATED")
    page.goto("about:blank")


def test_windows_beyond_the_fourth_poll_and_all_are_alive(wide_web: Board, page: Page) -> None:
    def streams(window: Page) -> list[str]:
        seen: list[str] = []
        window.on("request", lambda asked: seen.append(asked.url))
        open_pair(window, wide_web)
        window.wait_for_timeout(300)
        return [url for url in seen if "/stream" in url]

    windows = [page, *(page.context.new_page() for _ in range(6))]
    assert [bool(streams(window)) for window in windows] == [True] * MOST + [False] * 3
    changes(windows[0], "card-spread")
    changes(windows[-1], "card-spread")
    windows[0].close()
    again = page.context.new_page()
    assert streams(again), "a place that was left is free again"
