"""The version cache: one computation for all, bounded, the least used leave first."""

from __future__ import annotations

import threading
import time

import pytest

from analytics.cache import VersionCache


def test_computes_once_a_version_and_hands_over_the_last_value():
    seen = []

    def compute(before):
        seen.append(before)
        return len(seen)

    cache = VersionCache[int](10, 1000, lambda value: 1)
    assert [cache.get("a", version, compute) for version in (1, 1, 2, 2, 1)] == [1, 1, 2, 2, 3]
    assert seen == [None, 1, 2]


def test_threads_share_one_computation():
    cache = VersionCache[object](10, 1000, lambda value: 1)
    count = []

    def slow(before):
        count.append(1)
        time.sleep(0.05)
        return object()

    found = []
    threads = [threading.Thread(target=lambda: found.append(cache.get("a", 1, slow))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(count) == 1
    assert len(found) == 8
    assert len(set(map(id, found))) == 1


def test_keeps_the_most_used_within_count_and_weight():
    cache = VersionCache[int](3, 100, lambda value: value)
    for key in "abc":
        cache.get(key, 1, lambda before: 10)
    cache.get("a", 1, lambda before: 10)
    cache.get("d", 1, lambda before: 10)
    assert len(cache) == 3
    assert cache.get("a", 1, lambda before: 99) == 10
    assert cache.get("b", 1, lambda before: 11) == 11
    cache.get("heavy", 1, lambda before: 1000)
    assert len(cache) == 1
    assert cache.get("heavy", 1, lambda before: 0) == 1000


def test_a_failed_computation_leaves_no_trace():
    cache = VersionCache[int](3, 100, lambda value: 1)
    with pytest.raises(ZeroDivisionError):
        cache.get("a", 1, lambda before: 1 // 0)
    assert cache.get("a", 1, lambda before: 5) == 5
