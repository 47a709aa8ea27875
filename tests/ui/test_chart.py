"""What the chart paints, read back from its pixels: made-up bars in a real browser."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import Any, Final

import pytest
from playwright.sync_api import Page, expect

from callbacks.pair import CHART_BARS
from tests.ui.harness import Board, open_pair, until, wait_for

pytestmark = pytest.mark.browser

START_S: Final = 1_700_000_040
SLOT_PX: Final = 6
PRICES, Z = 0, 2

MUTE = """() => {
    window.put = sb.apply;
    sb.apply = () => {};
}"""
# Columns of a pane in which a colour fills more than so many rows, or rows in which it fills more than so many columns.
# A faint colour lets the panel through.
LINES = """([pane, name, least, across, faint]) => {
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
            if (!data[at + 3] || data[at + 3] < 100 !== faint) continue;
            if ([0, 1, 2].some((part) => Math.abs(data[at + part] - tone[part]) > 25)) continue;
            const line = across ? Math.floor(at / 4 / width) : (at / 4) % width;
            counts.set(line, (counts.get(line) || 0) + 1);
        }
    }
    return [...counts].filter(([, count]) => count > least).map(([line]) => line).sort((one, other) => one - other);
}"""

PICTURE = "[...document.querySelectorAll('#pair-chart canvas')].map((canvas) => canvas.toDataURL()).join()"


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
        "y_flow": [0.5 * value for value in swing],
        "x_flow": [-0.5 * value for value in swing],
        "flags": [int(slot in partial) for slot in slots],
    }


def now(slot: int | None) -> dict[str, Any]:
    names = ("yChange", "xChange", "hedge", "hedgeSe", "r2", "corr", "half", "halfLow", "halfHigh", "asOf", "cost")
    value = 1.0 if (slot or 0) % 2 else -1.0
    prices = {"y": 100 + value, "x": 50.0, "spread": value, "z": value, "sigma": 1.0}
    time_ms = None if slot is None else (START_S + 60 * slot) * 1000 + 1000
    more = {
        "state": "live",
        "reason": "",
        "signal": "inside",
        "spreadDigits": 2,
        "ready": 20,
        "span": 20 * 60_000,
        "gaps": 0,
        "longest": 0,
        "sparse": False,
        "partial": 0,
        "ySpan": 1440,
        "xSpan": 1440,
        "sure": True,
        "time": time_ms,
    }
    return dict.fromkeys(names) | prices | more


def send(page: Page, snapshot: bool, more: dict[str, Any]) -> None:
    about = {"y": "A", "x": "B", "tf": "1m", "step": 60_000, "window": 20, "method": "ols", "scale": "level"}
    digits = {"yDigits": 2, "xDigits": 2, "spreadDigits": 2, "paid": 6}
    message = {"c": "made.1.1.1.1", "a": [0, 0, 0]} | ({"snap": about | digits} if snapshot else {}) | more
    page.evaluate("(message) => put('pair', { ...message, f: undefined })", message)
    settle(page)


def settle(page: Page) -> None:
    """Wait until the chart is drawn: the same picture twice."""
    seen: list[str] = [""]

    def still() -> bool:
        page.wait_for_timeout(200)
        seen.append(page.evaluate(PICTURE))
        return seen[-1] == seen[-2]

    wait_for(still, 10)


def columns(page: Page, pane: int, name: str, rows: int = 0) -> list[int]:
    found: list[int] = page.evaluate(LINES, [pane, name, rows, False, False])
    return found


def bands(page: Page, pane: int, name: str) -> list[int]:
    """Columns that a faint colour fills for more than 40 rows."""
    found: list[int] = page.evaluate(LINES, [pane, name, 40, False, True])
    return found


def levels(page: Page, name: str) -> int:
    """How many level lines of a colour go through the pane of z."""
    found: list[int] = page.evaluate(LINES, [Z, name, 200, True, False])
    return sum(after - before > 1 for before, after in pairwise([-9, *found]))


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


def test_bands_mark_missing_and_partial_bars_in_either_theme_and_as_they_come(chart: Page) -> None:
    send(chart, True, {"bars": bars([*range(10), *range(13, 30)], partial=(13, 20)), "n": now(None)})

    def place(slot: int) -> int:
        return columns(chart, Z, "--z")[0] + slot * SLOT_PX

    def marked(pane: int, name: str) -> list[int]:
        found, first = bands(chart, pane, name), place(0)
        return [slot for slot in range(34) if any(abs(first + slot * SLOT_PX - one) <= 1 for one in found)]

    for pane in (PRICES, Z):
        assert marked(pane, "--warn") == [13, 20]
        assert marked(pane, "--text-3") == [10, 11, 12]
    box = chart.locator("#pair-chart-box").bounding_box()
    axis = chart.evaluate("document.querySelector('#pair-chart td').offsetWidth")
    assert box is not None
    flows = "volume 1 (net +50 %) / 1 (net −50 %)"
    for slot, words in ((13, "partial: misses trades"), (11, "no bar of both legs"), (20, "· partial"), (17, flows)):
        chart.mouse.move(box["x"] + axis + place(slot), box["y"] + 100)
        expect(chart.locator("#pair-readout")).to_contain_text(words)
    expect(chart.locator("#pair-readout")).not_to_contain_text("partial")
    chart.mouse.move(5, 5)
    theme = chart.evaluate("sb.css('--warn')")
    chart.keyboard.press("t")
    until(chart, f"sb.css('--warn') !== '{theme}'")
    settle(chart)
    assert marked(PRICES, "--warn") == [13, 20]
    # 30 closes partial; 32 opens and never becomes a bar, 31 comes late.
    send(chart, False, {"bars": bars([30], partial=(30,)), "n": now(32)})
    assert (marked(Z, "--warn"), marked(Z, "--text-3")) == ([13, 20, 30], [10, 11, 12, 31])
    send(chart, False, {"bars": bars([33]), "n": now(None)})
    assert (marked(Z, "--warn"), marked(Z, "--text-3")) == ([13, 20, 30], [10, 11, 12, 31, 32])
    send(chart, False, {"bars": bars([31]), "n": now(None)})
    assert marked(Z, "--text-3") == [10, 11, 12, 32]


def test_break_even_lines_stand_at_the_cost_of_a_round_trip(chart: Page) -> None:
    send(chart, True, {"bars": bars(list(range(150))), "n": now(None)})
    assert levels(chart, "--text-3") == 1, "only zero"
    expect(chart.locator("#pane-z")).not_to_contain_text("break-even")
    for cost, lines in ((1.5, 3), (3.9, 3), (40.0, 1)):
        send(chart, False, {"bars": bars([150]), "n": now(None) | {"cost": cost}})
        assert levels(chart, "--text-3") == lines, cost
        expect(chart.locator("#pane-z")).to_contain_text(f"break-even ±{cost:.2f}: a round trip at 6 bps a trade")


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
