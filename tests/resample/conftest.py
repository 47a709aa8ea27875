"""A second, slow and obvious way to cut bars, and helpers to run the resampler."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from decimal import Decimal

import pytest

from analytics.market import BUILT, PARTIAL, REVISED, TIMEFRAME_MS, Bar, Tick, bucket
from ingest import resampler
from runtime.settings import Settings, load
from store import Store

Bars = dict[str, list[Bar]]


def cut_offline(ticks: Sequence[Tick]) -> Bars:
    """Each time frame on its own from the trades, in Decimal; flags as the documentation says."""
    return {timeframe: _cut(ticks, TIMEFRAME_MS[timeframe]) for timeframe in BUILT}


def _cut(ticks: Sequence[Tick], step: int) -> list[Bar]:
    trades: dict[int, list[Tick]] = {}
    flags: dict[int, int] = {}
    holes: list[tuple[int, int]] = []
    newest_ms, last = 0, Tick("", -2, 0, 0.0, 0.0, False)

    def is_closed(open_ms: int) -> bool:
        return open_ms + step <= bucket(newest_ms, 1000)

    for tick in ticks:
        if tick.trade_id <= last.trade_id:
            continue
        if tick.trade_id != last.trade_id + 1:
            low, high = sorted((last.time_ms, tick.time_ms))
            holes.append((bucket(low, 1000), bucket(high, 1000) + 1000))
            for open_ms in trades:
                if _meets(open_ms, step, holes[-1:]) and not flags[open_ms] & PARTIAL:
                    flags[open_ms] |= PARTIAL | (REVISED if is_closed(open_ms) else 0)
        newest_ms = max(newest_ms, tick.time_ms)
        open_ms = bucket(tick.time_ms, step)
        if open_ms not in trades:
            trades[open_ms], flags[open_ms] = [], PARTIAL if _meets(open_ms, step, holes) else 0
        trades[open_ms].append(tick)
        flags[open_ms] |= REVISED if is_closed(open_ms) else 0
        last = tick
    return [_bar(open_ms, trades[open_ms], flags[open_ms]) for open_ms in sorted(trades)]


def _meets(open_ms: int, step: int, holes: list[tuple[int, int]]) -> bool:
    return any(low < open_ms + step and open_ms < high for low, high in holes)


def _bar(open_ms: int, trades: list[Tick], flags: int) -> Bar:
    trades = sorted(trades, key=lambda tick: tick.trade_id)
    prices = [tick.price for tick in trades]
    sizes = [Decimal(repr(tick.quantity)) for tick in trades]
    quote = sum((Decimal(repr(tick.price)) * size for tick, size in zip(trades, sizes, strict=True)), Decimal())
    bought = sum((size for tick, size in zip(trades, sizes, strict=True) if not tick.buyer_is_maker), Decimal())
    return Bar(
        open_ms, prices[0], max(prices), min(prices), prices[-1], float(sum(sizes)), float(quote), float(bought),
        len(trades), flags,
    )  # fmt: skip


def stored_bars(store: Store, symbol: str) -> Bars:
    """All stored bars of a symbol."""
    return {
        timeframe: [
            Bar(int(row[0]), *map(float, row[1:8]), int(row[8]), int(row[9]))
            for row in store.bars.read(symbol, timeframe).tolist()
        ]
        for timeframe in BUILT
    }


@contextmanager
def running(url: str) -> Iterator[None]:
    """The resampler service in a thread; it must end when told to."""
    stop = threading.Event()
    thread = threading.Thread(target=resampler.run, args=(settings_for(url), stop))
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(5.0)
        assert not thread.is_alive()


def settings_for(url: str) -> Settings:
    return load(overrides={"redis.url": url}, environ={})


def until(true: Callable[[], bool], what: str, timeout_s: float = 60.0) -> None:
    deadline = time.monotonic() + timeout_s
    while not true():
        assert time.monotonic() < deadline, f"not within {timeout_s} s: {what}"
        time.sleep(0.01)


def set_watermark(store: Store, symbol: str, time_ms: int) -> None:
    store.live.set_states({symbol: {"watermark_ms": time_ms}})


class Bench:
    """What the tests of this folder share."""

    cut_offline = staticmethod(cut_offline)
    stored_bars = staticmethod(stored_bars)
    settings_for = staticmethod(settings_for)
    until = staticmethod(until)
    set_watermark = staticmethod(set_watermark)

    def running(self, url: str) -> AbstractContextManager[None]:
        return running(url)


@pytest.fixture(scope="session")
def tools() -> Bench:
    return Bench()
