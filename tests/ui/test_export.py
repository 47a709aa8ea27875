"""What a panel's frame saves: files that hold what is shown, as the figure, the grid or the API has it."""

from __future__ import annotations

import csv
import io
import re
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Page

from tests.ui.harness import Board, open_correlation, open_pair, saved, tool, until, wait_for

pytestmark = pytest.mark.browser
MATRIX = "#correlation-matrix-panel"
CROSS = "#correlation-cross-panel"
ORDER = """() => [...document.querySelectorAll("#board-scanner .ag-pinned-left-cols-container .ag-row")]
  .sort((a, b) => a.getAttribute("row-index") - b.getAttribute("row-index")).map((row) => row.textContent)"""


def table(page: Page, board: Board, panel: str) -> tuple[str, list[list[str]]]:
    """Name and rows of a panel's CSV."""
    name, content = saved(page, board, tool(page, panel, "csv").click)
    return name, list(csv.reader(io.StringIO(content.decode("utf-8"), newline="")))


def numbers(cells: list[str]) -> list[float | None]:
    return [float(cell) if cell else None for cell in cells]


def test_a_figures_file_holds_its_traces_in_the_range_in_sight(page: Page, board: Board) -> None:
    page.set_viewport_size({"width": 2000, "height": 900})
    open_correlation(page, board, "cross")
    page.evaluate("() => { window.dash_clientside.sb.draw = () => {} }")
    page.evaluate("Plotly.relayout('correlation-cross', { 'xaxis.range': [-10.5, 5.5] })")
    name, (head, *rows) = table(page, board, CROSS)
    stamp = r"\d{8}T\d{6}Z"
    assert re.fullmatch(rf"spreadboard_correlation-cross_ETHUSDT-BTCUSDT_1m_{stamp}_simulated\.csv", name)
    assert head[:3] == ["Lag [1m bars]", "Correlation", "Chance, best of 121 lags"]
    assert [row[0] for row in rows] == [str(lag) for lag in range(-10, 6)]
    drawn = page.evaluate("document.getElementById('correlation-cross').data.map(({ x, y }) => [x, y])")
    for column, (x, y) in enumerate(drawn, start=1):
        shown = [value for lag, value in zip(x, y, strict=True) if -10 <= lag <= 5]
        assert numbers([row[column] for row in rows]) == shown
    assert min(float(row[3]) for row in rows) < 0


def test_times_are_utc_and_units_named(page: Page, board: Board) -> None:
    page.goto(f"{board.url}/microstructure")
    page.wait_for_selector("#flow-imbalance[data-state='drawn']")

    # A bar may close between the two looks.
    def agree() -> bool:
        _, (head, *rows) = table(page, board, "#flow-amihud-panel")
        assert head == ["time", "ETHUSDT [bps per million]", "BTCUSDT [bps per million]"]
        drawn = page.evaluate(
            "document.getElementById('flow-amihud').data[0].x.map((at) => new Date(at).toISOString())"
        )
        return [row[0] for row in rows] == drawn

    wait_for(agree)


def test_the_matrix_is_what_the_api_says(page: Page, board: Board) -> None:
    open_correlation(page, board, "matrix")

    # A bar may close between the two looks.
    def agree() -> bool:
        answer = page.request.get(f"{board.url}/api/v1/correlation?timeframe=1m&window=60").json()
        name, (head, *rows) = table(page, board, MATRIX)
        assert "_all_1m_" in name
        names = [each.partition(":")[2].removesuffix("USDT") for each in answer["symbols"]]
        cells = [numbers(row[1:]) for row in rows]
        return head[1:] == names == [row[0] for row in rows] and np.allclose(cells, answer["matrix"], atol=1e-12)

    wait_for(agree)


def test_a_grids_file_has_its_order_and_its_filter(page: Page, board: Board) -> None:
    page.goto(board.url)
    page.wait_for_selector("#board-scanner .ag-row")
    grid = "window.dash_ag_grid.getApi('board-scanner')"
    page.evaluate(
        f"{grid}.applyColumnState({{ state: [{{ colId: 'corr', sort: 'desc' }}], defaultState: {{ sort: null }} }})"
    )
    page.evaluate(f"{grid}.setFilterModel({{ name: {{ filterType: 'text', type: 'contains', filter: 'BTC' }} }})")
    until(page, "document.querySelectorAll('#board-scanner .ag-pinned-left-cols-container .ag-row').length < 15")
    name, (head, *rows) = table(page, board, "#board-scanner-panel")
    assert name.startswith("spreadboard_board-scanner_")
    assert [row[0] for row in rows] == page.evaluate(ORDER)
    assert page.evaluate(f"{grid}.getColumnDef('trail').headerName") not in head
    assert head[-2:] == ["Last trade [s]", "State"]
    told = [float(row[head.index("Correlation")]) for row in rows]
    assert told == sorted(told, reverse=True)


def test_a_table_of_bars_is_what_the_api_says(page: Page, board: Board) -> None:
    page.goto(f"{board.url}/data?symbol=SOLUSDT&view=bars&rows=120")
    page.wait_for_selector("#data-bars .ag-row")
    fields = ["open", "high", "low", "close", "volume", "quote_volume", "buy_volume", "trades"]

    # A bar may close between the two looks.
    def agree() -> bool:
        answer = page.request.get(f"{board.url}/api/v1/bars?symbol=SOLUSDT&timeframe=1m&limit=120").json()["bars"]
        name, (head, *rows) = table(page, board, "#data-panel")
        assert name.startswith("spreadboard_data-bars_SOLUSDT_1m_")
        assert head[0] == "Open [UTC]"
        bars = answer[::-1]
        # The page is sent nine digits of each number.
        values = [[bar[field] for field in fields] for bar in bars]
        same = [row[0] for row in rows] == [bar["time"] for bar in bars]
        return same and np.allclose([numbers(row[1:9]) for row in rows], values, rtol=1e-8, atol=0)

    wait_for(agree)


def test_the_charts_file_is_what_the_api_says(page: Page, board: Board) -> None:
    open_pair(page, board, "?y=ETHUSDT&x=BTCUSDT&tf=1m&window=60")
    answer: dict[str, Any] = page.request.get(
        f"{board.url}/api/v1/pair?y=ETHUSDT&x=BTCUSDT&timeframe=1m&window=60"
    ).json()
    until(page, "sb.chart.shown().range !== null")
    _, (head, *rows) = table(page, board, "#pair-chart-panel")
    assert head[:6] == ["time", "ETHUSDT", "BTCUSDT", "spread", "sigma", "z [σ]"]
    series = {row["time"]: row for row in answer["series"]}
    both = [row for row in rows if row[0] in series]
    assert len(both) > 50
    for row in both:
        said = series[row[0]]
        assert numbers(row[1:3]) == [said["y"], said["x"]]
        assert numbers(row[5:6]) == [pytest.approx(said["z"], rel=1e-6)]
    assert rows[-1][-1] == "open bar"


def test_the_chart_is_saved_as_a_picture(page: Page, board: Board) -> None:
    open_pair(page, board)
    name, content = saved(page, board, tool(page, "#pair-chart-panel", "png").click)
    assert re.fullmatch(r"spreadboard_pair-chart_.*_simulated\.png", name)
    assert content[:8] == b"\x89PNG\r\n\x1a\n"
    box = page.locator("#pair-chart-box").bounding_box()
    assert box is not None
    assert int.from_bytes(content[16:20], "big") == pytest.approx(box["width"], abs=2)
    assert int.from_bytes(content[20:24], "big") == pytest.approx(box["height"] + 56, abs=2)


def test_cells_are_numbers_where_they_are_and_never_formulas(page: Page, board: Board) -> None:
    open_pair(page, board)
    said = ["−1,234.50", "–", "=1+1", "+x", 'a "b", c', "@now", "2026-01-01 00:00:00", "< 0.0001"]
    fill = """(said) => { const row = document.createElement("tr");
      row.append(...said.map((text) => Object.assign(document.createElement("td"), { textContent: text })));
      document.querySelector("#pair-tests table").replaceChildren(row); }"""
    page.evaluate(fill, said)
    _, content = saved(page, board, tool(page, "#pair-evidence", "csv").click)
    line = '-1234.5,,\'=1+1,\'+x,"a ""b"", c",\'@now,2026-01-01T00:00:00.000Z,< 0.0001\r\n'
    assert content.decode() == line
