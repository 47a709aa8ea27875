"""/healthz and /metrics: what they say when all is well, and that they say it in time when it is not."""

from __future__ import annotations

import os
import signal
import time

import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests.api.harness import SYMBOLS, Site, wait_until


def test_all_is_well(own_site: Site) -> None:
    answer = own_site.get("/healthz")
    body = answer.json()
    assert (answer.status_code, body["status"], body["reasons"]) == (200, "ok", [])
    assert body["feed"] == {"source": "binance", "venue": "binance", "state": "LIVE", "simulated": False}
    assert body["redis"] == "ok"
    assert body["roles"]["ingest"] | {"beat_age_ms": 0} == {
        "state": "running", "pid": 1, "restarts": 4, "since_ms": 0, "alive": True, "beat_age_ms": 0,
    }  # fmt: skip
    assert set(body["symbols"]) == set(SYMBOLS)
    symbol = body["symbols"]["binance:BTCUSDT"]
    assert symbol.pop("age_ms") > 0
    assert symbol == {"state": "LIVE", "ticks": 50, "gaps": 1, "duplicates": 2}


def test_a_simulated_feed_is_healthy_and_says_what_it_is(own_site: Site) -> None:
    own_site.store.status.set_feed({"source": "sim", "venue": "sim", "simulated": "1"})
    answer = own_site.get("/healthz")
    assert answer.status_code == 200
    assert answer.json()["feed"]["simulated"] is True
    assert own_site.get("/api/v1/symbols").headers["X-Spreadboard-Simulated"] == "1"


@pytest.mark.parametrize("state", ["DOWN", "STARTING"])
def test_a_feed_that_is_not_live_is_503(own_site: Site, state: str) -> None:
    own_site.store.status.set_feed({"state": state, "reason": "no endpoint answers"})
    answer = own_site.get("/healthz")
    assert answer.status_code == 503
    assert answer.json()["reasons"] == [f"feed: {state} no endpoint answers"]


def test_a_silent_role_is_503(own_site: Site) -> None:
    own_site.store.link.run("HSET", "health:resample", "beat_ms", int(time.time() * 1000) - 5_500)
    answer = own_site.get("/healthz")
    assert answer.status_code == 503
    assert answer.json()["reasons"] == ["resample: no heartbeat in the past 5 s"]
    assert answer.json()["roles"]["resample"]["alive"] is False


def test_a_feed_without_its_ingestor_is_down(own_site: Site) -> None:
    own_site.store.link.run("HSET", "health:ingest", "beat_ms", int(time.time() * 1000) - 5_500)
    answer = own_site.get("/healthz")
    assert answer.status_code == 503
    assert answer.json()["feed"]["state"] == "DOWN"
    assert 'spreadboard_feed_live{source="binance",venue="binance"} 0.0' in own_site.get("/metrics").text


def test_a_stopped_store_is_503_at_once_and_back_by_itself(own_site: Site) -> None:
    own_site.redis.stop()
    began = time.monotonic()
    answer = own_site.get("/healthz")
    assert time.monotonic() - began < 1.0
    assert answer.status_code == 503
    assert answer.json()["redis"] == "down"
    assert own_site.get("/api/v1/bars?symbol=BTCUSDT").status_code == 503
    assert own_site.get("/api/v1/bars?symbol=BTCUSDT").json()["type"].endswith("store-unavailable")
    assert b"spreadboard_store_up 0.0" in own_site.get("/metrics").content
    own_site.redis.start()
    own_site.store.status.beat("ingest", {})
    own_site.store.status.beat("resample", {})
    wait_until(lambda: own_site.get("/healthz").status_code == 200)


def test_a_store_that_hangs_is_503_within_a_second(own_site: Site) -> None:
    pid = int(own_site.store.info()["process_id"])
    os.kill(pid, signal.SIGSTOP)
    try:
        for _ in range(2):
            began = time.monotonic()
            answer = own_site.get("/healthz")
            assert time.monotonic() - began < 1.0
            assert answer.status_code == 503
            assert "redis" in answer.json()["reasons"][-1]
    finally:
        os.kill(pid, signal.SIGCONT)


def test_metrics_can_be_scraped(site: Site) -> None:
    site.get("/api/v1/bars?symbol=BTCUSDT")
    answer = site.get("/metrics")
    assert answer.headers["Content-Type"].startswith("text/plain")
    found = {
        (sample.name, *sorted(sample.labels.values())): sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
    }
    assert found["spreadboard_ticks_total", "binance:BTCUSDT"] == 50
    assert found["spreadboard_gaps_total", "binance:BTCUSDT"] == 1
    assert found["spreadboard_duplicates_total", "binance:BTCUSDT"] == 2
    assert found["spreadboard_stream_length", "binance:BTCUSDT"] == 50
    assert found["spreadboard_feed_latency_seconds",] == 0.042
    assert found["spreadboard_feed_live", "binance", "binance"] == 1
    assert found["spreadboard_resampler_lag_seconds",] == 0.12
    assert found["spreadboard_role_restarts_total", "ingest"] == 4
    assert found["spreadboard_last_trade_age_seconds", "binance:BTCUSDT"] > 0
    assert found["spreadboard_request_seconds_count", "/api/v1/bars", "200", "GET"] >= 1  # type: ignore[comparison-overlap]
    assert found["process_resident_memory_bytes",] > 1e6
    assert found["spreadboard_event_streams",] == 0


def test_symbols_have_their_state(site: Site) -> None:
    body = site.get("/api/v1/symbols").json()
    assert body["feed"] == {"source": "binance", "venue": "binance", "state": "LIVE", "simulated": False}
    row = body["symbols"][0]
    assert row.pop("age_ms") > 0
    assert row.pop("time_ms") > 0
    assert row == {"symbol": "binance:BTCUSDT", "venue": "binance", "name": "BTCUSDT", "state": "LIVE", "price": 149.5}
