"""The market in memory: follows the store, never changes what it handed out, and says when it cannot know."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator

import numpy as np
import pytest

from analytics.live import LastTrade
from analytics.market import PARTIAL, Bar, Tick
from store import Store, keys, open_store
from store import cache as cache_module
from store.cache import MarketCache
from store.series import CAPACITY
from store.server import EmbeddedServer

BTC, ETH = "binance:BTCUSDT", "binance:ETHUSDT"


def bar(open_ms: int, close: float = 2.0, flags: int = 0) -> Bar:
    return Bar(open_ms, 1.0, 2.5, 0.5, close, 3.125, 6.1, 1.5, 4, flags)


def until(condition: Callable[[], bool], timeout_s: float = 5.0) -> None:
    deadline = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < deadline, "it never came true"
        time.sleep(0.005)


@pytest.fixture
def cache(store: Store) -> Iterator[MarketCache]:
    store.status.set_symbols([BTC, ETH])
    cache = MarketCache(store)
    cache.start()
    yield cache
    cache.stop()


def test_bars_are_loaded_at_first_use_and_then_followed(store: Store, cache: MarketCache) -> None:
    bars = [bar(60_000 * i) for i in range(1, 6)]
    store.bars.put(BTC, "1m", bars[:3])
    first = cache.bars(BTC, "1m")
    np.testing.assert_array_equal(first.bars, np.array(bars[:3]))
    assert cache.bars(BTC, "1m") is first
    store.bars.put(BTC, "1m", bars[3:])
    until(lambda: len(cache.bars(BTC, "1m").bars) == 5)
    second = cache.bars(BTC, "1m")
    np.testing.assert_array_equal(second.bars, np.array(bars))
    assert second.version != first.version
    assert second.bars.base is first.bars.base, "an appended bar must not copy the others"
    assert len(first.bars) == 3


def test_a_view_never_changes(store: Store, cache: MarketCache) -> None:
    store.bars.put(BTC, "1m", [bar(60_000), bar(120_000, 1.5, PARTIAL), bar(180_000)])
    old = cache.bars(BTC, "1m")
    copy = old.bars.copy()
    store.bars.put(BTC, "1m", [bar(120_000, 2.25)])
    until(lambda: cache.bars(BTC, "1m").version != old.version)
    np.testing.assert_array_equal(old.bars, copy)
    assert cache.bars(BTC, "1m").bars[1, 4] == 2.25
    with pytest.raises(ValueError, match="read-only"):
        old.bars[0, 0] = 1


def test_older_bars_arrive_later(store: Store, cache: MarketCache) -> None:
    store.bars.put(BTC, "1s", [bar(10_000)])
    assert len(cache.bars(BTC, "1s").bars) == 1
    store.bars.put(BTC, "1s", [bar(1000 * i) for i in range(1, 10)])
    until(lambda: len(cache.bars(BTC, "1s").bars) == 10)
    assert list(cache.bars(BTC, "1s").bars[:, 0]) == [1000 * i for i in range(1, 11)]


def test_a_series_holds_its_capacity_and_no_more(store: Store, cache: MarketCache) -> None:
    most = CAPACITY["5m"]
    store.bars.put(BTC, "5m", [bar(300_000 * i) for i in range(most + 10)])
    assert len(cache.bars(BTC, "5m").bars) == most
    for extra in range(10, 610, 100):
        last = most + extra + 100
        store.bars.put(BTC, "5m", [bar(300_000 * i) for i in range(most + extra, last)])
        until(lambda last=last: cache.bars(BTC, "5m").bars[-1, 0] == 300_000 * (last - 1))
        held = cache.bars(BTC, "5m").bars
        np.testing.assert_array_equal(held, store.bars.read(BTC, "5m", limit=most))


def test_unknown_names(cache: MarketCache) -> None:
    assert cache.bars("binance:NONE", "1m").bars.shape == (0, 10)
    assert cache.trade("binance:NONE") is None
    assert cache.state("binance:NONE") == "DOWN"
    assert cache.live("binance:NONE") == {}
    with pytest.raises(ValueError, match="timeframe: expected one of 1s, 1m, 5m, 15m, 30m, 1h, 4h, 1d, got '2m'"):
        cache.bars(BTC, "2m")


def test_trades_arrive_and_never_go_back(store: Store, cache: MarketCache) -> None:
    assert cache.trade(BTC) is None
    store.ticks.append([Tick(BTC, 5, 1000, 61828.01, 0.5, True)], 1010)
    until(lambda: cache.trade(BTC) == LastTrade(5, 1000, 61828.01, 0.5, True, 1010))
    store.link.run("PUBLISH", keys.NOTIFY_TRADES, f'["{BTC}",4,990,1.0,1.0,false,1011]')
    store.ticks.append([Tick(BTC, 6, 1000, 61828.5, 0.25, False)], 1012)
    until(lambda: cache.trade(BTC) == LastTrade(6, 1000, 61828.5, 0.25, False, 1012))


def test_a_lost_notice_does_no_harm(store: Store, cache: MarketCache, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cache_module, "_REREAD_S", 0.2)
    store.bars.put(BTC, "1m", [bar(60_000)])
    cache.bars(BTC, "1m")
    other = open_store(store.url)
    bars = [bar(60_000), bar(120_000)]
    other.link.run("ZADD", keys.bars(BTC, "1m"), 120_000, b"[120000,1.0,2.5,0.5,2.0,3.125,6.1,1.5,4,0]")
    trade = {"trade_id": 9, "time_ms": 1, "price": "2.5", "quantity": "1", "buyer_is_maker": 0, "received_ms": 3}
    other.live.set_states({BTC: trade})
    until(lambda: len(cache.bars(BTC, "1m").bars) == 2)
    np.testing.assert_array_equal(cache.bars(BTC, "1m").bars, np.array(bars))
    until(lambda: cache.trade(BTC) == LastTrade(9, 1, 2.5, 1.0, False, 3))
    other.close()


def test_states_and_feed_are_followed(store: Store, cache: MarketCache) -> None:
    assert cache.state(BTC) == "INIT"
    store.live.set_states({BTC: {"state": "LIVE", "ticks": 4}})
    store.status.set_feed({"state": "LIVE", "source": "sim"})
    until(lambda: cache.state(BTC) == "LIVE" and cache.feed() == {"state": "LIVE", "source": "sim"})
    assert cache.live(BTC)["ticks"] == "4"
    assert cache.symbols() == [BTC, ETH]
    store.status.set_symbols([ETH])
    until(lambda: cache.state(BTC) == "DOWN" and cache.symbols() == [ETH])


def test_a_silent_ingestor_is_down(store: Store, cache: MarketCache, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cache_module, "SILENT_S", 0.6)
    store.live.set_states({BTC: {"state": "LIVE"}})
    store.status.beat("ingest", {})
    until(lambda: cache.state(BTC) == "LIVE")
    version = cache.wait(-1, 0)
    until(lambda: cache.state(BTC) == "DOWN" and cache.feed()["state"] == "DOWN")
    assert cache.wait(version, 1.0) != version
    assert "silent" in cache.feed()["reason"]
    store.status.beat("ingest", {})
    until(lambda: cache.state(BTC) == "LIVE")


def test_a_silent_resampler_is_told(store: Store, cache: MarketCache, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cache_module, "SILENT_S", 0.6)
    assert cache.stopped() == "", "one that has never spoken is not silent"
    store.live.set_states({BTC: {"state": "LIVE"}})
    store.status.beat("resample", {})
    until(lambda: "resample" in cache._beats and cache._beats["resample"][0] != "")
    version = cache.wait(-1, 0)
    until(lambda: "resample process has been silent" in cache.stopped())
    assert cache.wait(version, 1.0) != version
    assert cache.state(BTC) == "LIVE"
    store.status.beat("resample", {})
    until(lambda: cache.stopped() == "")


def test_wait_wakes_for_a_change_only(store: Store, cache: MarketCache) -> None:
    version = cache.wait(-1, 0)
    begin = time.monotonic()
    assert cache.wait(version, 0.4) == version
    assert time.monotonic() - begin >= 0.35
    threading.Timer(0.1, store.ticks.append, ([Tick(BTC, 5, 1000, 1.5, 0.5, True)], 1)).start()
    begin = time.monotonic()
    assert cache.wait(version, 5.0) > version
    assert time.monotonic() - begin < 1.0


def test_series_nobody_asks_for_are_forgotten(
    store: Store, cache: MarketCache, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.bars.put(BTC, "1m", [bar(60_000)])
    cache.bars(BTC, "1m")
    monkeypatch.setattr(cache_module, "_FORGET_S", 0.0)
    until(lambda: not cache._held)
    monkeypatch.setattr(cache_module, "_FORGET_S", 900.0)
    assert len(cache.bars(BTC, "1m").bars) == 1


def test_it_survives_the_server(server: EmbeddedServer) -> None:
    store, writer = open_store(server.url, timeout_s=1.0), open_store(server.url, timeout_s=1.0)
    writer.status.set_symbols([BTC])
    writer.live.set_states({BTC: {"state": "LIVE"}})
    writer.bars.put(BTC, "1m", [bar(60_000)])
    cache = MarketCache(store)
    cache.start()
    assert cache.connected
    held = cache.bars(BTC, "1m")
    server.stop()
    until(lambda: not cache.connected)
    assert cache.state(BTC) == cache.feed()["state"] == "DOWN"
    assert cache.bars(BTC, "1m") is held, "what is held stays readable"
    assert len(cache.bars(BTC, "1s").bars) == 0
    server.start()
    writer.bars.put(BTC, "1m", [bar(120_000)])
    until(lambda: cache.connected and len(cache.bars(BTC, "1m").bars) == 2)
    assert cache.state(BTC) == "LIVE"
    writer.ticks.append([Tick(BTC, 5, 1000, 1.5, 0.5, True)], 1)
    until(lambda: cache.trade(BTC) is not None)
    cache.stop()
    assert not cache.connected
    store.close()
    writer.close()


def test_garbage_on_a_channel_does_not_end_the_reader(store: Store, cache: MarketCache) -> None:
    store.link.run("PUBLISH", keys.NOTIFY_BARS, "{not json")
    until(lambda: cache.connected)
    store.ticks.append([Tick(BTC, 5, 1000, 1.5, 0.5, True)], 1)
    until(lambda: cache.trade(BTC) is not None and cache.connected)
