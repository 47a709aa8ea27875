"""The bars two legs share: same open time in both, nothing filled in, nothing invented."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from analytics.market import CLOSE, FLAGS, OPEN_MS, VOLUME, BarArray

Floats = NDArray[np.float64]


class Span(NamedTuple):
    """Time from the open of the first of n bars to the end of the last, and where bars are missing between them.

    ``gaps`` counts neighbours that are more than one step apart, ``longest_gap_ms`` is the longest time between the end
    of a bar and the open of the next; ``span_ms`` is n steps and all such times. All 0 where there are no bars.
    """

    span_ms: int
    gaps: int
    longest_gap_ms: int


class Shared(NamedTuple):
    """Shared bars, oldest first, every column of shape (n,): closes in the quote asset, volumes in the base asset.

    ``flags`` joins the flags of both legs: if one bar is partial, so is the row.
    """

    open_ms: NDArray[np.int64]
    y: Floats
    x: Floats
    y_volume: Floats
    x_volume: Floats
    flags: NDArray[np.int64]


def align(y_bars: BarArray, x_bars: BarArray) -> Shared:
    """Rows of two bar arrays with the same open time.

    A bucket in which one leg did not trade has no row. Raises ValueError unless open times strictly grow.

    >>> bars = np.zeros((3, 10)); bars[:, OPEN_MS] = 0, 60_000, 120_000; bars[:, CLOSE] = 1, 2, 3
    >>> align(bars, bars[[0, 2]]).y
    array([1., 3.])
    """
    for name, bars in (("y_bars", y_bars), ("x_bars", x_bars)):
        if not (np.diff(bars[:, OPEN_MS]) > 0).all():
            raise ValueError(
                f"`{name}` must be oldest first without repeats, got open times that do not grow. Sort it."
            )
    y, x = _same_stamps(y_bars, x_bars)
    return Shared(
        open_ms=y[:, OPEN_MS].astype(np.int64),
        y=y[:, CLOSE].copy(),
        x=x[:, CLOSE].copy(),
        y_volume=y[:, VOLUME].copy(),
        x_volume=x[:, VOLUME].copy(),
        flags=y[:, FLAGS].astype(np.int64) | x[:, FLAGS].astype(np.int64),
    )


def rows(shared: Shared, start: int) -> Shared:
    """The rows from ``start`` on."""
    return Shared._make(column[start:] for column in shared)


def align_last(y_bars: BarArray, x_bars: BarArray, count: int) -> Shared:
    """The last ``count`` shared bars, or all there are; looks no further back than it must.

    >>> bars = np.zeros((9, 10)); bars[:, OPEN_MS] = np.arange(9)
    >>> align_last(bars, bars[::4], 2).open_ms
    array([4, 8])
    """
    depth = 2 * count
    while True:
        start = max(_stamp_at(y_bars, depth), _stamp_at(x_bars, depth))
        shared = align(_since(y_bars, start), _since(x_bars, start))
        if shared.y.size >= count or depth >= max(len(y_bars), len(x_bars)):
            return rows(shared, max(0, shared.y.size - count))
        depth *= 4


def span_of(open_ms: NDArray[np.int64], step_ms: int) -> Span:
    """What bars of ``step_ms`` that open at ``open_ms`` (n,), oldest first, stretch over.

    >>> span_of(np.array([0, 60_000, 300_000]), 60_000)
    Span(span_ms=360000, gaps=1, longest_gap_ms=180000)
    """
    if not open_ms.size:
        return Span(0, 0, 0)
    missing = np.diff(open_ms) - step_ms
    return Span(
        span_ms=int(open_ms[-1] - open_ms[0]) + step_ms,
        gaps=int(np.count_nonzero(missing > 0)),
        longest_gap_ms=int(missing.max(initial=0)),
    )


def _stamp_at(bars: BarArray, depth: int) -> float:
    return float(bars[-depth, OPEN_MS]) if depth < len(bars) else -np.inf


def _since(bars: BarArray, start_ms: float) -> BarArray:
    return bars[np.searchsorted(bars[:, OPEN_MS], start_ms) :]


def _same_stamps(y_bars: BarArray, x_bars: BarArray) -> tuple[BarArray, BarArray]:
    y_open, x_open = y_bars[:, OPEN_MS], x_bars[:, OPEN_MS]
    if np.array_equal(y_open, x_open):
        return y_bars, x_bars
    if not (y_open.size and x_open.size):
        return y_bars[:0], x_bars[:0]
    place = np.minimum(np.searchsorted(y_open, x_open), y_open.size - 1)
    found = y_open[place] == x_open
    return y_bars[place[found]], x_bars[found]
