"""The correlation page: its settings and figures against the measures, and the page in a real browser."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import parse_qs, urlparse

import numpy as np
import pytest
from dash import no_update
from playwright.sync_api import Page, expect

from analytics.gather import gather
from analytics.inputs import Panel, TradePair, Trades
from analytics.market import OPEN_MS, Tick
from analytics.registry import measure
from callbacks.correlation import bar_figures, trade_figures
from callbacks.correlation_choice import CONTROLS, Asked, Choice, Look, Market, choose, look
from callbacks.correlation_curves import shifted
from callbacks.correlation_query import CorrelationQuery, iso, parse, read
from callbacks.correlations import Correlations, Ticks, Until
from tests.ui import market as made
from tests.ui.harness import Board, text, until, wait_for
from tests.ui.market import BARS, MINUTE

NAMES = ["BTCUSDT", "ETHUSDT", "SOLUSDT"]
DEFAULT = CorrelationQuery("ETHUSDT", "BTCUSDT")
QUERY = "y=ETHUSDT&x=BTCUSDT&tf=1m&window=60&lead=200&method=pearson"
FIGURES = ("matrix", "leads", "cross", "ticks", "epps")


def asked(by: str, spec: str = "", at: int | None = None, newest: int | None = None, **controls: object) -> Asked:
    held = {name: getattr(parse(spec, DEFAULT, NAMES), name) for name in CONTROLS}
    return Asked(by, {}, held | controls, at, newest, spec)


def chosen(market: made.Market, some: Asked) -> Choice:
    return choose(some, Market.of(market.live), Correlations(market.cache))


def looked(market: made.Market, spec: str, done: dict[str, Any] | None = None) -> Look:
    return look(spec, done, Market.of(market.live), Correlations(market.cache))


def test_an_address_round_trips_and_every_mistake_is_named() -> None:
    full = CorrelationQuery("SOLUSDT", "BTCUSDT", "5m", 60, 300, "spearman", 1_767_225_600_000)
    assert parse(str(full), DEFAULT, NAMES) == full
    assert str(full).endswith("method=spearman&at=2026-01-01T00%3A00%3A00Z")
    wrong = {"y": "SOLUSD", "window": "5", "lead": "x", "method": "person", "tf": "2m", "at": "noon", "widow": "1"}
    query, problems = read(wrong, DEFAULT, NAMES)
    assert query == DEFAULT
    said = " ".join(problems)
    for part in ("Did you mean SOLUSDT?", "`window` must", "`lead` must", "Did you mean pearson?", "`tf`", "`at`"):
        assert part in said
    assert "`widow` is not a setting of this page; did you mean `window`?" in said


def test_one_symbol_twice_is_refused_and_the_free_one_gives_way() -> None:
    assert read({"y": "BTCUSDT"}, DEFAULT, NAMES) == (DEFAULT._replace(y="BTCUSDT", x="ETHUSDT"), [])
    query, problems = read({"y": "SOLUSDT", "x": "SOLUSDT"}, DEFAULT, NAMES)
    assert (query.y, query.x) == ("ETHUSDT", "BTCUSDT")
    assert "`x` must be another symbol than `y`" in problems[0]


def test_the_matrix_of_an_earlier_bar_knows_nothing_of_later_ones(market: made.Market) -> None:
    data, shown = Correlations(market.cache), Market.of(market.live)
    at_ms = market.first_ms + 150 * MINUTE
    query = parse(QUERY, DEFAULT, NAMES)
    found = data.matrix(shown.symbols, query, at_ms)
    assert found.as_of_ms == at_ms
    bars = gather(Panel, market.cache, shown.symbols, "1m", BARS)
    assert isinstance(bars, Panel)
    then = bars._replace(open_ms=bars.open_ms[:150], closes=bars.closes[:150], quote_volumes=bars.quote_volumes[:150])
    expected = measure("correlation_matrix").run(then, window=60)
    np.testing.assert_array_equal(found.correlation, expected.correlation)
    now = data.matrix(shown.symbols, query, market.first_ms + BARS * MINUTE)
    assert abs(now.correlation[0, 1] - found.correlation[0, 1]) > 1e-6
    assert Until(market.cache, at_ms).bars("sim:BTCUSDT", "1m").bars[-1, OPEN_MS] == at_ms - MINUTE


def test_the_figures_are_the_measures_own_numbers(market: made.Market) -> None:
    data, shown = Correlations(market.cache), Market.of(market.live)
    end_ms = market.first_ms + BARS * MINUTE
    matrix, note, leads, leads_note, cross, _, warning = bar_figures(data, shown, QUERY, end_ms)
    panel = gather(Panel, market.cache, shown.symbols, "1m", BARS)
    expected = measure("correlation_matrix").run(panel, window=60)
    assert matrix["traces"][0]["z"][0][1] == expected.correlation[0, 1]
    assert "60 returns of 1m" in note
    assert matrix["traces"][0]["customdata"][0][1].startswith("y=")
    assert (leads["traces"], leads_note) == ([], "")
    assert leads["reason"] == cross["reason"] == "Warming up: 200 of 201 bars"
    assert warning == ""


def test_trades_speak_for_the_pair_when_there_are_enough(market: made.Market) -> None:
    data, shown = Correlations(market.cache), Market.of(market.live)
    end_ms = market.first_ms + BARS * MINUTE
    figure, note, _, _, rests, _ = trade_figures(data, shown, QUERY, end_ms)
    assert figure["reason"] == "Not testable: no trades of that time are kept of one of the symbols"
    assert note == rests == ""
    walk = np.exp(np.cumsum(np.random.default_rng(3).normal(0, 1e-4, 600)))
    for name, level in (("BTCUSDT", 60_000.5), ("ETHUSDT", 3_000.25)):
        ticks = [
            Tick(f"sim:{name}", 100 + at, end_ms + MINUTE + at * 300, level * price, 1.0, True)
            for at, price in enumerate(walk.tolist())
        ]
        market.store.ticks.append(ticks, end_ms)
    figure, note, epps, _, rests, _ = trade_figures(data, shown, QUERY, end_ms + 6 * MINUTE)
    assert not figure["reason"]
    assert note.startswith("+1.00, bars ")
    assert "first by" not in note
    band = next(each for each in figure["traces"] if each["name"] == "Chance, best of 41 shifts")
    assert 0 < band["y"][0] < 1
    assert max(each for each in figure["traces"][0]["y"] if each is not None) == pytest.approx(1.0)
    assert epps["traces"][0]["y"][0] == pytest.approx(1.0)
    assert "trades of ETHUSDT" in rests


@pytest.mark.parametrize(
    ("lead_s", "noise", "words"),
    [
        (2, 0.3, "ETH first by 2 s"),
        (2, 1e3, "lead unclear: no shift beyond chance"),
        (0, 0.3, "neither moves first"),
        (0, 1.0, "lead unclear: no shift clearly beats none"),
    ],
)
def test_a_lead_is_told_only_where_it_is_clear(lead_s: float, noise: float, words: str) -> None:
    random = np.random.default_rng(5)
    times = np.arange(1200) * 1000 + 500
    walk = random.normal(0, 1e-4, 4 * 1300).cumsum()
    follower = walk + noise * random.normal(0, 1e-4, walk.size).cumsum()
    legs = [
        Trades(times, np.exp(path[times // 250 + back]), np.ones(1200), np.ones(1200) > 0)
        for path, back in ((walk, 40), (follower, 40 - round(4 * lead_s)))
    ]
    ticks = Ticks(measure("hayashi_yoshida").run(TradePair(*legs)), None, 0, (1200, 1200), 0)
    shown = shifted(ticks, None, DEFAULT)
    assert words in shown.note


def test_the_clock_moves_on_only_who_follows_it(market: made.Market) -> None:
    end_ms = market.first_ms + BARS * MINUTE
    follows = looked(market, QUERY)
    assert follows.until == {"ms": end_ms, "n": 2, "spec": QUERY}
    assert (follows.following, follows.slider.max, follows.slider.value) == ("true", end_ms, end_ms)
    assert looked(market, QUERY, follows.until).until is no_update
    at_ms = end_ms - 30 * MINUTE
    moved = chosen(market, asked("correlation-at", QUERY, at_ms, end_ms))
    assert moved.spec == f"{QUERY}&at={iso(at_ms).replace(':', '%3A')}"
    stays = looked(market, moved.spec)
    assert stays.until["ms"] == stays.slider.value == at_ms
    assert stays.following == "false"
    assert "30 min before the newest bar" in stays.words
    assert chosen(market, asked("correlation-at", moved.spec, at_ms, end_ms)) == Choice()
    assert chosen(market, asked("correlation-now", moved.spec)).spec == QUERY
    assert chosen(market, asked("correlation-at", moved.spec, end_ms, end_ms)).spec == QUERY


def test_a_moment_out_of_reach_is_explained_and_the_newest_bar_shown(market: made.Market) -> None:
    shown = chosen(market, Asked("", {"at": "2020-01-01T00:00:00Z"}, {}, None, None, ""))
    assert "`at` must be a time from" in shown.problem
    assert "at=" not in shown.spec


def test_a_bad_window_keeps_what_is_shown_and_marks_its_field(market: made.Market) -> None:
    refused = chosen(market, asked("correlation-window", QUERY, window="5"))
    assert refused.looks == ["field wrong", "field"]
    assert refused.spec is refused.values[0] is no_update
    assert "`window` must be a whole number from 20 to 1000" in refused.problem


def settings(page: Page) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlparse(page.url).query).items()}


def open_page(page: Page, board: Board, query: str = "", figures: tuple[str, ...] = FIGURES) -> None:
    page.goto(f"{board.url}/correlation{query}")
    for name in figures:
        page.wait_for_selector(f"#correlation-{name}[data-state='drawn']")


def drawn(page: Page, name: str) -> list[dict[str, Any]]:
    """What Plotly holds: that is what is seen."""
    data: list[dict[str, Any]] = page.evaluate(f"document.getElementById('correlation-{name}').data")
    return data


@pytest.mark.browser
@pytest.mark.parametrize("theme", ["dark", "light"])
def test_every_figure_is_drawn_in_both_themes(page: Page, board: Board, theme: str) -> None:
    page.add_init_script(f"localStorage.setItem('spreadboard.theme', '{theme}')")
    open_page(page, board, "?lead=200")
    for name in ("matrix", "leads", "cross"):
        expect(page.locator(f"#correlation-{name}-note")).to_contain_text(re.compile(r"as of \d\d:\d\d:00 UTC"))
    assert re.search(r"[\d,]+ trades of ETHUSDT, [\d,]+ of BTCUSDT", text(page, "correlation-ticks-rests"))
    assert "NaN" not in text(page, "quiet-page")
    expect(page.locator(".rail-link[aria-current]")).to_have_attribute("href", "/correlation")


@pytest.mark.browser
def test_what_is_drawn_is_what_the_api_says(page: Page, board: Board) -> None:
    open_page(page, board, "?window=60", ("matrix",))

    # A bar may close between the two looks.
    def agree() -> bool:
        answer = page.request.get(f"{board.url}/api/v1/correlation?timeframe=1m&window=60").json()
        cells = drawn(page, "matrix")[0]
        same = [name.partition(":")[2].removesuffix("USDT") for name in answer["symbols"]] == cells["x"]
        return bool(same and np.allclose(cells["z"], answer["matrix"], atol=1e-12))

    wait_for(agree)


@pytest.mark.browser
def test_controls_land_in_the_address_and_come_back_from_it(page: Page, board: Board) -> None:
    open_page(page, board, "?lead=200", ("cross",))
    page.locator("#correlation-tf label", has_text="1s").click()
    until(page, "location.search.includes('tf=1s')")
    page.locator("#correlation-window").fill("60")
    page.locator("#correlation-window").press("Enter")
    until(page, "location.search.includes('window=60')")
    page.locator("#correlation-method label", has_text="Spearman").click()
    until(page, "location.search.includes('method=spearman')")
    page.locator("#correlation-swap").click()
    until(page, "location.search.includes('y=BTCUSDT')")
    shared = settings(page)
    assert shared == {"y": "BTCUSDT", "x": "ETHUSDT", "tf": "1s", "window": "60", "lead": "200", "method": "spearman"}
    page.reload()
    expect(page.locator("#correlation-window")).to_have_value("60")
    expect(page.locator("#correlation-tf input[value='1s']")).to_be_checked()
    expect(page.locator("#correlation-method input[value='spearman']")).to_be_checked()
    expect(page.locator("#correlation-y")).to_contain_text("BTCUSDT")
    expect(page.locator("#correlation-matrix-note")).to_contain_text("60 returns of 1s")
    assert settings(page) == shared


@pytest.mark.browser
def test_the_slider_looks_back_and_now_returns(page: Page, board: Board) -> None:
    open_page(page, board, "?window=60", ("matrix",))
    before = drawn(page, "matrix")[0]["z"]
    page.locator("#correlation-at [role=slider]").focus()
    for _ in range(20):
        page.keyboard.press("ArrowLeft")
    until(page, "location.search.includes('at=')")
    expect(page.locator("#correlation-now")).to_have_attribute("aria-pressed", "false")
    expect(page.locator("#correlation-at-words")).to_contain_text("before the newest bar")
    page.wait_for_timeout(800)
    at = settings(page)["at"]
    expect(page.locator("#correlation-matrix-note")).to_contain_text(f"as of {at[11:19]} UTC")
    assert drawn(page, "matrix")[0]["z"] != before
    page.locator("#correlation-now").click()
    until(page, "!location.search.includes('at=')")
    expect(page.locator("#correlation-at-words")).to_contain_text("the newest bar")


@pytest.mark.browser
def test_a_mistake_is_explained_in_place(page: Page, board: Board) -> None:
    open_page(page, board, "?y=ETHUSD", ("matrix",))
    expect(page.locator("#correlation-problem")).to_contain_text("Did you mean ETHUSDT?")
    page.locator("#correlation-lead").fill("50")
    page.locator("#correlation-lead").press("Enter")
    expect(page.locator("#correlation-problem")).to_contain_text("`lead` must be a whole number from 200 to 5000")
    expect(page.locator("#correlation-lead-field")).to_have_class("field wrong")
    page.locator("#correlation-lead").fill("5000")
    page.locator("#correlation-lead").press("Enter")
    expect(page.locator("#correlation-problem")).to_be_empty()
    page.wait_for_selector("#correlation-leads[data-reason*='Warming up:'][data-reason*='of 5,001 bars']")


@pytest.mark.browser
def test_a_cell_opens_its_pair(page: Page, board: Board) -> None:
    open_page(page, board, "?window=60", ("matrix",))
    cells = drawn(page, "matrix")[0]
    plot = page.locator("#correlation-matrix .nsewdrag").first.bounding_box()
    assert plot is not None
    size = len(cells["x"])
    page.mouse.move(plot["x"] + plot["width"] * 2.5 / size, plot["y"] + plot["height"] * 0.5 / size)
    page.wait_for_selector("#correlation-matrix .hoverlayer .hovertext")
    said = page.locator("#correlation-matrix .hoverlayer").text_content() or ""
    assert said.startswith(f"{cells['y'][0]}USDT with {cells['x'][2]}USDT")
    assert "returns" in said
    page.mouse.down()
    page.mouse.up()
    page.wait_for_selector("#pair-page")
    assert settings(page)["y"] == f"{cells['y'][0]}USDT"
    assert settings(page)["x"] == f"{cells['x'][2]}USDT"


@pytest.mark.browser
def test_a_phone_needs_no_sideways_scrolling(page: Page, board: Board) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    open_page(page, board, "?lead=200")
    assert page.evaluate("document.getElementById('main').scrollWidth") <= 390
    widths = page.evaluate("[...document.querySelectorAll('.figure .main-svg')].map((svg) => svg.clientWidth)")
    assert max(widths) <= 390
