"""Frames that no exchange should send and every client must survive."""

from __future__ import annotations

import json
from typing import Final

from ingest.sim.frames import BINARY, TEXT, Stream
from ingest.sim.market import Trade

_YEAR_2100_MS: Final = 4_102_444_800_000
_BAD_FIELDS: Final[dict[str, dict[str, object]]] = {
    "zero_price": {"p": "0.00000000"},
    "negative_price": {"p": "-1.00000000"},
    "nan_price": {"p": "NaN"},
    "zero_quantity": {"q": "0.00000000"},
    "negative_quantity": {"q": "-0.50000000"},
    "future": {"T": _YEAR_2100_MS},
    "symbol": {"s": "币安人生USDT"},
    "event": {"e": "mystery"},
}


def bad_frame(kind: str, stream: Stream, trade: Trade, event_ms: int, combined: bool) -> tuple[bytes, int]:
    """Payload and opcode of one bad frame; a kind of `ingest.sim.faults.GARBAGE`, otherwise like ``trade``."""
    good = stream.payload(trade, event_ms, combined)
    if kind == "json":
        return good[: len(good) // 2], TEXT
    if kind == "binary":
        return bytes(range(256)), BINARY
    if kind == "huge":
        return b'{"e":"trade","s":"' + b"X" * 1_000_000 + b'"}', TEXT
    bad = json.loads(stream.payload(trade, event_ms, combined=False)) | _BAD_FIELDS[kind]
    payload = json.dumps(bad, ensure_ascii=False, separators=(",", ":")).encode()
    return stream.wrap(payload) if combined else payload, TEXT
