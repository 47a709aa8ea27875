"""z-score of one leg's close against the bars before it."""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from analytics.estimators.base import one_row_later
from analytics.inputs import Leg
from analytics.measure import Measure, Output
from analytics.parameters import SCALE, WINDOW
from analytics.rolling import rolling_spread
from analytics.series import leg_column

Floats = NDArray[np.float64]


class RollingZ(NamedTuple):
    """Columns of shape (n,): ``z`` in deviations, ``mean`` and ``sigma`` in the quote asset, or logs of it."""

    z: Floats
    mean: Floats
    sigma: Floats


def rolling_z(leg: Leg, *, window: int, scale: str) -> RollingZ:
    """Close of each bar against mean and sample deviation of the ``window`` bars **before** it.

    The bar itself is in neither, so z is not held below (n - 1) / sqrt(n), and it says what was known when the bar
    before had closed. ``z`` is NaN where those bars did not move. A window is of bars, not of time: across missing
    bars it reaches further back. A price is near a random walk, and its z then reverts to nothing.

    >>> bars = np.ones((21, 10)); bars[:, 4] = np.r_[np.arange(20) % 2, 2]
    >>> rolling_z(Leg(bars, 60_000), window=20, scale="level").z[-1].round(6)
    np.float64(2.924038)
    """
    closes = leg_column(leg, scale).values
    spread = rolling_spread(closes, window)
    return RollingZ(spread.z_after(closes), one_row_later(spread.mean), one_row_later(spread.sd))


def _warmup(*, window: int, scale: str) -> int:  # noqa: ARG001
    return window + 1


MEASURE: Final = Measure(
    name="rolling_z",
    title="Rolling z-score",
    group="spread",
    summary="How unusual the close is among the bars before it",
    takes=Leg,
    parameters=(WINDOW, SCALE),
    outputs=(
        Output("z", "z", "sigma", "Close minus mean, in deviations of the bars before"),
        Output("mean", "Mean", "scale", "Mean of the closes before, in the quote asset or as a log"),
        Output("sigma", "Sigma", "scale", "Sample standard deviation of the closes before"),
    ),
    per_row=True,
    warmup=_warmup,
    compute=rolling_z,
    formula="z_t = (p_t - mean(p_{t-n} .. p_{t-1})) / sd(p_{t-n} .. p_{t-1}), p = C or ln C",
    reference="Bollinger 2002, Bollinger on Bollinger Bands, chapter 7 (there with the bar itself)",
    oracle="long double brute force",
    tolerance="1e-9 absolute at level 1e5 and steps of 1e-3",
)
