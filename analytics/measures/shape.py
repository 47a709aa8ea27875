"""Shape of one leg's returns: skewness and excess kurtosis."""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from analytics.dependence import follows, log_returns
from analytics.inputs import Leg
from analytics.market import CLOSE, OPEN_MS
from analytics.measure import Measure, Output
from analytics.moments import rolling_shape
from analytics.parameters import WINDOW

Floats = NDArray[np.float64]


class Shape(NamedTuple):
    """Columns of shape (n,), pure numbers, 0 for normal returns; NaN where unknown."""

    skew: Floats
    kurtosis: Floats


def shape(leg: Leg, *, window: int) -> Shape:
    """Skewness and excess kurtosis of the one-bar log returns of the ``window`` bars up to and including each.

    Corrected for bias (G1 and G2, as pandas). Returns that span missing bars are left out; at least half of the
    window's must be there. NaN where the returns do not vary. For normal returns the standard errors are near
    sqrt(6/n) and sqrt(24/n); single large moves rule both, and no window is long enough to trust the kurtosis.

    >>> bars = np.ones((21, 10)); bars[:, OPEN_MS] = np.arange(21) * 60_000
    >>> bars[:, CLOSE] = np.exp(np.r_[np.arange(20) % 2, 3])
    >>> shape(Leg(bars, 60_000), window=20).skew[-1].round(6)
    np.float64(-0.054953)
    """
    bars = leg.bars
    counted = follows(bars[:, OPEN_MS].astype(np.int64), leg.step_ms)
    skew, kurtosis = rolling_shape(log_returns(bars[:, CLOSE], counted), counted, window)
    skew[:window] = kurtosis[:window] = np.nan  # no return leads into row 0
    return Shape(skew, kurtosis)


def _warmup(*, window: int) -> int:
    return window + 1


MEASURE: Final = Measure(
    name="shape",
    title="Shape of returns",
    group="price",
    summary="Whether large moves lean to one side, and how much fatter than normal the tails are",
    takes=Leg,
    parameters=(WINDOW,),
    outputs=(
        Output("skew", "Skewness", "", "Below 0: the large moves are down; above 0: up"),
        Output("kurtosis", "Excess kurtosis", "", "Above 0: more large moves than a normal distribution has"),
    ),
    per_row=True,
    warmup=_warmup,
    compute=shape,
    formula="G1 = sqrt(n(n-1)) / (n-2) m3 / m2^1.5; G2 = (n-1) / ((n-2)(n-3)) ((n+1) m4 / m2^2 - 3(n-1))",
    reference="Joanes and Gill 1998, The Statistician 47",
    oracle="scipy.stats skew and kurtosis (bias=False); long double brute force",
    tolerance="1e-10 absolute",
)
