"""Tick streams: what is written is what is read, once, in order, whatever is repeated or breaks."""

from __future__ import annotations

import random
import threading
import time

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from analytics.market import Tick
from store import Store, StoreError, keys, open_store
from store.tick_codec import number

BTC, ETH = "binance:BTCUSDT", "binance:ETHUSDT"


def tick(trade_id: int, time_ms: int, symbol: str = BTC, price: float = 61828.01) -> Tick:
    return Tick(symbol, trade_id, time_ms, price, 0.00001, trade_id % 2 == 0)


def test_entries_are_short_and_readable(store: Store) -> None:
    store.ticks.append([Tick(BTC, 7, 1_700_000_000_000, 61828.01, 100.0, True)], 1)
    store.ticks.append([Tick(BTC, 8, 1_699_999_999_990, 0.00001, 2.5, False)], 1)
    first, clamped = store.link.run("XRANGE", keys.ticks(BTC), "-", "+")
    assert first == [b"1700000000000-7", [b"p", b"61828.01", b"q", b"100", b"m", b"1"]]
    fields = [b"p", b"0.00001", b"q", b"2.5", b"m", b"0", b"t", b"1699999999990"]
    assert clamped == [b"1700000000000-8", fields]


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_number_is_exact_and_has_no_exponent(value: float) -> None:
    assert float(number(value)) == value
    assert "e" not in number(value)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    steps=st.lists(st.tuples(st.integers(1, 3), st.integers(-20, 50), st.floats(1e-8, 1e7)), min_size=1, max_size=40),
    cuts=st.lists(st.tuples(st.integers(0, 40), st.integers(0, 40)), max_size=6),
    restart=st.booleans(),
)
def test_any_overlap_of_batches_is_stored_once(
    store: Store, steps: list[tuple[int, int, float]], cuts: list[tuple[int, int]], restart: bool
) -> None:
    store.link.run("FLUSHALL", "SYNC")
    trade_id, time_ms, ticks = 10, 1000, []
    for id_step, time_step, price in steps:
        trade_id, time_ms = trade_id + id_step, max(1, time_ms + time_step)
        ticks.append(tick(trade_id, time_ms, price=price))
    writer = open_store(store.url)
    sent = done = 0
    for low, high in [*sorted(cuts, key=max), (0, len(ticks))]:
        batch = ticks[min(low, high, done) : max(low, high)]
        written, duplicates = writer.ticks.append(batch, 5)
        assert written + duplicates == len(batch)
        done, sent = max(done, high, low), sent + written
        if restart:
            writer.close()
            writer = open_store(store.url)
    writer.close()
    assert store.ticks.range(BTC) == ticks
    assert sent == len(ticks) == store.ticks.length(BTC)


def test_ids_stay_taken_when_the_stream_is_trimmed_to_nothing(store: Store) -> None:
    store.ticks.append([tick(1, 5000), tick(2, 5001)], 1)
    store.link.run("XTRIM", keys.ticks(BTC), "MAXLEN", 0)
    again = open_store(store.url)
    assert again.ticks.append([tick(2, 5001), tick(3, 4000)], 1) == (1, 1)
    assert again.ticks.range(BTC) == [tick(3, 4000)]
    again.close()


def test_two_writers_lose_and_repeat_nothing(store: Store) -> None:
    rnd = random.Random(7)
    ticks = [tick(i, 1000 + i // 3 - rnd.choice((0, 0, 0, 9))) for i in range(1, 601)]
    other = open_store(store.url)
    at = {store: 0, other: 0}
    written = 0
    while min(at.values()) < len(ticks):
        writer = rnd.choice((store, other))
        step = rnd.randint(1, 30)
        written += writer.ticks.append(ticks[at[writer] : at[writer] + step], 9).written
        at[writer] += step
        newest = store.ticks.newest(BTC)
        assert newest is None or store.live.read(BTC)["trade_id"] == str(newest.trade_id)
    other.close()
    assert store.ticks.range(BTC) == ticks
    assert written == len(ticks)


def test_last_trade_is_kept_and_announced(store: Store) -> None:
    with store.link.subscription(keys.NOTIFY_TRADES) as wire:
        store.ticks.append([tick(1, 1000), tick(1, 1000, ETH), tick(2, 1001)], 1234)
        store.ticks.append([tick(1, 1000)], 1300)
        notices = [orjson.loads(wire.listen(1.0)[2]) for _ in range(2)]
        assert wire.listen(0.05) is None, "a repeated trade is no news"
    assert sorted(notices) == [
        [BTC, 2, 1001, 61828.01, 0.00001, True, 1234],
        [ETH, 1, 1000, 61828.01, 0.00001, False, 1234],
    ]
    assert store.live.read(BTC) == {
        "trade_id": "2",
        "time_ms": "1001",
        "price": "61828.01",
        "quantity": "0.00001",
        "buyer_is_maker": "1",
        "received_ms": "1234",
    }


def test_full_server_takes_all_of_a_symbol_or_nothing(store: Store) -> None:
    store.ticks.append([tick(1, 1000)], 1)
    ticks = [tick(i, 1000 + i) for i in range(2, 2000)]
    store.link.run("CONFIG", "SET", "maxmemory", "1")
    with pytest.raises(StoreError, match="maxmemory"):
        store.ticks.append(ticks, 1)
    assert store.ticks.length(BTC) == 1
    store.link.run("CONFIG", "SET", "maxmemory", "0")
    assert store.ticks.append(ticks, 1) == (len(ticks), 0)


def test_a_lost_connection_is_an_error_or_nothing(store: Store) -> None:
    store.ticks.append([tick(1, 1000)], 1)
    killer = open_store(store.url)
    for trade_id in range(2, 12):
        killer.link.run("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")
        try:
            store.ticks.append([tick(trade_id, 1000 + trade_id)], 1)
        except StoreError:
            store.ticks.append([tick(trade_id, 1000 + trade_id)], 1)
    killer.close()
    assert [one.trade_id for one in store.ticks.range(BTC)] == list(range(1, 12))


def test_reads_by_time(store: Store) -> None:
    ticks = [tick(i, 1000 + 10 * i) for i in range(10)]
    store.ticks.append(ticks, 1)
    read = store.ticks
    assert read.range(BTC, 1030, 1060) == ticks[3:6]
    assert read.range(BTC, limit=2) == ticks[-2:]
    assert read.range(BTC, 1010, 1080, 3) == ticks[5:8]
    assert read.range(BTC, limit=0) == read.range(ETH) == []
    assert (read.oldest(BTC), read.newest(BTC), read.before(BTC, 1050)) == (ticks[0], ticks[9], ticks[4])
    assert read.oldest(ETH) is read.newest(ETH) is read.before(BTC, 1000) is None


def test_a_long_range_comes_whole(store: Store) -> None:
    ticks = [tick(i, 1000 + i) for i in range(1, 25_001)]
    store.ticks.append(ticks, 1)
    assert store.ticks.range(BTC) == ticks
    store.ticks.trim(BTC, 1000 + 20_000)
    assert 5_000 <= store.ticks.length(BTC) < 5_200


def test_follow_resumes_at_its_cursors(store: Store) -> None:
    bitcoin, ether = [tick(i, 1000 + i) for i in range(1, 8)], [tick(i, 2000, ETH) for i in range(1, 4)]
    store.ticks.append(bitcoin + ether, 1)
    cursors, seen = {BTC: "0-0", ETH: "0-0", "binance:NONE": "0-0"}, []
    while news := store.ticks.follow(cursors, 3, 0):
        for symbol, ticks, cursor in news:
            assert len(ticks) <= 3
            cursors[symbol] = cursor
            seen += ticks
    assert sorted(seen) == sorted(bitcoin + ether)
    assert store.ticks.follow({}, 3, 0) == []


def test_follow_wakes_for_a_tick_and_gives_up_in_time(store: Store) -> None:
    begin = time.monotonic()
    assert store.ticks.follow({BTC: "0-0"}, 10, 150) == []
    assert 0.1 < time.monotonic() - begin < 1.0
    threading.Timer(0.1, store.ticks.append, ([tick(1, 1000)], 1)).start()
    begin = time.monotonic()
    assert store.ticks.follow({BTC: "0-0"}, 10, 5000) == [(BTC, [tick(1, 1000)], "1000-1")]
    assert time.monotonic() - begin < 1.0


def test_holes_are_declared_once(store: Store) -> None:
    for _ in range(2):
        store.ticks.add_hole(BTC, 5, 9, "gap of 5 trades could not be refilled")
    store.ticks.add_hole(BTC, 12, 12, "x")
    holes = store.ticks.holes(BTC)
    assert [hole[:3] for hole in holes] == [(5, 9, "gap of 5 trades could not be refilled"), (12, 12, "x")]
    assert abs(holes[0].declared_ms - time.time() * 1000) < 60_000


def test_a_tick_takes_at_most_40_bytes(store: Store) -> None:
    rnd = random.Random(1)
    now, price, ticks = 1_700_000_000_000, 61_828.01, []
    for trade_id in range(3_900_000_000, 3_900_200_000):
        now, price = now + rnd.choice((0, 0, 1, 5, 40, 200)), round(price + rnd.choice((-0.5, -0.01, 0, 0.01, 0.5)), 2)
        ticks.append(Tick(BTC, trade_id, now, price, round(rnd.lognormvariate(-5, 2) + 1e-5, 5), rnd.random() < 0.5))
    before = int(store.info()["used_memory"])
    for start in range(0, len(ticks), 2000):
        store.ticks.append(ticks[start : start + 2000], 1)
    used = (int(store.info()["used_memory"]) - before) / len(ticks)
    assert store.link.run("MEMORY", "USAGE", keys.ticks(BTC), "SAMPLES", 0) / len(ticks) <= 40
    assert used <= 40
