"""Bars that users brought in files: kept packed under `uploads:*`, read as any symbol's bars are."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final, NamedTuple

import numpy as np
import orjson

from analytics.market import NO_BARS, OPEN_MS, UPLOAD_VENUE, Bar, BarArray, is_uploaded
from store import keys
from store.bars import BarStore
from store.link import Command, Link, pairs

MAX_UPLOADS: Final = 50
MAX_BARS: Final = 5_000_000
"""Bars of all uploads together: about 150 MB in the store."""
CHUNK_BARS: Final = 16_384
_STAGED_S: Final = 600
_WIDTH: Final = len(Bar._fields)
_HEAD: Final = 4


class Upload(NamedTuple):
    """What is known of an upload without its bars. ``timeframes`` maps each to its number of bars, ``file`` is the name
    that it came with; ``first_ms`` is the open of the first bar and ``end_ms`` the end of the last."""

    name: str
    file: str
    uploaded_ms: int
    first_ms: int
    end_ms: int
    last_close: float
    timeframes: dict[str, int]
    notes: list[str]

    @property
    def symbol(self) -> str:
        """The symbol that its bars are asked for by."""
        return f"{UPLOAD_VENUE}:{self.name}"


class Uploads:
    """Every method raises `StoreError`."""

    def __init__(self, link: Link) -> None:
        self._link = link

    def all(self) -> dict[str, Upload]:
        """Every upload by its symbol, in the order of their names."""
        found = pairs(self._link.run("HGETALL", keys.UPLOADS))
        return {upload.symbol: upload for upload in (Upload(**orjson.loads(found[name])) for name in sorted(found))}

    def put(self, upload: Upload, frames: Mapping[str, BarArray]) -> None:
        """Store an upload in place of any of its name; nobody ever sees half of it, nor a mixture of both."""
        before = self.all().get(upload.symbol)
        staged = {timeframe: self._stage(upload.symbol, timeframe, bars) for timeframe, bars in frames.items()}
        gone = [timeframe for timeframe in before.timeframes if timeframe not in frames] if before else []
        commands: list[Command] = [("DEL", keys.upload_bars(upload.symbol, timeframe)) for timeframe in gone]
        for timeframe, key in staged.items():
            commands += [("RENAME", key, keys.upload_bars(upload.symbol, timeframe))]
            commands += [("PERSIST", keys.upload_bars(upload.symbol, timeframe))]
        commands += [("HSET", keys.UPLOADS, upload.name, orjson.dumps(upload._asdict()))]
        self._link.atomic([*commands, *_notices(upload.symbol, [*frames, *gone])])

    def delete(self, symbol: str) -> bool:
        """Forget an upload; whether there was one."""
        upload = self.all().get(symbol)
        if upload is None:
            return False
        commands: list[Command] = [("HDEL", keys.UPLOADS, upload.name)]
        commands += [("DEL", keys.upload_bars(symbol, timeframe)) for timeframe in upload.timeframes]
        self._link.atomic([*commands, *_notices(symbol, upload.timeframes)])
        return True

    def read(
        self, symbol: str, timeframe: str, start_ms: int | None, end_ms: int | None, limit: int | None
    ) -> BarArray:
        """Bars, as `BarStore.read` gives them."""
        key = keys.upload_bars(symbol, timeframe)
        firsts = sorted(int(first) for first in self._link.run("HKEYS", key))
        wanted = _wanted(firsts, start_ms, end_ms)
        if limit is not None:
            # The first and the last chunk may hold little of what is asked for.
            wanted = wanted[-(limit // CHUNK_BARS + 2) :]
        if not wanted or (limit is not None and limit <= 0):
            return NO_BARS
        packed = self._link.run("HMGET", key, *wanted)
        bars = np.concatenate([NO_BARS, *(_unpack(chunk) for chunk in packed if chunk is not None)])
        first, last = np.searchsorted(bars[:, OPEN_MS], (start_ms or 0, np.inf if end_ms is None else end_ms))
        found = bars[first:last]
        return found if limit is None else found[-limit:]

    def _stage(self, symbol: str, timeframe: str, bars: BarArray) -> str:
        """Write the bars under a key of their own, which goes away by itself if nothing comes of it."""
        key = keys.upload_staged(symbol, timeframe)
        self._link.run("DEL", key)
        for first, chunk in _chunks(bars):
            self._link.pipe([("HSET", key, first, chunk), ("EXPIRE", key, _STAGED_S)])
        return key


class BarsByVenue:
    """A `store.bars.BarStore` that reads the symbols of uploads from where they are kept, and all others from another.

    Uploads are never written bar by bar.
    """

    def __init__(self, market: BarStore, uploads: Uploads) -> None:
        self._uploads = uploads
        self._market = market
        self.put = market.put
        self.trim = market.trim

    def read(
        self,
        symbol: str,
        timeframe: str,
        start_ms: int | None = None,
        end_ms: int | None = None,
        limit: int | None = None,
    ) -> BarArray:
        """Bars; see `BarStore.read`. Raises `StoreError`."""
        where = self._uploads if is_uploaded(symbol) else self._market
        return where.read(symbol, timeframe, start_ms, end_ms, limit)


def _chunks(bars: BarArray) -> Iterator[tuple[int, bytes]]:
    """Portions of the bars, packed, each with the open of its first bar."""
    for at in range(0, len(bars), CHUNK_BARS):
        part = bars[at : at + CHUNK_BARS]
        yield int(part[0, OPEN_MS]), _pack(part)


def _pack(bars: BarArray) -> bytes:
    # Column by column: neighbours are alike and take a third of the room.
    raw = np.ascontiguousarray(bars.T).astype("<f8", copy=False).tobytes()
    packed: bytes = _codec().compress(raw, asbytes=True)
    return len(raw).to_bytes(_HEAD, "little") + packed


def _unpack(chunk: bytes) -> BarArray:
    raw = _codec().decompress(chunk[_HEAD:], int.from_bytes(chunk[:_HEAD], "little"), asbytes=True)
    return np.frombuffer(raw, "<f8").reshape(_WIDTH, -1).T


def _codec() -> Any:
    import pyarrow  # noqa: PLC0415  # half a second, so only when there is an upload

    return pyarrow.Codec("zstd", 1)


def _wanted(firsts: list[int], start_ms: int | None, end_ms: int | None) -> list[int]:
    """The chunks that bars of the range may be in; each reaches to the next one's first bar."""
    after = [*firsts[1:], np.inf][: len(firsts)]
    return [
        first
        for first, following in zip(firsts, after, strict=True)
        if (start_ms is None or following > start_ms) and (end_ms is None or first < end_ms)
    ]


def _notices(symbol: str, timeframes: Iterable[str]) -> list[Command]:
    return [("PUBLISH", keys.NOTIFY_BARS, orjson.dumps([symbol, timeframe, 0])) for timeframe in timeframes]
