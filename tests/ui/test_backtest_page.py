"""The backtest page: its settings, jobs and figures against the engine, and the page in a real browser."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlparse

import numpy as np
import pytest
from playwright.sync_api import Page, expect

from analytics.backtest.columns import TABLES
from analytics.backtest.pair import prepare, study
from analytics.backtest.rules import Rules
from callbacks import backtest as backtest_page
from callbacks.backtest_curves import MAX_MARKS, curves
from callbacks.backtest_figures import captured, hours, stress
from callbacks.backtest_words import cautions, trade_rows
from callbacks.query import PairQuery
from tests.ui.backtest_page import data_of, query_of, study_of
from tests.ui.harness import Board, text, until
from tests.ui.market import BARS, MINUTE, Market

FIRST_MS = 60_000
JOBS = ("heat", "walk", "estimators")
NODES = """() => {
    const rows = [];
    dash_ag_grid.getApi("backtest-trades").forEachNode((node) => rows.push(node.data));
    return rows;
}"""


def test_what_is_drawn_is_the_engines(market: Market) -> None:
    found = study_of(market)
    assert len(found.run.trades) > 3
    figure, note = curves(found)
    traces = {trace["name"]: trace for trace in figure["traces"]}
    np.testing.assert_allclose(traces["Net"]["y"], found.run.equity, rtol=1e-6, atol=1e-6)
    assert traces["Net"]["x"] == (found.run.open_ms + MINUTE).tolist()
    np.testing.assert_allclose(traces["Below high"]["y"], -found.report.drawdown, rtol=1e-6)
    entries = sorted(traces["Enter long"]["x"] + traces["Enter short"]["x"])
    assert entries == sorted(found.run.trades.entry_ms.tolist())
    # An entry is marked at a z beyond the line, at the end of the bar that had it.
    assert all(abs(z) > 1 for name in ("Enter long", "Enter short") for z in traces[name]["y"])
    assert note == f"{len(found.run.trades)} trades"
    nets = stress(found).figure["traces"][0]["y"]
    assert nets == [each.net for each in found.report.stress]
    assert sum(hours(found).figure["traces"][0]["y"]) == pytest.approx(float(found.run.equity[-1]), abs=1e-9)
    assert sum(captured(found).figure["traces"][0]["y"]) == len(found.run.trades)
    rows, _ = trade_rows(found)
    columns = TABLES["trades"].of(found)
    assert [row["net"] for row in rows] == columns["net"].tolist()
    assert [row["reason"] for row in rows] == columns["reason"].tolist()


def test_a_closer_look_has_more_points_and_more_marks() -> None:
    rng = np.random.default_rng(4)
    times = 1_770_000_000_000 + 1_000 * np.arange(30_000)
    x = 100 + rng.normal(0, 0.01, 30_000).cumsum()
    legs = []
    for closes in (20 + 1.5 * x + rng.normal(0, 0.05, 30_000), x):
        bars = np.ones((30_000, 10))
        bars[:, 0], bars[:, 1], bars[:, 4], bars[:, 9] = times, np.append(closes[0], closes[:-1]), closes, 0
        legs.append(bars)
    found = study(prepare(legs, PairQuery("YYY", "XXX", "1s", 60).spec("sim")), Rules())  # type: ignore[arg-type]
    figure, note = curves(found)
    assert f"newest {MAX_MARKS} of {len(found.run.trades):,}" in note
    low, high = float(times[1_000]), float(times[1_200])
    near, _ = curves(found, (low, high))

    def inside(traces: Any, name: str) -> int:
        (trace,) = (each for each in traces if each["name"] == name)
        return sum(low <= each <= high for each in trace["x"])

    assert inside(near["traces"], "z") == 201
    assert inside(figure["traces"], "z") < 60
    assert inside(near["traces"], "Exit") > 5 > inside(figure["traces"], "Exit")
    (far,) = (each for each in near["traces"] if each["name"] == "Net")
    assert (far["x"][0], far["x"][-1]) == (times[0] + 1_000, times[-1] + 1_000)


def test_nothing_to_test_is_said_everywhere(market: Market) -> None:
    page = backtest_page.made(query_of(market, "window=250"), market.live, data_of(market), None, None)
    assert page.basis == "Warming up: 200 of 252 shared 1m bars"
    assert page.links == [None] * 3
    assert {each["reason"] for each in page.figures[:4]} == {page.basis}
    idle = study_of(market, "window=30&entry=20")
    assert "no trade" in cautions(idle, 0, {})
    assert stress(idle).figure["reason"] == "No trade was made, so there is nothing to tell"
    late = market.first_ms + (BARS + 10) * MINUTE
    words = cautions(study_of(market), late, {"sim:ETHUSDT": "STALE", "sim:BTCUSDT": "LIVE"})
    assert "the newest of these bars ended 10 min ago" in words
    assert "ETHUSDT is STALE now" in words


def open_page(page: Page, board: Board, query: str = "") -> None:
    page.goto(f"{board.url}/backtest{query}")
    page.wait_for_selector("#backtest-curves[data-state]:not([data-state='loading'])", timeout=FIRST_MS)


def settings(page: Page) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlparse(page.url).query).items()}


@pytest.mark.browser
@pytest.mark.parametrize("theme", ["dark", "light"])
def test_it_loads_and_says_what_the_api_says(page: Page, board: Board, theme: str) -> None:
    page.add_init_script(f"localStorage.setItem('spreadboard.theme', '{theme}')")
    open_page(page, board, "?window=60&entry=1.5&fee_bps=0.5&half_spread_bps=0")
    expect(page.locator("html")).to_have_attribute("data-bs-theme", theme)
    for name in ("stress", "hours", "captured"):
        page.wait_for_selector(f"#backtest-{name}[data-state='drawn']")
    answer = page.request.get(board.url + str(page.locator("#backtest-json").get_attribute("href"))).json()
    net = answer["report"]["net"]["value"]
    shown = text(page, "backtest-card-net").split("quote")[1].split("95")[0]
    assert float(shown.replace("−", "-").replace(",", "")) == pytest.approx(net, abs=0.00501)
    drawn = page.evaluate(
        "document.getElementById('backtest-curves').data.find((each) => each.name === 'Net').y.at(-1)"
    )
    assert drawn == pytest.approx(net, rel=1e-6)
    until(page, "dash_ag_grid.getApi('backtest-trades').getDisplayedRowCount() > 0")
    rows = page.evaluate(NODES)
    assert [row["net"] for row in rows] == [trade["net"] for trade in answer["trades"]]
    assert f"{answer['bars']:,} shared 1m bars" in text(page, "backtest-basis")
    assert "NaN" not in text(page, "quiet-page")
    expect(page.locator(".rail-link[aria-current]")).to_have_attribute("href", "/backtest")


@pytest.mark.browser
def test_controls_land_in_the_address_and_come_back_from_it(page: Page, board: Board) -> None:
    open_page(page, board, "?window=60")
    page.locator("#backtest-entry").fill("1.25")
    page.locator("#backtest-entry").press("Enter")
    until(page, "location.search.includes('entry=1.25')")
    page.locator("#backtest-scale label", has_text="Log").click()
    until(page, "location.search.includes('scale=log')")
    page.locator("#backtest-swap").click()
    until(page, "location.search.includes('y=BTCUSDT')")
    page.locator("#backtest-hold").click()
    until(page, "location.search.includes('end=')")
    expect(page.locator("#backtest-hold")).to_have_attribute("aria-pressed", "true")
    shared, said = settings(page), text(page, "backtest-basis")
    page.locator("#backtest-exit").fill("9")
    page.locator("#backtest-exit").press("Enter")
    expect(page.locator("#backtest-problem")).to_contain_text("`exit` must be below `entry`")
    expect(page.locator("#backtest-exit-field")).to_have_class("field wrong")
    assert settings(page) == shared
    page.reload()
    expect(page.locator("#backtest-entry")).to_have_value("1.25")
    expect(page.locator("#backtest-scale input[value='log']")).to_be_checked()
    expect(page.locator("#backtest-basis")).to_have_text(said)
    assert settings(page) == shared


@pytest.mark.browser
def test_tests_on_demand_run_and_a_cell_is_loaded(page: Page, board: Board) -> None:
    open_page(page, board, "?window=60&entry=1.5&fee_bps=0.5&rows=entry&columns=exit")
    for kind in (*JOBS, "look"):
        page.locator(f"#backtest-{kind}-run").click()
    for kind in JOBS:
        page.wait_for_selector(f"#backtest-{kind}[data-state='drawn']", timeout=FIRST_MS)
    expect(page.locator("#backtest-look-body")).to_contain_text("bars differ", timeout=FIRST_MS)
    assert "none of" in text(page, "backtest-look-note")
    assert "Out-of-sample" in text(page, "backtest-walk-body")
    assert "Theil-Sen" in text(page, "backtest-estimators-body")
    for kind in (*JOBS, "look"):
        expect(page.locator(f"#backtest-{kind}-cancel")).to_be_hidden()
    best = page.evaluate(
        "document.getElementById('backtest-heat').data[0].customdata.flat().includes('entry=2&exit=0.5')"
    )
    assert best
    page.locator("#backtest-heat-best").click()
    page.wait_for_selector("#backtest-walk[data-reason^='Not run for these settings']")
    net = text(page, "backtest-card-net")
    page.wait_for_selector("#backtest-heat[data-state='drawn']")
    cell, loaded = "document.getElementById('backtest-heat').data[0]", settings(page)
    label = page.evaluate(f"{cell}.text[{cell}.y.indexOf('{loaded['entry']}')][{cell}.x.indexOf('{loaded['exit']}')]")
    shown = net.split("quote")[1].split("95")[0].replace("−", "-").replace("+", "").replace(",", "")
    assert float(label.replace("−", "-").replace(",", "")) == pytest.approx(float(shown), abs=0.51)


@pytest.mark.browser
def test_the_report_is_a_file_that_opens_by_itself(page: Page, board: Board, tmp_path: Path) -> None:
    open_page(page, board, "?window=60&entry=1.5&fee_bps=0.5")
    with page.expect_download() as started:
        page.locator("#backtest-report").click()
    assert started.value.suggested_filename == "backtest_sim-ETHUSDT_BTCUSDT_1m_SIMULATED.html"
    path = tmp_path / "report.html"
    started.value.save_as(path)
    page.goto("about:blank")
    page.set_content(path.read_text())
    expect(page.locator("h1")).to_have_text("Backtest ETHUSDT on BTCUSDT, 1m")
    assert page.locator("svg").count() == 3
    assert page.locator("text=SIMULATED").count() == 1


@pytest.mark.browser
def test_a_phone_needs_no_sideways_scrolling(page: Page, board: Board) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    open_page(page, board, "?window=60&entry=1.5")
    assert page.evaluate("document.getElementById('main').scrollWidth") <= 390
