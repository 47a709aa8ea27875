"""What every page stands in: palette, keys, freezing, and use without a mouse."""

from __future__ import annotations

import re
from urllib.parse import parse_qs, urlparse

import pytest
from flask import Flask
from playwright.sync_api import Page, expect

from callbacks import choices
from runtime.settings import Settings
from tests.ui.harness import Board, changes, open_pair, text, until, updates, wait_for
from tests.ui.market import Market

BROWSER = pytest.mark.browser
ORDER = """() => [...document.querySelectorAll("#board-pairs .ag-pinned-left-cols-container .ag-row")]
  .sort((a, b) => a.getAttribute("row-index") - b.getAttribute("row-index"))
  .map((row) => row.textContent.trim().split(" / "))"""
LIVE = {"/": "#board-pairs .ag-row", "/pair?tf=1s": "#pair-page[data-drawn='1']", "/data?view=tape": "#tape-body tr"}
QUIET = {
    "/correlation?tf=1s&window=60": "#correlation-matrix:not([data-state='loading'])",
    "/microstructure?tf=1s": "#flow-imbalance:not([data-state='loading'])",
    "/health": "#health-roles tr",
}


def legs(page: Page) -> list[str]:
    asked = parse_qs(urlparse(page.evaluate("location.href")).query)
    return [asked[name][0] for name in ("y", "x")]


def shown(page: Page) -> str:
    """All that the page says, and what its figures are made of."""
    figures = "[...document.querySelectorAll('.figure')].map((each) => JSON.stringify(each.data || null))"
    said: str = page.evaluate(f"document.getElementById('main').innerText + {figures}.join()")
    return said


def test_the_palette_is_offered_what_the_market_has(market: Market) -> None:
    server = Flask("choices")
    choices.register(server, market.live, Settings())
    answer = server.test_client().get("/choices")
    assert answer.json == {"symbols": ["BTCUSDT", "ETHUSDT"], "pairs": [["ETHUSDT", "BTCUSDT"]]}
    assert answer.headers["Cache-Control"] == "no-store"


@BROWSER
def test_two_names_typed_into_the_palette_open_their_pair(page: Page, board: Board) -> None:
    page.goto(board.url)
    page.wait_for_selector("#board-pairs .ag-row")
    page.keyboard.press("Control+k")
    expect(page.locator("#palette-field")).to_be_focused()
    page.keyboard.type("sol ada")
    expect(page.locator(".palette-item").first).to_have_text("PairSOLUSDT / ADAUSDT")
    page.keyboard.press("Enter")
    expect(page.locator("#card-y-title")).to_have_text("SOLUSDT")
    assert legs(page) == ["SOLUSDT", "ADAUSDT"]
    expect(page.locator("#palette")).to_be_hidden()


@BROWSER
def test_the_palette_finds_pages_and_actions_on_a_phone(page: Page, board: Board) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(board.url)
    page.wait_for_selector("#board-pairs .ag-row")
    page.locator("#palette-open").click()
    page.keyboard.type("light th")
    page.keyboard.press("Enter")
    assert page.locator("html").get_attribute("data-bs-theme") == "light"
    page.locator("#palette-open").click()
    page.keyboard.press("ArrowUp")
    last = page.locator(".palette-item").last
    expect(last).to_have_attribute("aria-selected", "true")
    assert page.locator("#palette-field").get_attribute("aria-activedescendant") == last.get_attribute("id")
    page.keyboard.type("no such thing")
    expect(page.locator("#palette-more")).to_contain_text("Nothing of that name")
    page.keyboard.press("Escape")
    expect(page.locator("#palette")).to_be_hidden()
    page.locator("#palette-open").click()
    page.locator(".palette-item", has_text="Health").click()
    page.wait_for_selector("#health-roles tr")
    assert page.evaluate("document.documentElement.scrollWidth") == 390


@BROWSER
def test_j_and_k_go_through_the_pairs_of_the_board_and_wrap(page: Page, board: Board) -> None:
    pairs = page.request.get(f"{board.url}/choices").json()["pairs"]
    open_pair(page, board, f"?y={pairs[0][0]}&x={pairs[0][1]}&window=60")
    page.keyboard.press("k")
    expect(page.locator("#card-x-title")).to_have_text(pairs[-1][1])
    page.keyboard.press("j")
    page.keyboard.press("j")
    until(page, f"location.search.includes('y={pairs[1][0]}&x={pairs[1][1]}')")
    expect(page.locator("#card-y-title")).to_have_text(pairs[1][0])
    expect(page.locator("#pair-window")).to_have_value("60")
    until(page, "location.search.includes('window=60')")


@BROWSER
def test_j_follows_the_order_that_its_user_came_from(page: Page, board: Board) -> None:
    page.goto(board.url)
    page.wait_for_selector("#board-pairs .ag-row")
    page.locator("#board-pairs .ag-header-cell[col-id=name]").click()
    page.locator("#board-pairs .ag-header-cell[col-id=name]").click()
    until(page, f"(() => {{ const names = ({ORDER})().map(String); return names.length && "
                "String(names) === String([...names].sort().reverse()); })()")  # fmt: skip
    order = page.evaluate(ORDER)
    page.locator("#board-pairs .ag-row[row-index='0'] [col-id=name]").click()
    expect(page.locator("#card-y-title")).to_have_text(order[0][0])
    page.keyboard.press("j")
    until(page, f"location.search.includes('y={order[1][0]}&x={order[1][1]}')")


@BROWSER
@pytest.mark.parametrize("path", LIVE | QUIET)
def test_nothing_moves_on_a_frozen_page_and_all_of_it_afterwards(page: Page, board: Board, path: str) -> None:
    page.goto(board.url + path)
    page.wait_for_selector((LIVE | QUIET)[path])
    page.wait_for_timeout(1500)
    page.keyboard.press("f")
    expect(page.locator("#frozen-at")).to_have_text(re.compile(r"^FROZEN at \d\d:\d\d:\d\d UTC$"))
    expect(page.locator("#freeze")).to_have_attribute("aria-pressed", "true")
    # What was asked for before it was frozen may still come in.
    page.wait_for_timeout(700)
    held = shown(page)
    for _ in range(3):
        changes(page, "badge-age")
        page.wait_for_timeout(900)
    assert shown(page) == held
    page.keyboard.press("f")
    expect(page.locator("#frozen")).to_be_hidden()
    wait_for(lambda: shown(page) != held)


@BROWSER
def test_a_frozen_page_still_tells_that_the_server_is_gone_and_its_user_may_look_elsewhere(
    page: Page, own_web: Board
) -> None:
    open_pair(page, own_web)
    page.locator("#freeze").click()
    page.keyboard.press("j")
    expect(page.locator("#card-y-title")).to_have_text("SOLUSDT")
    until(page, "document.getElementById('card-z').textContent !== '–'")
    held = text(page, "card-y")
    page.wait_for_timeout(1200)
    assert text(page, "card-y") == held
    own_web.process.terminate()
    expect(page.locator("#badge-word")).to_have_text("DOWN")
    assert text(page, "card-y") == held
    own_web.process.wait(15)
    page.complaints.clear()  # type: ignore[attr-defined]


@BROWSER
def test_everything_is_reached_without_a_mouse(page: Page, board: Board) -> None:
    page.goto(board.url)
    page.wait_for_selector("#board-pairs .ag-row")
    page.keyboard.press("Tab")
    expect(page.locator("#skip")).to_be_focused()
    assert page.locator("#skip").bounding_box()["y"] >= 0  # type: ignore[index]
    page.keyboard.press("Enter")
    expect(page.locator("#main")).to_be_focused()
    assert "#" not in page.url
    page.keyboard.press("?")
    keys = page.locator("#help dt").all_inner_texts()
    for key in ("Ctrl\nk", "j\nk", "f", "l", "t"):
        assert key in keys
    for _ in range(4):
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement === document.body || "
                             "document.activeElement.closest('#help') !== null")  # fmt: skip
    page.keyboard.press("Escape")
    page.locator("#settings-open").focus()
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.closest('#settings') !== null")
    page.keyboard.press("Escape")
    page.locator("#board-pairs .ag-row[row-index='0'] [col-id=z]").focus()
    page.keyboard.press("Enter")
    page.wait_for_selector("#pair-page")


@BROWSER
def test_a_frozen_chart_can_still_be_zoomed(page: Page, board: Board) -> None:
    open_pair(page, board, "?tf=1s")
    updates(page, 3)
    page.keyboard.press("f")
    page.wait_for_timeout(300)
    before = page.evaluate("sb.chart.shown().range")
    page.locator("#pair-chart-box").hover(position={"x": 600, "y": 100})
    page.mouse.wheel(0, -400)
    until(page, f"sb.chart.shown().range.to - sb.chart.shown().range.from < {before['to'] - before['from'] - 1}")
