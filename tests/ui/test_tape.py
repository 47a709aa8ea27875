"""The tape: every trade once, in order, with its gaps said; it stands still for a reader and says so."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from analytics.market import Tick
from callbacks.tape import TRADES, Tape
from store import Store, StoreError
from tests.ui.harness import Board, text, until, wait_for
from tests.ui.market import Market

browser = pytest.mark.browser
SYMBOL = "sim:ETHUSDT"
IDS = "[...document.querySelectorAll('#tape-body .id')].map((cell) => Number(cell.textContent))"


def trade(market: Market, *ids: int) -> None:
    """Trades with these ids; returns when the cache has heard of the last."""
    ticks = [Tick(SYMBOL, id, 1_800_000_000_000 + id, 3_000.5, 0.25, id % 2 == 0) for id in ids]
    market.store.ticks.append(ticks, 1_800_000_000_000)
    wait_for(lambda: (last := market.cache.trade(SYMBOL)) is not None and last.trade_id == ids[-1])


def tape(market: Market) -> Tape:
    return Tape(market.cache, lambda: market.store)


def test_a_viewer_gets_everything_and_then_what_is_new(market: Market) -> None:
    trade(market, 3, 4, 5)
    running = tape(market)
    first = running.message(SYMBOL, {})
    assert first["snap"]
    assert first["id"][-3:] == [3, 4, 5]
    assert first["sell"][-3:] == [0, 1, 0]
    assert first["digits"] == [2, 2]
    assert first["state"] == "LIVE"
    assert "id" not in running.message(SYMBOL, {"of": SYMBOL, "after": 5})
    trade(market, 6, 7)
    more = running.message(SYMBOL, {"of": SYMBOL, "after": 5})
    assert more["id"] == [6, 7]
    assert "snap" not in more


def test_only_the_newest_are_kept_and_who_fell_behind_starts_anew(market: Market) -> None:
    trade(market, *range(10, 10 + 2 * TRADES))
    found = tape(market).message(SYMBOL, {"of": SYMBOL, "after": 12})
    assert found["snap"]
    assert found["id"] == list(range(10 + TRADES, 10 + 2 * TRADES))


@pytest.mark.parametrize("held", [{"of": "sim:BTCUSDT", "after": 4}, {"of": SYMBOL, "after": 99}, {"of": SYMBOL}])
def test_what_does_not_belong_to_the_tape_is_dropped(market: Market, held: dict[str, object]) -> None:
    trade(market, 3, 4, 5)
    assert tape(market).message(SYMBOL, held)["snap"]


def test_trades_are_read_once_for_all_viewers(market: Market) -> None:
    trade(market, 3)
    opened: list[Store] = []

    def connect() -> Store:
        opened.append(market.store)
        return market.store

    running = Tape(market.cache, connect)
    messages = [running.message(SYMBOL, {}) for _ in range(3)]
    assert messages[0] == messages[2]
    assert len(opened) == 1


def test_a_store_that_is_away_is_said_and_tried_again(market: Market) -> None:
    answers: list[Store | None] = [None, market.store]

    def connect() -> Store:
        store = answers.pop(0)
        if store is None:
            raise StoreError("away")
        return store

    running = Tape(market.cache, connect)
    held = {"of": SYMBOL, "after": 1}
    failed = running.message(SYMBOL, held)
    assert "store does not answer" in failed["reason"]
    assert "snap" not in failed
    assert running.message(SYMBOL, held)["reason"] == ""


def open_tape(page: Page, board: Board, symbol: str = "ETHUSDT") -> None:
    page.goto(f"{board.url}/data?view=tape&symbol={symbol}")
    until(page, f"{IDS}.length > 20", 40)


FEED = """(messages) => messages.map((message) => {
    dash_clientside.sb.tapeTrades(message);
    const said = (id) => document.getElementById(id);
    const lines = [...said('tape-body').rows].map((row) => row.textContent);
    return [lines, said('tape-word').textContent, said('tape-view').className];
})"""


def feed(page: Page, *messages: dict[str, Any]) -> list[Any]:
    """Give the tape three trades, the newest after a gap, once for each message: its lines, its word and its look.

    All in one go, so that no answer of the server comes in between.
    """
    trades = {"id": [1, 2, 9], "time": [0, 1, 2], "price": [5, 5, 6], "size": [1, 1, 1], "sell": [0, 1, 0]}
    base = {"of": "sim:A", "state": "LIVE", "reason": "", "snap": True, "digits": [2, 2]}
    found: list[Any] = page.evaluate(FEED, [base | trades | more for more in messages])
    return found


@browser
def test_the_tape_shows_the_trades_of_the_api_newest_first(page: Page, board: Board) -> None:
    open_tape(page, board)
    page.locator("#tape-pause").click()
    shown = page.locator("#tape-body tr:not(:has(.gap))").evaluate_all(
        "(lines) => lines.map((line) => [...line.cells].map((cell) => cell.textContent))"
    )
    answer = page.request.get(f"{board.url}/api/v1/ticks?symbol=ETHUSDT&limit=400").json()["ticks"]
    known = {str(tick["trade_id"]): tick for tick in answer}
    assert [int(line[5]) for line in shown] == sorted((int(line[5]) for line in shown), reverse=True)
    for time, price, size, _value, side, id in shown[:50]:
        tick = known[id]
        assert tick["time"][11:23] == time
        assert float(price.replace(",", "")) == tick["price"]
        assert float(size.replace(",", "")) == tick["quantity"]
        assert side == ("▼ sell" if tick["buyer_is_maker"] else "▲ buy")
    assert all(re.fullmatch(r"\d\d:\d\d:\d\d\.\d{3}", line[0]) for line in shown)


@browser
def test_it_runs_and_the_button_holds_it_in_sight_of_all(page: Page, board: Board) -> None:
    open_tape(page, board)
    expect(page.locator("#tape-word")).to_have_text("RUNNING")
    before = page.evaluate(IDS)
    until(page, f"{IDS}[0] > {before[0]}")
    page.locator("#tape-pause").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#tape-word")).to_have_text("PAUSED")
    expect(page.locator("#tape-pause")).to_have_attribute("aria-pressed", "true")
    held = page.evaluate(IDS)
    expect(page.locator("#tape-count")).to_have_text(re.compile(r"\d+ newer"))
    assert page.evaluate(IDS) == held
    page.locator("#tape-pause").click()
    until(page, f"{IDS}[0] > {held[0]}")
    assert len(page.evaluate(IDS)) <= TRADES
    expect(page.locator("#tape-word")).to_have_text("RUNNING")


@browser
def test_it_stands_still_under_the_pointer(page: Page, board: Board) -> None:
    open_tape(page, board)
    page.locator("#tape-body tr").nth(5).hover()
    expect(page.locator("#tape-word")).to_have_text("PAUSED")
    held = page.evaluate(IDS)
    expect(page.locator("#tape-count")).to_have_text(re.compile(r"\d+ newer"))
    assert page.evaluate(IDS) == held
    page.mouse.move(5, 5)
    expect(page.locator("#tape-word")).to_have_text("RUNNING")
    until(page, f"{IDS}[0] > {held[0]}")


@browser
def test_missing_trades_and_a_stale_feed_are_said(page: Page, board: Board) -> None:
    open_tape(page, board)
    away = {"reason": "The store does not answer.", "snap": False}
    whole, late, silent, foreign = feed(page, {}, {"state": "CATCHING_UP"}, away, {"of": "sim:B", "snap": False})
    assert len(whole[0]) == 4
    assert whole[0][1] == "⋯ 6 trades are missing here"
    assert whole[1:] == ["RUNNING", ""]
    assert late[1:] == ["CATCHING UP", "dim"]
    assert silent[1:] == ["The store does not answer.", "dim"]
    # Too late an answer, for another symbol, changes nothing.
    assert foreign == silent


@browser
def test_it_asks_once_a_second_and_only_while_it_is_in_sight(page: Page, board: Board) -> None:
    open_tape(page, board)
    asked: list[Any] = []
    page.on("request", lambda request: asked.append(request.post_data))

    def asks() -> int:
        return sum("tape-ask.data" in json.loads(body)["changedPropIds"] for body in asked if body)

    page.wait_for_timeout(2500)
    assert 1 <= asks() <= 3
    page.locator("#data-view input[value='bars']").check()
    expect(page.locator("#data-note")).to_contain_text("bars")
    asked.clear()
    page.wait_for_timeout(1500)
    assert asks() == 0


@browser
def test_another_symbol_replaces_all_of_it(page: Page, board: Board) -> None:
    open_tape(page, board)
    page.locator("#data-symbol").click()
    page.wait_for_selector(".dash-dropdown-search")
    page.keyboard.type("btc")
    page.locator(".dash-dropdown-option", has_text="BTCUSDT").click()
    expect(page.locator("#data-panel-title")).to_have_text("BTCUSDT")
    price = "Number(document.querySelector('#tape-body td:nth-child(2)').textContent.replaceAll(',', ''))"
    until(page, f"{price} > 20000")
    assert all(
        float(cell.replace(",", "")) > 20_000 for cell in page.locator("#tape-body td:nth-child(2)").all_text_contents()
    )
    assert "undefined" not in text(page, "tape-body")
