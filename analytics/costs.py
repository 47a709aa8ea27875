"""What trading a spread costs: fee and half-spread, declared once for every user, and the cost of a round trip."""

from __future__ import annotations

from typing import Final, TypeVar

import numpy as np
from numpy.typing import NDArray

from analytics.parameters import Number

Prices = TypeVar("Prices", float, NDArray[np.float64])

FEE: Final = Number(
    name="fee_bps",
    label="Fee",
    help="Paid on every trade of a leg, as a share of its value; below 0 is received",
    unit="bps",
    default=5.0,
    low=-10.0,
    high=500.0,
)
HALF_SPREAD: Final = Number(
    name="half_spread_bps",
    label="Half-spread",
    help="Every trade of a leg fills this much worse than its price: half of the bid-ask spread",
    unit="bps",
    default=1.0,
    low=0.0,
    high=500.0,
)


def round_trip(y: Prices, x: Prices, slope: Prices, *, y_bps: float, x_bps: float, scale: str) -> Prices:
    """Cost of opening and closing one unit of the spread y - slope * x, in units of the spread.

    Each leg is traded twice at its price ``y`` or ``x`` and pays its bps (fee and half-spread) of the value each time.
    The legs of one unit are worth y and |slope| x; on the ``log`` scale they are 1 and |slope|, in money of y.
    NaN where a price or the slope is.

    >>> round(round_trip(100.0, 50.0, -2.0, y_bps=5.0, x_bps=5.0, scale="level"), 12)
    0.2
    >>> round(round_trip(100.0, 50.0, 2.0, y_bps=10.0, x_bps=20.0, scale="log"), 12)
    0.01
    """
    if scale == "log":
        return 2e-4 * (y_bps + x_bps * abs(slope))
    return 2e-4 * (y_bps * y + x_bps * abs(slope) * x)
