"""What a pair is computed from: two symbols, a time frame, a window, a method and a scale, all checked."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from analytics.market import TIMEFRAME_MS

METHODS: Final = ("ols",)
"""Ways to estimate the hedge ratio."""
SCALES: Final = ("level", "log")
"""``level``: prices, the hedge ratio is units of x per unit of y. ``log``: log prices, it is an elasticity."""
MIN_WINDOW: Final = 20
MAX_WINDOW: Final = 1000

_SYMBOL: Final = re.compile(r"[a-z0-9_\-]{1,32}:[A-Z0-9_\-]{2,32}")


class SpecError(ValueError):
    """A setting of a pair is not usable: ``parameter``. The text says what is allowed, what came and what to do."""

    def __init__(self, parameter: str, allowed: str, got: object, remedy: str) -> None:
        super().__init__(f"`{parameter}` must be {allowed}, got {got!r}. {remedy}")
        self.parameter = parameter


@dataclass(frozen=True, slots=True)
class PairSpec:
    """One pair and how it is looked at; hashable, so it is its own cache key.

    ``y`` is the dependent leg: spread = y - intercept - hedge_ratio * x. ``window`` counts shared bars of
    ``timeframe``. Raises `SpecError`.

    >>> PairSpec("binance:ETHUSDT", "binance:BTCUSDT").window
    120
    >>> PairSpec("binance:ETHUSDT", "binance:BTCUSDT", window=5)
    Traceback (most recent call last):
    analytics.spec.SpecError: `window` must be a whole number from 20 to 1000, got 5. Choose one in that range.
    """

    y: str
    x: str
    timeframe: str = "1m"
    window: int = 120
    method: str = "ols"
    scale: str = "level"

    def __post_init__(self) -> None:
        for parameter in ("y", "x"):
            symbol = getattr(self, parameter)
            if not (isinstance(symbol, str) and _SYMBOL.fullmatch(symbol)):
                raise SpecError(
                    parameter, "a symbol as venue:NAME", symbol, "Write it in full, for instance binance:BTCUSDT."
                )
        if self.y == self.x:
            raise SpecError("x", "another symbol than `y`", self.x, "Choose two different legs.")
        _choose("timeframe", self.timeframe, tuple(TIMEFRAME_MS))
        _choose("method", self.method, METHODS)
        _choose("scale", self.scale, SCALES)
        whole = isinstance(self.window, int) and not isinstance(self.window, bool)
        if not (whole and MIN_WINDOW <= self.window <= MAX_WINDOW):
            allowed = f"a whole number from {MIN_WINDOW} to {MAX_WINDOW}"
            raise SpecError("window", allowed, self.window, "Choose one in that range.")

    @property
    def step_ms(self) -> int:
        """Length of one bar in milliseconds."""
        return TIMEFRAME_MS[self.timeframe]


def _choose(parameter: str, got: str, allowed: tuple[str, ...]) -> None:
    if got not in allowed:
        raise SpecError(parameter, f"one of {', '.join(allowed)}", got, "Choose one of these.")
