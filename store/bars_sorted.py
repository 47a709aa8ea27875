"""Bars in sorted sets: works on any server, takes corrections and refills in any order."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

import numpy as np
import orjson

from analytics.market import NO_BARS, Bar, BarArray, prefer
from store import keys
from store.link import Command, Link, StoreError, Wire, checked

_CHUNK: Final = 1000
_ATTEMPTS: Final = 100


class SortedSetBars:
    """`store.bars.BarStore` on sorted sets: the score is the open time, the member the bar as a JSON array."""

    def __init__(self, link: Link) -> None:
        self._link = link

    def put(self, symbol: str, timeframe: str, bars: Iterable[Bar]) -> int:
        """Store bars; see `BarStore.put`. Raises `StoreError`; the same call may then be repeated."""
        best: dict[int, Bar] = {}
        for bar in bars:
            best[bar.open_ms] = prefer(best.get(bar.open_ms), bar) or best[bar.open_ms]
        ordered = [best[open_ms] for open_ms in sorted(best)]
        changed = 0
        for start in range(0, len(ordered), _CHUNK):
            changed += self._put(symbol, timeframe, ordered[start : start + _CHUNK])
        return changed

    def read(
        self,
        symbol: str,
        timeframe: str,
        start_ms: int | None = None,
        end_ms: int | None = None,
        limit: int | None = None,
    ) -> BarArray:
        """Bars, oldest first; see `BarStore.read`. Raises `StoreError`."""
        low = "-inf" if start_ms is None else str(start_ms)
        high = "+inf" if end_ms is None else f"({end_ms}"
        key = keys.bars(symbol, timeframe)
        if limit is None:
            return _array(self._link.run("ZRANGE", key, low, high, "BYSCORE"))
        if limit <= 0:
            return NO_BARS
        return _array(self._link.run("ZRANGE", key, high, low, "BYSCORE", "REV", "LIMIT", 0, limit)[::-1])

    def trim(self, symbol: str, timeframe: str, before_ms: int) -> int:
        """Drop bars; see `BarStore.trim`. Raises `StoreError`."""
        return int(self._link.run("ZREMRANGEBYSCORE", keys.bars(symbol, timeframe), "-inf", f"({before_ms}"))

    def _put(self, symbol: str, timeframe: str, bars: list[Bar]) -> int:
        """One transaction, repeated while another writer changes the same series."""
        key = keys.bars(symbol, timeframe)
        with self._link.connection() as wire:
            for _ in range(_ATTEMPTS):
                changed = _changed(wire, key, bars)
                if not changed:
                    checked(wire.exchange([("UNWATCH",)]))
                    return 0
                notice = orjson.dumps([symbol, timeframe, changed[0].open_ms])
                # The notice is part of the transaction: bars that nobody heard of would stay unseen.
                commands = [*_writes(key, changed), ("PUBLISH", keys.NOTIFY_BARS, notice)]
                done = checked(wire.exchange([("MULTI",), *commands, ("EXEC",)]))[-1]
                if done is not None:
                    checked(done)
                    return len(changed)
        raise StoreError(f"{key}: other writers changed it {_ATTEMPTS} times in a row. Is a second board writing it?")


def _changed(wire: Wire, key: str, bars: list[Bar]) -> list[Bar]:
    """What the store should hold of these bars and does not; the key stays watched."""
    span: Command = ("ZRANGE", key, bars[0].open_ms, bars[-1].open_ms, "BYSCORE")
    stored = {row[0]: Bar(*row) for row in _rows(checked(wire.exchange([("WATCH", key), span]))[1])}
    chosen = (prefer(stored.get(bar.open_ms), bar) for bar in bars)
    return [bar for bar in chosen if bar is not None]


def _writes(key: str, bars: list[Bar]) -> list[Command]:
    commands: list[Command] = []
    for bar in bars:
        commands.append(("ZREMRANGEBYSCORE", key, bar.open_ms, bar.open_ms))
        commands.append(("ZADD", key, bar.open_ms, member(bar)))
    return commands


def member(bar: Bar) -> bytes:
    """The stored form of a bar: a JSON array, integers as integers, floats in their shortest form.

    >>> member(Bar(60000, 1.0, 2.5, 1.0, 2.0, 3.0, 6.0, 1.5, 4, 0))
    b'[60000,1.0,2.5,1.0,2.0,3.0,6.0,1.5,4,0]'
    """
    return orjson.dumps([int(bar.open_ms), *map(float, bar[1:8]), int(bar.trades), int(bar.flags)])


def _rows(members: list[bytes]) -> list[list[Any]]:
    rows: list[list[Any]] = orjson.loads(b"[" + b",".join(members) + b"]")
    return rows


def _array(members: list[bytes]) -> BarArray:
    if not members:
        return NO_BARS
    # One flat list: numpy takes several times as long over nested ones.
    numbers = orjson.loads(b"[" + b",".join([text[1:-1] for text in members]) + b"]")
    return np.array(numbers, dtype=np.float64).reshape(len(members), -1)
