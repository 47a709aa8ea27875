"""Hedge ratio by Theil-Sen's line, which a few bad bars cannot turn, and the spread it leaves."""

from __future__ import annotations

from functools import partial
from typing import Final

from analytics.estimators.base import HEDGE_OUTPUTS, AsOf, rows_of
from analytics.estimators.grid import EVERY, GridOnline, TheilSen, warmup
from analytics.inputs import Pair
from analytics.measure import Measure
from analytics.parameters import SCALE, WINDOW

_ESTIMATOR: Final = TheilSen()


def theil_sen(pair: Pair, *, window: int, scale: str, every: int) -> AsOf:
    """Median slope of all pairs of rows of a window, made anew every ``every`` bars of the clock.

    Row t is held against the line that was newest when t - 1 closed. After the first whole window there is always one,
    which alone depends on where the rows begin. The intercept is the median of y - b x. Up to 29 % of the rows may be
    wild without turning the line. ``sigma`` is the scaled median absolute residual (MAD / 0.6745); it is 0, and z NaN,
    where over half of the rows lie on the line.
    """
    return _ESTIMATOR.columns(rows_of(pair, scale), window, {"every": every}, None)[0]


MEASURE: Final = Measure(
    name="theil_sen",
    title="Theil-Sen hedge ratio",
    group="hedge",
    summary="How much of x offsets one of y, by the median slope: the least shaken by bad bars",
    takes=Pair,
    parameters=(WINDOW, SCALE, EVERY),
    outputs=HEDGE_OUTPUTS,
    per_row=True,
    warmup=warmup,
    compute=theil_sen,
    online=partial(GridOnline, _ESTIMATOR),
    formula="b = median of (y_j - y_i) / (x_j - x_i) over all pairs with x_i != x_j, a = median(y - b x), "
    "sigma = median |residual| / 0.6745",
    reference="Theil 1950, Proc. KNAW 53; Sen 1968, JASA 63; Matousek 1991, Inf. Process. Lett. 39 (selection)",
    oracle="median of all listed slopes; scipy theilslopes (method joint)",
    tolerance="equal to the last bit",
)
