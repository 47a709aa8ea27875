"""What the chart paints, read back from its pixels: made-up bars in a real browser."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import Any, Final

import pytest
from playwright.sync_api import Page, expect

from callbacks.pair import CHART_BARS
from tests.ui.harness import Board, open_pair, until

pytestmark = pytest.mark.browser

START_S: Final = 1_700_000_040
SLOT_PX: Final = 6
PRICES, Z = 0, 2

MUTE = """() => {
    window.put = sb.apply;
    sb.apply = () => {};
}"""
# Columns of a pane in which a colour fills more than so many rows.
COLUMNS = """([pane, name, rows]) => {
    const large = (cell) => cell.offsetWidth > 300 && cell.offsetHeight > 40;
    const wide = [...document.querySelectorAll('#pair-chart td')].filter(large);
    const copy = document.createElement('canvas');
    const brush = copy.getContext('2d', { willReadFrequently: true });
    brush.fillStyle = sb.css(name);
    brush.fillRect(0, 0, 1, 1);
    const tone = brush.getImageData(0, 0, 1, 1).data;
    const counts = new Map();
    for (const canvas of wide[pane].querySelectorAll('canvas')) {
        const { width, height } = Object.assign(copy, { width: canvas.width, height: canvas.height });
        brush.drawImage(canvas, 0, 0);
        const { data } = brush.getImageData(0, 0, width, height);
        for (let at = 0; at < data.length; at += 4) {
            if (data[at + 3] < 100 || [0, 1, 2].some((part) => Math.abs(data[at + part] - tone[part]) > 25)) continue;
            const column = (at / 4) % width;
            counts.set(column, (counts.get(column) || 0) + 1);
        }
    }
    return [...counts].filter(([, count]) => count > rows).map(([column]) => column).sort((one, other) => one - other);
}"""


@pytest.fixture
def chart(page: Page, board: Board) -> Iterator[Page]:
    """A pair page that shows only what the test puts there."""
    open_pair(page, board, "?tf=1m")
    page.evaluate(MUTE)
    page.mouse.move(5, 5)
    yield page
    page.evaluate("sb.apply = put")


def bars(slots: list[int], partial: tuple[int, ...] = ()) -> dict[str, list[float]]:
    swing = [1.0 if slot % 2 else -1.0 for slot in slots]
    return {
        "open_ms": [(START_S + 60 * slot) * 1000 for slot in slots],
        "y": [100 + value for value in swing],
        "x": [50.0] * len(slots),
        "spread": swing,
        "sigma": [1.0] * len(slots),
        "z": swing,
        "y_volume": [1.0] * len(slots),
        "x_volume": [1.0] * len(slots),
        "flags": [int(slot in partial) for slot in slots],
    }


def now(slot: int | None) -> dict[str, Any]:
    names = ("yChange", "xChange", "hedge", "hedgeSe", "r2", "corr", "half", "halfLow", "halfHigh", "asOf")
    value = 1.0 if (slot or 0) % 2 else -1.0
    prices = {"y": 100 + value, "x": 50.0, "spread": value, "z": value, "sigma": 1.0}
    time_ms = None if slot is None else (START_S + 60 * slot) * 1000 + 1000
    more = {
        "state": "live",
        "reason": "",
        "signal": "inside",
        "spreadDigits": 2,
        "ready": 20,
        "ySpan": 1440,
        "xSpan": 1440,
        "sure": True,
        "time": time_ms,
    }
    return dict.fromkeys(names) | prices | more


def send(page: Page, snapshot: bool, more: dict[str, Any]) -> None:
    about = {"y": "A", "x": "B", "tf": "1m", "step": 60_000, "window": 20, "method": "ols", "scale": "level"}
    digits = {"yDigits": 2, "xDigits": 2, "spreadDigits": 2}
    message = {"c": "made.1.1.1.1", "a": [0, 0, 0]} | ({"snap": about | digits} if snapshot else {}) | more
    page.evaluate("(message) => put('pair', { ...message, f: undefined })", message)
    page.wait_for_timeout(400)


def columns(page: Page, pane: int, name: str, rows: int = 0) -> list[int]:
    found: list[int] = page.evaluate(COLUMNS, [pane, name, rows])
    return found


def holes(found: list[int]) -> list[float]:
    """Breaks in a row of columns, in slots."""
    return [(after - before) / SLOT_PX for before, after in pairwise(found) if after - before > 3]


def near(found: list[int], column: float) -> bool:
    return any(abs(column - one) <= 3 for one in found)


def test_no_line_runs_over_missing_bars_and_the_open_bar_is_grey(chart: Page) -> None:
    # Three bars are missing on either side of bar 13.
    send(chart, True, {"bars": bars([*range(10), 13, *range(17, 31)]), "n": now(31)})
    found = columns(chart, Z, "--z")
    assert holes(found) == pytest.approx([4, 4], abs=1)
    assert len([one for one in found if abs(one - found[0] - 13 * SLOT_PX) <= 4]) >= 3, "a lone bar is a dot"
    assert found[-1] - found[0] == pytest.approx(30 * SLOT_PX, abs=2)
    grey = columns(chart, Z, "--text-3", rows=8)
    assert grey
    assert all(-2 <= one - found[-1] <= SLOT_PX + 2 for one in grey)
    # It closes, and the next but one opens; that one closes, and then its neighbour.
    send(chart, False, {"bars": bars([31]), "n": now(33)})
    found = columns(chart, Z, "--z")
    assert found[-1] - found[0] == pytest.approx(31 * SLOT_PX, abs=2)
    assert near(columns(chart, Z, "--text-3", rows=6), found[0] + 33 * SLOT_PX), "a lone open bar is a grey dot"
    send(chart, False, {"bars": bars([33, 34]), "n": now(None)})
    found = columns(chart, Z, "--z")
    assert found[-1] - found[0] == pytest.approx(34 * SLOT_PX, abs=2)
    assert holes(found) == pytest.approx([4, 4, 2], abs=1)


def test_partial_bars_are_marked_behind_a_gap_in_either_theme_and_when_they_close_live(chart: Page) -> None:
    send(chart, True, {"bars": bars([*range(10), *range(13, 30)], partial=(13, 20)), "n": now(None)})
    newest = columns(chart, Z, "--z")[-1]
    places = {slot: newest + (slot - 29) * SLOT_PX for slot in (5, 13, 17, 20, 25)}

    def marked() -> list[int]:
        found = columns(chart, PRICES, "--warn")
        return [slot for slot, place in places.items() if near(found, place)]

    assert marked() == [13, 20]
    box = chart.locator("#pair-chart-box").bounding_box()
    axis = chart.evaluate("document.querySelector('#pair-chart td').offsetWidth")
    assert box is not None
    for slot, words in ((13, True), (20, True), (17, False)):
        chart.mouse.move(box["x"] + axis + places[slot], box["y"] + 100)
        chart.wait_for_timeout(150)
        assert chart.locator("#pair-readout").inner_text().endswith("· partial") is words
    theme = chart.evaluate("sb.css('--warn')")
    chart.keyboard.press("t")
    until(chart, f"sb.css('--warn') !== '{theme}'")
    chart.wait_for_timeout(400)
    assert marked() == [13, 20]
    send(chart, False, {"bars": bars([30], partial=(30,)), "n": now(None)})
    found = columns(chart, PRICES, "--warn")
    assert near(found, columns(chart, Z, "--z")[-1])


def test_entry_levels_stay_in_sight_and_the_oldest_bars_go(chart: Page) -> None:
    calm = bars(list(range(CHART_BARS)))
    calm["z"] = [0.5] * CHART_BARS
    send(chart, True, {"bars": calm, "n": now(None)})
    assert len(columns(chart, Z, "--up")) > 100
    assert len(columns(chart, Z, "--down")) > 100
    for first in range(CHART_BARS, 2 * CHART_BARS, 300):
        send(chart, False, {"bars": bars(list(range(first, first + 300)))})
    assert CHART_BARS <= chart.evaluate("sb.bars.count()") <= 1.25 * CHART_BARS
    expect(chart.locator("#go-live")).to_be_hidden()
    assert holes(columns(chart, Z, "--z")) == []
