"""Hedge ratio by Huber's line, which a few bad bars cannot turn, and the spread it leaves."""

from __future__ import annotations

from functools import partial
from typing import Final

from analytics.estimators.base import HEDGE_OUTPUTS, AsOf, rows_of
from analytics.estimators.grid import EVERY, GridOnline, Huber, warmup
from analytics.inputs import Pair
from analytics.measure import Measure
from analytics.parameters import SCALE, WINDOW

_ESTIMATOR: Final = Huber()


def huber(pair: Pair, *, window: int, scale: str, every: int) -> AsOf:
    """Huber's M-estimate over a window of shared rows, made anew every ``every`` bars of the clock.

    Row t is held against the line that was newest when t - 1 closed. After the first whole window there is always one,
    which alone depends on where the rows begin. Rows further than 1.345 sigma from the line count by less. ``sigma`` is
    the scaled median absolute residual (MAD / 0.6745): a big print hardly widens it. It is 0, and z NaN, where over
    half of the rows lie on the line.
    """
    return _ESTIMATOR.columns(rows_of(pair, scale), window, {"every": every}, None)[0]


MEASURE: Final = Measure(
    name="huber",
    title="Huber hedge ratio",
    group="hedge",
    summary="How much of x offsets one of y, with little weight on bars far from the line",
    takes=Pair,
    parameters=(WINDOW, SCALE, EVERY),
    outputs=HEDGE_OUTPUTS,
    per_row=True,
    warmup=warmup,
    compute=huber,
    online=partial(GridOnline, _ESTIMATOR),
    formula="sum w_i (y_i - a - b x_i) (1, x_i) = 0, w_i = min(1, 1.345 sigma / |residual_i|), "
    "sigma = median |residual| / 0.6745, iterated until the line stands still",
    reference="Huber 1964, Ann. Math. Statist. 35; Holland and Welsch 1977, Comm. Statist. A6",
    oracle="statsmodels RLM with HuberT, tol 1e-12",
    tolerance="1e-10 relative",
)
