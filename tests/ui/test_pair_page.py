"""The pair page in a real browser, over the running board."""

from __future__ import annotations

import re
from urllib.parse import parse_qs, urlparse

import pytest
from playwright.sync_api import Page, expect

from tests.ui.harness import Board, changes, open_pair, text, until, updates, wait_for

pytestmark = pytest.mark.browser

WATCH_RANGE = """() => {
    window.ranges = [];
    const own = window.dash_clientside.sb.range;
    window.dash_clientside.sb.range = (range) => { if (range) window.ranges.push(range); own(range); };
}"""


def settings(page: Page) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlparse(page.url).query).items()}


def scroll_back(page: Page) -> None:
    """Drag the chart to the right, as a user does who wants to see the past."""
    box = page.locator("#pair-chart-box").bounding_box()
    assert box is not None
    middle = box["y"] + box["height"] * 0.2
    page.mouse.move(box["x"] + 500, middle)
    page.mouse.down()
    page.mouse.move(box["x"] + 900, middle, steps=8)
    page.mouse.up()


def test_every_card_speaks_and_prices_and_z_move(page: Page, board: Board) -> None:
    open_pair(page, board, "?tf=1s")
    expect(page.locator("#card-y-title")).to_have_text("ETHUSDT")
    expect(page.locator("#card-hedge")).not_to_have_text("–")
    for name in ("y", "x", "hedge", "spread", "z", "corr"):
        assert re.fullmatch(r"[+−]?[\d,]+(\.\d+)?", text(page, f"card-{name}")), name
    assert changes(page, "card-z") != changes(page, "card-z")
    assert "NaN" not in text(page, "pair-page")
    expect(page.locator("#badge-word")).to_have_text("SIMULATED")
    expect(page.locator("#ribbon")).to_be_visible()
    assert re.fullmatch(r"\d+\.\d s", text(page, "badge-age"))


def test_zoom_and_pan_survive_live_updates_and_closing_bars(page: Page, board: Board) -> None:
    open_pair(page, board, "?tf=1s")
    page.evaluate(WATCH_RANGE)
    page.locator("#pair-chart-box").hover(position={"x": 600, "y": 100})
    for _ in range(6):
        page.mouse.wheel(0, -400)
    scroll_back(page)
    page.wait_for_timeout(1500)
    kept = page.evaluate("ranges.at(-1)")
    bars = page.evaluate("document.querySelector('.page').dataset.cursor.split('.')[4]")
    updates(page, 12)
    wait_for(lambda: page.evaluate("document.querySelector('.page').dataset.cursor.split('.')[4]") > bars)
    updates(page, 5)
    assert page.evaluate("ranges.at(-1)") == kept
    assert kept["to"] - kept["from"] < 170


def test_follow_live_ends_when_the_user_scrolls_back_and_returns_on_go_live(page: Page, board: Board) -> None:
    open_pair(page, board, "?tf=1s")
    follow, go_live = page.locator("#follow"), page.locator("#go-live")
    expect(follow).to_have_attribute("aria-pressed", "true")
    expect(go_live).to_be_hidden()
    scroll_back(page)
    expect(follow).to_have_attribute("aria-pressed", "false")
    expect(go_live).to_be_visible()
    go_live.click()
    expect(follow).to_have_attribute("aria-pressed", "true")
    expect(go_live).to_be_hidden()
    page.keyboard.press("l")
    expect(follow).to_have_attribute("aria-pressed", "false")


def test_following_keeps_the_newest_bar_in_sight(page: Page, board: Board) -> None:
    open_pair(page, board, "?tf=1s")
    page.evaluate(WATCH_RANGE)
    until(page, "ranges.length > 3")
    seen = page.evaluate("ranges.map((range) => range.to)")
    assert seen[-1] > seen[0]
    expect(page.locator("#go-live")).to_be_hidden()


def test_the_address_sets_the_controls_and_the_controls_the_address(page: Page, board: Board) -> None:
    asked = {"y": "SOLUSDT", "x": "ETHUSDT", "tf": "5m", "window": "60", "method": "ols", "scale": "log"}
    open_pair(page, board, "?" + "&".join(f"{name}={value}" for name, value in asked.items()))
    expect(page.locator("#pair-y")).to_contain_text("SOLUSDT")
    expect(page.locator("#pair-window")).to_have_value("60")
    expect(page.locator("#pair-tf input[value='5m']")).to_be_checked()
    expect(page.locator("#pair-scale input[value='log']")).to_be_checked()
    page.keyboard.press("1")
    until(page, "location.search.includes('tf=1s')")
    page.keyboard.press("s")
    until(page, "location.search.includes('y=ETHUSDT')")
    page.locator("#pair-window").fill("40")
    page.locator("#pair-window").press("Enter")
    until(page, "location.search.includes('window=40')")
    expect(page.locator("#card-y-title")).to_have_text("ETHUSDT")
    shared = settings(page)
    assert shared == asked | {"y": "ETHUSDT", "x": "SOLUSDT", "tf": "1s", "window": "40"}
    page.reload()
    until(page, "location.search.includes('window=40')")
    expect(page.locator("#pair-window")).to_have_value("40")
    assert settings(page) == shared


def test_a_leg_is_found_by_typing(page: Page, board: Board) -> None:
    open_pair(page, board)
    page.locator("#pair-y").click()
    page.wait_for_selector(".dash-dropdown-search")
    page.keyboard.type("link")
    page.locator(".dash-dropdown-option", has_text="LINKUSDT").click()
    expect(page.locator("#card-y-title")).to_have_text("LINKUSDT")


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("?window=5", ("`window`", "20 to 1000", "got 5")),
        ("?y=ETHUSD", ("`y`", "watched symbol", "'ETHUSD'", "Did you mean ETHUSDT?")),
    ],
)
def test_a_bad_address_is_explained_and_the_page_lives(
    page: Page, board: Board, query: str, words: tuple[str, ...]
) -> None:
    open_pair(page, board, query)
    problem = text(page, "pair-problem")
    assert all(word in problem for word in words), problem
    assert changes(page, "card-y-note")


def test_a_bad_window_is_refused_with_a_reason(page: Page, board: Board) -> None:
    open_pair(page, board)
    before = page.url
    for wrong in ("12abc", "5000", ""):
        page.locator("#pair-window").fill(wrong)
        page.locator("#pair-window").press("Enter")
        expect(page.locator("#pair-problem")).to_contain_text("`window`")
        assert page.url == before
    page.locator("#pair-window").fill("60")
    page.locator("#pair-window").press("Enter")
    expect(page.locator("#pair-problem")).to_be_empty()


def test_what_is_not_ready_says_how_far_it_is(page: Page, board: Board) -> None:
    open_pair(page, board, "?tf=5m&window=1000")
    state = page.locator("#pair-state")
    expect(state).to_contain_text("Warming up")
    expect(state).to_contain_text(re.compile(r"\d+ of 1000 bars.*in about \d"))
    expect(page.locator("#card-z")).to_have_text("–")


def test_the_numbers_on_the_page_are_those_of_the_api(page: Page, board: Board) -> None:
    open_pair(page, board)

    # The hedge ratio changes only when a bar closes, so one of two looks must agree.
    def agree() -> bool:
        answer = page.request.get(f"{board.url}/api/v1/pair?y=ETHUSDT&x=BTCUSDT&timeframe=1m&window=120&limit=1").json()
        shown = float(text(page, "card-hedge").replace("−", "-").replace(",", ""))
        return bool(abs(shown - answer["now"]["hedge_ratio"]) <= 1e-4 * abs(shown))

    wait_for(agree)


def test_z_and_spread_are_rounded_once(page: Page, board: Board) -> None:
    open_pair(page, board, "?y=DOGEUSDT&x=XRPUSDT&window=60")

    def agree() -> bool:
        before = text(page, "card-z"), text(page, "card-spread")
        path = "/api/v1/pair?y=DOGEUSDT&x=XRPUSDT&timeframe=1m&window=60&limit=1"
        now = page.request.get(board.url + path).json()["now"]
        page.wait_for_timeout(200)
        shown = {before, (text(page, "card-z"), text(page, "card-spread"))}
        digits = len(before[1].partition(".")[2])
        assert 100 <= now["sigma"] * 10**digits < 1300
        return (f"{now['z']:+.2f}".replace("-", "−"), f"{now['spread']:+.{digits}f}".replace("-", "−")) in shown

    wait_for(agree)


def test_what_z_rests_on_is_told_and_holes_are_a_warning(page: Page, board: Board) -> None:
    open_pair(page, board)
    basis = page.locator("#pair-basis")
    expect(basis).to_have_text(
        re.compile(r"^z rests on ?120 bars over 2 h to \d{4}-\d\d-\d\d \d\d:\d\d:00 UTC ?no breaks$")
    )
    expect(page.locator("#card-z-note")).to_have_text(re.compile(r"^cost \d+\.\d\d σ$"))
    hour = 3_600_000
    told = """(fields) => {
        sb.pair.apply({ a: [0, 0, 0], n: fields });
        const basis = document.getElementById("pair-basis");
        const parts = ["span", "breaks", "partial"].map((name) => basis.querySelector("#pair-basis-" + name));
        return [basis.className, ...parts.map((part) => part.textContent.replace(/ to .*/, ""))];
    }"""
    holes = {"span": 3 * hour + 20 * 60_000, "gaps": 3, "longest": 65_000, "sparse": True, "partial": 2}
    warned = "120 bars over 3 h 20 min (▲ 1.7 times their length)"
    assert page.evaluate(told, holes) == [
        "basis sparse",
        warned,
        "3 breaks, longest 1 min 5 s",
        "▲ 2 of 120 partial",
    ]
    calm = {"span": 2 * hour + 60_000, "gaps": 1, "longest": 60_000, "sparse": False, "partial": 0}
    assert page.evaluate(told, calm) == ["basis", "120 bars over 2 h 1 min", "1 break of 1 min", ""]
    assert page.evaluate(told, {"ready": 0, "span": 0, "gaps": 0}) == ["basis", "no bar of both legs yet", "", ""]


def test_a_signal_goes_with_the_state_that_allowed_it(page: Page, board: Board) -> None:
    open_pair(page, board)
    tell = "(fields) => sb.pair.apply({ a: [0, 0, 0], n: fields })"
    shown = "[document.getElementById('card-z-below').textContent, document.getElementById('card-z').className]"
    steps = (
        ({"z": 2.5, "signal": "short", "state": "live"}, "▼ short entry ≥ +2.00", "down"),
        ({"state": "partial"}, "▼ short entry ≥ +2.00 · partial", "down"),
        ({"signal": "", "state": "stale"}, "no signal", ""),
    )
    for fields, words, tone in steps:
        said, look = page.evaluate(f"(fields) => {{ ({tell})(fields); return {shown}; }}", fields)
        assert said == words
        assert look.split() == ["card-value", "num", *tone.split()]
