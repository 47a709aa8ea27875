"""The frame of every panel in a real browser: one for all, maximise, help, menu and links to panels."""

from __future__ import annotations

from urllib.parse import urlparse

import pytest
from playwright.sync_api import Page, expect

from tests.ui.harness import Board, open_correlation, tool, until

pytestmark = pytest.mark.browser
PAGES = {"/": "#board-scanner .ag-row", "/data": "#data-features .ag-row", "/health": "#health-roles tr"}
TOOLS = ["help", "maximise", "link", "csv", "png", "more"]
MATRIX = "#correlation-matrix-panel"


@pytest.mark.parametrize("path", PAGES)
def test_every_panel_has_one_frame(page: Page, board: Board, path: str) -> None:
    page.goto(f"{board.url}{path}")
    page.wait_for_selector(PAGES[path])
    panels = page.locator(".panel:has(> .panel-head)")
    assert panels.count() > 0
    for panel in panels.all():
        names = panel.locator("[data-tool]").evaluate_all("(all) => all.map((each) => each.dataset.tool)")
        assert names == TOOLS, panel.get_attribute("id")
        assert len(panel.locator("[data-tool=help]").get_attribute("title") or "") > 40
        assert panel.locator("h2").text_content()


def test_a_maximised_figure_fills_the_page_and_goes_back(page: Page, board: Board) -> None:
    open_correlation(page, board, "matrix", "cross")
    main = page.locator("#main")
    button = tool(page, MATRIX, "maximise")
    button.focus()
    scrolled = main.evaluate("(element) => (element.scrollTop = 30, element.scrollTop)")
    assert scrolled > 0
    page.keyboard.press("Enter")
    expect(button).to_have_attribute("aria-pressed", "true")
    whole, filled = main.bounding_box(), page.locator(MATRIX).bounding_box()
    assert filled == pytest.approx(whole, abs=1)
    until(page, "document.querySelector('#correlation-matrix .main-svg').clientWidth > 1300")
    expect(page.locator("#correlation-tf input").first).not_to_be_focused()
    page.keyboard.press("Tab")
    assert page.evaluate(f"document.activeElement.closest('{MATRIX}') !== null")
    button.focus()
    page.keyboard.press("Escape")
    expect(button).to_have_attribute("aria-pressed", "false")
    expect(button).to_be_focused()
    until(page, "document.querySelector('#correlation-matrix .main-svg').clientWidth < 800")
    assert main.evaluate("(element) => element.scrollTop") == scrolled
    assert page.locator("[inert]").count() == 0


def test_a_page_that_was_left_maximised_leaves_nothing_behind(page: Page, board: Board) -> None:
    page.goto(board.url)
    page.wait_for_selector("#board-pairs .ag-row")
    tool(page, "#board-pairs-panel", "maximise").click()
    until(page, "document.getElementById('board-pairs').clientHeight > 700")
    page.keyboard.press("g")
    page.keyboard.press("d")
    page.wait_for_selector("#data-panel")
    page.keyboard.press("Escape")
    assert page.locator("[inert], [data-maximised]").count() == 0
    tool(page, "#data-panel", "maximise").click()
    expect(page.locator("#data-panel")).to_have_attribute("data-maximised", "1")


def test_a_link_leads_back_to_its_panel(page: Page, board: Board) -> None:
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    open_correlation(page, board, "matrix", "epps")
    tool(page, "#correlation-epps-panel", "more").click()
    page.get_by_role("button", name="Copy a link").and_(page.locator("#frame-pop button")).click()
    expect(page.locator("#correlation-epps-panel .frame-said")).to_have_text("Copied")
    link = page.evaluate("navigator.clipboard.readText()")
    assert urlparse(link).fragment == "correlation-epps-panel"
    assert urlparse(link)[:5] == urlparse(page.url)[:5]
    expect(page.locator("#correlation-epps-panel .frame-said")).to_be_empty()
    page.goto("about:blank")
    page.goto(link)
    page.wait_for_selector("#correlation-epps-panel[data-marked]")
    expect(page.locator("#correlation-epps-panel")).to_be_in_viewport(ratio=0.9)
    page.wait_for_selector("#correlation-epps[data-state='drawn']")
    expect(page.locator("#correlation-epps-panel")).not_to_have_attribute("data-marked", "1")
    expect(page.locator("#correlation-epps-panel")).to_be_in_viewport(ratio=0.9)


def test_without_a_clipboard_the_link_is_copied_the_older_way_or_offered(page: Page, board: Board) -> None:
    page.add_init_script("Object.defineProperty(navigator, 'clipboard', { value: undefined })")
    page.goto(board.url)
    page.wait_for_selector("#board-pairs .ag-row")
    tool(page, "#board-pairs-panel", "link").click()
    expect(page.locator("#board-pairs-panel .frame-said")).to_have_text("Copied")
    page.evaluate("document.execCommand = () => false")
    tool(page, "#board-pairs-panel", "link").click()
    expect(page.locator("#frame-pop input")).to_have_value(f"{board.url}/#board-pairs-panel")
    expect(page.locator("#frame-pop input")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.locator("#frame-pop")).to_be_hidden()


def test_a_phone_has_a_menu_and_no_sideways_scrolling(page: Page, board: Board) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    open_correlation(page, board, "matrix")
    expect(tool(page, MATRIX, "csv")).to_be_hidden()
    tool(page, MATRIX, "help").click()
    expect(page.locator("#frame-pop")).to_contain_text("Pearson correlation")
    box = page.locator("#frame-pop").bounding_box()
    assert box is not None
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= 390
    tool(page, MATRIX, "help").click()
    expect(page.locator("#frame-pop")).to_be_hidden()
    tool(page, MATRIX, "more").click()
    expect(page.locator("#frame-pop button")).to_have_count(4)
    expect(page.locator("#frame-pop button").first).to_be_focused()
    page.keyboard.press("Enter")
    expect(tool(page, MATRIX, "maximise")).to_be_visible()
    assert page.evaluate("document.getElementById('main').scrollWidth") <= 390
    tool(page, MATRIX, "maximise").click()
    expect(page.locator(MATRIX)).not_to_have_attribute("data-maximised", "1")
