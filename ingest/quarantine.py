"""Refuses prints that cannot be trades, counts them and logs a sample."""

from __future__ import annotations

import logging
import math
import time
from collections import Counter

from analytics.market import Tick

log = logging.getLogger(__name__)

LOG_EVERY_S = 10.0


def fault(tick: Tick, latest_ms: float) -> str | None:
    """Why a tick cannot be a trade; None when it can. ``latest_ms`` is the latest trade time that can be.

    >>> fault(Tick("sim:A", 1, 1000, 0.0, 1.0, False), 1000)
    'price must be above 0, got 0.0'
    """
    if type(tick.trade_id) is not int or tick.trade_id < 0:
        return f"trade id must be an integer of 0 or more, got {tick.trade_id!r}"
    if not 0 < tick.price < math.inf:
        return f"price must be above 0, got {tick.price}"
    if not 0 < tick.quantity < math.inf:
        return f"quantity must be above 0, got {tick.quantity}"
    if type(tick.time_ms) is not int or not 0 < tick.time_ms <= latest_ms:
        return f"trade time must be in the past, in epoch ms, got {tick.time_ms!r}"
    return None


class Quarantine:
    """Counts what was refused by symbol (or by the word ``frames``) and logs one sample every 10 seconds."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        self._quiet_until_s = 0.0

    def add(self, symbol: str, reason: str, sample: object) -> None:
        """Count one refused frame or trade."""
        self.counts[symbol] += 1
        now_s = time.monotonic()
        if now_s >= self._quiet_until_s:
            self._quiet_until_s = now_s + LOG_EVERY_S
            text = str(sample)[:300]
            log.warning("refused", extra={"symbol": symbol, "reason": reason, "sample": text})
