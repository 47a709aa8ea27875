"""The board and the shell in a real browser, over the running board."""

from __future__ import annotations

import json
import re
import time
from typing import Any
from urllib.parse import parse_qsl, quote

import pytest
from playwright.sync_api import Page, expect

from tests.ui.harness import Board, open_pair, text, until, wait_for

pytestmark = pytest.mark.browser

ADDRESS = "?tf=5m&rows=280&min_trades=20&show=passed&pairs_sort=half%3Aasc&scanner_sort=corr%3Adesc%2Cq%3Aasc"
FILTERS: dict[str, dict[str, Any]] = {
    "pairs": {"signal": {"filterType": "text", "type": "contains", "filter": "inside"}},
    "symbols": {"name": {"filterType": "text", "type": "startsWith", "filter": "B"}},
    "scanner": {"half": {"filterType": "number", "type": "lessThan", "filter": 60}},
}
FILTER = "(model) => dash_ag_grid.getApi('board-scanner').setFilterModel(model)"
STATE = """(id) => {
    const api = dash_ag_grid.getApi("board-" + id);
    const sorted = api.getColumnState().filter((each) => each.sort).sort((a, b) => a.sortIndex - b.sortIndex);
    return { sort: sorted.map((each) => [each.colId, each.sort]), filter: api.getFilterModel() };
}"""
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


def below(q: float) -> dict[str, Any]:
    """A filter of the scanner."""
    return {"q": {"filterType": "number", "type": "lessThan", "filter": q}}


def state(page: Page, grid: str) -> dict[str, Any]:
    """Order and filter of a grid; empty while there is none."""
    made = page.evaluate(f"document.querySelector('#board-{grid} .ag-header-cell') !== null")
    return page.evaluate(STATE, grid) if made else {}


def test_the_address_brings_the_whole_board_back(page: Page, board: Board) -> None:
    filters = "".join(f"&{grid}_filter={quote(json.dumps(model))}" for grid, model in FILTERS.items())
    page.goto(board.url + ADDRESS + filters)
    due = {
        "pairs": {"sort": [["half", "asc"]], "filter": FILTERS["pairs"]},
        "symbols": {"sort": [], "filter": FILTERS["symbols"]},
        "scanner": {"sort": [["corr", "desc"], ["q", "asc"]], "filter": {**FILTERS["scanner"], **below(0.05)}},
    }
    wait_for(lambda: all(state(page, grid) == due[grid] for grid in due), more=lambda: str(state(page, "scanner")))
    until(page, "/ 5m rows/.test(document.getElementById('board-scanner-note').textContent)")
    expect(page.locator("#board-symbols .ag-center-cols-container .ag-row")).to_have_count(3)
    expect(page.locator("#board-rows")).to_have_value("280")
    expect(page.locator("#board-min_trades")).to_be_visible()
    expect(page.locator("#board-show label", has_text="q < 5 %").locator("input")).to_be_checked()
    expect(page.locator("#board-problem")).to_have_text("")
    # What stands in the address afterwards says the same.
    said = dict(parse_qsl(page.evaluate("location.search")[1:]))
    asked = dict(parse_qsl((ADDRESS + filters)[1:]))
    assert {name: json.loads(value) if value[0] == "{" else value for name, value in said.items()} == {
        name: json.loads(value) if value[0] == "{" else value for name, value in asked.items()
    }
    page.locator("#board-reset").click()
    until(page, "location.search === ''")
    wait_for(lambda: state(page, "pairs") == {"sort": [["z", "desc"]], "filter": {}})
    assert state(page, "scanner") == {"sort": [["q", "asc"]], "filter": {}}
    expect(page.locator("#board-reset")).to_be_hidden()
    expect(page.locator("#board-show label", has_text="All").locator("input")).to_be_checked()
    until(page, "/ 1m rows/.test(document.getElementById('board-scanner-note').textContent)")


def test_order_and_filters_of_the_users_land_in_the_address_and_survive_the_way_back(page: Page, board: Board) -> None:
    page.goto(board.url)
    expect(page.locator("#board-pairs .ag-center-cols-container .ag-row")).to_have_count(8)
    page.locator("#board-pairs .ag-header-cell[col-id=half] .ag-header-cell-label").click()
    until(page, "location.search === '?pairs_sort=half%3Aasc'")
    page.evaluate(FILTER, below(0.05))
    until(page, "location.search.includes('show=passed') && !location.search.includes('filter')")
    page.evaluate(FILTER, below(0.2))
    until(page, "location.search.includes('scanner_filter') && !location.search.includes('show')")
    held = page.evaluate("location.search")
    page.locator("#board-pairs .ag-pinned-left-cols-container .ag-row", has_text="LINKUSDT / DOTUSDT").click()
    expect(page.locator("#pair-page")).to_be_visible()
    page.go_back()
    expect(page.locator("#board-pairs .ag-center-cols-container .ag-row")).to_have_count(8)
    wait_for(lambda: state(page, "pairs").get("sort") == [["half", "asc"]])
    wait_for(lambda: state(page, "scanner")["filter"] == below(0.2))
    until(page, f"location.search === {held!r}")


def test_what_an_address_cannot_mean_is_said(page: Page, board: Board) -> None:
    page.goto(f"{board.url}?shw=all&tf=1h&pairs_sort=size:asc&symbols_filter=B")
    problem = page.locator("#board-problem")
    for words in (
        "did you mean `show`?",
        "`tf` must be one of 1s, 1m, 5m",
        "`pairs_sort` must",
        "`symbols_filter` must",
    ):
        expect(problem).to_contain_text(words)
    until(page, "location.search === ''")


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
        if path == "/":
            page.wait_for_selector("#board-scanner .ag-center-cols-container .ag-row")
        page.wait_for_timeout(1500)
        answers = []
        page.on(
            "requestfinished",
            lambda asked, kept=answers: (
                re.search('"output":"(board|pair)-message.data"', asked.post_data or "") and kept.append(asked.sizes())
            ),
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
