"""Snapshots and deltas over a real store: what a viewer has, plus what he is sent, is what is true."""

from __future__ import annotations

import time
from collections.abc import Iterator

import numpy as np
import pytest

from analytics.live import PairBook
from analytics.market import Bar, Tick
from callbacks.live import Live
from callbacks.message import Message
from runtime.settings import Settings
from store import Store
from store.cache import MarketCache
from tests.ui.harness import wait_for

MINUTE = 60_000
BARS = 200
NAMES = ("BTCUSDT", "ETHUSDT")
QUERY = "y=ETHUSDT&x=BTCUSDT&tf=1m&window=60"


def bars(name: str, count: int, first_ms: int) -> list[Bar]:
    rng = np.random.default_rng(len(name) + ord(name[0]))
    level = 60_000.0 if name == "BTCUSDT" else 3_000.0
    closes = np.round(level * np.exp(np.cumsum(rng.normal(0, 1e-3, count))), 2)
    return [
        Bar(first_ms + at * MINUTE, close, close, close, close, 2.5, 2.5 * close, 1.0, 7, 0)
        for at, close in enumerate(closes.tolist())
    ]


class Market:
    """A store with two symbols, the cache over it, and the messages made from both."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.first_ms = (int(time.time() * 1000) // MINUTE - BARS) * MINUTE
        self.trades = 0
        symbols = [f"sim:{name}" for name in NAMES]
        store.status.set_symbols(symbols)
        store.status.set_feed({"source": "sim", "venue": "sim", "simulated": "1", "state": "LIVE", "latency_ms": "7"})
        store.live.set_states({symbol: {"state": "LIVE"} for symbol in symbols})
        for name in NAMES:
            self.put(name, bars(name, BARS, self.first_ms))
            self.trade(name, 60_000.5 if name == "BTCUSDT" else 3_000.25)
        self.cache = MarketCache(store)
        self.cache.start()
        self.live = Live(self.cache, PairBook(self.cache), Settings())

    def put(self, name: str, new: list[Bar]) -> None:
        self.store.bars.put(f"sim:{name}", "1m", new)

    def trade(self, name: str, price: float) -> None:
        self.trades += 1
        now_ms = int(time.time() * 1000)
        self.store.ticks.append([Tick(f"sim:{name}", self.trades, now_ms, price, 0.1, False)], now_ms)

    def pair(self, cursor: str = "") -> Message | None:
        return self.live.message("pair", QUERY, cursor)


@pytest.fixture
def market(store: Store) -> Iterator[Market]:
    market = Market(store)
    yield market
    market.cache.stop()


def following(market: Market, cursor: str) -> Message:
    """The next message that says more than that the line is alive."""
    found: list[Message] = []

    def more() -> bool:
        message = market.pair(cursor)
        if message and (set(message) - {"a", "c"}):
            found.append(message)
        return bool(found)

    wait_for(more, 5)
    return found[0]


def test_a_snapshot_holds_everything_and_a_delta_only_what_changed(market: Market) -> None:
    first = market.pair()
    assert first is not None
    assert first["snap"]["window"] == 60
    assert first["f"]["sim"] is True
    assert first["bars"]["open_ms"].size == BARS
    assert {"z", "hedge", "ready", "state"} <= set(first["n"])
    market.trade("ETHUSDT", 3_001.25)
    delta = following(market, first["c"])
    assert "snap" not in delta
    assert "bars" not in delta
    assert delta["n"]["y"] == 3_001.25
    assert not {"x", "hedge", "corr", "r2"} & set(delta["n"])


def test_a_closed_bar_is_sent_once_and_leaves_history_alone(market: Market) -> None:
    first = market.pair()
    assert first is not None
    for name in NAMES:
        market.put(name, bars(name, BARS + 1, market.first_ms)[-1:])
    delta = following(market, first["c"])
    while "bars" not in delta:
        delta = following(market, delta["c"])
    assert "snap" not in delta
    assert delta["bars"]["open_ms"].tolist() == [market.first_ms + BARS * MINUTE]
    whole = market.pair()
    assert whole is not None
    for name, column in first["bars"].items():
        assert np.array_equal(whole["bars"][name][:BARS], column, equal_nan=column.dtype.kind == "f"), name


def test_a_revised_bar_comes_as_a_new_snapshot(market: Market) -> None:
    first = market.pair()
    assert first is not None
    late = bars("ETHUSDT", BARS, market.first_ms)[-30]
    market.put("ETHUSDT", [late._replace(close=late.close + 5, trades=8)])
    changed = following(market, first["c"])
    assert changed["snap"]
    assert changed["c"].split(".")[0] != first["c"].split(".")[0]


def test_viewers_share_one_line_of_messages(market: Market) -> None:
    one, two = market.pair(), market.pair()
    assert one is not None
    assert two is not None
    assert one["c"].split(".")[0] == two["c"].split(".")[0]
    assert one["bars"]["z"] is not None


def test_a_quiet_market_still_says_that_the_line_is_alive(market: Market) -> None:
    first = market.pair()
    assert first is not None
    cursor = first["c"]
    said = 0
    end = time.monotonic() + 2.5
    while time.monotonic() < end:
        message = market.pair(cursor)
        if message:
            said += 1
            cursor = message["c"]
        time.sleep(0.02)
    assert 2 <= said <= 8


def test_the_board_sends_changed_cells_only(market: Market) -> None:
    first = market.live.message("board", "", "")
    assert first is not None
    assert first["rows"]["s0"]["name"] == "BTCUSDT"
    assert len(first["rows"]["s0"]["spark"]) == 120
    assert first["rows"]["s0"]["span"] == BARS - 1
    market.trade("BTCUSDT", 60_100.5)
    time.sleep(0.3)
    delta = market.live.message("board", "", first["c"])
    assert delta is not None
    assert "snap" not in delta
    assert delta["rows"]["s0"]["price"] == 60_100.5
    assert "spark" not in delta["rows"]["s0"]
    assert "price" not in delta["rows"].get("s1", {})


@pytest.mark.parametrize("cursor", ["x", "a.b.c.d.e", "1.2.3", "-.-1.0.0.0", "é.1.1.1.1", "0" * 5000])
def test_a_cursor_from_elsewhere_is_answered_with_a_snapshot(market: Market, cursor: str) -> None:
    message = market.pair(cursor)
    assert message is not None
    assert message["snap"]
