"""The live state of a symbol: last trade, feed state, watermark and open bars, in one hash."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import orjson

from analytics.market import Bar
from store import keys
from store.bars_sorted import member
from store.link import Link, Word, flat, pairs


class LiveState:
    """The ``live:{symbol}`` hashes. Writers set only the fields that are theirs. Every method raises `StoreError`."""

    def __init__(self, link: Link) -> None:
        self._link = link

    def read(self, symbol: str) -> dict[str, str]:
        """All fields as text; empty when nothing is known of the symbol."""
        return pairs(self._link.run("HGETALL", keys.live(symbol)))

    def read_many(self, symbols: Iterable[str]) -> dict[str, dict[str, str]]:
        """The fields of each symbol, in one round trip."""
        wanted = list(symbols)
        replies = self._link.pipe([("HGETALL", keys.live(symbol)) for symbol in wanted])
        return {symbol: pairs(reply) for symbol, reply in zip(wanted, replies, strict=True)}

    def set_states(self, rows: Mapping[str, Mapping[str, Word]]) -> None:
        """Set fields of many symbols in one round trip; other fields stay."""
        self._link.pipe([("HSET", keys.live(symbol), *flat(row)) for symbol, row in rows.items() if row])

    def watermarks(self, symbols: Iterable[str]) -> dict[str, int]:
        """``watermark_ms`` of each symbol; 0 where there is none."""
        wanted = list(symbols)
        replies = self._link.pipe([("HGET", keys.live(symbol), "watermark_ms") for symbol in wanted])
        return {symbol: int(reply or 0) for symbol, reply in zip(wanted, replies, strict=True)}

    def set_open_bars(self, symbol: str, bars: Mapping[str, Bar]) -> None:
        """Set the bars that are not closed yet, by time frame: fields ``open:1s``, ``open:1m``, ``open:5m``."""
        if bars:
            fields = {f"open:{timeframe}": member(bar) for timeframe, bar in bars.items()}
            self._link.run("HSET", keys.live(symbol), *flat(fields))


def open_bars(fields: Mapping[str, str]) -> dict[str, Bar]:
    """The open bars in the fields of a live hash, by time frame.

    >>> open_bars({"open:1m": "[60000,1.0,2.5,1.0,2.0,3.0,6.0,1.5,4,0]"})["1m"].high
    2.5
    """
    return {
        name.removeprefix("open:"): Bar(*orjson.loads(text)) for name, text in fields.items() if name[:5] == "open:"
    }
