"""Hedge ratio by rolling least squares, with its standard error, t and R2, and the spread it leaves."""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np

from analytics.estimators.base import HEDGE_OUTPUTS, SE_OUTPUT, Floats, one_row_later, rows_of, z_of
from analytics.estimators.windowed import slope_se
from analytics.inputs import Pair
from analytics.measure import Measure, Output
from analytics.parameters import SCALE, WINDOW
from analytics.rolling import rolling_ols


class OlsHedge(NamedTuple):
    """What row t shows, fitted on the ``window`` rows before t; every column (n,), NaN while warming up."""

    hedge_ratio: Floats
    hedge_ratio_se: Floats
    t: Floats
    r_squared: Floats
    intercept: Floats
    sigma: Floats
    spread: Floats
    z: Floats


def ols(pair: Pair, *, window: int, scale: str) -> OlsHedge:
    """Least squares of y on x with an intercept over the ``window`` shared rows before each row.

    ``sigma`` is the standard deviation (ddof 1) of the residuals; the standard error divides by n - 2 and assumes
    independent residuals, so it is a lower bound. ``t`` tests hedge_ratio = 0. Sigma is 0 and ``z`` NaN where the legs
    move as one; all is NaN where a leg does not move or a price is missing.

    >>> from analytics.align import Shared
    >>> y, x = np.array([1.0, 3.0, 5.0, 6.0, 9.0]), np.array([0.0, 1.0, 2.0, 3.0, 4.0])
    >>> found = ols(Pair(Shared(np.arange(5), y, x, y, y, np.arange(5)), 1), window=4, scale="level")
    >>> float(found.hedge_ratio[4].round(9)), float(found.spread[4].round(9))
    (1.7, 1.0)
    """
    rows = rows_of(pair, scale)
    fit = rolling_ols(rows.y, rows.x, window)
    se = slope_se(fit, rows.x, window)
    with np.errstate(divide="ignore", invalid="ignore"):
        t = np.where(se > 0, fit.slope / se, np.nan)
    sigma, spread = one_row_later(fit.sigma), fit.residuals_after(rows.y, rows.x)
    before = [one_row_later(column) for column in (fit.slope, se, t, fit.r_squared, fit.intercept)]
    return OlsHedge._make([*before, sigma, spread, z_of(spread, sigma)])


def _warmup(*, window: int, scale: str) -> int:  # noqa: ARG001
    return window + 1


MEASURE: Final = Measure(
    name="ols",
    title="OLS hedge ratio",
    group="hedge",
    summary="How much of x offsets one of y: least squares, all noise taken to be y's",
    takes=Pair,
    parameters=(WINDOW, SCALE),
    outputs=(
        *HEDGE_OUTPUTS,
        SE_OUTPUT,
        Output("t", "t", "", "Hedge ratio over its standard error"),
        Output("r_squared", "R2", "", "Share of y's variance over the window that x explains"),
    ),
    per_row=True,
    warmup=_warmup,
    compute=ols,
    formula="b = cov(x, y) / var(x), a = mean(y) - b mean(x) over the window before t; "
    "se = sqrt(SSR / ((n - 2) Sxx)); spread_t = y_t - a - b x_t; z = spread / sd(residuals)",
    reference="Draper and Smith 1998, Applied Regression Analysis, ch. 1; NIST StRD Norris",
    oracle="NIST StRD Norris; statsmodels OLS; long double brute force",
    tolerance="1e-12 relative on Norris, 1e-11 rolling",
    null="hedge_ratio = 0 (for t)",
)
