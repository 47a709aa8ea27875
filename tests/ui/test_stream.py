"""The two drivers against broken lines: the stream, its cap, and a server that goes away."""

from __future__ import annotations

import time
from pathlib import Path
from urllib.parse import urlparse

import orjson
import pytest
import requests
from playwright.sync_api import Page, expect

from tests.ui.harness import Board, changes, open_pair, start_web, stop, until

SPEC = "y=ETHUSDT&x=BTCUSDT&tf=1m&window=120&method=ols&scale=level"


def events(answer: requests.Response, count: int) -> list[dict[str, object]]:
    found = []
    for line in answer.iter_lines():
        if line.startswith(b"data: "):
            found.append(orjson.loads(line[6:]))
        if len(found) == count:
            return found
    return found


def test_the_stream_sends_a_snapshot_then_small_deltas_and_a_beat(push_web: Board) -> None:
    with requests.get(f"{push_web.url}/stream", {"page": "pair", "spec": SPEC}, stream=True, timeout=5) as answer:
        assert answer.headers["Content-Type"].startswith("text/event-stream")
        first, *later = events(answer, 6)
    assert first["snap"]
    assert len(first["bars"]["open_ms"]) > 100  # type: ignore[index]
    assert all("snap" not in message and len(orjson.dumps(message)) < 800 for message in later)
    with requests.get(
        f"{push_web.url}/stream", {"page": "board", "c": later[-1]["c"]}, stream=True, timeout=5
    ) as answer:
        started = time.monotonic()
        assert events(answer, 3)[0]["snap"]
        assert time.monotonic() - started < 5


def test_streams_are_capped_so_that_the_page_still_answers(push_web: Board) -> None:
    held = [requests.get(f"{push_web.url}/stream?page=board", stream=True, timeout=5) for _ in range(2)]
    assert requests.get(f"{push_web.url}/stream?page=board", timeout=5).status_code == 503
    assert requests.get(f"{push_web.url}/", timeout=5).ok
    for answer in held:
        answer.close()
    end = time.monotonic() + 8
    while (again := requests.get(f"{push_web.url}/stream?page=board", stream=True, timeout=5)).status_code == 503:
        assert time.monotonic() < end, "a place that was left must be free again"
        time.sleep(0.2)
    again.close()
    assert requests.get(f"{push_web.url}/stream?page=nowhere", timeout=5).status_code == 400


@pytest.mark.browser
def test_with_push_the_page_moves_without_polling(push_web: Board, page: Page) -> None:
    open_pair(page, push_web, "?tf=1s")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    changes(page, "card-z")
    changes(page, "card-spread")
    assert asked == []
    page.keyboard.press("2")
    until(page, "location.search.includes('tf=1m')")
    until(page, "document.getElementById('pair-chart-note').textContent.startsWith('1m')")


@pytest.mark.browser
def test_a_server_that_goes_away_is_said_so_and_its_return_is_noticed(
    board: Board, own_web: Board, page: Page, tmp_path: Path
) -> None:
    open_pair(page, own_web)
    expect(page.locator("#badge-word")).to_have_text("SIMULATED")
    stop(own_web.process)
    expect(page.locator("#badge-word")).to_have_text("DOWN")
    expect(page.locator("#badge-age")).to_have_text("no answer from server")
    expect(page.locator("body")).to_have_class("simulated line-down")
    again = start_web(board, tmp_path, {}, urlparse(own_web.url).port or 0)
    expect(page.locator("#badge-word")).to_have_text("SIMULATED", timeout=12_000)
    changes(page, "card-spread")
    page.goto("about:blank")
    stop(again.process)
    # A browser reports each refused connection by itself; that is the only thing it may complain of.
    lost = (
        "ERR_CONNECTION_REFUSED",
        "ERR_CONNECTION_RESET",
        "ERR_EMPTY_RESPONSE",
        "ERR_SOCKET_NOT_CONNECTED",
        "did not respond",
    )
    page.complaints[:] = [words for words in page.complaints if not any(part in words for part in lost)]  # type: ignore[attr-defined]
