"""What the last day of one-minute bars says of a symbol; computed once per change of the bars."""

from __future__ import annotations

import math
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from analytics.live import MarketView
from analytics.market import (
    CLOSE,
    NO_BARS,
    OPEN,
    OPEN_MS,
    QUOTE_VOLUME,
    TIMEFRAME_MS,
    TRADES,
    BarArray,
    is_uploaded,
)

DAY_MS: Final = 86_400_000
SPARK_MINUTES: Final = 120
SPARK_HEIGHT: Final = 40
MAX_DECIMALS: Final = 8
MAX_SPREAD_DECIMALS: Final = 12
HELD_FROM: Final = 0.8
HELD_TO: Final = 12.5
_MINUTE_MS: Final = TIMEFRAME_MS["1m"]


class Day(NamedTuple):
    """``reference`` is the close that a change is measured against, ``span_ms`` how long ago that was (at most a day).

    ``quote_volume`` is summed over the span, in the quote asset. ``trades`` counts the newest closed minute, which
    ends at ``end_ms``. ``decimals`` is how many digits prices carry. ``spark`` holds the closes of the last two hours
    at whole minutes, scaled to 0..40, -1 where a minute has no bar.
    """

    reference: float | None
    span_ms: int
    quote_volume: float | None
    trades: int | None
    end_ms: int | None
    decimals: int
    spark: list[int]

    def change_percent(self, price: float | None) -> float | None:
        """Change of ``price`` against the reference, in per cent."""
        return None if price is None or not self.reference else 100 * (price / self.reference - 1)


class Days:
    """The day of every symbol asked for; kept until its bars change. Safe to share between threads."""

    def __init__(self, market: MarketView) -> None:
        self._market = market
        self._held: dict[str, tuple[int, Day]] = {}

    def of(self, symbol: str) -> Day:
        """The day of ``symbol``; all empty while it has no bars, and but for its decimals when it is uploaded."""
        if is_uploaded(symbol):
            return self._past(symbol)
        series = self._market.bars(symbol, "1m")
        held = self._held.get(symbol)
        if held is None or held[0] != series.version:
            before = held[1].decimals if held else 0
            held = self._held[symbol] = (series.version, _day(series.bars, before))
        return held[1]

    def _past(self, symbol: str) -> Day:
        held = (self._market.bars(symbol, timeframe).bars for timeframe in TIMEFRAME_MS)
        bars = next((each for each in held if len(each)), NO_BARS)
        return Day(None, 0, None, None, None, decimals_of(bars[-SPARK_MINUTES:, OPEN : CLOSE + 1]), [])


def decimals_of(prices: NDArray[np.float64]) -> int:
    """Fewest decimals that write all ``prices`` exactly, at most 8.

    >>> decimals_of(np.array([64318.2, 64318.25]))
    2
    """
    for digits in range(MAX_DECIMALS):
        if np.all(np.abs(np.round(prices, digits) - prices) <= 1e-12 * np.abs(prices)):
            return digits
    return MAX_DECIMALS


def spread_decimals(sigma: float | None, held: int | None = None) -> int | None:
    """Decimals that give a spread to three significant digits of its sigma; ``held`` while sigma only brushes a border.

    >>> spread_decimals(9.8), spread_decimals(10.2), spread_decimals(10.2, held=2), spread_decimals(1234.5)
    (2, 1, 2, 0)
    """
    if not sigma:
        return held
    if held is not None and HELD_FROM < sigma * 10.0 ** (held - 2) < HELD_TO:
        return held
    return min(max(0, 2 - math.floor(math.log10(sigma))), MAX_SPREAD_DECIMALS)


def significant(value: float | None, digits: int = 9) -> float | None:
    """``value`` to so many significant digits: more than any page shows, so that it is rounded for the eye once.

    >>> significant(0.053142398712), significant(None)
    (0.0531423987, None)
    """
    return None if value is None else float(f"{value:.{digits}g}")


def _day(bars: BarArray, decimals: int) -> Day:
    if not len(bars):
        return Day(None, 0, None, None, None, decimals, [])
    end_ms = int(bars[-1, OPEN_MS]) + _MINUTE_MS
    ends = bars[:, OPEN_MS] + _MINUTE_MS
    # The reference is the last close known a day ago, not the next one after it.
    first = max(int(np.searchsorted(ends, end_ms - DAY_MS, side="right")) - 1, 0)
    recent = bars[-SPARK_MINUTES:]
    return Day(
        reference=float(bars[first, CLOSE]),
        span_ms=min(end_ms - int(ends[first]), DAY_MS),
        quote_volume=float(bars[first + 1 :, QUOTE_VOLUME].sum()),
        trades=int(bars[-1, TRADES]),
        end_ms=end_ms,
        decimals=max(decimals, decimals_of(recent[:, CLOSE])),
        spark=_spark(recent, end_ms),
    )


def _spark(bars: BarArray, end_ms: int) -> list[int]:
    slots = np.full(SPARK_MINUTES, -1, dtype=np.int64)
    index = SPARK_MINUTES - ((end_ms - bars[:, OPEN_MS]) // _MINUTE_MS).astype(np.int64)
    held = index >= 0
    closes = bars[held, CLOSE]
    low, high = float(closes.min()), float(closes.max())
    scale = SPARK_HEIGHT / (high - low) if high > low else 0.0
    slots[index[held]] = np.round((closes - low) * scale)
    return [int(value) for value in slots]
