"""Payloads of the stream and of REST, and their WebSocket framing, rendered in bulk."""

from __future__ import annotations

import struct
from collections.abc import Iterable
from typing import Final

from ingest.sim.bars import Klines
from ingest.sim.instruments import Instrument
from ingest.sim.market import Aggregate, Trade

TEXT: Final = 0x1
BINARY: Final = 0x2
_ONE: Final = 100_000_000
_BOOLEAN: Final = (b"false", b"true")


def decimal(value: int) -> str:
    """A number given in units of 1e-8 as the exchange writes it, with eight decimals.

    >>> decimal(6183763000000)
    '61837.63000000'
    """
    return f"{value // _ONE}.{value % _ONE:08d}"


def frame(payload: bytes, opcode: int = TEXT) -> bytes:
    """One unmasked WebSocket frame, as a server sends it (RFC 6455, section 5.2)."""
    size = len(payload)
    if size < 126:
        return bytes((0x80 | opcode, size)) + payload
    if size < 65_536:
        return struct.pack("!BBH", 0x80 | opcode, 126, size) + payload
    return struct.pack("!BBQ", 0x80 | opcode, 127, size) + payload


_SHORT: Final = tuple(frame(b"\0" * size)[: -size or None] for size in range(1024))
"""Frame headers by payload size."""


class Stream:
    """Renders the ``<symbol>@trade`` stream of one symbol, raw or in the combined envelope."""

    def __init__(self, name: str) -> None:
        self.name = f"{name.lower()}@trade"
        data = (
            b'{"e":"trade","E":%%d,"s":"%s","t":%%d,"p":"%%d.%%08d","q":"%%d.%%08d","T":%%d,"m":%%s,"M":true}'
            % name.encode()
        )
        self._shapes = {False: data, True: self.wrap(data)}

    def wrap(self, data: bytes) -> bytes:
        """A payload in the combined envelope."""
        return b'{"stream":"%s","data":%s}' % (self.name.encode(), data)

    def payload(self, trade: Trade, event_ms: int, combined: bool) -> bytes:
        """One trade as JSON, with the event time ``E``."""
        trade_id, time_ms, price, quantity, maker = trade
        values = (event_ms, trade_id, *divmod(price, _ONE), *divmod(quantity, _ONE), time_ms, _BOOLEAN[maker])
        return self._shapes[combined] % values

    def frames(self, trades: Iterable[Trade], event_ms: int, combined: bool) -> bytes:
        """Trades as WebSocket frames, one after the other, ready for a single write."""
        shape, one, boolean, short = self._shapes[combined], _ONE, _BOOLEAN, _SHORT
        parts = []
        for trade_id, time_ms, price, quantity, maker in trades:
            data = shape % (
                event_ms, trade_id, price // one, price % one, quantity // one, quantity % one, time_ms, boolean[maker],
            )  # fmt: skip
            parts.append(short[len(data)])
            parts.append(data)
        return b"".join(parts)


def trade_rows(trades: Iterable[Trade]) -> list[dict[str, object]]:
    """Trades as ``/trades`` and ``/historicalTrades`` give them."""
    return [
        {
            "id": trade_id,
            "price": decimal(price),
            "qty": decimal(quantity),
            "quoteQty": decimal(price * quantity // _ONE),
            "time": time_ms,
            "isBuyerMaker": maker,
            "isBestMatch": True,
        }
        for trade_id, time_ms, price, quantity, maker in trades
    ]


def aggregate_rows(aggregates: Iterable[Aggregate]) -> list[dict[str, object]]:
    """Aggregate trades as ``/aggTrades`` gives them."""
    return [
        {"a": row.order, "p": decimal(row.price), "q": decimal(row.quantity), "f": row.first_id, "l": row.last_id,
         "T": row.time_ms, "m": row.buyer_is_maker, "M": True}
        for row in aggregates
    ]  # fmt: skip


def kline_rows(klines: Klines, instrument: Instrument, step_ms: int) -> list[list[object]]:
    """Klines in the exchange's shape of twelve elements."""
    tick, lot, quote = instrument.price_unit, instrument.quantity_unit, instrument.quote_unit
    return [
        [open_ms, decimal(o * tick), decimal(h * tick), decimal(low * tick), decimal(c * tick), decimal(volume * lot),
         open_ms + step_ms - 1, decimal(amount * quote), count, decimal(bought * lot), decimal(spent * quote), "0"]
        for open_ms, o, h, low, c, volume, amount, count, bought, spent
        in zip(*(column.tolist() for column in klines), strict=True)
    ]  # fmt: skip
