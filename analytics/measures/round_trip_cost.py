"""What opening and closing one spread costs: in y's price, in sigmas, and the z from which it can pay."""

from __future__ import annotations

from dataclasses import replace
from typing import Final, NamedTuple

import numpy as np

from analytics.costs import FEE, HALF_SPREAD, round_trip
from analytics.estimators.base import Floats, one_row_later, rows_of
from analytics.inputs import Pair
from analytics.measure import Measure, Output
from analytics.parameters import SCALE, WINDOW, Number
from analytics.rolling import rolling_ols

_Y_FEE: Final = replace(FEE, name="y_fee", label="Fee y")
_X_FEE: Final = replace(FEE, name="x_fee", label="Fee x")
_Y_HALF: Final = replace(HALF_SPREAD, name="y_half_spread", label="Half-spread y")
_X_HALF: Final = replace(HALF_SPREAD, name="x_half_spread", label="Half-spread x")
_EXIT_Z: Final = Number(
    name="exit_z",
    label="Exit z",
    help="Distance from the line at which the position is closed",
    unit="sigma",
    default=0.0,
    low=0.0,
    high=10.0,
)


class RoundTripCost(NamedTuple):
    """Cost of a round trip at the closes of row t; every column (n,), NaN while warming up."""

    cost: Floats
    cost_sigma: Floats
    break_even_z: Floats


def round_trip_cost(
    pair: Pair,
    *,
    window: int,
    scale: str,
    y_fee: float,
    x_fee: float,
    y_half_spread: float,
    x_half_spread: float,
    exit_z: float,
) -> RoundTripCost:
    """Cost of one unit of y against the hedge ratio's x, opened and closed with market orders at the prices of row t.

    Hedge ratio and sigma are least squares over the ``window`` rows before t. On the log scale the hedge ratio is x's
    value for one of y's value. ``cost`` is in y's price for one unit of y, ``cost_sigma`` in sigmas of the spread, and
    ``break_even_z`` the z at which a position must be opened so that closing it at ``exit_z`` returns the cost: for
    these fees and half-spreads, without slippage in deeper books or financing. NaN in sigmas where sigma is 0.

    >>> from analytics.align import Shared
    >>> y, x = np.array([99.0, 101.0, 99.0, 101.0, 100.0]), np.array([49.0, 49.0, 51.0, 51.0, 50.0])
    >>> found = round_trip_cost(Pair(Shared(np.arange(5), y, x, y, y, np.arange(5)), 1), window=4, scale="level",
    ...     y_fee=9.0, x_fee=9.0, y_half_spread=1.0, x_half_spread=1.0, exit_z=0.5)
    >>> [round(float(column[4]), 6) for column in found]  # 2 x 10 bps of 100; sigma is sqrt(4 / 3)
    [0.2, 0.173205, 0.673205]
    """
    rows = rows_of(pair, scale)
    fit = rolling_ols(rows.y, rows.x, window)
    ratio, sigma, y, x = one_row_later(fit.slope), one_row_later(fit.sigma), pair.shared.y, pair.shared.x
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        y_bps, x_bps = y_fee + y_half_spread, x_fee + x_half_spread
        cost = round_trip(y, x, ratio, y_bps=y_bps, x_bps=x_bps, scale=scale)
        in_sigma = np.where(sigma > 0, cost / sigma, np.nan)
        return RoundTripCost(cost * y if scale == "log" else cost, in_sigma, exit_z + in_sigma)


def _warmup(  # noqa: PLR0917
    window: int,
    scale: str,  # noqa: ARG001
    y_fee: float,  # noqa: ARG001
    x_fee: float,  # noqa: ARG001
    y_half_spread: float,  # noqa: ARG001
    x_half_spread: float,  # noqa: ARG001
    exit_z: float,  # noqa: ARG001
) -> int:
    return window + 1


MEASURE: Final = Measure(
    name="round_trip_cost",
    title="Round-trip cost",
    group="spread",
    summary="How far the spread must move before a trade in it pays its fees and bid-ask spreads",
    takes=Pair,
    parameters=(WINDOW, SCALE, _Y_FEE, _X_FEE, _Y_HALF, _X_HALF, _EXIT_Z),
    outputs=(
        Output("cost", "Cost", "y", "Fees and half-spreads of all four trades, for one unit of y"),
        Output("cost_sigma", "Cost in sigmas", "sigma", "The same as a share of the spread's sigma"),
        Output("break_even_z", "Break-even z", "sigma", "Smallest z at which opening can pay, closed at the exit z"),
    ),
    per_row=True,
    warmup=_warmup,
    compute=round_trip_cost,
    formula="2 (c_y y + c_x |b| x), c = fee + half-spread of each leg; log scale: 2 (c_y + c_x |b|) y; "
    "break-even z = exit z + cost / sigma",
    reference="Vidyamurthy 2004, Pairs Trading, ch. 8",
    oracle="worked by hand; brute force with fit_ols",
    tolerance="1e-11 relative",
)
