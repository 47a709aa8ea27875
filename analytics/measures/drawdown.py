"""Drawdown of one leg: how far below the high of the window its close is, and for how long."""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from analytics.extremes import rolling_high
from analytics.inputs import Leg
from analytics.market import CLOSE, HIGH, OPEN_MS
from analytics.measure import Measure, Output
from analytics.parameters import WINDOW

Floats = NDArray[np.float64]


class Drawdown(NamedTuple):
    """Columns of shape (n,): ``depth`` a fraction of the high, ``since_high`` in bars; NaN where unknown."""

    depth: Floats
    since_high: Floats


def drawdown(leg: Leg, *, window: int) -> Drawdown:
    """Loss from the highest high of the ``window`` bars up to and including each to its close, and the high's age.

    ``depth`` is 0 at the high and 0.1 when 10 % are lost. ``since_high`` counts steps of the time frame from the newest
    bar that reached the high: silent time counts, so it can exceed the window where bars are missing. A close above
    its bar's own high would be broken data: ``depth`` then reads below 0. NaN where a price of the window is missing.

    >>> bars = np.ones((20, 10)); bars[:, OPEN_MS] = np.arange(20) * 60_000; bars[15, HIGH] = 2.0
    >>> found = drawdown(Leg(bars, 60_000), window=20)
    >>> found.depth[-1], found.since_high[-1]
    (np.float64(0.5), np.float64(4.0))
    """
    stamps, closes = leg.bars[:, OPEN_MS], leg.bars[:, CLOSE]
    high, row = rolling_high(leg.bars[:, HIGH], window)
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        depth = (high - closes) / high
        depth = np.where(np.isfinite(depth) & (high > 0), depth, np.nan)
        since = (stamps - stamps[np.where(np.isnan(depth), 0, row)]) / leg.step_ms
    return Drawdown(depth, np.where(np.isnan(depth), np.nan, since))


def _warmup(*, window: int) -> int:
    return window


MEASURE: Final = Measure(
    name="drawdown",
    title="Drawdown",
    group="price",
    summary="How far the price is below its high, and for how long",
    takes=Leg,
    parameters=(WINDOW,),
    outputs=(
        Output("depth", "Drawdown", "fraction", "Loss from the high of the window to the close"),
        Output("since_high", "Since the high", "bars", "Steps of the time frame since the high was last reached"),
    ),
    per_row=True,
    warmup=_warmup,
    compute=drawdown,
    formula="1 - C_t / max(H); age of the newest bar with that high",
    reference="Magdon-Ismail and Atiya 2004, Risk 17",
    oracle="brute force",
    tolerance="1e-15 absolute",
)
