"""Writes batches of ticks: packed by hand, a transaction a symbol, one round trip in all."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple

import orjson

from analytics.market import Tick
from store import keys
from store.link import Link, StoreError, Wire, checked, flat, refused
from store.tick_codec import Packer, number, parse, resp, split_id

_MULTI: Final = resp("MULTI")
_EXEC: Final = resp("EXEC")
_AROUND: Final = 4
"""Commands of a transaction besides its XADDs: MULTI, HSET, PUBLISH, EXEC."""
_REPEATED: Final = "equal or smaller"
_SEND_AT: Final = 256

Groups = Mapping[str, Sequence[Tick]]
"""Ticks by symbol."""


class Appended(NamedTuple):
    """What became of a batch: ``written`` ticks are new in the stream, ``duplicates`` were there already."""

    written: int
    duplicates: int


class TickWriter:
    """Appends ticks to their streams; what is at the top of each stream it learns from the stream itself."""

    def __init__(self, link: Link) -> None:
        self._link = link
        self._packers: dict[str, Packer] = {}
        self._writing = threading.Lock()

    def append(self, ticks: Sequence[Tick], received_ms: int) -> Appended:
        """See `TickStreams.append`."""
        groups: dict[str, list[Tick]] = {}
        for tick in ticks:
            groups.setdefault(tick[0], []).append(tick)
        with self._writing:
            try:
                with self._link.connection() as wire:
                    written = self._write(wire, groups, received_ms)
            except BaseException:
                # What the server holds is not known any more: the next batch asks.
                self._packers.clear()
                raise
        return Appended(written, len(ticks) - written)

    def _write(self, wire: Wire, groups: Groups, received_ms: int) -> int:
        """Write each symbol's ticks in a transaction of its own: a server that is full takes all of them or none."""
        self._learn_tops(wire, [symbol for symbol in groups if symbol not in self._packers])
        sent: list[tuple[str, list[Tick]]] = []
        wire.send(self._packed(groups, received_ms, sent))
        replies = [wire.receive(len(fresh) + _AROUND) for _, fresh in sent]
        written = 0
        behind: dict[str, list[Tick]] = {}
        for (symbol, fresh), conversation in zip(sent, replies, strict=True):
            repeated = _repeated(fresh, checked(conversation)[-1])
            written += len(fresh) - len(repeated)
            if repeated:
                behind[symbol] = repeated
        return written + self._catch_up(wire, behind, received_ms) if behind else written

    def _packed(self, groups: Groups, received_ms: int, sent: list[tuple[str, list[Tick]]]) -> Iterator[bytes]:
        """The transactions in parts worth sending; ``sent`` is told what is in them."""
        out: list[str] = []
        for symbol, ticks in groups.items():
            begun = False
            fresh: list[Tick] = []
            for start in range(0, len(ticks), _SEND_AT):
                adds: list[str] = []
                fresh += self._packers[symbol].pack(ticks[start : start + _SEND_AT], adds)
                if adds and not begun:
                    out.append(_MULTI)
                    begun = True
                out += adds
                if len(out) >= _SEND_AT:
                    yield "".join(out).encode()
                    out.clear()
            if fresh:
                out += [*_news(fresh[-1], received_ms), _EXEC]
                sent.append((symbol, fresh))
        yield "".join(out).encode()

    def _catch_up(self, wire: Wire, behind: Groups, received_ms: int) -> int:
        """Another writer was ahead of us: take its top, then write what is really new."""
        self._learn_tops(wire, list(behind))
        again = {
            symbol: [tick for tick in ticks if tick.trade_id > self._packers[symbol].top_id]
            for symbol, ticks in behind.items()
        }
        written = self._write(wire, again, received_ms)
        # Our last trade was announced although the stream is past it: say what the stream says.
        tails = checked(wire.exchange([("XREVRANGE", keys.ticks(symbol), "+", "-", "COUNT", 1) for symbol in behind]))
        newest = [tick for symbol, tail in zip(behind, tails, strict=True) for tick in parse(symbol, tail)]
        news = [command for tick in newest for command in _news(tick, received_ms)]
        wire.send(["".join(news).encode()])
        checked(wire.receive(len(news)))
        return written

    def _learn_tops(self, wire: Wire, symbols: Sequence[str]) -> None:
        if not symbols:
            return
        replies = wire.exchange([("XINFO", "STREAM", keys.ticks(symbol)) for symbol in symbols])
        for symbol, reply in zip(symbols, replies, strict=True):
            top = (0, 0)
            if not refused(reply, "no such key"):
                # Not the newest entry: ids stay taken when a stream is trimmed to nothing.
                info = checked([reply])[0]
                top = split_id(info[info.index(b"last-generated-id") + 1])
            self._packers[symbol] = Packer(keys.ticks(symbol), *top)


def _repeated(fresh: Sequence[Tick], results: Any) -> list[Tick]:
    """The ticks which the server had already, from what EXEC returned."""
    if not isinstance(results, list):
        raise StoreError(f"EXEC: expected a list of results, got {results!r}. Is a proxy in between?")
    if not any(isinstance(result, Exception) for result in results):
        return []
    checked(result for result in results if not refused(result, _REPEATED))
    return [tick for tick, result in zip(fresh, results, strict=False) if refused(result, _REPEATED)]


def _news(tick: Tick, received_ms: int) -> list[str]:
    """The commands, packed, that make a tick the last trade of its symbol."""
    symbol, trade_id, time_ms, price, quantity, maker = tick
    fields: dict[str, str | int] = {
        "trade_id": trade_id,
        "time_ms": time_ms,
        "price": number(price),
        "quantity": number(quantity),
        "buyer_is_maker": int(maker),
        "received_ms": received_ms,
    }
    notice = orjson.dumps([symbol, trade_id, time_ms, price, quantity, bool(maker), received_ms]).decode()
    return [
        resp("HSET", keys.live(symbol), *flat(fields)),
        resp("PUBLISH", keys.NOTIFY_TRADES, notice),
    ]
