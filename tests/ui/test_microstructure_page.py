"""The flow page in a real browser, over the running board."""

from __future__ import annotations

import contextlib
import re
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Page, expect

from analytics.gather import trades_of
from analytics.registry import measure
from layouts.flow import BAR_TILES, CARDS, TRADE_TILES
from store import open_store
from tests.ui.harness import Board, text, until, wait_for

pytestmark = pytest.mark.browser

TILES = (*TRADE_TILES, *BAR_TILES)
DRAWN = (
    "[...document.querySelectorAll('.flow-tiles .figure')].filter((each) => each.dataset.state !== 'loading').length"
)


def open_flow(page: Page, board: Board, query: str = "") -> None:
    page.goto(f"{board.url}/microstructure{query}")
    until(page, f"{DRAWN} === {len(TILES)}", 30)
    until(page, "[...document.querySelectorAll('.figure[data-state=drawn]')].every((each) => each.layout)")


def newest(page: Page, id: str, trace: int = 0) -> Any:
    return page.evaluate(f"(document.getElementById('{id}').data || []).map((each) => each.y.at(-1))[{trace}]")


def x_range(page: Page, id: str) -> list[float]:
    """Both ends as epoch milliseconds: Plotly says them as it was told, or as text."""
    ms = "(end) => (typeof end === 'number' ? end : Date.parse(end.replace(' ', 'T') + 'Z'))"
    found: list[float] = page.evaluate(f"document.getElementById('{id}').layout.xaxis.range.map({ms})")
    return found


@pytest.mark.parametrize("theme", ["dark", "light"])
def test_every_card_and_figure_speaks_in_both_themes(page: Page, board: Board, theme: str) -> None:
    page.add_init_script(f"localStorage.setItem('spreadboard.theme', '{theme}')")
    open_flow(page, board)
    expect(page.locator("html")).to_have_attribute("data-bs-theme", theme)
    expect(page.locator(".flow-cards .kpi:not(.loading)")).to_have_count(len(CARDS))
    assert "NaN" not in text(page, "quiet-page")
    expect(page.locator("#flow-card-liquidity")).to_contain_text(re.compile("passes|fails"))
    expect(page.locator("#flow-trades-about")).to_contain_text("ETHUSDT")
    for tile in TILES:
        expect(page.locator(f"#{tile}-note")).to_contain_text("UTC")
    expect(page.locator("#ribbon")).to_be_visible()


def test_the_address_sets_the_controls_and_the_controls_the_address(page: Page, board: Board) -> None:
    open_flow(page, board, "?y=SOLUSDT&x=ETHUSDT&tf=5m&window=40&trades=900")
    expect(page.locator("#flow-y")).to_contain_text("SOLUSDT")
    expect(page.locator("#flow-trades")).to_have_value("900")
    expect(page.locator("#flow-tf input[value='5m']")).to_be_checked()
    page.locator("#flow-swap").click()
    until(page, "location.search.startsWith('?y=ETHUSDT&x=SOLUSDT')")
    page.locator("#flow-tf label", has_text="1m").click()
    until(page, "location.search.includes('tf=1m')")
    page.locator("#flow-window").fill("30")
    page.locator("#flow-window").press("Enter")
    until(page, "location.search.endsWith('window=30&trades=900')")
    expect(page.locator("#flow-card-flow .leg-name").first).to_have_text("ETHUSDT")
    expect(page.locator("#flow-bars-about")).to_contain_text("1m bars · newest 30")
    shared = page.url
    page.locator("#flow-trades").fill("7")
    page.locator("#flow-trades").press("Enter")
    expect(page.locator("#flow-problem")).to_contain_text("`trades` must be a whole number from 500")
    expect(page.locator("#flow-trades-field")).to_have_class(re.compile("wrong"))
    assert page.url == shared
    page.reload()
    until(page, f"{DRAWN} === {len(TILES)}")
    expect(page.locator("#flow-window")).to_have_value("30")
    assert page.url == shared


def test_what_is_drawn_is_what_the_api_and_the_measures_say(page: Page, board: Board) -> None:
    open_flow(page, board, "?window=60&trades=1000")

    def bars_agree() -> bool:
        found = []
        for tile, name, column in (
            ("flow-imbalance", "trade_imbalance", "imbalance"),
            ("flow-amihud", "amihud", "illiquidity"),
        ):
            query = "symbol=ETHUSDT&timeframe=1m&window=60&limit=1&rows=200"
            answer = page.request.get(f"{board.url}/api/v1/measures/{name}?{query}").json()
            found.append(newest(page, tile) == pytest.approx(answer["values"][-1][column], rel=1e-5))
        return all(found)

    # A bar may close between the two looks.
    wait_for(bars_agree)
    end_ms = page.evaluate("document.getElementById('flow-roll').newest[1]")
    with contextlib.closing(open_store(board.redis_url)) as store:
        trades = trades_of(store.ticks.range("sim:BTCUSDT", end_ms=end_ms + 1, limit=1_000))
    said = measure("arrival_rate").run(trades)
    assert f"{said.trades_per_minute:.4g}" in text(page, "flow-card-rate").replace(",", "")
    roll = measure("roll_spread").run(trades).spread_bps[-1]
    drawn = newest(page, "flow-roll", 1)
    assert drawn == pytest.approx(roll, rel=1e-5) if np.isfinite(roll) else drawn is None
    assert end_ms >= trades.time_ms[-1]


def test_zoom_holds_for_its_group_over_new_bars_and_a_double_click_ends_it(page: Page, board: Board) -> None:
    open_flow(page, board, "?tf=1s&window=60")
    before = x_range(page, "flow-imbalance"), x_range(page, "flow-cumulative")
    box = page.locator("#flow-cumulative .nsewdrag").first.bounding_box()
    assert box is not None
    middle = box["y"] + box["height"] / 2
    page.mouse.move(box["x"] + 100, middle)
    page.mouse.down()
    page.mouse.move(box["x"] + 300, middle, steps=5)
    page.mouse.up()
    until(page, "document.getElementById('flow-cumulative').closest('.tiles').range")
    kept = x_range(page, "flow-cumulative")
    assert kept != before[1]
    wait_for(lambda: x_range(page, "flow-roll") == kept)
    note = text(page, "flow-cumulative-note")
    until(page, f"document.getElementById('flow-cumulative-note').textContent !== '{note}'")
    page.wait_for_timeout(700)
    assert x_range(page, "flow-cumulative") == x_range(page, "flow-roll") == kept
    assert x_range(page, "flow-imbalance") != before[0]
    page.mouse.dblclick(box["x"] + 200, middle)
    until(page, "document.getElementById('flow-cumulative').closest('.tiles').range === null")
    wait_for(lambda: kept != x_range(page, "flow-cumulative") == x_range(page, "flow-roll"))


def test_what_is_warming_up_says_so_where_its_figure_would_be(page: Page, board: Board) -> None:
    open_flow(page, board, "?trades=500&tf=5m&window=1000")
    expect(page.locator("#flow-vpin")).to_have_attribute("data-state", "empty")
    expect(page.locator("#flow-vpin")).to_have_attribute("data-reason", re.compile("warming up: 500 of 1,250 trades"))
    expect(page.locator("#flow-kyle")).to_have_attribute("data-reason", re.compile(r"\d+ of 1,001 bars"))
    expect(page.locator("#flow-card-kyle .card-value").first).to_have_text("–")


def test_a_phone_needs_no_sideways_scrolling(page: Page, board: Board) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    open_flow(page, board)
    assert page.evaluate("document.getElementById('main').scrollWidth") <= 390
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
