"""The contract of the bar store, run on every back-end."""

from __future__ import annotations

import threading
from collections.abc import Callable

import numpy as np
import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from analytics.market import PARTIAL, REVISED, SYNTHETIC, Bar
from store import Store, keys, open_store
from store.bars import BarStore
from store.bars_sorted import SortedSetBars

BACKENDS: dict[str, Callable[[Store], BarStore]] = {"sorted sets": lambda store: SortedSetBars(store.link)}
BTC = "binance:BTCUSDT"


def bar(open_ms: int, close: float = 2.0, flags: int = 0) -> Bar:
    return Bar(open_ms, 1.0, max(2.5, close), 0.5, close, 3.125, 6.1, 1.5, 4, flags)


@pytest.mark.parametrize("make", BACKENDS.values(), ids=BACKENDS)
class TestBarStore:
    def test_reads_what_was_put(self, store: Store, make: Callable[[Store], BarStore]) -> None:
        bars = [bar(60_000 * i, 2 + i / 7) for i in range(1, 9)]
        held = make(store)
        assert held.put(BTC, "1m", reversed(bars)) == 8
        np.testing.assert_array_equal(held.read(BTC, "1m"), np.array(bars))
        np.testing.assert_array_equal(held.read(BTC, "1m", 120_000, 300_000), np.array(bars[1:4]))
        np.testing.assert_array_equal(held.read(BTC, "1m", limit=2), np.array(bars[-2:]))
        np.testing.assert_array_equal(held.read(BTC, "1m", 120_000, 420_001, 3), np.array(bars[4:7]))

    def test_nothing_there(self, store: Store, make: Callable[[Store], BarStore]) -> None:
        held = make(store)
        assert held.put(BTC, "1s", []) == 0
        assert held.read(BTC, "1s").shape == held.read(BTC, "1s", limit=0).shape == (0, 10)
        assert held.trim(BTC, "1s", 10**12) == 0

    def test_the_better_bar_stays(self, store: Store, make: Callable[[Store], BarStore]) -> None:
        held = make(store)
        whole = bar(60_000, 2.0)
        assert held.put(BTC, "1m", [bar(60_000, 1.1, PARTIAL), whole]) == 1
        for worse in (whole, bar(60_000, 1.2, PARTIAL), bar(60_000, 1.3, SYNTHETIC)):
            assert held.put(BTC, "1m", [worse]) == 0
        assert held.put(BTC, "1m", [bar(60_000, 2.25, REVISED)]) == 1
        np.testing.assert_array_equal(held.read(BTC, "1m"), np.array([bar(60_000, 2.25, REVISED)]))

    def test_trim_drops_the_old(self, store: Store, make: Callable[[Store], BarStore]) -> None:
        held = make(store)
        held.put(BTC, "1s", [bar(1000 * i) for i in range(10)])
        assert held.trim(BTC, "1s", 4000) == 4
        assert held.read(BTC, "1s")[0, 0] == 4000

    def test_the_earliest_change_is_announced(self, store: Store, make: Callable[[Store], BarStore]) -> None:
        held = make(store)
        held.put(BTC, "1m", [bar(60_000)])
        with store.link.subscription(keys.NOTIFY_BARS) as wire:
            held.put(BTC, "1m", [bar(60_000), bar(180_000), bar(120_000)])
            held.put(BTC, "1m", [bar(60_000)])
            assert orjson.loads(wire.listen(1.0)[2]) == [BTC, "1m", 120_000]
            assert wire.listen(0.05) is None

    def test_more_bars_than_fit_one_transaction(self, store: Store, make: Callable[[Store], BarStore]) -> None:
        bars = [bar(1000 * i, 2 + i / 3) for i in range(2500)]
        held = make(store)
        assert held.put(BTC, "1s", bars) == 2500
        np.testing.assert_array_equal(held.read(BTC, "1s"), np.array(bars))

    @settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(
        bars=st.permutations([(i, flags) for i in range(5) for flags in (0, PARTIAL, SYNTHETIC)]),
        left_out=st.sets(st.integers(0, 14), max_size=8),
        size=st.integers(1, 6),
    )
    def test_order_does_not_matter(
        self,
        store: Store,
        make: Callable[[Store], BarStore],
        bars: list[tuple[int, int]],
        left_out: set[int],
        size: int,
    ) -> None:
        store.link.run("FLUSHALL", "SYNC")
        held = make(store)
        put = [bar(1000 * i, 1.5 + flags / 8, flags) for i, flags in bars[len(left_out) :]]
        for start in range(0, len(put), size):
            held.put(BTC, "1s", put[start : start + size])
        rank = {PARTIAL: 0, SYNTHETIC: 1, 0: 2}
        best: dict[int, Bar] = {}
        for one in sorted(put, key=lambda one: rank[one.flags]):
            best[one.open_ms] = one
        np.testing.assert_array_equal(held.read(BTC, "1s"), np.array([best[open_ms] for open_ms in sorted(best)]))

    def test_writers_at_once(self, store: Store, make: Callable[[Store], BarStore]) -> None:
        """Klines must never win over our own bars, however the writes of two processes interleave."""
        own, klines = [bar(1000 * i, 2.0) for i in range(60)], [bar(1000 * i, 1.5, SYNTHETIC) for i in range(60)]
        other = open_store(store.url)

        def write(target: Store, bars: list[Bar]) -> None:
            for one in bars:
                make(target).put(BTC, "1s", [one])

        threads = [threading.Thread(target=write, args=job) for job in ((store, own), (other, klines))]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        other.close()
        np.testing.assert_array_equal(make(store).read(BTC, "1s"), np.array(own))


def test_members_are_readable_json(store: Store) -> None:
    SortedSetBars(store.link).put(BTC, "1m", [Bar(60_000, 61828.01, 61830.0, 0.1, 1e-5, 3.0, 6.1, 1.5, 4, 2)])
    members = store.link.run("ZRANGE", "bars:{binance:BTCUSDT}:1m", 0, -1, "WITHSCORES")
    assert members == [b"[60000,61828.01,61830.0,0.1,0.00001,3.0,6.1,1.5,4,2]", b"60000"]


def test_unknown_back_end_is_refused(store: Store) -> None:
    with pytest.raises(ValueError, match=r"store\.bars: expected auto or streams, got 'tape'"):
        open_store(store.url, bars="tape")
