"""Source policy: live first, simulated only when nothing live answers at start, and back when the user says so."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator

import pytest

from ingest import source
from ingest.ingestor import Ingestor
from ingest.sim.server import SimExchange
from runtime.settings import load
from store import Store


def wait(condition: Callable[[], bool], timeout_s: float = 20) -> None:
    deadline_s = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < deadline_s
        time.sleep(0.05)


@pytest.fixture
def ingest(store: Store, free_port: int) -> Iterator[Callable[..., threading.Event]]:
    ends: list[tuple[threading.Event, threading.Thread]] = []

    def begin(**overrides: object) -> threading.Event:
        settings = load(
            overrides={
                "feed.ws_url": f"ws://127.0.0.1:{free_port}", "feed.rest_url": f"http://127.0.0.1:{free_port}",
                "feed.symbols": "BTCUSDT,ETHUSDT", "feed.fallback_after_s": 1.5, "feed.backfill_1m_minutes": 5,
                "feed.backfill_1s_minutes": 1, "redis.url": store.url,
                **{key.replace("__", "."): value for key, value in overrides.items()},
            },
            environ={},
        )  # fmt: skip
        stop = threading.Event()
        thread = threading.Thread(target=Ingestor(settings, store, stop).run, daemon=True)
        thread.start()
        ends.append((stop, thread))
        return stop

    yield begin
    for stop, thread in ends:
        stop.set()
        thread.join(8)
        assert not thread.is_alive()


def test_without_a_live_endpoint_the_simulated_exchange_is_shown_as_such_and_live_is_offered_when_it_answers(
    store: Store, ingest: Callable[..., threading.Event], free_port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(source, "PROBE_EVERY_S", 0.3)
    ingest()
    wait(lambda: store.status.feed().get("venue") == "sim" and store.status.feed()["state"] == "LIVE")
    feed = store.status.feed()
    assert (feed["simulated"], feed["live_available"]) == ("1", "0")
    assert store.status.symbols() == ["sim:BTCUSDT", "sim:ETHUSDT"]
    assert store.ticks.length("binance:BTCUSDT") == 0
    with SimExchange(seed=5, rate=20, port=free_port):  # plays the live exchange, on the configured address
        wait(lambda: store.status.feed()["live_available"] == "1")
        assert store.status.feed()["venue"] == "sim"
        store.status.ask_source("binance")
        wait(lambda: store.status.feed()["venue"] == "binance" and store.status.feed()["state"] == "LIVE")
        assert store.status.feed()["simulated"] == "0"
        assert store.status.symbols() == ["binance:BTCUSDT", "binance:ETHUSDT"]
        wait(lambda: store.ticks.length("binance:BTCUSDT") > 0)


def test_without_fallback_the_reason_is_shown_and_live_is_taken_when_it_comes(
    store: Store, ingest: Callable[..., threading.Event], free_port: int
) -> None:
    ingest(feed__fallback="none")
    wait(lambda: store.status.feed().get("state") == "DOWN")
    assert "refused" in store.status.feed()["reason"].lower()
    time.sleep(2)
    assert store.status.feed()["venue"] == "binance"
    with SimExchange(seed=5, rate=20, port=free_port):
        wait(lambda: store.status.feed()["state"] == "LIVE")


def test_live_data_shown_a_moment_ago_are_not_replaced_by_simulated_ones(
    store: Store, ingest: Callable[..., threading.Event], free_port: int
) -> None:
    with SimExchange(seed=5, rate=20, port=free_port):
        first = ingest()
        wait(lambda: store.status.feed().get("state") == "LIVE")
        time.sleep(1.1)
        first.set()
    ingest()
    time.sleep(4)
    assert store.status.feed()["venue"] == "binance"
    assert store.status.feed()["state"] == "DOWN"


def test_a_simulated_exchange_that_dies_is_started_again(
    store: Store, ingest: Callable[..., threading.Event], monkeypatch: pytest.MonkeyPatch
) -> None:
    children = []
    real = source.SimulatedExchange.start

    def start(self: source.SimulatedExchange) -> str:
        url = real(self)
        children.append(self._process)
        return url

    monkeypatch.setattr(source.SimulatedExchange, "start", start)
    ingest(feed__source="sim")
    wait(lambda: store.status.feed().get("state") == "LIVE")
    before = store.ticks.newest("sim:BTCUSDT")
    children[-1].kill()
    wait(
        lambda: (
            (newest := store.ticks.newest("sim:BTCUSDT")) is not None
            and before is not None
            and newest.trade_id > before.trade_id + 20
        )
    )
    wait(lambda: store.live.read("sim:BTCUSDT")["state"] == "LIVE")
    ids = [tick.trade_id for tick in store.ticks.range("sim:BTCUSDT")]
    assert ids == list(range(ids[0], ids[0] + len(ids)))


def test_a_live_venue_that_answers_but_is_quiet_is_not_replaced(
    store: Store, ingest: Callable[..., threading.Event], free_port: int
) -> None:
    with SimExchange(seed=5, rate=20, port=free_port) as exchange:
        exchange.faults.mute("*")
        ingest()
        time.sleep(4)
        assert store.status.feed()["venue"] == "binance"
