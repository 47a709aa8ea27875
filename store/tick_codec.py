"""Ticks to RESP and back: stream entries packed and parsed by hand, because that is where the time goes."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from analytics.market import Tick

Entry = list[Any]
"""A stream entry as the server sends it: ``[id, [name, value, ...]]``, all bytes."""


def number(value: float) -> str:
    """The shortest decimal string that reads back as the same float, without exponent.

    >>> number(61828.01), number(100.0), number(1e-05)
    ('61828.01', '100', '0.00001')
    """
    text = repr(value)
    if text[-2:] == ".0":
        return text[:-2]
    return text if "e" not in text else format(Decimal(text), "f")


def resp(*words: str | int) -> str:
    """A command in the wire format, RESP: lengths count bytes, not characters.

    >>> resp("DEL", "k")
    '*2\\r\\n$3\\r\\nDEL\\r\\n$1\\r\\nk\\r\\n'
    """
    texts = [str(word) for word in words]
    return f"*{len(texts)}\r\n" + "".join(f"${len(text.encode())}\r\n{text}\r\n" for text in texts)


class Packer:
    """Packs the XADDs of one symbol; ids never decrease, whatever the trade times do.

    ``top_ms`` and ``top_id`` are the two halves of the newest id known to be in the stream.
    """

    def __init__(self, key: str, top_ms: int, top_id: int) -> None:
        opening = resp("XADD", key).removeprefix("*2")
        self._plain, self._clamped = f"*9{opening}$", f"*11{opening}$"
        self.top_ms = top_ms
        self.top_id = top_id

    def pack(self, ticks: Sequence[Tick], into: list[str]) -> list[Tick]:
        """Append the XADDs to ``into`` and return the ticks they stand for: those above the top.

        A trade that is older than the stream's top takes the top's time for its id and keeps its own in ``t``.
        """
        top_ms, top_id, plain = self.top_ms, self.top_id, self._plain
        fresh = []
        for tick in ticks:
            _, trade_id, time_ms, price, quantity, maker = tick
            if time_ms > top_ms:
                top_ms = time_ms
            elif trade_id <= top_id:
                continue
            top_id = trade_id
            entry_id, p, q = f"{top_ms}-{trade_id}", number(price), number(quantity)
            entry = (
                f"{len(entry_id)}\r\n{entry_id}\r\n$1\r\np\r\n${len(p)}\r\n{p}\r\n"
                f"$1\r\nq\r\n${len(q)}\r\n{q}\r\n$1\r\nm\r\n$1\r\n{'1' if maker else '0'}\r\n"
            )
            if time_ms < top_ms:
                into.append(f"{self._clamped}{entry}$1\r\nt\r\n${len(str(time_ms))}\r\n{time_ms}\r\n")
            else:
                into.append(plain + entry)
            fresh.append(tick)
        self.top_ms, self.top_id = top_ms, top_id
        return fresh


def parse(symbol: str, entries: Sequence[Entry]) -> list[Tick]:
    """Stream entries as ticks, with the true trade time."""
    ticks = []
    for entry_id, fields in entries:
        millis, _, trade_id = entry_id.partition(b"-")
        time_ms = int(millis) if len(fields) == 6 else int(fields[7])
        ticks.append(Tick(symbol, int(trade_id), time_ms, float(fields[1]), float(fields[3]), fields[5] == b"1"))
    return ticks


def split_id(entry_id: bytes) -> tuple[int, int]:
    """The two halves of a stream id.

    >>> split_id(b"1700000000000-42")
    (1700000000000, 42)
    """
    millis, _, sequence = entry_id.partition(b"-")
    return int(millis), int(sequence)
