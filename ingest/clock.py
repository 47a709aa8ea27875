"""The exchange's clock, carried forward by our monotonic one: a step of the machine's own clock does not move it."""

from __future__ import annotations

import time


class ExchangeClock:
    """Epoch milliseconds as the exchange counts them.

    Set by the exchange's own answer (`set`). Before that it starts at the machine's clock and, when trades show
    it to be wrong, follows the newest trade (`seen`), which is late by the latency and so never early.
    """

    FUTURE_MS = 60_000
    """A known clock lets trades be ahead of it by so much."""
    UNSURE_MS = 86_400_000

    def __init__(self) -> None:
        self._base_ms = time.time() * 1000 - time.monotonic() * 1000
        self.known = self._followed = False

    def now_ms(self) -> float:
        """Now."""
        return time.monotonic() * 1000 + self._base_ms

    def set(self, base_ms: float) -> None:
        """The exchange's clock is the monotonic one, in milliseconds, plus ``base_ms``."""
        self._base_ms, self.known = base_ms, True

    def seen(self, trade_ms: float) -> None:
        """A trade of this time came in; counts only while the exchange has not told its clock."""
        if self.known:
            return
        ahead_ms = trade_ms - self.now_ms()
        if ahead_ms > 0 or not self._followed:
            self._base_ms += ahead_ms
            self._followed = True

    def latest_ms(self) -> float:
        """A trade stamped later than this cannot be."""
        return self.now_ms() + (self.FUTURE_MS if self.known else self.UNSURE_MS)

    @property
    def offset_ms(self) -> float:
        """Exchange clock minus the machine's clock, as the machine's clock stands now."""
        return self.now_ms() - time.time() * 1000
