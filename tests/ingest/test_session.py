"""The ingestor against the simulated exchange: whatever fails, every trade is in the stream once and in order."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator

import pytest

from analytics.market import PARTIAL, Tick
from ingest.feeds.binance import BinanceFeed
from ingest.ingestor import Ingestor
from ingest.rest import RestClient
from ingest.sim.server import SimExchange
from runtime.settings import Settings, load
from store import Store

NAMES = ["BTCUSDT", "ETHUSDT", "BNBUSDT"]


@pytest.fixture
def exchange() -> Iterator[SimExchange]:
    with SimExchange(seed=3, rate=20) as sim:
        yield sim


class Running:
    """An ingestor in a thread, with the exchange's own account of what was traded beside it."""

    def __init__(self, store: Store, exchange: SimExchange, **overrides: object):
        self.store = store
        self.settings: Settings = load(
            overrides={
                "feed.ws_url": exchange.ws_url, "feed.rest_url": exchange.rest_url, "feed.symbols": NAMES,
                "feed.fallback": "none", "feed.backfill_1m_minutes": 10, "feed.backfill_1s_minutes": 1,
                **{key.replace("__", "."): value for key, value in overrides.items()},
            },
            environ={},
        )  # fmt: skip
        self.reference = BinanceFeed([], RestClient([exchange.rest_url], weight_limit=10**9))
        self.stop_event = threading.Event()
        self.thread = threading.Thread(target=Ingestor(self.settings, store, self.stop_event).run, daemon=True)
        self.thread.start()

    def wait(self, condition: Callable[[], bool], what: str, timeout_s: float = 40) -> None:
        deadline_s = time.monotonic() + timeout_s
        while not condition():
            assert time.monotonic() < deadline_s, f"not within {timeout_s} s: {what}; {self.states()}"
            time.sleep(0.02)

    def states(self) -> dict[str, str]:
        return {name: self.store.live.read(f"binance:{name}").get("state", "") for name in NAMES}

    def live(self, name: str) -> dict[str, str]:
        return self.store.live.read(f"binance:{name}")

    def wait_live(self) -> None:
        self.wait(lambda: set(self.states().values()) == {"LIVE"}, "all symbols live")

    def wait_trades(self, more: int = 20) -> None:
        """Until every symbol has so many more trades than now."""
        goal = {name: self.store.ticks.length(f"binance:{name}") + more for name in NAMES}
        self.wait(lambda: all(self.store.ticks.length(f"binance:{n}") >= goal[n] for n in NAMES), f"{more} more trades")

    def stop(self) -> None:
        self.stop_event.set()
        self.thread.join(5)
        assert not self.thread.is_alive()

    def check_complete(self) -> None:
        """The stream holds what REST says was traded: the same ids, prices, sizes, sides, times, each once."""
        for name in NAMES:
            ticks = self.store.ticks.range(f"binance:{name}")
            expected = []
            while not expected or expected[-1].trade_id < ticks[-1].trade_id:
                expected += self.reference.trades_from(
                    name, expected[-1].trade_id + 1 if expected else ticks[0].trade_id
                )
            assert ticks == expected[: len(ticks)]


@pytest.fixture
def start(store: Store, exchange: SimExchange) -> Iterator[Callable[..., Running]]:
    started: list[Running] = []

    def begin(**overrides: object) -> Running:
        started.append(Running(store, exchange, **overrides))
        return started[-1]

    yield begin
    for each in started:
        each.stop_event.set()
    for each in started:
        each.thread.join(5)


def test_trades_are_stored_as_the_exchange_has_them_and_the_past_is_filled(start: Callable[..., Running]) -> None:
    board = start()
    board.wait_live()
    board.wait_trades(50)
    board.wait(lambda: len(board.store.bars.read("binance:BTCUSDT", "1m")) >= 10, "back-filled bars")
    board.wait(lambda: len(board.store.bars.read("binance:BTCUSDT", "5m")) >= 2, "back-filled 5m bars")
    assert not (board.store.bars.read("binance:ETHUSDT", "1m")[:, -1].astype(int) & PARTIAL).any()
    assert board.store.status.symbols() == sorted(f"binance:{name}" for name in NAMES)
    feed = board.store.status.feed()
    assert (feed["state"], feed["simulated"], feed["venue"]) == ("LIVE", "0", "binance")
    watermark = board.store.live.watermarks(["binance:BTCUSDT"])["binance:BTCUSDT"]
    assert abs(time.time() * 1000 - watermark) < 3000
    board.stop()
    board.check_complete()


FAULTS: dict[str, Callable[[SimExchange], None]] = {
    "abrupt cut": lambda sim: sim.faults.drop("abort"),
    "close 1001": lambda sim: sim.faults.drop("close"),
    "trades left out": lambda sim: sim.faults.gap("*", 7),
    "repeats": lambda sim: sim.faults.duplicate("*", 3, 30),
    "replay": lambda sim: sim.faults.replay("*", 40),
    "out of order": lambda sim: sim.faults.late("*", 4),
    "server shutdown": lambda sim: sim.faults.shutdown(),
    "stall inside a frame": lambda sim: sim.faults.stall(),
    "partial REST pages": lambda sim: (sim.faults.rest_lag(2), sim.faults.gap("*", 9))[0],
}


@pytest.mark.parametrize("fault", FAULTS)
def test_no_trade_is_lost_or_counted_twice(start: Callable[..., Running], exchange: SimExchange, fault: str) -> None:
    board = start()
    board.wait_live()
    board.wait_trades(10)
    FAULTS[fault](exchange)
    board.wait_trades(60)
    board.wait_live()
    board.stop()
    board.check_complete()


def test_garbage_is_refused_and_counted_and_trades_go_on(start: Callable[..., Running], exchange: SimExchange) -> None:
    board = start()
    board.wait_live()
    kinds = [
        "json",
        "event",
        "symbol",
        "zero_price",
        "negative_price",
        "nan_price",
        "zero_quantity",
        "future",
        "binary",
        "huge",
    ]
    for kind in kinds:
        exchange.faults.garbage(kind)
    board.wait(lambda: int(board.live("BTCUSDT").get("quarantined", 0)) >= 4, "refused prints counted")
    board.wait_trades(30)
    board.wait_live()
    board.stop()
    board.check_complete()


def test_a_mute_symbol_goes_stale_and_a_new_connection_brings_it_back(
    start: Callable[..., Running], exchange: SimExchange
) -> None:
    board = start(feed__stale_after_s=2)
    board.wait_live()
    exchange.faults.mute("ETHUSDT", current=True)
    board.wait(lambda: board.states()["ETHUSDT"] == "STALE", "ETHUSDT stale")
    assert board.states()["BTCUSDT"] == "LIVE"
    board.wait_live()
    board.wait_trades(20)
    board.stop()
    board.check_complete()


def test_a_half_open_connection_is_noticed(start: Callable[..., Running], exchange: SimExchange) -> None:
    board = start(feed__silent_after_s=1.5, feed__stale_after_s=60)
    board.wait_live()
    exchange.faults.half_open()
    board.wait(lambda: int(board.store.status.feed()["reconnects"]) >= 1, "reconnected")
    board.wait_live()
    board.wait_trades(20)
    board.stop()
    board.check_complete()


def test_a_refused_upgrade_is_shown_and_retried_when_it_may(
    start: Callable[..., Running], exchange: SimExchange
) -> None:
    exchange.faults.refuse(429, retry_after_s=2, target="ws", times=1)
    board = start()
    board.wait(lambda: "429" in board.store.status.feed().get("reason", ""), "the refusal shown")
    assert board.store.status.feed()["state"] == "DOWN"
    begin_s = time.monotonic()
    board.wait_live()
    assert time.monotonic() - begin_s > 1.0


def test_a_gap_that_is_too_long_is_declared_and_its_bars_are_healed(
    start: Callable[..., Running], exchange: SimExchange
) -> None:
    board = start(feed__refill_max_trades=3)
    board.wait_live()
    exchange.faults.gap("BTCUSDT", 8)
    board.wait(lambda: bool(board.store.ticks.holes("binance:BTCUSDT")), "the hole declared")
    hole = board.store.ticks.holes("binance:BTCUSDT")[0]
    assert hole.to_id - hole.from_id == 7
    assert "refill_max_trades" in hole.reason
    board.wait_live()
    opened = board.store.ticks.range("binance:BTCUSDT", limit=1)[0].time_ms
    board.wait(lambda: len(board.store.bars.read("binance:BTCUSDT", "1s", opened - 10_000)) > 0, "healed bars", 20)


def test_an_unknown_symbol_is_named_and_the_others_live(start: Callable[..., Running]) -> None:
    board = start(feed__symbols=[*NAMES, "NOSUCHUSDT"])
    board.wait_live()
    board.wait(
        lambda: (
            "NOSUCHUSDT" in board.store.status.feed().get("reason", "")
            or "binance:NOSUCHUSDT" not in board.store.status.symbols()
        ),
        "dropped",
    )
    assert board.store.status.symbols() == sorted(f"binance:{name}" for name in NAMES)


def test_a_restart_goes_on_where_the_stream_ends(start: Callable[..., Running]) -> None:
    first = start()
    first.wait_live()
    first.wait_trades(20)
    first.stop()
    time.sleep(1.5)
    second = start()
    second.wait_live()
    second.wait_trades(20)
    second.stop()
    second.check_complete()
    assert not second.store.ticks.holes("binance:BTCUSDT")


def test_the_watermark_stands_still_when_nothing_arrives(start: Callable[..., Running], exchange: SimExchange) -> None:
    board = start(feed__stale_after_s=120, feed__silent_after_s=120)
    board.wait_live()
    board.wait_trades(20)
    exchange.faults.refuse(503, target="rest")
    exchange.faults.half_open()
    time.sleep(1.0)
    newest_ms = max(board.store.ticks.range(f"binance:{name}", limit=1)[0].time_ms for name in NAMES)
    time.sleep(3.0)
    assert max(board.store.live.watermarks([f"binance:{name}" for name in NAMES]).values()) <= newest_ms


def test_bars_before_a_long_absence_are_not_fetched_second_by_second(
    store: Store, start: Callable[..., Running], exchange: SimExchange
) -> None:
    now_ms = int(time.time() * 1000)
    old = exchange.market.last_id("BTCUSDT", now_ms) - 1_000_000
    store.ticks.append([Tick("binance:BTCUSDT", old, now_ms - 7 * 86_400_000, 60_000.0, 1.0, False)], now_ms)
    board = start(feed__refill_max_trades=3)
    board.wait(lambda: bool(store.ticks.holes("binance:BTCUSDT")), "the hole declared")
    board.wait_live()
    board.wait(lambda: len(store.bars.read("binance:BTCUSDT", "1s")) > 30, "bars back-filled")
    assert store.bars.read("binance:BTCUSDT", "1s")[0, 0] > now_ms - 90_000


def test_one_odd_answer_does_not_freeze_a_symbol(
    start: Callable[..., Running], exchange: SimExchange, monkeypatch: pytest.MonkeyPatch
) -> None:
    board = start()
    board.wait_live()
    real, odd = BinanceFeed.trades_from, iter([True])

    def trades_from(self: BinanceFeed, name: str, first_id: int) -> list[Tick]:
        if next(odd, False):
            raise RuntimeError("something nobody thought of")
        return real(self, name, first_id)

    monkeypatch.setattr(BinanceFeed, "trades_from", trades_from)
    exchange.faults.gap("BTCUSDT", 5)
    board.wait_trades(60)
    board.wait_live()
