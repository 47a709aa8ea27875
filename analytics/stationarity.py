"""Unit-root tests on demand, never in a live path: Engle-Granger for a pair, Dickey-Fuller for one leg."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
from numpy.typing import ArrayLike

from analytics.hedge import NoFit, fit_ols
from analytics.rolling import ROUNDING, Floats

MIN_ROWS: Final = 50
DUPLICATE_R_SQUARED: Final = 1 - 1e-6
"""Legs closer than this are one asset: what is left is noise about an identity, not a spread."""
NULL_PAIR: Final = "the legs are not cointegrated: what the regression of y on x leaves has a unit root"
NULL_LEG: Final = "the series has a unit root"


@dataclass(frozen=True, slots=True)
class UnitRootTest:
    """A test whose null hypothesis is a unit root, in a leg or in what the regression of a pair leaves.

    ``p`` and ``critical`` (keys 1%, 5%, 10%) are MacKinnon's (1994, 2010) for the case at hand: for a pair those of two
    variables, because the residual is estimated. ``lags`` were chosen by AIC or given, ``n`` rows went in,
    ``gaps`` is how often bars are missing between them (a step over a gap counts as one bar). ``verdict`` is one
    sentence for people.
    """

    null: str
    statistic: float
    p: float
    lags: int
    n: int
    gaps: int
    critical: dict[str, float]
    verdict: str


@dataclass(frozen=True, slots=True)
class NotTestable:
    """The test can say nothing about this input; ``reason`` says why."""

    reason: str


def engle_granger(y: ArrayLike, x: ArrayLike, lags: int | None = None, gaps: int = 0) -> UnitRootTest | NotTestable:
    """Engle-Granger test of two price (or log price) columns of shape (n,), y on x with a constant.

    The null hypothesis is **no** cointegration. The residual's Dickey-Fuller regression has no constant, its lags are
    ``lags``, or (None) chosen by AIC from 0 to 12 (n / 100)^(1/4). Statistic, p and critical values equal those of
    statsmodels' ``coint``, which on NaN, constant or identical legs would return p = 0 or fail: here that is
    `NotTestable`. The order of the legs matters. About 10 ms at n = 300, 70 ms at 3600, 15 s at 86,400.
    """
    ys, xs = np.asarray(y, dtype=np.float64), np.asarray(x, dtype=np.float64)
    fit = fit_ols(ys, xs)
    if fit.n < MIN_ROWS:
        return NotTestable(f"needs {MIN_ROWS} shared bars, has {fit.n}")
    if isinstance(fit, NoFit):
        return NotTestable(fit.reason)
    if fit.r_squared > DUPLICATE_R_SQUARED:
        return NotTestable("the legs are all but identical: there is no spread to test")
    residual = (ys - fit.y_mean) - fit.slope * (xs - fit.x_mean)
    return _test(residual, "n", lags, gaps)


def adf(values: ArrayLike, lags: int | None = None, gaps: int = 0) -> UnitRootTest | NotTestable:
    """Augmented Dickey-Fuller test of one observed series of shape (n,), with a constant.

    The null hypothesis is a unit root. ``lags`` as in `engle_granger`. For prices and log prices; never for what a
    fit leaves, whose p would be far too small: use `engle_granger`.
    """
    series = np.asarray(values, dtype=np.float64)
    if series.size < MIN_ROWS:
        return NotTestable(f"needs {MIN_ROWS} bars, has {series.size}")
    if not np.isfinite(series).all():
        return NotTestable("a price is missing or infinite")
    if series.std() <= ROUNDING * abs(series.mean()):
        return NotTestable("the series does not move")
    # Centred: the constant takes the level, and the regression keeps its digits.
    return _test(series - series.mean(), "c", lags, gaps)


def _test(series: Floats, regression: Literal["n", "c"], lags: int | None, gaps: int) -> UnitRootTest | NotTestable:
    longest = math.ceil(12 * (series.size / 100) ** 0.25) if lags is None else lags
    if _predictable(series, longest, constant=regression == "c"):
        return NotTestable("the steps repeat themselves: each follows exactly from the ones before")
    # Slow to import (1 to 2 s), and only tests on demand need it.
    from statsmodels.tsa.adfvalues import mackinnoncrit, mackinnonp  # noqa: PLC0415
    from statsmodels.tsa.stattools import adfuller  # noqa: PLC0415

    rule = "AIC" if lags is None else None
    found = adfuller(series, maxlag=lags, regression=regression, autolag=rule, result_object=True)
    statistic, lags, n = float(found.statistic), int(found.lags), series.size
    pair = regression == "n"
    legs = 2 if pair else 1
    p = float(mackinnonp(statistic, regression="c", N=legs))
    # nobs - 1 for a pair, as in Stata's egranger and statsmodels' coint.
    critical = mackinnoncrit(N=legs, regression="c", nobs=n - 1 if pair else int(found.nobs))
    return UnitRootTest(
        null=NULL_PAIR if pair else NULL_LEG,
        statistic=statistic,
        p=p,
        lags=lags,
        n=n,
        gaps=gaps,
        critical=_levels(critical),
        verdict=_verdict("the legs are cointegrated" if pair else "the series is stationary", p, lags, n, gaps),
    )


def _predictable(series: Floats, lags: int, constant: bool) -> bool:
    """Whether the test's regression is singular or leaves nothing: its statistic would be rounding over rounding."""
    steps = np.diff(series)
    columns = [series[lags:-1], *(steps[lags - back : steps.size - back] for back in range(lags + 1))]
    if constant:
        columns.append(np.ones(steps.size - lags))
    matrix = np.column_stack(columns)
    norms = np.linalg.norm(matrix, axis=0)
    return not norms.all() or int(np.linalg.matrix_rank(matrix / norms)) < len(columns)


def _levels(critical: Sequence[float]) -> dict[str, float]:
    return dict(zip(("1%", "5%", "10%"), (float(value) for value in critical), strict=True))


def _verdict(claim: str, p: float, lags: int, n: int, gaps: int) -> str:
    strength = (
        "Strong evidence" if p < 0.01 else "Evidence" if p < 0.05 else "Weak evidence" if p < 0.1 else "No evidence"
    )
    broken = f", which have {gaps} gaps" if gaps else ""
    return f"{strength} that {claim}: p = {p:.3g} with {lags} lags on {n} bars{broken}."
