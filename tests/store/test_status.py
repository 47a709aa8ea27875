"""Live state and status: what writers say is what readers see."""

from __future__ import annotations

import os
import time

from analytics.market import Bar, Tick
from store import Store
from store.live import open_bars

BTC, ETH = "binance:BTCUSDT", "binance:ETHUSDT"


def test_live_fields_of_several_writers_stay_apart(store: Store) -> None:
    bar = Bar(60_000, 1.0, 2.5, 1.0, 2.0, 3.0, 6.0, 1.5, 4, 0)
    store.live.set_states({BTC: {"state": "LIVE", "watermark_ms": 1234}, ETH: {"state": "GAP"}})
    store.live.set_open_bars(BTC, {"1m": bar})
    store.live.set_states({BTC: {"state": "QUIET"}, ETH: {}})
    rows = store.live.read_many([ETH, BTC, "binance:NONE"])
    assert rows[BTC] == {
        "state": "QUIET",
        "watermark_ms": "1234",
        "open:1m": "[60000,1.0,2.5,1.0,2.0,3.0,6.0,1.5,4,0]",
    }
    assert open_bars(rows[BTC]) == {"1m": bar}
    assert rows["binance:NONE"] == {}
    assert store.live.read(ETH) == rows[ETH] == {"state": "GAP"}
    assert store.live.watermarks([BTC, ETH]) == {BTC: 1234, ETH: 0}


def test_nothing_to_say_is_no_command(store: Store) -> None:
    store.live.set_states({})
    store.live.set_open_bars(BTC, {})
    store.status.set_feed({})
    assert store.live.read_many([]) == store.live.watermarks([]) == store.status.feed() == {}


def test_symbols_are_replaced(store: Store) -> None:
    assert store.status.symbols() == []
    store.status.set_symbols([ETH, BTC])
    assert store.status.symbols() == [BTC, ETH]
    store.status.set_symbols([ETH])
    assert store.status.symbols() == [ETH]
    store.status.set_symbols([])
    assert store.status.symbols() == []


def test_feed_fields_add_up(store: Store) -> None:
    store.status.set_feed({"source": "binance", "state": "STARTING"})
    store.status.set_feed({"state": "LIVE", "rate": 12.5})
    assert store.status.feed() == {"source": "binance", "state": "LIVE", "rate": "12.5"}


def test_a_switch_is_taken_once(store: Store) -> None:
    assert store.status.take_asked_source() is None
    store.status.ask_source("sim")
    store.status.ask_source("binance")
    assert store.status.take_asked_source() == "binance"
    assert store.status.take_asked_source() is None


def test_roles_and_their_beats(store: Store) -> None:
    store.status.beat("ingest", {"ticks": 5})
    beat = store.status.health("ingest")
    assert abs(int(beat["beat_ms"]) - time.time() * 1000) < 10_000
    assert (beat["pid"], beat["ticks"]) == (str(os.getpid()), "5")
    assert store.status.health("web") == {}
    store.status.set_role("web", {"state": "running", "pid": 7, "restarts": 0})
    store.status.set_role("web", {"state": "waiting", "restarts": 1})
    assert store.status.roles() == {"web": {"state": "waiting", "restarts": 1}}


def test_simulated_data_of_another_market_are_forgotten_and_live_data_stay(store: Store) -> None:
    for symbol in ("sim:BTCUSDT", "binance:BTCUSDT"):
        store.ticks.append([Tick(symbol, 1, 1_700_000_000_000, 1.0, 1.0, False)], 1_700_000_000_000)
        store.bars.put(symbol, "1m", [Bar(60_000, 1, 1, 1, 1, 1, 1, 1, 1, 0)])
    assert store.keep_simulated("a")
    assert store.ticks.newest("sim:BTCUSDT") is None
    assert not len(store.bars.read("sim:BTCUSDT", "1m"))
    assert store.ticks.newest("binance:BTCUSDT") is not None
    assert len(store.bars.read("binance:BTCUSDT", "1m")) == 1
    store.ticks.append([Tick("sim:BTCUSDT", 2, 1_700_000_000_000, 1.0, 1.0, False)], 1_700_000_000_000)
    assert not store.keep_simulated("a")
    assert store.ticks.newest("sim:BTCUSDT") is not None


def test_holes_are_counted_in_all_and_since_a_moment(store: Store) -> None:
    store.ticks.add_hole(BTC, 5, 9, "too old")
    time.sleep(0.005)
    since_ms = int(time.time() * 1000)
    store.ticks.add_hole(BTC, 20, 21, "too many")
    assert store.status.hole_counts([ETH, BTC], since_ms) == {ETH: (0, 0), BTC: (2, 1)}
    assert store.status.hole_counts([], since_ms) == {}
