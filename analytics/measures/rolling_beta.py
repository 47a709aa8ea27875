"""Rolling beta: how far y's return goes for one of x's, with its standard error."""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from analytics import dependence
from analytics.inputs import Pair
from analytics.measure import Measure, Output
from analytics.parameters import WINDOW

Floats = NDArray[np.float64]


class RollingBeta(NamedTuple):
    """Slope of y's one-bar log returns on x's and its standard error at each bar, shape (n,); NaN while warming up."""

    beta: Floats
    standard_error: Floats


def rolling_beta(pair: Pair, *, window: int) -> RollingBeta:
    """Least squares with an intercept over the ``window`` returns up to and including each shared bar.

    Returns that span missing bars are left out and half of the window's must be there. The standard error takes the
    residuals as independent and of one size: a lower bound in a market with bursts of volatility. NaN where a leg does
    not move.

    >>> from analytics.align import Shared
    >>> x = np.exp(np.sin(np.arange(30.0))); same = np.ones(30)
    >>> shared = Shared(np.arange(30) * 60_000, x**2, x, same, same, np.zeros(30, np.int64))
    >>> rolling_beta(Pair(shared, 60_000), window=20).beta[-1].round(12)
    np.float64(2.0)
    """
    counted = dependence.follows(pair.shared.open_ms, pair.step_ms)
    beta, error = dependence.rolling_beta(pair.shared.y, pair.shared.x, counted, window)
    beta[:window] = error[:window] = np.nan  # no return leads into row 0
    return RollingBeta(beta, error)


def _warmup(*, window: int) -> int:
    return window + 1


MEASURE: Final = Measure(
    name="rolling_beta",
    title="Rolling beta",
    group="dependence",
    summary="How far y moves, in per cent, when x moves by one",
    takes=Pair,
    parameters=(WINDOW,),
    outputs=(
        Output("beta", "Beta", "", "Slope of y's one-bar log returns on x's"),
        Output("standard_error", "Standard error", "", "Of beta, were the residuals independent and of one size"),
    ),
    per_row=True,
    warmup=_warmup,
    compute=rolling_beta,
    formula="beta = cov(r_y, r_x) / var(r_x); se = sqrt(sum e^2 / (n - 2) / sum (r_x - mean)^2)",
    reference="Greene, Econometric Analysis, 8th ed., section 4.3",
    oracle="statsmodels OLS of every window",
    tolerance="1e-11 relative",
)
