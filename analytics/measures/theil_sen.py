"""Hedge ratio by Theil-Sen's line, which a few bad bars cannot turn, and the spread it leaves."""

from __future__ import annotations

from typing import Final

from analytics.estimators.base import HEDGE_OUTPUTS, AsOf, rows_of
from analytics.estimators.grid import EVERY, GridOnline, TheilSen
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


def _warmup(*, window: int, scale: str, every: int) -> int:  # noqa: ARG001
    return window + 1


def _online(step_ms: int, *, window: int, scale: str, every: int) -> GridOnline:
    return GridOnline(_ESTIMATOR, step_ms, window=window, scale=scale, every=every)


MEASURE: Final = Measure(
    name="theil_sen",
    title="Theil-Sen hedge ratio",
    group="hedge",
    summary="How much of x offsets one of y, by the median slope: the least shaken by bad bars",
    takes=Pair,
    parameters=(WINDOW, SCALE, EVERY),
    outputs=HEDGE_OUTPUTS,
    per_row=True,
    warmup=_warmup,
    compute=theil_sen,
    online=_online,
    formula="b = median of (y_j - y_i) / (x_j - x_i) over all pairs with x_i != x_j, a = median(y - b x), "
    "sigma = median |residual| / 0.6745",
    reference="Theil 1950, Proc. KNAW 53; Sen 1968, JASA 63; Matousek 1991, Inf. Process. Lett. 39 (selection)",
    oracle="median of all listed slopes; scipy theilslopes (method joint)",
    tolerance="equal to the last bit",
)
