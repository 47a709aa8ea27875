"""The pair page's further views: made when in sight, renewed with bars and settings, never in the live path's way."""

from __future__ import annotations

import re
import threading
import time
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Page, Request, expect

from callbacks.pair_views import answer
from layouts.pair_views import TILES, VIEWS
from tests.ui.full_market import Full
from tests.ui.harness import Board, open_pair, text, until, updates, wait_for

SHOWN = "[...document.querySelectorAll('#pair-views .figure')]"
DRAWN = f"{SHOWN}.filter((each) => each.dataset.state !== 'loading').length"
ASKED = "pair-views-answer.data"
LIVE_MS = 50
QUERY = "y=ETHUSDT&x=BTCUSDT&tf=1m&window=60&method=ols&scale=level"


def show(page: Page, id: str) -> None:
    """Scroll a figure into sight."""
    page.locator(f"#{id}-panel").scroll_into_view_if_needed()


def asks(page: Page) -> list[str]:
    """The ids that are asked for from now on."""
    found: list[str] = []

    def heard(request: Request) -> None:
        if ASKED in (request.post_data or "") and "_dash-update" in request.url:
            found.append(request.post_data_json["inputs"][0]["value"]["id"])

    page.on("request", heard)
    return found


def newest(page: Page, id: str, trace: int = 0) -> Any:
    return page.evaluate(f"(document.getElementById('{id}').data || []).map((each) => each.y.at(-1))[{trace}]")


def test_an_answer_names_what_was_asked_and_refuses_what_is_no_view(full: Full) -> None:
    asked = {"id": "pair-correlation", "spec": QUERY, "bar": "1", "at": 1}
    found = answer(full.live, full.desk, asked)
    assert found["asked"] == asked
    assert found["figure"]["id"] == "pair-correlation"
    assert "as of" in found["note"]
    for wrong in ({"id": "pair-z"}, {"spec": "y=NOPE"}, {"id": "../etc"}):
        assert not isinstance(answer(full.live, full.desk, asked | wrong), dict)


def test_live_messages_do_not_wait_for_the_views(full: Full) -> None:
    full.live.message("pair", QUERY, "")
    done = threading.Event()

    def work() -> None:
        # Windows that nobody asked for yet: each is computed.
        for window in range(61, 66):
            for id in VIEWS:
                answer(full.live, full.desk, {"id": id, "spec": QUERY.replace("60", str(window))})
        done.set()

    thread = threading.Thread(target=work)
    thread.start()
    taken = []
    while not done.is_set():
        started = time.perf_counter()
        full.live.message("pair", QUERY, "")
        taken.append(1000 * (time.perf_counter() - started))
    thread.join()
    assert len(taken) >= 20
    assert np.median(taken) < LIVE_MS


@pytest.mark.browser
@pytest.mark.parametrize("theme", ["dark", "light"])
def test_every_view_speaks_in_both_themes(page: Page, board: Board, theme: str) -> None:
    page.add_init_script(f"localStorage.setItem('spreadboard.theme', '{theme}')")
    open_pair(page, board)
    for id in VIEWS:
        show(page, id)
        until(page, f"document.getElementById('{id}').dataset.state !== 'loading'")
        expect(page.locator(f"#{id}-panel-title")).to_have_text(TILES[id].title)
    assert page.evaluate(DRAWN) == len(VIEWS)
    expect(page.locator("html")).to_have_attribute("data-bs-theme", theme)
    for id in VIEWS:
        element = page.locator(f"#{id}")
        if element.get_attribute("data-state") == "drawn":
            expect(page.locator(f"#{id}-note")).to_contain_text(re.compile(r"as of \d\d:\d\d:00 UTC"))
        else:
            expect(element).to_have_attribute("data-reason", re.compile("Warming up: |Not testable: "))
    assert "NaN" not in text(page, "pair-views")


@pytest.mark.browser
def test_what_is_out_of_sight_is_not_asked_for(page: Page, board: Board) -> None:
    page.set_viewport_size({"width": 1440, "height": 700})
    found = asks(page)
    open_pair(page, board)
    updates(page, 8)
    assert found == []
    assert page.evaluate(DRAWN) == 0
    show(page, VIEWS[0])
    until(page, f"document.getElementById('{VIEWS[0]}').dataset.state === 'drawn'")
    assert found[0] == VIEWS[0]
    assert len(found) == len(set(found)) <= len(VIEWS)


@pytest.mark.browser
def test_what_is_drawn_is_what_the_api_says_and_follows_the_settings(page: Page, board: Board) -> None:
    open_pair(page, board, "?window=60")
    show(page, "pair-correlation")
    until(page, "document.getElementById('pair-correlation').dataset.state === 'drawn'")

    def agrees(window: int) -> bool:
        path = f"/api/v1/measures/correlation?y=ETHUSDT&x=BTCUSDT&timeframe=1m&window={window}&limit=1&rows=500"
        said = page.request.get(board.url + path).json()["values"][-1]["correlation"]
        return bool(newest(page, "pair-correlation") == pytest.approx(said, rel=1e-5))

    # A bar may close between the two looks.
    wait_for(lambda: agrees(60))
    expect(page.locator("#pair-correlation-note")).to_contain_text("60 returns of 1m")
    page.evaluate("document.getElementById('main').scrollTop = 0")
    page.locator("#pair-window").fill("40")
    page.locator("#pair-window").press("Enter")
    until(page, "location.search.includes('window=40')")
    show(page, "pair-correlation")
    expect(page.locator("#pair-correlation-note")).to_contain_text("40 returns of 1m")
    wait_for(lambda: agrees(40))


@pytest.mark.browser
def test_a_closed_bar_renews_what_is_in_sight_while_the_page_stays_live(page: Page, board: Board) -> None:
    open_pair(page, board, "?tf=1s&window=60")
    show(page, "pair-correlation")
    until(page, "document.getElementById('pair-correlation').dataset.state === 'drawn'")
    before = text(page, "pair-correlation-note")
    updates(page, 5)
    until(page, f"document.getElementById('pair-correlation-note').textContent !== {before!r}")
    expect(page.locator("#pair-correlation")).to_have_attribute("data-state", "drawn")


@pytest.mark.browser
def test_the_views_come_back_with_the_page(page: Page, board: Board) -> None:
    open_pair(page, board)
    show(page, "pair-correlation")
    until(page, "document.getElementById('pair-correlation').dataset.state === 'drawn'")
    page.locator(".rail-link[href='/']").click()
    page.wait_for_selector("#board-page")
    page.go_back()
    page.wait_for_selector("#pair-page[data-drawn='1']")
    show(page, "pair-correlation")
    until(page, "document.getElementById('pair-correlation').dataset.state === 'drawn'")


@pytest.mark.browser
def test_a_phone_needs_no_sideways_scrolling(page: Page, board: Board) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    open_pair(page, board)
    show(page, "pair-z-distribution")
    until(page, "document.getElementById('pair-z-distribution').dataset.state !== 'loading'")
    assert page.evaluate("document.getElementById('main').scrollWidth") <= 390
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
