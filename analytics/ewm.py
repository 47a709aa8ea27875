"""Exponentially weighted mean and deviation, of a whole column or one value at a time."""

from __future__ import annotations

import math
from typing import Final

import numpy as np
from numpy.typing import NDArray

from analytics.compiled import fast
from analytics.loops import ewm as loops
from analytics.parameters import Number
from analytics.rolling import ROUNDING

Floats = NDArray[np.float64]

HALF_LIFE: Final = Number(
    name="half_life",
    label="Half-life",
    help="Age at which a bar counts half",
    unit="bars",
    default=30.0,
    low=1.0,
    high=1000.0,
)
_HALF_LIVES: Final = 3


def settled_after(half_life: float) -> int:
    """Values needed until single ones do not weigh too much: three half-lives."""
    return math.ceil(_HALF_LIVES * half_life)


def keep_of(half_life: float) -> float:
    """The share of its weight that a value keeps from one row to the next.

    >>> keep_of(1.0)
    0.5
    """
    return float(0.5 ** (1 / half_life))


def ewm_mean(values: Floats, half_life: float) -> Floats:
    """Weighted mean of the values up to each row, shape (n,); NaN is passed over, its row repeats the mean before it.

    >>> ewm_mean(np.array([1.0, np.nan, 4.0]), 1.0)
    array([1., 1., 3.])
    """
    mean = np.empty(values.size)
    fast(loops.ewm_mean)(_whole(values), keep_of(half_life), mean)
    return mean


def ewm_mean_sd(values: Floats, half_life: float) -> tuple[Floats, Floats]:
    """Weighted mean and bias-corrected deviation of the values up to each row, as pandas' ewm with adjust=True.

    NaN is passed over; the deviation is NaN until there are two values.

    >>> mean, sd = ewm_mean_sd(np.array([1.0, 4.0]), 1.0)
    >>> mean, sd.round(6)
    (array([1., 3.]), array([    nan, 2.12132]))
    """
    mean, sd = np.empty((2, values.size))
    fast(loops.ewm_mean_sd)(_whole(values), keep_of(half_life), mean, sd)
    return mean, sd


def moves(sd: Floats, mean: Floats) -> NDArray[np.bool_]:
    """Whether a deviation is more than the rounding of its level."""
    with np.errstate(invalid="ignore"):
        return np.greater(sd, ROUNDING * np.abs(mean))


def _whole(values: Floats) -> Floats:
    """As machine code wants it: one value after the other, writeable (the store's bars are not)."""
    return np.require(values, dtype=np.float64, requirements=("C", "W"))


class OnlineEwm:
    """`ewm_mean_sd` one value at a time: a handful of numbers, whatever the number of values."""

    def __init__(self, half_life: float) -> None:
        self._keep = keep_of(half_life)
        self._weight = self._squares = self._centre = self._variance = 0.0
        self._first = math.nan

    @property
    def mean(self) -> float:
        """Weighted mean so far; NaN before the first value."""
        return self._first + self._centre

    @property
    def sd(self) -> float:
        """Bias-corrected deviation so far; NaN before the second value."""
        rest = self._weight * self._weight - self._squares
        return math.sqrt(self._variance * self._weight * self._weight / rest) if rest > 0.0 else math.nan

    def z(self, value: float) -> float:
        """Distance of a value from the mean in deviations; NaN where nothing moved."""
        sd = self.sd
        moved = sd > ROUNDING * abs(self.mean)
        return (value - self.mean) / sd if moved and math.isfinite(value) else math.nan

    def update(self, value: float) -> None:
        """Take one more value; NaN and infinity are passed over."""
        if not math.isfinite(value):
            return
        if not self._weight:
            self._first = value
        value -= self._first
        old = self._weight * self._keep
        self._weight = old + 1.0
        self._squares = self._squares * self._keep * self._keep + 1.0
        step = (value - self._centre) / self._weight
        self._centre += step
        self._variance = (old * (self._variance + step * step) + (value - self._centre) ** 2) / self._weight
