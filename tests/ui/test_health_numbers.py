"""The health page's numbers: what is said of a healthy board and of a broken one."""

from __future__ import annotations

import os
import time

import pytest

from callbacks import health, latency
from callbacks.health import HealthView, Rates
from callbacks.health_rows import filled
from callbacks.latency import EDGES_MS, Latencies
from runtime import metrics
from runtime.settings import Settings
from store import Store, keys
from tests.ui.harness import wait_for
from tests.ui.market import MINUTE, Market, bars

SILENT_MS = 6_000


@pytest.fixture
def view(market: Market, monkeypatch: pytest.MonkeyPatch) -> HealthView:
    """The page's numbers over the market, read anew at every asking; both roles have spoken."""
    monkeypatch.setattr(health, "READ_EVERY_S", 0.0)
    market.store.status.beat("ingest", {"received": 100})
    market.store.status.beat("resample", {"ticks": 90, "bars": 8, "lag_ms": 0, "too_late": 3, "revised": 2})
    settings = Settings()
    redis = settings.redis.model_copy(update={"url": market.store.url})
    return HealthView(market.cache, settings.model_copy(update={"redis": redis}))


def silence(store: Store, role: str) -> None:
    store.link.run("HSET", keys.health(role), "beat_ms", int(time.time() * 1000) - SILENT_MS)


def test_a_healthy_board_is_in_order_and_simulated_never_passes_for_live(view: HealthView) -> None:
    message = view.message()
    assert (message["store"], message["troubles"]) == ("", [])
    words = {id: stage["word"] for id, stage in message["stages"].items()}
    assert words == {
        "exchange": "SIMULATED", "ingest": "RUNNING", "ticks": "OK", "resample": "RUNNING", "bars": "OK",
    }  # fmt: skip
    assert message["stages"]["ingest"]["lag"] == 7
    assert message["late"] == 3
    assert [row["id"] for row in message["symbols"]] == ["sim:BTCUSDT", "sim:ETHUSDT"]
    assert message["memory"]["store"] > 100_000
    assert message["memory"]["web"] == pytest.approx(metrics.resident_bytes(os.getpid()), rel=0.2)
    assert metrics.resident_bytes(2**30) is None


def test_a_silent_ingestor_takes_its_numbers_and_every_symbol_down(view: HealthView, market: Market) -> None:
    silence(market.store, "ingest")
    message = view.message()
    assert message["troubles"] == ["ingest: no heartbeat in the past 5 s"]
    assert message["stages"]["exchange"]["word"] == "DOWN"
    ingest = message["stages"]["ingest"]
    assert (ingest["word"], ingest["value"], ingest["lag"]) == ("SILENT", None, None)
    assert {(row["state"], row["dim"]) for row in message["symbols"]} == {("DOWN", True)}


def test_what_is_behind_or_old_says_so(view: HealthView, market: Market) -> None:
    market.store.status.beat("resample", {"lag_ms": 9_000})
    market.store.status.set_feed({"clock_offset_ms": 10 * MINUTE})
    stages = view.message()["stages"]
    assert (stages["resample"]["word"], stages["resample"]["lag"]) == ("BEHIND", 9_000)
    assert stages["bars"]["word"] == "STALE"


def test_a_supervisor_that_is_gone_is_not_believed(view: HealthView, market: Market) -> None:
    market.store.status.set_role("ingest", {"state": "restarting", "pid": 0, "restarts": 4, "since_ms": 1, "exit": -9})
    market.store.status.beat("supervisor", {"since_ms": 1})

    def ingest() -> tuple[str, str, int]:
        (row,) = (row for row in view.message()["roles"] if row["role"] == "ingest")
        return row["word"], row["exit"], row["restarts"]

    assert ingest() == ("RESTARTING", "SIGKILL", 4)
    silence(market.store, "supervisor")
    assert ingest() == ("RUNNING", "SIGKILL", 4)


def test_gaps_are_filled_abandoned_or_open(view: HealthView, market: Market) -> None:
    store = market.store
    store.ticks.add_hole("sim:ETHUSDT", 1, 2, "before this ingestor")
    time.sleep(0.005)
    store.status.set_role("ingest", {"state": "running", "pid": 1, "since_ms": int(time.time() * 1000)})
    store.live.set_states({"sim:ETHUSDT": {"gaps": 3, "state": "GAP"}, "sim:BTCUSDT": {"gaps": 3}})
    store.ticks.add_hole("sim:BTCUSDT", 7, 9, "too old")
    btc, eth = view.message()["symbols"]
    assert (eth["filled"], eth["unsure"], eth["holes"], eth["dim"]) == (2, False, 1, True)
    assert (btc["filled"], btc["unsure"], btc["holes"], btc["dim"]) == (2, True, 1, False)
    assert filled(1, 3, False) == 0


def test_bars_that_changed_after_their_close_are_counted(view: HealthView, market: Market) -> None:
    assert view.message()["symbols"][0]["revised"] == 0
    again = bars("BTCUSDT", 1, market.first_ms)[0]._replace(trades=9, flags=2)
    market.put("BTCUSDT", [again])
    wait_for(lambda: view.message()["symbols"][0]["revised"] == 1)


def test_a_store_that_went_away_leaves_old_numbers_and_the_reason(view: HealthView, market: Market) -> None:
    before = view.message()
    market.store.link.run("CLIENT", "PAUSE", 2_500)
    message = view.message()
    assert "127.0.0.1" in message["store"]
    assert message["troubles"] == [f"store: {message['store']}"]
    assert (message["at"], message["symbols"]) == (before["at"], before["symbols"])
    wait_for(lambda: view.message()["store"] == "")


def test_all_who_ask_within_a_moment_share_one_reading(view: HealthView, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "READ_EVERY_S", 60.0)
    first = view.message()
    assert view.message()["at"] == first["at"]


def test_rates_need_some_seconds_and_begin_anew_with_the_counters() -> None:
    rates = Rates()
    rates.take({"received": 100, "bars": 1}, 0.0)
    assert rates.per_s()["received"] is None
    rates.take({"received": 140, "bars": 3}, 4.0)
    assert rates.per_s() == {"received": 10, "stored": None, "read": None, "bars": 0.5}
    rates.take({"received": 40 + 100, "bars": 3}, 80.0)
    rates.take({"received": 240, "bars": 3}, 84.0)
    assert rates.per_s()["received"] == 25
    rates.take({"received": 3, "bars": 0}, 88.0)
    assert rates.per_s()["received"] is None


def test_latencies_are_those_of_the_notices() -> None:
    latencies = Latencies(lambda: 50.0)
    for late_ms in (10, 20, 30):
        latencies.take(keys.NOTIFY_TRADES, ["sim:A", 1, 1_000, 1.0, 1.0, False, 1_000 + late_ms - 50], 2_000)
    for open_ms in (60_000, 120_000, 60_000):  # the first is known from before, the last is a correction
        latencies.take(keys.NOTIFY_BARS, ["sim:A", "1m", open_ms], open_ms + MINUTE + 450)
    found = latencies.summary()
    assert (found["arrive"]["n"], found["arrive"]["p50"], found["arrive"]["p95"]) == (3, 20, 29)
    assert found["store"]["p50"] == 2_000 - 970
    assert (found["bar"]["n"], found["bar"]["p50"]) == (1, 500)
    bins = found["arrive"]["bins"]
    assert len(bins) == len(EDGES_MS) + 1
    assert [EDGES_MS[place - 1] for place, count in enumerate(bins) if count] == [10, 20, 30]


def test_listening_hears_the_store_and_ends_when_nobody_asks(market: Market, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(latency, "IDLE_S", 1.0)
    latencies = Latencies(lambda: 0.0)
    latencies.listen(market.store)

    def heard() -> bool:
        market.trade("BTCUSDT", 60_001.0)
        return latencies.summary()["store"]["n"] > 0

    wait_for(heard)
    assert 0 <= latencies.summary()["store"]["p50"] < 1_000
    listener = latencies._thread
    assert listener is not None
    wait_for(lambda: not listener.is_alive())
