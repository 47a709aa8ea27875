"""Figures as the browser draws them: loaded late, zoom kept, coloured by the theme, saved, resized and cleared."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from callbacks.quiet import SETTLE_S, Settled
from tests.ui.harness import Board, saved, until

ID = "correlation-cross"
ELEMENT = f"document.getElementById('{ID}')"
RANGE = f"{ELEMENT}.layout.xaxis.range.map((end) => Math.round(end * 1000) / 1000)"
AGAIN = (
    f"() => window.sb.figures.put({{ id: '{ID}', layout: {{ xaxis: {{ title: 'Lag' }} }}, reason: '', traces: ["
    "{ type: 'bar', x: [-3, -2, -1, 0, 1, 2], y: [1, 2, 3, 4, 3, Math.random()], marker: { color: '--up' } }] })"
)


@pytest.fixture
def figure(page: Page, board: Board) -> Page:
    """A page with a figure of our own in the place of one of its figures; the moment stands still."""
    page.goto(f"{board.url}/correlation?lead=200")
    page.wait_for_selector(f"#{ID}[data-state='drawn']")
    page.evaluate("window.dash_clientside.sb.draw = () => {}")
    page.evaluate(AGAIN)
    return page


def zoom(page: Page) -> Any:
    """Drag over the middle of the figure, as a user does; the range that came of it."""
    box = page.locator(f"#{ID} .nsewdrag").first.bounding_box()
    assert box is not None
    page.locator(f"#{ID}").scroll_into_view_if_needed()
    box = page.locator(f"#{ID} .nsewdrag").first.bounding_box()
    assert box is not None
    middle = box["y"] + box["height"] / 2
    page.mouse.move(box["x"] + box["width"] * 0.3, middle)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.7, middle, steps=6)
    page.mouse.up()
    page.wait_for_timeout(400)
    return page.evaluate(RANGE)


@pytest.mark.browser
def test_the_library_comes_with_the_first_figure_and_not_before(page: Page, board: Board) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(board.url)
    page.wait_for_selector("#board-pairs .ag-row")
    assert not [url for url in asked if "plotly" in url]
    page.keyboard.press("g")
    page.keyboard.press("c")
    page.wait_for_selector("#correlation-matrix[data-state='drawn']")
    assert len([url for url in asked if url.endswith("/vendor/plotly.js")]) == 1


@pytest.mark.browser
def test_zoom_is_kept_by_the_next_bar_and_by_the_theme_and_a_double_click_resets_it(figure: Page) -> None:
    whole = figure.evaluate(RANGE)
    near = zoom(figure)
    assert near[1] - near[0] < 0.6 * (whole[1] - whole[0])
    figure.evaluate(AGAIN)
    assert figure.evaluate(RANGE) == near
    figure.keyboard.press("t")
    figure.wait_for_timeout(300)
    assert figure.evaluate(RANGE) == near
    figure.locator(f"#{ID} .nsewdrag").first.dblclick()
    until(figure, f"JSON.stringify({RANGE}) === '{str(whole).replace(' ', '')}'")


@pytest.mark.browser
def test_colours_follow_the_theme(figure: Page) -> None:
    colour = f"{ELEMENT}.data[0].marker.color"
    until(figure, f"{colour} === sb.css('--up')")
    dark = figure.evaluate(colour)
    figure.keyboard.press("t")
    until(figure, f"{colour} === sb.css('--up') && {colour} !== '{dark}'")


@pytest.mark.browser
def test_a_figure_is_as_wide_as_its_panel(figure: Page) -> None:
    figure.set_viewport_size({"width": 800, "height": 900})
    until(figure, f"{ELEMENT}.querySelector('.main-svg').clientWidth === {ELEMENT}.clientWidth")
    until(figure, f"{ELEMENT}.clientWidth > 600")
    figure.set_viewport_size({"width": 1440, "height": 900})
    until(figure, f"{ELEMENT}.clientWidth < 600")
    until(figure, f"{ELEMENT}.querySelector('.main-svg').clientWidth === {ELEMENT}.clientWidth")


@pytest.mark.browser
def test_what_cannot_be_drawn_says_why_and_comes_back(figure: Page) -> None:
    figure.evaluate(f"sb.figures.put({{ id: '{ID}', traces: [], layout: {{}}, reason: 'Warming up: 3 of 20 bars' }})")
    expect(figure.locator(f"#{ID}")).to_have_attribute("data-state", "empty")
    said = figure.evaluate(f"getComputedStyle({ELEMENT}, '::after').content")
    assert said == '"Warming up: 3 of 20 bars"'
    assert figure.locator(f"#{ID} svg").count() == 0
    figure.evaluate(AGAIN)
    expect(figure.locator(f"#{ID}")).to_have_attribute("data-state", "drawn")


@pytest.mark.browser
def test_a_figure_is_saved_as_a_picture(figure: Page, board: Board) -> None:
    button = figure.locator(f"#{ID}-panel [data-tool=png]")
    name, content = saved(figure, board, lambda: button.dispatch_event("click"))
    assert re.fullmatch(rf"spreadboard_{ID}_ETHUSDT-BTCUSDT_1m_\w+_simulated\.png", name)
    head = content[:24]
    assert head[:8] == b"\x89PNG\r\n\x1a\n"
    width = figure.evaluate(f"{ELEMENT}.clientWidth")
    assert abs(int.from_bytes(head[16:20], "big") - 2 * width) <= 4


@pytest.mark.browser
def test_a_page_that_was_left_keeps_no_figures(figure: Page) -> None:
    figure.evaluate(f"window.left = {ELEMENT}")
    figure.keyboard.press("g")
    figure.keyboard.press("b")
    figure.wait_for_selector("#board-page")
    figure.keyboard.press("g")
    figure.keyboard.press("c")
    figure.wait_for_selector(f"#{ID}")
    figure.evaluate(AGAIN)
    until(figure, "left.data === undefined && left.children.length === 0")


def test_a_bar_is_told_when_all_symbols_had_time_to_have_theirs() -> None:
    end = Settled()
    assert end.take(60, 0.0) == 60
    assert end.take(120, 1.0) == 60
    assert end.take(180, 1.0 + SETTLE_S - 0.1) == 60
    assert end.take(180, 1.0 + SETTLE_S) == 120
    assert end.take(180, 2.0 + SETTLE_S) == 180
    assert end.take(900, 60.0) == 900
