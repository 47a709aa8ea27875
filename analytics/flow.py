"""Who trades, how much and how steadily: what the measures of flow and liquidity share."""

from __future__ import annotations

from bisect import bisect_left, insort
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from analytics.dependence import follows, log_returns
from analytics.extremes import rolling_high
from analytics.inputs import Leg, Trades
from analytics.market import CLOSE, OPEN_MS, QUOTE_VOLUME, TRADES, VOLUME, BarArray
from analytics.rolling import rolling_sum

Floats = NDArray[np.float64]

MINUTE_MS: Final = 60_000
_CANCELLED: Final = 1e-12
"""A centred sum below this share of the raw one is what rounding left."""


def signs(trades: Trades) -> Floats:
    """+1 where the buyer was the aggressor, -1 where the seller was, shape (n,).

    ``buyer_is_maker`` True means that the buyer's order was waiting: the seller came to it.

    >>> one = np.ones(2)
    >>> signs(Trades(np.zeros(2, dtype=np.int64), one, one, np.array([False, True])))
    array([ 1., -1.])
    """
    return np.where(trades.buyer_is_maker, -1.0, 1.0)


def imbalance(net: Floats, total: Floats) -> Floats:
    """(buys - sells) / (buys + sells) from net and total volume, in [-1, 1]; NaN where nothing was traded.

    >>> imbalance(np.array([1.0, 0.0]), np.array([4.0, 0.0]))
    array([0.25,  nan])
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(total > 0, np.clip(net / total, -1.0, 1.0), np.nan)


def told(bars: BarArray, column: int) -> Floats:
    """Quote volume or trades of each bar, (n,); NaN where it has volume but 0 of those: its source did not tell.

    >>> bars = np.zeros((3, 10)); bars[:, VOLUME] = 5, 5, 0; bars[:, TRADES] = 2, 0, 0
    >>> told(bars, TRADES)
    array([ 2., nan,  0.])
    """
    return np.where((bars[:, VOLUME] > 0) & (bars[:, column] <= 0), np.nan, bars[:, column])


def bar_returns(leg: Leg) -> tuple[Floats, NDArray[np.bool_]]:
    """One-bar log returns, 0 where missing bars lie between, and where they count; both (n,)."""
    counted = follows(leg.bars[:, OPEN_MS].astype(np.int64), leg.step_ms)
    return log_returns(leg.bars[:, CLOSE], counted), counted


def rolling_count(counted: NDArray[np.bool_], window: int) -> Floats:
    """How many of the last ``window`` rows count; NaN where that is less than half, and in row ``window`` - 1.

    No return leads into row 0, so the first ``window`` rows never hold ``window`` returns.
    """
    n = rolling_sum(counted.astype(np.float64), window)
    n[2 * n < window] = np.nan
    n[:window] = np.nan
    return n


class Slope(NamedTuple):
    """Rolling regression of one column on another: ``slope``, its t value and R squared, each (n,)."""

    slope: Floats
    t_value: Floats
    r_squared: Floats


def rolling_slope(y: Floats, x: Floats, counted: NDArray[np.bool_], window: int) -> Slope:
    """Least squares with an intercept of y on x over the counted rows among the last ``window``.

    For columns that swing about 0, as changes and net flows do (no anchor is taken). NaN where fewer than half of the
    rows count, where x or y does not move, and t where the fit is perfect. ``t_value`` tests slope = 0 with n - 2
    degrees of freedom and assumes independent residuals of equal variance.

    >>> y, x = np.array([0.0, 1.0, 3.0, 5.0, 6.0]), np.array([9.0, 0.0, 1.0, 2.0, 3.0])
    >>> rolling_slope(y, x, np.array([False, True, True, True, True]), 4).slope.round(12)
    array([nan, nan, nan, nan, 1.7])
    """
    y, x = np.where(counted, y, 0.0), np.where(counted, x, 0.0)
    n = rolling_count(counted, window)
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        y_sum, x_sum = rolling_sum(y, window), rolling_sum(x, window)
        raw_yy, raw_xx = rolling_sum(y * y, window), rolling_sum(x * x, window)
        yy, xx = raw_yy - y_sum * y_sum / n, raw_xx - x_sum * x_sum / n
        xy = rolling_sum(x * y, window) - x_sum * y_sum / n
        usable = (xx > _CANCELLED * raw_xx) & (yy > _CANCELLED * raw_yy) & (n > 2)
        slope = np.where(usable, xy / xx, np.nan)
        left = yy - slope * xy
        left = np.where(left > _CANCELLED * yy, left, np.nan)
        t_value = slope / np.sqrt(left / (n - 2) / xx)
        r_squared = np.where(usable, np.clip(slope * xy / yy, 0.0, 1.0), np.nan)
    return Slope(slope, t_value, r_squared)


def rolling_median(values: Floats, window: int) -> Floats:
    """Median of the finite values among the last ``window`` rows; NaN until as many rows are there, or half are NaN.

    >>> rolling_median(np.array([5.0, 1.0, np.nan, 3.0]), 3)
    array([nan, nan,  3.,  2.])
    """
    ranked: list[float] = []
    result = np.full(values.size, np.nan)
    row_values = values.tolist()
    known = np.isfinite(values).tolist()
    for row, value in enumerate(row_values):
        if row >= window and known[row - window]:
            del ranked[bisect_left(ranked, row_values[row - window])]
        if known[row]:
            insort(ranked, value)
        if row >= window - 1 and 2 * len(ranked) >= window:
            half = len(ranked) // 2
            result[row] = ranked[half] if len(ranked) % 2 else (ranked[half - 1] + ranked[half]) / 2
    return result


TOO_LITTLE_VOLUME, TOO_FEW_TRADES, TOO_LONG_SILENCE = 1, 2, 4


class Liquidity(NamedTuple):
    """What the last ``window`` bars of a leg offer, each (n,), NaN while they are not full.

    ``quote_volume`` (quote asset) and ``trades`` are per minute of the time the bars span, silent time included; NaN
    also where a bar has volume but its source did not tell those.
    ``silence_s`` is the longest run of whole bars without a trade in between, in seconds. ``failed`` adds up the limits
    that are not met: 1 volume, 2 trades, 4 silence; 0 passes, NaN where none fails but not all are known.
    """

    quote_volume: Floats
    trades: Floats
    silence_s: Floats
    failed: Floats


def liquidity(leg: Leg, window: int, min_volume: float, min_trades: float, max_silence_s: float) -> Liquidity:
    """Whether a leg trades enough at each bar of a ``window`` of 2 or more, and which limit it misses.

    ``min_volume`` in the quote asset and ``min_trades`` are per minute, ``max_silence_s`` in seconds; a value equal to
    its limit passes. What is not known fails no limit, and passes none. Silence since the newest bar is the caller's to
    add, since only the clock knows it.

    >>> bars = np.zeros((4, 10)); bars[:, OPEN_MS] = np.array([0, 1, 2, 5]) * MINUTE_MS; bars[:, TRADES] = 6
    >>> found = liquidity(Leg(bars, MINUTE_MS), 2, min_volume=0.0, min_trades=6.0, max_silence_s=60.0)
    >>> found.trades, found.silence_s, found.failed
    (array([nan,  6.,  6.,  3.]), array([ nan,   0.,   0., 120.]), array([nan,  0.,  0.,  6.]))
    """
    opened = leg.bars[:, OPEN_MS]
    minutes = np.full(opened.size, np.nan)
    minutes[window - 1 :] = (
        opened[window - 1 :] - opened[: max(0, opened.size - window + 1)] + leg.step_ms
    ) / MINUTE_MS
    quote_volume = rolling_sum(told(leg.bars, QUOTE_VOLUME), window) / minutes
    trades = rolling_sum(told(leg.bars, TRADES), window) / minutes
    silence_s = np.full(opened.size, np.nan)
    # The pause before a window's first bar lies outside of it.
    silence_s[1:] = rolling_high((np.diff(opened) - leg.step_ms) / 1000, window - 1)[0]
    failed = (
        TOO_LITTLE_VOLUME * (quote_volume < min_volume)
        + TOO_FEW_TRADES * (trades < min_trades)
        + TOO_LONG_SILENCE * (silence_s > max_silence_s)
    ).astype(np.float64)
    failed[(failed == 0) & np.isnan(quote_volume + trades + silence_s)] = np.nan
    return Liquidity(quote_volume, trades, silence_s, failed)
