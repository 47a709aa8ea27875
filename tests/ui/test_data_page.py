"""The data page in a real browser: its tables are the API's rows, sorted, coloured and taken away."""

from __future__ import annotations

import csv
import json
import re
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlparse

import pytest
from playwright.sync_api import Page, expect

from tests.ui.harness import Board, saved, text, until, wait_for
from tests.ui.market import MINUTE

pytestmark = pytest.mark.browser
FIRST_MS = 40_000
NODES = """(id) => {
    const rows = [];
    dash_ag_grid.getApi(id).forEachNodeAfterFilterAndSort((node) => rows.push(node.data));
    return rows;
}"""
CELL = """([field, value]) => {
    const made = dashAgGridComponentFunctions.sb_feature({ value, colDef: { field } });
    return [made.props.children, made.props.className];
}"""


def open_data(page: Page, board: Board, query: str = "") -> None:
    page.goto(f"{board.url}/data{query}")
    page.wait_for_selector("#data-panel[data-view]", timeout=FIRST_MS)
    until(page, "document.getElementById('data-empty').textContent === ''")


def rows(page: Page, grid: str) -> list[dict[str, Any]]:
    """The rows of a grid as the user has sorted and filtered them."""
    until(page, f"dash_ag_grid.getApi('{grid}').getDisplayedRowCount() > 0")
    found: list[dict[str, Any]] = page.evaluate(NODES, grid)
    return found


@pytest.mark.parametrize("theme", ["dark", "light"])
def test_the_features_are_those_of_the_api_and_of_its_downloads(page: Page, board: Board, theme: str) -> None:
    page.add_init_script(f"localStorage.setItem('spreadboard.theme', '{theme}')")
    open_data(page, board, "?symbol=SOLUSDT&window=60&rows=120")
    expect(page.locator("html")).to_have_attribute("data-bs-theme", theme)

    # A bar may close between the two looks, so one of a few must agree.
    def agree() -> bool:
        shown = rows(page, "data-features")
        answer = page.request.get(board.url + str(page.locator("#data-json").get_attribute("href"))).json()
        newest_first = answer["values"][::-1]
        return [row["id"] for row in shown] == [str(row["open_ms"]) for row in newest_first] and all(
            shown[at][name] == pytest.approx(row[name], rel=1e-8)
            for at, row in enumerate(newest_first)
            for name in ("return_bps", "volatility", "imbalance", "z", "trades")
        )

    wait_for(agree)
    assert "NaN" not in text(page, "data-panel")
    name, content = saved(page, board, page.locator("#data-panel [data-tool=csv]").click)
    assert re.fullmatch(r"spreadboard_data-features_SOLUSDT_1m_\w+_simulated\.csv", name)
    assert len(list(csv.DictReader(content.decode().splitlines()))) == 120
    packed = page.request.get(board.url + str(page.locator("#data-parquet").get_attribute("href"))).body()
    assert packed[:4] == b"PAR1"


def test_cells_show_sign_and_size_by_more_than_colour(page: Page, board: Board) -> None:
    open_data(page, board, "?rows=120")
    rows(page, "data-features")
    text_of, look = page.evaluate(CELL, ["volume", 1e12])
    assert text_of.startswith("▲ 1,000,000,000,000")
    assert look == "strong"
    assert page.evaluate(CELL, ["return_bps", -1e4])[1] == "down strong"
    assert page.evaluate(CELL, ["return_bps", -1e4])[0].startswith("−10,000")
    assert page.evaluate(CELL, ["return_bps", 1e4])[0].startswith("+10,000")
    assert page.evaluate(CELL, ["return_bps", 0])[1] == "faint"
    assert page.evaluate(CELL, ["z", None])[0] == "–"


def test_the_bars_are_those_of_the_api(page: Page, board: Board) -> None:
    open_data(page, board, "?view=bars&rows=120")

    def agree() -> bool:
        shown = rows(page, "data-bars")
        answer = page.request.get(board.url + str(page.locator("#data-json").get_attribute("href"))).json()
        names = ("open", "high", "low", "close", "volume", "quote_volume", "buy_volume", "trades")
        return all(
            row[name] == pytest.approx(bar[name], rel=1e-8)
            for row, bar in zip(shown, answer["bars"][::-1], strict=True)
            for name in names
        )

    wait_for(agree)
    assert {row["flags"] for row in rows(page, "data-bars")} <= {"", "klines", "partial", "partial, klines", "revised"}
    expect(page.locator("#data-window-field")).to_be_hidden()


def test_sort_and_filter_outlive_the_next_bar(page: Page, board: Board) -> None:
    open_data(page, board, "?tf=1s&window=20&rows=120")
    page.locator("#data-features .ag-header-cell[col-id='trades'] .ag-header-cell-text").click()
    wanted = {"trades": {"filterType": "number", "type": "greaterThan", "filter": 2}}
    page.evaluate("(model) => dash_ag_grid.getApi('data-features').setFilterModel(model)", wanted)
    before = text(page, "data-note")
    until(page, f"document.getElementById('data-note').textContent !== {before!r}")
    page.wait_for_timeout(200)
    counts = [row["trades"] for row in rows(page, "data-features")]
    assert counts == sorted(counts)
    assert min(counts) > 2


def test_the_controls_are_in_the_address_and_come_back_with_it(page: Page, board: Board) -> None:
    open_data(page, board)
    assert parse_qs(urlparse(page.url).query)["symbol"] == ["ETHUSDT"]
    page.locator("#data-tf input[value='5m']").check()
    page.locator("#data-window").fill("40")
    page.locator("#data-window").press("Enter")
    page.locator("#data-view input[value='bars']").check()
    until(page, "location.search.includes('view=bars')")
    shared = dict(parse_qsl(urlparse(page.url).query))
    assert shared == {"symbol": "ETHUSDT", "tf": "5m", "window": "40", "rows": "480", "view": "bars"}
    page.reload()
    page.wait_for_selector("#data-panel[data-view='bars']", timeout=FIRST_MS)
    expect(page.locator("#data-tf input[value='5m']")).to_be_checked()
    expect(page.locator("#data-note")).to_contain_text("sim:ETHUSDT · 5m bars")
    assert dict(parse_qsl(urlparse(page.url).query)) == shared


def test_a_bad_setting_is_explained_and_marked(page: Page, board: Board) -> None:
    open_data(page, board, "?window=7&symbol=ETHUSD")
    expect(page.locator("#data-problem")).to_contain_text("`window` must be a whole number from 20 to 1000")
    expect(page.locator("#data-problem")).to_contain_text("Did you mean ETHUSDT?")
    page.locator("#data-window").fill("60")
    page.locator("#data-window").press("Enter")
    expect(page.locator("#data-problem")).to_be_empty()
    until(page, "location.search.includes('window=60')")
    before = page.url
    page.locator("#data-window").fill("")
    page.locator("#data-window").press("Enter")
    expect(page.locator("#data-problem")).to_contain_text("`window` is empty")
    expect(page.locator("#data-window-field")).to_have_class("field of-features wrong")
    assert page.url == before


def test_what_is_not_ready_says_how_far_it_is_and_offers_nothing_to_take(page: Page, board: Board) -> None:
    page.goto(f"{board.url}/data?tf=5m&window=1000")
    page.wait_for_selector("#data-panel[data-view='features']", timeout=FIRST_MS)
    expect(page.locator("#data-empty")).to_contain_text("of 1001 5m bars")
    expect(page.locator("#data-parquet")).to_be_hidden()


def test_a_bar_that_comes_after_the_others_is_asked_for_again(page: Page, board: Board) -> None:
    open_data(page, board, "?view=bars")
    asked: list[Any] = []
    page.on("request", lambda request: asked.append(request.post_data))
    late = {"view": "bars", "reason": "", "step": MINUTE, "open_ms": [], "flags": [], "columns": {}, "looks": {}}
    page.evaluate("(message) => dash_clientside.sb.dataRows(message)", late | {"end": MINUTE, "closed": 2 * MINUTE})

    def again() -> bool:
        page.wait_for_timeout(100)
        return any("data-again.data" in json.loads(body)["changedPropIds"] for body in asked if body)

    wait_for(again)


def test_a_phone_scrolls_the_table_and_not_the_page(page: Page, board: Board) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    for view in ("features", "bars", "tape"):
        open_data(page, board, f"?view={view}")
        assert page.evaluate("document.documentElement.scrollWidth") == 390
        assert page.evaluate("document.getElementById('main').scrollWidth") == 390
