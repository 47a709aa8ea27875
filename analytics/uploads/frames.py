"""Bars of longer time frames from those of a file."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np

from analytics.market import CLOSE, FLAGS, HIGH, LOW, OPEN, OPEN_MS, PARTIAL, TIMEFRAME_MS, VOLUME, BarArray

LEAST: Final = 20
"""Fewer bars are no use to any statistic, so a longer time frame is not made of them."""


def frames(bars: BarArray, step_ms: int) -> Iterator[tuple[str, BarArray]]:
    """The time frames that bars of ``step_ms`` give: their own, if it has a name, and all longer ones that fit.

    >>> bars = np.ones((60, 10)); bars[:, OPEN_MS] = np.arange(60) * 60_000.0; bars[:, FLAGS] = 0
    >>> [(name, len(each)) for name, each in frames(bars, 60_000)]
    [('1m', 60)]
    """
    fits = on_grid(bars, step_ms)
    for name, longer in TIMEFRAME_MS.items():
        if longer == step_ms:
            yield name, bars
        elif fits and longer > step_ms and longer % step_ms == 0:
            made = join(bars, step_ms, longer)
            if len(made) >= LEAST:
                yield name, made


def on_grid(bars: BarArray, step_ms: int) -> bool:
    """Whether every bar opens at a whole multiple of the step, counted in UTC."""
    return bool(np.all(bars[:, OPEN_MS] % step_ms == 0))


def join(bars: BarArray, step_ms: int, longer_ms: int) -> BarArray:
    """Bars of ``longer_ms`` from bars of ``step_ms``, oldest first; one that lacks any of its parts is partial.

    >>> bars = np.ones((3, 10)); bars[:, OPEN_MS] = 0, 60_000, 300_000; bars[:, CLOSE] = 1, 2, 3; bars[:, FLAGS] = 8
    >>> join(bars, 60_000, 300_000)[:, [OPEN_MS, CLOSE, VOLUME, FLAGS]].tolist()
    [[0.0, 2.0, 2.0, 9.0], [300000.0, 3.0, 1.0, 9.0]]
    """
    if not len(bars):
        return bars
    bucket = bars[:, OPEN_MS] // longer_ms
    first = np.concatenate([[0], np.flatnonzero(np.diff(bucket)) + 1])
    counts = np.diff(np.append(first, len(bars)))
    made: BarArray = bars[first].copy()
    made[:, OPEN_MS] = bucket[first] * longer_ms
    made[:, OPEN] = bars[first, OPEN]
    made[:, HIGH] = np.maximum.reduceat(bars[:, HIGH], first)
    made[:, LOW] = np.minimum.reduceat(bars[:, LOW], first)
    made[:, CLOSE] = bars[first + counts - 1, CLOSE]
    made[:, VOLUME:FLAGS] = np.add.reduceat(bars[:, VOLUME:FLAGS], first, axis=0)
    flags = np.bitwise_or.reduceat(bars[:, FLAGS].astype(np.int64), first)
    made[:, FLAGS] = flags | np.where(counts < longer_ms // step_ms, PARTIAL, 0)
    return made
