"""Returns of one leg over one or several bars."""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from analytics.dependence import log_ratio
from analytics.inputs import Leg
from analytics.market import CLOSE, OPEN_MS
from analytics.measure import Measure, Output
from analytics.parameters import MAX_WINDOW, Choice, Integer

Floats = NDArray[np.float64]

_KIND: Final = Choice(
    name="kind",
    label="Kind",
    help="Simple returns (price ratio minus 1), or log returns, which add up over time",
    default="log",
    choices={"log": "Log", "simple": "Simple"},
)
_BARS: Final = Integer(
    name="bars", label="Bars", help="Bars that a return spans", unit="bars", default=1, low=1, high=MAX_WINDOW
)


class Returns(NamedTuple):
    """Return into each bar, shape (n,), as a fraction; NaN where there is none."""

    value: Floats


def returns(leg: Leg, *, kind: str, bars: int) -> Returns:
    """Return from the close ``bars`` bars ago to the close of each bar, as a fraction of the earlier price.

    NaN where bars are missing in between (a return over a gap is longer than it says), and where a price is not
    positive. Returns over several bars overlap: neighbours share all but one bar, and only n / bars are independent.

    >>> rows = np.ones((4, 10)); rows[:, OPEN_MS] = [0, 60_000, 120_000, 240_000]
    >>> rows[:, CLOSE] = [100, 101, 102.01, 99]
    >>> returns(Leg(rows, 60_000), kind="simple", bars=1).value.round(12)
    array([ nan, 0.01, 0.01,  nan])
    """
    closes, stamps = leg.bars[:, CLOSE], leg.bars[:, OPEN_MS]
    value = np.full(closes.size, np.nan)
    start, end = closes[:-bars], closes[bars:]
    found = log_ratio(end, start)
    known = np.isfinite(found) & (stamps[bars:] - stamps[:-bars] == bars * leg.step_ms)
    if kind == "simple":
        np.divide(end - start, start, out=found, where=known)
    value[bars:] = np.where(known, found, np.nan)
    return Returns(value)


def _warmup(*, kind: str, bars: int) -> int:  # noqa: ARG001
    return bars + 1


MEASURE: Final = Measure(
    name="returns",
    title="Return",
    group="price",
    summary="How far the price went over the last bars",
    takes=Leg,
    parameters=(_KIND, _BARS),
    outputs=(Output("value", "Return", "fraction", "Change of the close, as a fraction or as a log"),),
    per_row=True,
    warmup=_warmup,
    compute=returns,
    formula="simple: C_t / C_{t-k} - 1; log: ln(C_t / C_{t-k})",
    reference="Campbell, Lo and MacKinlay 1997, The Econometrics of Financial Markets, section 1.4",
    oracle="long double",
    tolerance="1e-15 relative",
)
