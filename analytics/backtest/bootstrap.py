"""Confidence intervals of figures of a dependent series, by the stationary bootstrap."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

SEED: Final = 20240601
RESAMPLES: Final = 1_000
MIN_VALUES: Final = 10
_AT_ONCE: Final = 1 << 20


@dataclass(frozen=True, slots=True)
class Interval:
    """A figure with its 95 % interval; None where it does not exist or rests on too little.

    The figure may lie outside its interval: percentiles are not centred.
    """

    value: float | None
    low: float | None = None
    high: float | None = None

    def times(self, factor: float) -> Interval:
        """All three times a positive factor.

        >>> Interval(2.0, 1.0).times(3.0)
        Interval(value=6.0, low=3.0, high=None)
        """
        return Interval(*(None if each is None else each * factor for each in (self.value, self.low, self.high)))


def block_length(n: int) -> float:
    """Mean length of the blocks: the cube root of the length of the series, the rate that is best for a mean.

    >>> block_length(1000)
    10.0
    """
    return max(1.0, round(math.cbrt(n), 9))


def resampled(n: int, resamples: int, block: float, seed: int) -> NDArray[np.int64]:
    """Rows of ``resamples`` series of length n, shape (resamples, n): blocks of geometric length that wrap around.

    A row is the one after the row before, but with chance 1 / block it is any. Politis and Romano (1994).
    """
    random = np.random.default_rng(seed)
    place = np.arange(n)
    fresh = random.random((resamples, n)) < 1.0 / block
    fresh[:, 0] = True
    starts = random.integers(0, n, (resamples, n))
    since = np.maximum.accumulate(np.where(fresh, place, 0), axis=1)
    rows: NDArray[np.int64] = (np.take_along_axis(starts, since, axis=1) + place - since) % n
    return rows


def interval(
    values: Floats, figure: Callable[[Floats], Floats], *, resamples: int = RESAMPLES, seed: int = SEED
) -> Interval:
    """``figure`` of a series (n,) and the 2.5 % and 97.5 % points of the same on its stationary bootstraps.

    ``figure`` works along the last axis. Seeded: the same series gives the same interval. No interval below 10 values,
    or when the figure does not exist on a tenth of the resamples. Expect it to be too narrow for short series.

    >>> interval(np.ones(20), lambda values: values.mean(axis=-1))
    Interval(value=1.0, low=1.0, high=1.0)
    """
    n = values.size
    point = float(figure(values)) if n else math.nan
    if not math.isfinite(point):
        return Interval(None)
    if n < MIN_VALUES:
        return Interval(point)
    step = max(1, _AT_ONCE // n)
    parts = [
        figure(values[resampled(n, min(step, resamples - start), block_length(n), seed + start)])
        for start in range(0, resamples, step)
    ]
    found = np.concatenate(parts)
    found = found[np.isfinite(found)]
    if found.size < 0.9 * resamples:
        return Interval(point)
    low, high = np.quantile(found, [0.025, 0.975])
    return Interval(point, float(low), float(high))
