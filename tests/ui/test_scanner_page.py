"""The board's scanner in a real browser, over the running board."""

from __future__ import annotations

import re
from typing import Any

import pytest
import requests
from playwright.sync_api import Page, Route, expect

from tests.ui.harness import Board, text, until, wait_for

pytestmark = pytest.mark.browser

SCAN = "#board-scanner .ag-center-cols-container .ag-row"
TELL = "(rows) => sb.board.apply({ w: 0, rows })"
COLUMNS = (("q", "q"), ("p", "p"), ("t", "statistic"), ("corr", "correlation"), ("b", "hedge_ratio"))
FIRST = "dash_ag_grid.getApi('board-scanner').getDisplayedRowAtIndex(0).data"


def open_scan(page: Page, board: Board, query: str = "") -> None:
    """Open the board and wait for the first scan."""
    page.goto(board.url + query)
    until(page, "/^66 pairs, 132 tests/.test(document.getElementById('board-scanner-note')?.textContent)", 30)
    page.wait_for_selector(SCAN)


def listed(page: Page) -> list[dict[str, Any]]:
    """The scanner's rows as the grid holds them, in their order."""
    rows: list[dict[str, Any]] = page.evaluate("""() => {
        const found = [];
        dash_ag_grid.getApi('board-scanner').forEachNodeAfterFilterAndSort((node) => found.push(node.data));
        return found;
    }""")
    return rows


def test_the_scanner_says_what_the_interface_says(page: Page, board: Board) -> None:
    open_scan(page, board)
    asked = f"{board.url}/api/v1/scan?timeframe=1m&rows=1000"

    told: dict[str, Any] = {}
    rows: list[dict[str, Any]] = []

    def agree() -> bool:
        """A minute may close between the two: asked until both show the same one."""
        nonlocal told, rows
        told, rows = requests.get(asked, timeout=10).json(), listed(page)
        ranked = [(f"sim:{row['y']}", f"sim:{row['x']}") for row in rows]
        return ranked == [(pair["y"], pair["x"]) for pair in told["pairs"]] and all(
            [row[name] for row in rows] == pytest.approx([pair[column] for pair in told["pairs"]], rel=1e-5, abs=1e-5)
            for name, column in COLUMNS
        )

    wait_for(agree, 15, lambda: f"page {rows[:3]}, interface {told['pairs'][:3]}")
    passed = sum(pair["q"] < 0.05 for pair in told["pairs"])
    said = text(page, "board-scanner-note")
    assert said.startswith(f"{len(rows)} pairs, {told['tests']} tests, {passed} with q < 5 % · 1,000 1m rows · as of ")


def test_z_is_the_last_trades_against_the_fit(page: Page, board: Board) -> None:
    open_scan(page, board)
    # At once, before the next trade.
    z = page.evaluate("""(key) => {
        const [all, found] = ['board-symbols', 'board-scanner'].map((id) => dash_ag_grid.getApi(id));
        const row = found.getRowNode(key).data;
        const place = {};
        all.forEachNode((node) => { place[node.data.name] = node.id; });
        sb.board.apply({ w: 0, rows: { [place[row.y]]: { price: 123.5 }, [place[row.x]]: { price: 77.25 } } });
        sb.board.apply({ w: 0, rows: { [key]: { a: 0, b: 1, sigma: 20 } } });
        return row.z;
    }""", page.evaluate(FIRST)["id"])  # fmt: skip
    assert z == pytest.approx((123.5 - 77.25) / 20)


def test_a_signal_needs_a_low_q_and_two_legs_that_trade(page: Page, board: Board) -> None:
    open_scan(page, board)
    row = page.evaluate(FIRST)
    cells = f"{SCAN}[row-id='{row['id']}'] .ag-cell"
    page.evaluate(TELL, {row["id"]: {"sigma": 1e-9, "q": 0.01}})
    expect(page.locator(f"{cells}[col-id='signal']")).to_have_text(re.compile("[▲▼] (long|short) entry"))
    page.evaluate(TELL, {row["id"]: {"q": 0.0501}})
    expect(page.locator(f"{cells}[col-id='signal']")).to_have_text(re.compile("[▲▼] q too high"))
    page.evaluate(TELL, {row["id"]: {"q": 0.01, "cost": 1e15}})
    expect(page.locator(f"{cells}[col-id='cost']")).to_have_text(re.compile(" ✕$"))
    at = page.evaluate(f"""[...Array(12).keys()].find((at) =>
        dash_ag_grid.getApi('board-symbols').getRowNode('s' + at).data.name === '{row["y"]}')""")
    page.evaluate(TELL, {f"s{at}": {"silent": "no trade for more than 30 s"}})
    expect(page.locator(f"{cells}[col-id='state'] span")).to_have_text("stale")
    expect(page.locator(f"{cells}[col-id='state'] span")).to_have_attribute(
        "title", f"{row['y']}: no trade for more than 30 s"
    )
    expect(page.locator(f"{cells}[col-id='signal']")).to_have_text("")
    expect(page.locator(f"{SCAN}[row-id='{row['id']}']")).to_have_class(re.compile(r"\bdim\b"))


def test_a_row_flashes_once_when_its_q_crosses_the_line(page: Page, board: Board) -> None:
    open_scan(page, board)
    page.wait_for_timeout(700)
    key = page.evaluate(FIRST)["id"]
    page.evaluate("""(key) => {
        window.flashes = 0;
        const grown = dash_ag_grid.getApi('board-scanner');
        const real = grown.flashCells;
        grown.flashCells = (asked) => (window.flashes += asked.rowNodes[0].id === key, real.call(grown, asked));
    }""", key)  # fmt: skip
    page.evaluate(TELL, {key: {"sigma": 1e9, "q": 0.5}})
    expect(page.locator(f"{SCAN}[row-id='{key}'] .ag-cell-data-changed").first).to_be_attached()
    for q in (0.01, 0.5, 0.01):
        page.evaluate(TELL, {key: {"q": q}})
    page.wait_for_timeout(1100)
    assert page.evaluate("flashes") == 1


def test_what_the_scanner_lists_is_chosen_and_linked_to(page: Page, board: Board) -> None:
    open_scan(page, board)
    every = len(listed(page))
    assert every == 66
    page.locator("#board-show label", has_text="q < 5 %").click()
    until(page, "location.search === '?show=passed'")
    wait_for(lambda: 0 < len(listed(page)) < every)
    assert all(row["q"] < 0.05 for row in listed(page))
    page.goto(f"{board.url}?show=beyond")
    expect(page.locator("#board-show label", has_text="z beyond").locator("input")).to_be_checked()
    until(page, "/^66 pairs, 132 tests/.test(document.getElementById('board-scanner-note')?.textContent)", 30)
    # A z may have moved since the rows were last chosen, a second ago at most.
    wait_for(lambda: len(rows := listed(page)) < every and all(abs(row["z"]) > 1.8 for row in rows))
    page.locator("#board-show label", has_text="All").click()
    until(page, "location.search === ''")
    wait_for(lambda: len(listed(page)) == every)
    open_scan(page, board, "?show=best")
    expect(page.locator("#board-scanner-panel [role=alert]")).to_contain_text(
        "`show` must be one of all, passed, beyond, got 'best'"
    )


def test_limits_leave_symbols_out_and_the_rest_is_scanned_as_by_the_interface(page: Page, board: Board) -> None:
    open_scan(page, board)
    page.locator("#board-limits-open").click()
    page.locator("#board-min_trades").fill("100")
    page.locator("#board-min_trades").press("Enter")
    until(page, "location.search === '?min_trades=100'")
    until(page, "/symbols left out: too thin/.test(document.getElementById('board-scanner-note').textContent)")
    asked = f"{board.url}/api/v1/scan?timeframe=1m&rows=1000&min_trades=100"

    def agree() -> bool:
        """A minute may close between the two."""
        told = requests.get(asked, timeout=10).json()
        names = [(row["y"], row["x"]) for row in listed(page)]
        out = len(told["left_out"])
        return (
            names == [(pair["y"][4:], pair["x"][4:]) for pair in told["pairs"]]
            and text(page, "board-scanner-note").startswith(
                f"{len(names)} pair{'s' * (len(names) != 1)}, {told['tests']} tests, "
            )
            and (f" · {out} symbols left out: too thin" in text(page, "board-scanner-note"))
        )

    wait_for(agree, 20, lambda: text(page, "board-scanner-note"))
    assert 0 < len(listed(page)) < 66
    assert " trades a minute, needs 100" in text(page, "board-scanner-reasons")


def test_a_limit_that_cannot_be_is_explained_and_changes_nothing(page: Page, board: Board) -> None:
    open_scan(page, board)
    page.locator("#board-limits-open").click()
    expect(page.locator("#board-limits-open")).to_have_attribute("aria-expanded", "true")
    for name, given in (("rows", "50"), ("min_trades", "-1"), ("max_silence_s", "long"), ("min_liquidity", "1e13")):
        field = page.locator(f"#board-{name}")
        before = field.input_value()
        field.fill(given)
        field.press("Enter")
        expect(page.locator("#board-problem")).to_contain_text(f"`{name}` must be a")
        expect(page.locator("#board-problem")).to_contain_text(repr(given))
        expect(page.locator(f"#board-{name}-field")).to_have_class("field wrong")
        field.fill(before)
        field.press("Enter")
        expect(page.locator("#board-problem")).to_have_text("")
        expect(page.locator(f"#board-{name}-field")).to_have_class("field")
    assert page.evaluate("location.search") == ""
    assert len(listed(page)) == 66


def test_another_time_frame_is_scanned_and_its_rows_open_the_same_bars(page: Page, board: Board) -> None:
    open_scan(page, board)
    page.locator("#main").press("3")
    until(page, "location.search === '?tf=5m'")
    until(page, "/^66 pairs, .* 5m rows/.test(document.getElementById('board-scanner-note').textContent)")
    rows = page.evaluate("sb.scanner.scan().rows")
    page.locator(f"{SCAN}[row-id='{page.evaluate(FIRST)['id']}']").click()
    until(page, f"location.pathname === '/pair' && location.search.includes('tf=5m&window={rows}')")


def test_a_long_scan_says_so_and_can_be_left(page: Page, board: Board) -> None:
    open_scan(page, board)

    def hold(route: Route) -> None:
        asked: dict[str, Any] = route.request.post_data_json or {}
        if asked["output"] != "board-scan.data":
            return route.fallback()
        data = {"spec": asked["inputs"][0]["value"]["spec"], "name": "", "late": ""}
        data["note"] = {"state": "scanning", "pairs": 4950}
        return route.fulfill(json={"multi": True, "response": {"board-scan": {"data": data}}})

    updates = re.compile("_dash-update-component")
    page.route(updates, hold)
    page.locator("#board-tf label", has_text="5m").click()
    until(page, "location.search === '?tf=5m'")
    until(page, "/^scanning 4,950 pairs… [2-9] s$/.test(document.getElementById('board-scanner-note').textContent)")
    # What the settings before had found is no signal any more.
    assert all(row["dim"] and row["signal"] == "" for row in listed(page))
    cancel = page.locator("#board-cancel")
    expect(cancel).to_be_visible()
    cancel.click()
    page.unroute(updates, hold)
    until(page, "/^66 pairs, .* 1m rows/.test(document.getElementById('board-scanner-note').textContent)")
    until(page, "location.search === ''")
    expect(cancel).to_be_hidden()
    expect(page.locator("#board-tf label", has_text="1m").locator("input")).to_be_checked()


def test_a_scanned_row_opens_its_pair_over_the_same_bars(page: Page, board: Board) -> None:
    open_scan(page, board)
    row = page.evaluate(FIRST)
    page.locator(f"{SCAN}[row-id='{row['id']}']").click()
    expect(page.locator("#card-y-title")).to_have_text(row["y"])
    expect(page.locator("#card-x-title")).to_have_text(row["x"])
    until(page, f"location.search.includes('y={row['y']}&x={row['x']}')")
    assert "window=1000" in page.evaluate("location.search")
    assert "tf=1m" in page.evaluate("location.search")


def test_all_three_are_in_sight_and_stack_on_a_phone(page: Page, board: Board) -> None:
    open_scan(page, board)
    page.keyboard.press("t")
    boxes = [page.locator(f"#board-{name}-panel").bounding_box() for name in ("pairs", "symbols", "scanner")]
    assert all(box and box["y"] + box["height"] <= 900 and box["height"] >= 260 for box in boxes)
    for name in ("pairs", "symbols", "scanner"):
        fits = f"#board-{name} .ag-center-cols-viewport"
        assert page.locator(fits).evaluate("(box) => box.scrollWidth <= box.clientWidth"), name
    page.set_viewport_size({"width": 390, "height": 844})
    until(page, "document.getElementById('main').scrollWidth <= 390")
    stacked = [page.locator(f"#board-{name}-panel").bounding_box() for name in ("pairs", "symbols", "scanner")]
    assert [box["x"] for box in stacked if box] == [8, 8, 8]
    edges = [edge for box in stacked if box for edge in (box["y"], box["y"] + box["height"])]
    assert edges == sorted(edges)
