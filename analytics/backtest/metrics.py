"""Figures of an equity curve and of its trades: drawdown, profit by period, Sharpe, Sortino, profit factor."""

from __future__ import annotations

import math
from typing import Final

import numpy as np
from numpy.typing import NDArray

from analytics.rolling import ROUNDING

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

MINUTE_MS: Final = 60_000
DAY_MS: Final = 24 * 60 * MINUTE_MS
YEAR_MS: Final = 365.25 * DAY_MS
"""A year of a market that never closes."""
PERIODS_MS: Final = (
    1_000, MINUTE_MS, 5 * MINUTE_MS, 15 * MINUTE_MS, 60 * MINUTE_MS, 240 * MINUTE_MS, DAY_MS,
)  # fmt: skip
MIN_PERIODS: Final = 50


def period_for(span_ms: int, step_ms: int) -> int:
    """The longest period, up to a day, of which the span holds at least 50; never shorter than a bar.

    Long periods, because profits of neighbouring bars depend on each other, which a square root of time denies.

    >>> period_for(30 * DAY_MS, 60_000) // MINUTE_MS
    240
    """
    fitting = [period for period in PERIODS_MS if period % step_ms == 0 and span_ms >= MIN_PERIODS * period]
    return max(fitting, default=step_ms)


def period_rows(open_ms: Integers, step_ms: int, period_ms: int) -> Integers:
    """Last row of each period, counted from the first bar on, shape (m,); a period without bars repeats the row.

    ``period_ms`` is a multiple of ``step_ms``; the last period may be cut short.

    >>> period_rows(np.array([0, 1000, 2000, 9000]), 1000, 3000)
    array([2, 2, 2, 3])
    """
    if not open_ms.size:
        return np.empty(0, np.int64)
    first, span = open_ms[0], open_ms[-1] + step_ms - open_ms[0]
    ends = first + period_ms * np.arange(1, -(-span // period_ms) + 1)
    rows: Integers = np.searchsorted(open_ms, ends) - 1
    return rows


def periods_per_year(period_ms: int) -> float:
    """Periods in 365.25 days of 24 hours."""
    return YEAR_MS / period_ms


def sharpe(profits: Floats) -> Floats:
    """Mean over standard deviation (ddof 1) along the last axis, per period; NaN where nothing varies.

    Annualise with the square root of `periods_per_year`. No rate is taken off: a spread is financed by itself.

    >>> sharpe(np.array([0.0, 2.0, 4.0]))
    np.float64(1.0)
    """
    return _over(profits.mean(axis=-1), _deviation(profits))


def sortino(profits: Floats) -> Floats:
    """Mean over the root mean square of the losses along the last axis, per period; NaN where there is no loss.

    >>> sortino(np.array([1.0, 3.0, -1.0, 1.0]))
    np.float64(2.0)
    """
    return _over(profits.mean(axis=-1), np.sqrt((np.minimum(profits, 0.0) ** 2).mean(axis=-1)))


def profit_factor(nets: Floats) -> Floats:
    """Sum of the gains over sum of the losses along the last axis; NaN where there is no loss."""
    return _over(np.maximum(nets, 0.0).sum(axis=-1), -np.minimum(nets, 0.0).sum(axis=-1))


def drawdown(equity: Floats) -> Floats:
    """How far each row is below the highest equity so far, the starting 0 included; 0 or more, same unit.

    >>> drawdown(np.array([-1.0, 2.0, 1.5, 3.0]))
    array([1. , 0. , 0.5, 0. ])
    """
    return np.maximum(np.maximum.accumulate(equity, axis=-1), 0.0) - equity


def annual(ratio: float, period_ms: int) -> float | None:
    """A ratio per period scaled to a year; None where there is none."""
    value = ratio * math.sqrt(periods_per_year(period_ms))
    return value if math.isfinite(value) else None


def _deviation(profits: Floats) -> Floats:
    """Standard deviation, exactly 0 where it is rounding only."""
    if profits.shape[-1] < 2:
        return np.zeros(profits.shape[:-1])
    deviation = profits.std(axis=-1, ddof=1)
    return np.where(deviation > ROUNDING * np.abs(profits).max(axis=-1), deviation, 0.0)


def _over(above: Floats, below: Floats) -> Floats:
    with np.errstate(invalid="ignore", divide="ignore"):
        ratio = np.asarray(above) / below
    result: Floats = np.where(below > 0, ratio, np.nan)[()]
    return result
