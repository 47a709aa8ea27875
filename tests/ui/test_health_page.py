"""The health page in a real browser, over the running board."""

from __future__ import annotations

import re

import pytest
import requests
from playwright.sync_api import Page, expect

from tests.ui.harness import Board, open_pair, text, until, wait_for

pytestmark = pytest.mark.browser

SLOW_MS = 20_000


def open_health(page: Page, board: Board) -> None:
    page.goto(f"{board.url}/health")
    until(page, "document.querySelectorAll('#health-roles tr').length === 4")
    expect(page.locator("#health-verdict")).to_have_attribute("data-level", "ok")


@pytest.mark.parametrize("theme", ["dark", "light"])
def test_every_part_speaks_in_both_themes(page: Page, board: Board, theme: str) -> None:
    page.add_init_script(f"localStorage.setItem('spreadboard.theme', '{theme}')")
    open_health(page, board)
    for id in ("exchange", "ingest", "ticks", "resample", "bars", "page"):
        expect(page.locator(f"#stage-{id} .value")).to_have_text(re.compile(r"\d"), timeout=SLOW_MS)
        expect(page.locator(f"#stage-{id} .level")).to_have_text(re.compile("SIMULATED|RUNNING|OK"))
    for id in ("arrive", "store", "bar"):
        expect(page.locator(f"#latency-{id} .p95")).to_have_text(re.compile(r"\d m?s$"))
    assert re.fullmatch(r"as of \d\d:\d\d:\d\d UTC, \d\.\d s ago", text(page, "health-as-of"))
    assert page.locator("html").get_attribute("data-bs-theme") == theme
    assert not re.search("NaN|undefined|null", page.locator("#quiet-page").inner_text())


def test_what_is_shown_is_what_metrics_say(page: Page, board: Board) -> None:
    open_health(page, board)
    row = page.locator("#health-symbols [row-id='sim:BTCUSDT']")
    expect(row.locator("[col-id='state']")).to_have_text("LIVE", timeout=SLOW_MS)

    def number(field: str) -> int:
        return int(row.locator(f"[col-id='{field}']").inner_text().replace(",", ""))

    def told(name: str) -> int:
        found = re.search(rf'^spreadboard_{name}{{symbol="sim:BTCUSDT"}} (\S+)$', answer, re.MULTILINE)
        assert found is not None
        return int(float(found[1]))

    row.locator("[col-id='ticks']").wait_for()
    before = number("ticks")
    answer = requests.get(f"{board.url}/metrics", timeout=5).text
    wait_for(lambda: number("ticks") > before)
    assert before <= told("ticks_total") <= number("ticks") + 100
    assert number("gaps") == told("gaps_total")
    assert number("duplicates") == told("duplicates_total")


def test_a_histogram_holds_every_sample(page: Page, board: Board) -> None:
    open_health(page, board)
    until(page, "document.querySelectorAll('#latency-arrive .bins i').length > 0")
    counts = "[...document.querySelectorAll('#latency-arrive .bins i')].map((bar) => bar.title)"
    n = "document.querySelector('#latency-arrive .count').textContent"
    titles, said = page.evaluate(f"[{counts}, {n}]")
    taken = sum(int(title.split(" ")[0].replace(",", "")) for title in titles)
    assert said.startswith(f"n {taken:,}, last ")
    assert taken > 0


def test_painting_is_timed_on_the_pair_page_and_shown_here(page: Page, board: Board) -> None:
    open_health(page, board)
    expect(page.locator("#latency-painted .p50")).to_have_text("–")
    expect(page.locator("#latency-painted .bins")).to_have_attribute("data-empty", re.compile("pair page"))
    open_pair(page, board, "?tf=1s")
    until(page, "sb.painted().length > 3")
    page.keyboard.press("g")
    page.keyboard.press("h")
    expect(page.locator("#latency-painted .p50")).to_have_text(re.compile(r"^\d+(\.\d+)? m?s$"), timeout=SLOW_MS)
    assert page.evaluate("sb.painted().every(([at, raw]) => raw > 0 && raw < 20000)")
    page.reload()
    expect(page.locator("#latency-painted .p50")).to_have_text(re.compile(r"\d"), timeout=SLOW_MS)


def test_no_green_word_is_left_when_the_server_is_gone(page: Page, board: Board) -> None:
    open_health(page, board)
    page.context.set_offline(True)
    expect(page.locator("#stage-page .level")).to_have_text("NO ANSWER", timeout=SLOW_MS)
    expect(page.locator("#health-word")).to_have_text("No answer")
    expect(page.locator("#quiet-page [data-level='ok']")).to_have_count(0)
    expect(page.locator("#health-symbols [row-id='sim:BTCUSDT'] [col-id='state']")).to_have_text("UNKNOWN")
    page.context.set_offline(False)
    expect(page.locator("#stage-page .level")).to_have_text("OK", timeout=SLOW_MS)
    page.complaints.clear()  # type: ignore[attr-defined]  # of requests that nobody answered


def test_on_a_phone_only_the_tables_scroll_sideways(page: Page, board: Board) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    open_health(page, board)
    assert page.evaluate("[document.documentElement.scrollWidth, document.getElementById('main').scrollWidth]") == [
        390,
        390,
    ]
