"""The service on a real server: closing, restarts, late trades, symbols that come and go, failures."""

from __future__ import annotations

import itertools
import time
from typing import Any

import pytest

from analytics.market import PARTIAL, REVISED, SYNTHETIC, Bar, Tick
from ingest.bar_track import Track
from store import Store, keys
from store.live import open_bars
from store.server import EmbeddedServer

A, B = "sim:AUSDT", "sim:BUSDT"
BASE = 1_700_000_100_000
FIVE = 300_000


@pytest.fixture
def feed(store: Store, tools: Any) -> Feed:
    store.status.set_symbols([A])
    return Feed(store, tools)


class Feed:
    """Writes trades as the ingestor would, and waits for what the resampler makes of them."""

    def __init__(self, store: Store, tools: Any) -> None:
        self.store, self.tools = store, tools
        self.ticks: list[Tick] = []

    def say(self, *offsets_ms: int, first_id: int | None = None, symbol: str = A) -> None:
        start = first_id or (self.ticks[-1].trade_id + 1 if self.ticks else 1)
        new = [Tick(symbol, start + n, BASE + at, 10.0 + n, 0.3, n % 2 == 0) for n, at in enumerate(offsets_ms)]
        self.store.ticks.append(new, 0)
        self.ticks += new

    def at(self, offset_ms: int, symbol: str = A) -> None:
        self.tools.set_watermark(self.store, symbol, BASE + offset_ms)

    def bars(self, symbol: str = A) -> Any:
        return self.tools.stored_bars(self.store, symbol)

    def counts(self, symbol: str = A) -> list[int]:
        return [len(bars) for bars in self.bars(symbol).values()]

    def expect(self, *counts: int, symbol: str = A) -> None:
        self.tools.until(lambda: self.counts(symbol) == [*counts], f"{counts} bars")

    def expect_offline(self, symbol: str = A) -> None:
        wanted = self.tools.cut_offline(self.ticks)
        self.tools.until(lambda: self.bars(symbol) == wanted, "the bars that the trades say")


def test_trades_and_the_watermark_close_bars(feed: Feed, server: EmbeddedServer, tools: Any) -> None:
    with tools.running(server.url):
        feed.say(0, 100, 1500, 59_900)
        feed.expect(2, 0, 0)
        feed.at(60_499)  # the grace is 500 ms
        tools.until(lambda: "open:5m" in feed.store.live.read(A), "open bars")
        assert open_bars(feed.store.live.read(A))["5m"].trades == 4
        time.sleep(0.4)
        assert feed.counts() == [2, 0, 0]
        feed.at(60_500)
        feed.expect(3, 1, 0)
        feed.at(FIVE + 500)
        feed.expect(3, 1, 1)
        feed.expect_offline()
        tools.until(lambda: feed.store.status.health("resample").get("bars") == "5", "a beat")
    assert feed.store.status.health("resample")["ticks"] == "4"


def test_a_watermark_closes_nothing_before_the_stream_is_read(feed: Feed, server: EmbeddedServer, tools: Any) -> None:
    """A long backlog under a watermark that is far ahead: no bar may close before its trades came."""
    step = itertools.count()
    for _ in range(5):
        feed.say(*(next(step) * 20 for _ in range(9000)))
    feed.at(10_000_000)
    with tools.running(server.url):
        feed.expect_offline()
        assert not any(bar.flags & REVISED for bars in feed.bars().values() for bar in bars)


def test_a_restart_in_the_middle_of_a_bucket(feed: Feed, server: EmbeddedServer, tools: Any) -> None:
    feed.say(*range(0, 700_000, 7_300))
    with tools.running(server.url):
        feed.expect(95, 11, 2)
    feed.say(701_000, 702_000)
    with tools.running(server.url):
        feed.say(703_500, 950_000)
        feed.at(1_300_000)
        feed.expect_offline()


def test_a_late_trade_and_a_hole(feed: Feed, server: EmbeddedServer, tools: Any) -> None:
    with tools.running(server.url):
        feed.say(0, 1000, 61_000)
        feed.expect(2, 1, 0)
        feed.say(1200, 62_000)
        feed.say(65_000, FIVE + 1000, first_id=10)
        feed.at(2 * FIVE + 500)
        feed.expect_offline()
        flags = {bar.open_ms - BASE: bar.flags for bar in feed.bars()["1s"]}
        assert flags[1000] == REVISED
        assert flags[62_000] == flags[65_000] == PARTIAL
        assert flags[61_000] == flags[FIVE + 1000] == 0
    assert int(feed.store.status.health("resample")["duplicates"]) == 0


def test_a_trade_later_than_what_is_held_is_cut_in_from_the_stream(
    feed: Feed, server: EmbeddedServer, tools: Any
) -> None:
    feed.say(0, 1000, FIVE + 1000, 5 * FIVE, 5 * FIVE + 1000)
    with tools.running(server.url):
        feed.expect(4, 2, 2)
        feed.say(1500, FIVE + 1700, 5 * FIVE + 2000)
        feed.at(6 * FIVE + 500)
        feed.expect_offline()
        tools.until(lambda: feed.store.status.health("resample").get("too_late") == "2", "a beat")


def test_late_trades_inside_a_backlog_are_cut_in_too(feed: Feed, server: EmbeddedServer, tools: Any) -> None:
    feed.say(0, 1000, FIVE + 1000, 5 * FIVE, 1500, 5 * FIVE + 1000)
    feed.at(6 * FIVE + 500)
    with tools.running(server.url):
        feed.expect_offline()


def test_a_trade_that_comes_while_the_resampler_is_down_revises_a_stored_bar(
    feed: Feed, server: EmbeddedServer, tools: Any
) -> None:
    with tools.running(server.url):
        feed.say(0, 1000)
        feed.at(70_000)
        feed.expect(2, 1, 0)
    feed.say(1300)
    with tools.running(server.url):
        tools.until(lambda: [bar.trades for bar in feed.bars()["1m"]] == [3], "the late trade")
        assert [bar.flags & REVISED for bar in feed.bars()["1m"]] == [REVISED]


def test_symbols_come_and_go_and_klines_do_not_disturb(feed: Feed, server: EmbeddedServer, tools: Any) -> None:
    kline = Bar(BASE - FIVE, 1.0, 2.0, 1.0, 2.0, 3.0, 4.0, 1.0, 5, SYNTHETIC)
    feed.store.bars.put(A, "5m", [kline, kline._replace(open_ms=BASE)])
    with tools.running(server.url):
        feed.say(0, 1000, FIVE)
        feed.expect(2, 1, 2)
        assert [bar.flags for bar in feed.bars()["5m"]] == [
            SYNTHETIC,
            SYNTHETIC,
        ]  # ours is partial: the kline knows more
        feed.store.status.set_symbols([B])
        feed.store.ticks.append([Tick(B, 7, BASE, 1.0, 1.0, True), Tick(B, 8, BASE + 1000, 1.0, 1.0, True)], 0)
        feed.expect(1, 0, 0, symbol=B)
        feed.say(FIVE + 1000, FIVE + 2000)
        time.sleep(0.3)
        assert feed.counts() == [2, 1, 2]
        feed.store.status.set_symbols([A, B])
        feed.expect(4, 1, 2)


def test_a_server_that_goes_and_comes_back(feed: Feed, server: EmbeddedServer, tools: Any) -> None:
    with tools.running(server.url):
        feed.say(0, 1000, 2000)
        feed.expect(2, 0, 0)
        server.stop()
        time.sleep(0.3)
        assert server.start()
        feed.say(3000, 400_000)
        feed.expect(4, 1, 1)
        feed.at(2 * FIVE + 500)
        feed.expect_offline()


def test_bars_that_the_server_refused_are_written_later(feed: Feed, server: EmbeddedServer, tools: Any) -> None:
    with tools.running(server.url):
        feed.say(0)
        tools.until(lambda: "open:1m" in feed.store.live.read(A), "open bars")
        feed.store.link.run("SET", keys.bars(A, "1m"), "not a sorted set")
        feed.say(61_000)
        tools.until(lambda: len(feed.store.bars.read(A, "1s")) == 1, "a 1s bar")
        time.sleep(0.2)
        feed.store.link.run("DEL", keys.bars(A, "1m"))
        feed.expect(1, 1, 0)


def test_trimming_keeps_what_recovery_needs(feed: Feed) -> None:
    feed.say(*range(100), *range(FIVE, 40 * FIVE, 2000))  # recovery begins a new node of the stream
    for hours, oldest in ((2.0, 38 * FIVE - 2 * 3_600_000), (0.0, 37 * FIVE - 2000)):
        track = Track(feed.store, A)
        ((_, ticks, cursor),) = feed.store.ticks.follow({A: track.cursor}, 10_000, 0)
        track.take(ticks, cursor)
        track.flush()
        ms = int(hours * 3_600_000)
        track.trim(ms, ms // 2, ms)
        first = feed.store.ticks.oldest(A)
        assert first is not None
        assert oldest - 200_000 - 2000 <= first.time_ms - BASE <= oldest
        bars = feed.bars()
        assert bars["1s"][0].open_ms - BASE == 38 * FIVE - ms // 2
        assert bars["5m"][0].open_ms - BASE == 38 * FIVE - ms
    builder = Track(feed.store, A).builder
    before = feed.store.ticks.before(A, builder.floor_ms)
    assert before is not None
    assert builder.last_id == before.trade_id
    assert builder.last_id > 0


def test_a_symbol_without_a_trade_needs_nothing(feed: Feed) -> None:
    track = Track(feed.store, A)
    track.trim(0, 0, 0)
    assert (track.flush().total(), track.lag_ms(), track.open_bars()) == (0, 0, {})
