"""Uploads in the store: read by any range, replaced and deleted whole, seen by the cache, there after a restart."""

from __future__ import annotations

import time
from collections.abc import Iterator

import numpy as np
import pytest

from analytics.market import NO_BARS, OPEN_MS, BarArray
from store import Store, open_store
from store.cache import MarketCache
from store.series import CAPACITY
from store.server import EmbeddedServer
from store.uploads import CHUNK_BARS, Upload

HOUR = 3_600_000
GOLD = "upload:GOLD"


def bars(count: int, seed: int = 1) -> BarArray:
    made = np.random.default_rng(seed).random((count, NO_BARS.shape[1]))
    made[:, OPEN_MS] = HOUR * (1 + np.arange(count))
    made[::7, 6] = np.nan
    return made


def upload(frames: dict[str, BarArray]) -> Upload:
    counts = {timeframe: len(each) for timeframe, each in frames.items()}
    return Upload("GOLD", "gold.csv", 5, HOUR, 9 * HOUR, 1.5, counts, ["a note"])


@pytest.fixture
def cache(store: Store) -> Iterator[MarketCache]:
    cache = MarketCache(store)
    cache.start()
    yield cache
    cache.stop()


def until(condition: object, seconds: float = 10.0) -> None:
    assert callable(condition)
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.02)


def test_every_range_is_that_of_the_whole(store: Store) -> None:
    whole = bars(2 * CHUNK_BARS + 5)
    store.uploads.put(upload({"1h": whole}), {"1h": whole})
    opens = whole[:, OPEN_MS]
    np.testing.assert_array_equal(store.bars.read(GOLD, "1h"), whole)
    edges = (CHUNK_BARS - 1, CHUNK_BARS, CHUNK_BARS + 1, 2 * CHUNK_BARS, len(whole) - 1)
    for first in (0, *edges):
        for last in (*edges, len(whole)):
            start, end = HOUR * (1 + first), HOUR * (1 + last)
            kept = whole[(opens >= start) & (opens < end)]
            np.testing.assert_array_equal(store.bars.read(GOLD, "1h", start, end), kept)
            for limit in (1, 7, CHUNK_BARS + 1):
                np.testing.assert_array_equal(store.bars.read(GOLD, "1h", start, end, limit), kept[-limit:])
    assert store.bars.read(GOLD, "1h", limit=0).shape == (0, 10)
    assert store.bars.read(GOLD, "1d").shape == (0, 10)
    assert store.bars.read("upload:NONE", "1h", limit=5).shape == (0, 10)


def test_what_is_known_comes_back(store: Store) -> None:
    whole = bars(30)
    told = upload({"1h": whole})
    store.uploads.put(told, {"1h": whole})
    assert store.uploads.all() == {GOLD: told}
    assert store.status.symbols() == []


def test_an_upload_takes_the_place_of_one_of_its_name(store: Store) -> None:
    first = {"1h": bars(40), "1d": bars(25)}
    store.uploads.put(upload(first), first)
    second = {"1h": bars(30, seed=2)}
    store.uploads.put(upload(second), second)
    np.testing.assert_array_equal(store.bars.read(GOLD, "1h"), second["1h"])
    assert not len(store.bars.read(GOLD, "1d"))
    assert store.uploads.all()[GOLD].timeframes == {"1h": 30}


def test_deleting_leaves_nothing(store: Store) -> None:
    frames = {"1h": bars(40), "1d": bars(25)}
    store.uploads.put(upload(frames), frames)
    assert store.uploads.delete(GOLD)
    assert not store.uploads.delete(GOLD)
    assert store.link.run("KEYS", "*upload*") == []


def test_the_cache_follows(store: Store, cache: MarketCache) -> None:
    assert not len(cache.bars(GOLD, "1h").bars)
    assert cache.state(GOLD) == "DOWN"
    frames = {"1h": bars(CAPACITY["1h"] + 10)}
    store.uploads.put(upload(frames), frames)
    until(lambda: len(cache.bars(GOLD, "1h").bars))
    np.testing.assert_array_equal(cache.bars(GOLD, "1h").bars, frames["1h"][10:])
    until(lambda: cache.state(GOLD) == "UPLOADED")
    assert cache.symbols() == []
    assert cache.trade(GOLD) is None
    store.uploads.delete(GOLD)
    until(lambda: not len(cache.bars(GOLD, "1h").bars) and not cache.uploads())


def test_it_is_there_after_a_restart(server: EmbeddedServer) -> None:
    store = open_store(server.url)
    frames = {"1h": bars(40)}
    store.uploads.put(upload(frames), frames)
    store.close()
    server.stop()
    again = EmbeddedServer(server.data_dir)
    again.start()
    store = open_store(again.url)
    np.testing.assert_array_equal(store.bars.read(GOLD, "1h"), frames["1h"])
    store.close()
    again.stop()
