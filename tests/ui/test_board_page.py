"""The board and the shell in a real browser, over the running board."""

from __future__ import annotations

import re
import time

import pytest
from playwright.sync_api import Page, expect

from tests.ui.harness import Board, open_pair, text, until, wait_for

pytestmark = pytest.mark.browser

CELL = "#board-symbols .ag-row[row-id] .ag-cell[col-id='price']"


def test_every_symbol_and_pair_has_a_live_row(page: Page, board: Board) -> None:
    page.goto(board.url)
    expect(page.locator("#board-symbols .ag-center-cols-container .ag-row")).to_have_count(12)
    expect(page.locator("#board-pairs .ag-center-cols-container .ag-row")).to_have_count(8)
    page.wait_for_selector(CELL)
    before = page.locator(CELL).all_text_contents()
    wait_for(lambda: page.locator(CELL).all_text_contents() != before)
    assert all(re.fullmatch(r"[\d,]+(\.\d+)?", price) for price in page.locator(CELL).all_text_contents())
    assert "NaN" not in text(page, "board-page")
    expect(page.locator("#board-symbols .spark path").first).to_be_visible()


def test_pairs_stand_in_order_of_the_distance_from_the_mean(page: Page, board: Board) -> None:
    page.goto(board.url)
    expect(page.locator("#board-pairs .ag-center-cols-container .ag-row")).to_have_count(8)
    page.wait_for_timeout(1500)

    def ordered() -> bool:
        cells = page.evaluate("""[...document.querySelectorAll('#board-pairs .ag-center-cols-container .ag-row')]
            .sort((a, b) => a.getAttribute('row-index') - b.getAttribute('row-index'))
            .map((row) => row.querySelector('[col-id=z]').textContent)""")
        sizes = [abs(float(cell.replace("−", "-"))) for cell in cells if cell != "–"]
        return sizes == sorted(sizes, reverse=True)

    wait_for(ordered)


def test_a_signal_leaves_the_grid_with_the_state_that_allowed_it(page: Page, board: Board) -> None:
    page.goto(board.url)
    row = "#board-pairs .ag-center-cols-container .ag-row[row-id='p0'] .ag-cell"
    page.wait_for_selector(f"{row}[col-id='signal'] span")
    tell = "(fields) => sb.board.apply({ w: 0, rows: { p0: fields } })"
    page.evaluate(tell, {"z": 2.5, "signal": "short"})
    expect(page.locator(f"{row}[col-id='signal']")).to_have_text("▼ short entry")
    expect(page.locator(f"{row}[col-id='z'] .strong")).to_have_count(1)
    # The price stands still from now on: z is the same, and must lose its colour all the same.
    page.evaluate(tell, {"signal": "", "state": "stale"})
    expect(page.locator(f"{row}[col-id='signal']")).to_have_text("")
    expect(page.locator(f"{row}[col-id='z'] .strong")).to_have_count(0)


def test_a_row_opens_its_pair(page: Page, board: Board) -> None:
    page.goto(board.url)
    row = page.locator("#board-pairs .ag-pinned-left-cols-container .ag-row", has_text="LINKUSDT / DOTUSDT")
    row.click()
    expect(page.locator("#card-y-title")).to_have_text("LINKUSDT")
    expect(page.locator("#card-x-title")).to_have_text("DOTUSDT")
    until(page, "location.pathname === '/pair' && location.search.includes('y=LINKUSDT')")


def test_the_rail_and_the_keys_lead_to_every_page(page: Page, board: Board) -> None:
    page.goto(board.url)
    page.locator(".rail-link", has_text="Pair").click()
    expect(page.locator("#pair-page")).to_be_visible()
    page.keyboard.press("g")
    page.keyboard.press("b")
    expect(page.locator("#board-page")).to_be_visible()
    expect(page.locator(".rail-link[aria-current]")).to_have_text("Board")
    expect(page.locator("#board-pairs .ag-center-cols-container .ag-row")).to_have_count(8)
    page.keyboard.press("?")
    expect(page.locator("#help")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("#help")).to_be_hidden()


def test_the_theme_is_kept_over_a_reload(page: Page, board: Board) -> None:
    open_pair(page, board)
    html = page.locator("html")
    expect(html).to_have_attribute("data-bs-theme", "dark")
    page.keyboard.press("t")
    expect(html).to_have_attribute("data-bs-theme", "light")
    page.reload()
    expect(html).to_have_attribute("data-bs-theme", "light")
    page.wait_for_selector("#pair-page[data-drawn='1']")
    expect(page.locator("#pair-chart-panel")).to_have_css("background-color", "rgb(255, 255, 255)")


def test_an_update_stays_under_a_kilobyte(page: Page, board: Board) -> None:
    for path in ("/", "/pair"):
        page.goto(board.url + path)
        page.wait_for_timeout(1500)
        answers = []
        page.on(
            "requestfinished", lambda asked, kept=answers: "_dash-update" in asked.url and kept.append(asked.sizes())
        )
        end = time.monotonic() + 10
        while len(answers) < 10 and time.monotonic() < end:
            page.wait_for_timeout(100)
        sizes = [size["responseBodySize"] + size["responseHeadersSize"] for size in answers]
        assert len(sizes) > 8
        # A minute may close just now; all but the odd one must be small.
        assert sorted(sizes)[int(0.9 * len(sizes))] <= 1000, sorted(sizes)


def test_a_hidden_tab_rests_and_returns_with_a_snapshot(page: Page, board: Board) -> None:
    open_pair(page, board)
    hide = """(hidden) => {
        Object.defineProperty(document, 'hidden', { configurable: true, get: () => hidden });
        document.dispatchEvent(new Event('visibilitychange'));
    }"""
    page.evaluate(hide, True)
    page.wait_for_timeout(500)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.wait_for_timeout(1200)
    assert asked == []
    page.evaluate(hide, False)
    until(page, "document.querySelector('.page').dataset.epoch")
    assert asked


def test_the_switch_appears_with_the_offer_and_asks_for_the_configured_feed(page: Page, board: Board) -> None:
    open_pair(page, board)
    expect(page.locator("#feed-switch")).to_be_hidden()
    page.evaluate("sb.shell.feed({ offer: true }, 5)")
    page.locator("#feed-switch").click()
    expect(page.locator("#feed-switch")).to_have_text("Switching…")
    expect(page.locator("#feed-switch")).to_be_disabled()
