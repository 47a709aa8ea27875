"""Kyle's lambda: how far a net buy of one unit moves the price."""

from __future__ import annotations

from typing import Final

import numpy as np

from analytics.dependence import follows
from analytics.flow import Slope, rolling_slope
from analytics.inputs import Leg
from analytics.market import BUY_VOLUME, CLOSE, OPEN_MS, VOLUME
from analytics.measure import Measure, Output
from analytics.parameters import WINDOW


def kyle_lambda(leg: Leg, *, window: int) -> Slope:
    """Slope of one-bar price changes on the bars' net aggressor volume, over the last ``window`` bars.

    ``slope`` is the change of the price (quote asset) per unit of the base asset bought net by aggressors. Changes that
    span missing bars are left out, and half of the window's are needed. The t value assumes independent residuals of
    equal variance. Price and flow of a bar move each other, so this is not yet a cost of trading. NaN where the price
    does not move or the flow is always the same.

    >>> flow = np.tile([1.0, -1.0, 2.0, -1.0, -1.0], 5)
    >>> bars = np.zeros((25, 10)); bars[:, OPEN_MS] = np.arange(25); bars[:, VOLUME] = 2.0
    >>> bars[:, BUY_VOLUME] = 1 + flow / 2; bars[:, CLOSE] = 100 + np.cumsum(0.5 * flow)
    >>> kyle_lambda(Leg(bars, 1), window=20).slope[-1]
    np.float64(0.5)
    """
    change = np.zeros(len(leg.bars))
    change[1:] = np.diff(leg.bars[:, CLOSE])
    net = 2 * leg.bars[:, BUY_VOLUME] - leg.bars[:, VOLUME]
    return rolling_slope(change, net, follows(leg.bars[:, OPEN_MS].astype(np.int64), leg.step_ms), window)


def _warmup(*, window: int) -> int:
    return window + 1


MEASURE: Final = Measure(
    name="kyle_lambda",
    title="Kyle's lambda",
    group="liquidity",
    summary="How far a net buy of one unit moves the price",
    takes=Leg,
    parameters=(WINDOW,),
    outputs=(
        Output("slope", "Lambda", "quote asset per base asset", "Price change per unit of net aggressive buying"),
        Output("t_value", "t value", "", "Lambda in its standard errors"),
        Output("r_squared", "R squared", "", "Share of the price changes' variance that net flow explains"),
    ),
    per_row=True,
    warmup=_warmup,
    compute=kyle_lambda,
    formula="dp_t = a + lambda (V_buy - V_sell)_t + e_t, by least squares",
    reference="Kyle 1985, Econometrica 53; Hasbrouck 2007, Empirical Market Microstructure, ch. 7",
    oracle="statsmodels OLS; planted lambda",
    tolerance="1e-10 relative",
    null="lambda = 0: net flow does not move the price",
)
